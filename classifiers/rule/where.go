package rule

import (
	"math"
	"slices"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// How a where leaves turns:
//
// Only messages count, and when a speaker is given only his: "first: 3" are his
// first three messages, "within: 2" after an anchor are his next two.
//
// A leg stands for the whole session: turns, shares and times of first, last and
// range are counted in it, times from its first message (in the first leg, from
// the session's beginning) to the end of its last one. Who never names agents has
// one leg. Anchors and their within look at the whole session, and what they
// leave must lie in the leg as well.
//
// First, last, range and time are counted each by itself; what is left is in all
// of them. Range takes turns by number, from the front or, negative, from the back,
// both ends included; with "of: session" the turns of all speakers are counted. A
// share ("20%") is rounded up to whole turns, so that it is never less than one.
// Times run from the session's beginning and to its end; a turn belongs to a
// stretch of time, also to a share of the time ("20% time"), when some of it lies
// within or touches it.
//
// An anchor's hits are counted by turn: two places in one turn are one hit. Its
// own turn belongs to around and to at; before and after begin beside it, or
// "from" so many turns away.
//
// When an anchor did not hit, or has no such hit, or the session no such leg, no
// turn is in range and the condition does not hit, whatever its kind, with reason
// OutOfScope. This holds for what must not occur as well: who wants "says nothing like this after x"
// only where x occurs says so in applies_when. When an anchor could not be
// evaluated, or a time is needed that the transcript does not have, the
// condition is not evaluable; nor is it when the anchor may have hit at turns
// without times as well and the answer hangs on that.
//
// Ranges are parts of one list of turns wherever they can be: a session of
// 5,000 turns has 5,000 windows of up to 5,000 turns.

// reach is what a condition's where leaves of a session: the turns in range
// and, when an anchor asks for every hit, a window into them around each one.
type reach struct {
	turns  []int
	every  *scorecard.Anchor // nil: the turns are one range
	hits   []int             // the turns around which the windows lie
	spoken []int             // the turns that windows count by
	more   bool              // an anchor may have hit at turns without times, too
}

// settle is an outcome in view of hits that an anchor may have besides: what hit
// near any of them stays, and so does what did not hit near every one.
func (r *reach) settle(c *condition, o outcome) outcome {
	switch {
	case !r.more || r.every != nil && o.state == scorecard.NotHit, r.every == nil && o.state == scorecard.Hit && c.local:
		return o
	}
	return notEvaluable(pipeline.NoTimestamps)
}

// reachOf returns the condition's reach. The outcome is Hit when it can be
// judged, else it is the condition's.
func (e *Evaluation) reachOf(c *condition) (reach, outcome) {
	spoken := e.messages(c.speaker)
	p, ok := e.partOf(c.Where.Leg, spoken)
	if !ok {
		return reach{}, outcome{state: scorecard.NotHit, reason: pipeline.OutOfScope}
	}
	lo, hi, ok := e.extents(&c.Where, &p)
	if !ok {
		return reach{}, notEvaluable(pipeline.NoTimestamps)
	}
	r := reach{turns: p.turns[lo:hi], spoken: spoken}
	state := hit()
	for i := range c.Where.Anchors {
		if o := e.narrow(&r, &c.Where.Anchors[i], c.anchors[i]); o.state < state.state {
			state = o
		}
	}
	if state.state != scorecard.Hit {
		return reach{}, state
	}
	return r, state
}

// narrow limits a reach by one anchor.
func (e *Evaluation) narrow(r *reach, a *scorecard.Anchor, anchor *condition) outcome {
	res := e.result(anchor)
	if res.State == scorecard.NotEvaluable {
		return notEvaluable(res.Reason)
	}
	hits := chosen(a.Hit, turnsOf(res.Hits))
	switch unknown := e.unknownTurns(anchor); {
	case len(unknown) == 0:
	case a.Hit > 0 && (len(hits) == 0 || unknown[0] < hits[0]), a.Hit == scorecard.HitLast && unknown[len(unknown)-1] > hits[0]:
		return notEvaluable(pipeline.NoTimestamps) // another one may be the N-th, or the last
	case a.Hit == scorecard.HitAny || a.Hit == scorecard.HitEvery:
		r.more = true
	}
	if len(hits) == 0 {
		return outcome{state: scorecard.NotHit, reason: pipeline.OutOfScope}
	}
	around, ok := e.around(a, hits, r.spoken)
	if !ok {
		return notEvaluable(pipeline.NoTimestamps)
	}
	if a.Hit == scorecard.HitEvery {
		r.every, r.hits = a, hits
	}
	r.turns = intersection(r.turns, around)
	return hit()
}

// window returns the part of the reach that lies around one of its hits.
func (e *Evaluation) window(r *reach, i int) []int {
	around, _ := e.around(r.every, r.hits[i:i+1], r.spoken) // all times are known: narrow has asked
	return intersection(r.turns, around)
}

// messages are the turns that are judged, of one speaker or, for "", of all.
// The result is shared and must not be changed.
func (e *Evaluation) messages(speaker transcript.Speaker) []int {
	spoken := &e.spoken[0]
	if speaker != "" {
		spoken = &e.spoken[slices.Index(transcript.Speakers, speaker)+1]
	}
	if *spoken != nil {
		return *spoken
	}
	from := len(e.turns)
	for i := range e.in.Session.Turns {
		t := &e.in.Session.Turns[i]
		if t.IsMessage() && (speaker == "" || t.Speaker == speaker) {
			e.turns = append(e.turns, i)
		}
	}
	*spoken = e.turns[from:len(e.turns):len(e.turns)]
	return *spoken
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

// around returns the turns on the anchor's side of any of the hits, near
// enough; false when times are missing.
func (e *Evaluation) around(a *scorecard.Anchor, hits, turns []int) ([]int, bool) {
	if a.Within.Timed() {
		return e.near(a.Side, a.Within.Time, hits, turns)
	}
	var parts [][2]int // ascending and apart
	for _, h := range hits {
		lo, hi := bounds(a, h, turns)
		if n := len(parts); n > 0 && lo <= parts[n-1][1] {
			parts[n-1][1] = max(parts[n-1][1], hi)
		} else if lo < hi {
			parts = append(parts, [2]int{lo, hi})
		}
	}
	if len(parts) == 1 {
		return turns[parts[0][0]:parts[0][1]], true
	}
	var out []int
	for _, p := range parts {
		out = append(out, turns[p[0]:p[1]]...)
	}
	return out, true
}

// bounds are the indices in turns between which lies what is on the anchor's
// side of turn at, not farther than a number of turns if there is one.
func bounds(a *scorecard.Anchor, at int, turns []int) (lo, hi int) {
	i, here := slices.BinarySearch(turns, at)
	j := i
	if here {
		j++
	}
	lo, hi = 0, len(turns)
	if a.Within != nil {
		lo, hi = max(0, i-a.Within.Turns), min(hi, j+a.Within.Turns)
	}
	skip := max(0, a.From-1)
	switch a.Side {
	case scorecard.Before:
		hi = max(0, i-skip)
	case scorecard.After:
		lo = min(len(turns), j+skip)
	case scorecard.At:
		lo, hi = i, j
	}
	return min(lo, hi), hi
}

// near keeps the turns that lie on a side of any of the hits, with at most d
// from the end of the one to the beginning of the other; false when a time is
// missing that some hit's distances need.
func (e *Evaluation) near(side scorecard.Side, d time.Duration, hits, turns []int) ([]int, bool) {
	in := make([]bool, len(turns))
	ok := true
	if side != scorecard.Before {
		ok = e.markAfter(in, d, hits, turns)
	}
	if side != scorecard.After {
		ok = e.markBefore(in, d, hits, turns) && ok
	}
	var out []int
	for i, t := range turns {
		if _, isHit := slices.BinarySearch(hits, t); in[i] || isHit && side == scorecard.Around {
			out = append(out, t)
		}
	}
	return out, ok
}

// markAfter marks the turns that begin soon enough after the latest end of a hit before them.
func (e *Evaluation) markAfter(in []bool, d time.Duration, hits, turns []int) bool {
	latest, h := time.Duration(math.MinInt64), 0
	for i, t := range turns {
		for ; h < len(hits) && hits[h] < t; h++ {
			end, ok := e.end(hits[h])
			if !ok {
				return false
			}
			latest = max(latest, end)
		}
		if h == 0 {
			continue
		}
		start, ok := e.start(t)
		if !ok {
			return false
		}
		in[i] = start-latest <= d
	}
	return true
}

// markBefore marks the turns that end soon enough before the earliest beginning of a hit after them.
func (e *Evaluation) markBefore(in []bool, d time.Duration, hits, turns []int) bool {
	earliest, h := time.Duration(math.MaxInt64), len(hits)
	for i := len(turns) - 1; i >= 0; i-- {
		for ; h > 0 && hits[h-1] > turns[i]; h-- {
			start, ok := e.start(hits[h-1])
			if !ok {
				return false
			}
			earliest = min(earliest, start)
		}
		if h == len(hits) {
			continue
		}
		end, ok := e.end(turns[i])
		if !ok {
			return false
		}
		in[i] = in[i] || earliest-end <= d
	}
	return true
}

// intersection of two ascending lists: a part of a when that is all it takes.
func intersection(a, b []int) []int {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	if len(b) == b[len(b)-1]-b[0]+1 || isPart(a, b) {
		lo, _ := slices.BinarySearch(a, b[0])
		hi, _ := slices.BinarySearch(a, b[len(b)-1]+1)
		return a[lo:hi]
	}
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

// isPart reports whether b holds all that a has between b's ends.
func isPart(a, b []int) bool {
	lo, _ := slices.BinarySearch(a, b[0])
	hi, _ := slices.BinarySearch(a, b[len(b)-1]+1)
	return hi-lo == len(b) && slices.Equal(a[lo:hi], b)
}
