package knowledge

import (
	"strconv"
	"strings"
)

// The Chinese digits and units that make up spoken numbers.
var (
	hanDigits = map[rune]int{
		'零': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	}
	hanUnits = map[rune]int{'十': 10, '百': 100, '千': 1_000}
)

// writtenNumbers writes spoken Chinese numbers below ten thousand with digits,
// as price lists do. Single characters and numbers without a unit stay: they
// are mostly parts of words, or read digit by digit.
func writtenNumbers(s string) string {
	if !strings.ContainsAny(s, "十百千") {
		return s
	}
	var out strings.Builder
	var run []rune
	flush := func() {
		if n, ok := spokenNumber(run); ok {
			out.WriteString(strconv.Itoa(n))
		} else {
			out.WriteString(string(run))
		}
		run = run[:0]
	}
	for _, r := range s {
		_, digit := hanDigits[r]
		if digit || hanUnits[r] > 0 {
			run = append(run, r)
			continue
		}
		flush()
		out.WriteRune(r)
	}
	flush()
	return out.String()
}

// spokenNumber returns the value of a number whose units fall, such as 一百二十九. A
// digit behind a hundred or a thousand counts the unit below: 一百二 is 120.
func spokenNumber(run []rune) (int, bool) {
	sum, digit, last := 0, -1, 10_000
	for i, r := range run {
		unit := hanUnits[r]
		switch {
		case unit == 0 && digit > 0:
			return 0, false // two digits in a row
		case unit == 0:
			digit = hanDigits[r]
		case unit >= last || digit <= 0 && (i > 0 || unit != 10):
			return 0, false
		default:
			sum, digit, last = sum+max(digit, 1)*unit, -1, unit
		}
	}
	if digit > 0 {
		if n := len(run); last > 10 && last < 10_000 && hanUnits[run[n-2]] > 0 {
			digit *= last / 10
		}
		sum += digit
	}
	return sum, len(run) > 1 && last < 10_000
}
