package rule

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"assay/pipeline"
	"assay/pipeline/entity"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// entities looks for what turns name in figures (see pipeline/entity):
//
//	entity: {type: phone}
//	entity: {type: amount, currency: CNY, op: '>', value: metadata.total * 0.9 + 10, round: {digits: 2, mode: up}}
//	entity: {type: date, op: between, values: [2025-01-01, 2025-01-31], count: {min: 1, max: 3}}
//
// It hits when as many are named in range as count says (at least one), each at
// its place; with op only those count whose value compares. Numbers, amounts and
// percentages compare as numbers; everything else as text in its normalised
// form, so that dates and times are ordered too, and a phone number equals the
// same one written otherwise. Op is one of == != < <= > >=, or in, not_in and
// between (both ends included) with values. A value may be an expression over the
// session's fields (see arith.go). Currency leaves out amounts in another one.
//
// Today and tomorrow count from the session's start; where that is missing such
// a date cannot be compared. Nor can a month or a year with a day within it, while
// a day is compared with a month or a year by its own.
type entities struct {
	kind     entity.Type
	currency string
	op       string // "" is any value
	values   []operand
	least    int
	most     int
}

var entityOps = []string{"==", "!=", "<", "<=", ">", ">=", "in", "not_in", "between"}

func readEntity(_ *builder, c *condition, m *scorecard.Map) test {
	c.turnwise = true
	x := &entities{least: 1, most: math.MaxInt}
	if n := m.Must("type"); n != nil {
		x.kind = entity.Type(n.OneOf(typeNames()...))
	}
	if n := m.Key("currency"); n != nil {
		x.currency = n.OneOf(entity.Currencies...)
		if x.kind != entity.Amount {
			n.Problem([]string{string(entity.Amount)}, "only amounts have a currency")
		}
	}
	if n := m.Key("count"); n != nil {
		x.readCount(n)
	}
	if n := m.Key("op"); n != nil {
		x.op = n.OneOf(entityOps...)
		x.readValues(m)
	}
	c.partial = x.op != "" && x.kind == entity.Date
	c.local = x.least == 1 && x.most == math.MaxInt
	c.nowhere = x.least == 0
	return x
}

func typeNames() []string {
	out := make([]string, len(entity.Types))
	for i, t := range entity.Types {
		out[i] = string(t)
	}
	return out
}

func (x *entities) readCount(n *scorecard.Node) {
	m := n.Map()
	low, high := m.Key("min"), m.Key("max")
	if low != nil {
		x.least = low.Int(0, 1000)
	}
	if high != nil {
		x.most = high.Int(0, 1000)
		if low == nil {
			x.least = 0
		}
	}
	checkBounds(m, x.least <= x.most)
	m.Done()
}

func (x *entities) readValues(m *scorecard.Map) {
	switch x.op {
	case "": // reported
		m.Key("value")
		m.Key("values")
		m.Key("round")
		return
	case "in", "not_in", "between":
		n := m.Must("values")
		if n == nil {
			return
		}
		for _, e := range n.List() {
			x.values = append(x.values, x.operand(e))
		}
		checkValues(n, x.op, len(x.values))
	default:
		if n := m.Must("value"); n != nil {
			x.values = []operand{x.operand(n)}
		}
	}
	if n := m.Key("round"); n != nil {
		x.round(n)
	}
}

func (x *entities) round(n *scorecard.Node) {
	r, computed := readRounding(n), false
	for i := range x.values {
		if x.values[i].expr != nil {
			x.values[i].round, computed = r, true
		}
	}
	if !computed {
		n.Problem([]string{"an expression such as metadata.total * 0.9 as value"}, "only computed values are rounded")
	}
}

// operand reads one of the values.
func (x *entities) operand(n *scorecard.Node) operand {
	o := readOperand(n, x.kind.Numeric())
	if _, ok := o.fixed.(bool); ok {
		n.Problem([]string{"a text", "a number"}, "an entity is never true or false")
	}
	return o
}

func (x *entities) judge(e *Evaluation, turns []int) outcome {
	tally := entityTally{}
	for _, t := range turns {
		if e.stopped() {
			break
		}
		if o := x.take(e, t, &tally); o.reason != "" {
			return o
		}
	}
	known, possible := tally.hits, tally.hits+len(tally.unknown)
	o := unknownTime()
	switch {
	case known >= x.least && possible <= x.most:
		o = hit(tally.spans...)
	case possible < x.least || known > x.most:
		o = notHit()
	}
	o.unknown = tally.unknown
	return o
}

// entityTally is what was found so far. Turns with a date that depends on an
// unknown day stand in unknown once for each.
type entityTally struct {
	hits    int
	spans   []transcript.Span
	unknown []int
	values  []any // of the operands, once one entity was found
}

