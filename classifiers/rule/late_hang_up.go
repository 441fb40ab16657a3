package rule

import (
	"fmt"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// lateHangUp hits at the last turn when the line stayed open for more than a
// limit after it:
//
//	late_hang_up: {more_than: 5s, of: agent}
//
// More_than is 5s by default, which the documentation of Alibaba Cloud's
// conversation analysis advises. Of (agent, customer, any; default any) says
// whose turn the last one must be: after the customer's, the agent may have left
// the line. It is not evaluable when the session has no duration_ms, or its
// turns have no times.
type lateHangUp struct {
	limit time.Duration
	of    transcript.Speaker // "" is any
}

func readLateHangUp(_ *builder, c *condition, m *scorecard.Map) test {
	l := &lateHangUp{limit: 5 * time.Second}
	if n := m.Key("more_than"); n != nil {
		l.limit = n.Duration()
	}
	l.of = c.speakerOrAny(m, "")
	c.whole = true
	return l
}

func (l *lateHangUp) judge(e *Evaluation, turns []int) outcome {
	last, after, known := l.after(e, turns)
	switch {
	case last < 0:
		return notHit()
	case !known:
		return notEvaluable(pipeline.NoTimestamps)
	case after > l.limit:
		return hit(e.wholeTurn(last))
	}
	return notHit()
}

// after is the time from the end of the last turn to the end of the session; the
// turn is −1 when it is not of the one it must be of.
func (l *lateHangUp) after(e *Evaluation, turns []int) (last int, after time.Duration, known bool) {
	if len(turns) == 0 {
		return -1, 0, false
	}
	last = turns[len(turns)-1]
	if l.of != "" && e.in.Session.Turns[last].Speaker != l.of {
		return -1, 0, false
	}
	length, known := e.in.Session.Length()
	_, opened := e.in.Session.Opened(last)
	var ended time.Duration
	for _, t := range turns { // who speaks last need not be who ends last
		end, ok := e.end(t)
		if ended = max(ended, end); t == last {
			known = known && ok
		}
	}
	return last, length - ended, known && opened
}

// nearest is how long the line stayed open, or who spoke last.
func (l *lateHangUp) nearest(e *Evaluation, turns []int) (Near, bool) {
	if len(turns) == 0 {
		return Near{}, false
	}
	last, after, known := l.after(e, turns)
	if last < 0 {
		last = turns[len(turns)-1]
		return Near{last, fmt.Sprintf("the last turn is of %s, not %s", e.in.Session.Turns[last].Speaker, l.of)}, true
	}
	return Near{last, fmt.Sprintf("closed after %s ≤ %s", lasting(after), lasting(l.limit))}, known
}
