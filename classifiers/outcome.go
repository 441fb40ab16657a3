package classifiers

import (
	"cmp"
	"context"
	"slices"

	"assay/classifiers/rule"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Outcomes answers as Classify does, without evidence and without why, into the
// given slice, which is made longer where it is too short. It allocates nothing
// else once it is warm: for many sessions one after the other, a Matcher does not
// even fill in the answers that do not change.
func (s *Set) Outcomes(ctx context.Context, in *pipeline.Input, into []pipeline.Answer) []pipeline.Answer {
	m := s.matchers.Get().(*Matcher)
	defer s.matchers.Put(m)
	return append(into[:0], m.Outcomes(ctx, in)...)
}

// Matcher answers the criteria for one session after the other with the same
// memory. It is for one goroutine at a time.
type Matcher struct {
	set     *Set
	ctx     context.Context
	in      *pipeline.Input
	e       *rule.Evaluation
	answers []pipeline.Answer
	changed []int32 // criteria whose answer may not be that of a session that says nothing
	asked   []bool  // by criterion
	outcome func(criterion int) pipeline.Outcome
}

// Matcher returns a new Matcher.
func (s *Set) Matcher() *Matcher {
	m := &Matcher{set: s, answers: slices.Clone(s.quiet), asked: make([]bool, len(s.quiet))}
	m.outcome = func(i int) pipeline.Outcome {
		m.ask(int32(i))
		return m.answers[i].Outcome
	}
	return m
}

// Outcomes answers all criteria, in the scorecard's order, without evidence and
// without why. The result is good until the next call and must not be changed.
// Once ctx is done it means nothing.
func (m *Matcher) Outcomes(ctx context.Context, in *pipeline.Input) []pipeline.Answer {
	if m.e == nil {
		m.e = m.set.rules.Evaluate(ctx, in)
		m.e.AnswerWith(m.outcome)
	} else {
		m.e.Reset(ctx, in)
	}
	m.ctx, m.in = ctx, in
	for _, i := range m.changed {
		m.answers[i], m.asked[i] = m.set.quiet[i], false
	}
	m.changed = m.changed[:0]
	for _, i := range m.set.always {
		m.ask(i)
	}
	for _, literal := range m.e.Present() {
		for _, i := range m.set.awakenedBy(literal) {
			m.ask(i)
		}
	}
	return m.answers
}

// ask answers a criterion once.
func (m *Matcher) ask(i int32) {
	if m.asked[i] || m.ctx.Err() != nil {
		return
	}
	m.asked[i], m.changed = true, append(m.changed, i)
	q, a := m.set.asked[i], &m.answers[i]
	if q.occasional {
		if o, reason := m.set.occasion(int(i), m.in.Session, m.outcome); o != "" {
			*a = pipeline.Answer{Outcome: o, Reason: reason, By: pipeline.ByRule, Hits: 1}
			return
		}
	}
	q.ask(m.e, a)
}

// asked is a criterion with what its answer depends on. Where it has an
// expression it is answered with one outcome when that is true and with another
// when it is false; else it is undetermined.
type asked struct {
	*scorecard.Criterion
	by              pipeline.By
	reason          pipeline.Reason // without an expression
	decide          *scorecard.Expr // nil: none
	ifTrue, ifFalse pipeline.Outcome
	names           []string // of all conditions
	conditions      []rule.Condition
	deciding        [2][]string      // when the expression is false, when it is true
	anyOf           []rule.Condition // where it is simply true when one of them hits
	occasional      bool             // some sessions are no occasion to ask
}

func (s *Set) asks(c *scorecard.Criterion, decide *scorecard.Expr) *asked {
	q := &asked{Criterion: c, occasional: c.Effective != scorecard.Period{} || len(c.Business) > 0 || c.Requires != nil}
	if decide != nil {
		q.decide, q.names = decide, slices.Clone(decide.Names())
		q.deciding = [2][]string{decide.Deciding(scorecard.NotHit), decide.Deciding(scorecard.Hit)}
	}
	if c.AppliesWhen != nil {
		q.names = append(q.names, c.AppliesWhen.Names()...)
	}
	if c.Judge != nil {
		q.judged()
	}
	if c.Count != "" {
		q.names = append(q.names, c.Count)
	}
	for _, name := range q.names {
		q.conditions = append(q.conditions, s.rules.Condition(c, name))
	}
	if c.AppliesWhen == nil && c.Count == "" && q.decide != nil && q.decide.IsAny() {
		q.anyOf = q.conditions
	}
	return q
}

// judged adds what rules say beside a model.
func (q *asked) judged() {
	if x := q.Judge.NotMetWhen; x != nil {
		q.deciding[1] = x.Deciding(scorecard.Hit)
		q.names = append(q.names, x.Names()...)
	}
	if x := q.Judge.MetWhen; x != nil {
		q.names = append(q.names, x.Names()...)
	}
}

// byModel is the answer of a criterion that a model is asked about: a failure
// that rules see stands, whatever the model says. The value is that of the
// rules' expression.
func (q *asked) byModel(e *rule.Evaluation) (a pipeline.Answer, value scorecard.State) {
	state := func(name string) scorecard.State { return q.result(e, name).State }
	if x := q.Judge.NotMetWhen; x != nil && x.Eval(state) == scorecard.Hit {
		return pipeline.Answer{Outcome: pipeline.NotMet, By: pipeline.ByRule, Hits: q.hits(e, q.deciding[1])}, scorecard.Hit
	}
	in := e.Input()
	a = pipeline.Answer{Outcome: pipeline.Undetermined, Reason: cmp.Or(in.Unjudged, q.reason), By: q.by, Hits: 1}
	if j, ok := in.Judged[q.ID]; ok {
		a.Outcome, a.Reason, a.Evidence, a.Judgement = j.Outcome, j.Reason, j.Evidence, &j
	}
	if x := q.Judge.MetWhen; x != nil {
		switch x.Eval(state) {
		case scorecard.Hit:
			a.Ruled = pipeline.Met
		case scorecard.NotHit:
			a.Ruled = pipeline.NotMet
		}
	}
	return a, scorecard.NotEvaluable
}

// ask sets an answer, or of one whose By is set the outcome, reason and hits.
func (q *asked) ask(e *rule.Evaluation, a *pipeline.Answer) {
	value, hits := scorecard.NotHit, 0
	for _, c := range q.anyOf {
		state, n := e.Count(c)
		if value = max(value, state); n > 0 {
			hits = n
			break
		}
	}
	switch {
	case hits > 0:
		a.Outcome, a.Hits = q.ifTrue, hits
	case q.anyOf != nil && value == scorecard.NotHit:
		a.Outcome = q.ifFalse
	default:
		*a, _ = q.outcome(e)
	}
}

// result is the value of a condition that the criterion names. Names are few.
func (q *asked) result(e *rule.Evaluation, name string) *rule.Result {
	return e.Of(q.conditions[slices.Index(q.names, name)])
}

// outcome answers without evidence and why. The value is that of the expression,
// NotEvaluable where it did not decide.
func (q *asked) outcome(e *rule.Evaluation) (a pipeline.Answer, value scorecard.State) {
	state := func(name string) scorecard.State { return q.result(e, name).State }
	a = pipeline.Answer{By: pipeline.ByRule, Hits: 1}
	if q.decide != nil {
		a.By = q.by
	}
	if q.AppliesWhen != nil {
		switch q.AppliesWhen.Eval(state) {
		case scorecard.NotHit:
			a.Outcome, a.Reason = pipeline.NotApplicable, pipeline.NoOpportunity
			return a, scorecard.NotEvaluable
		case scorecard.NotEvaluable:
			a.Outcome, a.Reason = pipeline.Undetermined, q.unknown(e, q.AppliesWhen)
			return a, scorecard.NotEvaluable
		}
	}
	if q.Judge != nil {
		return q.byModel(e)
	}
	if q.decide == nil {
		a.Outcome, a.Reason, a.By = pipeline.Undetermined, q.reason, q.by
		return a, scorecard.NotEvaluable
	}
	switch value = q.decide.Eval(state); value {
	case scorecard.NotEvaluable:
		a.Outcome, a.Reason = pipeline.Undetermined, q.unknown(e, q.decide)
	case scorecard.Hit:
		a.Outcome, a.Hits = q.ifTrue, q.hits(e, q.deciding[1])
	default:
		a.Outcome, a.Hits = q.ifFalse, q.hits(e, q.deciding[0])
	}
	return a, value
}

// hits is how often points count: as often as the condition hit that the
// criterion names, or the first of the deciding ones that did; at least once.
func (q *asked) hits(e *rule.Evaluation, deciding []string) int {
	if q.Count != "" {
		return max(1, len(q.result(e, q.Count).Hits))
	}
	for _, name := range deciding {
		if n := len(q.result(e, name).Hits); n > 0 {
			return n
		}
	}
	return 1
}

// unknown is the reason of the first condition that could not be evaluated.
func (q *asked) unknown(e *rule.Evaluation, x *scorecard.Expr) pipeline.Reason {
	for _, name := range x.Names() {
		if res := q.result(e, name); res.State == scorecard.NotEvaluable {
			return res.Reason
		}
	}
	return ""
}

// quieten finds the criteria whose answer is the same for all sessions in which
// none of some literals is present, and what that answer is. Matchers ask them
// only when one is.
func (s *Set) quieten() {
	e := s.rules.Evaluate(context.Background(), pipeline.NewInput(&transcript.Session{}))
	byLiteral := make([][]int32, s.rules.Literals())
	for i, q := range s.asked {
		literals, quiet := s.awakens(q)
		if !quiet {
			s.quiet, s.always = append(s.quiet, pipeline.Answer{By: q.by, Hits: 1}), append(s.always, int32(i))
			continue
		}
		a, _ := q.outcome(e)
		s.quiet = append(s.quiet, a)
		for _, id := range literals {
			byLiteral[id] = append(byLiteral[id], int32(i))
		}
	}
	for _, list := range byLiteral {
		s.from = append(s.from, int32(len(s.awake)))
		s.awake = append(s.awake, list...)
	}
	s.from = append(s.from, int32(len(s.awake)))
}

// awakenedBy are the criteria that are asked when a literal is present.
func (s *Set) awakenedBy(literal int32) []int32 {
	return s.awake[s.from[literal]:s.from[literal+1]]
}

// awakens are the literals without which the criterion's answer is always the
// same; false when there is no such answer.
func (s *Set) awakens(q *asked) ([]int32, bool) {
	if q.occasional || q.Judge != nil {
		return nil, false
	}
	var all []int32
	for _, c := range q.conditions {
		literals, quiet := s.rules.Quiet(c)
		if !quiet {
			return nil, false
		}
		all = append(all, literals...)
	}
	slices.Sort(all)
	return slices.Compact(all), true
}
