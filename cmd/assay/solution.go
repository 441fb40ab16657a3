package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"assay/cmd/assay/internal/config"
	"assay/knowledge"
	"assay/pipeline"
)

type solutionCmd struct {
	Import   solutionImportCmd   `cmd:"" help:"Store solutions from JSONL files."`
	Search   suggestCmd          `cmd:"" help:"Search the library: the same as suggest."`
	Synonyms solutionSynonymsCmd `cmd:"" help:"The company's synonyms: list, import, export."`
	Train    solutionTrainCmd    `cmd:"" help:"Fit the weights of the ranking to questions whose solutions are known."`
}

type solutionImportCmd struct {
	Paths []string `arg:"" name:"path" help:"JSONL files of solutions (.gz too); - is standard input."`
	JSON  bool     `name:"json" help:"Print counts as JSON."`
	config.Database
}

// Run imports the solutions that can be read, and reports the others.
func (c *solutionImportCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	solutions, readErr := p.readSolutions(c.Paths)
	if readErr != nil && !errors.Is(readErr, errProblems) {
		return readErr
	}
	added, changed, same, err := knowledge.NewLibrary(db.Pool()).Import(p.ctx, solutions)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, map[string]int{"new": added, "changed": changed, "same": same})
	} else {
		fmt.Fprintf(p.stdout, "%d new, %d changed, %d the same\n", added, changed, same)
	}
	return readErr
}

// readSolutions reads all files. Records that cannot be used are printed; the
// others are returned with errProblems.
func (p *program) readSolutions(paths []string) ([]knowledge.Solution, error) {
	var solutions []knowledge.Solution
	var problems error
	for _, path := range paths {
		in, name, err := p.open(path)
		if err != nil {
			return nil, usageError{err}
		}
		for rec := range knowledge.Read(in, name, knowledge.ReadOptions{}) {
			if rec.Reject != nil {
				fmt.Fprintln(p.stderr, rec.Reject)
				problems = errProblems
				continue
			}
			solutions = append(solutions, *rec.Solution)
		}
		if err := in.Close(); err != nil {
			return nil, err
		}
	}
	return solutions, problems
}

func (p *program) open(path string) (io.ReadCloser, string, error) {
	if path == "-" {
		return io.NopCloser(p.stdin), "standard input", nil
	}
	f, err := os.Open(path)
	return f, path, err
}

type suggestCmd struct {
	Question  []string `arg:"" name:"question" help:"What the customer asks."`
	Solutions []string `name:"solutions" type:"existingfile" placeholder:"FILE" help:"Search these files instead of the database."`
	Language  string   `name:"language" help:"Language of the answer: zh, en; by default the question's."`
	Products  []string `name:"product" placeholder:"NAME" help:"Only solutions for this product and for all; may be repeated."`
	Limit     int      `name:"limit" default:"3" help:"Suggestions, at most."`
	JSON      bool     `name:"json" help:"Print suggestions as JSON."`
	Threshold float64  `name:"threshold" env:"ASSAY_THRESHOLD" default:"0.5" help:"Least score of a suggestion."`
	Synonyms  string   `name:"synonyms" type:"existingfile" placeholder:"FILE" help:"Synonyms instead of the database's: lines such as a = b, a => b."`
	config.Database
}

// Run prints suggestions; finding none is no error.
func (c *suggestCmd) Run(p *program) (err error) {
	index, done, err := c.index(p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	query := knowledge.Query{Text: strings.Join(c.Question, " "), Language: c.Language, Products: c.Products, Limit: c.Limit}
	found, err := index.Suggest(p.ctx, query)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, map[string][]pipeline.Suggestion{"suggestions": found})
		return nil
	}
	for _, s := range found {
		fmt.Fprintf(p.stdout, "%3.0f %%  %s  %s\n       %s\n", 100*s.Score, s.SolutionID, printable(s.Title), printable(s.Passage))
	}
	if len(found) == 0 {
		fmt.Fprintln(p.stdout, "no solution fits well enough")
	}
	return nil
}

func (c *suggestCmd) index(p *program) (*knowledge.Index, func() error, error) {
	if err := config.Threshold(c.Threshold); err != nil {
		return nil, nil, usageError{err}
	}
	if c.Limit < 1 || c.Limit > 50 {
		return nil, nil, usageError{fmt.Errorf("--limit: %d is out of range; allowed: 1 to 50", c.Limit)}
	}
	o := knowledge.Options{Threshold: c.Threshold, Log: p.log}
	var err error
	if o.Synonyms, err = readSynonyms(c.Synonyms); err != nil {
		return nil, nil, usageError{err}
	}
	if len(c.Solutions) > 0 {
		solutions, err := p.readSolutions(c.Solutions)
		if err != nil {
			return nil, nil, err
		}
		index, err := knowledge.NewIndex(solutions, o)
		if err != nil {
			return nil, nil, err
		}
		return index, index.Close, nil
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return nil, nil, err
	}
	index, err := knowledge.Open(p.ctx, knowledge.NewLibrary(db.Pool()), o)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return index, func() error { return errors.Join(index.Close(), db.Close()) }, nil
}
