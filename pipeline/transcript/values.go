package transcript

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// values splits a JSON document into its elements without looking inside them:
// the elements of a list, or one object after another. An element with a
// mistake does not spoil the following ones as long as its brackets match.
type values struct {
	r      *bufio.Reader
	limit  int    // bytes of an element
	key    string // the list to look for in top-level objects; "" makes these the elements
	within place
	ended  bool // the rest cannot be read
	inKey  bool // the list belongs to a top-level object
	line   int  // lines before the next byte
	column int  // characters of its line before the next byte
	buf    []byte
}

// place is where in a document the next byte stands.
type place int

const (
	atTop place = iota
	inObject
	inList
)

// value is one element and where it begins.
type value struct {
	raw          []byte // valid until the next call; nil when err is set
	line, column int    // counting from 1
	err          error  // why the element cannot be read
}

var errOpen = errors.New("not valid JSON: the file ends within a value")

// next returns the next element, and io.EOF after the last one.
func (v *values) next() (value, error) {
	for {
		if v.ended {
			return value{}, io.EOF
		}
		c, err := v.skipBlank()
		if errors.Is(err, io.EOF) && v.within != atTop {
			v.ended = true
			return value{line: v.line + 1, column: v.column, err: errOpen}, nil
		}
		if err != nil {
			return value{}, err
		}
		switch {
		case c == '[' && v.within == atTop:
			v.within, v.inKey = inList, false
		case c == '{' && v.within == atTop && v.key != "":
			v.within = inObject
		case c == ']' && v.within == inList && v.inKey:
			v.within = inObject
		case c == ']' && v.within == inList, c == '}' && v.within == inObject:
			v.within = atTop
		case v.within == inObject:
			if err := v.member(c); err != nil {
				return v.broken(err)
			}
		default:
			return v.element(c)
		}
	}
}

// element returns the value that begins with c.
func (v *values) element(c byte) (value, error) {
	out := value{line: v.line + 1, column: v.column}
	if err := v.scan(c, v.limit); err != nil {
		if errors.Is(err, errOpen) {
			v.ended = true
		} else if !errors.Is(err, errLong) {
			return value{}, err
		}
		out.err = err
		return out, nil
	}
	out.raw = v.buf
	return out, nil
}

// broken makes a mistake in the document a value, and leaves errors of reading.
func (v *values) broken(err error) (value, error) {
	p, ok := errors.AsType[Problem](err)
	if !ok && !errors.Is(err, errOpen) {
		return value{}, err
	}
	v.ended = p.Field == ""
	return value{line: v.line + 1, column: v.column, err: err}, nil
}

// member passes over a member of a top-level object that begins with c, or
// enters its list when that is the wanted one.
func (v *values) member(c byte) error {
	if c != '"' {
		return Problem{Reason: fmt.Sprintf("not valid JSON: %q where a key should be; the rest of the file is not read", c)}
	}
	if err := v.scan(c, v.limit); errors.Is(err, errLong) {
		return Problem{Reason: "not valid JSON: a key has no end; the rest of the file is not read"}
	} else if err != nil {
		return err
	}
	wanted := string(v.buf) == `"`+v.key+`"`
	colon, err := v.skipBlank()
	if err == nil && colon != ':' {
		return Problem{Reason: fmt.Sprintf("not valid JSON: %q after a key; the rest of the file is not read", colon)}
	}
	if err == nil {
		c, err = v.skipBlank()
	}
	switch {
	case errors.Is(err, io.EOF):
		return errOpen
	case err != nil:
		return err
	case wanted && c == '[':
		v.within, v.inKey = inList, true
		return nil
	}
	if err := v.scan(c, 0); !errors.Is(err, errLong) {
		return err
	}
	if wanted {
		return Problem{Field: v.key, Reason: "not a list"}
	}
	return nil
}

// scan reads the value that begins with c into buf; one of more than limit bytes
// is skipped and gives errLong.
func (v *values) scan(c byte, limit int) error {
	v.buf = v.buf[:0]
	var s scanner
	for size := 1; ; size++ {
		if size <= limit {
			v.buf = append(v.buf, c)
		}
		if s.step(c) || s.bare() && v.bareEnds() {
			if size > limit {
				return errLong
			}
			return nil
		}
		var err error
		if c, err = v.readByte(); errors.Is(err, io.EOF) {
			return errOpen
		} else if err != nil {
			return err
		}
	}
}

// bareEnds reports whether the next byte cannot belong to a number or a word.
func (v *values) bareEnds() bool {
	next, err := v.r.Peek(1)
	return err != nil || bytes.IndexByte([]byte(" \t\r\n,]}{[\""), next[0]) >= 0
}

// scanner knows where a JSON value ends.
type scanner struct {
	depth           int
	quoted, escaped bool
}

// step takes the next byte and reports whether it was the value's last one.
func (s *scanner) step(c byte) bool {
	switch {
	case s.escaped:
		s.escaped = false
	case s.quoted && c == '\\':
		s.escaped = true
	case c == '"':
		s.quoted = !s.quoted
		return !s.quoted && s.depth == 0
	case s.quoted:
	case c == '{' || c == '[':
		s.depth++
	case c == '}' || c == ']':
		s.depth--
		return s.depth <= 0
	}
	return false
}

// bare reports whether the value is a number or a word, which ends before what
// cannot belong to it.
func (s *scanner) bare() bool { return s.depth == 0 && !s.quoted }

// skipBlank returns the next byte that is neither white space nor a comma.
func (v *values) skipBlank() (byte, error) {
	for {
		switch c, err := v.readByte(); {
		case err != nil:
			return 0, err
		case c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != ',':
			return c, nil
		}
	}
}

func (v *values) readByte() (byte, error) {
	c, err := v.r.ReadByte()
	switch {
	case err != nil:
		return 0, err
	case c == '\n':
		v.line++
		v.column = 0
	case c&0xc0 != 0x80:
		v.column++
	}
	return c, nil
}
