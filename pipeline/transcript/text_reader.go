package transcript

import (
	"bufio"
	"errors"
	"io"
	"iter"
)

// TextReader reads a file as UTF-8 without a byte order mark, whatever it was: plain
// or packed by gzip, in UTF-8, UTF-16 or GB18030.
type TextReader struct{ d *decoder }

// NewTextReader returns r's text.
func NewTextReader(r io.Reader) *TextReader { return &TextReader{newDecoder(r)} }

// Read implements io.Reader.
func (t *TextReader) Read(p []byte) (int, error) { return t.d.Read(p) }

// Encoding names the encoding of what was read so far; UTF-8 as long as that was
// only ASCII. When it is another, U+FFFD in the text is a character that was lost.
func (t *TextReader) Encoding() string { return t.d.encoding() }

// IsUTF8 reports whether nothing read so far was in another encoding.
func (t *TextReader) IsUTF8() bool { return t.d.encoding() == utf8Name }

// Row is a row of a CSV file.
type Row struct {
	Cells []string
	Line  int    // where it begins, counting from 1
	Wrong string // why the row cannot be used; "" when it can
}

// Rows reads the rows of a CSV file that are not blank; comma parts their cells.
// A row of more than limit bytes, or with a mistake, has Wrong set, and reading
// goes on with the next line, even when the row's open quote would swallow the
// rest of the file. A file that breaks off is an error.
func Rows(r *bufio.Reader, comma byte, limit int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		in := &rows{lines: &lines{r: r, limit: limit}, comma: comma}
		for {
			row, err := in.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(Row{row.cells, row.line, row.wrong}, err) || err != nil {
				return
			}
		}
	}
}
