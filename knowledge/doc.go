// Package knowledge is the solution library: what the company answers to its
// customers' questions, and the search that suggests those answers.
//
// Solutions are read from files by Read, kept in PostgreSQL by Library, and
// searched by Index, which every process has in a folder of its own, or in memory,
// and keeps up to date by listening to the Library and asking it for what changed.
// Whatever happens to the folder, PostgreSQL's own search answers until the index
// is built anew.
//
// A search has two steps: bleve finds candidates by their rarest words, then the
// candidates are ranked by how much of the question they cover and how near it
// comes to one of their wordings. The rank is a probability; below a threshold
// nothing is suggested.
//
// Index also finds the questions of a session, as pipeline.Suggester.
package knowledge
