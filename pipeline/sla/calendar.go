package sla

import "time"

// Calendar says when people work. It does not change after it was read and is
// safe for concurrent use. One whose file has problems must not be used.
type Calendar struct {
	zone  *time.Location
	week  [7][]hours       // by time.Weekday
	extra map[date][]hours // days with hours of their own
	off   map[date]bool    // holidays
}

// hours are a stretch of work, counted from the midnight that begins its day. An
// end past 24 h is on the next day: work through midnight belongs to the day on
// which it begins, and a holiday takes away what begins on it.
type hours struct{ from, to time.Duration }

// date is a day: days since 1970-01-01.
type date int64

const day = 24 * time.Hour

// dateOf is the day of a time in that time's zone.
func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / int64(day/time.Second))
}

// midnight is the beginning of the day in UTC.
func (d date) midnight() time.Time { return time.Unix(int64(d)*int64(day/time.Second), 0).UTC() }

func (d date) weekday() time.Weekday { return d.midnight().Weekday() }

// Zone is the zone in which the calendar's days begin.
func (c *Calendar) Zone() *time.Location { return c.zone }

// hoursOf are the stretches of work that begin on a day, in order.
func (c *Calendar) hoursOf(d date) []hours {
	if h, ok := c.extra[d]; ok {
		return h
	}
	if c.off[d] {
		return nil
	}
	return c.week[d.weekday()]
}

// at is the moment at which the zone's clocks show so much time after a day's
// midnight. When they jump over it, it is the moment of the jump; when they show
// it twice, the first. So moments never go backwards as the clock goes on.
func (c *Calendar) at(d date, clock time.Duration) time.Time {
	want := (d + date(clock/day)).midnight().Add(clock % day)
	y, m, dd := want.Date()
	t := time.Date(y, m, dd, want.Hour(), want.Minute(), 0, 0, c.zone)
	began, ends := t.ZoneBounds()
	switch shown := asUTC(t); {
	case shown.Before(want):
		return ends
	case shown.After(want):
		return began
	case began.IsZero():
		return t
	}
	_, offset := t.Zone()
	_, before := began.Add(-time.Second).Zone()
	back := time.Duration(before-offset) * time.Second
	if first := t.Add(-back); back > 0 && first.Before(began) {
		return first
	}
	return t
}

// asUTC is what clocks show at a time, as if they showed it in UTC.
func asUTC(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// stretch returns the part of some hours that is not before a time; false when
// nothing is left of them.
func (c *Calendar) stretch(d date, h hours, since time.Time) (from, to time.Time, ok bool) {
	from, to = c.at(d, h.from), c.at(d, h.to)
	if from.Before(since) {
		from = since
	}
	return from, to, from.Before(to)
}

// Add returns the first moment at which so much working time has passed since
// start; start itself when d is not above 0. Time that two stretches of work
// share counts once.
func (c *Calendar) Add(start time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return start
	}
	since := start.In(c.zone)
	for today := dateOf(since) - 1; ; today++ { // yesterday's work may run through midnight
		for _, h := range c.hoursOf(today) {
			from, to, ok := c.stretch(today, h, since)
			if !ok {
				continue
			}
			if to.Sub(from) >= d {
				return from.Add(d)
			}
			d, since = d-to.Sub(from), to
		}
	}
}

// Between returns the working time from a to b; negative when b is before a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	var sum time.Duration
	since := a.In(c.zone)
	for today, last := dateOf(since)-1, dateOf(b.In(c.zone)); today <= last; today++ {
		for _, h := range c.hoursOf(today) {
			from, to, ok := c.stretch(today, h, since)
			if !ok || !from.Before(b) {
				continue
			}
			if to.After(b) {
				to = b
			}
			sum, since = sum+to.Sub(from), to
		}
	}
	return sum
}

// WorkingDays returns when work ends on the n-th working day after the day of
// start, which itself does not count; start when n is not above 0.
func (c *Calendar) WorkingDays(start time.Time, n int) time.Time {
	if n <= 0 {
		return start
	}
	for today := dateOf(start.In(c.zone)) + 1; ; today++ {
		work := c.hoursOf(today)
		if len(work) == 0 {
			continue
		}
		if n--; n == 0 {
			return c.at(today, work[len(work)-1].to)
		}
	}
}
