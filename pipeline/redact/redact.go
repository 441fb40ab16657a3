// Package redact replaces personal data in sessions by tags.
//
// Chinese and English are equals; numbers may be written, said digit by digit,
// or split over turns. Within one session the same value has the same tag, so
// that a reader still sees which number was read back. What is redacted for whom
// is a Policy. The original is never lost: every text keeps the spans that were
// replaced and maps offsets both ways.
//
// A session's way, in session.go: its turns are folded, finders (one file per
// family) propose places with a confidence, split.go joins numbers over turns,
// known.go looks for values that were found elsewhere, resolve leaves places that
// do not overlap, and tag.go names them. All of it takes time linear in the session's length.
package redact

import (
	"maps"
	"slices"
	"sort"
	"strings"

	"assay/pipeline/transcript"
)

// Span is a place of personal data in a turn's original text.
type Span struct {
	Turn       int     `json:"turn"`  // from 0
	Start      int     `json:"start"` // byte of the original text
	End        int     `json:"end"`   // half open
	Type       Type    `json:"type"`
	Tag        string  `json:"tag"`        // what stands there in the redacted text
	Confidence float64 `json:"confidence"` // 0–1; a rank, not a probability
	Reason     string  `json:"reason"`     // what told it, in English
}

// Text is a text with its redacted form.
type Text struct {
	Original string
	Text     string // redacted
	Spans    []Span // in order, none overlapping another

	places []int // where the tags begin in Text
}

// newText puts tags in the places of spans, which are in order.
func newText(original string, spans []Span) Text {
	t := Text{Original: original, Text: original, Spans: spans}
	if len(spans) == 0 {
		return t
	}
	var b strings.Builder
	end := 0
	for _, s := range spans {
		b.WriteString(original[end:s.Start])
		t.places = append(t.places, b.Len())
		b.WriteString(s.Tag)
		end = s.End
	}
	b.WriteString(original[end:])
	t.Text = b.String()
	return t
}

// ToOriginal maps the range [start, end) of the redacted text to the original.
// A range that touches a tag covers all that the tag stands for. Ranges must lie
// within the text.
func (t *Text) ToOriginal(start, end int) (int, int) {
	return mapped(start, end, len(t.Spans), func(i int) (from, to, other, otherEnd int) {
		s := &t.Spans[i]
		return t.places[i], t.places[i] + len(s.Tag), s.Start, s.End
	})
}

// FromOriginal maps the range [start, end) of the original to the redacted text.
// A range that touches a span covers the whole tag. Ranges must lie within the text.
func (t *Text) FromOriginal(start, end int) (int, int) {
	return mapped(start, end, len(t.Spans), func(i int) (from, to, other, otherEnd int) {
		s := &t.Spans[i]
		return s.Start, s.End, t.places[i], t.places[i] + len(s.Tag)
	})
}

// mapped maps a range by n pairs of places, in order.
func mapped(start, end, n int, pair func(i int) (from, to, other, otherEnd int)) (int, int) {
	// one maps an offset; within a place it goes to one of the other's ends.
	one := func(at int, toEnd bool) int {
		i := sort.Search(n, func(i int) bool { from, _, _, _ := pair(i); return from > at || toEnd && from == at }) - 1
		if i < 0 {
			return at
		}
		_, to, other, otherEnd := pair(i)
		switch {
		case at >= to:
			return at - to + otherEnd
		case toEnd:
			return otherEnd
		}
		return other
	}
	if end <= start {
		at := one(start, false)
		return at, at
	}
	return one(start, false), one(end, true)
}

// Redaction is a session with its redacted texts.
type Redaction struct {
	Turns []Text // by turn

	session  *transcript.Session
	agent    string // its name
	customer string // its id
	metadata map[string]any
}

// Apply returns a copy of the session with redacted texts; the agent's name and
// what the metadata hold are redacted, too, and so is a customer's id that has the
// form of a phone number or other personal data. Other ids stay: they are the
// source system's, and other records are found by them.
func (r *Redaction) Apply() *transcript.Session {
	s := *r.session
	s.Turns = slices.Clone(s.Turns)
	for i := range s.Turns {
		s.Turns[i].Text = r.Turns[i].Text
	}
	if s.Agent != nil {
		agent := *s.Agent
		agent.Name = r.agent
		s.Agent = &agent
	}
	if s.Customer != nil {
		customer := *s.Customer
		customer.ID = r.customer
		s.Customer = &customer
	}
	s.Metadata = maps.Clone(r.metadata)
	return &s
}

// Spans returns the spans of all turns, in order.
func (r *Redaction) Spans() []Span {
	var all []Span
	for i := range r.Turns {
		all = append(all, r.Turns[i].Spans...)
	}
	return all
}
