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
	Hidden   int        // places of personal data whose words are not shown
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

// segment is a stretch of a text over which the same marks lie.
type segment struct {
	Pieces     []piece
	Criteria   []markView // those whose evidence covers it, in the verdict's order; none: plain text
	Evidence   []int      // numbers of those pieces of evidence, over the whole verdict
	Tones      []pipeline.Label
	Injections []injection.Kind // orders to the judging model, by what they try
	Tag        tagView          // personal data; its Name is "" where there is none

	text string
}

// tagView is personal data that is hidden, or would be.
type tagView struct {
	Name  string // of its type
	Tag   string // what stands in its place
	Shown bool   // the data itself is shown
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
// an order to the judging model, or personal data.
type mark struct {
	start, end int
	evidence   int // number of the evidence; -1 for the others
	criterion  markView
	tone       pipeline.Label
	injection  injection.Kind
	tag        tagView
}

// turnViews prepares a transcript with the marks of its verdict.
func turnViews(s *seen, v *pipeline.Verdict, names map[string]string) []turnView {
	marks := marksOf(s, v, names)
	tones := map[int]pipeline.TurnTone{}
	for _, t := range v.Tone.Turns {
		tones[t.Turn] = t
	}
	out := make([]turnView, len(s.turns))
	for i, text := range s.turns {
		t := &s.original.Turns[i]
		out[i] = turnView{
			Index: i, Number: i + 1, Speaker: t.Speaker, Kind: t.Kind,
			Segments: segments(text.text(), append(marks[i], text.tags(text.Spans)...)),
			Labels:   labels(tones[i]), Criteria: criteriaOf(marks[i]), Hidden: text.hidden(),
		}
		if at, ok := s.original.Start(i); ok {
			out[i].Clock = clock(at)
		}
	}
	return out
}

// marksOf gathers all marks of a verdict by turn, where they stand in what is
// shown. A mark whose quote does not stand where it says is left out: it would
// mark the wrong words.
func marksOf(s *seen, v *pipeline.Verdict, names map[string]string) map[int][]mark {
	out := map[int][]mark{}
	add := func(at transcript.Span, quote string, m mark) {
		if stands(s.original, at, quote) {
			m.start, m.end = s.turns[at.Turn].span(at.Start, at.End)
			out[at.Turn] = append(out[at.Turn], m)
		}
	}
	n := 0
	for _, f := range v.Criteria {
		view := markView{ID: f.ID, Name: cmp.Or(names[f.ID], f.ID), Outcome: f.Outcome}
		for _, e := range f.Evidence {
			add(e.Span, e.Quote, mark{evidence: n, criterion: view})
			n++
		}
	}
	for _, t := range v.Tone.Turns {
		for _, m := range t.Marks {
			add(transcript.Span{Turn: t.Turn, Start: m.Start, End: m.End}, m.Quote, mark{evidence: -1, tone: m.Label})
		}
	}
	for _, p := range v.Injections {
		if p.Level == injection.Suspected {
			add(p.Span, p.Quote, mark{evidence: -1, injection: p.Kind})
		}
	}
	return out
}

// segments cuts a text wherever a mark begins or ends. Marks cover each stretch in
// the order in which they were given.
func segments(text string, marks []mark) []segment {
	cuts := []int{0, len(text)}
	begin := make([]int, len(marks)) // marks by where they begin
	for i, m := range marks {
		cuts = append(cuts, m.start, m.end)
		begin[i] = i
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	slices.SortStableFunc(begin, func(a, b int) int { return marks[a].start - marks[b].start })
	var out []segment
	var over []int // marks that cover the place, in order
	for i := range len(cuts) - 1 {
		over = slices.DeleteFunc(over, func(m int) bool { return marks[m].end <= cuts[i] })
		for len(begin) > 0 && marks[begin[0]].start <= cuts[i] {
			if marks[begin[0]].end > cuts[i] {
				over = append(over, begin[0])
			}
			begin = begin[1:]
		}
		slices.Sort(over)
		seg := segment{text: text[cuts[i]:cuts[i+1]]}
		seg.Pieces = pieces(seg.text)
		for _, m := range over {
			seg.add(marks[m])
		}
		out = append(out, seg)
	}
	return out
}

func (s *segment) add(m mark) {
	switch {
	case m.tag.Name != "":
		s.Tag = m.tag
	case m.injection != "":
		s.Injections = appendNew(s.Injections, m.injection)
	case m.evidence < 0:
		s.Tones = appendNew(s.Tones, m.tone)
	default:
		s.Evidence = append(s.Evidence, m.evidence)
		s.Criteria = appendNew(s.Criteria, m.criterion)
	}
}

func appendNew[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
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
