package entity

import (
	"strings"
	"unicode/utf8"
)

// Run is a row of digits in a folded text: written together, or said one by one
// in Chinese (幺三八) or English (one three eight, double five, oh, twenty-one). A
// pause ends a row of several digits that are said.
type Run struct {
	Start, End int    // bytes of the folded text
	Digits     string // at most LongestRun of those that were said
	Said       bool
}

// LongestRun bounds the digits of a run that was said; what goes on is left out
// of Digits, not of the place.
const LongestRun = 64

// Runs returns the rows of digits of a folded text, in order, in time linear in
// its length. A digit that is said alone is a row, too.
func Runs(text string) []Run {
	var out []Run
	if n := written(text); n > 0 {
		out = make([]Run, 0, n)
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case isDigit(c):
			end := i
			for end < len(text) && isDigit(text[end]) {
				end++
			}
			out = append(out, Run{Start: i, End: end, Digits: text[i:end]})
			i = end
		case isLetter(c):
			r, next := saidWords(text, i)
			if r.Digits != "" && startsWord(text, i) {
				out = append(out, r)
			}
			i = next
		case c < utf8.RuneSelf:
			i++
		default:
			r, next := saidChinese(text, i)
			if r.Digits != "" {
				out = append(out, r)
			}
			i = next
		}
	}
	return out
}

// written is how many rows of written digits a text has.
func written(text string) int {
	n, in := 0, false
	for i := range len(text) {
		digit := isDigit(text[i])
		if digit && !in {
			n++
		}
		in = digit
	}
	return n
}

// saidChinese reads the digits said in Chinese from i on, and where to go on.
func saidChinese(text string, i int) (Run, int) {
	run := Run{Start: i, End: i, Said: true}
	var digits []byte
	group := 0 // digits since the last pause
	for at := i; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		d, ok := spokenDigits[r]
		if !ok {
			pause := pauseLength(text[at:])
			if len(digits) == 0 || at != run.End || pause == 0 || group > 1 {
				break
			}
			at, group = at+pause, 0
			continue
		}
		group++
		if len(digits) < LongestRun {
			digits = append(digits, d)
		}
		at += size
		run.End = at
	}
	if len(digits) == 0 {
		_, size := utf8.DecodeRuneInString(text[i:])
		return run, i + size
	}
	run.Digits = string(digits)
	return run, run.End
}

// pauseLength is the length of a pause between digits at the beginning of t.
func pauseLength(t string) int {
	for _, p := range []string{", ", ",", "、", " "} {
		if strings.HasPrefix(t, p) {
			return len(p)
		}
	}
	return 0
}

// saidWords reads the digits said in English from the word at i on, and where to
// go on: behind the last word that belongs to them, or behind the first word.
func saidWords(text string, i int) (Run, int) {
	run := Run{Start: i, End: i, Said: true}
	past := i + 1
	for past < len(text) && isLetter(text[past]) {
		past++
	}
	var said sayer
	group := 0
	for at := i; at < len(text) && isLetter(text[at]); {
		w := word(text[at:])
		end := at + len(w)
		if w == "" || continues(text, end) || !said.take(w) {
			break
		}
		if said.times == 0 {
			run.End = end
		}
		gap := wordGap(text[end:])
		group++
		if gap == 0 || text[end] == ',' && group > 1 {
			break
		}
		if at = end + gap; text[end] == ',' {
			group = 0
		}
	}
	if len(said.digits) == 0 || run.End == i || said.zeros == len(said.digits) && said.onlyOh {
		return Run{}, max(past, run.End)
	}
	run.Digits = string(said.digits)
	return run, run.End
}

// wordGap is the length of what may stand between two digits that are said.
func wordGap(t string) int {
	for _, gap := range []string{" - ", ", ", " ", "-", ","} {
		if strings.HasPrefix(t, gap) {
			return len(gap)
		}
	}
	return 0
}

// sayer collects digits from words.
type sayer struct {
	digits []byte
	times  int // of double and triple, until their digit comes
	tens   bool
	zeros  int
	onlyOh bool // no digit but "o" and "oh" so far
}

// take adds a word's digits; false when the word has none.
func (s *sayer) take(w string) bool {
	n := englishNumbers[w]
	switch {
	case w == "double" || w == "triple":
		if s.times > 0 {
			return false
		}
		s.times = map[string]int{"double": 2, "triple": 3}[w]
		return true
	case w == "oh" || w == "o":
		s.onlyOh = s.onlyOh || len(s.digits) == 0
		s.zeros++
		s.add('0')
	case n.kind == unitWord:
		s.onlyOh = false
		if s.tens && s.times == 0 && n.value > 0 {
			s.digits[len(s.digits)-1] = '0' + byte(n.value)
			break
		}
		s.add('0' + byte(n.value))
		return true
	case s.times > 0:
		return false
	case n.kind == teenWord || n.kind == tenWord:
		s.onlyOh = false
		s.add('0' + byte(n.value)/10)
		s.add('0' + byte(n.value)%10)
		s.tens = n.kind == tenWord
		return true
	case w == "hundred" && len(s.digits) > 0 && !s.tens:
		s.add('0')
		s.add('0')
	default:
		return false
	}
	s.tens = false
	return true
}

func (s *sayer) add(d byte) {
	for range max(1, s.times) {
		if len(s.digits) < LongestRun {
			s.digits = append(s.digits, d)
		}
	}
	s.times, s.tens = 0, false
}

// IsResidentID checks the date of birth and the last digit of a Chinese resident
// identity number of 18 characters (GB 11643-1999), the last one perhaps a small x.
func IsResidentID(t string) bool { return isResidentID(t) }

// Luhn checks the last of a number's digits (ISO/IEC 7812). t has digits only.
func Luhn(t string) bool { return luhn(t) }

// FindEach returns the entities of several types, as Find does, for less work.
func FindEach(text string, types ...Type) map[Type][]Entity {
	s := &scan{text: text}
	out := make(map[Type][]Entity, len(types))
	for _, t := range types {
		if found := s.find(t); len(found) > 0 {
			out[t] = found
		}
	}
	return out
}
