package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// metadata compares a field of the session:
//
//	metadata: {field: queue, op: in, values: [vip, gold]}
//
// Field is one of channel, language, business_type, urgency, csat, agent.id,
// agent.team, customer.id, customer.type, or a key of the session's metadata,
// with or without "metadata." before it. Texts are compared folded, and a
// language without a region (zh) equals its regions (zh-CN). A value may be an
// expression over other fields, also rounded (see arith.go):
//
//	metadata: {field: refund, op: ==, value: metadata.paid * 0.9, round: {digits: 2}}
//
// In, not_in and between (both ends included) have values. Less, more and between
// order numbers or, when the value is a day (2026-01-31) or a time
// (2026-01-31T09:30:00+08:00), dates: a field with a time is compared with a day by
// its own day. A text that reads as a number, a date or as true or false counts as
// one where one is asked for, because some formats have nothing but text; any
// other difference of type is not evaluable, and so is a missing field, except for
// exists.
type metadata struct {
	field  string
	op     string
	values []operand // one unless op is in, not_in or between
}

var comparisons = []string{"==", "!=", "<", "<=", ">", ">=", "in", "not_in", "between", "exists", "contains"}

func readMetadata(_ *builder, c *condition, m *scorecard.Map) test {
	c.whole, c.nowhere = true, true
	d := &metadata{}
	if n := m.Must("field"); n != nil {
		d.field = n.NonEmpty()
	}
	if n := m.Must("op"); n != nil {
		d.op = n.OneOf(comparisons...)
	}
	switch d.op {
	case "": // reported
		m.Key("value")
		m.Key("values")
		m.Key("round")
	case "exists":
	case "in", "not_in", "between":
		d.readValues(m)
	default:
		d.readValue(m)
	}
	return d
}

func (d *metadata) readValues(m *scorecard.Map) {
	n := m.Must("values")
	if n == nil {
		return
	}
	for _, e := range n.List() {
		d.values = append(d.values, d.operand(e))
	}
	checkValues(n, d.op, len(d.values))
}

// checkValues finds lists of values that an operator cannot use.
func checkValues(n *scorecard.Node, op string, count int) {
	switch {
	case !n.IsList():
	case op == "between" && count != 2:
		n.Problem([]string{"[the least, the most]"}, "between takes two values, found %d", count)
	case count == 0:
		n.Problem(nil, "the list is empty")
	}
}

// operand reads a value: of what is ordered, a date or a number.
func (d *metadata) operand(n *scorecard.Node) operand {
	ordered := d.ordered()
	if ordered {
		if at, ok := asMoment(n.Value()); ok {
			return operand{fixed: at}
		}
	}
	return readOperand(n, ordered)
}

func (d *metadata) ordered() bool { return d.op[0] == '<' || d.op[0] == '>' || d.op == "between" }

func (d *metadata) readValue(m *scorecard.Map) {
	n := m.Must("value")
	if n == nil {
		return
	}
	v := d.operand(n)
	if r := m.Key("round"); r != nil {
		if v.round = readRounding(r); v.expr == nil {
			r.Problem([]string{"an expression such as metadata.total * 0.9 as value"}, "only computed values are rounded")
		}
	}
	if _, ok := v.fixed.(bool); ok && (d.ordered() || d.op == "contains") {
		n.Problem([]string{"a text", "a number"}, "%s is about texts and numbers", d.op)
	}
	d.values = []operand{v}
}

func (d *metadata) judge(e *Evaluation, _ []int) outcome {
	field, ok := lookUp(e.in.Session, d.field)
	switch {
	case d.op == "exists":
		return when(ok)
	case !ok:
		return notEvaluable(pipeline.NoMetadata)
	}
	values, reason := operandValues(d.values, e.in.Session)
	switch {
	case reason != "":
		return notEvaluable(reason)
	case d.op == "contains":
		return d.contains(field, values[0])
	case d.op == "between":
		return d.between(field, values)
	}
	typed := false
	for _, want := range values {
		order, ok := d.compare(field, want)
		typed = typed || ok
		if ok && orderHolds(d.op, order) {
			return when(d.op != "not_in")
		}
	}
	if !typed {
		return notEvaluable(pipeline.WrongType)
	}
	return when(d.op == "not_in")
}

