package rule

import (
	"time"

	"assay/pipeline/scorecard"
	"assay/pipeline/sla"
)

// timeLimit is how long something may take: a fixed time, or a limit of the
// scorecard's matrix that is looked up for each session.
type timeLimit struct {
	fixed  time.Duration
	name   sla.Limit // "" when the time is fixed
	matrix *sla.Matrix
}

// timeLimit reads more_than: 60s or sla: first_response.
func (b *builder) timeLimit(m *scorecard.Map) *timeLimit {
	l := &timeLimit{}
	fixed, name := m.Key("more_than"), m.Key("sla")
	switch {
	case fixed != nil && name != nil:
		m.Place("sla").Problem(nil, "more_than is a limit too: leave one of them out")
	case fixed != nil:
		l.fixed = fixed.Duration()
	case name == nil:
		if m.Node.IsMap() {
			m.Node.Problem(nil, "%q or %q is missing", "more_than", "sla")
		}
	default:
		l.name = limitName(name)
		if l.matrix = b.matrix(name); l.name != "" && len(l.matrix.Rows) > 0 && !l.matrix.Sets(l.name) {
			name.Problem(nil, "no row of the matrix sets %s, so that no session has this limit", l.name)
		}
	}
	return l
}

func limitName(n *scorecard.Node) sla.Limit {
	allowed := make([]string, len(sla.Limits))
	for i, l := range sla.Limits {
		allowed[i] = string(l)
	}
	return sla.Limit(n.OneOf(allowed...))
}

// matrix is the scorecard's matrix, or else the shipped one, read when it is
// first asked for. n is where it is asked for.
func (b *builder) matrix(n *scorecard.Node) *sla.Matrix {
	if b.sla == nil {
		shipped, err := sla.Default()
		if b.sla = shipped.Matrix; err != nil {
			n.Problem(nil, "the shipped matrix: %v", err)
			b.sla = &sla.Matrix{}
		}
	}
	return b.sla
}

// of is the limit for the session; false when the matrix has none.
func (l *timeLimit) of(e *Evaluation) (time.Duration, bool) {
	if l.name == "" {
		return l.fixed, true
	}
	return l.matrix.Find(sla.KeyOf(e.in.Session), l.name)
}

// passed is Hit when more than the limit lies between the end of one turn and
// the beginning of a later one; where the matrix has a calendar, more working time.
func (l *timeLimit) passed(e *Evaluation, limit time.Duration, from, to int) scorecard.State {
	began, exact := e.end(from)
	known := exact
	if !exact { // not even since its beginning?
		began, known = e.start(from)
	}
	ended, ok := e.start(to)
	if !known || !ok {
		return scorecard.NotEvaluable
	}
	late, known := ended-began > limit, true
	if late && l.works() {
		var origin time.Time
		if origin, known = e.in.Session.Origin(); known {
			over := l.matrix.Calendar.Add(origin.Add(began), limit+1)
			late = !origin.Add(ended).Before(over)
		}
	}
	switch {
	case !known || late && !exact:
		return scorecard.NotEvaluable
	case late:
		return scorecard.Hit
	}
	return scorecard.NotHit
}

// gap is the time that passed counts; false when it is not known.
func (l *timeLimit) gap(e *Evaluation, from, to int) (time.Duration, bool) {
	gap, known := e.gap(from, to)
	origin, dated := e.in.Session.Origin()
	if !known || !l.works() || !dated {
		return gap, known
	}
	began, _ := e.end(from)
	return l.matrix.Calendar.Between(origin.Add(began), origin.Add(began+gap)), true
}

// works reports whether only working time counts.
func (l *timeLimit) works() bool { return l.name != "" && l.matrix.Calendar != nil }
