package rule

import (
	"cmp"
	"fmt"
	"slices"

	"assay/pipeline"
	"assay/pipeline/answer"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// knowledge compares what the agent says with the solution library:
//
//	knowledge: {solutions: [SOL-7], tags: [refund], is: answered, within: 5, at_least: 30}
//
// It looks at the customer's questions in range for which the library's best
// suggestion is one of the solutions, or has one of the tags; without both, at
// all questions with a suggestion. Is says what must be:
//
//   - asked: there is such a question; the hits are the turns that ask.
//   - answered: such a question is answered in line with the solution; the hits
//     are what the agent says of it.
//   - contradicted: what the agent says to such a question is at odds with the
//     solution, by a number, by saying the opposite, by refusing what it grants, or
//     by doing what it forbids; the hits are the sentences.
//   - unanswered: neither; the hits are the turns that ask.
//
// When nothing of the kind is asked it does not hit, with reason out_of_scope.
//
// The agent's next turns (within, default 5, without those that only ask or put off)
// are compared as package answer says, with at_least (in percent) as the share of the solution's content from which on
// an answer is in line. Without it that is 30, and less where the agent says a
// number of the solution or a clause of it, agrees with it, or does it. Agents say of an answer what fits the customer, seldom
// all of it.
//
// It is not evaluable where there is no library.
type knowledge struct {
	solutions, tags []string
	is              string
	within          int
	least           float64 // percent; 0 is not said
}

func readKnowledge(_ *builder, c *condition, m *scorecard.Map) test {
	k := &knowledge{within: answer.DefaultWithin}
	if n := m.Key("solutions"); n != nil {
		k.solutions = namesOf(n)
	}
	if n := m.Key("tags"); n != nil {
		k.tags = namesOf(n)
	}
	if n := m.Must("is"); n != nil {
		k.is = n.OneOf("asked", "answered", "unanswered", "contradicted")
	}
	for _, key := range []string{"within", "at_least"} {
		if n := m.Key(key); n != nil && k.is == "asked" {
			n.Problem([]string{"is: answered", "is: unanswered", "is: contradicted"}, "%s is about the answer", key)
		}
	}
	if n := m.Key("within"); n != nil {
		k.within = n.Int(1, 100)
	}
	if n := m.Key("at_least"); n != nil {
		k.least = n.Number(1, 100)
	}
	if c.Where.Speaker != "" && c.Where.Speaker != transcript.Customer {
		c.Place.Problem(nil, "knowledge is about the customer's questions, the condition's speaker is %s", c.Where.Speaker)
	}
	c.speaker = transcript.Customer
	return k
}

func namesOf(n *scorecard.Node) []string {
	var out []string
	for _, e := range listOf(n) {
		out = append(out, e.NonEmpty())
	}
	return out
}

func (k *knowledge) judge(e *Evaluation, turns []int) outcome {
	if e.in.Questions == nil {
		return notEvaluable(pipeline.NoLibrary)
	}
	asked := false
	var hits []transcript.Span
	for i := range e.in.Questions {
		q := &e.in.Questions[i]
		if !inTurns(turns, q.Turn) || !k.about(q) {
			continue
		}
		asked = true
		hits = append(hits, k.places(e, q)...)
	}
	o := hitIf(hits)
	if !asked {
		o.reason = pipeline.OutOfScope
	}
	return o
}

// about reports whether a question is one that the condition looks at.
func (k *knowledge) about(q *pipeline.Question) bool {
	if len(q.Suggestions) == 0 {
		return false
	}
	best := &q.Suggestions[0]
	return len(k.solutions) == 0 && len(k.tags) == 0 || slices.Contains(k.solutions, best.SolutionID) ||
		slices.ContainsFunc(best.Tags, func(tag string) bool { return slices.Contains(k.tags, tag) })
}

// places are the hits for one question.
func (k *knowledge) places(e *Evaluation, q *pipeline.Question) []transcript.Span {
	if k.is == "asked" {
		return []transcript.Span{e.wholeTurn(q.Turn)}
	}
	found := k.compare(e, q)
	if k.is == "unanswered" && found.Outcome == pipeline.NotAnswered {
		return []transcript.Span{e.wholeTurn(q.Turn)}
	}
	if outcomes[k.is] != found.Outcome {
		return nil
	}
	var said []transcript.Span
	for _, ev := range found.Said {
		said = append(said, ev.Span)
	}
	return said
}

// outcomes are what the agent's turns must come to for a condition that cites them.
var outcomes = map[string]pipeline.AnsweredOutcome{"answered": pipeline.InLine, "contradicted": pipeline.Contradicted}

func (k *knowledge) compare(e *Evaluation, q *pipeline.Question) answer.Result {
	return answer.Compare(e.in.Session, q, answer.Options{Within: k.within, Least: k.least})
}

// nearest is the answer that was most in line, or for unanswered the one that was least.
func (k *knowledge) nearest(e *Evaluation, turns []int) (Near, bool) {
	near := Near{Turn: -1}
	best := 0.0
	for i := range e.in.Questions {
		q := &e.in.Questions[i]
		if !inTurns(turns, q.Turn) || !k.about(q) {
			continue
		}
		found := k.compare(e, q)
		if near.Turn < 0 || (found.Share > best) == (k.is != "unanswered") {
			sign, least := "<", cmp.Or(k.least, answer.DefaultLeast)
			if found.Share >= least {
				sign = "≥"
			}
			best = found.Share
			near = Near{q.Turn, fmt.Sprintf("%.0f %% of %s in the answer %s %g %%", found.Share, found.SolutionID, sign, least)}
			if found.Why != "" {
				near.Text += ", at odds: " + found.Why
			}
		}
	}
	return near, near.Turn >= 0
}
