package rule

// dependent is a condition or a criterion.
type dependent interface {
	needs() []dependent // what must be known before; none of them nil
}

func (a *answered) needs() []dependent {
	var list []dependent
	for _, c := range a.uses {
		list = append(list, c)
	}
	if a.requires != nil {
		list = append(list, a.requires)
	}
	return list
}

func (c *condition) needs() []dependent {
	var list []dependent
	for _, a := range c.anchors {
		if a != nil {
			list = append(list, a)
		}
	}
	for _, r := range c.refs {
		if r.to != nil {
			list = append(list, r.to)
		}
	}
	if c.asks != nil {
		list = append(list, c.asks)
	}
	return list
}

// circles are the conditions and criteria that lead back to themselves: those
// with the same number lead to each other (R. Tarjan, Depth-first search and
// linear graph algorithms, 1972).
type circles struct {
	met   map[dependent]int // when it was met, from 1
	of    map[dependent]int // its number, from 1; 0 while it is not known
	stack []dependent       // those met whose number is not known
	last  int
}

func newCircles() *circles { return &circles{met: map[dependent]int{}, of: map[dependent]int{}} }

// closes reports whether what needs another one is needed by it in turn.
func (c *circles) closes(d, need dependent) bool {
	for _, x := range []dependent{d, need} {
		if c.met[x] == 0 {
			c.visit(x)
		}
	}
	return c.of[d] == c.of[need]
}

// visit numbers d and all that it leads to; it returns when the earliest was met
// that d leads back to.
func (c *circles) visit(d dependent) int {
	c.met[d] = len(c.met) + 1
	first := c.met[d]
	c.stack = append(c.stack, d)
	for _, need := range d.needs() {
		switch {
		case c.met[need] == 0:
			first = min(first, c.visit(need))
		case c.of[need] == 0:
			first = min(first, c.met[need])
		}
	}
	if first < c.met[d] {
		return first
	}
	c.last++
	for i := len(c.stack) - 1; ; i-- {
		c.of[c.stack[i]] = c.last
		if c.stack[i] == d {
			c.stack = c.stack[:i]
			return first
		}
	}
}
