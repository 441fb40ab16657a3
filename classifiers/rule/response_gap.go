package rule

import (
	"fmt"
	"slices"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/sla"
	"assay/pipeline/transcript"
)

// responseGap finds late answers:
//
//	response_gap: {more_than: 60s, of: agent, except: [请稍等, one moment]}
//	response_gap: {sla: first_response}
//	response_gap: {sla: response}
//
// It hits at each turn of the agent (of: the one who is waited for) that begins
// more than the limit after the last turn of the customer before it ended. Bots
// and the system answer nobody. A wait does not count when the agent's last turn
// before it contained one of the excepted phrases.
//
// With first: true only the session's first answer is judged, and so with the
// limit first_response. The limits of sla are looked up in the scorecard's matrix
// by the session's business type, customer type and urgency; a session that has
// no limit there is not evaluable. They, and first, count what the customer
// waited in all: in a chat from the first message that is not answered yet, where
// the last one only asks again. In a call the customer's turns are one speech.
type responseGap struct {
	limit  *timeLimit
	of     transcript.Speaker
	except []int32
	first  bool // only the first answer
	whole  bool // the wait begins with the first message not answered, not the last
}

func readResponseGap(b *builder, c *condition, m *scorecard.Map) test {
	limit := b.timeLimit(m)
	if until := m.Key("until"); until != nil {
		return readDeadline(c, m, limit, until)
	}
	c.speakerOf(m)
	c.local, c.partial = true, true
	g := &responseGap{limit: limit, of: c.speaker}
	if n := m.Key("except"); n != nil {
		g.except = b.words(n)
	}
	g.first = limit.name == sla.FirstResponse
	if n := m.Key("first"); n != nil {
		g.first = n.True()
		if limit.name == sla.FirstResponse {
			n.Problem(nil, "%s is about the first answer anyway: leave first out", limit.name)
		}
	}
	g.whole = g.first || limit.name != ""
	g.checkLimit(c, m)
	return g
}

// checkLimit finds limits of the matrix that say nothing about answers.
func (g *responseGap) checkLimit(c *condition, m *scorecard.Map) {
	n := m.Key("sla")
	switch {
	case g.limit.name == "":
	case g.limit.name != sla.FirstResponse && g.limit.name != sla.Response:
		n.Problem([]string{"until"}, "%s is reached when another condition hits: until names it", g.limit.name)
	case g.of != transcript.Agent:
		n.Problem([]string{"more_than"}, "the limits of the matrix are for answers of the agent")
	}
}

// wait is one answer and what it answers.
type wait struct {
	from, to int // turns
	excused  bool
}

// waits are the session's answers in order.
func (g *responseGap) waits(e *Evaluation) []wait {
	var out []wait
	waiting, previous := -1, -1 // turn that waits for an answer; last turn of the one waited for
	for _, t := range e.messages("") {
		switch e.in.Session.Turns[t].Speaker {
		case g.of:
			if waiting >= 0 {
				out = append(out, wait{waiting, t, previous >= 0 && e.says(previous, g.except)})
			}
			if waiting >= 0 && g.first {
				return out
			}
			waiting, previous = -1, t
		case transcript.Agent, transcript.Customer:
			if waiting < 0 || !g.whole || e.in.Session.Channel == transcript.Call {
				waiting = t
			}
		}
	}
	return out
}

func (g *responseGap) judge(e *Evaluation, turns []int) outcome {
	limit, ok := g.limit.of(e)
	if !ok {
		return notEvaluable(pipeline.NoLimit)
	}
	var late []transcript.Span
	var unknown []int
	for _, w := range g.waits(e) {
		if _, in := slices.BinarySearch(turns, w.to); !in || w.excused {
			continue
		}
		switch g.limit.passed(e, limit, w.from, w.to) {
		case scorecard.Hit:
			late = append(late, e.wholeTurn(w.to))
		case scorecard.NotEvaluable:
			unknown = append(unknown, w.to)
		}
	}
	return often(1, late, unknown)
}

// nearest is the longest wait that was not too long.
func (g *responseGap) nearest(e *Evaluation, turns []int) (Near, bool) {
	limit, ok := g.limit.of(e)
	longest, turn := time.Duration(-1), -1
	for _, w := range g.waits(e) {
		_, in := slices.BinarySearch(turns, w.to)
		if gap, known := g.limit.gap(e, w.from, w.to); in && known && !w.excused && gap > longest {
			longest, turn = gap, w.to
		}
	}
	if !ok || turn < 0 {
		return Near{}, false
	}
	return Near{turn, fmt.Sprintf("gap %s ≤ %s", longest, limit)}, true
}

// surelyWithin reports whether the gap between two turns cannot exceed the
// limit although the first one's end is not known: not even its beginning is
// longer ago.
func (e *Evaluation) surelyWithin(from, to int, limit time.Duration) bool {
	began, ok1 := e.start(from)
	answered, ok2 := e.start(to)
	return ok1 && ok2 && answered-began <= limit
}

func unknownTime() outcome { return notEvaluable(pipeline.NoTimestamps) }
