package answer

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/entity"
)

// quantity is a number of something, or a range of it.
type quantity struct {
	kind     string // money, percent, hours, minute of the day, or what is counted
	low, top float64
	figure   float64 // as said, the higher one of a range
	start    int     // bytes of the folded text
	end      int
}

// units are the lengths of time in hours.
var units = []struct {
	name  string
	hours float64
}{
	{"秒", 1.0 / 3600}, {"second", 1.0 / 3600}, {"分钟", 1.0 / 60}, {"minute", 1.0 / 60}, {"小时", 1}, {"个小时", 1}, {"钟头", 1}, {"hour", 1},
	{"个工作日", 24}, {"工作日", 24}, {"天", 24}, {"日", 24}, {"working day", 24}, {"business day", 24}, {"day", 24}, {"night", 24},
	{"周", 168}, {"星期", 168}, {"个星期", 168}, {"个礼拜", 168}, {"week", 168}, {"个月", 720}, {"month", 720}, {"年", 8760}, {"year", 8760},
}

// connectors stand between the ends of a range.
var connectors = []string{"到", "至", "-", "~", "–", "或", "to", "or", "and"}

// quantities finds the quantities of a folded text, and returns the figures that
// count nothing that is said, and the rest of the text, which has those.
func quantities(text string) (out []quantity, bare []float64, rest string) {
	taken := func(start, end int) bool {
		return slices.ContainsFunc(out, func(q quantity) bool { return start < q.end && q.start < end })
	}
	found := entity.FindEach(text, entity.Amount, entity.Percent, entity.Number, entity.Time)
	for _, e := range found[entity.Amount] {
		out = append(out, quantity{"money", e.Value, e.Value, e.Value, e.Start, e.End})
	}
	for _, e := range found[entity.Percent] {
		out = append(out, quantity{"percent", e.Value, e.Value, e.Value, e.Start, e.End})
	}
	for _, e := range found[entity.Time] {
		if minute, ok := minuteOf(e.Text); ok && !taken(e.Start, e.End) {
			out = append(out, quantity{"minute of the day", minute, minute, minute, e.Start, e.End})
		}
	}
	for _, e := range found[entity.Number] {
		if taken(e.Start, e.End) {
			continue
		}
		if q, ok := counted(text, e); ok {
			out = append(out, q)
		} else {
			bare = append(bare, e.Value)
		}
	}
	slices.SortFunc(out, func(a, b quantity) int { return a.start - b.start })
	rest = without(text, out)
	out = ranges(text, out)
	for i := range out {
		out[i].bound(text)
	}
	return out, bare, rest
}

func minuteOf(clock string) (float64, bool) {
	t, err := time.Parse("15:04", clock)
	return float64(t.Hour()*60 + t.Minute()), err == nil
}

// counted reads what a number counts from the words behind it; its kind is ""
// before a connector, behind which the unit may follow.
func counted(text string, e entity.Entity) (quantity, bool) {
	q := quantity{low: e.Value, top: e.Value, figure: e.Value, start: e.Start, end: e.End}
	rest := strings.TrimLeft(text[e.End:], " ")
	blanks := len(text) - e.End - len(rest)
	for _, u := range units {
		if strings.HasPrefix(rest, u.name) {
			q.kind, q.low, q.top = "hours", e.Value*u.hours, e.Value*u.hours
			q.end = e.End + blanks + len(u.name)
		}
	}
	if q.kind != "" {
		return q, true
	}
	for _, c := range connectors {
		if strings.HasPrefix(rest, c) {
			return q, true
		}
	}
	r, n := utf8.DecodeRuneInString(rest)
	switch {
	case unicode.Is(unicode.Han, r):
		q.kind = string(r)
		if r == '个' {
			next, _ := utf8.DecodeRuneInString(rest[n:])
			q.kind = string(next)
		}
	case unicode.IsLetter(r) && blanks > 0:
		word, _, _ := strings.Cut(rest, " ")
		q.kind = Stem(strings.TrimFunc(word, notInWord))
	}
	return q, q.kind != "" && !emptyWords[q.kind] && !strings.Contains(emptyHan, q.kind)
}

// ranges joins two quantities with a connector between them, and gives the first
// the second's unit. What has none then is dropped.
func ranges(text string, all []quantity) []quantity {
	var out []quantity
	for i := 0; i < len(all); i++ {
		q := all[i]
		if i+1 < len(all) && slices.Contains(connectors, strings.TrimSpace(text[q.end:all[i+1].start])) && (q.kind == "" || q.kind == all[i+1].kind) {
			next := all[i+1]
			if q.kind == "" && next.kind == "hours" {
				number := entity.Find(text[next.start:next.end], entity.Number, time.Time{})
				if len(number) > 0 && number[0].Value > 0 {
					q.low *= next.top / number[0].Value
				}
			}
			q = quantity{next.kind, min(q.low, next.low), next.top, next.figure, q.start, next.end}
			i++
		}
		if q.kind != "" {
			out = append(out, q)
		}
	}
	return out
}

// bound widens a quantity that is a limit: within three days is anything up to it.
func (q *quantity) bound(text string) {
	before, after := text[:q.start], text[q.end:]
	before = before[max(0, len(before)-24):]
	after = after[:min(len(after), 16)]
	switch {
	case hasAny(before, "最多", "不超过", "最晚", "至多", "up to ", "at most ", "within ", "less than ", "under ", "no more than ", "below ") || hasAny(after, "以内", "之内", "内", "以下", " or less", " at most"):
		q.low = 0
	case hasAny(before, "满", "超过", "至少", "起码", "over ", "above ", "at least ", "more than ", "from ") || hasAny(after, "以上", "起", " or more", " and over"):
		q.top = math.Inf(1)
	}
}

// isLimit reports whether the quantity is all up to a limit, or from one on.
func (q quantity) isLimit() bool { return q.low == 0 && q.top > 0 || math.IsInf(q.top, 1) }

// without blanks the quantities out.
func without(text string, all []quantity) string {
	b := []byte(text)
	for _, q := range all {
		for i := q.start; i < q.end; i++ {
			b[i] = ' '
		}
	}
	return string(b)
}

// meets reports whether some value is both quantities. Of two upper limits one
// must not be more than the other, the solution's, nor less than half of it.
func (q quantity) meets(other quantity) bool {
	if q.low == 0 && other.low == 0 && q.kind == other.kind {
		return q.top == other.top || q.top < other.top && q.top > other.top/2
	}
	slack := 1e-9 * max(math.Abs(q.low), 1)
	return q.kind == other.kind && q.low <= other.top+slack && other.low <= q.top+slack
}
