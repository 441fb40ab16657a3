package pipeline

import (
	"context"
	"errors"
	"maps"
	"slices"

	"assay/pipeline/scorecard"
)

// far is how many points one answer may move a score without more ado.
const far = 20

// weighty are the criteria that a model says are met, once each, where that alone
// makes the session pass or moves its score far: their proof has to hold by itself,
// whatever else was said in the session.
func (j *judging) weighty() []*scorecard.Criterion {
	findings := grade(j.card.Scorecard, j.answers)
	s := sum(j.card.Scorecard, findings)
	if s.Final == nil {
		return nil
	}
	var out []*scorecard.Criterion
	for i, c := range j.card.Criteria() {
		if !j.provable(c) || j.alone[c.ID] || j.answers[i].Judgement == nil {
			continue
		}
		without := sum(j.card.Scorecard, having(j.card.Scorecard, findings, i, NotMet))
		if without.Passed != s.Passed || *s.Final-*without.Final >= far {
			out = append(out, c)
		}
	}
	return out
}

// provable reports whether there is a part of the session that has to prove, by
// itself, what a model says: that a criterion is met.
func (j *judging) provable(c *scorecard.Criterion) bool {
	judged := j.in.Judged[c.ID]
	return judged.Outcome == Met && len(j.proofOf(c, judged)) > 0
}

// proofOf are the turns that prove that a criterion is met: those that are quoted,
// and what the other party said right before, or, where nothing has to be quoted,
// all that was said by whom the criterion is about. nil is all of the session.
func (j *judging) proofOf(c *scorecard.Criterion, judged Judgement) []int {
	turns := j.in.Session.Turns
	var out []int
	if c.Judge.Prove == scorecard.ProveNotMet {
		for i := range turns {
			if turns[i].IsMessage() && turns[i].Speaker == c.Judge.Speaker {
				out = append(out, i)
			}
		}
		return out
	}
	for _, e := range judged.Evidence {
		if e.Turn > 0 && turns[e.Turn-1].IsMessage() && turns[e.Turn-1].Speaker != turns[e.Turn].Speaker {
			out = append(out, e.Turn-1)
		}
		out = append(out, e.Turn)
	}
	return out
}

// proofs are criteria whose proofs are shown together.
type proofs struct {
	criteria []*scorecard.Criterion
	turns    []int
}

// together puts proofs of one kind together, but for critical criteria, which are
// asked alone.
func (j *judging) together(criteria []*scorecard.Criterion) []*proofs {
	var out []*proofs
	kinds := map[string]*proofs{}
	for _, c := range criteria {
		kind := "quoted"
		switch {
		case c.Critical != scorecard.NotCritical:
			kind = "critical " + c.ID
		case c.Judge.Prove == scorecard.ProveNotMet:
			kind = "said by " + string(c.Judge.Speaker)
		}
		p := kinds[kind]
		if p == nil {
			p = &proofs{}
			kinds[kind], out = p, append(out, p)
		}
		p.criteria = append(p.criteria, c)
		p.turns = append(p.turns, j.proofOf(c, j.in.Judged[c.ID])...)
	}
	return out
}

// askAlone asks about criteria again by what proves them and nothing else: orders
// that stand anywhere else cannot be obeyed then.
func (j *judging) askAlone(ctx context.Context, criteria []*scorecard.Criterion) (map[string]Judgement, error) {
	out := map[string]Judgement{}
	for _, p := range j.together(criteria) {
		var rest []int
		for i := range j.in.Session.Turns {
			if !slices.Contains(p.turns, i) {
				rest = append(rest, i)
			}
		}
		judged, err := j.ask(ctx, p.criteria, 0, rest)
		maps.Copy(out, judged)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// prove lets what a model says stand only where its proof alone makes it say the
// same; else it is for a person.
func (j *judging) prove(ctx context.Context, criteria []*scorecard.Criterion) error {
	alone, err := j.askAlone(ctx, criteria)
	for _, c := range criteria {
		j.alone[c.ID] = true
		v, ok := alone[c.ID]
		if !ok && err != nil { // what matters and is not confirmed does not count
			delete(j.in.Judged, c.ID)
			continue
		}
		j.in.Judged[c.ID] = proved(j.in.Judged[c.ID], v.or(Unreadable))
	}
	return err
}

// proved is a judgement with what its proof alone said.
func proved(j, alone Judgement) Judgement {
	j.Alone = alone.Outcome
	switch {
	case j.Outcome == Undetermined:
	case alone.Reason == Manipulated:
		j.Outcome, j.Reason, j.Evidence, j.Rationale = Undetermined, Manipulated, nil, ""
	case alone.Outcome != j.Outcome:
		j.Outcome, j.Reason = Undetermined, Split
	}
	return j
}

// poll asks criteria once more and adds the answers to their votes; the last votes
// of those that all say met are asked of their proof alone.
func (j *judging) poll(ctx context.Context, criteria []*scorecard.Criterion, n int, votes map[string][]Judgement) error {
	var again, alone []*scorecard.Criterion
	for _, c := range criteria {
		doubted := slices.ContainsFunc(votes[c.ID], func(v Judgement) bool { return v.Outcome != Met })
		if n == moreVotes && !doubted && j.provable(c) {
			alone = append(alone, c)
			j.alone[c.ID] = true
		} else {
			again = append(again, c)
		}
	}
	add := func(criteria []*scorecard.Criterion, judged map[string]Judgement, err error) {
		for _, c := range criteria {
			if v, ok := judged[c.ID]; ok || err == nil {
				votes[c.ID] = append(votes[c.ID], v.or(Unreadable))
			}
		}
	}
	var errs error
	if len(again) > 0 {
		judged, err := j.ask(ctx, again, n, nil)
		add(again, judged, err)
		errs = err
	}
	if len(alone) > 0 && errs == nil {
		judged, err := j.askAlone(ctx, alone)
		add(alone, judged, err)
		errs = errors.Join(errs, err)
	}
	return errs
}
