package redact

import (
	"regexp"
	"slices"
	"strings"

	"assay/pipeline/entity"
	"assay/pipeline/transcript"
)

// What stands on a card besides its number pays as well: its expiry date is found
// behind words for it, in answers to the question for it, and right behind a card's
// number. The code on its back has cues like other codes.

// expiryWords are the words before a card's expiry date.
var expiryWords = func() *lexicon[struct{}] {
	l := &lexicon[struct{}]{}
	for _, w := range []string{"expir", "exp", "valid", "good until", "good till", "good thru", "good through", "有效期", "到期", "过期", "失效"} {
		l.add(struct{}{}, w)
	}
	return l
}()

const (
	monthName = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`
	zhDigit   = `[零〇一二三四五六七八九幺]`
	month     = `(?:0[1-9]|1[0-2]|[1-9])`
	year      = `(?:20)?[2-4][0-9]`
)

// expiryDate is a month and a year at the beginning of a text.
var expiryDate = regexp.MustCompile(`^(?:` + month + ` ?[-/. ] ?` + year + `|(?:0[1-9]|1[0-2])` + year + `|` + year + ` ?(?:年|[-/.]) ?` + month + `(?:月份?)?|` + month + `月份?[ ,]?` + year + `年?` +
	`|` + monthName + `\.?,?(?: of)? (?:20[0-9]{2}|[0-9]{2}|(?:` + saidDay + `|thousand)(?:[ -](?:` + saidDay + `|thousand|and)){0,3})` +
	`|(?:` + saidDay + `|zero)(?:(?:[ -]|, | slash )(?:` + saidDay + `|zero)){1,5}` +
	`|(?:二[零〇])?` + zhDigit + `{2}年(?:[零〇]?[一二三四五六七八九]|十[一二]?|一[零〇一二])月份?|(?:[零〇][一二三四五六七八九]|一[零〇一二])[ ,，]?` + zhDigit + `{2,4}|(?:[一二三四五六七八九]|十[一二]?)月份?[ ,，]?` + zhDigit + `{2,4}年?)`)

// expiryLead is what stands between the words for an expiry date and the date.
var expiryLead = regexp.MustCompile(`^(?:ation|es|ed|ing|y|e)?(?: ?(?:date|on|is|in|end of|thru|through|until|till|to|of|the|and|it's|that's|:|=|,|，|\.|是|到|至|为|日期|日|时间|截止|在|的|就)){0,4}[ ,，]*`)

// answerLead is what stands before an expiry date that was asked for, or that
// follows a card's number.
var answerLead = regexp.MustCompile(`^(?:[ ,，。.;]|it's|that's|is|and|yes|yeah|sure|ok|okay|uh|um|嗯|哦|是|到|好的?|呃){0,4}[ ,，]*`)

// cardTurns is for how many turns behind a card an expiry date is that card's.
const cardTurns = 12

// expiries looks for the expiry dates of cards in all turns, after the numbers.
func (x *session) expiries() {
	near, asked := 0, 0 // turns that are left
	var by transcript.Speaker
	for i, t := range x.turns {
		speaker := x.session.Turns[i].Speaker
		cards := slices.ContainsFunc(t.cues, func(c cue) bool { return c.topic == card })
		for _, f := range slices.Clone(t.found) {
			if f.typ == BankCard && !strings.HasPrefix(f.value, "…") {
				cards = true
				t.expiryAt(f.end, answerLead, "an expiry date behind a card's number")
			}
		}
		if near--; cards {
			near = cardTurns
		}
		if near <= 0 {
			continue
		}
		if asked > 0 && speaker != by {
			t.expiryAt(0, answerLead, "the answer to a question for an expiry date")
			asked--
		}
		if t.expiriesBehindWords() == 0 && t.asksExpiry() {
			asked, by = askedTurns/2, speaker
		}
	}
}

// expiriesBehindWords takes the expiry dates behind words for them, and says how many.
func (t *turn) expiriesBehindWords() int {
	n := 0
	t.expiryWordsIn(func(end int) {
		if t.expiryAt(end, expiryLead, "an expiry date behind words for it") {
			n++
		}
	})
	return n
}

// asksExpiry reports whether a turn has words for an expiry date.
func (t *turn) asksExpiry() bool {
	has := false
	t.expiryWordsIn(func(int) { has = true })
	return has
}

// expiryWordsIn calls yield with the ends of the words for an expiry date.
func (t *turn) expiryWordsIn(yield func(end int)) {
	for i, r := range t.text {
		if w, ok := expiryWords.at(t.text, i, r); ok && (isHan(r) || i == 0 || !isWord(t.text[i-1])) {
			yield(i + len(w.word))
		}
	}
}

// mostExpiry bounds an expiry date with what stands before it, in bytes.
const mostExpiry = 80

// expiryAt takes the expiry date behind a place and what may lead to it.
func (t *turn) expiryAt(at int, lead *regexp.Regexp, reason string) bool {
	window := t.text[at:min(len(t.text), at+mostExpiry)]
	start := len(lead.FindString(window))
	m := expiryDate.FindString(window[start:])
	end := at + start + len(m)
	if m == "" || glued(t.text, at+start) || glued(t.text, end) || strings.HasPrefix(t.text[end:], "%") {
		return false
	}
	t.add(at+start, end, Secret, plainExpiry(m), 0.85, reason)
	return true
}

// plainExpiry is an expiry date as cards have it, 0928, where it has no month's name.
func plainExpiry(date string) string {
	digits := ""
	for _, r := range entity.Runs(date) {
		digits += r.Digits
	}
	if n := len(digits); n >= 5 && digits[n-4:n-2] == "20" {
		digits = digits[:n-4] + digits[n-2:]
	}
	switch {
	case len(digits) == 3:
		return "0" + digits
	case len(digits) == 4:
		return digits
	}
	return strings.ReplaceAll(date, " ", "")
}
