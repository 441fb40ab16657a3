package rule

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// flow walks through steps with branches:
//
//	flow:
//	  start: ask
//	  steps:
//	    ask: {when: asks_balance, within: 5, next: [verify, refuse]}
//	    verify: {when: checks_identity, within: 10, next: [serve]}
//	    serve: {when: says_balance}
//	    refuse: {when: refuses}
//	  ends: [serve]
//
// A step is entered at a hit of its condition (when). The walk enters start at a
// hit, and from each step goes on to the one of next whose condition hits first
// after that place: in a later turn, or further on in the same one; of two that
// hit at the same place to the one named first. Within limits how far the place
// where the next step is entered may be from the one where this step was, in
// messages of anybody or in time. A walk that enters one of the ends is over,
// and the condition hits; its hits are the places where the steps were entered.
// A walk is lost where nothing follows soon enough, and in a step without next
// that is no end: refuse above says that a refusal which comes first is another
// way through. Then another walk begins at the next hit of start. Walks found
// do not overlap, and only hits in the condition's range count.
//
// When a walk comes to a step with a next one that cannot be evaluated, also of
// single turns, or a time is missing, nobody knows how it goes on: the condition
// is not evaluable unless another walk reaches an end.
//
// Steps may lead back to earlier ones; a walk always goes on in the transcript,
// so that it ends. Every step must be reached from start without passing an
// end, and every step with next must lead to one.
type flow struct {
	steps []*flowStep
	start int
}

type flowStep struct {
	name   string
	when   *reference
	within *scorecard.Extent
	next   []int
	end    bool

	node *scorecard.Node // of the step's name
}

func readFlow(_ *builder, c *condition, m *scorecard.Map) test {
	f := &flow{}
	start, steps, ends := m.Must("start"), m.Must("steps"), m.Must("ends")
	if start == nil || steps == nil || ends == nil || !steps.IsMap() {
		if steps != nil {
			steps.Map()
		}
		return f
	}
	list := steps.Map()
	names := list.Names()
	if len(names) > mostSteps {
		steps.Problem([]string{fmt.Sprintf("1 to %d steps", mostSteps)}, "a flow has %d steps", len(names))
	}
	for _, name := range names {
		f.steps = append(f.steps, readStep(c, list, name, names))
	}
	f.start = max(0, slices.Index(names, start.OneOf(names...)))
	for _, n := range listOf(ends) {
		if i := slices.Index(names, n.OneOf(names...)); i >= 0 {
			f.steps[i].end = true
		}
	}
	f.check()
	return f
}

func readStep(c *condition, list *scorecard.Map, name string, names []string) *flowStep {
	s := &flowStep{name: name, node: list.Place(name)}
	m := list.Key(name).Map()
	if n := m.Must("when"); n != nil {
		s.when = c.referPlace(n)
	}
	s.within = readWithin(m.Key("within"))
	if n := m.Key("next"); n != nil {
		for _, e := range listOf(n) {
			i := slices.Index(names, e.OneOf(names...))
			if i >= 0 && slices.Contains(s.next, i) {
				e.Problem(nil, "%q stands twice in the list", names[i])
			}
			if i >= 0 {
				s.next = append(s.next, i)
			}
		}
	}
	if s.within != nil && len(s.next) == 0 {
		m.Place("within").Problem([]string{"next"}, "within limits how soon a next step follows, and there is none")
	}
	m.Done()
	return s
}

// check finds steps that no walk enters, and those that no walk gets away from.
func (f *flow) check() {
	ends := slices.IndexFunc(f.steps, func(s *flowStep) bool { return s.end })
	if len(f.steps) == 0 || ends < 0 {
		return // reported: a list is empty, or names what does not exist
	}
	entered := f.reachedFrom(f.start)
	for i, s := range f.steps {
		leads := slices.ContainsFunc(f.reachedFrom(i), func(j int) bool { return f.steps[j].end })
		switch {
		case !slices.Contains(entered, i):
			s.node.Problem(nil, "step %q is never reached from %q", s.name, f.steps[f.start].name)
		case s.end && len(s.next) > 0:
			s.node.Problem(nil, "step %q is an end: a walk does not go on from there", s.name)
		case !leads && (len(s.next) > 0 || i == f.start):
			s.node.Problem(nil, "no way leads from step %q to an end", s.name)
		}
	}
}

// reachedFrom lists the steps that a walk from a step may enter, itself first.
func (f *flow) reachedFrom(step int) []int {
	out := []int{step}
	for i := 0; i < len(out); i++ {
		if f.steps[out[i]].end {
			continue
		}
		for _, next := range f.steps[out[i]].next {
			if !slices.Contains(out, next) {
				out = append(out, next)
			}
		}
	}
	return out
}

