// Package classifiers answers the criteria of a scorecard, each in the way that
// the scorecard says: by a rule over conditions, by a model, or by people.
package classifiers

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"assay/classifiers/rule"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Set answers all criteria of one scorecard. It is safe for concurrent use.
type Set struct {
	rules    *rule.Set
	criteria []*scorecard.Criterion
	answers  []answerer     // by criterion
	index    map[string]int // of the criteria, by id

	// What Matchers need besides: see quieten.
	asked    []*asked          // by criterion
	quiet    []pipeline.Answer // by criterion, in a session that says nothing
	always   []int32           // the criteria that are asked in every session
	awake    []int32           // those that are asked when a literal is present, literal after literal
	from     []int32           // by literal, into awake
	matchers sync.Pool
}

// answerer answers one criterion.
type answerer func(e *rule.Evaluation) pipeline.Answer

// Load reads a scorecard and makes it ready for use. name stands for the file
// in error messages. The error is scorecard.Problems: all mistakes of the file,
// in its order.
func Load(name string, src []byte) (pipeline.Card, error) {
	card, problems := scorecard.Parse(name, src)
	if card == nil {
		return pipeline.Card{}, problems.Err()
	}
	set, err := New(card)
	if err != nil {
		return pipeline.Card{}, err
	}
	return pipeline.Card{Scorecard: card, Classifier: set}, nil
}

// New builds the classifier of a scorecard. The error is scorecard.Problems:
// those that Parse found and those of the conditions' parameters.
func New(card *scorecard.Scorecard) (*Set, error) {
	s := &Set{rules: rule.Compile(card), criteria: card.Criteria(), index: map[string]int{}}
	if err := card.Problems().Err(); err != nil {
		return nil, err
	}
	s.asked = make([]*asked, len(s.criteria))
	for i, c := range s.criteria {
		s.index[c.ID] = i
		s.answers = append(s.answers, s.answererOf(c))
	}
	s.quieten()
	s.matchers.New = func() any { return s.Matcher() }
	return s, nil
}

// answererOf chooses how a criterion is answered.
func (s *Set) answererOf(c *scorecard.Criterion) answerer {
	switch {
	case c.Judge != nil:
		return s.byJudge(c)
	case c.Manual:
		return s.unanswered(c, pipeline.ByReviewer, pipeline.NeedsPerson)
	case c.NotMetWhen != nil:
		return s.byRule(c, c.NotMetWhen, pipeline.NotMet, pipeline.Met)
	default:
		return s.byRule(c, c.MetWhen, pipeline.Met, pipeline.NotMet)
	}
}

// Classify implements pipeline.Classifier.
func (s *Set) Classify(ctx context.Context, in *pipeline.Input) []pipeline.Answer {
	r := s.start(ctx, in)
	for i := range s.answers {
		if ctx.Err() != nil {
			break
		}
		r.answer(i)
	}
	return r.answers
}

// quote fills in the text at every place.
func quote(s *transcript.Session, evidence []pipeline.Evidence) {
	for i := range evidence {
		evidence[i].Quote = s.Quote(evidence[i].Span)
	}
}

// byJudge answers with what a model said, unless rules say before it that the
// criterion is not met.
func (s *Set) byJudge(c *scorecard.Criterion) answerer {
	r := s.asks(c, nil)
	r.by, r.reason = pipeline.ByJudge, pipeline.NoModel
	return s.answerer(r)
}

// unanswered is for criteria that nobody here answers, and says why.
func (s *Set) unanswered(c *scorecard.Criterion, by pipeline.By, reason pipeline.Reason) answerer {
	r := s.asks(c, nil)
	r.by, r.reason = by, reason
	return s.answerer(r)
}

// Bounds of what is shown for one answer: places, and bytes of their quotes
// together. The first place is always shown.
const (
	maxEvidence = 20
	maxQuotes   = 100_000
)

