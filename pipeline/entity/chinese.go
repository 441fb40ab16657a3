package entity

import (
	"strings"
	"unicode/utf8"
)

var hanDigits = map[rune]float64{
	'〇': 0, '零': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9, '幺': 1,
	'壹': 1, '贰': 2, '叁': 3, '肆': 4, '伍': 5, '陆': 6, '柒': 7, '捌': 8, '玖': 9,
}

var hanUnits = map[rune]float64{
	'十': 10, '百': 100, '千': 1000, '万': 1e4, '亿': 1e8, '拾': 10, '佰': 100, '仟': 1000, '萬': 1e4, '億': 1e8,
}

func isHanNumeral(r rune) bool {
	_, ok := hanDigits[r]
	return ok || hanUnits[r] > 0
}

// mostHan bounds a Chinese figure's characters.
const mostHan = 40

// hanReader reads one Chinese figure. Its parts are those below 10,000, those
// of 万, and those of 亿.
type hanReader struct {
	sum, section, digit float64
	hasDigit            bool
	unit                float64 // the last one read
	gap                 bool    // 零 since then
}

// chineseAt reads 十二, 一百零五, 三千五, 一点五, 三万五, 一千二百万. Digits in a row
// are spelled.
func (s *scan) chineseAt(i int) (*numeral, int) {
	run := hanRun(s.text[i:])
	if n := spelledRun(s.text[i : i+run]); n != nil {
		n.start, n.end = i, i+n.end
		return n, n.end
	}
	h, end := hanReader{}, i
	for end < i+run {
		r, size := utf8.DecodeRuneInString(s.text[end:])
		if d, ok := hanDigits[r]; ok {
			if h.hasDigit && d != 0 && h.digit != 0 {
				break
			}
			h.addDigit(d)
		} else {
			h.addUnit(hanUnits[r])
		}
		end += size
	}
	first, _ := utf8.DecodeRuneInString(s.text[i:])
	n := &numeral{start: i, end: end, value: h.value(), form: chinese, bare: hanUnits[first] >= 100}
	if !n.bare {
		n.decimals(s.text)
	}
	return n, n.end
}

// hanRun is the length in bytes of the numerals that t begins with.
func hanRun(t string) int {
	count := 0
	for i, r := range t {
		if count++; !isHanNumeral(r) || count > mostHan {
			return i
		}
	}
	return len(t)
}

// spelledRun reads digits in a row, at least two of them and no units; nil when
// the run is none.
func spelledRun(run string) *numeral {
	n := &numeral{form: chinese, spelled: true}
	count := 0
	for i, r := range run {
		d, ok := hanDigits[r]
		if !ok {
			if count > 2 && hanUnits[r] >= 1e4 {
				break // 一三五万 is rare; what stands before is read out
			}
			return nil
		}
		n.value = n.value*10 + d
		n.end = i + utf8.RuneLen(r)
		count++
	}
	if count < 2 {
		return nil
	}
	return n
}

func (h *hanReader) addDigit(d float64) {
	if d == 0 {
		h.gap = true
	}
	h.digit, h.hasDigit = d, true
}

func (h *hanReader) addUnit(u float64) {
	if u >= 1e4 {
		all := h.section + h.digit
		if all == 0 { // 三万亿
			if all = h.sum; all == 0 {
				all = 1
			}
			h.sum = 0
		}
		h.sum += all * u
		h.section = 0
	} else {
		if !h.hasDigit || h.digit == 0 {
			h.digit = 1
		}
		h.section += h.digit * u
	}
	h.digit, h.hasDigit, h.unit, h.gap = 0, false, u, false
}

// value is what was read: a last digit counts tenths of the unit before it, as
// in 三千五, unless 零 stands between.
func (h *hanReader) value() float64 {
	last := h.digit
	if h.unit >= 100 && !h.gap {
		last *= h.unit / 10
	}
	return h.sum + h.section + last
}

// decimals reads 点五 after a figure, and 万 after that.
func (n *numeral) decimals(t string) {
	rest, ok := strings.CutPrefix(t[n.end:], "点")
	if !ok {
		return
	}
	scale, size := 0.1, 0
	for i, r := range rest {
		d, ok := hanDigits[r]
		if !ok || i > 3*mostHan {
			break
		}
		n.value += d * scale
		scale /= 10
		size = i + utf8.RuneLen(r)
	}
	if size == 0 {
		return
	}
	n.end += len("点") + size
	if r, more := utf8.DecodeRuneInString(t[n.end:]); hanUnits[r] >= 100 {
		n.value *= hanUnits[r]
		n.end += more
	}
}