// walk is one way through a session.
type walk struct {
	path    []transcript.Span
	last    int             // the step where it ended
	ended   bool            // in an end
	unknown pipeline.Reason // why nobody knows how it goes on
}

// walker walks through one session.
type walker struct {
	*flow
	e       *Evaluation
	places  [][]transcript.Span
	turns   [][]int                    // by step: those of which nobody knows whether it is entered there
	unknown []pipeline.Reason          // by step: why its condition could not be evaluated
	lost    map[stepAt]pipeline.Reason // what walks have come through without reaching an end, and why if unknown
}

// stepAt is a step entered at one of its places.
type stepAt struct{ step, place int }

func (f *flow) walker(e *Evaluation, turns []int) *walker {
	w := &walker{flow: f, e: e, lost: map[stepAt]pipeline.Reason{}}
	for _, s := range f.steps {
		places, reason := e.placesIn(s.when, turns)
		w.places, w.unknown = append(w.places, places), append(w.unknown, reason)
		w.turns = append(w.turns, slices.DeleteFunc(e.unknownTurns(s.when.to), func(t int) bool { return !inTurns(turns, t) }))
	}
	return w
}

func (f *flow) judge(e *Evaluation, turns []int) outcome {
	hits, unknown, _ := f.walkAll(e, turns)
	if len(hits) == 0 && unknown != "" {
		return notEvaluable(unknown)
	}
	return hitIf(hits)
}

// walkAll walks from every hit of start; far is the walk that came farthest
// without reaching an end.
func (f *flow) walkAll(e *Evaluation, turns []int) (hits []transcript.Span, unknown pipeline.Reason, far walk) {
	w := f.walker(e, turns)
	unknown = w.unknown[f.start]
	if unknown == "" && len(w.turns[f.start]) > 0 {
		unknown = pipeline.NoTimestamps
	}
	for i, p := range w.places[f.start] {
		if len(hits) > 0 && !comesBefore(hits[len(hits)-1], p) {
			continue
		}
		way := w.from(i)
		switch {
		case way.ended:
			hits = append(hits, way.path...)
		case way.unknown != "":
			unknown = way.unknown
		case len(way.path) > len(far.path):
			far = way
		}
		if e.stopped() {
			break
		}
	}
	return hits, unknown, far
}

// from walks from the i-th hit of start. A walk that comes to where an earlier
// one was lost is lost there too.
func (w *walker) from(i int) (way walk) {
	at := stepAt{w.start, i}
	var entries []stepAt
	for {
		here := w.places[at.step][at.place]
		way.path, way.last = append(way.path, here), at.step
		if w.steps[at.step].end {
			way.ended = true
			return way
		}
		var known, found bool
		if way.unknown, known = w.lost[at]; known {
			break
		}
		entries = append(entries, at)
		if at, found, way.unknown = w.next(at.step, here); !found {
			break
		}
	}
	for _, x := range entries {
		w.lost[x] = way.unknown
	}
	return way
}

// next is the step that comes first after a place.
func (w *walker) next(step int, here transcript.Span) (next stepAt, found bool, unknown pipeline.Reason) {
	var first transcript.Span
	for _, n := range w.steps[step].next {
		if w.unknown[n] != "" {
			return stepAt{}, false, w.unknown[n]
		}
		i := firstAfter(w.places[n], here)
		if i < len(w.places[n]) && (!found || comparePlaces(w.places[n][i], first) < 0) {
			next, first, found = stepAt{n, i}, w.places[n][i], true
		}
	}
	last := math.MaxInt
	if found {
		last = first.Turn
	}
	for _, n := range w.steps[step].next {
		if anyWithin(w.turns[n], here.Turn, last) {
			return stepAt{}, false, pipeline.NoTimestamps
		}
	}
	if !found {
		return stepAt{}, false, ""
	}
	near, known := w.e.withinReach(here, first, w.steps[step].within)
	if !known {
		return stepAt{}, false, pipeline.NoTimestamps
	}
	return next, near, ""
}

// nearest is how far the longest walk came.
func (f *flow) nearest(e *Evaluation, turns []int) (Near, bool) {
	_, _, far := f.walkAll(e, turns)
	if len(far.path) == 0 {
		return Near{Turn: -1, Text: "never entered " + f.steps[f.start].name}, true
	}
	s := f.steps[far.last]
	near := Near{far.path[len(far.path)-1].Turn, fmt.Sprintf("reached %s, where the walk ends", s.name)}
	if len(s.next) > 0 {
		var names []string
		for _, n := range s.next {
			names = append(names, f.steps[n].name)
		}
		near.Text = fmt.Sprintf("reached %s, then nothing of %s%s", s.name, strings.Join(names, ", "), reachText(s.within))
	}
	return near, true
}
