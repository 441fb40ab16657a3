package transcript

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// sampleBytes is how much of a file's beginning is looked at to recognise it.
const sampleBytes = 64 << 10

// input is one file on its way through a format's reader.
type input struct {
	ctx     context.Context // lives as long as the one call of Read that made the input
	file    string
	o       Options
	yield   func(Record) bool
	format  Format
	text    *decoder // the file as UTF-8
	r       *bufio.Reader
	records int
	// base and fixed place the records of an earlier reject: every line is base.
	base   int
	nested bool
}

// read recognises the format of r and reads it to its end.
func (in *input) read(r io.Reader) error {
	in.text = newDecoder(&ended{in.ctx, r})
	in.r = bufio.NewReaderSize(in.text, sampleBytes)
	if _, err := in.r.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return in.failed(err)
	}
	f, ok := recognise(in.o.Format, in.file, in.sample())
	if !ok {
		return in.rejectFile(unrecognised(in.o.Format, in.sample()), "format "+join(Formats()))
	}
	in.format = f.name
	if err := f.read(in); err != nil {
		return in.failed(err)
	}
	if in.records == 0 {
		return in.rejectFile("no session in it", "")
	}
	return nil
}

// sample is the beginning of the file, valid until something is read. An error
// behind it comes again when reading gets there.
func (in *input) sample() []byte {
	sample, err := in.r.Peek(sampleBytes)
	if err != nil && len(sample) == 0 {
		return nil
	}
	return sample
}

// failed turns an error of reading into a reject of the file, except those that
// end everything.
func (in *input) failed(err error) error {
	if errors.Is(err, errStop) || in.ctx.Err() != nil {
		return err
	}
	return in.rejectFile(fmt.Sprintf("reading broke off after record %d: %v", in.records, err), "")
}

func (in *input) rejectFile(reason, allowed string) error {
	return in.emit(Record{Reject: &Reject{Reason: reason, Allowed: allowed, Format: in.format}})
}

func (in *input) emit(r Record) error {
	in.records++
	r.File = in.file
	if in.nested {
		r.Line = in.base
	}
	if r.Reject != nil {
		r.Reject.File = in.file
		if in.nested {
			r.Reject.Line, r.Reject.Column = in.base, 0
		}
	}
	if !in.yield(r) {
		return errStop
	}
	return in.ctx.Err()
}

// ended is a reader that ends with its context.
type ended struct {
	ctx context.Context
	r   io.Reader
}

func (e *ended) Read(p []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.r.Read(p)
}

// draft is a session in the making.
type draft struct {
	s        Session
	line     int    // where it begins
	column   int    // of its first problem; 0 is unknown
	raw      []byte // as in Reject
	size     int    // bytes of the record so far
	lost     bool   // a character was lost in the part of the record that raw does not hold
	again    bool   // it was rejected before
	problems Problems
	// fieldOf names a field of the session as the source does; nil keeps it.
	fieldOf func(string) string
}

// keep adds a line to what is known of the source.
func (d *draft) keep(line string) {
	d.size += len(line) + 1
	if d.size <= maxRaw {
		d.raw = append(append(d.raw, line...), '\n')
		return
	}
	d.lost = d.lost || strings.ContainsRune(line, '\uFFFD')
}

// wrong notes a problem of one line.
func (d *draft) wrong(line int, field, reason, allowed string) {
	d.problems = append(d.problems, Problem{Field: field, Reason: reason, Allowed: allowed, Line: line})
}

// done checks the draft and passes it on as a session or a reject.
func (in *input) done(d *draft) error {
	problems := d.problems
	if err := d.s.Check(in.o.Limits); err != nil {
		found, _ := errors.AsType[Problems](err)
		problems = append(problems, d.unnoted(found)...)
	}
	if (in.lossy() || d.again) && (d.lost || bytes.ContainsRune(d.raw, '\uFFFD')) {
		problems.add("", in.lossReason(), "")
	}
	if len(problems) == 0 {
		return in.emit(Record{Session: &d.s, Line: d.line})
	}
	return in.reject(d, problems)
}

func (in *input) reject(d *draft, problems Problems) error {
	r := &Reject{Line: d.line, Column: d.column, Record: d.s.ID, Format: in.format}
	r.setProblems(problems)
	if len(d.raw) > 0 && max(d.size, len(d.raw)) <= maxRaw {
		r.Raw = bytes.Clone(d.raw)
	}
	return in.emit(Record{Reject: r, Line: d.line})
}

// lossy reports whether a replacement character in the text can only come from
// characters that were lost on the way.
func (in *input) lossy() bool { return in.nested || in.text.encoding() != utf8Name }

func (in *input) lossReason() string {
	reason := "has the replacement character U+FFFD: a character was lost"
	if name := in.text.encoding(); name != utf8Name {
		reason += " when the file was read as " + name
	}
	return reason
}

// unnoted returns the problems whose fields have none yet.
func (d *draft) unnoted(found Problems) (rest Problems) {
	for _, p := range found {
		if d.fieldOf != nil {
			p.Field = d.fieldOf(p.Field)
		}
		if len(d.s.Turns) == 0 && p.Field == "turns" && slices.ContainsFunc(d.problems, func(k Problem) bool { return k.Line > 0 }) {
			continue // the lines that would have been turns have problems of their own
		}
		if !slices.ContainsFunc(d.problems, func(k Problem) bool { return k.Field == p.Field }) {
			rest = append(rest, p)
		}
	}
	return rest
}

// inner is the input of a record that was kept as text in line line of in.
func (in *input) inner(raw string, line int) *input {
	inner := *in
	inner.base, inner.nested, inner.records = line, true, 0
	inner.r = bufio.NewReader(strings.NewReader(raw))
	return &inner
}
