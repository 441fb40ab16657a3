package entity

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const enHour = `(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)`

var (
	digitalTime = regexp.MustCompile(`([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?(?: ?([ap])\.?m\b\.?)?`)
	enClock     = regexp.MustCompile(`\b([0-9]{1,2}) ?([ap])\.?m\b\.?`)
	enSpoken    = regexp.MustCompile(`\b(?:(half|quarter) (past|to) )?(?:` + enHour + `|([0-9]{1,2}))( o'?clock)?(?: (fifteen|thirty|forty-five))?(?: ([ap])\.?m\b\.?)?`)
	noon        = regexp.MustCompile(`\b(?:noon|midnight)\b`)
	zhTime      = regexp.MustCompile(`(凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|今晚|明晚|昨晚|今早|明早|早|晚)? ?(` + zhHour + `)[点时](?:(半|整|钟|一刻|三刻)|(` + zhMinute + `)(分)?)?`)
)

const (
	zhHour   = `[0-9]{1,2}|二?十[一二三四五六七八九]?|[零一两二三四五六七八九]`
	zhMinute = `[0-9]{1,2}|[二三四五]?十[一二三四五六七八九]?|零?[一二三四五六七八九]`
)

// times collects what every way of saying a time of day finds.
func (s *scan) times() []Entity {
	var out []Entity
	if strings.Contains(s.text, ":") {
		out = s.matches(out, digitalTime, func(g groups) (string, bool) {
			return clock(small(g.text(1)), small(g.text(2)), halfOfDay(g.text(3)))
		})
	}
	if strings.ContainsAny(s.text, "点时") {
		out = s.matches(out, zhTime, readChineseTime)
	}
	half := containsAny(s.text, "am", "pm", "a.m", "p.m")
	if half {
		out = s.matches(out, enClock, func(g groups) (string, bool) { return clock(small(g.text(1)), 0, halfOfDay(g.text(2))) })
	}
	if half || containsAny(s.text, "clock", " past ", "quarter to") {
		out = s.matches(out, enSpoken, readSpokenTime)
	}
	if !containsAny(s.text, "noon", "midnight") {
		return out
	}
	return s.matches(out, noon, func(g groups) (string, bool) {
		return map[string]string{"noon": "12:00", "midnight": "00:00"}[g.text(0)], true
	})
}

func containsAny(t string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(t, w) })
}

// half is the half of the day that an hour belongs to, where it is said.
type half byte

const (
	unsaid half = iota
	am
	pm
	midday // 中午 1 点 is 13:00
)

func halfOfDay(t string) half {
	switch t {
	case "a", "凌晨", "清晨", "早上", "早晨", "上午", "今早", "明早", "早":
		return am
	case "p", "下午", "傍晚", "晚上", "夜里", "今晚", "明晚", "昨晚", "晚":
		return pm
	case "中午":
		return midday
	}
	return unsaid
}

// clock writes a time that exists.
func clock(h, m int, of half) (string, bool) {
	switch {
	case of == pm && h < 12, of == midday && h < 10:
		h += 12
	case of == am && h == 12:
		h = 0
	}
	if h == 24 && m == 0 {
		h = 0
	}
	return fmt.Sprintf("%02d:%02d", h, m), h < 24 && m < 60
}

// afterHours are the characters that may follow 三点 where nothing else says
// that it is a time: 三点建议 is a count.
const afterHours = "前后到之左开以起多见来打了的吧吗呢再就可能我给去发送过,.。;!?、~- )"

// readChineseTime takes 三点 for a time when a part of the day, minutes or what
// follows says so; 三点五 alone is a number.
func readChineseTime(g groups) (string, bool) {
	part, minute := g.text(1), small(g.text(4))
	if strings.HasPrefix(g.text(4), "零") {
		minute = small(strings.TrimPrefix(g.text(4), "零"))
	}
	switch g.text(3) {
	case "半":
		minute = 30
	case "一刻":
		minute = 15
	case "三刻":
		minute = 45
	}
	hours := g.text(2) + "点"
	alone := g.text(2) == "一" && len(part) <= len("早") // 早一点, 便宜一点
	said := part != "" && !alone || g.text(3) != "" || g.text(5) != "" || len([]rune(g.text(4))) > 1
	switch {
	case !strings.Contains(g.text(0), hours) && !said: // 时 needs more: 小时, 三时
		return "", false
	case g.text(4) != "" && !said:
		return "", false
	case g.text(4) == "" && !said && (alone || g.follows() != "" && !startsAny(g.follows(), afterHours) || endsInAny(g.precedes(), "这那有下几")):
		return "", false
	case endsInHanNumeral(g.precedes()) && !isDigit(g.text(2)[0]), strings.HasSuffix(g.precedes(), "."):
		return "", false
	}
	return clock(small(g.text(2)), minute, halfOfDay(part))
}

// endsInAny reports whether t ends in one of the characters.
func endsInAny(t, characters string) bool {
	r, size := utf8.DecodeLastRuneInString(t)
	return size > 0 && strings.ContainsRune(characters, r)
}

// readSpokenTime needs more than an hour: half past, o'clock, a.m.
func readSpokenTime(g groups) (string, bool) {
	hour := small(g.text(4))
	if w := g.text(3); w != "" {
		hour = int(englishNumbers[w].value)
	}
	minute := map[string]int{"fifteen": 15, "thirty": 30, "forty-five": 45}[g.text(6)]
	if g.text(1) == "" && g.text(5) == "" && g.text(7) == "" {
		return "", false
	}
	switch g.text(1) + " " + g.text(2) {
	case "half past":
		minute = 30
	case "quarter past":
		minute = 15
	case "quarter to":
		hour, minute = hour-1, 45
		if hour <= 0 {
			hour = 12
		}
	case "half to":
		return "", false
	}
	return clock(hour, minute, halfOfDay(g.text(7)))
}