// take adds a turn's entities; the outcome has a reason when there is something
// to compare, and nothing to compare it with.
func (x *entities) take(e *Evaluation, turn int, tally *entityTally) outcome {
	var spans []transcript.Span
	for _, found := range e.entitiesOf(x.kind, turn) {
		if x.currency != "" && found.Currency != "" && found.Currency != x.currency {
			continue
		}
		if tally.values == nil && x.op != "" {
			values, reason := operandValues(x.values, e.in.Session)
			if reason != "" {
				return notEvaluable(reason)
			}
			tally.values = x.normalised(values)
		}
		holds, typed := x.compare(found, tally.values)
		switch {
		case !typed:
			return notEvaluable(pipeline.WrongType)
		case x.op != "" && x.vague(found, tally.values):
			tally.unknown = append(tally.unknown, turn)
		case holds:
			tally.hits++
			spans = append(spans, e.span(turn, found.Start, found.End))
		}
	}
	tally.spans = addPlaces(tally.spans, spans)
	return outcome{}
}

// normalised writes texts as entities of the type are written: what is found in
// a text stands for it.
func (x *entities) normalised(values []any) []any {
	if x.kind.Numeric() {
		return values
	}
	out := make([]any, len(values))
	for i, v := range values {
		text, ok := v.(string)
		if f, isNumber := v.(float64); isNumber {
			text, ok = fmt.Sprintf("%.0f", f), true
		}
		if !ok {
			out[i] = v
			continue
		}
		text = folded(text)
		if found := entity.Find(text, x.kind, time.Time{}); len(found) == 1 && found[0].Text != "" {
			text = found[0].Text
		}
		out[i] = text
	}
	return out
}

// vague reports whether a date is not known well enough to compare it: its year
// is missing, or it is a month or year that one of the values lies in.
func (x *entities) vague(found entity.Entity, values []any) bool {
	if x.kind != entity.Date {
		return false
	}
	return found.Text == "" || strings.HasPrefix(found.Text, "--") || slices.ContainsFunc(values, func(v any) bool {
		s, _ := v.(string)
		return len(s) > len(found.Text) && strings.HasPrefix(s, found.Text)
	})
}

// compare reports whether an entity's value compares as the operator says;
// typed is false when the values have another type.
func (x *entities) compare(found entity.Entity, values []any) (holds, typed bool) {
	if x.op == "" {
		return true, true
	}
	orders := make([]int, len(values))
	for i, v := range values {
		var ok bool
		if orders[i], ok = x.order(found, v); !ok {
			return false, false
		}
	}
	switch x.op {
	case "in":
		return slices.Contains(orders, 0), true
	case "not_in":
		return !slices.Contains(orders, 0), true
	case "between":
		return orders[0] >= 0 && orders[1] <= 0, true
	}
	return orderHolds(x.op, orders[0]), true
}

func (x *entities) order(found entity.Entity, v any) (int, bool) {
	if x.kind.Numeric() {
		f, ok := asNumber(v)
		return compareNumbers(found.Value, f), ok
	}
	s, ok := v.(string)
	text := found.Text
	if x.kind == entity.Date && len(s) < len(text) {
		text = text[:len(s)]
	}
	return strings.Compare(text, s), ok
}

// nearest is the number that came closest to comparing, or the first other
// entity that did not.
func (x *entities) nearest(e *Evaluation, turns []int) (Near, bool) {
	near, best := Near{Turn: -1}, math.Inf(1)
	values, reason := operandValues(x.values, e.in.Session)
	if x.op == "" || reason != "" {
		return near, false
	}
	values = x.normalised(values)
	for _, t := range turns {
		for _, found := range e.entitiesOf(x.kind, t) {
			if holds, typed := x.compare(found, values); holds || !typed || x.vague(found, values) {
				continue
			}
			if far := x.far(found, values); far < best {
				best = far
				quote := e.in.Folded[t].Text[found.Start:found.End]
				near = Near{Turn: t, Text: fmt.Sprintf("%q is %s, not %s %s", quote, x.write(found), x.op, listed(values))}
			}
		}
	}
	return near, near.Turn >= 0
}

// far is how far an entity is from the closest of the values.
func (x *entities) far(found entity.Entity, values []any) float64 {
	far := math.MaxFloat64
	for _, v := range values {
		if f, ok := asNumber(v); ok && x.kind.Numeric() {
			far = min(far, math.Abs(f-found.Value))
		}
	}
	return far
}

func (x *entities) write(found entity.Entity) string {
	if x.kind.Numeric() {
		return fmt.Sprintf("%.10g", found.Value)
	}
	return found.Text
}

func listed(values []any) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return strings.Join(out, ", ")
}

// entityKey is what the entities of a turn are kept by.
type entityKey struct {
	kind entity.Type
	turn int
}

// entitiesOf finds the entities of a type in a turn, once for all conditions.
func (e *Evaluation) entitiesOf(kind entity.Type, turn int) []entity.Entity {
	key := entityKey{kind, turn}
	found, ok := e.entities[key]
	if ok {
		return found
	}
	if e.entities == nil {
		e.entities = map[entityKey][]entity.Entity{}
	}
	found = entity.Find(e.in.Folded[turn].Text, kind, e.began())
	if e.kept += len(found); e.kept <= mostKept {
		e.entities[key] = found
	}
	return found
}

// began is the day that today means: the session's start, or its first wall clock.
func (e *Evaluation) began() time.Time {
	if s := e.in.Session; s.StartedAt.IsZero() {
		for i := range s.Turns {
			if at := s.Turns[i].At; !at.IsZero() {
				return at
			}
		}
	}
	return e.in.Session.StartedAt
}
