package rule

import (
	"fmt"
	"slices"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// responseGap finds late answers:
//
//	response_gap: {more_than: 60s, of: agent, except: [请稍等, one moment]}
//
// It hits at each turn of the agent (of: the one who is waited for) that begins
// more than the limit after the last turn of the customer before it ended. The
// first answer counts like any other; bots and the system answer nobody. A wait
// does not count when the agent's last turn before it contained one of the
// excepted phrases.
type responseGap struct {
	limit  time.Duration
	of     transcript.Speaker
	except []int32
}

func readResponseGap(b *builder, c *condition, m *scorecard.Map) test {
	c.speakerOf(m)
	c.local = true
	g := &responseGap{of: c.speaker}
	if n := m.Must("more_than"); n != nil {
		g.limit = n.Duration()
	}
	if n := m.Key("except"); n != nil {
		g.except = b.words(n)
	}
	return g
}

func (g *responseGap) judge(e *Evaluation, turns []int) outcome {
	var late []transcript.Span
	var unknown []int
	waiting, previous := -1, -1 // last turn that waits for an answer; last turn of the one waited for
	for _, t := range e.messages("") {
		switch e.in.Session.Turns[t].Speaker {
		case g.of:
			asked := waiting
			excused := previous >= 0 && e.says(previous, g.except)
			waiting, previous = -1, t
			if _, in := slices.BinarySearch(turns, t); !in || asked < 0 || excused {
				continue
			}
			gap, known := e.gap(asked, t)
			switch {
			case known && gap > g.limit:
				late = append(late, e.wholeTurn(t))
			case !known && !e.surelyWithin(asked, t, g.limit):
				unknown = append(unknown, t)
			}
		case transcript.Agent, transcript.Customer:
			waiting = t
		}
	}
	return timed(late, unknown)
}

// nearest is the longest wait that was not too long.
func (g *responseGap) nearest(e *Evaluation, turns []int) (Near, bool) {
	var longest time.Duration
	near, waiting := Near{Turn: -1}, -1
	for _, t := range e.messages("") {
		switch e.in.Session.Turns[t].Speaker {
		case g.of:
			_, in := slices.BinarySearch(turns, t)
			if gap, known := e.gap(max(waiting, 0), t); in && waiting >= 0 && known && gap > longest {
				longest, near.Turn = gap, t
			}
			waiting = -1
		case transcript.Agent, transcript.Customer:
			waiting = t
		}
	}
	near.Text = fmt.Sprintf("gap %s ≤ %s", longest, g.limit)
	return near, near.Turn >= 0
}

// surelyWithin reports whether the gap between two turns cannot exceed the
// limit although the first one's end is not known: not even its beginning is
// longer ago.
func (e *Evaluation) surelyWithin(from, to int, limit time.Duration) bool {
	began, ok1 := e.start(from)
	answered, ok2 := e.start(to)
	return ok1 && ok2 && answered-began <= limit
}

// timed is a hit when something was too slow, and not evaluable when nothing
// was but some times are missing.
func timed(hits []transcript.Span, unknown []int) outcome {
	o := hitIf(hits)
	if len(hits) == 0 && len(unknown) > 0 {
		o = unknownTime()
	}
	o.unknown = unknown
	return o
}

func unknownTime() outcome { return notEvaluable(pipeline.NoTimestamps) }