// shown are the first of the places, within the bounds.
func shown(places []pipeline.Evidence) []pipeline.Evidence {
	size := 0
	for i, p := range places[:min(len(places), maxEvidence)] {
		if size += p.End - p.Start; i > 0 && size > maxQuotes {
			return places[:i]
		}
	}
	return places[:min(len(places), maxEvidence)]
}

// byRule answers with one outcome when the expression is true and with another
// when it is false.
func (s *Set) byRule(c *scorecard.Criterion, decide *scorecard.Expr, ifTrue, ifFalse pipeline.Outcome) answerer {
	r := s.asks(c, decide)
	r.by, r.ifTrue, r.ifFalse = s.way(c, decide), ifTrue, ifFalse
	return s.answerer(r)
}

// answerer gives the outcome with evidence and why.
func (s *Set) answerer(r *asked) answerer {
	s.asked[len(s.answers)] = r
	return func(e *rule.Evaluation) pipeline.Answer {
		a, value := r.outcome(e)
		a.Why, a.Anchors = steps(e, r.Criterion), anchors(e, r.Criterion)
		if value != scorecard.NotEvaluable {
			deciding := r.deciding[(value+1)/2]
			a.Evidence = slices.Clone(shown(evidence(e, shownOf(r.Criterion, a.Outcome), r.Criterion, deciding)))
		}
		return a
	}
}

// way is tone for an expression over nothing but tones.
func (s *Set) way(c *scorecard.Criterion, e *scorecard.Expr) pipeline.By {
	for _, name := range e.Names() {
		if !s.rules.Tonal(c, name) {
			return pipeline.ByRule
		}
	}
	return pipeline.ByTone
}

// steps are the parts of all conditions that the criterion's expressions name.
func steps(e *rule.Evaluation, c *scorecard.Criterion) []pipeline.Step {
	var names []string
	for _, x := range c.Exprs() {
		for _, name := range x.Names() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	out := make([]pipeline.Step, len(names))
	for i, name := range names {
		r := e.Result(c, name)
		out[i] = pipeline.Step{Condition: name, State: r.State, Reason: r.Reason, Searched: len(r.Searched), From: -1, To: -1}
		if n := len(r.Searched); n > 0 {
			out[i].From, out[i].To = r.Searched[0], r.Searched[n-1]
		}
	}
	return out
}

// anchors are the places around which a model is shown a long session: the hits
// of the criterion's anchors, or else those by which it applies.
func anchors(e *rule.Evaluation, c *scorecard.Criterion) []transcript.Span {
	if c.Judge == nil {
		return nil
	}
	names := c.Judge.Anchors
	if len(names) == 0 && c.AppliesWhen != nil {
		names = c.AppliesWhen.Names()
	}
	var out []transcript.Span
	for _, name := range names {
		out = append(out, e.Result(c, name).Hits...)
	}
	return out
}

// shownOf are the conditions that the criterion asks to see with an outcome.
func shownOf(c *scorecard.Criterion, o pipeline.Outcome) []string {
	if o == pipeline.Met {
		return c.Evidence.Met
	}
	return c.Evidence.NotMet
}

// evidence are the places of the conditions that are to be shown, or else of
// those that decided, in the order of the transcript, each place once.
func evidence(e *rule.Evaluation, ask []string, c *scorecard.Criterion, decided []string) []pipeline.Evidence {
	if len(ask) > 0 {
		decided = ask
	}
	var out []pipeline.Evidence
	for _, name := range decided {
		for _, span := range e.Result(c, name).Hits {
			out = append(out, pipeline.Evidence{Span: span, Condition: name})
		}
	}
	slices.SortStableFunc(out, func(a, b pipeline.Evidence) int {
		return cmp.Or(cmp.Compare(a.Turn, b.Turn), cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	return slices.CompactFunc(out, func(a, b pipeline.Evidence) bool { return a.Span == b.Span })
}
