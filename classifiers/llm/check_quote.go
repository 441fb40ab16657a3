package llm

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// matchable is a text in the form in which quotes are compared: folded as for
// rules, without white space and invisible characters, and with one form for each
// punctuation mark. What words there are, and in which order, stays.
type matchable struct {
	folded transcript.Folded
	text   string
	at     []int32 // by byte of text: where its character begins in the folded text
}

func newMatchable(s string) matchable {
	m := matchable{folded: transcript.Fold(s)}
	var b strings.Builder
	for i, r := range m.folded.Text {
		if unicode.IsSpace(r) || invisible(r) {
			continue
		}
		before := b.Len()
		b.WriteRune(markOf(r))
		for range b.Len() - before {
			m.at = append(m.at, int32(i))
		}
	}
	m.text = b.String()
	return m
}

// markOf is the form in which a punctuation mark is compared.
func markOf(r rune) rune {
	switch r {
	case '。':
		return '.'
	case '、':
		return ','
	case '“', '”', '„', '«', '»', '「', '」', '『', '』':
		return '"'
	case '—', '–', '‐', '‑', '−', '―':
		return '-'
	case '〜', '～':
		return '~'
	}
	return r
}

// find returns the first place of a quote in the text, as offsets into the text
// that the matchable was made of. A quote does not begin or end within a word.
func (m matchable) find(quote string) (start, end int, ok bool) {
	if quote == "" {
		return 0, 0, false
	}
	for from := 0; ; {
		i := strings.Index(m.text[from:], quote)
		if i < 0 {
			return 0, 0, false
		}
		i += from
		j := i + len(quote)
		last := int(m.at[j-1])
		_, n := utf8.DecodeRuneInString(m.folded.Text[last:])
		to := last + n
		if !withinWord(m.folded.Text, int(m.at[i])) && !withinWord(m.folded.Text, to) {
			start, end = m.folded.Span(int(m.at[i]), to)
			return start, end, true
		}
		_, n = utf8.DecodeRuneInString(m.text[i:])
		from = i + n
	}
}

// withinWord reports whether the characters on both sides of an offset belong to
// one word of letters or to one number.
func withinWord(s string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	after, _ := utf8.DecodeRuneInString(s[at:])
	return at > 0 && at < len(s) && spelled(before) && spelled(after)
}

// spelled reports whether a character is part of a word that blanks separate.
func spelled(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.Is(unicode.Han, r)
}

// quoteForm is a quote in the form in which it is compared: without the quotation
// marks and the dots that models put around what they copy.
func quoteForm(s string) string {
	return strings.Trim(newMatchable(s).text, `"'.,;:!?-`)
}

// leastQuote is how many letters, digits or ideographs a quote must have to prove
// something, unless it is all that was said in the turn.
const leastQuote = 3

// proves reports whether a quote is long enough to prove something.
func proves(quote string, turn matchable) bool {
	n := 0
	for _, r := range quote {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n >= leastQuote || n >= 2 && quote == strings.Trim(turn.text, `"'.,;:!?-`)
}

// place finds a quote in the turn that it names; else the complaint says what is
// wrong with it. speaker is whose words it must be, "" anybody's.
func (v *view) place(w window, q quote, speaker transcript.Speaker) (found pipeline.Evidence, complaint string) {
	text := quoteForm(q.Text)
	if !w.shows(q.Turn) || v.withheld[q.Turn] {
		return found, fmt.Sprintf("turn %d, which is quoted, is not shown", q.Turn)
	}
	turn, t := &v.turns[q.Turn], &v.session.Turns[q.Turn]
	start, end, ok := turn.plain.find(text)
	switch {
	case !ok:
		return found, fmt.Sprintf("%q does not stand in turn %d%s", shortened(q.Text), q.Turn, v.elsewhere(w, text))
	case !t.IsMessage():
		return found, fmt.Sprintf("turn %d is an event: nobody said it", q.Turn)
	case speaker != "" && t.Speaker != speaker:
		return found, fmt.Sprintf("%q in turn %d is said by the %s, not by the %s", shortened(q.Text), q.Turn, t.Speaker, speaker)
	case !proves(text, turn.plain):
		return found, fmt.Sprintf("%q is too short to prove anything: quote more of turn %d", shortened(q.Text), q.Turn)
	}
	span := v.original(q.Turn, start, end)
	return pipeline.Evidence{Span: span, Quote: v.session.Quote(span)}, ""
}

// elsewhere tells where a quote does stand, if it is in one other turn only. The
// model has to say so itself: another place may mean something else.
func (v *view) elsewhere(w window, text string) string {
	at := -1
	for _, i := range w.turns {
		if _, _, ok := v.turns[i].plain.find(text); ok && !v.withheld[i] {
			if at >= 0 {
				return ""
			}
			at = i
		}
	}
	if at < 0 {
		return ""
	}
	return fmt.Sprintf(", but in turn %d", at)
}

// whoProves is whose words a quote for an outcome must be. An outcome that needs
// no proof may be explained by anybody's.
func whoProves(q *query, o pipeline.Outcome) transcript.Speaker {
	if needsProof(q.Prove, o) {
		return q.speaker
	}
	return ""
}

// needsProof reports whether an outcome counts only with a quote.
func needsProof(p scorecard.Proof, o pipeline.Outcome) bool {
	switch o {
	case pipeline.Met:
		return p != scorecard.ProveNotMet
	case pipeline.NotMet:
		return p != scorecard.ProveMet
	}
	return false
}
