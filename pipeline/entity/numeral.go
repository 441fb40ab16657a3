package entity

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// numeral is a figure in a text.
type numeral struct {
	start, end int
	value      float64
	form       form
	// spelled figures are read out digit by digit: 二零二五; their value is that of
	// the digits, and means something only in years and identifiers.
	spelled bool
	// bare figures begin with a multiplier: 百, 万一.
	bare bool
}

type form byte

const (
	digits form = iota
	chinese
	words
)

// numerals reads all figures of the text once, from left to right.
func (s *scan) numerals() []numeral {
	if s.read {
		return s.figures
	}
	s.read = true
	for i := 0; i < len(s.text); {
		n, next := s.numeralAt(i)
		if n != nil {
			s.figures = append(s.figures, *n)
		}
		i = next
	}
	return s.figures
}

// numeralAt reads the figure that begins at i, if there is one, and returns
// where reading goes on.
func (s *scan) numeralAt(i int) (*numeral, int) {
	c := s.text[i]
	switch {
	case isDigit(c):
		return s.digitsAt(i)
	case 'a' <= c && c <= 'z':
		return s.wordsAt(i)
	case c < utf8.RuneSelf:
		return nil, i + 1
	}
	r, n := utf8.DecodeRuneInString(s.text[i:])
	if isHanNumeral(r) {
		return s.chineseAt(i)
	}
	return nil, i + n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

// mostDigits is the length of a run of digits from which on it is no quantity.
const mostDigits = 15

// digitsAt reads 12, 1,234.50, 3.5万, 3万5, 1.2k, 5 million. What is part of a
// longer token, as in a320 or 1.2.3, is no figure.
func (s *scan) digitsAt(i int) (*numeral, int) {
	t, whole := s.text, i
	for whole < len(t) && isDigit(t[whole]) {
		whole++
	}
	end, text := whole, t[i:whole]
	for whole-i <= 3 && end+3 < len(t) && t[end] == ',' && allDigits(t[end+1:end+4]) && (end+4 == len(t) || !isDigit(t[end+4])) {
		text += t[end+1 : end+4]
		end += 4
	}
	if end+1 < len(t) && t[end] == '.' && isDigit(t[end+1]) {
		from := end
		for end++; end < len(t) && isDigit(t[end]); end++ {
		}
		text += t[from:end]
		if end+1 < len(t) && t[end] == '.' && isDigit(t[end+1]) {
			return nil, skipDotted(t, end)
		}
	}
	if i > 0 && (isLetter(t[i-1]) || t[i-1] == '_') || len(text) > mostDigits {
		return nil, end
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, end
	}
	n := &numeral{start: i, end: end, value: v}
	n.multiply(t)
	return n, n.end
}

// skipDotted passes over versions and addresses: 1.2.3.
func skipDotted(t string, i int) int {
	for i < len(t) && (isDigit(t[i]) || t[i] == '.') {
		i++
	}
	return i
}

func allDigits(t string) bool {
	for i := range len(t) {
		if !isDigit(t[i]) {
			return false
		}
	}
	return true
}

// multiply reads what multiplies digits: 万, k, million; and the digit after
// it in 3万5.
func (n *numeral) multiply(t string) {
	rest := t[n.end:]
	r, size := utf8.DecodeRuneInString(rest)
	if unit := hanUnits[r]; unit >= 100 {
		n.value *= unit
		n.end += size
		if next, more := utf8.DecodeRuneInString(t[n.end:]); unit >= 1e4 && hanUnits[next] > 0 && hanUnits[next] < 1e9 {
			n.value, n.end, unit = n.value*hanUnits[next], n.end+more, 0
		}
		if n.end < len(t) && isDigit(t[n.end]) && unit >= 1000 && (n.end+1 == len(t) || !isDigit(t[n.end+1]) && t[n.end+1] != '.') && n.value/unit < 10000 {
			n.value += float64(t[n.end]-'0') * unit / 10
			n.end++
		}
		return
	}
	for _, m := range []struct {
		suffix string
		by     float64
	}{{"k", 1e3}, {" hundred", 100}, {" thousand", 1e3}, {" million", 1e6}, {" billion", 1e9}, {"m", 1e6}, {"bn", 1e9}} {
		letters := m.suffix == "m" || m.suffix == "bn" // metres, unless it is money
		if strings.HasPrefix(rest, m.suffix) && !continues(rest, len(m.suffix)) && (!letters || endsInSign(t[:n.start])) {
			n.value *= m.by
			n.end += len(m.suffix)
			return
		}
	}
}

func endsInSign(t string) bool {
	return strings.HasSuffix(t, "$") || strings.HasSuffix(t, "€") || strings.HasSuffix(t, "£") || strings.HasSuffix(t, "¥")
}

// continues reports whether a word of letters or digits goes on at i.
func continues(t string, i int) bool { return i < len(t) && (isLetter(t[i]) || isDigit(t[i])) }

// startsWord reports whether a letter or digit at i begins a word.
func startsWord(t string, i int) bool { return i == 0 || !isLetter(t[i-1]) && !isDigit(t[i-1]) }

// word is the run of small letters that t begins with, "" when it is longer
// than any number word.
func word(t string) string {
	n := 0
	for n < len(t) && isLetter(t[n]) {
		if n++; n > 9 {
			return ""
		}
	}
	return t[:n]
}
