package rule

import (
	"fmt"
	"math"
	"time"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// speechRate finds who speaks too fast or too slowly:
//
//	speech_rate: {of: agent, more_than: 280, less_than: 120, unit: characters, over: turn, min_length: 5}
//
// The limits are per minute; at least one is needed. For Chinese, 280 characters
// a minute is the example in the documentation of Alibaba Cloud's conversation
// analysis; English at the same pace has some 170 words a minute.
//
// Unit says what is counted: characters (letters and digits of any script) or
// words (of alphabetic scripts; a Han character counts as one). A unit judges
// only the turns that it is made for, characters those with more Han characters
// than other letters, words the others: one condition for each covers sessions
// in both languages. Without a unit every turn is judged, each in its own.
//
// Over says what is judged: each turn (the default), or the average of the
// turns in range (session). Turns with fewer than min_length units (default 5)
// are left out: when times are rounded to a tenth of a second, the rate of a
// shorter turn is off by more than a tenth. Turns without a beginning and an
// end, such as messages of a chat, cannot be judged.
type speechRate struct {
	more, less float64 // units per minute
	unit       string  // characters, words or "" for the turn's own
	least      int
	average    bool
}

func readSpeechRate(_ *builder, c *condition, m *scorecard.Map) test {
	c.speakerOf(m)
	r := &speechRate{more: -1, less: math.Inf(1), least: 5}
	if n := m.Key("more_than"); n != nil {
		r.more = n.Number(1, 10_000)
	}
	if n := m.Key("less_than"); n != nil {
		r.less = n.Number(1, 10_000)
	}
	checkLimits(m, r.more < r.less)
	if n := m.Key("unit"); n != nil {
		r.unit = n.OneOf("characters", "words")
	}
	if n := m.Key("over"); n != nil {
		r.average = n.OneOf("turn", "session") == "session"
	}
	if n := m.Key("min_length"); n != nil {
		r.least = n.Int(1, 10_000)
	}
	c.local, c.nowhere, c.partial = !r.average, r.average, !r.average
	return r
}

func (r *speechRate) fits(rate float64) bool { return rate > r.more && rate < r.less }

func (r *speechRate) judge(e *Evaluation, turns []int) outcome {
	if r.average {
		rate, _, unknown := r.mean(e, turns)
		if unknown {
			return unknownTime()
		}
		return when(r.fits(rate)) // a mean of nothing fits no limit
	}
	var hits []transcript.Span
	var unknown []int
	for _, t := range turns {
		rate, judged, known := r.rate(e, t)
		switch {
		case judged && !known:
			unknown = append(unknown, t)
		case judged && r.fits(rate):
			hits = append(hits, e.wholeTurn(t))
		}
	}
	return often(1, hits, unknown)
}

// rate is a turn's rate: judged is false when the turn is too short or of the
// other unit, known when it has no times.
func (r *speechRate) rate(e *Evaluation, turn int) (perMinute float64, judged, known bool) {
	n, ok := r.units(e.lettersOf(turn))
	if !ok || n < r.least {
		return 0, false, false
	}
	length, ok := e.turnLength(turn)
	if !ok || length <= 0 {
		return 0, true, false
	}
	return float64(n) / length.Minutes(), true, true
}

// mean is the rate of all turns that are judged together, not a number when
// there is none; unknown when one of them has no times.
func (r *speechRate) mean(e *Evaluation, turns []int) (perMinute float64, judged int, unknown bool) {
	units, length := 0, time.Duration(0)
	for _, t := range turns {
		_, ok, known := r.rate(e, t)
		switch {
		case !ok:
			continue
		case !known:
			return 0, judged, true
		}
		took, _ := e.turnLength(t)
		n, _ := r.units(e.lettersOf(t))
		units, length, judged = units+n, length+took, judged+1
	}
	return float64(units) / length.Minutes(), judged, false
}

// units counts what a turn has of the condition's unit; false when the turn is
// of the other one.
func (r *speechRate) units(n letterCount) (int, bool) {
	own := "words"
	if n.syllables > n.others {
		own = "characters"
	}
	if r.unit != "" && r.unit != own {
		return 0, false
	}
	if own == "characters" {
		return n.syllables + n.others, true
	}
	return n.words, true
}

// nearest is the turn, or the average, whose rate is least far from the limits.
func (r *speechRate) nearest(e *Evaluation, turns []int) (Near, bool) {
	near, best, at := Near{Turn: -1}, math.Inf(1), 0.0
	look := func(turn int, rate float64) {
		if miss := max(r.more-rate, rate-r.less); miss < best {
			near.Turn, best, at = turn, miss, rate
		}
	}
	if rate, n, unknown := r.mean(e, turns); r.average && n > 0 && !unknown {
		look(-1, rate)
	}
	for _, t := range turns {
		if rate, judged, known := r.rate(e, t); judged && known && !r.average {
			look(t, rate)
		}
	}
	if at <= r.more {
		near.Text = fmt.Sprintf("%.0f a minute ≤ %g", at, r.more)
	} else {
		near.Text = fmt.Sprintf("%.0f a minute ≥ %g", at, r.less)
	}
	return near, !math.IsInf(best, 1)
}
