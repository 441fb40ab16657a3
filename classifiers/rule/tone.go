package rule

import (
	"fmt"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// tone hits at turns that the tone classifier gave one of the labels with at
// least a confidence:
//
//	tone: {labels: [rude, shirking], at_least: 0.6}
//
// At_least is in (0, 1], default 0.6.
type tone struct {
	labels []pipeline.Label
	least  float64
}

func readTone(_ *builder, c *condition, m *scorecard.Map) test {
	c.turnwise, c.local = true, true
	t := &tone{least: 0.6}
	if n := m.Must("labels"); n != nil {
		t.readLabels(n, labelsOf(c.Where.Speaker))
	}
	if n := m.Key("at_least"); n != nil {
		t.least = n.Number(0.01, 1)
	}
	return t
}

// labelsOf are the tones that a speaker's turns may have.
func labelsOf(s transcript.Speaker) []string {
	var out []string
	if s != transcript.Customer {
		for _, l := range pipeline.AgentLabels {
			out = append(out, string(l))
		}
	}
	if s != transcript.Agent {
		for _, l := range pipeline.CustomerLabels {
			out = append(out, string(l))
		}
	}
	return out
}

func (t *tone) readLabels(n *scorecard.Node, allowed []string) {
	nodes := []*scorecard.Node{n}
	if n.IsList() {
		nodes = n.List()
	}
	if len(nodes) == 0 {
		n.Problem(allowed, "the list is empty")
	}
	for _, e := range nodes {
		t.labels = append(t.labels, pipeline.Label(e.OneOf(allowed...)))
	}
}

func (t *tone) judge(e *Evaluation, turns []int) outcome {
	var hits []transcript.Span
	for _, i := range turns {
		if tt := e.toneOf(i); tt != nil {
			hits = addPlaces(hits, t.places(e, tt))
		}
	}
	return hitIf(hits)
}

// places are the marks of the labels that the turn has for sure, or the whole
// turn for a label without a mark.
func (t *tone) places(e *Evaluation, tt *pipeline.TurnTone) []transcript.Span {
	var out []transcript.Span
	for _, l := range t.labels {
		if tt.Labels[l] < t.least {
			continue
		}
		marked := false
		for _, m := range tt.Marks {
			if m.Label == l {
				out = append(out, transcript.Span{Turn: tt.Turn, Start: m.Start, End: m.End})
				marked = true
			}
		}
		if !marked {
			out = append(out, e.wholeTurn(tt.Turn))
		}
	}
	return out
}

// toneOf returns a turn's tone, nil when it has none.
func (e *Evaluation) toneOf(turn int) *pipeline.TurnTone {
	if e.tones == nil {
		e.tones = map[int]*pipeline.TurnTone{}
		for i := range e.in.Tone.Turns {
			t := &e.in.Tone.Turns[i]
			e.tones[t.Turn] = t
		}
	}
	return e.tones[turn]
}

// nearest is the turn with the highest confidence below the limit.
func (t *tone) nearest(e *Evaluation, turns []int) (Near, bool) {
	near, best := Near{Turn: -1}, 0.0
	for _, i := range turns {
		tt := e.toneOf(i)
		if tt == nil {
			continue
		}
		for _, l := range t.labels {
			if c := tt.Labels[l]; c > best {
				best, near = c, Near{i, fmt.Sprintf("%s %.2f < %.2f", l, c, t.least)}
			}
		}
	}
	return near, near.Turn >= 0
}
