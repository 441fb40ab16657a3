package answer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// reply is the clause of the agent's that answers the question itself by a yes or a
// no: in the first turn that has one, the plainest.
func (c *comparison) reply() (*saidPart, reply) {
	var first *saidPart
	best := noReply
	for i := range c.said {
		p := &c.said[i]
		if !p.direct || first != nil && p.turn != first.turn {
			break
		}
		if !p.leaf || p.asks {
			continue
		}
		r := replyOf(p.text)
		if r == noReply && c.repeatsNo(p.text) {
			r = cannot
		}
		if r > best && (!p.off || r == disowned) {
			first, best = p, r
		}
	}
	return first, best
}

// longestNo is how many characters a clause that repeats the customer's word has at most.
const longestNo = 8

// repeatsNo reports whether a short Chinese clause has the customer's own word behind
// 不: 押金不退, to 押金退吗.
func (c *comparison) repeatsNo(text string) bool {
	before, rest, is := strings.Cut(text, "不")
	next, _ := utf8.DecodeRuneInString(rest)
	return is && rest != "" && utf8.RuneCountInString(text) <= longestNo && !strings.HasSuffix(before, string(next)) && c.ask().chars[string(next)]
}

// stance is what the solution says of what was asked: of the clauses that are about
// the same, which shared reports, or else of all. What it waives is about needs.
func (c *comparison) stance() (is stance, shared bool) {
	asked := c.ask()
	spoken := 2*countIn(asked.terms, c.all) >= len(asked.terms)
	about, all := tally{}, tally{}
	for i := range c.right {
		p := &c.right[i]
		if !p.leaf || p.aim != says && !(p.aim == waives && asked.needs) {
			continue
		}
		denied := asked.deniedBy(p.text)
		all.add(denied)
		_, covered, both := like(&asked.part, p)
		if covered >= leastCovered || spoken && both > 0 || asked.charged && costless.in(p.text) {
			about.add(denied)
		}
	}
	if about != (tally{}) {
		return about.stance(), true
	}
	return all.stance(), false
}

// tally counts clauses by whether they deny something.
type tally struct{ yes, no int }

func (t *tally) add(denied bool) {
	if denied {
		t.no++
	} else {
		t.yes++
	}
}

// stance is what all agree on.
func (t tally) stance() stance {
	switch {
	case t.no == 0 && t.yes > 0:
		return affirms
	case t.yes == 0 && t.no > 0:
		return denies
	}
	return 0
}

// leastDespite is the share, in percent, from which on an answer stands although the
// agent says that it is no business of ours.
const leastDespite = 50

// refused is the agent's reply that says the opposite of what the solution says of
// what was asked, nil without one. A plain yes or no must be about something that
// the solution speaks of, unless it confirms a fear; and nothing else that the agent
// says may be in line.
func (c *comparison) refused() *saidPart {
	said, reply := c.reply()
	if reply == noReply {
		return nil
	}
	claim := c.ask().claim(reply)
	if claim == 0 {
		return nil
	}
	is, shared := c.stance()
	plain := (reply == yes || reply == no) && !(c.ask().negative && c.ask().wish)
	if is != -claim || !shared && (claim == affirms || plain && len(c.ask().terms) > 0) {
		return nil
	}
	least := float64(DefaultLeast)
	if reply == disowned {
		least = leastDespite
	}
	if share, _ := c.share(c.heardBut(said)); share >= least {
		return nil
	}
	return said
}

// heardBut is what was heard but for one clause.
func (c *comparison) heardBut(said *saidPart) map[string]bool {
	heard := map[string]bool{}
	for i := range c.said {
		p := &c.said[i]
		if !p.leaf || p.off || p == said {
			continue
		}
		for t := range p.content {
			heard[t] = true
		}
	}
	return heard
}

// agrees reports whether the agent's reply to the question is the solution's.
func (c *comparison) agrees() bool {
	_, reply := c.reply()
	if reply == noReply {
		return false
	}
	claim := c.ask().claim(reply)
	switch {
	case claim == 0:
		return false
	case claim == affirms && slices.ContainsFunc(c.ask().quantities, c.has):
		return true
	}
	is, shared := c.stance()
	return is == claim && shared
}

// has reports whether the solution has a quantity.
func (c *comparison) has(q quantity) bool {
	return slices.ContainsFunc(c.right, func(p part) bool { return slices.ContainsFunc(p.quantities, q.meets) })
}

// countIn is how many of some terms others have.
func countIn(of, others map[string]bool) int {
	n := 0
	for t := range of {
		if others[t] {
			n++
		}
	}
	return n
}
