package sla

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/pipeline/scorecard"
)

// ReadCalendar reads a calendar:
//
//	zone: Asia/Shanghai
//	week:
//	  mon-fri: 09:00-12:00, 13:30-18:00
//	  sat: 22:00-06:00
//	holidays: [2026-10-01..2026-10-07, 2027-01-01]
//	extra: [2026-10-10]                      # like the week's first working day
//	extra: {2026-10-10: 10:00-16:00}         # or with hours of their own
//
// Days of the week that are not named are free. Hours that end before they begin
// end on the next day.
func ReadCalendar(n *scorecard.Node) *Calendar {
	c := &Calendar{zone: time.UTC, off: map[date]bool{}, extra: map[date][]hours{}}
	m := n.Map()
	if v := m.Must("zone"); v != nil {
		c.readZone(v)
	}
	if v := m.Must("week"); v != nil {
		c.readWeek(v)
	}
	if v := m.Key("holidays"); v != nil {
		c.readHolidays(v)
	}
	if v := m.Key("extra"); v != nil {
		c.readExtra(v)
	}
	m.Done()
	return c
}

func (c *Calendar) readZone(n *scorecard.Node) {
	name := n.NonEmpty()
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		n.Problem([]string{"names such as Asia/Shanghai, Europe/London, UTC"}, "%q is no time zone", name)
		return
	}
	c.zone = zone
}

// weekdays are the days of the week as files name them, Monday first.
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

func (c *Calendar) readWeek(n *scorecard.Node) {
	m := n.Map()
	seen := map[int]bool{}
	works, misread := false, false
	for _, key := range m.Names() {
		work := dayHours(m.Key(key))
		works, misread = works || len(work) > 0, misread || len(work) == 0
		for _, i := range weekRange(m.Place(key), key) {
			if seen[i] {
				m.Place(key).Problem(nil, "%s stands twice", weekdays[i])
			}
			seen[i] = true
			c.week[(i+1)%7] = work
		}
	}
	if n.IsMap() && !works && !misread {
		n.Problem(nil, "nobody works on any day of the week")
	}
}

// weekRange reads mon or mon-fri as places in weekdays; fri-mon runs over the week's end.
func weekRange(place *scorecard.Node, key string) []int {
	first, last, isRange := strings.Cut(key, "-")
	if !isRange {
		last = first
	}
	from, to := slices.Index(weekdays, first), slices.Index(weekdays, last)
	if from < 0 || to < 0 {
		place.Problem(append(slices.Clone(weekdays), "ranges such as mon-fri"), "%q is no day of the week", key)
		return nil
	}
	out := []int{from}
	for i := from; i != to; {
		i = (i + 1) % 7
		out = append(out, i)
	}
	return out
}

// maxHolidays bounds the days off of a calendar: some decades of them.
const maxHolidays = 4000

func (c *Calendar) readHolidays(n *scorecard.Node) {
	for _, e := range n.List() {
		for _, d := range dates(e) {
			c.off[d] = true
		}
		if len(c.off) > maxHolidays {
			e.Problem(nil, "the holidays have more than %d days up to here", maxHolidays)
			return
		}
	}
}

func (c *Calendar) readExtra(n *scorecard.Node) {
	add := func(place *scorecard.Node, work []hours) {
		for _, d := range dates(place) {
			if _, twice := c.extra[d]; twice || c.off[d] {
				place.Problem(nil, "%s stands twice, or among the holidays too", d.midnight().Format(time.DateOnly))
			}
			c.extra[d] = work
		}
	}
	if !n.IsMap() {
		for _, e := range n.List() {
			add(e, c.firstWorkingDay())
		}
		return
	}
	m := n.Map()
	for _, key := range m.Names() {
		add(m.Place(key), dayHours(m.Key(key)))
	}
}

func (c *Calendar) firstWorkingDay() []hours {
	for i := range weekdays {
		if work := c.week[(i+1)%7]; len(work) > 0 {
			return work
		}
	}
	return nil
}

// hoursAllowed says how stretches of work are written. They are one text,
// because YAML reads the colon of 09:00 in a list as that of a mapping.
var hoursAllowed = []string{`hours such as "09:00-12:00, 13:30-18:00", "22:00-06:00", "00:00-24:00"`}

// dayHours reads the stretches of work of a day, in order.
func dayHours(n *scorecard.Node) []hours {
	if n.IsList() || n.IsMap() {
		n.Problem(hoursAllowed, "the hours of a day are one text")
		return nil
	}
	var out []hours
	for part := range strings.SplitSeq(n.String(), ",") {
		h, ok := parseHours(strings.TrimSpace(part))
		switch {
		case !ok:
			n.Problem(hoursAllowed, "%q is no stretch of work", strings.TrimSpace(part))
			continue
		case len(out) > 0 && h.from < out[len(out)-1].to:
			n.Problem(nil, "%s begins before the hours ahead of it end", strings.TrimSpace(part))
		}
		out = append(out, h)
	}
	return out
}

var clockRange = regexp.MustCompile(`^(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)$`)

func parseHours(s string) (hours, bool) {
	m := clockRange.FindStringSubmatch(s)
	if m == nil {
		return hours{}, false
	}
	h := hours{clockTime(m[1], m[2]), clockTime(m[3], m[4])}
	if h.from >= day || h.to > day || h.from == h.to {
		return hours{}, false
	}
	if h.to < h.from {
		h.to += day
	}
	return h, true
}

// clockTime is the time that digits show.
func clockTime(hour, minute string) time.Duration {
	h, errH := strconv.Atoi(hour)
	m, errM := strconv.Atoi(minute)
	if errH != nil || errM != nil {
		return 2 * day // no time of a day; clockRange lets only digits through
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

// maxDates bounds a range of days, so that every calendar has working time.
const maxDates = 400

// dates reads 2026-10-01 or 2026-10-01..2026-10-07, both included.
func dates(n *scorecard.Node) []date {
	s := n.String()
	first, last, isRange := strings.Cut(s, "..")
	if !isRange {
		last = first
	}
	from, err1 := time.Parse(time.DateOnly, first)
	to, err2 := time.Parse(time.DateOnly, last)
	if err1 != nil || err2 != nil || to.Before(from) || to.Sub(from) >= maxDates*day {
		n.Problem([]string{"2026-10-01", fmt.Sprintf("ranges of up to %d days such as 2026-10-01..2026-10-07", maxDates)}, "%q is no day and no range of days", s)
		return nil
	}
	var out []date
	for d := dateOf(from); d <= dateOf(to); d++ {
		out = append(out, d)
	}
	return out
}
