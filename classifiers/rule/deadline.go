package rule

import (
	"fmt"
	"slices"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// deadline finds what comes too late after the end of the customer's first turn:
//
//	response_gap: {sla: first_solution, until: solves}
//	response_gap: {more_than: 10m, until: hands_over}
//
// It hits at the first turn after that one in which the named condition hits,
// when that turn begins after the limit. When there is no such turn, it hits at
// the first turn after the limit; a session that ends before the limit is not
// late, because what came after it is not in the transcript.
type deadline struct {
	limit *timeLimit
	until *reference
}

func readDeadline(c *condition, m *scorecard.Map, limit *timeLimit, until *scorecard.Node) test {
	c.whole = true
	for _, key := range []string{"of", "except", "first"} {
		if m.Key(key) != nil {
			m.Place(key).Problem(nil, "with until, the customer's first turn is measured from: %s does nothing here", key)
		}
	}
	d := &deadline{limit: limit, until: c.refer(until)}
	d.until.placed = true
	return d
}

func (d *deadline) judge(e *Evaluation, _ []int) outcome {
	limit, ok := d.limit.of(e)
	if !ok {
		return notEvaluable(pipeline.NoLimit)
	}
	from, reached, o := d.way(e)
	if o.state != scorecard.Hit {
		return o
	}
	turns := e.messages("")
	if reached >= 0 {
		turns = []int{reached}
	}
	unknown := false
	for _, t := range turns {
		if t <= from {
			continue
		}
		switch d.limit.passed(e, limit, from, t) {
		case scorecard.Hit:
			return hit(e.wholeTurn(t))
		case scorecard.NotEvaluable:
			unknown = true
		}
	}
	if unknown {
		return unknownTime()
	}
	return notHit()
}

// way is the turn from which time runs, and the one in which the named condition
// hits, −1 when it does not. Both hold when the outcome is Hit.
func (d *deadline) way(e *Evaluation) (from, reached int, o outcome) {
	from = slices.IndexFunc(e.in.Session.Turns, func(t transcript.Turn) bool {
		return t.Speaker == transcript.Customer && t.IsMessage()
	})
	if from < 0 {
		return from, -1, notHit()
	}
	until := e.result(d.until.to)
	if until.State == scorecard.NotEvaluable {
		return from, -1, notEvaluable(until.Reason)
	}
	for _, span := range until.Hits {
		if span.Turn > from {
			return from, span.Turn, hit()
		}
	}
	return from, -1, hit()
}

// nearest is the time after which the condition hit, or the session ended.
func (d *deadline) nearest(e *Evaluation, _ []int) (Near, bool) {
	limit, ok := d.limit.of(e)
	from, turn, o := d.way(e)
	if !ok || o.state != scorecard.Hit {
		return Near{}, false
	}
	what := fmt.Sprintf("%s after", d.until.name)
	if turn < 0 {
		all := e.messages("")
		what, turn = "the session ends after", all[len(all)-1]
	}
	gap, known := d.limit.gap(e, from, turn)
	return Near{turn, fmt.Sprintf("%s %s ≤ %s", what, gap, limit)}, known
}
