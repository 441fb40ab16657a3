package knowledge

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"assay/pipeline/transcript"
)

// ReadOptions say how to read solutions. The zero value means the defaults.
type ReadOptions struct {
	LineBytes   int            // bytes of a line; default 1 MiB
	AnswerRunes int            // characters of an answer; default 20,000
	Zone        *time.Location // of dates without a time; nil is Asia/Shanghai
	// NoAnswers takes solutions without an answer, for measuring a search.
	NoAnswers bool
}

// shanghai stands in for Asia/Shanghai on machines without a zone database.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func (o ReadOptions) orDefault() ReadOptions {
	if o.LineBytes <= 0 {
		o.LineBytes = 1 << 20
	}
	if o.AnswerRunes <= 0 {
		o.AnswerRunes = 20_000
	}
	o.Zone = cmp.Or(o.Zone, shanghai)
	return o
}

// Record is one result of reading: a solution or a reject; the other one is nil.
type Record struct {
	Solution *Solution
	Reject   *Reject
	Line     int // counting from 1; 0 is the whole file
}

// Reject is a line, or a whole file, that could not be used.
type Reject struct {
	File     string
	Line     int    // counting from 1; 0 is the whole file
	ID       string // of the solution; "" when it could not be read
	Problems transcript.Problems
}

// Error returns place and problems in one line.
func (r *Reject) Error() string {
	if r.Line == 0 {
		return r.File + ": " + r.Problems.Error()
	}
	return fmt.Sprintf("%s:%d: %s", r.File, r.Line, r.Problems.Error())
}

// Read reads solutions from JSON lines in UTF-8, plain or packed by gzip, one at
// a time. A line is an object in the form of Solution, its times in RFC 3339 or
// as dates: valid_from then begins and valid_to ends with that day. The form of
// retrieval corpora, with _id and text instead of id and answer, is taken as
// well, and its other keys are passed over. Keys that begin with _ or x_ are
// passed over, too. What cannot be used becomes a reject, and the rest goes on.
func Read(r io.Reader, name string, o ReadOptions) iter.Seq[Record] {
	o = o.orDefault()
	return func(yield func(Record) bool) {
		in := &lineReader{name: name, o: o, yield: yield, seen: map[string]int{}}
		in.read(r)
	}
}

// lineReader is one file on its way.
type lineReader struct {
	name  string
	o     ReadOptions
	yield func(Record) bool
	line  int
	seen  map[string]int // line of every id
	found bool
}

func (in *lineReader) read(r io.Reader) {
	b, err := unpacked(r)
	if err != nil {
		in.reject(0, "", problem("", "read: "+err.Error(), ""))
		return
	}
	for {
		line, size, err := in.next(b)
		if err != nil && !errors.Is(err, io.EOF) {
			in.reject(0, "", problem("", fmt.Sprintf("read after line %d: %v", in.line, err), ""))
			return
		}
		last := err != nil
		if size > 0 && !in.take(line, size) {
			return
		}
		if last {
			break
		}
	}
	if !in.found {
		in.reject(0, "", problem("", "no solution in it", ""))
	}
}

// unpacked returns the text of r without packing and byte order mark.
func unpacked(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	magic, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		b = bufio.NewReaderSize(z, 64<<10)
	}
	mark, err := b.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		if _, err := b.Discard(len(mark)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// next returns the next line and its size. Of a line over the limit only the
// size is right. It returns io.EOF with the last line.
func (in *lineReader) next(b *bufio.Reader) ([]byte, int, error) {
	in.line++
	var line []byte
	size := 0
	for {
		part, err := b.ReadSlice('\n')
		size += len(part)
		if size <= in.o.LineBytes+1 {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, size, err
		}
	}
}

// take reads one line. It returns false when nobody wants more.
func (in *lineReader) take(line []byte, size int) bool {
	if size > in.o.LineBytes+1 {
		return in.reject(in.line, "", problem("", fmt.Sprintf(
			"%d bytes, more than the limit of %d (setting line_bytes)", size, in.o.LineBytes), ""))
	}
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return true
	}
	s, problems := parseSolution(line, in.o)
	if first := in.seen[s.ID]; s.ID != "" && first > 0 {
		problems = append(problems, problem("id", fmt.Sprintf("%q stands on line %d already", s.ID, first), ""))
	}
	if len(problems) > 0 {
		return in.reject(in.line, s.ID, problems...)
	}
	in.seen[s.ID] = in.line
	in.found = true
	return in.yield(Record{Solution: s, Line: in.line})
}

func (in *lineReader) reject(line int, id string, p ...transcript.Problem) bool {
	in.found = true
	return in.yield(Record{Reject: &Reject{File: in.name, Line: line, ID: id, Problems: p}, Line: line})
}

func problem(field, reason, allowed string) transcript.Problem {
	return transcript.Problem{Field: field, Reason: reason, Allowed: allowed}
}
