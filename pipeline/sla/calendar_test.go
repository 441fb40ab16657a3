package sla_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"assay/pipeline/sla"
)

// calendars by name: office hours with a lunch break in China with the holidays
// of a year's end, nights in New York, always open in Berlin, and hours that
// overlap from one day into the next in Auckland.
var calendars = map[string]string{
	"office": `calendar:
  zone: Asia/Shanghai
  week: {mon-fri: "09:00-12:00, 13:30-18:00"}
  holidays: [2026-12-31..2027-01-03, 2026-10-01..2026-10-07]
  extra: [2027-01-09, 2026-10-10]`,
	"nights":  `calendar: {zone: America/New_York, week: {fri-mon: "22:00-06:00", wed: 09:00-17:00}, holidays: [2026-11-01]}`,
	"always":  `calendar: {zone: Europe/Berlin, week: {mon-sun: 00:00-24:00}, extra: {2026-03-29: 08:00-12:00}}`,
	"overlap": `calendar: {zone: Pacific/Auckland, week: {mon-sun: "05:00-07:00, 20:00-06:00"}}`,
}

func calendar(t *testing.T, name string) *sla.Calendar {
	t.Helper()
	return matrix(t, calendars[name]).Calendar
}

// moment reads a time in a calendar's zone.
func moment(t *testing.T, c *sla.Calendar, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, c.Zone())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWorkingTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, calendar, start string
		add                   time.Duration
		want                  string
	}{
		{"within the morning", "office", "2026-11-02 09:30", time.Hour, "2026-11-02 10:30"},
		{"over the lunch break", "office", "2026-11-02 11:30", time.Hour, "2026-11-02 14:00"},
		{"exactly to the break, not beyond", "office", "2026-11-02 11:00", time.Hour, "2026-11-02 12:00"},
		{"before work begins", "office", "2026-11-02 03:00", time.Minute, "2026-11-02 09:01"},
		{"over the weekend", "office", "2026-11-06 17:30", time.Hour, "2026-11-09 09:30"},
		{"over holidays at a year's end", "office", "2026-12-30 17:00", 90 * time.Minute, "2027-01-04 09:30"},
		{"a Saturday that is worked", "office", "2027-01-08 17:30", time.Hour, "2027-01-09 09:30"},
		{"holidays, then a Saturday that is worked", "office", "2026-09-30 17:45", 4*7*time.Hour + 45*time.Minute, "2026-10-12 16:30"},
		{"nothing", "office", "2026-11-07 03:00", 0, "2026-11-07 03:00"},
		{"less than nothing", "office", "2026-11-07 03:00", -time.Hour, "2026-11-07 03:00"},
		{"through midnight", "nights", "2026-11-06 23:00", 3 * time.Hour, "2026-11-07 02:00"},
		{"after midnight, begun yesterday", "nights", "2026-11-07 05:00", 2 * time.Hour, "2026-11-07 23:00"},
		{"the night into a holiday is worked, the holiday's own night is not", "nights", "2026-11-01 05:00", 2 * time.Hour, "2026-11-02 23:00"},
		{"clocks are set back in the night", "nights", "2026-10-31 22:00", 9 * time.Hour, "2026-11-01 06:00"},
		{"clocks are set forward in the night", "nights", "2026-03-07 22:00", 7 * time.Hour, "2026-03-08 06:00"},
		{"a day of 25 hours", "always", "2026-10-25 00:00", 25 * time.Hour, "2026-10-26 00:00"},
		{"hours of its own on the day when clocks go forward", "always", "2026-03-29 00:00", 5 * time.Hour, "2026-03-30 01:00"},
		{"shared hours count once", "overlap", "2026-11-03 04:00", 3 * time.Hour, "2026-11-03 07:00"},
	}
	for _, tt := range tests {
		c := calendar(t, tt.calendar)
		start, want := moment(t, c, tt.start), moment(t, c, tt.want)
		got := c.Add(start, tt.add)
		if !got.Equal(want) {
			t.Errorf("%s: %s, want %s", tt.name, got, want)
		}
		if back := c.Between(start, got); tt.add > 0 && back != tt.add {
			t.Errorf("%s: %s lie between, want %s", tt.name, back, tt.add)
		}
	}
}

func TestMomentsThatClocksSkipOrShowTwice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		zone, hours, day string
		want             time.Duration // working time of the day
	}{
		{"America/New_York", "01:30-02:30, 03:00-03:30", "2026-03-07", 90 * time.Minute},
		{"America/New_York", "01:30-02:30, 03:00-03:30", "2026-03-08", time.Hour},         // 02:00 to 03:00 is skipped
		{"America/New_York", "01:30-02:30, 03:00-03:30", "2026-11-01", 150 * time.Minute}, // begins at the first 01:30
		{"Europe/Berlin", "02:30-03:30", "2026-03-29", 30 * time.Minute},
		{"Europe/Berlin", "02:15-02:45", "2026-03-29", 0},
		{"Europe/Berlin", "02:30-03:30", "2026-10-25", 2 * time.Hour},
		{"Europe/Berlin", "01:30-02:30", "2026-10-25", time.Hour}, // ends at the first 02:30
	}
	for _, tt := range tests {
		c := matrix(t, fmt.Sprintf("calendar: {zone: %s, week: {mon-sun: %q}}", tt.zone, tt.hours)).Calendar
		from := moment(t, c, tt.day+" 00:00")
		if got := c.Between(from, from.Add(12*time.Hour)); got != tt.want {
			t.Errorf("%s %s %s: %s, want %s", tt.zone, tt.day, tt.hours, got, tt.want)
		}
	}
}