func (d *metadata) between(field any, values []any) outcome {
	low, ok1 := d.compare(field, values[0])
	high, ok2 := d.compare(field, values[1])
	if !ok1 || !ok2 {
		return notEvaluable(pipeline.WrongType)
	}
	return when(low >= 0 && high <= 0)
}

// orderHolds reports whether a comparison holds for the order of two values; one
// that is none of < <= > >= != asks whether they are equal.
func orderHolds(op string, order int) bool {
	switch op {
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return order == 0
}

// compare orders a field and a value of one type; false when the types differ.
func (d *metadata) compare(field, want any) (int, bool) {
	switch want := want.(type) {
	case string:
		s, ok := field.(string)
		if d.field == "language" && !strings.Contains(want, "-") {
			s, _, _ = strings.Cut(s, "-")
		}
		return strings.Compare(folded(s), folded(want)), ok
	case float64:
		f, ok := asNumber(field)
		return compareNumbers(f, want), ok
	case moment:
		at, ok := asMoment(field)
		return at.compare(want), ok
	case bool:
		b, ok := asBool(field)
		if b == want {
			return 0, ok
		}
		return 1, ok
	}
	return 0, false
}

func (d *metadata) contains(field, value any) outcome {
	switch f := field.(type) {
	case string:
		want, ok := value.(string)
		if !ok {
			return notEvaluable(pipeline.WrongType)
		}
		return when(strings.Contains(folded(f), folded(want)))
	case []any:
		return when(slices.ContainsFunc(f, func(v any) bool {
			order, ok := d.compare(v, value)
			return ok && order == 0
		}))
	}
	return notEvaluable(pipeline.WrongType)
}

func folded(s string) string { return strings.TrimSpace(transcript.Fold(s).Text) }

func asNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return f, err == nil
	}
	return 0, false
}

// moment is a day, or a time on a day.
type moment struct {
	at  time.Time
	day bool
}

// asMoment reads a text as a date; one without a zone is taken as UTC.
func asMoment(v any) (moment, bool) {
	s, _ := v.(string)
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05", time.DateTime, "2006-01-02 15:04"} {
		if at, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return moment{at, layout == time.DateOnly}, true
		}
	}
	return moment{}, false
}

// compare orders two moments, by their days when one of them is no more than that.
func (m moment) compare(other moment) int {
	if m.day || other.day {
		return strings.Compare(m.at.Format(time.DateOnly), other.at.Format(time.DateOnly))
	}
	return m.at.Compare(other.at)
}

func asBool(v any) (value, ok bool) {
	if s, isText := v.(string); isText {
		return folded(s) == "true", folded(s) == "true" || folded(s) == "false"
	}
	value, ok = v.(bool)
	return value, ok
}

// lookUp finds a field of the session; false when it is missing or empty.
func lookUp(s *transcript.Session, field string) (any, bool) {
	text := ""
	switch field {
	case "channel":
		text = string(s.Channel)
	case "language":
		text = s.Language
	case "business_type":
		text = s.BusinessType
	case "urgency":
		text = s.Urgency
	case "csat":
		return s.CSAT, s.CSAT != 0
	case "agent.id", "agent.team":
		if s.Agent != nil {
			text = map[string]string{"agent.id": s.Agent.ID, "agent.team": s.Agent.Team}[field]
		}
	case "customer.id", "customer.type":
		if s.Customer != nil {
			text = map[string]string{"customer.id": s.Customer.ID, "customer.type": s.Customer.Type}[field]
		}
	default:
		v := s.Metadata[strings.TrimPrefix(field, "metadata.")]
		return v, v != nil && v != ""
	}
	return text, text != ""
}

// nearest is the field's value.
func (d *metadata) nearest(e *Evaluation, _ []int) (Near, bool) {
	field, ok := lookUp(e.in.Session, d.field)
	if !ok {
		return Near{-1, d.field + " is missing"}, true
	}
	return Near{-1, fmt.Sprintf("%s is %s", d.field, clipped(fmt.Sprint(field)))}, true
}
