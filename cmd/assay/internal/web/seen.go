package web

import (
	"slices"
	"sort"
	"strings"

	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/transcript"
)

// revealed says what of a session is shown as it was said. The zero value is
// nothing.
type revealed struct {
	all  bool
	turn *int // one turn
}

func (r revealed) has(turn int) bool { return r.all || r.turn != nil && *r.turn == turn }

// seen is a session as a reader sees it: with tags in the place of personal data.
// Places in it are mapped from the original's, where evidence stands.
type seen struct {
	original *transcript.Session
	session  *transcript.Session // as it is shown, with its fields
	turns    []*seenText
	said     map[string]*seenText // what the verdict says besides, by the original
}

// seenText is a text with what is hidden in it, or was.
type seenText struct {
	redact.Text
	shown bool
	name  func(redact.Type) string
}

// see redacts a session and all that its verdict repeats of it; v may be nil. The
// verdict's texts are read as if they stood behind the transcript, so that they
// have its tags.
func see(s *transcript.Session, v *pipeline.Verdict, rules redact.Rules, open revealed, name func(redact.Type) string) *seen {
	whole := *s
	whole.Turns = slices.Clone(s.Turns)
	texts := repeated(s, v)
	for _, text := range texts {
		whole.Turns = append(whole.Turns, transcript.Turn{Speaker: transcript.System, Kind: transcript.Note, Text: text})
	}
	done := rules.Session(&whole)
	out := &seen{original: s, session: done.Apply(), said: map[string]*seenText{}}
	out.session.Turns = out.session.Turns[:len(s.Turns)]
	for i, t := range done.Turns {
		if i < len(s.Turns) {
			out.turns = append(out.turns, &seenText{t, open.has(i), name})
		} else {
			out.said[texts[i-len(s.Turns)]] = &seenText{t, open.all, name}
		}
	}
	if open.all {
		out.session = s
	}
	return out
}

// repeated are the texts of a verdict that may hold what was said, besides quotes
// that stand in the transcript.
func repeated(s *transcript.Session, v *pipeline.Verdict) []string {
	if v == nil {
		return nil
	}
	var out []string
	eachQuote(v, func(at transcript.Span, quote *string) {
		if !stands(s, at, *quote) {
			out = append(out, *quote)
		}
	})
	eachSaying(v, func(text *string) { out = append(out, *text) })
	slices.Sort(out)
	return slices.Compact(out)
}

// eachQuote visits all quotes of a verdict.
func eachQuote(v *pipeline.Verdict, visit func(at transcript.Span, quote *string)) {
	for i := range v.Criteria {
		for k := range v.Criteria[i].Evidence {
			e := &v.Criteria[i].Evidence[k]
			visit(e.Span, &e.Quote)
		}
	}
	for i := range v.Tone.Turns {
		t := &v.Tone.Turns[i]
		for k := range t.Marks {
			m := &t.Marks[k]
			visit(transcript.Span{Turn: t.Turn, Start: m.Start, End: m.End}, &m.Quote)
		}
	}
	for i := range v.Injections {
		e := &v.Injections[i].Evidence
		visit(e.Span, &e.Quote)
	}
}

// eachSaying visits what a verdict says in words of its own or of several turns.
func eachSaying(v *pipeline.Verdict, visit func(text *string)) {
	for i := range v.Criteria {
		if f := &v.Criteria[i]; f.Rationale != "" {
			visit(&f.Rationale)
		}
	}
	for i := range v.Questions {
		visit(&v.Questions[i].Text)
	}
}

// stands reports whether a quote stands where it says.
func stands(s *transcript.Session, at transcript.Span, quote string) bool {
	if at.Turn < 0 || at.Turn >= len(s.Turns) {
		return false
	}
	text := s.Turns[at.Turn].Text
	return 0 <= at.Start && at.Start < at.End && at.End <= len(text) && text[at.Start:at.End] == quote
}

// hide replaces the personal data in a verdict's texts, and reports whether there
// was any.
func (s *seen) hide(v *pipeline.Verdict) (changed bool) {
	put := func(text *string, words []segment) {
		if shown := plainly(words); shown != *text {
			*text, changed = shown, true
		}
	}
	eachQuote(v, func(at transcript.Span, quote *string) { put(quote, s.quote(at, *quote)) })
	eachSaying(v, func(text *string) { put(text, s.saying(*text)) })
	return changed
}

// quote is what is shown of a quote.
func (s *seen) quote(at transcript.Span, quote string) []segment {
	if !stands(s.original, at, quote) {
		return s.saying(quote)
	}
	return s.turns[at.Turn].cut(at.Start, at.End)
}

// saying is what is shown of another text of the verdict.
func (s *seen) saying(text string) []segment {
	t, ok := s.said[text]
	if !ok { // not of this verdict
		return nil
	}
	return t.cut(0, len(t.Original))
}

// hidden counts the places whose words are not shown.
func (s *seen) hidden() int {
	n := 0
	for _, t := range s.turns {
		n += t.hidden()
	}
	return n
}

func (t *seenText) hidden() int {
	if t.shown {
		return 0
	}
	return len(t.Spans)
}

// text is what is shown.
func (t *seenText) text() string {
	if t.shown {
		return t.Original
	}
	return t.Text.Text
}

// span maps a range of the original to what is shown.
func (t *seenText) span(start, end int) (int, int) {
	if t.shown {
		return start, end
	}
	return t.FromOriginal(start, end)
}

// tags are the marks of spans, which are hidden, or were.
func (t *seenText) tags(spans []redact.Span) []mark {
	out := make([]mark, len(spans))
	for i := range spans {
		s := &spans[i]
		start, end := t.span(s.Start, s.End)
		out[i] = mark{start: start, end: end, evidence: -1, tag: tagView{Name: t.name(s.Type), Tag: s.Tag, Shown: t.shown}}
	}
	return out
}

// cut is what is shown of the range [start, end) of the original.
func (t *seenText) cut(start, end int) []segment {
	first := sort.Search(len(t.Spans), func(i int) bool { return t.Spans[i].End > start })
	last := first + sort.Search(len(t.Spans)-first, func(i int) bool { return t.Spans[first+i].Start >= end })
	from, to := t.span(start, end)
	marks := t.tags(t.Spans[first:last])
	for i := range marks {
		m := &marks[i]
		m.start, m.end = max(m.start, from)-from, min(m.end, to)-from
	}
	return segments(t.text()[from:to], marks)
}

// plainly is the text of segments.
func plainly(list []segment) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(s.text)
	}
	return b.String()
}
