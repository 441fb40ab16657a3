package sla

import (
	_ "embed"
	"slices"
	"strings"
	"time"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

//go:embed defaults.yaml
var defaults string

// Defaults are the shipped matrix and levels.
type Defaults struct {
	Matrix *Matrix
	Levels []Level
}

// Default reads what is shipped. The caller owns the result.
func Default() (Defaults, error) {
	doc := scorecard.Open("defaults.yaml", []byte(defaults))
	if doc.Root == nil {
		return Defaults{}, doc.Problems().Err()
	}
	m := doc.Root.Map()
	d := Defaults{Matrix: &Matrix{}}
	if n := m.Must("rows"); n != nil {
		d.Matrix.Rows = rows(n)
	}
	if n := m.Must("levels"); n != nil {
		d.Levels = ReadLevels(n)
	}
	m.Done()
	return d, doc.Problems().Err()
}

// ReadMatrix reads the block "sla" of a scorecard: a list of rows, or a mapping
// of rows and a calendar; without rows there, the shipped ones.
//
//	sla:
//	  calendar: {zone: Asia/Shanghai, week: {mon-fri: 09:00-18:00}}
//	  rows:
//	    - {first_response: 5m}
//	    - {business_type: [loan, card], customer_type: enterprise, urgency: "*", first_response: 1m}
//
// A key that a row leaves out, or gives as "*", is for all sessions.
func ReadMatrix(n *scorecard.Node) *Matrix {
	if !n.IsMap() {
		return &Matrix{Rows: rows(n)}
	}
	matrix := &Matrix{}
	m := n.Map()
	list, calendar := m.Key("rows"), m.Key("calendar")
	switch {
	case list != nil:
		matrix.Rows = rows(list)
	default:
		shipped, err := Default()
		if err != nil {
			n.Problem(nil, "the shipped rows: %v", err)
			return matrix
		}
		matrix.Rows = shipped.Matrix.Rows
	}
	if calendar != nil {
		matrix.Calendar = ReadCalendar(calendar)
	}
	m.Done()
	return matrix
}

// maxRows bounds the rows of a matrix, and the values of a row: looking up a
// limit reads all of them.
const maxRows = 1000

func rows(n *scorecard.Node) []Row {
	list := n.List()
	if n.IsList() && len(list) == 0 || len(list) > maxRows {
		n.Problem([]string{"1 to 1000 rows"}, "the matrix has %d rows", len(list))
		return nil
	}
	var out []Row
	for _, e := range list {
		r := row(e.Map())
		for i, before := range out {
			if l := contested(before, r); l != "" {
				e.Problem(nil, "row %d is just as specific and sets %s for some of the same sessions", i+1, l)
				break
			}
		}
		out = append(out, r)
	}
	return out
}

// contested is a limit that two rows set for the same sessions, neither being
// more specific; "" when there is none.
func contested(a, b Row) Limit {
	if !a.meets(b) {
		return ""
	}
	for _, l := range Limits {
		_, inA := a.Limits[l]
		if _, inB := b.Limits[l]; inA && inB {
			return l
		}
	}
	return ""
}

// maxLimit bounds the limits: what takes longer is no matter of one session.
const maxLimit = 31 * 24 * time.Hour

func row(m *scorecard.Map) Row {
	r := Row{
		BusinessTypes: values(m.Key("business_type"), nil),
		CustomerTypes: values(m.Key("customer_type"), transcript.CustomerTypes),
		Urgencies:     values(m.Key("urgency"), transcript.Urgencies),
		Limits:        map[Limit]time.Duration{},
	}
	var known []string
	for _, l := range Limits {
		known = append(known, string(l))
		n := m.Key(string(l))
		if n == nil {
			continue
		}
		d := n.Duration()
		if d > maxLimit {
			n.Problem([]string{"at most 744h"}, "the limit of %s is longer than a month", d)
		}
		r.Limits[l] = d
	}
	if m.Done(); len(r.Limits) == 0 && m.Node.IsMap() {
		m.Node.Problem(known, "the row sets no limit")
	}
	return r
}

// values reads a value or a list of them, of a closed list unless allowed is
// nil; "*" is every value, and no list.
func values(n *scorecard.Node, allowed []string) []string {
	if n == nil {
		return nil
	}
	list := []*scorecard.Node{n}
	if n.IsList() {
		if list = n.List(); len(list) == 0 {
			n.Problem([]string{`"*"`}, "the list is empty")
		}
	} else if strings.TrimSpace(n.String()) == "*" {
		return nil
	}
	if len(list) > maxRows {
		n.Problem([]string{"at most 1000 values"}, "the list has %d values", len(list))
		return nil
	}
	var out []string
	for _, e := range list {
		v := value(e, allowed)
		if v == "*" {
			e.Problem(nil, `"*" is every value: it stands alone`)
		}
		if v != "" && slices.Contains(out, v) {
			e.Problem(nil, "%q stands twice", v)
		}
		out = append(out, v)
	}
	return out
}

// value is "" when the node is misread, which has been reported.
func value(n *scorecard.Node, allowed []string) string {
	if len(allowed) == 0 {
		return scorecard.PlainName(n.NonEmpty())
	}
	return n.OneOf(append(slices.Clone(allowed), "*")...)
}
