package classifiers

import (
	"context"
	"slices"
	"strings"
	"time"

	"assay/classifiers/rule"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Explanation is how the answer to one criterion came about.
type Explanation struct {
	Criterion *scorecard.Criterion `json:"-"`
	Answer    pipeline.Answer      `json:"-"`
	// Occasions are what must hold before any condition is looked at.
	Occasions []Occasion `json:"occasions"`
	// Clauses are the expressions that were asked, in this order: whether the
	// criterion applies, and whether it is met. A criterion that a model or
	// people answer has none of the latter.
	Clauses []Clause `json:"clauses"`
	// Conditions are those that the clauses name, in their order, each followed
	// by those that it needs and that were not named before.
	Conditions []ExplainedCondition `json:"conditions"`
}

// Occasion is something that must hold for a criterion to be asked.
type Occasion struct {
	Key   string          `json:"key"`  // effective, business, requires
	Asks  string          `json:"asks"` // what must hold, in words
	Is    string          `json:"is"`   // what the session has; "" is unknown
	State scorecard.State `json:"state"`
}

// Clause is an expression over conditions with its value for a session.
type Clause struct {
	Key   string          `json:"key"` // applies_when, met_when, not_met_when
	Expr  string          `json:"expression"`
	State scorecard.State `json:"state"`
	// Deciding are the conditions whose hits made it so; none when it was enough
	// that something did not hit.
	Deciding []string `json:"deciding"`
}

// ExplainedCondition is a condition with what it found in a session.
type ExplainedCondition struct {
	Name string `json:"name"`
	rule.Description
	State  scorecard.State `json:"state"`
	Reason pipeline.Reason `json:"reason"` // why it could not be evaluated, or out_of_scope; "" when there is none
	// Searched is how many turns were in range, From and To are the first and
	// the last of them; −1 when there are none.
	Searched int `json:"searched"`
	From     int `json:"from"`
	To       int `json:"to"`
	// Hits are the first of the places where it hit, Total is how many there are.
	Hits  []pipeline.Evidence `json:"hits"`
	Total int                 `json:"total"`
	Near  *rule.Near          `json:"near"` // how near it came when it did not hit; null when it cannot be told
}

// Explain answers all criteria as Classify does, and says for each how the
// answer came about. When ctx is done it returns early, with answers of no meaning.
func (s *Set) Explain(ctx context.Context, in *pipeline.Input) []Explanation {
	r := s.start(ctx, in)
	out := make([]Explanation, len(s.criteria))
	for i, c := range s.criteria {
		if ctx.Err() != nil {
			return out
		}
		out[i] = Explanation{Criterion: c, Answer: *r.answer(i), Occasions: r.occasions(c), Clauses: []Clause{}, Conditions: []ExplainedCondition{}}
		x := &explainer{set: s, e: r.e, in: in, of: &out[i]}
		x.clause("applies_when", c.AppliesWhen)
		x.clause("met_when", c.MetWhen)
		x.clause("not_met_when", c.NotMetWhen)
	}
	return out
}

// occasions are what a criterion asks for before its conditions, as occasion decides.
func (r *run) occasions(c *scorecard.Criterion) []Occasion {
	out := []Occasion{}
	add := func(key, asks, is string, holds bool) {
		state := scorecard.NotHit
		switch {
		case is == "" || is == string(pipeline.Undetermined):
			state = scorecard.NotEvaluable
		case holds:
			state = scorecard.Hit
		}
		out = append(out, Occasion{key, asks, is, state})
	}
	began := r.in.Session.StartedAt
	if c.Effective != (scorecard.Period{}) && !began.IsZero() {
		add("effective", days(c.Effective), began.Format(time.DateOnly), c.Effective.Holds(began))
	}
	if is := r.in.Session.BusinessType; len(c.Business) > 0 {
		add("business", strings.Join(c.Business, ", "), is, scorecard.OneOfNames(c.Business, is))
	}
	if q := c.Requires; q != nil {
		is := r.answer(r.set.index[q.Criterion]).Outcome
		add("requires", q.Criterion+" "+q.Outcome, string(is), string(is) == q.Outcome)
	}
	return out
}

// days writes a period; an open end is "…".
func days(p scorecard.Period) string {
	day := func(t time.Time) string {
		if t.IsZero() {
			return "…"
		}
		return t.Format(time.DateOnly)
	}
	return day(p.From) + " to " + day(p.To)
}

// explainer explains one criterion.
type explainer struct {
	set *Set
	e   *rule.Evaluation
	in  *pipeline.Input
	of  *Explanation
}

func (x *explainer) clause(key string, expr *scorecard.Expr) {
	if expr == nil {
		return
	}
	c := x.of.Criterion
	clause := Clause{Key: key, Expr: expr.String(), State: expr.Eval(func(name string) scorecard.State { return x.e.Result(c, name).State }), Deciding: []string{}}
	if clause.State != scorecard.NotEvaluable {
		for _, name := range expr.Deciding(clause.State) {
			if x.e.Result(c, name).State == scorecard.Hit {
				clause.Deciding = append(clause.Deciding, name)
			}
		}
	}
	x.of.Clauses = append(x.of.Clauses, clause)
	for _, name := range expr.Names() {
		x.condition(name)
	}
}

// condition adds a condition and those that it needs.
func (x *explainer) condition(name string) {
	if slices.ContainsFunc(x.of.Conditions, func(c ExplainedCondition) bool { return c.Name == name }) {
		return
	}
	c := x.of.Criterion
	r := x.e.Result(c, name)
	out := ExplainedCondition{
		Name: name, Description: x.set.rules.Describe(c, name), State: r.State, Reason: r.Reason,
		Searched: len(r.Searched), From: -1, To: -1, Hits: x.hits(name, r.Hits), Total: len(r.Hits),
	}
	if n := len(r.Searched); n > 0 {
		out.From, out.To = r.Searched[0], r.Searched[n-1]
	}
	if near, ok := x.e.Nearest(c, name); ok {
		out.Near = &near
	}
	x.of.Conditions = append(x.of.Conditions, out)
	for _, need := range out.Needs {
		x.condition(need)
	}
}

func (x *explainer) hits(name string, spans []transcript.Span) []pipeline.Evidence {
	places := make([]pipeline.Evidence, len(spans))
	for i, s := range spans {
		places[i] = pipeline.Evidence{Span: s, Condition: name}
	}
	places = shown(places)
	quote(x.in.Session, places)
	return places
}
