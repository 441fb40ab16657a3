package sla

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"assay/pipeline/scorecard"
)

// Level is how a case is followed up, 1 being the gravest.
type Level struct {
	Level  int
	Name   scorecard.Text
	When   scorecard.Text // which cases are of this level, for people
	Owner  Role
	Clocks []Clock // in the order of the file
}

// Role is who owns a case.
type Role string

// The owners of cases.
const (
	Supervisor  Role = "supervisor"
	ShiftLeader Role = "shift_leader"
	Quality     Role = "quality" // the quality department
)

// Clock is something that is due for a case.
type Clock struct {
	Name string // what is due, such as contact or result
	Due  Due
}

// Due says when something is due, in exactly one of its ways.
type Due struct {
	After       time.Duration // so long after the case began, by day and night
	WorkingDays int           // at the end of the n-th working day after the day it began
	Every       Period        // at the end of the running week or month
}

// Period is a stretch of the calendar.
type Period string

// The periods. Weeks end on Sunday.
const (
	Weekly  Period = "weekly"
	Monthly Period = "monthly"
)

// Of returns when something is due for a case that began at a time. Days begin
// and end in the calendar's zone.
func (d Due) Of(began time.Time, c *Calendar) time.Time {
	switch {
	case d.WorkingDays > 0:
		return c.WorkingDays(began, d.WorkingDays)
	case d.Every == Weekly:
		today := dateOf(began.In(c.zone))
		return c.at(today+date(7-today.weekday())%7, day)
	case d.Every == Monthly:
		y, m, _ := began.In(c.zone).Date()
		return c.at(dateOf(time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)), 0)
	}
	return began.Add(d.After)
}

// ReadLevels reads a list of levels of cases, each once.
func ReadLevels(n *scorecard.Node) []Level {
	var out []Level
	for _, e := range n.List() {
		l := level(e.Map())
		if slices.ContainsFunc(out, func(o Level) bool { return o.Level == l.Level }) {
			e.Problem(nil, "level %d stands twice", l.Level)
		}
		out = append(out, l)
	}
	return out
}

func level(m *scorecard.Map) Level {
	var l Level
	if n := m.Must("level"); n != nil {
		l.Level = n.Int(1, 3)
	}
	if n := m.Must("name"); n != nil {
		l.Name = n.Text()
	}
	if n := m.Must("when"); n != nil {
		l.When = n.Text()
	}
	if n := m.Must("owner"); n != nil {
		l.Owner = Role(n.OneOf(string(Supervisor), string(ShiftLeader), string(Quality)))
	}
	if n := m.Must("clocks"); n != nil {
		clocks := n.Map()
		for _, name := range clocks.Names() {
			l.Clocks = append(l.Clocks, Clock{name, due(clocks.Key(name))})
		}
	}
	m.Done()
	return l
}

var workingDays = regexp.MustCompile(`^(\d{1,3}) working days?$`)

// maxWorkingDays bounds a clock to about a working year.
const maxWorkingDays = 250

// due reads 24h, 3 working days, weekly or monthly.
func due(n *scorecard.Node) Due {
	s := n.String()
	if s == string(Weekly) || s == string(Monthly) {
		return Due{Every: Period(s)}
	}
	if m := workingDays.FindStringSubmatch(s); m != nil {
		if days, err := strconv.Atoi(m[1]); err == nil && days >= 1 && days <= maxWorkingDays {
			return Due{WorkingDays: days}
		}
	} else if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return Due{After: d}
	}
	n.Problem([]string{"24h", fmt.Sprintf("1 to %d working days", maxWorkingDays), "weekly", "monthly"}, "%q says not when it is due", s)
	return Due{}
}
