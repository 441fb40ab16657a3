package rule

import (
	"fmt"
	"slices"
	"strings"

	"assay/pipeline"
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
//     are the agent's turns that answer.
//   - unanswered: such a question is not; the hits are the turns that ask.
//
// When nothing of the kind is asked it does not hit, with reason out_of_scope.
//
// An answer is in line when the agent's next turns (within, default 5) together
// contain at least a share (at_least, in percent, default 30) of the content of
// the solution's answer, or of one of its sentences with some content: of the
// stems of its words, its numbers, and its pairs of neighbouring Han characters.
// Agents say of an answer what fits the customer, seldom all of it.
//
// The defaults are measured on the demo's 80 questions with a suggestion, half
// of them in each language: 50 have a share of 30 or more (23 Chinese, 27
// English), the others were mostly brushed off; of the 3,062 pairs of a question
// with another question's solution 5.0 % have. At 40 it is 42 and 1.8 %. Within
// 3 turns, which checking an identity often takes, only 43 have 30.
//
// It is not evaluable where there is no library.
type knowledge struct {
	solutions, tags []string
	is              string
	within          int
	least           float64 // percent
}

func readKnowledge(_ *builder, c *condition, m *scorecard.Map) test {
	k := &knowledge{within: 5, least: 30}
	if n := m.Key("solutions"); n != nil {
		k.solutions = namesOf(n)
	}
	if n := m.Key("tags"); n != nil {
		k.tags = namesOf(n)
	}
	if n := m.Must("is"); n != nil {
		k.is = n.OneOf("asked", "answered", "unanswered")
	}
	for _, key := range []string{"within", "at_least"} {
		if n := m.Key(key); n != nil && k.is == "asked" {
			n.Problem([]string{"is: answered", "is: unanswered"}, "%s is about the answer", key)
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
	share, said := k.inLine(e, q)
	switch {
	case k.is == "unanswered" && share < k.least:
		return []transcript.Span{e.wholeTurn(q.Turn)}
	case k.is == "answered" && share >= k.least:
		return said
	}
	return nil
}

// inLine is how much of the solution the agent's next turns contain, in percent,
// with those of them that contain some.
func (k *knowledge) inLine(e *Evaluation, q *pipeline.Question) (share float64, said []transcript.Span) {
	best := &q.Suggestions[0]
	heard := map[string]bool{}
	all := contentOf(best.Answer)
	for _, t := range k.next(e, q.Turn) {
		n := 0
		for term := range contentTerms(e.in.Folded[t].Text) {
			heard[term] = true
			if all[term] {
				n++
			}
		}
		if n > 0 {
			said = append(said, e.wholeTurn(t))
		}
	}
	share = percentHeard(all, heard)
	for sentence := range strings.FieldsFuncSeq(best.Answer, endsSentence) {
		if content := contentOf(sentence); len(content) >= leastContent {
			share = max(share, percentHeard(content, heard))
		}
	}
	return share, said
}

// leastContent is how many terms a sentence must have to be an answer by itself.
const leastContent = 6

func endsSentence(r rune) bool { return strings.ContainsRune("。.;；！!？?", r) }

// next are the agent's turns after a question.
func (k *knowledge) next(e *Evaluation, turn int) []int {
	agent := e.messages(transcript.Agent)
	i, _ := slices.BinarySearch(agent, turn)
	return agent[i:min(len(agent), i+k.within)]
}

func contentOf(text string) map[string]bool { return contentTerms(transcript.Fold(text).Text) }

// percentHeard is how many of some terms were heard, in percent.
func percentHeard(of, heard map[string]bool) float64 {
	if len(of) == 0 {
		return 0
	}
	n := 0
	for term := range of {
		if heard[term] {
			n++
		}
	}
	return 100 * float64(n) / float64(len(of))
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
		share, _ := k.inLine(e, q)
		if near.Turn < 0 || (share > best) == (k.is == "answered") {
			sign := "<"
			if share >= k.least {
				sign = "≥"
			}
			best = share
			near = Near{q.Turn, fmt.Sprintf("%.0f %% of %s in the answer %s %g %%", share, q.Suggestions[0].SolutionID, sign, k.least)}
		}
	}
	return near, near.Turn >= 0
}
