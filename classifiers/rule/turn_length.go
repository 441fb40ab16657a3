package rule

import (
	"fmt"
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
	c.turnwise, c.local, c.partial = true, true, true
	t := &turnLength{more: -1, less: math.MaxInt64}
	more, less := m.Key("more_than"), m.Key("less_than")
	if more != nil {
		t.more = more.Duration()
	}
	if less != nil {
		t.less = less.Duration()
	}
	checkLimits(m, t.more < t.less || t.less == 0)
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
	return often(1, hits, unknown)
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

// nearest is the turn whose length was least far from the limits.
func (l *turnLength) nearest(e *Evaluation, turns []int) (Near, bool) {
	near, best := Near{Turn: -1}, time.Duration(math.MaxInt64)
	for _, t := range turns {
		length, known := e.turnLength(t)
		if miss := max(l.more-length, length-l.less); known && miss < best {
			best = miss
			if near = (Near{t, fmt.Sprintf("takes %s ≤ %s", lasting(length), lasting(l.more))}); length > l.more {
				near.Text = fmt.Sprintf("takes %s ≥ %s", lasting(length), lasting(l.less))
			}
		}
	}
	return near, near.Turn >= 0
}
