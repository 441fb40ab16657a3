package entity

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parts of expressions for dates. A day or month is written in digits or Chinese.
const (
	zhSmall  = `(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3})`
	zhYear   = `(?:[0-9]{4}|[〇零一二三四五六七八九]{4})`
	enMonth  = `(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?`
	enDay    = `([0-9]{1,2}(?:st|nd|rd|th)?|` + enOrdinal + `)`
	enYear   = `(?:,? ([0-9]{4}))?`
	weekdays = `monday|tuesday|wednesday|thursday|friday|saturday|sunday`

	enOrdinal = `(?:twenty|thirty)[- ](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|` +
		`eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth`
)

// The ways in which dates are said. Each reader takes the groups of a match.
var (
	isoDate   = regexp.MustCompile(`([0-9]{4})([-/.])([0-9]{1,2})([-/.])([0-9]{1,2})(?:t[0-9:.]*z?)?`)
	slashDate = regexp.MustCompile(`([0-9]{1,2})([-/])([0-9]{1,2})([-/])([0-9]{4})`)
	zhDate    = regexp.MustCompile(`(?:(` + zhYear + `|今|明|去|前)年)?(` + zhSmall + `)月(?:份)?(?:(` + zhSmall + `)[日号])?`)
	zhYears   = regexp.MustCompile(`(` + zhYear + `)年`)
	zhDay     = regexp.MustCompile(`(上个?月|下个?月|本月|这个?月)?(` + zhSmall + `)([日号])`)
	zhWeekday = regexp.MustCompile(`(上上个?|上个?|下下个?|下个?|这个?|本)?(?:周|星期|礼拜)([一二三四五六日天])`)
	zhNear    = regexp.MustCompile(`大前天|大后天|前天|昨[天日晚夜]|今[天日晚早]|明[天日晚早]|后天`)
	zhOffset  = regexp.MustCompile(`(` + zhSmall + `)天(?:之|以)?([前后])`)
	enFirst   = regexp.MustCompile(`\b` + enMonth + ` (?:the )?` + enDay + enYear + `\b`)
	enSecond  = regexp.MustCompile(`\b` + enDay + `(?: of)? ` + enMonth + enYear + `\b`)
	enMonthly = regexp.MustCompile(`\b` + enMonth + `,? ([0-9]{4})\b`)
	enNear    = regexp.MustCompile(`\b(?:the day after tomorrow|the day before yesterday|today|tonight|tomorrow|yesterday)\b`)
	enOffset  = regexp.MustCompile(`\b(?:in ([0-9]{1,3}) days|([0-9]{1,3}) days ago)\b`)
	enWeekday = regexp.MustCompile(`\b(last |next |this |on )?(` + weekdays + `)\b`)
)

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// dates collects what every way of saying a date finds.
func (s *scan) dates() []Entity {
	var out []Entity
	if (s.cluster() >= 6 || strings.Contains(s.text, "/")) && hasYear(s.text) {
		out = s.matches(out, isoDate, s.readISO)
		out = s.matches(out, slashDate, s.readSlashes)
	}
	if strings.ContainsAny(s.text, "年月日号天周星礼今明昨") {
		out = s.chineseDates(out)
	}
	return s.englishDates(out)
}

// hasYear reports whether four digits stand together: expressions take long over
// shorter rows.
func hasYear(text string) bool {
	row := 0
	for i := range len(text) {
		if row++; !isDigit(text[i]) {
			row = 0
		}
		if row == 4 {
			return true
		}
	}
	return false
}

func (s *scan) chineseDates(out []Entity) []Entity {
	out = s.matches(out, zhNear, func(g groups) (string, bool) {
		return s.day(map[string]int{"大前天": -3, "前天": -2, "昨": -1, "今": 0, "明": 1, "后天": 2, "大后天": 3}[nearKey(g.text(0))]), true
	})
	out = s.matches(out, zhOffset, func(g groups) (string, bool) {
		n := small(g.text(1))
		if g.text(2) == "前" {
			n = -n
		}
		return s.day(n), n != 0
	})
	out = s.matches(out, zhWeekday, s.readChineseWeekday)
	out = s.matches(out, zhDate, s.readChineseDate)
	out = s.matches(out, zhYears, func(g groups) (string, bool) {
		n := year(g.text(1))
		return fmt.Sprintf("%04d", n), 1900 <= n && n < 2200
	})
	return s.matches(out, zhDay, s.readChineseDay)
}

// nearKey leaves out which part of the day it is: 昨晚.
func nearKey(t string) string {
	if first := string([]rune(t)[:1]); slices.Contains([]string{"昨", "今", "明"}, first) {
		return first
	}
	return t
}

