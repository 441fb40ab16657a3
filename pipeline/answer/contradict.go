package answer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

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
