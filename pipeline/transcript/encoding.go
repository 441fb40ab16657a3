package transcript

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The names of the encodings as messages use them.
const (
	utf8Name  = "UTF-8"
	utf16Name = "UTF-16"
	gbName    = "GB18030"
)

// decoder reads a file as UTF-8 without a byte order mark, whatever it was:
// gzip is unpacked; UTF-16 is known by its mark or its zero bytes, GB18030 by
// the first bytes beyond ASCII, wherever in the file they are.
type decoder struct {
	src  *bufio.Reader
	out  io.Reader // what to read from; nil until the file was opened
	name string    // the encoding; UTF-8 as long as there was only ASCII
	raw  bool      // out is src, ASCII so far
}

func newDecoder(r io.Reader) *decoder {
	return &decoder{src: bufio.NewReaderSize(r, sampleBytes), name: utf8Name}
}

func (d *decoder) encoding() string { return d.name }

// Read implements io.Reader.
func (d *decoder) Read(p []byte) (int, error) {
	if d.out == nil {
		if err := d.open(); err != nil {
			return 0, err
		}
	}
	if !d.raw {
		return d.out.Read(p)
	}
	return d.readASCII(p)
}

// open unpacks gzip and looks for signs of UTF-16.
func (d *decoder) open() error {
	magic, err := d.src.Peek(2)
	if len(magic) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(d.src)
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		d.src = bufio.NewReaderSize(unpacked, sampleBytes)
	}
	sample, err := d.src.Peek(4 << 10)
	if len(sample) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	d.out, d.raw = d.src, true
	switch order, ok := utf16Order(sample); {
	case ok:
		d.decode(utf16Name, unicode.UTF16(order, unicode.UseBOM))
	case bytes.HasPrefix(sample, []byte("\xef\xbb\xbf")):
		_, err = d.src.Discard(3)
		d.raw = false
		return err
	}
	return nil
}

func (d *decoder) decode(name string, e encoding.Encoding) {
	d.name, d.raw = name, false
	d.out = transform.NewReader(d.src, e.NewDecoder())
}

// readASCII passes ASCII on. The first other byte decides about the encoding.
func (d *decoder) readASCII(p []byte) (int, error) {
	if _, err := d.src.Peek(1); err != nil {
		return 0, err
	}
	ready, err := d.src.Peek(min(len(p), d.src.Buffered()))
	if err != nil {
		return 0, err
	}
	if i := bytes.IndexFunc(ready, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
		ready = ready[:i]
	}
	if n := copy(p, ready); n > 0 {
		return d.src.Discard(n)
	}
	sample, err := d.src.Peek(sampleBytes)
	if len(sample) == 0 {
		return 0, err
	}
	d.raw = false
	if isGB18030(sample) {
		d.decode(gbName, simplifiedchinese.GB18030)
	}
	return d.out.Read(p)
}

// utf16Order knows UTF-16 by its mark, or by zero bytes that stand mostly at even
// or mostly at odd places (some Chinese characters bring zeros of the other
// sort): many of them, or some in what is no UTF-8.
func utf16Order(sample []byte) (unicode.Endianness, bool) {
	switch {
	case bytes.HasPrefix(sample, []byte{0xff, 0xfe}):
		return unicode.LittleEndian, true
	case bytes.HasPrefix(sample, []byte{0xfe, 0xff}):
		return unicode.BigEndian, true
	}
	var zeros [2]int
	for i, c := range sample {
		if c == 0 {
			zeros[i%2]++
		}
	}
	even, odd := zeros[0], zeros[1]
	many := (even+odd)*5 >= len(sample)
	if even+odd == 0 || !many && utf8.Valid(whole(sample)) {
		return unicode.LittleEndian, false
	}
	if even > odd {
		return unicode.BigEndian, even >= 4*odd
	}
	return unicode.LittleEndian, odd >= 4*even
}

// whole cuts a character that the end of the sample broke off.
func whole(sample []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(sample); i++ {
		if tail := sample[len(sample)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return sample[:len(sample)-i]
			}
			break
		}
	}
	return sample
}

// isGB18030 tells GB18030 from UTF-8, also from UTF-8 with some broken bytes in
// it: most bytes beyond ASCII are no UTF-8, all of them are GB18030, and half of
// the characters are among the everyday ones (rows of symbols and of the first
// level of GB 2312), which chance does not bring about.
func isGB18030(sample []byte) bool {
	sample = whole(sample)
	if utf8.Valid(sample) {
		return false
	}
	high, valid := 0, 0
	for i := 0; i < len(sample); {
		r, n := utf8.DecodeRune(sample[i:])
		if sample[i] >= utf8.RuneSelf {
			high += n
			if r != utf8.RuneError || n > 1 {
				valid += n
			}
		}
		i += n
	}
	chars, everyday, ok := countGB(sample)
	return ok && valid*2 < high && everyday*2 >= chars
}

// countGB counts the two- and four-byte characters of b as GB18030, up to one
// that the end broke off; ok is false when some bytes are not GB18030.
func countGB(b []byte) (chars, everyday int, ok bool) {
	for i := 0; i < len(b); {
		switch {
		case b[i] < utf8.RuneSelf:
			i++
			continue
		case b[i] == 0x80 || b[i] == 0xff:
			return chars, everyday, false
		case i+1 >= len(b):
			return chars, everyday, true
		}
		chars++
		lead, trail := b[i], b[i+1]
		switch {
		case '0' <= trail && trail <= '9':
			i += 4
		case trail < 0x40 || trail == 0x7f || trail == 0xff:
			return chars, everyday, false
		default:
			if trail >= 0xa1 && (lead >= 0xa1 && lead <= 0xa9 || lead >= 0xb0 && lead <= 0xd7) {
				everyday++
			}
			i += 2
		}
	}
	return chars, everyday, true
}