func (s *scan) englishDates(out []Entity) []Entity {
	if !strings.ContainsFunc(s.text, func(r rune) bool { return 'a' <= r && r <= 'z' }) {
		return out
	}
	if strings.Contains(s.text, "day") || strings.Contains(s.text, "tomorrow") || strings.Contains(s.text, "tonight") {
		out = s.matches(out, enNear, func(g groups) (string, bool) {
			return s.day(map[string]int{"the day after tomorrow": 2, "the day before yesterday": -2, "tomorrow": 1, "yesterday": -1}[g.text(0)]), true
		})
		out = s.matches(out, enWeekday, s.readEnglishWeekday)
		out = s.matches(out, enOffset, func(g groups) (string, bool) {
			if g.text(1) != "" {
				return s.day(small(g.text(1))), true
			}
			return s.day(-small(g.text(2))), true
		})
	}
	if !slices.ContainsFunc(months, func(m string) bool { return strings.Contains(s.text, m) }) {
		return out
	}
	out = s.matches(out, enFirst, func(g groups) (string, bool) { return s.english(g.text(3), g.text(1), g.text(2)) })
	out = s.matches(out, enSecond, func(g groups) (string, bool) { return s.english(g.text(3), g.text(2), g.text(1)) })
	return s.matches(out, enMonthly, func(g groups) (string, bool) { return s.date(g.text(2), month(g.text(1)), 0) })
}

func (s *scan) english(y, m, d string) (string, bool) {
	text, ok := s.date(y, month(m), small(d))
	return text, ok && small(d) > 0
}

// groups are the places of a match and its groups in a text.
type groups struct {
	whole string
	at    []int
}

// text is what group i matched, "" when it did not.
func (g groups) text(i int) string {
	if 2*i >= len(g.at) || g.at[2*i] < 0 {
		return ""
	}
	return g.whole[g.at[2*i]:g.at[2*i+1]]
}

// follows is the text behind the match, precedes that before it.
func (g groups) follows() string  { return g.whole[g.at[1]:] }
func (g groups) precedes() string { return g.whole[:g.at[0]] }

// mostMatches bounds the matches of one expression in one text.
const mostMatches = 1000

// matches adds the matches that a reader accepts, with the text it gives them.
// A match that goes on in digits or letters on either side is none.
func (s *scan) matches(out []Entity, re *regexp.Regexp, read func(groups) (string, bool)) []Entity {
	for _, at := range re.FindAllStringSubmatchIndex(s.text, mostMatches) {
		if at[0] == at[1] || !stands(s.text, at[0], at[1]) {
			continue
		}
		if text, ok := read(groups{s.text, at}); ok {
			out = append(out, Entity{Start: at[0], End: at[1], Text: text})
		}
	}
	return out
}

// stands reports whether a token ends at both places: no digit or letter of the
// same kind goes on there.
func stands(t string, start, end int) bool {
	cut := func(i int) bool {
		return i <= 0 || i >= len(t) || !(isDigit(t[i-1]) || isLetter(t[i-1])) || !(isDigit(t[i]) || isLetter(t[i]))
	}
	return cut(start) && cut(end)
}

func hasDigit(t string) bool { return strings.ContainsAny(t, "0123456789") }

// small reads a number below 100 in digits, Chinese, or an English ordinal.
func small(t string) int {
	if t == "" {
		return 0
	}
	if isDigit(t[0]) {
		n, err := strconv.Atoi(strings.TrimRight(t, "stndrh"))
		if err != nil {
			return 0
		}
		return n
	}
	if isLetter(t[0]) {
		return ordinal(t)
	}
	n, _ := (&scan{text: t}).chineseAt(0)
	if n == nil || n.spelled || n.end != len(t) {
		return 0
	}
	return int(n.value)
}

// ordinal reads an English ordinal below 40.
func ordinal(t string) int {
	n := 0
	for i, part := range strings.FieldsFunc(t, func(r rune) bool { return r == '-' || r == ' ' }) {
		v := slices.Index(ordinals, part)
		switch {
		case v >= 0:
			n += v + 1
		case i == 0:
			n = map[string]int{"twenty": 20, "thirty": 30, "twentieth": 20, "thirtieth": 30}[part]
		}
	}
	return n
}

var ordinals = []string{
	"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
	"thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
}

// month is the number of an English month.
func month(t string) int { return slices.Index(months, t[:3]) + 1 }

// year reads a year of four digits, also spelled in Chinese; 0 is none.
func year(t string) int {
	if n := spelledRun(t); n != nil {
		return int(n.value)
	}
	n, err := strconv.Atoi(t)
	if err != nil {
		return 0
	}
	return n
}

// date writes a date that exists; with no day a month. Without a year it takes
// the one in which the date is nearest to now.
func (s *scan) date(y string, m, d int) (string, bool) {
	n := year(y)
	switch {
	case m < 1 || m > 12 || d < 0 || d > 31 || y != "" && (n < 1900 || n > 2199):
		return "", false
	case n == 0 && s.now.IsZero():
		if d == 0 {
			return fmt.Sprintf("--%02d", m), true
		}
		return fmt.Sprintf("--%02d-%02d", m, d), time.Date(2000, time.Month(m), d, 0, 0, 0, 0, time.UTC).Day() == d
	case n == 0:
		n = s.nearestYear(m, max(d, 1))
	}
	if d == 0 {
		return fmt.Sprintf("%04d-%02d", n, m), true
	}
	return fmt.Sprintf("%04d-%02d-%02d", n, m, d), time.Date(n, time.Month(m), d, 0, 0, 0, 0, time.UTC).Day() == d
}

