package rule

import (
	"slices"

	"assay/pipeline/scorecard"
)

// reference is another condition that a condition's parameters name.
type reference struct {
	node *scorecard.Node
	name string
	// placed says that the condition's places are asked for.
	placed bool
	to     *condition // set when all conditions are read
}

// refer reads the name of another condition out of a kind's parameters. The
// criterion's own conditions are looked up before the shared ones. When the set
// is compiled, to is the condition named; names that do not exist and conditions
// that lead back to themselves have been reported.
func (c *condition) refer(n *scorecard.Node) *reference { return c.referTo(n, n.NonEmpty()) }

// referTo is refer for a name that is only a part of the node.
func (c *condition) referTo(n *scorecard.Node, name string) *reference {
	r := &reference{node: n, name: name}
	c.refs = append(c.refs, r)
	return r
}

// referPlace is refer for a condition whose places are asked for.
func (c *condition) referPlace(n *scorecard.Node) *reference {
	r := c.refer(n)
	r.placed = true
	return r
}

// resolve finds the conditions that anchors and parameters name.
func (b *builder) resolve(list []*scorecard.Condition, own, shared map[string]*condition) {
	find := func(name string) *condition {
		if c := own[name]; c != nil {
			return c
		}
		return shared[name]
	}
	for _, sc := range list {
		c := own[sc.Name]
		for _, a := range sc.Where.Anchors {
			anchor := find(a.Condition)
			if anchor != nil && anchor.nowhere {
				a.Node.Problem(nil, "condition %q has no place in the transcript to count from", a.Condition)
			}
			c.anchors = append(c.anchors, anchor)
		}
		for _, r := range c.refs {
			r.to = find(r.name)
			switch {
			case r.to == nil && r.name != "":
				known := slices.Concat(names(own), names(shared))
				r.node.Problem(known, "unknown condition %q%s", r.name, meant(r.name, known))
			case r.to != nil && r.placed && r.to.nowhere:
				r.node.Problem(nil, "condition %q has no place in the transcript", r.name)
			}
		}
	}
}

func names[T any](byName map[string]T) []string {
	var out []string
	for name := range byName {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// checkCircles finds conditions and criteria that lead back to themselves.
func (b *builder) checkCircles() {
	circles := newCircles()
	for _, c := range b.compiled {
		for i, a := range c.anchors {
			if a != nil && circles.closes(c, a) {
				c.Where.Anchors[i].Node.Problem(nil, "condition %q is anchored to itself through %q", c.Name, a.Name)
			}
		}
		for _, r := range c.refs {
			if r.to != nil && circles.closes(c, r.to) {
				r.node.Problem(nil, "condition %q depends on itself through %q", c.Name, r.name)
			}
		}
		if c.asks != nil && circles.closes(c, c.asks) {
			c.askNode.Problem(nil, "condition %q depends on itself through criterion %q", c.Name, c.asks.ID)
		}
	}
	for _, a := range b.criteria {
		if a.requires != nil && circles.closes(a, a.requires) {
			a.Requires.Node.Problem(nil, "criterion %q depends on itself through %q", a.ID, a.requires.ID)
		}
	}
}
