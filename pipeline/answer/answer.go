// Package answer compares what agents say with the solution to what was asked:
// whether it is in line with it, contradicts it, or does not answer at all.
//
// An answer is in line when the agent's next turns together contain a share of
// the content of the solution's answer, or of one of its sentences: of the stems
// of its words, its numbers, and its pairs of neighbouring Han characters; or
// when a clause of the agent's is mostly the solution's, a yes or a no to what was
// asked is what the solution says, or the agent did what it says.
//
// It contradicts when a sentence about the same thing has another number of the
// same unit, or says the opposite; when the agent refuses what the solution grants,
// or grants what it refuses; and when the agent does what the solution forbids, or
// demands what it waives. It is sparing with contradictions: what holds in other
// cases only, totals, and what the solution says both ways are none.
package answer

import (
	"cmp"
	"slices"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// The defaults of Options, measured on the demo's 80 questions with a
// suggestion, half of them in each language: 50 had a share of 30 or more, the
// others were mostly brushed off; of the 3,062 pairs of a question with another
// question's solution 5.0 % had. At 40 it was 42 and 1.8 %. Within 3 turns, which
// checking an identity often takes, only 43 had 30.
const (
	DefaultWithin = 5
	DefaultLeast  = 30
)

const (
	// leastContent is how many terms a sentence must have to be an answer by itself.
	leastContent = 6
	// leastBoth and leastCovered are what two parts must share to be about the same
	// thing: of the agent's terms so many, and this share.
	leastBoth    = 2
	leastCovered = 0.5
	// leastStated and leastStatedCovered are the same for saying what the other says.
	leastStated        = 3
	leastStatedCovered = 0.6
	// leastDenied and leastDeniedLike are the share and the likeness when one denies
	// what the other says.
	leastDenied     = 0.65
	leastDeniedLike = 0.45
	// nearlyAsLike: parts of the solution that are this much as like the agent's
	// words as the best one may be what the agent speaks of.
	nearlyAsLike = 0.8
	// leastWithQuantity is the share, in percent, from which on an answer that has
	// a quantity of the solution is in line.
	leastWithQuantity = 12
)

// Options say how to compare. The zero value is usable.
type Options struct {
	// Within is how many of the agent's turns after the question are looked at, those
	// that only ask something or put off not counted; 0 is DefaultWithin.
	Within int
	// Least is the share, in percent, from which on an answer is in line. 0 is
	// DefaultLeast, and less where the agent says a quantity of the solution.
	Least float64
}

// Result is an answer with the figures behind it.
type Result struct {
	pipeline.Answered
	Share float64 // of the solution's content, or of one of its sentences', in percent
}

// Compare compares the agent's turns after a question with the question's best
// suggestion. The answers of bots are not looked at.
func Compare(s *transcript.Session, q *pipeline.Question, o Options) Result {
	if len(q.Suggestions) == 0 {
		return Result{Answered: pipeline.Answered{Outcome: pipeline.NoSolution}}
	}
	o.Within = cmp.Or(o.Within, DefaultWithin)
	best := &q.Suggestions[0]
	c := &comparison{session: s, question: q, solution: best.Answer, right: parts(best.Answer), o: o}
	c.folded = transcript.Fold(best.Answer).Text
	c.all = contentTerms(c.folded)
	c.readRules()
	c.listen()
	out := Result{Answered: pipeline.Answered{Outcome: pipeline.NotAnswered, SolutionID: best.SolutionID}}
	if c.contradicted(&out.Answered) {
		out.Share, _ = c.share(c.heard)
		return out
	}
	var part *part
	if out.Share, part = c.share(c.heard); c.isInLine(out.Share) {
		out.Outcome, out.Said = pipeline.InLine, c.evidence()
		out.Solution = c.quote(part)
	}
	return out
}

func (c *comparison) isInLine(share float64) bool {
	if c.o.Least > 0 {
		return share >= c.o.Least
	}
	return share >= DefaultLeast || c.confirms(share) || c.agrees() || c.does() || c.states()
}

// comparison is one question with its solution and what the agent said.
type comparison struct {
	session  *transcript.Session
	question *pipeline.Question
	solution string
	folded   string
	all      map[string]bool // content of the solution
	right    []part
	rules    []rule
	o        Options
	asked    *asked // nil before ask
	said     []saidPart
	heard    map[string]bool // content of what was said, but for what puts off
}

// saidPart is a part of an agent's turn.
type saidPart struct {
	part
	turn   int
	off    bool // puts the customer off
	direct bool // nothing but identifying the customer stands between the question and it
}

// share is how much of the solution was heard, in percent: of the whole, or of
// the sentence of which it was most, which is returned.
func (c *comparison) share(heard map[string]bool) (float64, *part) {
	share := percentHeard(c.all, heard)
	var best *part
	most := 0.0
	for i := range c.right {
		p := &c.right[i]
		if p.clause {
			continue
		}
		of := percentHeard(p.content, heard)
		if of > most {
			best, most = p, of
		}
		if len(p.content) >= leastContent {
			share = max(share, of)
		}
	}
	return share, best
}

// percentHeard is how many of some terms were heard, in percent.
func percentHeard(of, heard map[string]bool) float64 {
	n := 0
	for term := range of {
		if heard[term] {
			n++
		}
	}
	return 100 * ratio(n, len(of))
}

// quote is the part of the solution's answer, or all of it.
func (c *comparison) quote(p *part) string {
	if p == nil {
		return c.solution
	}
	return c.solution[p.start:p.end]
}

// evidence are the agent's sentences that say something of the solution, of one
// turn from the first to the last.
func (c *comparison) evidence() []pipeline.Evidence {
	var out []pipeline.Evidence
	for _, p := range c.said {
		if p.off || countIn(p.content, c.all) == 0 {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Turn == p.turn {
			out[n-1].Start, out[n-1].End = min(out[n-1].Start, p.start), max(out[n-1].End, p.end)
			out[n-1].Quote = c.session.Quote(out[n-1].Span)
			continue
		}
		out = append(out, c.cite(p))
	}
	return out
}

func (c *comparison) cite(p saidPart) pipeline.Evidence {
	span := transcript.Span{Turn: p.turn, Start: p.start, End: p.end}
	return pipeline.Evidence{Span: span, Quote: c.session.Quote(span)}
}

// confirms reports whether the agent says a quantity of the solution, of the same
// thing: where little is in line, of nothing else.
func (c *comparison) confirms(share float64) bool {
	least := leastCovered
	if share >= leastWithQuantity {
		least = 0
	}
	for i := range c.said {
		said := &c.said[i]
		if said.off || said.asks {
			continue
		}
		for j := range c.right {
			if sameQuantity(&said.part, &c.right[j], least) {
				return true
			}
		}
	}
	return false
}

func sameQuantity(said, right *part, least float64) bool {
	_, covered, both := like(said, right)
	return both > 0 && covered >= least && (slices.ContainsFunc(said.quantities, func(q quantity) bool {
		return slices.ContainsFunc(right.quantities, q.meets)
	}) || slices.ContainsFunc(said.bare, right.hasFigure))
}

// leastFigure is how much a figure must be to be the same by itself.
const leastFigure = 20

// hasFigure reports whether a part has a figure, whatever it counts.
func (p *part) hasFigure(figure float64) bool {
	return figure >= leastFigure && (slices.Contains(p.bare, figure) ||
		slices.ContainsFunc(p.quantities, func(q quantity) bool { return q.figure == figure }))
}

// states reports whether the agent says what a sentence of the solution does.
func (c *comparison) states() bool {
	for i := range c.said {
		said := &c.said[i]
		if said.off || said.asks || !said.leaf {
			continue
		}
		for j := range c.right {
			right := &c.right[j]
			_, covered, both := like(&said.part, right)
			if both >= leastStated && covered >= leastStatedCovered && c.isNews(&said.part, right) {
				return true
			}
		}
	}
	return false
}

// isNews reports whether two parts share what the customer did not say.
func (c *comparison) isNews(said, right *part) bool {
	for t := range said.content {
		if right.content[t] && !c.ask().content[t] {
			return true
		}
	}
	return false
}
