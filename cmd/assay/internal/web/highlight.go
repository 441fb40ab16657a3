package web

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"assay/pipeline"
	"assay/pipeline/injection"
	"assay/pipeline/transcript"
)

// turnView is a turn with everything that was found in it.
type turnView struct {
	Index    int
	Number   int // from 1, as people count
	Speaker  transcript.Speaker
	Kind     transcript.Kind
	Clock    string // "" when the source has no time for it
	Segments []segment
	Labels   []toneView
	Criteria []markView // criteria with evidence here
}

// Aside reports whether the turn is no message of a person.
func (t *turnView) Aside() bool {
	return t.Kind != transcript.Message && t.Kind != "" || t.Speaker == transcript.System || t.Speaker == transcript.Bot
}

// toneView is a tone of a turn.
type toneView struct {
	Label      pipeline.Label
	Confidence float64
	Good       bool
}

// markView is a criterion whose evidence stands in a turn.
type markView struct {
	ID      string
	Name    string
	Outcome pipeline.Outcome
}

// segment is a stretch of a turn's text over which the same evidence lies.
type segment struct {
	Pieces   []piece
	Criteria []markView // those whose evidence covers it, in the verdict's order; none: plain text
	Evidence []int      // numbers of those pieces of evidence, over the whole verdict
	Tones    []pipeline.Label
	Injected bool // an order to the judging model
}

// Outcome is the gravest of the criteria's outcomes: it gives the mark its look.
func (s *segment) Outcome() pipeline.Outcome {
	gravest := s.Criteria[0].Outcome
	for _, c := range s.Criteria {
		if c.Outcome == pipeline.NotMet {
			gravest = pipeline.NotMet
		}
	}
	return gravest
}

// IDs are the criteria's ids, divided by blanks.
func (s *segment) IDs() string {
	ids := make([]string, len(s.Criteria))
	for i, c := range s.Criteria {
		ids[i] = c.ID
	}
	return strings.Join(ids, " ")
}

// Numbers are the numbers of the evidence, divided by blanks.
func (s *segment) Numbers() string {
	out := make([]string, len(s.Evidence))
	for i, n := range s.Evidence {
		out[i] = strconv.Itoa(n)
	}
	return strings.Join(out, " ")
}

// Names are the criteria's names.
func (s *segment) Names() string {
	out := make([]string, len(s.Criteria))
	for i, c := range s.Criteria {
		out[i] = c.Name
	}
	return strings.Join(out, " · ")
}

// mark is a place in a turn that is to be shown: evidence of a criterion, a tone's,
// or an order to the judging model.
type mark struct {
	start, end int
	evidence   int // number of the evidence; -1 for the others
	criterion  markView
	tone       pipeline.Label
	injected   bool
}

// turnViews prepares a transcript with the marks of its verdict.
func turnViews(s *transcript.Session, v *pipeline.Verdict, names map[string]string) []turnView {
	marks := marksOf(s, v, names)
	tones := map[int]pipeline.TurnTone{}
	for _, t := range v.Tone.Turns {
		tones[t.Turn] = t
	}
	out := make([]turnView, len(s.Turns))
	for i, t := range s.Turns {
		out[i] = turnView{
			Index: i, Number: i + 1, Speaker: t.Speaker, Kind: t.Kind,
			Segments: segments(t.Text, marks[i]), Labels: labels(tones[i]), Criteria: criteriaOf(marks[i]),
		}
		if at, ok := s.Start(i); ok {
			out[i].Clock = clock(at)
		}
	}
	return out
}

// marksOf gathers all marks by turn. A mark whose quote does not stand where it
// says is left out: it would mark the wrong words.
func marksOf(s *transcript.Session, v *pipeline.Verdict, names map[string]string) map[int][]mark {
	out := map[int][]mark{}
	add := func(turn int, quote string, m mark) {
		if turn < len(s.Turns) && stands(s.Turns[turn].Text, quote, m) {
			out[turn] = append(out[turn], m)
		}
	}
	n := 0
	for _, f := range v.Criteria {
		view := markView{ID: f.ID, Name: cmp.Or(names[f.ID], f.ID), Outcome: f.Outcome}
		for _, e := range f.Evidence {
			add(e.Turn, e.Quote, mark{start: e.Start, end: e.End, evidence: n, criterion: view})
			n++
		}
	}
	for _, t := range v.Tone.Turns {
		for _, m := range t.Marks {
			add(t.Turn, m.Quote, mark{start: m.Start, end: m.End, evidence: -1, tone: m.Label})
		}
	}
	for _, p := range v.Injections {
		if p.Level == injection.Suspected {
			add(p.Turn, p.Quote, mark{start: p.Start, end: p.End, evidence: -1, injected: true})
		}
	}
	return out
}

func stands(text, quote string, m mark) bool {
	return 0 <= m.start && m.start < m.end && m.end <= len(text) && text[m.start:m.end] == quote
}

// segments cuts a text wherever a mark begins or ends.
func segments(text string, marks []mark) []segment {
	cuts := []int{0, len(text)}
	for _, m := range marks {
		cuts = append(cuts, m.start, m.end)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []segment
	for i := range len(cuts) - 1 {
		seg := segment{Pieces: pieces(text[cuts[i]:cuts[i+1]])}
		for _, m := range marks {
			if m.start <= cuts[i] && cuts[i+1] <= m.end {
				seg.add(m)
			}
		}
		out = append(out, seg)
	}
	return out
}

func (s *segment) add(m mark) {
	if m.injected {
		s.Injected = true
		return
	}
	if m.evidence < 0 {
		if !slices.Contains(s.Tones, m.tone) {
			s.Tones = append(s.Tones, m.tone)
		}
		return
	}
	s.Evidence = append(s.Evidence, m.evidence)
	if !slices.Contains(s.Criteria, m.criterion) {
		s.Criteria = append(s.Criteria, m.criterion)
	}
}

// criteriaOf lists the criteria of marks, each once.
func criteriaOf(marks []mark) []markView {
	var out []markView
	for _, m := range marks {
		if m.evidence >= 0 && !slices.Contains(out, m.criterion) {
			out = append(out, m.criterion)
		}
	}
	return out
}

// labels are a turn's tones, the surest first.
func labels(t pipeline.TurnTone) []toneView {
	var out []toneView
	for _, label := range slices.Sorted(maps.Keys(t.Labels)) {
		out = append(out, toneView{label, t.Labels[label], good(label)})
	}
	slices.SortStableFunc(out, func(a, b toneView) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return out
}

// good reports whether a tone is welcome.
func good(label pipeline.Label) bool {
	switch label {
	case pipeline.Courteous, pipeline.Apologetic, pipeline.Empathetic, pipeline.Appreciative, pipeline.Enthusiastic,
		pipeline.Praise, pipeline.Satisfied:
		return true
	}
	return false
}
