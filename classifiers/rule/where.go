package rule

import (
	"slices"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// How a where leaves turns:
//
// Only messages count, and when a speaker is given only his: "first: 3" are his
// first three messages, "within: 2" after an anchor are his next two. Times run
// from the session's beginning and to its end; a turn belongs to a stretch of
// time when some of it lies within. An anchor's hits are counted by turn: two
// places in one turn are one hit.
//
// When an anchor did not hit, or has no such hit, no turn is in range and the
// condition does not hit, whatever its kind, with reason OutOfScope. This holds
// for what must not occur as well: who wants "says nothing like this after x"
// only where x occurs says so in applies_when. When an anchor could not be
// evaluated, or a time is needed that the transcript does not have, the
// condition is not evaluable.

// ranges returns the lists of turns in which the condition must hold. Its
// outcome is Hit when they can be judged, else it is the condition's.
func (e *Evaluation) ranges(c *condition) ([][]int, outcome) {
	turns := e.messages(c.speaker)
	lo, hi, ok := e.extents(c, turns)
	if !ok {
		return nil, notEvaluable(pipeline.NoTimestamps)
	}
	ranges := [][]int{turns[lo:hi]}
	state := hit()
	for i, a := range c.Where.Anchors {
		windows, o := e.windows(a, c.anchors[i], turns)
		if o.state < state.state {
			state = o
		}
		if o.state == scorecard.Hit {
			ranges = crossed(ranges, windows)
		}
	}
	if state.state != scorecard.Hit {
		return nil, state
	}
	return ranges, state
}

// messages are the turns that are judged, of one speaker or, for "", of all.
// The result is shared and must not be changed.
func (e *Evaluation) messages(speaker transcript.Speaker) []int {
	if turns, ok := e.spoken[speaker]; ok {
		return turns
	}
	var out []int
	for i := range e.in.Session.Turns {
		t := &e.in.Session.Turns[i]
		if t.IsMessage() && (speaker == "" || t.Speaker == speaker) {
			out = append(out, i)
		}
	}
	e.spoken[speaker] = out
	return out
}

// extents returns the part of turns that first and last leave, empty or with
// lo ≤ hi; false when times are missing.
func (e *Evaluation) extents(c *condition, turns []int) (lo, hi int, ok bool) {
	lo, hi = 0, len(turns)
	if x := c.Where.First; x != nil && x.Time == 0 {
		hi = min(hi, x.Turns)
	} else if x != nil {
		n := 0
		for _, t := range turns {
			start, ok := e.in.Session.Start(t)
			if !ok {
				return 0, 0, false
			}
			if start <= x.Time {
				n++
			}
		}
		hi = min(hi, n)
	}
	if x := c.Where.Last; x != nil && x.Time == 0 {
		lo = max(lo, len(turns)-x.Turns)
	} else if x != nil {
		n, ok := e.endingWithin(turns, x.Time)
		if !ok {
			return 0, 0, false
		}
		lo = max(lo, len(turns)-n)
	}
	return min(lo, hi), hi, true
}

// endingWithin counts the turns that reach into the session's last stretch of time.
func (e *Evaluation) endingWithin(turns []int, d time.Duration) (n int, ok bool) {
	length, ok := e.length()
	if !ok {
		return 0, false
	}
	for _, t := range turns {
		end, ok := e.in.Session.End(t)
		if !ok {
			return 0, false
		}
		if end >= length-d {
			n++
		}
	}
	return n, true
}

// length is the time from the session's beginning to the end of its last turn;
// false when a turn's end is not known, or there is no turn.
func (e *Evaluation) length() (time.Duration, bool) {
	var length time.Duration
	turns := e.messages("")
	for _, t := range turns {
		end, ok := e.in.Session.End(t)
		if !ok {
			return 0, false
		}
		length = max(length, end)
	}
	return length, len(turns) > 0
}

// windows returns the turns on the anchor's side of its hits: one list, or one
// for each hit when every hit is asked for.
func (e *Evaluation) windows(a scorecard.Anchor, anchor *condition, turns []int) ([][]int, outcome) {
	r := e.result(anchor)
	if r.State == scorecard.NotEvaluable {
		return nil, notEvaluable(r.Reason)
	}
	hits := chosen(a.Hit, turnsOf(r.Hits))
	if len(hits) == 0 {
		return nil, outcome{state: scorecard.NotHit, reason: pipeline.OutOfScope}
	}
	var windows [][]int
	for _, h := range hits {
		w, ok := e.window(a, h, turns)
		if !ok {
			return nil, notEvaluable(pipeline.NoTimestamps)
		}
		windows = append(windows, w)
	}
	if a.Hit != scorecard.HitEvery {
		windows = [][]int{union(windows)}
	}
	return windows, hit()
}

// chosen are the anchor's hits that count.
func chosen(which int, hits []int) []int {
	switch {
	case which == scorecard.HitLast && len(hits) > 0:
		return hits[len(hits)-1:]
	case which > len(hits):
		return nil
	case which > 0:
		return hits[which-1 : which]
	}
	return hits
}

// window returns the turns on one side of turn at, near enough; false when
// times are missing.
func (e *Evaluation) window(a scorecard.Anchor, at int, turns []int) ([]int, bool) {
	i, here := slices.BinarySearch(turns, at)
	j := i
	if here {
		j++
	}
	lo, hi := 0, len(turns)
	if a.Within != nil && a.Within.Time == 0 {
		lo, hi = max(0, i-a.Within.Turns), min(hi, j+a.Within.Turns)
	}
	switch a.Side {
	case scorecard.Before:
		hi = i
	case scorecard.After:
		lo = j
	}
	if a.Within == nil || a.Within.Time == 0 {
		return turns[lo:hi], true
	}
	return e.near(turns[lo:hi], at, a.Within.Time)
}

// near keeps the turns whose distance to turn at, from the end of the one to
// the beginning of the other, is at most d.
func (e *Evaluation) near(turns []int, at int, d time.Duration) ([]int, bool) {
	var out []int
	for _, t := range turns {
		if t == at {
			out = append(out, t)
			continue
		}
		gap, known := e.gap(min(t, at), max(t, at))
		if !known {
			return nil, false
		}
		if gap <= d {
			out = append(out, t)
		}
	}
	return out, true
}

// gap is the time from the end of one turn to the beginning of a later one.
func (e *Evaluation) gap(from, to int) (time.Duration, bool) {
	end, ok := e.in.Session.End(from)
	if !ok {
		return 0, false
	}
	start, ok := e.in.Session.Start(to)
	return start - end, ok
}

// crossed intersects every range with every window.
func crossed(ranges, windows [][]int) [][]int {
	var out [][]int
	for _, r := range ranges {
		for _, w := range windows {
			out = append(out, intersection(r, w))
		}
	}
	return out
}

// intersection of two ascending lists.
func intersection(a, b []int) []int {
	var out []int
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			out = append(out, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return out
}
