package entity

import (
	"regexp"
	"strings"
	"time"
)

var (
	residentID = regexp.MustCompile(`[1-9][0-9]{5}[- ]?(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[- ]?[0-9]{3}[0-9x]`)
	socialID   = regexp.MustCompile(`[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}`)
	cardNumber = regexp.MustCompile(`[0-9]{4}(?:[- ]?[0-9]{4}){2,3}[- ]?[0-9]{1,4}|3[47][0-9]{2}[- ]?[0-9]{6}[- ]?[0-9]{5}`)
)

func (s *scan) idCards() []Entity {
	var out []Entity
	if s.cluster() >= 9 {
		out = s.matches(out, residentID, func(g groups) (string, bool) {
			t := strings.NewReplacer("-", "", " ", "").Replace(g.text(0))
			return t, isResidentID(t)
		})
		out = s.matches(out, socialID, func(g groups) (string, bool) {
			t := g.text(0)
			return onlyDigits(t), !joined(g) && t[:3] != "000" && t[:3] != "666" && t[4:6] != "00" && t[7:] != "0000"
		})
	}
	for _, r := range s.spelledDigits() {
		if isResidentID(r.Text) {
			out = append(out, Entity{Start: r.Start, End: r.End, Text: r.Text})
		}
	}
	return out
}

// isResidentID checks the date of birth and the last digit of a Chinese
// resident identity number (GB 11643-1999).
func isResidentID(t string) bool {
	if len(t) != 18 || !allDigits(t[:17]) {
		return false
	}
	if _, err := time.Parse("20060102", t[6:14]); err != nil {
		return false
	}
	sum := 0
	for i, weight := range [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(t[i]-'0') * weight
	}
	return "10x98765432"[sum%11] == t[17]
}

func (s *scan) bankCards() []Entity {
	var out []Entity
	if s.cluster() >= 13 {
		out = s.matches(out, cardNumber, func(g groups) (string, bool) {
			t := onlyDigits(g.text(0))
			return t, isBankCard(t) && !isResidentID(t) && !joined(g) && !cued(g.precedes(), orderCues)
		})
	}
	for _, r := range s.spelledDigits() {
		if allDigits(r.Text) && isBankCard(r.Text) && !isResidentID(r.Text) {
			out = append(out, Entity{Start: r.Start, End: r.End, Text: r.Text})
		}
	}
	return out
}

// isBankCard takes UnionPay's numbers (62…, 16–19 digits) as they are, because a
// digit may have been misheard, and those of other issuers with the check digit
// of Luhn (ISO/IEC 7812).
func isBankCard(t string) bool {
	switch {
	case len(t) < 13 || len(t) > 19:
		return false
	case strings.HasPrefix(t, "62"):
		return len(t) >= 16
	}
	return strings.ContainsRune("3456", rune(t[0])) && luhn(t)
}

func luhn(t string) bool {
	sum := 0
	for i := range len(t) {
		d := int(t[len(t)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
