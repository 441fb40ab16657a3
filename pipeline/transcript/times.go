package transcript

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// TimeUnit is the unit of times written as plain numbers.
type TimeUnit string

// The units of a mapping. Without one, a number is milliseconds when it is whole
// and seconds when it has a decimal point.
const (
	Milliseconds TimeUnit = "ms"
	Seconds      TimeUnit = "s"
	Microseconds TimeUnit = "us"
)

// TimeUnits lists the allowed units.
var TimeUnits = []TimeUnit{Milliseconds, Seconds, Microseconds}

// moment is a time as a source wrote it: a wall clock, or an offset.
type moment struct {
	at     time.Time     // zero for an offset
	offset time.Duration // from the beginning of the session, or of the day when daytime
	// daytime marks what was written hh:mm:ss, which may be either.
	daytime bool
}

// timeReader reads the times of one source.
type timeReader struct {
	unit   TimeUnit
	layout string // of wall clocks, in Go's form; "" is any of layouts
	zone   *time.Location
}

// layouts are the forms of wall clocks; fractions of a second fit all of them.
var layouts = []string{
	"2006-1-2 15:04:05", "2006-1-2T15:04:05Z07:00", "2006/1/2 15:04:05", "2006-1-2T15:04:05", "2006-1-2 15:04",
	"2006/1/2 15:04", "2006-1-2 15:04:05Z07:00", "2006-1-2 15:04:05 -0700", "2006-1-2T15:04:05Z0700",
	"2006年1月2日 15:04:05", "2006年1月2日 15:04", "2006年1月2日15:04:05", "2006.1.2 15:04:05", "2006-1-2T15:04",
}

const allowedTimes = "2025-03-01 09:30:00 (with T, /, 年月日 or a zone as well), hh:mm:ss, mm:ss, a number of ms or s, epoch seconds or milliseconds"

var clockForm = regexp.MustCompile(`^(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,9}))?$`)

func (r timeReader) read(s string) (moment, bool) {
	s = strings.TrimSpace(s)
	if r.layout != "" {
		t, err := time.ParseInLocation(r.layout, s, r.zone)
		return moment{at: t}, err == nil
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return r.number(n, !strings.ContainsAny(s, ".eE"))
	}
	if parts := clockForm.FindStringSubmatch(s); parts != nil {
		return clockMoment(parts)
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, r.zone); err == nil {
			return moment{at: t}, true
		}
	}
	return moment{}, false
}

// clockMoment reads hours (perhaps), minutes, seconds and a fraction.
func clockMoment(parts []string) (moment, bool) {
	var n [3]int
	for i := range n {
		if s := parts[i+1]; s != "" {
			n[i], _ = strconv.Atoi(s) // at most three digits, by the pattern
		}
	}
	if n[2] > 59 || parts[1] != "" && n[1] > 59 {
		return moment{}, false
	}
	nanos, _ := strconv.Atoi((parts[4] + "000000000")[:9]) // nine digits
	offset := time.Duration(n[0])*time.Hour + time.Duration(n[1])*time.Minute + time.Duration(n[2])*time.Second
	return moment{offset: offset + time.Duration(nanos), daytime: parts[1] != "" && n[0] < 24}, true
}

// number reads a plain number. One that is far beyond any session counts from
// 1970, in the unit that brings it near today.
func (r timeReader) number(n float64, isWhole bool) (moment, bool) {
	switch {
	case math.IsNaN(n) || math.Abs(n) >= 1e17:
		return moment{}, false
	case n >= 1e14 && r.unit != Seconds && r.unit != Milliseconds:
		return moment{at: time.UnixMicro(int64(n)).In(r.zone)}, true
	case n >= 1e11 && r.unit != Seconds && r.unit != Microseconds:
		return moment{at: time.UnixMilli(int64(n)).In(r.zone)}, true
	case n >= 1e9 && n < 1e11 && (r.unit == Seconds || r.unit == ""):
		return moment{at: time.UnixMilli(int64(math.Round(n * 1000))).In(r.zone)}, true
	}
	unit := time.Millisecond
	switch {
	case r.unit == Seconds || r.unit == "" && !isWhole:
		unit = time.Second
	case r.unit == Microseconds:
		unit = time.Microsecond
	}
	d := n * float64(unit)
	if math.Abs(d) >= math.MaxInt64 {
		return moment{}, false
	}
	return moment{offset: time.Duration(math.Round(d))}, true
}

// timing is when a turn began and ended, as far as the source says.
type timing struct{ start, end, at *moment }

// setTimes gives the turns the times in all, one for each. Offsets written as hh:mm:ss are the time
// of the day when the first one is an hour or more; they are then counted from
// the first one, past midnight too. Wall clocks without a beginning of the
// session begin it.
func (s *Session) setTimes(all []timing) {
	day := daytimeOrigin(all)
	var last time.Duration
	for i, tm := range all {
		t := &s.Turns[i]
		for _, m := range []*moment{tm.start, tm.at, tm.end} {
			if m == nil || !m.daytime || day == 0 {
				continue
			}
			m.offset -= day
			for m.offset < last-12*time.Hour {
				m.offset += 24 * time.Hour
			}
			last = m.offset
		}
		t.At = clockOf(tm.at, tm.start)
		if start := offsetOf(tm.start, tm.at); start != nil {
			t.StartMS = start
		}
		if end := offsetOf(tm.end); end != nil {
			t.EndMS = end
		}
		if s.StartedAt.IsZero() {
			s.StartedAt = t.At
		}
		if tm.end != nil && !tm.end.at.IsZero() && !s.StartedAt.IsZero() {
			t.EndMS = new(tm.end.at.Sub(s.StartedAt).Milliseconds())
		}
	}
}

// daytimeOrigin is the first hh:mm:ss when it must be a time of the day, else 0.
func daytimeOrigin(all []timing) time.Duration {
	for _, tm := range all {
		for _, m := range []*moment{tm.start, tm.at} {
			if m != nil && m.daytime {
				if m.offset >= time.Hour {
					return m.offset
				}
				return 0
			}
		}
	}
	return 0
}

func clockOf(moments ...*moment) time.Time {
	for _, m := range moments {
		if m != nil && !m.at.IsZero() {
			return m.at
		}
	}
	return time.Time{}
}

func offsetOf(moments ...*moment) *int64 {
	for _, m := range moments {
		if m != nil && m.at.IsZero() {
			return new(m.offset.Milliseconds())
		}
	}
	return nil
}
