package scorecard

import (
	"slices"
	"strings"
)

// mostNames bounds the conditions of an expression whose truth table is computed.
const mostNames = 12

// truths are the values of an expression for all values of some names: bit i of
// an index is the value of the i-th name. Nil for too many names.
func truths(e *Expr, names []string) []bool {
	if len(names) > mostNames {
		return nil
	}
	out := make([]bool, 1<<len(names))
	for row := range out {
		out[row] = e.Eval(func(name string) State {
			if i := slices.Index(names, name); i >= 0 && row>>i&1 == 1 {
				return Hit
			}
			return NotHit
		}) == Hit
	}
	return out
}

// Equivalent reports whether two expressions have the same value whatever their
// conditions are: a && b and b && a. Expressions over many names are compared
// as they are written.
func (e *Expr) Equivalent(other *Expr) bool {
	names := append(e.Names(), other.Names()...)
	slices.Sort(names)
	names = slices.Compact(names)
	a, b := truths(e, names), truths(other, names)
	if a == nil {
		return e.String() == other.String()
	}
	return slices.Equal(a, b)
}

// lintExpressions finds expressions that do not depend on their conditions, by
// themselves or where the criterion applies.
func lintExpressions(_ *Scorecard, c *Criterion) []Warning {
	type place struct {
		in  *Node
		key string
		e   *Expr
	}
	places := []place{{c.Node, "applies_when", c.AppliesWhen}, {c.Node, "met_when", c.MetWhen}, {c.Node, "not_met_when", c.NotMetWhen}}
	if c.Judge != nil {
		judge := keyOf(c.Node, "judge")
		places = append(places, place{judge, "met_when", c.Judge.MetWhen}, place{judge, "not_met_when", c.Judge.NotMetWhen})
	}
	var out []Warning
	for _, x := range places {
		if x.e == nil {
			continue
		}
		at := keyOf(x.in, x.key)
		out = append(out, lintConstant(at, x.e)...)
		gift := c.Points > 0 && c.MetWhen != nil // what is found is rewarded, and what is not is no fault
		if x.key != "applies_when" && c.AppliesWhen != nil && len(out) == 0 && !gift {
			out = append(out, lintImplied(at, c.AppliesWhen, x.e)...)
		}
	}
	return out
}

func lintConstant(at *Node, e *Expr) []Warning {
	names := e.Names()
	table := truths(e, names)
	if table == nil {
		return nil
	}
	if !slices.Contains(table, !table[0]) {
		return []Warning{at.Warn(ConstantExpression, "%q is always %t, whatever its conditions are", e, table[0])}
	}
	var out []Warning
	for i, name := range names {
		if idle(table, i) {
			out = append(out, at.Warn(IdleCondition, "%q changes nothing in %q", name, e))
		}
	}
	return out
}

// idle reports whether the i-th name never changes the value.
func idle(table []bool, i int) bool {
	for row, value := range table {
		if value != table[row^1<<i] {
			return false
		}
	}
	return true
}

// lintCount finds criteria whose points count per hit, where it is not plain of
// what: of several conditions only the first one's hits count.
func lintCount(_ *Scorecard, c *Criterion) []Warning {
	e, value := c.MetWhen, Hit
	if c.NotMetWhen != nil {
		e, value = c.NotMetWhen, NotHit
	}
	if !c.PerHit || c.Count != "" || e == nil {
		return nil
	}
	if c.Points < 0 {
		value = -value // deducted when it is not met
	}
	at := keyOf(c.Node, "per")
	switch names := e.Deciding(value); len(names) {
	case 0:
		return []Warning{at.Warn(UnclearCount, "the points count when nothing hits, so that there is one hit at the most: leave per out, or name a condition in count")}
	case 1:
		return nil
	default:
		return []Warning{at.Warn(UnclearCount, "only the hits of the first that hits count, of %s: name the one to count in count", strings.Join(names, ", "))}
	}
}

// lintImplied finds criteria that come out the same way whenever they apply.
func lintImplied(at *Node, applies, e *Expr) []Warning {
	names := append(applies.Names(), e.Names()...)
	slices.Sort(names)
	names = slices.Compact(names)
	where, table := truths(applies, names), truths(e, names)
	var values []bool
	for row := range table {
		if where[row] && !slices.Contains(values, table[row]) {
			values = append(values, table[row])
		}
	}
	if len(values) != 1 {
		return nil
	}
	return []Warning{at.Warn(ConstantExpression, "%q is always %t where %q holds, so that there is no question", e, values[0], applies)}
}
