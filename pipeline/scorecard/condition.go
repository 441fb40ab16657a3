package scorecard

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/pipeline/transcript"
)

// conditions reads a mapping of names to conditions.
func conditions(n *Node) []*Condition {
	m := n.Map()
	var out []*Condition
	for _, name := range m.Names() {
		if !identifier.MatchString(name) || slices.Contains(operatorWords, name) {
			m.Place(name).Problem([]string{"a letter, then letters, digits, _ - ."}, "%q is no name for a condition", name)
		}
		if c := condition(name, m.Key(name)); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// condition reads one condition: the keys that say where, and exactly one key
// that is its kind.
func condition(name string, n *Node) *Condition {
	m := n.Map()
	c := &Condition{Name: name, Where: where(m)}
	rest := withoutTypos(m)
	switch len(rest) {
	case 0:
		if n.IsMap() {
			n.Problem(nil, "condition %q has no kind", name)
		}
		return c
	case 1:
	default:
		m.Place(rest[1]).Problem(nil, "condition %q has more than one kind: %q and %q", name, rest[0], rest[1])
	}
	c.Kind, c.Params, c.Place = rest[0], m.Key(rest[0]), m.Place(rest[0])
	return c
}

// withoutTypos returns the keys that may be kinds. Where there are several, one
// that is nearly a key of where is a mistyped one.
func withoutTypos(m *Map) []string {
	rest, known := m.Rest(), slices.Clone(m.asked)
	if len(rest) < 2 {
		return rest
	}
	return slices.DeleteFunc(rest, func(key string) bool {
		near := Nearest(key, known)
		if near != "" {
			m.Place(key).Problem(known, "unknown key%s", meant(key, known))
		}
		return near != ""
	})
}

func where(m *Map) Where {
	var w Where
	if n := m.Key("speaker"); n != nil {
		w.Speaker = transcript.Speaker(n.OneOf(names(transcript.Speakers)...))
	}
	if n := m.Key("leg"); n != nil {
		w.Leg = leg(n)
	}
	w.First, w.Last = share(m.Key("first")), share(m.Key("last"))
	if n := m.Key("range"); n != nil {
		w.Range = turnRange(n)
	}
	for _, side := range []Side{Before, After, Around, At} {
		if n := m.Key(string(side)); n != nil {
			w.Anchors = append(w.Anchors, anchor(side, n))
		}
	}
	if n := m.Key("time"); n != nil {
		w.Time = stretch(n)
	}
	if n := m.Key("turns"); n != nil {
		w.All = n.OneOf("any", "all") == "all"
	}
	w.checkFits(m)
	return w
}

// leg reads first, last or a number from 1.
func leg(n *Node) int {
	if _, err := strconv.Atoi(n.raw()); err == nil {
		return n.Int(1, 1000)
	}
	words := []string{"first", "last"}
	switch s := n.String(); s {
	case "last":
		return LegLast
	case "first", "":
	default:
		n.Problem(append(words, "1, 2, 3, …"), "unknown value %q%s", s, meant(s, words))
	}
	return 1
}

// turnRange reads {from, to}, of which one may be missing.
func turnRange(n *Node) *Range {
	r := &Range{From: 1, To: -1}
	m := n.Map()
	from, to := m.Key("from"), m.Key("to")
	if from != nil {
		r.From = turnNumber(from, r.From)
	}
	if to != nil {
		r.To = turnNumber(to, r.To)
	}
	if of := m.Key("of"); of != nil {
		r.OfSession = of.OneOf("speaker", "session") == "session"
	}
	if n.IsMap() && from == nil && to == nil {
		n.Problem([]string{"from", "to"}, "at least one of them is needed")
	}
	m.Done()
	return r
}

// stretch reads {from, to}, of which one may be missing.
func stretch(n *Node) *Stretch {
	s := &Stretch{}
	m := n.Map()
	from, to := m.Key("from"), m.Key("to")
	if from != nil {
		s.From = from.Duration()
	}
	if to != nil {
		s.To = to.Duration()
	}
	if n.IsMap() && from == nil && to == nil {
		n.Problem([]string{"from", "to"}, "at least one of them is needed")
	}
	if to != nil && s.To != 0 && s.To < s.From {
		n.Problem(nil, "the stretch ends before it begins")
	}
	m.Done()
	return s
}

// turnNumber reads a place from 1, or from −1 backwards; otherwise it returns
// the default.
func turnNumber(n *Node, otherwise int) int {
	i, err := strconv.Atoi(n.raw())
	if err == nil && i != 0 && -10_000 <= i && i <= 10_000 {
		return i
	}
	n.Problem([]string{"1, 2, … from the beginning", "-1, -2, … from the end"}, "%q is no number of a turn", n.raw())
	return otherwise
}

// share reads an extent, or a share such as 20% (of the turns) or 20% time.
func share(n *Node) *Extent {
	if n == nil {
		return nil
	}
	number, ofTime := strings.CutSuffix(n.raw(), " time")
	number, isShare := strings.CutSuffix(number, "%")
	if !isShare {
		return extentOr(n, "a share such as 20% or 20% time")
	}
	p, err := strconv.ParseFloat(number, 64)
	if err != nil || !(p > 0 && p <= 100) {
		n.Problem([]string{"more than 0% and up to 100%"}, "%q is no share", n.raw())
		return nil
	}
	return &Extent{Percent: p, OfTime: ofTime}
}

// extentOr reads a number of turns, or a duration such as 30s; others are what
// may stand there besides.
func extentOr(n *Node, others ...string) *Extent {
	if n == nil {
		return nil
	}
	if _, err := strconv.Atoi(n.raw()); err == nil {
		return &Extent{Turns: n.Int(1, 10_000)}
	}
	if d, err := time.ParseDuration(n.raw()); err == nil && d > 0 {
		return &Extent{Time: d}
	}
	n.Problem(append([]string{"a number of turns such as 3", "a duration such as 30s"}, others...), "%q is none of these", n.raw())
	return nil
}

// anchor reads the name of a condition, or {condition, hit, within, from}.
func anchor(side Side, n *Node) Anchor {
	a := Anchor{Side: side, Hit: HitAny, Node: n}
	if !n.IsMap() {
		a.Condition = n.NonEmpty()
		return a
	}
	m := n.Map()
	if v := m.Must("condition"); v != nil {
		a.Condition, a.Node = v.NonEmpty(), v
	}
	if v := m.Key("hit"); v != nil {
		a.Hit = hit(v)
	}
	a.distance(m)
	m.Done()
	return a
}

// distance reads how far from the hit a turn may and must be.
func (a *Anchor) distance(m *Map) {
	within, from := m.Key("within"), m.Key("from")
	a.Within = extentOr(within)
	if from != nil {
		a.From = from.Int(1, 10_000)
	}
	switch {
	case a.Side == At && (within != nil || from != nil):
		m.Node.Problem(nil, "at is the turn of the hit itself: within and from do nothing here")
	case from != nil && a.Side == Around:
		from.Problem([]string{"before", "after"}, "from goes only with before and after")
	case from != nil && a.Within != nil && a.Within.Time > 0:
		from.Problem([]string{"within: N"}, "from counts turns, within is a time")
	case from != nil && a.Within != nil && a.From > a.Within.Turns:
		from.Problem(nil, "no turn is %d turns away and within %d", a.From, a.Within.Turns)
	}
}

func hit(n *Node) int {
	if _, err := strconv.Atoi(n.raw()); err == nil {
		return n.Int(1, 10_000)
	}
	switch s := n.String(); s {
	case "every":
		return HitEvery
	case "first":
		return 1
	case "last":
		return HitLast
	case "any", "":
	default:
		words := []string{"any", "every", "first", "last"}
		n.Problem(append(words, "1, 2, 3, …"), "unknown value %q%s", s, meant(s, words))
	}
	return HitAny
}
