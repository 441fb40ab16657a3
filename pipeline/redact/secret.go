package redact

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// password is a word behind 密码是, password is, pin: and the like. Digits alone are
// found among the numbers.
var password = regexp.MustCompile(`(?:密码|口令|password|passcode|passphrase|passwort|pwd)(?: ?(?:是|为|改成|设成|叫)| is| to| was)?[ :=]*["'“]?([!-~]{4,40})`)

// secrets looks for passwords with letters and marks in them, as people write them.
func (t *turn) secrets() {
	if !strings.Contains(t.text, "密码") && !strings.Contains(t.text, "口令") && !strings.Contains(t.text, "pass") && !strings.Contains(t.text, "pwd") {
		return
	}
	for _, at := range password.FindAllStringSubmatchIndex(t.text, -1) {
		start := at[2]
		end := start + len(strings.TrimRight(t.text[start:at[3]], ".,;\"'"))
		w := t.text[start:end]
		if len(w) >= 4 && strings.ContainsAny(w, "0123456789!@#$%^&*_+=") {
			t.add(start, end, Secret, t.source(start, end), 0.9, "cue of a password")
		}
	}
}

// births looks for dates behind a cue of birth.
func (t *turn) births() {
	asked := t.asked == topic(BirthDate)
	if !asked && !strings.Contains(t.text, "生") && !slices.ContainsFunc(t.cues, func(c cue) bool { return c.topic == topic(BirthDate) }) {
		return
	}
	end := -1 // of the last one: a cue has one date
	for _, m := range saidDate.FindAllStringIndex(t.text, -1) {
		if asked || t.context(m[0]).is(topic(BirthDate)) {
			t.add(m[0], m[1], BirthDate, t.text[m[0]:m[1]], 0.96, "a date said behind a cue of birth")
			end = m[1]
		}
	}
	for _, e := range t.dates() {
		if end >= 0 && !t.cueBetween(end, e.Start) {
			continue
		}
		behind := t.context(e.Start).is(topic(BirthDate)) || asked && e.Start < 2*cueReach
		if (behind || t.bornThen(e.End)) && (len(e.Text) >= len("2006") || strings.HasPrefix(e.Text, "--") && len(e.Text) > len("--01")) {
			t.add(e.Start-len(shortYear.FindString(tail(t.text[:e.Start], len("八七年 ")))), e.End, BirthDate, e.Text, 0.95, "a date behind a cue of birth")
			end = e.End
		}
	}
	for _, m := range smallDate.FindAllStringIndex(t.text, -1) {
		if t.context(m[0]).is(topic(BirthDate)) && (end < 0 || m[0] < end) && !glued(t.text, m[0]) && !glued(t.text, m[1]) {
			t.add(m[0], m[1], BirthDate, t.text[m[0]:m[1]], 0.9, "digits of a date behind a cue of birth")
		}
	}
}

// bornThen reports whether a cue of birth stands right behind a date: 1990年5月出生,
// 三月十二号生的.
func (t *turn) bornThen(at int) bool {
	if rest := strings.TrimPrefix(t.text[at:], " "); strings.HasPrefix(rest, "生的") || strings.HasPrefix(rest, "生人") {
		return true
	}
	i := sort.Search(len(t.cues), func(i int) bool { return t.cues[i].start >= at })
	return i < len(t.cues) && t.cues[i].topic == topic(BirthDate) && slices.Contains([]string{"", " ", "的"}, t.text[at:t.cues[i].start])
}

// saidDate is an English date with its year in words: march twenty second nineteen
// seventy nine, the fifth of may two thousand one; or a lunar Chinese one.
var saidDate = regexp.MustCompile(`(?:\b(?:the )?(?:` + saidDay + `[ -]){1,2}(?:of )?)?\b(?:january|february|march|april|may|june|july|august|september|october|november|december)(?: (?:the )?(?:` + saidDay + `(?:-` + saidDay + `)?|[0-9]{1,2}(?:st|nd|rd|th)?)){0,3},? (?:in |of )?(?:nineteen|two thousand|twenty)(?:[ -](?:and )?` + saidDay + `){0,2}\b` +
	`|\b(?:the )?(?:` + saidDay + `[ -]){1,2}(?:of )?(?:january|february|march|april|may|june|july|august|september|october|november|december),? (?:in |of )?(?:19[0-9]{2}|20[0-9]{2}|(?:forty|fifty|sixty|seventy|eighty|ninety|oh)(?:[ -]` + saidDay + `)?)\b` +
	`|\b(?:the )?(?:` + saidDay + `[ -]){1,2}of the ` + saidDay + `,? (?:nineteen|two thousand|twenty)(?:[ -](?:and )?` + saidDay + `){0,2}\b` +
	`|[0-9一二三四五六七八九零〇]{2,4}年(?:(?:农历)?(?:[正腊冬]|闰[一二三四五六七八九十]{1,2})月初?|农历[一二三四五六七八九十]{1,2}月初?|[一二三四五六七八九十]{1,2}月初)[一二三四五六七八九十廿]{1,3}`)

// shortYear is a year of two digits before a date: 八七年一月七号.
var shortYear = regexp.MustCompile(`(?:[0-9]{2}|[一二三四五六七八九零〇]{2})年 ?$`)

const saidDay = `(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth|` +
	`one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|oh)`

// cueBetween reports whether a cue stands between two places.
func (t *turn) cueBetween(start, end int) bool {
	i := sort.Search(len(t.cues), func(i int) bool { return t.cues[i].start >= start })
	return i < len(t.cues) && t.cues[i].end <= end
}

// smallDate is a date that other finders do not read: 12/5/90, 19900512, 12 05 1990.
var smallDate = regexp.MustCompile(`[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ](?:19|20)?[0-9]{2}|(?:19|20)[0-9]{6}|[0-9]{2}[01][0-9][0-3][0-9]`)

// runes is the length of t in characters.
func runes(t string) int { return utf8.RuneCountInString(t) }
