package rule

import (
	"math"
	"slices"
	"time"

	"assay/pipeline/scorecard"
)

// part is what first, last and range count in: the session or one leg of it.
type part struct {
	turns []int // of the speaker
	all   []int // messages of all speakers
	later bool  // it is not the beginning of the session
}

// partOf is a leg of the session with the speaker's turns in it, for leg 0 the
// session; false when there is no such leg.
func (e *Evaluation) partOf(leg int, spoken []int) (part, bool) {
	all := e.messages("")
	if leg == 0 {
		return part{turns: spoken, all: all}, true
	}
	if e.legs == nil {
		e.legs = e.in.Session.Legs()
	}
	if leg == scorecard.LegLast && len(e.legs) > 0 {
		leg = e.legs[len(e.legs)-1]
	}
	from, ok := slices.BinarySearch(e.legs, leg)
	if !ok {
		return part{}, false
	}
	to, _ := slices.BinarySearch(e.legs, leg+1)
	return part{turns: between(spoken, from, to), all: between(all, from, to), later: leg > 1}, true
}

// between is the part of an ascending list with from ≤ turn < to.
func between(turns []int, from, to int) []int {
	lo, _ := slices.BinarySearch(turns, from)
	hi, _ := slices.BinarySearch(turns, to)
	return turns[lo:hi]
}

// extents returns the turns of a part that first, last and range leave, as
// indices with lo ≤ hi; false when times are missing.
func (e *Evaluation) extents(w *scorecard.Where, p *part) (lo, hi int, ok bool) {
	lo, hi = p.numbered(w.Range)
	if w.First != nil {
		n, ok := e.beginning(w.First, p)
		if !ok {
			return 0, 0, false
		}
		hi = min(hi, n)
	}
	if w.Last != nil {
		n, ok := e.ending(w.Last, p)
		if !ok {
			return 0, 0, false
		}
		lo = max(lo, len(p.turns)-n)
	}
	if w.Time != nil {
		from, to, ok := e.during(w.Time, p.turns)
		if !ok {
			return 0, 0, false
		}
		lo, hi = max(lo, from), min(hi, to)
	}
	return min(lo, hi), hi, true
}

// during are the turns that lie in a stretch of time or touch it: those between
// the first that ends late enough and the last that begins early enough.
func (e *Evaluation) during(s *scorecard.Stretch, turns []int) (lo, hi int, ok bool) {
	lo = len(turns)
	for i, t := range turns {
		start, ok1 := e.start(t)
		end, ok2 := e.end(t)
		if !ok1 || !ok2 && s.From > 0 {
			return 0, 0, false
		}
		if s.From == 0 || end >= s.From {
			lo = min(lo, i)
		}
		if s.To == 0 || start <= s.To {
			hi = i + 1
		}
	}
	return lo, hi, true
}

// numbered are the indices of a range in the part's turns; nil is all of them.
func (p *part) numbered(r *scorecard.Range) (lo, hi int) {
	if r == nil || !r.OfSession {
		return numbered(r, len(p.turns))
	}
	from, to := numbered(r, len(p.all))
	if from >= to {
		return 0, 0
	}
	lo, _ = slices.BinarySearch(p.turns, p.all[from])
	hi, _ = slices.BinarySearch(p.turns, p.all[to-1]+1)
	return lo, hi
}

// numbered are the indices of a range in n turns; nil is all of them.
func numbered(r *scorecard.Range, n int) (lo, hi int) {
	if r == nil {
		return 0, n
	}
	lo, hi = r.From-1, r.To
	if r.From < 0 {
		lo = n + r.From
	}
	if r.To < 0 {
		hi = n + r.To + 1
	}
	return max(lo, 0), min(max(hi, 0), n)
}

// beginning counts the turns of a part that lie in its first stretch, ending
// those in its last one; false when a time is missing.
func (e *Evaluation) beginning(x *scorecard.Extent, p *part) (n int, ok bool) {
	if n, ok := counted(x, len(p.turns)); ok {
		return n, true
	}
	from, ok := e.origin(p)
	if !ok {
		return 0, false
	}
	d, ok := e.stretch(x, p)
	if !ok {
		return 0, false
	}
	return howMany(p.turns, e.start, func(start time.Duration) bool { return start-from <= d })
}

func (e *Evaluation) ending(x *scorecard.Extent, p *part) (n int, ok bool) {
	if n, ok := counted(x, len(p.turns)); ok {
		return n, true
	}
	to, ok := e.lastEnd(p.all)
	if !ok {
		return 0, false
	}
	d, ok := e.stretch(x, p)
	if !ok {
		return 0, false
	}
	return howMany(p.turns, e.end, func(end time.Duration) bool { return end >= to-d })
}

// howMany counts the turns whose time lies within; false when one is missing.
func howMany(turns []int, at func(turn int) (time.Duration, bool), within func(time.Duration) bool) (n int, ok bool) {
	for _, t := range turns {
		d, ok := at(t)
		if !ok {
			return 0, false
		}
		if within(d) {
			n++
		}
	}
	return n, true
}

// counted is how many of n turns an extent takes that is no stretch of time.
func counted(x *scorecard.Extent, n int) (int, bool) {
	switch {
	case x.Timed():
		return 0, false
	case x.Turns > 0:
		return min(n, x.Turns), true
	}
	share := math.Ceil(x.Percent*float64(n)/100 - 1e-9) // 7% of 100 are 7
	return min(n, max(1, int(share))), true
}

// stretch is the length of an extent that is one of time.
func (e *Evaluation) stretch(x *scorecard.Extent, p *part) (time.Duration, bool) {
	if !x.OfTime {
		return x.Time, true
	}
	from, ok1 := e.origin(p)
	to, ok2 := e.lastEnd(p.all)
	return time.Duration(float64(to-from) * x.Percent / 100), ok1 && ok2
}

// origin is when a part begins.
func (e *Evaluation) origin(p *part) (time.Duration, bool) {
	if !p.later || len(p.all) == 0 {
		return 0, true
	}
	return e.start(p.all[0])
}

// length is the time from the session's beginning to the end of its last turn;
// false when a turn's end is not known, or there is no turn.
func (e *Evaluation) length() (time.Duration, bool) { return e.lastEnd(e.messages("")) }

// lastEnd is when the last of some turns ends; false when one's end is not
// known, or there is none.
func (e *Evaluation) lastEnd(turns []int) (time.Duration, bool) {
	var last time.Duration
	for _, t := range turns {
		end, ok := e.end(t)
		if !ok {
			return 0, false
		}
		last = max(last, end)
	}
	return last, len(turns) > 0
}
