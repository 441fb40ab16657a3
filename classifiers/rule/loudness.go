package rule

import (
	"fmt"
	"math"
	"slices"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// loudness looks at how loud turns were spoken, in levels from 1 to 10, which are
// steps of 10 dB:
//
//	loudness: {min: 8, max: 10}
//	loudness: {rise: 1}
//	loudness: {span: 3}
//
// Min and max hit at turns whose level is within the bounds, both included. Rise
// hits at turns that are at least so many levels louder than the same speaker's
// turn before it. Span hits when a speaker's loudest turn in range is at least so
// many levels above his softest one; both are hits. The documentation of Alibaba
// Cloud's conversation analysis takes a rise of 1 and a span of 3 as usual.
//
// It is not evaluable where a turn that could make it hit has no level.
type loudness struct {
	least, most int
	rise, span  int // 0: not asked for
}

func readLoudness(_ *builder, c *condition, m *scorecard.Map) test {
	l := &loudness{least: 1, most: 10}
	low, high := m.Key("min"), m.Key("max")
	if low != nil {
		l.least = low.Int(1, 10)
	}
	if high != nil {
		l.most = high.Int(1, 10)
	}
	ways := 0
	if low != nil || high != nil {
		ways++
		checkBounds(m, l.least <= l.most)
	}
	for key, levels := range map[string]*int{"rise": &l.rise, "span": &l.span} {
		if n := m.Key(key); n != nil {
			*levels = n.Int(1, 9)
			ways++
		}
	}
	if ways != 1 && m.Node.IsMap() {
		m.Node.Problem([]string{"min and max", "rise", "span"}, "exactly one of them says what to look for, found %d", ways)
	}
	c.turnwise = l.rise == 0 && l.span == 0
	return l
}

func (l *loudness) judge(e *Evaluation, turns []int) outcome {
	look := l.levels
	switch {
	case l.rise > 0:
		look = l.rises
	case l.span > 0:
		look = l.spans
	}
	hits, unknown, _ := look(e, turns)
	if len(hits) == 0 && unknown {
		return notEvaluable(pipeline.NoLoudness)
	}
	return hitIf(hits)
}

func (e *Evaluation) loudness(turn int) int { return e.in.Session.Turns[turn].Loudness }

// levels finds the turns within the bounds; near is the one that is least far from them.
func (l *loudness) levels(e *Evaluation, turns []int) (hits []transcript.Span, unknown bool, near Near) {
	near.Turn = -1
	best := math.MaxInt
	for _, t := range turns {
		level := e.loudness(t)
		miss := max(l.least-level, level-l.most)
		switch {
		case level == 0:
			unknown = true
			continue
		case miss <= 0:
			hits = append(hits, e.wholeTurn(t))
		}
		if miss < best {
			best, near = miss, Near{t, fmt.Sprintf("level %d, not %d to %d", level, l.least, l.most)}
		}
	}
	return hits, unknown, near
}

// rises finds the turns that are louder than the speaker's turn before; near is the greatest rise.
func (l *loudness) rises(e *Evaluation, turns []int) (hits []transcript.Span, unknown bool, near Near) {
	near.Turn = -1
	best := 0
	for _, t := range turns {
		own := e.messages(e.in.Session.Turns[t].Speaker)
		i, _ := slices.BinarySearch(own, t)
		if i == 0 {
			continue
		}
		last, level := e.loudness(own[i-1]), e.loudness(t)
		if last == 0 || level == 0 {
			unknown = true
			continue
		}
		if level-last >= l.rise {
			hits = append(hits, e.wholeTurn(t))
		}
		if level-last > best {
			best, near = level-last, Near{t, fmt.Sprintf("rise from %d to %d < %d", last, level, l.rise)}
		}
	}
	return hits, unknown, near
}

// spans finds the loudest and the softest turn of speakers that are far enough
// apart; near are the farthest.
func (l *loudness) spans(e *Evaluation, turns []int) (hits []transcript.Span, unknown bool, near Near) {
	near.Turn = -1
	best := 0
	for _, by := range transcript.Speakers {
		low, high := -1, -1
		for _, t := range turns {
			switch level := e.loudness(t); {
			case e.in.Session.Turns[t].Speaker != by:
			case level == 0:
				unknown = true
			default:
				if low < 0 || level < e.loudness(low) {
					low = t
				}
				if high < 0 || level > e.loudness(high) {
					high = t
				}
			}
		}
		if low < 0 {
			continue
		}
		span := e.loudness(high) - e.loudness(low)
		if span >= l.span {
			hits = append(hits, e.wholeTurn(low), e.wholeTurn(high))
		}
		if span > best {
			best, near = span, Near{high, fmt.Sprintf("levels %d to %d, span %d < %d", e.loudness(low), e.loudness(high), span, l.span)}
		}
	}
	return hits, unknown, near
}

// nearest is the level, rise or span that came nearest to what is asked for.
func (l *loudness) nearest(e *Evaluation, turns []int) (near Near, ok bool) {
	switch {
	case l.rise > 0:
		_, _, near = l.rises(e, turns)
	case l.span > 0:
		_, _, near = l.spans(e, turns)
	default:
		_, _, near = l.levels(e, turns)
	}
	return near, near.Turn >= 0
}
