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
	"fmt"
	"slices"
	"strings"
	"unicode"

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

// putOffs are what agents say instead of an answer.
var putOffs = []string{
	"不清楚", "不知道", "不了解", "问一下", "问下", "稍等", "等一下", "不归我", "打电话给", "自己看", "看情况",
	"don't know", "do not know", "not sure", "no idea", "let me check", "one moment", "hold on", "please call", "call the", "it depends", "check with", "dunno",
}

// listen takes in what was asked, and the agent's turns after it. Those that only ask
// something or put off are not counted as turns that may answer.
func (c *comparison) listen() {
	c.heard = map[string]bool{}
	left, direct, asks := c.o.Within, true, false
	for i := c.question.Turn + 1; i < len(c.session.Turns) && left > 0; i++ {
		t := &c.session.Turns[i]
		switch {
		case !t.IsMessage():
		case t.Speaker == transcript.Customer:
			direct = direct && (len(c.said) == 0 || asks || identifies(t.Text))
		case t.Speaker == transcript.Agent:
			var answers bool
			if answers, asks = c.hear(i, direct); answers {
				left--
			}
		}
	}
}

// burst is what the customer said at once with the question.
func (c *comparison) burst() string {
	var out strings.Builder
	for i := c.question.Turn; i < len(c.session.Turns); i++ {
		t := &c.session.Turns[i]
		if t.IsMessage() && t.Speaker != transcript.Customer && t.Speaker != transcript.System {
			break
		}
		if t.IsMessage() && t.Speaker == transcript.Customer {
			out.WriteString(t.Text)
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// identifies reports whether a text has figures enough for a number of something.
func identifies(text string) bool {
	n := 0
	for _, r := range text {
		if unicode.IsDigit(r) || strings.ContainsRune("零一二三四五六七八九幺", r) {
			n++
		}
	}
	return n >= 4
}

// hear takes in a turn of the agent's, and reports whether something in it may be
// an answer, and whether it ends with a question.
func (c *comparison) hear(turn int, direct bool) (answers, asks bool) {
	for _, p := range parts(c.session.Turns[turn].Text) {
		off := c.putsOff(p.text)
		c.said = append(c.said, saidPart{p, turn, off, direct})
		asks = p.asks
		if off {
			continue
		}
		answers = answers || !p.asks
		for term := range p.content {
			c.heard[term] = true
		}
	}
	return answers, asks
}

// putsOff reports whether a text puts the customer off, in words that are not the
// solution's own.
func (c *comparison) putsOff(text string) bool {
	return slices.ContainsFunc(putOffs, func(w string) bool {
		return strings.Contains(text, w) && !strings.Contains(c.folded, w)
	})
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

// contradicted looks for the first of the agent's sentences that contradicts the
// solution, then for a reply that does.
func (c *comparison) contradicted(out *pipeline.Answered) bool {
	for i := range c.said {
		said := &c.said[i]
		why, right := "", (*part)(nil)
		if !said.off {
			why, right = c.denied(&said.part)
		}
		if why == "" && said.leaf {
			why, right = c.breaks(&said.part)
		}
		if why != "" {
			c.contradicts(out, said, why, right)
			return true
		}
	}
	if said := c.refused(); said != nil {
		c.contradicts(out, said, "so or not", nil)
		return true
	}
	return false
}

func (c *comparison) contradicts(out *pipeline.Answered, said *saidPart, why string, right *part) {
	out.Outcome, out.Why = pipeline.Contradicted, why
	out.Said, out.Solution = []pipeline.Evidence{c.cite(*said)}, c.quote(right)
}

// denied says how an agent's sentence is at odds with the part of the solution that
// is about the same; "" when it is not.
func (c *comparison) denied(said *part) (string, *part) {
	if said.asks || said.depends {
		return "", nil
	}
	near := c.nearest(said)
	if len(near) == 0 {
		return "", nil
	}
	why := c.otherQuantity(said, near)
	if why == "" {
		why = opposite(said, near)
	}
	return why, near[0]
}

// nearest returns the parts of the solution that an agent's sentence is about,
// the most alike first.
func (c *comparison) nearest(said *part) []*part {
	type match struct {
		part *part
		dice float64
	}
	var all []match
	for i := range c.right {
		dice, covered, both := like(said, &c.right[i])
		if both >= leastBoth && covered >= leastCovered {
			all = append(all, match{&c.right[i], dice})
		}
	}
	slices.SortStableFunc(all, func(a, b match) int { return cmp.Compare(b.dice, a.dice) })
	var out []*part
	for _, m := range all {
		if m.dice >= nearlyAsLike*all[0].dice {
			out = append(out, m.part)
		}
	}
	return out
}

// totals are words of a sum, which the solution cannot know.
var totals = []string{"一共", "合计", "总共", "共计", "加起来", "in all", "in total", "altogether", " total"}

// otherQuantity says which quantity of the agent's the solution has otherwise: one
// of a kind that the part that it is about has, and that nothing in the solution
// meets, nor anything that the customer said.
func (c *comparison) otherQuantity(said *part, near []*part) string {
	if hasAny(said.text, totals...) {
		return ""
	}
	for _, q := range said.quantities {
		var other *quantity
		for _, p := range near {
			for i := range p.quantities {
				if other == nil && p.quantities[i].kind == q.kind {
					other = &p.quantities[i]
				}
			}
		}
		if other == nil || c.known(q, near[0]) {
			continue
		}
		return fmt.Sprintf("%s ≠ %s", strings.TrimSpace(said.text[q.start:q.end]), quoteOf(near, other))
	}
	return ""
}

func quoteOf(near []*part, q *quantity) string {
	for _, p := range near {
		for i := range p.quantities {
			if &p.quantities[i] == q {
				return p.text[q.start:q.end]
			}
		}
	}
	return ""
}

// known reports whether the part that is nearest has the quantity, or the solution
// has it elsewhere as more than a limit, or the customer said it.
func (c *comparison) known(q quantity, near *part) bool {
	if slices.ContainsFunc(near.quantities, q.meets) {
		return true
	}
	for i := range c.right {
		if slices.ContainsFunc(c.right[i].quantities, func(other quantity) bool { return !other.isLimit() && q.meets(other) }) {
			return true
		}
	}
	for i := range c.session.Turns {
		if c.session.Turns[i].Speaker != transcript.Customer {
			continue
		}
		found, _, _ := quantities(transcript.Fold(c.session.Turns[i].Text).Text)
		if slices.ContainsFunc(found, q.meets) {
			return true
		}
	}
	return false
}

// opposite says how the agent's words deny the solution. What the solution says
// both ways, or of another case, is not denied.
func opposite(said *part, near []*part) string {
	for i := range sides {
		s := &sides[i]
		if is := s.of(said.text); is != 0 && allAre(near, func(p *part) bool { return s.of(p.text) == -is }) {
			return s.name
		}
	}
	if dice, covered, _ := like(said, near[0]); dice < leastDeniedLike || covered < leastDenied {
		return ""
	}
	if agreed(said.sentence, isNegative) == 0 {
		return ""
	}
	is, opposed := isNegative(said.text), false
	for _, p := range near {
		// What denies something only of whom or when it speaks may be meant by a denial.
		right := agreed(p.text, isNegative)
		if p.depends || right == stanceOf(is) || agreed(p.text, hasNegation) == stanceOf(is) {
			return ""
		}
		opposed = opposed || right != 0
	}
	if opposed {
		return "so or not"
	}
	return ""
}

func stanceOf(negative bool) stance {
	if negative {
		return denies
	}
	return affirms
}

// leastClause is how many terms a clause must have for what it denies to count.
const leastClause = 2

// agreed is whether the clauses of a folded text deny something, 0 when only some do.
func agreed(text string, denying func(string) bool) stance {
	clauses := cut(text, 0, len(text), endsClause)
	var t tally
	for _, c := range clauses {
		clause := text[c[0]:c[1]]
		if len(clauses) == 1 || len(contentTerms(clause)) >= leastClause {
			t.add(denying(clause))
		}
	}
	return t.stance()
}

func allAre(parts []*part, is func(*part) bool) bool {
	return !slices.ContainsFunc(parts, func(p *part) bool { return !is(p) })
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
