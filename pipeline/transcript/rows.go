package transcript

import (
	"errors"
	"fmt"
	"strings"
)

// rows reads the rows of a CSV file. A row with a mistake costs one line, even
// when its open quote would swallow the rest of the file.
type rows struct {
	lines *lines
	comma byte
	queue []line // lines that were read ahead, the next one first
}

// line is a line of the file, or why there is none.
type line struct {
	text string
	n    int // counting from 1
	err  error
}

// row is one row of a CSV file.
type row struct {
	cells []string
	raw   string
	line  int    // where it begins
	wrong string // why it cannot be used; "" when it can
}

// next returns the next row that is not blank, and io.EOF after the last one.
func (r *rows) next() (row, error) {
	for {
		l := r.line()
		switch {
		case errors.Is(l.err, errLong):
			return row{line: l.n, wrong: overLimit("row is too long", r.lines.limit, "line-bytes")}, nil
		case l.err != nil:
			return row{}, l.err
		case !openAfter(l.text, false, r.comma):
			if strings.Trim(l.text, " \t"+string(rune(r.comma))) == "" {
				continue
			}
			return r.parse(l.text, l.n), nil
		}
		return r.longRow(l), nil
	}
}

func (r *rows) line() line {
	if len(r.queue) > 0 {
		l := r.queue[0]
		r.queue = r.queue[1:]
		return l
	}
	b, err := r.lines.next()
	return line{string(b), r.lines.n, err}
}

// longRow reads on until the quotes of the row are closed. When they never are,
// or the row is wrong, only its first line is given up.
func (r *rows) longRow(first line) row {
	all, size, open := []line{first}, len(first.text), true
	for open && size <= r.lines.limit && all[len(all)-1].err == nil {
		l := r.line()
		all, size = append(all, l), size+len(l.text)+1
		open = l.err != nil || openAfter(l.text, true, r.comma)
	}
	out := row{raw: first.text, line: first.n, wrong: "a quote is opened and never closed"}
	if !open {
		out = r.parse(joinLines(all), first.n)
	}
	if out.wrong != "" {
		out.raw, out.cells = first.text, r.split(first.text)
		r.queue = append(all[1:len(all):len(all)], r.queue...)
	}
	return out
}

func joinLines(all []line) string {
	var b strings.Builder
	for i, l := range all {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.text)
	}
	return b.String()
}

// split cuts a row that cannot be parsed, to find out whose it is.
func (r *rows) split(raw string) []string { return strings.Split(raw, string(rune(r.comma))) }

// openAfter reports whether a quoted cell is open after line.
func openAfter(line string, open bool, comma byte) bool {
	for {
		if open {
			i := strings.IndexByte(line, '"')
			if i < 0 {
				return true
			}
			line = line[i+1:]
			if strings.HasPrefix(line, `"`) {
				line = line[1:]
				continue
			}
			open = false
		} else if strings.HasPrefix(line, `"`) {
			line, open = line[1:], true
			continue
		}
		i := strings.IndexByte(line, comma)
		if i < 0 {
			return false
		}
		line = line[i+1:]
	}
}

// parse splits a row whose quotes are closed. A quote within a cell that does not
// begin with one stands for itself.
func (r *rows) parse(raw string, n int) row {
	out := row{raw: raw, line: n, cells: make([]string, 0, 1+strings.Count(raw, string(rune(r.comma))))}
	rest, more := raw, true
	for more {
		var cell string
		if !strings.HasPrefix(rest, `"`) {
			cell, rest, more = strings.Cut(rest, string(rune(r.comma)))
			out.cells = append(out.cells, cell)
			continue
		}
		end := closingQuote(rest)
		cell = strings.ReplaceAll(rest[1:end], `""`, `"`)
		out.cells = append(out.cells, cell)
		rest = rest[end+1:]
		if more = rest != ""; more && rest[0] != r.comma {
			out.wrong = fmt.Sprintf("text after the closing quote of cell %d", len(out.cells))
			out.cells = r.split(raw)
			return out
		}
		rest = strings.TrimPrefix(rest, string(rune(r.comma)))
	}
	return out
}

// closingQuote is the offset of the quote that closes the one at the beginning.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 == len(s) || s[i+1] != '"' {
			return i
		}
		i++
	}
	return len(s) - 1
}
