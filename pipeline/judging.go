package pipeline

import (
	"context"
	"errors"
	"math"
	"slices"

	"assay/pipeline/injection"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// nearPass is how many points around the pass line a score may lie to be worth
// asking again about what could move it across.
const nearPass = 5

// moreVotes is how often more a model is asked where one answer is not enough.
const moreVotes = 2

// judging is the way of one session's criteria to a model and back.
type judging struct {
	*Inspector
	in      *Input
	card    Card
	answers []Answer
	voted   map[string]bool
	alone   map[string]bool // whose proof was asked about by itself
}

// answer asks the classifier, and the judge about the criteria that it left to a
// model, until none is left and the answers that matter are confirmed. Where the
// model cannot be asked the second result says why, an *Unavailable, and the
// answers are those without it.
func (i *Inspector) answer(ctx context.Context, in *Input, card Card) (answers []Answer, unavailable, err error) {
	j := &judging{i, in, card, card.Classifier.Classify(ctx, in), map[string]bool{}, map[string]bool{}}
	if i.Judge == nil {
		return j.answers, nil, nil
	}
	if in.Judged == nil {
		in.Judged = map[string]Judgement{}
	}
	for ctx.Err() == nil {
		more, err := j.round(ctx)
		if u, ok := errors.AsType[*Unavailable](err); ok {
			in.Unjudged = u.Reason
			return card.Classifier.Classify(ctx, in), err, nil
		}
		if err != nil || !more {
			return j.answers, nil, err
		}
		j.answers = card.Classifier.Classify(ctx, in)
	}
	return j.answers, nil, nil
}

// round asks what no model has answered yet, or else again what matters, or else
// for the proof of what matters much; false when there is none of these.
func (j *judging) round(ctx context.Context) (more bool, err error) {
	if todo := j.unjudged(); len(todo) > 0 {
		return true, j.first(ctx, todo)
	}
	if todo := j.contested(); len(todo) > 0 {
		return true, j.vote(ctx, todo)
	}
	if todo := j.weighty(); len(todo) > 0 {
		return true, j.prove(ctx, todo)
	}
	return false, nil
}

// unjudged are the criteria that wait for a model.
func (j *judging) unjudged() []*scorecard.Criterion {
	var out []*scorecard.Criterion
	for i, c := range j.card.Criteria() {
		_, known := j.in.Judged[c.ID]
		if a := &j.answers[i]; !known && a.By == ByJudge && a.Outcome == Undetermined {
			out = append(out, c)
		}
	}
	return out
}

// ask asks the judge. Anchors are the same in every round.
func (j *judging) ask(ctx context.Context, criteria []*scorecard.Criterion, vote int, withhold []int) (map[string]Judgement, error) {
	anchors := map[string][]transcript.Span{}
	for i, c := range j.card.Criteria() {
		if len(j.answers[i].Anchors) > 0 {
			anchors[c.ID] = j.answers[i].Anchors
		}
	}
	return j.Judge.Judge(ctx, Judging{
		Session: j.in.Session, Card: j.card.Scorecard, Criteria: criteria, Anchors: anchors,
		Vote: vote, Withhold: withhold,
	})
}

// first asks criteria for the first time. Where turns look like orders to a model
// it is asked without them as well, and an answer that depends on them is none.
func (j *judging) first(ctx context.Context, criteria []*scorecard.Criterion) error {
	judged, err := j.ask(ctx, criteria, 0, nil)
	if unavailable(err) {
		criteria = slices.DeleteFunc(criteria, func(c *scorecard.Criterion) bool { _, ok := judged[c.ID]; return !ok })
	}
	if err == nil || unavailable(err) {
		criteria, err = j.confirm(ctx, criteria, judged, err)
	}
	for _, c := range criteria {
		j.in.Judged[c.ID] = judged[c.ID].or(Unreadable) // what was left out is asked no second time
	}
	return err
}

// confirm asks again without the turns that look like orders to a model. It
// returns the criteria whose judgement stands, as it may have changed it, and the
// error joined with its own.
func (j *judging) confirm(ctx context.Context, criteria []*scorecard.Criterion, judged map[string]Judgement, err error) ([]*scorecard.Criterion, error) {
	withhold, todo := suspicious(j.in.Injections), determined(criteria, judged)
	if len(withhold) == 0 || len(todo) == 0 {
		return criteria, err
	}
	apart, checkErr := j.ask(ctx, todo, 0, withhold)
	for _, c := range todo {
		without, ok := apart[c.ID]
		if !ok && checkErr != nil { // what is not confirmed does not count
			criteria = slices.DeleteFunc(slices.Clone(criteria), func(x *scorecard.Criterion) bool { return x == c })
			continue
		}
		judged[c.ID] = unmoved(judged[c.ID], without, withhold)
	}
	return criteria, errors.Join(err, checkErr)
}

// suspicious are the turns with places that look like orders to a model.
func suspicious(places []injection.Place) []int {
	var turns []int
	for _, p := range places {
		turns = append(turns, p.Turn)
	}
	slices.Sort(turns)
	return slices.Compact(turns)
}

func unavailable(err error) bool {
	_, ok := errors.AsType[*Unavailable](err)
	return ok
}

// or is the judgement, or one that is undetermined where there is none.
func (j Judgement) or(reason Reason) Judgement {
	if j.Outcome == "" {
		j.Outcome, j.Reason = Undetermined, reason
	}
	return j
}

// determined are the criteria that have an answer that may count.
func determined(criteria []*scorecard.Criterion, judged map[string]Judgement) []*scorecard.Criterion {
	var out []*scorecard.Criterion
	for _, c := range criteria {
		if o := judged[c.ID].Outcome; o != "" && o != Undetermined {
			out = append(out, c)
		}
	}
	return out
}

// unmoved is a judgement, if it is the same without the turns that are withheld.
func unmoved(with, without Judgement, withheld []int) Judgement {
	with.Withheld = withheld
	if with.Outcome == without.Outcome {
		return with
	}
	with.Outcome, with.Reason, with.Evidence, with.Rationale = Undetermined, Manipulated, nil, ""
	return with
}

// contested are the criteria about which one answer of a model is not enough:
// critical ones, those that could move a score near the pass line across it, those
// that rules see otherwise, and those that it could not tell. Each is asked again
// once.
func (j *judging) contested() []*scorecard.Criterion {
	findings := grade(j.card.Scorecard, j.answers)
	var out []*scorecard.Criterion
	for i, c := range j.card.Criteria() {
		a := &j.answers[i]
		if a.By != ByJudge || a.Judgement == nil || j.voted[c.ID] || a.Outcome == Undetermined && a.Reason != Unsure {
			continue
		}
		if c.Critical != scorecard.NotCritical || a.Reason == Unsure || differs(a.Outcome, a.Ruled) || turnsResult(j.card.Scorecard, findings, i) {
			out = append(out, c)
		}
	}
	return out
}

// differs reports whether rules see otherwise than a model. What does not apply is
// no failure, but it did not happen either.
func differs(o, ruled Outcome) bool {
	switch ruled {
	case Met:
		return o == NotMet || o == NotApplicable
	case NotMet:
		return o == Met
	}
	return false
}

// turnsResult reports whether the score is near the pass line and would be on its
// other side if a criterion had the other outcome.
func turnsResult(card *scorecard.Scorecard, findings []Finding, i int) bool {
	s := sum(card, findings)
	other := map[Outcome]Outcome{Met: NotMet, NotMet: Met}[findings[i].Outcome]
	if s.Final == nil || s.Failed || other == "" || math.Abs(*s.Final-card.Pass) > nearPass+rounding {
		return false
	}
	return sum(card, having(card, findings, i, other)).Passed != s.Passed
}

// having are the findings with another outcome of one of them.
func having(card *scorecard.Scorecard, findings []Finding, i int, o Outcome) []Finding {
	findings = slices.Clone(findings)
	f := &findings[i]
	f.Outcome, f.Reason = o, ""
	f.Points = points(card.Mode, card.Criteria()[i], &Answer{Outcome: o, Hits: 1})
	return findings
}

// vote asks criteria again and lets the majority decide.
func (j *judging) vote(ctx context.Context, criteria []*scorecard.Criterion) error {
	votes := map[string][]Judgement{}
	for _, c := range criteria {
		j.voted[c.ID] = true
		votes[c.ID] = []Judgement{j.in.Judged[c.ID]}
	}
	var err error
	for n := 1; n <= moreVotes && err == nil; n++ {
		err = j.poll(ctx, criteria, n, votes)
	}
	for i, c := range j.card.Criteria() {
		switch v := votes[c.ID]; {
		case v == nil:
		case len(v) <= moreVotes: // what matters and is not confirmed does not count
			delete(j.in.Judged, c.ID)
		default:
			elected := elect(c, v, j.answers[i].Ruled)
			if last := v[moreVotes]; j.alone[c.ID] {
				elected = proved(elected, last)
			}
			j.in.Judged[c.ID] = elected
		}
	}
	return err
}

// elect makes one judgement of several. All must agree about what is critical, and
// what rules see otherwise to the end is for a person.
func elect(c *scorecard.Criterion, votes []Judgement, ruled Outcome) Judgement {
	var outcomes []Outcome
	for _, v := range votes {
		if v.Reason == Manipulated {
			return v
		}
		outcomes = append(outcomes, v.Outcome)
	}
	most, n := majority(outcomes)
	out := votes[max(0, slices.Index(outcomes, most))]
	out.Votes = outcomes
	unanimous := n == len(votes)
	if 2*n <= len(votes) || c.Critical != scorecard.NotCritical && !unanimous || differs(most, ruled) {
		out.Outcome, out.Reason = Undetermined, Split
	}
	return out
}

// majority is the most frequent outcome, the first of equals, and how often it is.
func majority(outcomes []Outcome) (most Outcome, n int) {
	count := map[Outcome]int{}
	for _, o := range outcomes {
		count[o]++
	}
	for _, o := range outcomes {
		if count[o] > n {
			most, n = o, count[o]
		}
	}
	return most, n
}
