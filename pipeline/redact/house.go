package redact

import (
	"strings"
	"unicode/utf8"
)

// The words around the numbers of houses, by hand because a regular expression
// takes ten times as long: 文三路88号, 3栋2单元, 2单元501.
var (
	streetEnds  = houseLexicon("路 街 道 巷 弄 胡同 里 村 屯 组 大院 园 苑 小区 花园 公寓 大厦 广场 城")
	houseUnits  = houseLexicon("号楼 号院 号 弄 栋 幢 座 楼 单元 室 户 组")
	houses      = houseLexicon("号楼 栋 幢 座")
	flats       = houseLexicon("单元 层 楼 室 号 户")
	houseDigits = "一二三四五六七八九十百零〇幺"
)

func houseLexicon(words string) *lexicon[struct{}] {
	l := &lexicon[struct{}]{}
	l.add(struct{}{}, strings.Fields(words)...)
	return l
}

// mostHouseNumber bounds the number of a house, in characters.
const mostHouseNumber = 8

// nextHouse is the next number of a house behind a street or of a flat in a house
// from a place on; its end is 0 when there is none.
func nextHouse(text string, from int) [2]int {
	for i := from; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf && !isHouseSign(rune(c)) {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if isHouseSign(r) {
			begin, number := lastSigns(text, i)
			if end := flatEnd(text, number); end > 0 {
				return [2]int{begin, end}
			}
			i = number
			continue
		}
		if street, ok := streetEnds.at(text, i, r); ok {
			at := blank(text, i+len(street.word))
			for _, w := range []string{"甲", "乙", "第"} {
				at += len(w) * strings.Count(text[at:min(len(text), at+len(w))], w)
			}
			if end := unitEnd(text, houseNumberEnd(text, at), at, houseUnits); end > 0 {
				return [2]int{i, end}
			}
		}
		i += size
	}
	return [2]int{}
}

// flatEnd is where a flat in a house ends whose own number ends at a place: 3栋2单元,
// 2单元501; 0 when there is none.
func flatEnd(text string, number int) int {
	if at := unitEnd(text, number, -1, houses); at > 0 {
		at = blank(text, at)
		if end := unitEnd(text, houseNumberEnd(text, at), at, flats); end > 0 {
			return end
		}
	}
	if !strings.HasPrefix(text[number:], "单元") {
		return 0
	}
	at := blank(text, number+len("单元"))
	if end := houseNumberEnd(text, at); end > at {
		return end
	}
	return 0
}

// unitEnd is the end of a unit behind a number that ends at a place and did not
// begin there; 0 when there is none.
func unitEnd(text string, at, begin int, units *lexicon[struct{}]) int {
	if at == begin {
		return 0
	}
	at = blank(text, at)
	r, _ := utf8.DecodeRuneInString(text[at:])
	if w, ok := units.at(text, at, r); ok {
		return at + len(w.word)
	}
	return 0
}

// blank goes on behind a blank.
func blank(text string, at int) int {
	if at < len(text) && text[at] == ' ' {
		return at + 1
	}
	return at
}

// houseNumberEnd is where a number that begins at a place ends.
func houseNumberEnd(text string, at int) int {
	for range mostHouseNumber {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !isHouseSign(r) {
			break
		}
		at += size
	}
	return at
}

// lastSigns are the last characters of a row of digits and letters that begins at
// a place, as many as a number has.
func lastSigns(text string, at int) (begin, end int) {
	var starts [mostHouseNumber]int
	n := 0
	for {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !isHouseSign(r) {
			break
		}
		starts[n%mostHouseNumber] = at
		n++
		at += size
	}
	if n < mostHouseNumber {
		return starts[0], at
	}
	return starts[n%mostHouseNumber], at
}

func isHouseSign(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '-' || isDigit(byte(r)) || isLetter(byte(r))
	}
	return strings.ContainsRune(houseDigits, r)
}
