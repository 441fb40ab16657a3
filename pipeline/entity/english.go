package entity

import "strings"

// english is a number word: a value below 100, or what multiplies.
type english struct {
	value float64
	kind  englishKind
}

type englishKind byte

const (
	unitWord  englishKind = iota + 1 // zero to nine
	teenWord                         // ten to nineteen
	tenWord                          // twenty to ninety
	timesWord                        // hundred, thousand, …
)

var englishNumbers = map[string]english{
	"zero": {0, unitWord}, "one": {1, unitWord}, "two": {2, unitWord}, "three": {3, unitWord}, "four": {4, unitWord},
	"five": {5, unitWord}, "six": {6, unitWord}, "seven": {7, unitWord}, "eight": {8, unitWord}, "nine": {9, unitWord},
	"ten": {10, teenWord}, "eleven": {11, teenWord}, "twelve": {12, teenWord}, "thirteen": {13, teenWord}, "fourteen": {14, teenWord},
	"fifteen": {15, teenWord}, "sixteen": {16, teenWord}, "seventeen": {17, teenWord}, "eighteen": {18, teenWord}, "nineteen": {19, teenWord},
	"twenty": {20, tenWord}, "thirty": {30, tenWord}, "forty": {40, tenWord}, "fifty": {50, tenWord},
	"sixty": {60, tenWord}, "seventy": {70, tenWord}, "eighty": {80, tenWord}, "ninety": {90, tenWord},
	"hundred": {100, timesWord}, "thousand": {1e3, timesWord}, "million": {1e6, timesWord}, "billion": {1e9, timesWord},
}

// mostWords bounds an English figure.
const mostWords = 20

// englishReader reads one figure: the sum so far, and the part below the next
// thousand, million or billion.
type englishReader struct {
	sum, part float64
	last      englishKind
	and       bool // stood before the word
}

// takes reports whether a word can go on the figure.
func (r *englishReader) takes(w english) bool {
	switch w.kind {
	case unitWord:
		return r.last == 0 || r.last == tenWord || r.last == timesWord
	case teenWord, tenWord:
		return r.last == 0 || r.last == timesWord
	}
	return r.last != 0 && !r.and && w.value != 0
}

func (r *englishReader) add(w english) {
	switch {
	case w.kind != timesWord:
		r.part += w.value
	case w.value == 100:
		r.part *= 100
	default:
		r.sum += r.part * w.value
		r.part = 0
	}
	r.last = w.kind
}

// wordsAt reads one hundred and twenty-three, a thousand, three point five.
// Digits in a row (four one five) are figures of their own; see spelled.
func (s *scan) wordsAt(i int) (*numeral, int) {
	t, first := s.text, word(s.text[i:])
	past := i + 1
	for past < len(t) && isLetter(t[past]) {
		past++
	}
	var r englishReader
	end := i
	if w := englishNumbers[word(t[min(i+2, len(t)):])]; first == "a" && strings.HasPrefix(t[i:], "a ") && w.kind == timesWord {
		r.part, r.last, end = 1, unitWord, i+1
	} else if w := englishNumbers[first]; w.kind == 0 || w.kind == timesWord {
		return nil, past
	}
	if !startsWord(t, i) {
		return nil, past
	}
	for range mostWords {
		w, to := r.next(t, end, i)
		if w.kind == 0 || !r.takes(w) {
			break
		}
		r.add(w)
		end = to
	}
	if end == i { // goes on in digits
		return nil, past
	}
	n := &numeral{start: i, end: end, value: r.sum + r.part, form: words}
	n.point(t)
	return n, n.end
}

// next is the number word after end, behind a blank, a hyphen or "and".
func (r *englishReader) next(t string, end, begin int) (english, int) {
	rest := t[end:]
	r.and = false
	if end > begin {
		switch {
		case strings.HasPrefix(rest, " and ") && r.last == timesWord:
			rest, r.and = rest[5:], true
		case strings.HasPrefix(rest, " "), strings.HasPrefix(rest, "-"):
			rest = rest[1:]
		default:
			return english{}, 0
		}
	}
	w := word(rest)
	at := len(t) - len(rest) + len(w)
	if continues(t, at) {
		return english{}, 0
	}
	return englishNumbers[w], at
}

// point reads "point five" after a figure.
func (n *numeral) point(t string) {
	rest, ok := strings.CutPrefix(t[n.end:], " point ")
	scale := 0.1
	for range mostWords {
		w := word(rest)
		d := englishNumbers[w]
		if !ok || d.kind != unitWord || continues(rest, len(w)) {
			return
		}
		n.value += d.value * scale
		scale /= 10
		n.end = len(t) - len(rest) + len(w)
		rest, ok = strings.CutPrefix(rest[len(w):], " ")
	}
}
