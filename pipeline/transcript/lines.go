package transcript

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lines reads lines of at most limit bytes. A longer one is skipped without
// being held.
type lines struct {
	r     *bufio.Reader
	limit int
	n     int // number of the line that next returned last, counting from 1
	buf   []byte
}

// errLong says that a line was longer than the limit; it has been skipped.
var errLong = errors.New("line too long")

// next returns the next line without its end, valid until the following call,
// and io.EOF after the last one.
func (l *lines) next() ([]byte, error) {
	l.buf = l.buf[:0]
	long := false
	for {
		piece, err := l.r.ReadSlice('\n')
		if len(l.buf)+len(piece) > l.limit+len("\r\n") {
			long = true
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if !long {
				l.buf = append(l.buf, piece...)
			}
			continue
		case errors.Is(err, io.EOF) && (len(piece) > 0 || len(l.buf) > 0 || long):
		case err != nil:
			return nil, err
		}
		l.n++
		return l.finish(piece, long)
	}
}

func (l *lines) finish(last []byte, long bool) ([]byte, error) {
	line := last
	if len(l.buf) > 0 {
		l.buf = append(l.buf, last...)
		line = l.buf
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if long || len(line) > l.limit {
		return nil, errLong
	}
	return line, nil
}
