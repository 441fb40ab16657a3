package rule

import (
	"fmt"
	"slices"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// sequence hits when conditions hit one after the other:
//
//	sequence: {steps: [asks, verifies, answers], within: 10, absent: [hangs_up]}
//
// Steps are two or more conditions. Each must hit after the one before it: in a
// later turn, or further on in the same one. Within limits how far neighbours
// may be apart, in messages of anybody (10) or in time from the end of the one
// turn to the beginning of the other (60s); without it they may be anywhere. No
// hit of an absent condition may lie between the first step and the last one.
// What lies before a step need not follow it at once: of several hits of a step
// the nearest one before the next step counts, so that a question asked twice
// counts from the second time.
//
// Only hits in the condition's range count. The hits are the places of all steps
// of every sequence found; sequences do not overlap.
//
// When a step has no hit the condition does not hit, whatever the others are;
// else it is not evaluable when a step is not, also of single turns, when a time
// is missing, or when the absence that would decide cannot be told.
type sequence struct {
	steps  []*reference
	within *scorecard.Extent
	absent []*reference
}

// mostSteps bounds the steps of a sequence and of a flow.
const mostSteps = 50

func readSequence(_ *builder, c *condition, m *scorecard.Map) test {
	s := &sequence{}
	if n := m.Must("steps"); n != nil {
		s.steps = c.referAll(n)
		if len(s.steps) < 2 || len(s.steps) > mostSteps {
			n.Problem([]string{fmt.Sprintf("2 to %d conditions", mostSteps)}, "the steps are %d", len(s.steps))
		}
	}
	s.within = readWithin(m.Key("within"))
	if n := m.Key("absent"); n != nil {
		s.absent = c.referAll(n)
	}
	return s
}

// referAll reads the names of other conditions whose places matter: a list, or one name.
func (c *condition) referAll(n *scorecard.Node) []*reference {
	var out []*reference
	for _, e := range listOf(n) {
		out = append(out, c.referPlace(e))
	}
	return out
}

// link is a hit of a step as a part of chains of hits, one for each step. The
// numbers count the hits of a step: there are at most some thousands.
type link struct {
	prev   int32 // the hit of the step before, −1 for the first step or when there is none near enough
	first  int32 // the chain's hit of the first step, −1 when no chain leads here
	unsure bool  // a time is missing on the way
}

// found is what a session has of a sequence.
type found struct {
	hits    []transcript.Span
	unknown pipeline.Reason     // why something that may be a sequence could not be judged
	places  [][]transcript.Span // by step, up to the first one without a chain
	reached [][]link            // their links
	absent  []absence           // by absent condition
	between transcript.Span     // the absent condition's hit that broke the last chain
	broken  *reference          // that condition; nil when none did
}

// absence is what a session has of a condition that must be absent.
type absence struct {
	places  []transcript.Span
	unknown pipeline.Reason // why it could not be evaluated
	turns   []int           // those of which it could not
}

func (s *sequence) judge(e *Evaluation, turns []int) outcome {
	f := s.find(e, turns)
	if len(f.hits) == 0 && f.unknown != "" {
		return notEvaluable(f.unknown)
	}
	return hitIf(f.hits)
}

func (s *sequence) find(e *Evaluation, turns []int) (f found) {
	var unknown pipeline.Reason
	empty, partial := false, false
	for _, step := range s.steps {
		places, reason := e.placesIn(step, turns)
		if reason != "" {
			unknown = reason
			continue
		}
		unsure := e.unsureIn(step, turns)
		partial = partial || unsure
		empty = empty || len(places) == 0 && !unsure
		if unknown == "" && (len(f.reached) == 0 || reachable(f.reached[len(f.reached)-1])) {
			f.reached = append(f.reached, s.join(e, &f, places))
			f.places = append(f.places, places)
		}
	}
	if empty || unknown != "" {
		if !empty {
			f.unknown = unknown
		}
		return f
	}
	if len(f.reached) == len(s.steps) {
		f.absent = s.absence(e, turns)
		s.collect(&f)
	}
	if partial && f.unknown == "" {
		f.unknown = pipeline.NoTimestamps
	}
	return f
}

// unsureIn reports whether a condition hits, and nobody knows of some of the
// turns whether it does there as well.
func (e *Evaluation) unsureIn(r *reference, turns []int) bool {
	return slices.ContainsFunc(e.unknownTurns(r.to), func(t int) bool { return inTurns(turns, t) })
}

func (s *sequence) absence(e *Evaluation, turns []int) []absence {
	out := make([]absence, len(s.absent))
	for i, r := range s.absent {
		places, reason := e.placesIn(r, turns)
		out[i] = absence{places, reason, e.unknownTurns(r.to)}
	}
	return out
}

func reachable(links []link) bool {
	return slices.ContainsFunc(links, func(l link) bool { return l.first >= 0 })
}

// join links the places of one more step to the nearest chains before them.
func (s *sequence) join(e *Evaluation, f *found, places []transcript.Span) []link {
	links := make([]link, len(places))
	if len(f.reached) == 0 {
		for i := range links {
			links[i] = link{prev: -1, first: int32(i)}
		}
		return links
	}
	before, last := f.places[len(f.places)-1], f.reached[len(f.reached)-1]
	next, nearest := 0, -1
	for i, p := range places {
		links[i] = link{prev: -1, first: -1}
		for ; next < len(last) && comesBefore(before[next], p); next++ {
			if last[next].first >= 0 {
				nearest = next
			}
		}
		if nearest < 0 {
			continue
		}
		if near, known := e.withinReach(before[nearest], p, s.within); near || !known {
			links[i] = link{int32(nearest), last[nearest].first, last[nearest].unsure || !known}
		}
	}
	return links
}

// collect keeps the chains that lead through all steps, with nothing between
// that must be absent.
func (s *sequence) collect(f *found) {
	chain := make([]transcript.Span, len(s.steps))
	for i, l := range f.reached[len(f.reached)-1] {
		if l.first < 0 || len(f.hits) > 0 && !comesBefore(f.hits[len(f.hits)-1], f.places[0][l.first]) {
			continue // it has begun before the last sequence was over
		}
		f.fill(chain, i)
		clear, reason := s.clear(chain, f)
		switch {
		case !clear:
		case l.unsure:
			f.unknown = pipeline.NoTimestamps
		case reason != "":
			f.unknown = reason
		default:
			f.hits = append(f.hits, chain...)
		}
		if len(f.hits) >= mostPlaces {
			return
		}
	}
}

// fill writes the places of the steps up to the i-th link of the last one.
func (f *found) fill(chain []transcript.Span, i int) {
	for step := len(f.reached) - 1; step >= 0; step-- {
		chain[step] = f.places[step][i]
		i = int(f.reached[step][i].prev)
	}
}

// clear reports whether no absent condition hits between the ends of a chain; a
// reason when one of them could not be evaluated and the others do not.
func (s *sequence) clear(chain []transcript.Span, f *found) (bool, pipeline.Reason) {
	var unknown pipeline.Reason
	first, last := chain[0], chain[len(chain)-1]
	for n, a := range f.absent {
		i := firstAfter(a.places, first)
		switch {
		case i < len(a.places) && comesBefore(a.places[i], last):
			f.broken, f.between = s.absent[n], a.places[i]
			return false, ""
		case a.unknown != "":
			unknown = a.unknown
		case anyWithin(a.turns, first.Turn, last.Turn):
			unknown = pipeline.NoTimestamps
		}
	}
	return true, unknown
}

// without is the first step that has no hit.
func (s *sequence) without(e *Evaluation, turns []int) string {
	for _, step := range s.steps {
		if places, reason := e.placesIn(step, turns); reason == "" && len(places) == 0 {
			return step.name
		}
	}
	return s.steps[0].name
}

// nearest is how far the sequence came.
func (s *sequence) nearest(e *Evaluation, turns []int) (Near, bool) {
	f := s.find(e, turns)
	if f.broken != nil {
		return Near{f.between.Turn, fmt.Sprintf("%s comes between %s and %s", f.broken.name, s.steps[0].name, s.steps[len(s.steps)-1].name)}, true
	}
	last := -1
	for i, links := range f.reached {
		if reachable(links) {
			last = i
		}
	}
	if last < 0 {
		return Near{Turn: -1, Text: "no hit of " + s.without(e, turns)}, true
	}
	if last == len(s.steps)-1 {
		return Near{}, false // not reached: a sequence with all its steps hits, or is broken
	}
	var at transcript.Span
	for i, l := range f.reached[last] {
		if l.first >= 0 {
			at = f.places[last][i]
		}
	}
	return Near{at.Turn, fmt.Sprintf("reached %s, step %d of %d, then no %s%s", s.steps[last].name, last+1, len(s.steps), s.steps[last+1].name, reachText(s.within))}, true
}
