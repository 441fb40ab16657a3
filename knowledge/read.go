package knowledge

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay/pipeline/transcript"
)

// Format names a file format of solutions.
type Format string

// The formats of solutions.
const (
	JSONL    Format = "jsonl"    // an object per line
	CSV      Format = "csv"      // a row per solution below a row of keys
	Markdown Format = "markdown" // a file per solution
)

// Formats lists all formats.
var Formats = []Format{JSONL, CSV, Markdown}

// ReadOptions say how to read solutions. The zero value means the defaults.
type ReadOptions struct {
	Format    Format         // "" recognises each file's by its content, else by its name
	LineBytes int            // bytes of a line, a row or a Markdown file; default 16 MiB
	Zone      *time.Location // of dates without a time; nil is Asia/Shanghai
	// NoAnswers takes solutions without an answer, for measuring a search.
	NoAnswers bool
	// SkipUnknown passes keys and columns over that solutions do not have.
	SkipUnknown bool
}

// shanghai stands in for Asia/Shanghai on machines without a zone database.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// longestSolution is more than the JSON of any solution within the other bounds.
const longestSolution = 16 << 20

func (o ReadOptions) orDefault() ReadOptions {
	if o.LineBytes <= 0 {
		o.LineBytes = longestSolution
	}
	o.Zone = cmp.Or(o.Zone, shanghai)
	return o
}

// Record is one result of reading: a solution or a reject; the other one is nil.
type Record struct {
	Solution *Solution
	Reject   *Reject
	File     string
	Line     int // counting from 1; 0 is the whole file
}

// Reject is a line, a row, or a whole file that could not be used.
type Reject struct {
	File     string
	Line     int    // counting from 1; 0 is the whole file
	ID       string // of the solution; "" when it could not be read
	Problems transcript.Problems
}

// Error returns place and problems in one line.
func (r *Reject) Error() string {
	var b strings.Builder
	b.WriteString(r.File)
	if r.Line > 0 {
		fmt.Fprintf(&b, ":%d", r.Line)
	}
	separator := ": "
	for _, p := range r.Problems {
		b.WriteString(separator)
		separator = "; "
		if p.Line > 0 && p.Line != r.Line {
			fmt.Fprintf(&b, "line %d: ", p.Line)
		}
		b.WriteString(p.Error())
	}
	return b.String()
}

// Read reads the solutions of one file, one at a time. The file may be packed by
// gzip, and in UTF-8, UTF-16 or GB18030. What cannot be used becomes a reject,
// and the rest goes on.
//
// JSON lines are objects in the form of Solution, times in RFC 3339 or as dates:
// valid_from then begins and valid_to ends with that day. The form of retrieval
// corpora, with _id, text and entity instead of id, answer and product, is taken
// as well, and its other keys are passed over. Keys that begin with _ or x_ are
// passed over everywhere.
//
// CSV has the same keys as columns, in English or Chinese; see columnKey for the
// names and splitList for lists in a cell. Markdown is front matter with the same
// keys and the answer below it; see parseMarkdown.
func Read(r io.Reader, name string, o ReadOptions) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		newReader(o, yield).read(r, name, nameID(filepath.Base(name)))
	}
}

// filePlace is where a solution stands.
type filePlace struct {
	file string
	line int
}

// reader passes on what files hold.
type reader struct {
	o       ReadOptions
	yield   func(Record) bool
	seen    map[string]filePlace // of every id, in all files
	stopped bool                 // nobody wants more

	file  string // that is being read
	found bool   // something in it
	text  *transcript.TextReader
}

func newReader(o ReadOptions, yield func(Record) bool) *reader {
	return &reader{o: o.orDefault(), yield: yield, seen: map[string]filePlace{}}
}

