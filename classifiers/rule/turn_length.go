package rule

import (
	"math"
	"time"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// turnLength hits at turns that take longer or shorter than a limit:
//
//	turn_length: {more_than: 60s}
//	turn_length: {less_than: 1s}
//
// It needs the turn's beginning and end; a chat message has no length.
type turnLength struct{ more, less time.Duration }

func readTurnLength(_ *builder, c *condition, m *scorecard.Map) test {
	c.turnwise, c.local = true, true
	t := &turnLength{more: -1, less: math.MaxInt64}
	more, less := m.Key("more_than"), m.Key("less_than")
	if more != nil {
		t.more = more.Duration()
	}
	if less != nil {
		t.less = less.Duration()
	}
	switch {
	case more == nil && less == nil:
		m.Node.Problem([]string{"more_than", "less_than"}, "at least one of the limits is needed")
	case t.more >= t.less:
		m.Node.Problem(nil, "more_than is not less than less_than")
	}
	return t
}

func (l *turnLength) judge(e *Evaluation, turns []int) outcome {
	var hits []transcript.Span
	var unknown []int
	for _, t := range turns {
		length, known := e.turnLength(t)
		switch {
		case !known:
			unknown = append(unknown, t)
		case length > l.more && length < l.less:
			hits = append(hits, e.wholeTurn(t))
		}
	}
	return timed(hits, unknown)
}

// turnLength is how long a turn takes; false when the transcript does not say.
func (e *Evaluation) turnLength(turn int) (time.Duration, bool) {
	if e.in.Session.Turns[turn].EndMS == nil {
		return 0, false
	}
	start, ok1 := e.start(turn)
	end, ok2 := e.end(turn)
	return end - start, ok1 && ok2
}
