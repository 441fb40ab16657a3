package entity

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// The ways in which phone numbers are written. Short numbers of services such
// as 10086 and 12306 are none: they belong to nobody.
var (
	chinaMobile   = regexp.MustCompile(`(?:\+?86[- ]?)?(1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4})`)
	chinaLandline = regexp.MustCompile(`(?:\(0[0-9]{2,3}\)|0[0-9]{2,3})[- ]?(?:[0-9]{7,8}|[0-9]{4} [0-9]{4}|[0-9]{3} [0-9]{4})`)
	china400      = regexp.MustCompile(`[48]00[- ]?[0-9]{3}[- ]?[0-9]{4}|[48]00[- ][0-9]{4}[- ]?[0-9]{3}`)
	northAmerica  = regexp.MustCompile(`(?:\+?1[-. ]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-. ])[2-9][0-9]{2}[-. ][0-9]{4}`)
	international = regexp.MustCompile(`\+[1-9][0-9]{0,2}(?:[- ]?\(?[0-9]{1,4}\)?){2,6}`)
	british       = regexp.MustCompile(`0[0-9]{2,4}[ -][0-9]{3,4}[ -][0-9]{3,4}|07[0-9]{9}|07[0-9]{3} [0-9]{6}`)
	plainPhone    = regexp.MustCompile(`[2-9][0-9]{6,10}|[0-9]{3}-[0-9]{4}`)
)

func (s *scan) phones() []Entity {
	var out []Entity
	if s.cluster() >= 7 {
		for _, re := range []*regexp.Regexp{chinaMobile, international, chinaLandline, china400, northAmerica, british} {
			out = s.matches(out, re, s.readPhone)
		}
		out = s.matches(out, plainPhone, func(g groups) (string, bool) {
			text, ok := s.readPhone(g)
			return text, ok && cued(g.precedes(), phoneCues)
		})
	}
	for _, r := range s.spelledDigits() {
		if s.isSpokenPhone(r) {
			out = append(out, Entity{Start: r.Start, End: r.End, Text: r.Text})
		}
	}
	return out
}

// isSpokenPhone takes what reads as a Chinese number, and any other number of
// fit length in English or behind a cue.
func (s *scan) isSpokenPhone(r Entity) bool {
	d := r.Text
	if len(d) == 11 && d[0] == '1' && d[1] >= '3' || 10 <= len(d) && len(d) <= 12 && d[0] == '0' {
		return true
	}
	english := r.Value == 1
	return 7 <= len(d) && len(d) <= 15 && allDigits(d) && (english && !cued(s.text[:r.Start], orderCues) || cued(s.text[:r.Start], phoneCues))
}

var phoneCues = []string{"phone", "call", "cell", "mobile", "tel", "reach me", "text me", "电话", "手机", "号码", "联系方式", "座机"}

// tail is the last n bytes of t, from a whole character on.
func tail(t string, n int) string {
	from := max(0, len(t)-n)
	for from < len(t) && !utf8.RuneStart(t[from]) {
		from++
	}
	return t[from:]
}

// readPhone leaves the digits of a phone number, and the + of another country's.
func (s *scan) readPhone(g groups) (string, bool) {
	t := onlyDigits(g.text(0))
	switch {
	case strings.HasPrefix(g.text(0), "+86"), strings.HasPrefix(t, "86") && len(t) == 13:
		t = t[2:]
	case strings.HasPrefix(g.text(0), "+"):
		t = "+" + t
	}
	if len(t) < 7 || len(t) > 16 || joined(g) || cued(g.precedes(), orderCues) {
		return "", false
	}
	return t, true
}

// joined reports whether a token of digits goes on beyond the match behind a
// hyphen: 13812345678-001.
func joined(g groups) bool {
	before, after := g.precedes(), g.follows()
	return len(after) > 1 && after[0] == '-' && isDigit(after[1]) || strings.HasSuffix(before, "-") && len(before) > 1 && isDigit(before[len(before)-2])
}

func onlyDigits(t string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, t)
}

var spokenDigits = map[rune]byte{
	'〇': '0', '零': '0', '洞': '0', '一': '1', '幺': '1', '二': '2', '两': '2', '三': '3', '四': '4', '五': '5', '六': '6', '七': '7',
	'拐': '7', '八': '8', '九': '9', '勾': '9',
}

// How many digits must be read out in a row to be an identifier, and from how
// many on they are none.
const (
	leastSpoken = 6
	mostSpoken  = 40
)

// spelledDigits are the digits that are read out one by one, Text being the
// digits and perhaps an x at the end, Value 1 for English.
func (s *scan) spelledDigits() []Entity {
	return append(s.spelledChinese(), s.spelledEnglish()...)
}

// spelledChinese reads 幺三八 一二三四 五六七八: groups with a blank or a comma
// between them.
func (s *scan) spelledChinese() []Entity {
	var out []Entity
	var run Entity
	end := func() {
		if len(run.Text) >= leastSpoken {
			out = append(out, run)
		}
		run = Entity{}
	}
	for i, r := range s.text {
		d, ok := spokenDigits[r]
		if (r == 'x' || r == '叉') && len(run.Text) == 17 && run.End == i {
			d, ok = 'x', true
		}
		switch gap := i - run.End; {
		case !ok:
			continue
		case run.Text == "" || gap > 0 && !isPause(s.text[run.End:i]) || strings.HasSuffix(run.Text, "x"):
			end()
			run = Entity{Start: i}
		}
		if len(run.Text) <= mostSpoken {
			run.Text += string(d)
		}
		run.End = i + utf8.RuneLen(r)
	}
	end()
	return out
}

func isPause(t string) bool { return t == " " || t == "," || t == ", " || t == "、" }

// spelledEnglish reads four one five, double two, oh seven.
func (s *scan) spelledEnglish() []Entity {
	var out []Entity
	run, times := Entity{Value: 1}, 0
	end := func() {
		if len(run.Text) >= leastSpoken {
			out = append(out, run)
		}
		run, times = Entity{Value: 1}, 0
	}
	for i := 0; i < len(s.text); i++ {
		if !isLetter(s.text[i]) || !startsWord(s.text, i) {
			continue
		}
		w := word(s.text[i:])
		d, ok := englishNumbers[w]
		ok = ok && d.kind == unitWord
		if w == "oh" || w == "o" {
			ok = true
		}
		if run.Text != "" && i > run.End && !strings.Contains(" - , ", s.text[run.End:i]) && times == 0 {
			end()
		}
		switch {
		case w == "double" || w == "triple":
			times = map[string]int{"double": 2, "triple": 3}[w]
			if run.Text == "" {
				run.Start = i
			}
		case !ok:
			end()
		default:
			if run.Text == "" && times == 0 {
				run.Start = i
			}
			if len(run.Text) <= mostSpoken {
				run.Text += strings.Repeat(string(rune('0'+int(d.value))), max(1, times))
			}
			run.End, times = i+len(w), 0
		}
		i += max(len(w), 1) - 1
	}
	end()
	return out
}