// read reads one file; id is that of a Markdown file that gives none.
func (in *reader) read(r io.Reader, name, id string) {
	in.file, in.found = name, false
	in.text = transcript.NewTextReader(r)
	b := bufio.NewReaderSize(in.text, sampleBytes)
	sample, err := b.Peek(sampleBytes)
	if err != nil && !errors.Is(err, io.EOF) && len(sample) == 0 {
		in.reject(0, "", problem("", "read: "+err.Error(), ""))
		return
	}
	switch cmp.Or(in.o.Format, formatOf(name, string(sample))) {
	case CSV:
		in.readCSV(b, string(sample))
	case Markdown:
		in.readMarkdown(b, id)
	case JSONL:
		in.readLines(b)
	default:
		in.reject(0, "", problem("", fmt.Sprintf("unknown format %q", in.o.Format), listed(Formats)))
	}
	if !in.found && !in.stopped {
		in.reject(0, "", problem("", "no solution in it", ""))
	}
}

// sampleBytes is how much of a file is looked at to recognise it.
const sampleBytes = 64 << 10

// formatOf recognises a file's format: Markdown by its name, because it may begin
// with anything, the others by how the file begins, else by its name.
func formatOf(name, sample string) Format {
	extension := filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))
	trimmed := strings.TrimSpace(sample)
	switch {
	case slices.Contains(extensionsOf(Markdown), extension):
		return Markdown
	case strings.HasPrefix(trimmed, "{"):
		return JSONL
	case strings.HasPrefix(sample, frontMark+"\n"), strings.HasPrefix(sample, frontMark+"\r\n"):
		return Markdown
	case slices.Contains(extensionsOf(CSV), extension) && trimmed != "", isCSV(sample):
		return CSV
	}
	return JSONL
}

// extensionsOf lists the names' ends of a format, .gz apart.
func extensionsOf(f Format) []string {
	switch f {
	case CSV:
		return []string{".csv", ".tsv"}
	case Markdown:
		return []string{".md", ".markdown"}
	}
	return []string{".jsonl", ".ndjson", ".json"}
}

// take passes a solution on, or rejects it for its problems.
func (in *reader) take(s *Solution, line int, problems transcript.Problems) {
	if first, ok := in.seen[s.ID]; ok && s.ID != "" {
		at := fmt.Sprintf("on line %d", first.line)
		if first.file != in.file {
			at = fmt.Sprintf("in %s", filePlace{first.file, first.line})
		}
		problems = append(problems, problem("id", fmt.Sprintf("%q stands %s already", s.ID, at), ""))
	}
	if len(problems) > 0 {
		in.reject(line, s.ID, problems...)
		return
	}
	in.seen[s.ID] = filePlace{in.file, line}
	in.emit(Record{Solution: s, File: in.file, Line: line})
}

func (p filePlace) String() string {
	if p.line == 0 {
		return p.file
	}
	return fmt.Sprintf("%s:%d", p.file, p.line)
}

func (in *reader) reject(line int, id string, p ...transcript.Problem) {
	in.emit(Record{Reject: &Reject{File: in.file, Line: line, ID: id, Problems: p}, File: in.file, Line: line})
}

func (in *reader) emit(r Record) {
	in.found = true
	if !in.stopped {
		in.stopped = !in.yield(r)
	}
}

// lost says what is wrong with a text that was not UTF-8, or lost characters when
// it became so; nil when nothing is.
func (in *reader) lost(text []byte) transcript.Problems {
	if at := transcript.FirstInvalid(text); at >= 0 {
		return transcript.Problems{problem("", fmt.Sprintf("not valid UTF-8 at byte %d", at+1), "UTF-8, UTF-16, GB18030")}
	}
	if !in.text.IsUTF8() && bytes.ContainsRune(text, '\uFFFD') {
		return transcript.Problems{problem("", "a character was lost when the file was read as "+in.text.Encoding(), "")}
	}
	return nil
}

func problem(field, reason, allowed string) transcript.Problem {
	return transcript.Problem{Field: field, Reason: reason, Allowed: allowed}
}

func (in *reader) tooLong(size int) transcript.Problem {
	return problem("", fmt.Sprintf("%d bytes, more than the limit of %d (setting line_bytes)", size, in.o.LineBytes), "")
}