func (s *scan) nearestYear(m, d int) int {
	best := s.now.Year()
	for _, y := range []int{best - 1, best + 1} {
		if s.away(y, m, d) < s.away(best, m, d) {
			best = y
		}
	}
	return best
}

func (s *scan) away(y, m, d int) time.Duration {
	return s.now.Sub(time.Date(y, time.Month(m), d, 0, 0, 0, 0, s.now.Location())).Abs()
}

// day is the day that lies some days from now; "" when now is not known.
func (s *scan) day(offset int) string {
	if s.now.IsZero() {
		return ""
	}
	return s.now.AddDate(0, 0, offset).Format(time.DateOnly)
}

func (s *scan) readISO(g groups) (string, bool) {
	if g.text(2) != g.text(4) || strings.HasPrefix(g.follows(), g.text(2)) {
		return "", false
	}
	return s.date(g.text(1), small(g.text(3)), small(g.text(5)))
}

// readSlashes reads month/day/year, and day/month/year where only that exists.
func (s *scan) readSlashes(g groups) (string, bool) {
	m, d := small(g.text(1)), small(g.text(3))
	if m > 12 {
		m, d = d, m
	}
	if g.text(2) != g.text(4) || d == 0 {
		return "", false
	}
	return s.date(g.text(5), m, d)
}

func (s *scan) readChineseDate(g groups) (string, bool) {
	y, d := g.text(1), small(g.text(3))
	if offset, ok := map[string]int{"今": 0, "明": 1, "去": -1, "前": -2}[y]; ok {
		if y = ""; !s.now.IsZero() {
			y = strconv.Itoa(s.now.Year() + offset)
		}
	}
	if g.text(3) != "" && d == 0 {
		return "", false
	}
	return s.date(y, small(g.text(2)), d)
}

// notDays are what a number with 号 names besides days: 5号线, 3号楼.
const notDays = "餐线楼柜店机门馆单码桌房选坐台厅院库口井车客服员铺段位工技师电"

// addresses are what house numbers stand behind: 中街3号.
const addresses = "街路巷里条道弄院区村园同庄胡"

// readChineseDay reads a day without its month: this month's, unless one is said.
func (s *scan) readChineseDay(g groups) (string, bool) {
	which, d := g.text(1), small(g.text(2))
	head := strings.TrimSuffix(g.precedes(), " ")
	if which == "" && (g.text(3) == "日" || strings.HasSuffix(head, "月") || strings.HasSuffix(head, "第") || startsAny(g.follows(), notDays) || endsInAny(head, addresses)) || d < 1 || d > 31 {
		return "", false
	}
	if s.now.IsZero() {
		return "", true
	}
	month := s.now.Month()
	switch {
	case strings.HasPrefix(which, "上"):
		month--
	case strings.HasPrefix(which, "下"):
		month++
	}
	t := time.Date(s.now.Year(), month, d, 0, 0, 0, 0, time.UTC)
	return t.Format(time.DateOnly), t.Day() == d
}

// startsAny reports whether t begins with one of the characters.
func startsAny(t, characters string) bool {
	for _, r := range t {
		return strings.ContainsRune(characters, r)
	}
	return false
}

// readChineseWeekday counts weeks from Monday; a day alone is this week's.
func (s *scan) readChineseWeekday(g groups) (string, bool) {
	if which := g.text(1); which == "" && (startsAny(g.follows(), "次回个期") || endsInHanNumeral(g.precedes())) {
		return "", false // 一周三次, 两周一次
	}
	if s.now.IsZero() {
		return "", true
	}
	day := map[string]int{"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}[g.text(2)]
	week := 0
	switch strings.TrimSuffix(g.text(1), "个") {
	case "上上":
		week = -2
	case "上":
		week = -1
	case "下":
		week = 1
	case "下下":
		week = 2
	}
	return s.day(7*week + day - (int(s.now.Weekday())+6)%7), true
}

func endsInHanNumeral(t string) bool {
	r := []rune(t[max(0, len(t)-3):])
	return len(r) > 0 && isHanNumeral(r[len(r)-1])
}

// readEnglishWeekday takes the next such day, today included; after "last" the
// one before today, after "next" the first after today.
func (s *scan) readEnglishWeekday(g groups) (string, bool) {
	if s.now.IsZero() {
		return "", true
	}
	day := slices.Index(strings.Split("sunday|monday|tuesday|wednesday|thursday|friday|saturday", "|"), g.text(2))
	ahead := (day - int(s.now.Weekday()) + 7) % 7
	switch {
	case g.text(1) == "last ":
		ahead -= 7
	case g.text(1) == "next " && ahead == 0:
		ahead = 7
	}
	return s.day(ahead), true
}