func TestWorkingDays(t *testing.T) {
	t.Parallel()
	c := calendar(t, "office")
	tests := []struct {
		name, start string
		days        int
		want        string
	}{
		{"tomorrow", "2026-11-02 10:00", 1, "2026-11-03 18:00"},
		{"the day itself does not count, however early", "2026-11-02 00:00", 1, "2026-11-03 18:00"},
		{"over the weekend", "2026-11-05 23:59", 2, "2026-11-09 18:00"},
		{"from a free day", "2026-11-07 12:00", 1, "2026-11-09 18:00"},
		{"over the year's end and to a Saturday that is worked", "2026-12-30 10:00", 6, "2027-01-09 18:00"},
		{"none", "2026-11-07 12:00", 0, "2026-11-07 12:00"},
	}
	for _, tt := range tests {
		if got, want := c.WorkingDays(moment(t, c, tt.start), tt.days), moment(t, c, tt.want); !got.Equal(want) {
			t.Errorf("%s: %s, want %s", tt.name, got, want)
		}
	}
	nights := calendar(t, "nights")
	if got, want := nights.WorkingDays(moment(t, nights, "2026-11-05 10:00"), 1), moment(t, nights, "2026-11-07 06:00"); !got.Equal(want) {
		t.Errorf("a night's end: %s, want %s", got, want)
	}
}

// works is the calendars' meaning minute by minute, by what clocks show; only
// for moments that they show once.
var works = map[string]func(time.Time) bool{
	"office": func(t time.Time) bool {
		day := t.Format(time.DateOnly)
		off := day >= "2026-12-31" && day <= "2027-01-03" || day >= "2026-10-01" && day <= "2026-10-07"
		extra := day == "2027-01-09" || day == "2026-10-10"
		m := 60*t.Hour() + t.Minute()
		open := m >= 540 && m < 720 || m >= 810 && m < 1080
		return open && (extra || !off && t.Weekday() != time.Saturday && t.Weekday() != time.Sunday)
	},
	"nights": func(t time.Time) bool {
		if t.Hour() < 6 {
			t = t.AddDate(0, 0, -1)
			return night(t)
		}
		return t.Hour() >= 22 && night(t) || t.Weekday() == time.Wednesday && t.Hour() >= 9 && t.Hour() < 17
	},
	"always": func(t time.Time) bool {
		return t.Format(time.DateOnly) != "2026-03-29" || t.Hour() >= 8 && t.Hour() < 12
	},
	"overlap": func(t time.Time) bool { return t.Hour() < 7 || t.Hour() >= 20 },
}

func night(t time.Time) bool {
	return t.Format(time.DateOnly) != "2026-11-01" && (t.Weekday() >= time.Friday || t.Weekday() <= time.Monday)
}

// TestCalendarsAgreeWithMinutes compares Between with counting minutes, and
// holds what must be so of Add, over random times of a year and a quarter, which
// has all changes of clocks in it.
func TestCalendarsAgreeWithMinutes(t *testing.T) {
	t.Parallel()
	for name, open := range works {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := calendar(t, name)
			begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			const minutes = 460 * 24 * 60
			sum := make([]int, minutes+1) // working minutes since begin
			for i := range minutes {
				sum[i+1] = sum[i]
				if open(begin.Add(time.Duration(i) * time.Minute).In(c.Zone())) {
					sum[i+1]++
				}
			}
			r := rand.New(rand.NewPCG(1, 2))
			for range 400 {
				i, j, k := r.IntN(minutes), r.IntN(minutes), r.IntN(minutes)
				if err := agree(c, begin, sum, min(i, j), max(i, j)); err != nil {
					t.Fatal(err)
				}
				a, b, z := at(begin, i), at(begin, j), at(begin, k)
				if c.Between(a, b)+c.Between(b, z) != c.Between(a, z) {
					t.Fatalf("%s, %s, %s: parts and whole differ", a, b, z)
				}
			}
		})
	}
}

func at(begin time.Time, minute int) time.Time { return begin.Add(time.Duration(minute) * time.Minute) }

func agree(c *sla.Calendar, begin time.Time, sum []int, i, j int) error {
	a, b := at(begin, i), at(begin, j)
	want := time.Duration(sum[j]-sum[i]) * time.Minute
	if got := c.Between(a, b); got != want {
		return fmt.Errorf("%s to %s: %s, want %s", a, b, got, want)
	}
	end := c.Add(a, want)
	if want > 0 && (end.After(b) || c.Between(a, end) != want) {
		return fmt.Errorf("%s and %s more: %s, want a time up to %s", a, want, end, b)
	}
	if half := want / 2; !c.Add(c.Add(a, half), want-half).Equal(end) {
		return fmt.Errorf("%s and %s more: another time in two steps", a, want)
	}
	return nil
}

func TestMonthsOfWorkingTimeAreSoonCounted(t *testing.T) {
	t.Parallel()
	c := calendar(t, "office")
	start := moment(t, c, "2026-01-01 00:00")
	end := c.Add(start, 10_000*time.Hour) // five years at 37.5 h a week
	if got := c.Between(start, end); got != 10_000*time.Hour {
		t.Errorf("%s, want 10000h", got)
	}
}
