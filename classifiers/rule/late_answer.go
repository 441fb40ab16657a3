package rule

import (
	"fmt"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// lateAnswer hits at the first turn of the agent when it begins more than a
// limit after the session began:
//
//	late_answer: {more_than: 5s, of: agent}
//
// More_than is 5s by default, as long as the line may stay silent at the other
// end of a call (see lateHangUp). Of (agent, customer, any; default agent) says
// whose first turn it is. It is not evaluable when nobody knows when the session
// began: turns with clock times need a started_at. When he says nothing at all,
// nothing is late.
type lateAnswer struct{ limit time.Duration }

func readLateAnswer(_ *builder, c *condition, m *scorecard.Map) test {
	l := &lateAnswer{limit: 5 * time.Second}
	if n := m.Key("more_than"); n != nil {
		l.limit = n.Duration()
	}
	c.speaker = c.speakerOrAny(m, transcript.Agent)
	c.whole = true
	return l
}

func (l *lateAnswer) judge(e *Evaluation, turns []int) outcome {
	if len(turns) == 0 {
		return notHit()
	}
	began, known := e.in.Session.Opened(turns[0])
	switch {
	case !known:
		return notEvaluable(pipeline.NoTimestamps)
	case began > l.limit:
		return hit(e.wholeTurn(turns[0]))
	}
	return notHit()
}

// nearest is when the first turn began.
func (l *lateAnswer) nearest(e *Evaluation, turns []int) (Near, bool) {
	if len(turns) == 0 {
		return Near{}, false
	}
	began, known := e.in.Session.Opened(turns[0])
	return Near{turns[0], fmt.Sprintf("begins after %s ≤ %s", lasting(began), lasting(l.limit))}, known
}
