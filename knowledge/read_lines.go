package knowledge

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// readLines reads JSON lines.
func (in *reader) readLines(b *bufio.Reader) {
	for n := 1; !in.stopped; n++ {
		line, size, err := nextLine(b, in.o.LineBytes)
		if err != nil && !errors.Is(err, io.EOF) {
			in.reject(0, "", problem("", fmt.Sprintf("read after line %d: %v", n, err), ""))
			return
		}
		if size > 0 {
			in.takeLine(line, size, n)
		}
		if err != nil {
			return
		}
	}
}

// nextLine returns the next line and its size. Of a line over the limit only the
// size is right. It returns io.EOF with the last line.
func nextLine(b *bufio.Reader, limit int) ([]byte, int, error) {
	var line []byte
	size := 0
	for {
		part, err := b.ReadSlice('\n')
		size += len(part)
		if size <= limit+1 {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, size, err
		}
	}
}

func (in *reader) takeLine(line []byte, size, n int) {
	if size > in.o.LineBytes+1 {
		in.reject(n, "", in.tooLong(size))
		return
	}
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return
	}
	if p := in.lost(line); p != nil {
		in.reject(n, "", p...)
		return
	}
	s, problems := parseSolution(line, in.o)
	in.take(s, n, problems)
}
