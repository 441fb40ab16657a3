package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"assay/pipeline"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// pageSize is how many sessions a page of the queue shows.
const pageSize = 50

// filterOf reads the queue's filter from query parameters: for an agent, of the
// agent's own sessions. Its error is badParameters.
func filterOf(q url.Values, who reader) (store.QueueFilter, error) {
	in := values{q: q}
	f := store.QueueFilter{
		Reason:    oneOf(&in, "reason", pipeline.FlagReasons),
		Severity:  oneOf(&in, "severity", pipeline.FlagSeverities),
		Criterion: in.text("criterion"),
		Team:      in.text("team"),
		Agent:     in.text("agent"),
		Channel:   string(oneOf(&in, "channel", transcript.Channels)),
		From:      in.day("from"),
		To:        in.day("to"),
		Sort:      cmp.Or(oneOf(&in, "sort", store.QueueSorts), store.BySeverity),
	}
	if !f.From.IsZero() && !f.To.IsZero() && f.To.Before(f.From) {
		in.refuse("to", dayText(f.From)+" or later")
	}
	if !who.may(Reviewer) {
		f.Own = who.name
	}
	return f, in.bad.or()
}

// query writes a filter as query parameters, without what is not set.
func query(f store.QueueFilter) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"reason": string(f.Reason), "severity": string(f.Severity), "criterion": f.Criterion, "team": f.Team,
		"agent": f.Agent, "channel": f.Channel, "from": dayText(f.From), "to": dayText(f.To),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Sort != store.BySeverity && f.Sort != "" {
		q.Set("sort", string(f.Sort))
	}
	return q
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// address is a path with a query; the path alone when the query is empty.
func address(path string, q url.Values) string {
	return (&url.URL{Path: path, RawQuery: q.Encode()}).String()
}

// values reads typed query parameters and gathers those that cannot be used.
type values struct {
	q   url.Values
	bad badParameters
}

// oneOf reads a value of a closed list; "" when it is not given.
func oneOf[T ~string](in *values, name string, allowed []T) T {
	value := T(in.q.Get(name))
	if value == "" || slices.Contains(allowed, value) {
		return value
	}
	in.refuse(name, texts(allowed)...)
	return ""
}

// isText reports whether the database takes a text.
func isText(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// text reads any text that the database can compare.
func (in *values) text(name string) string {
	text := in.q.Get(name)
	if !isText(text) {
		in.refuse(name, "text in UTF-8 without NUL")
		return ""
	}
	return text
}

func (in *values) day(name string) time.Time {
	text := in.q.Get(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		in.refuse(name, "YYYY-MM-DD")
	}
	return t
}

// number reads a whole number; otherwise when it is not given.
func (in *values) number(name string, least, most, otherwise int) int {
	text := in.q.Get(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		in.refuse(name, strconv.Itoa(least)+"–"+strconv.Itoa(most))
		return otherwise
	}
	return n
}

func (in *values) refuse(name string, allowed ...string) {
	in.bad = append(in.bad, parameter{Name: name, Value: in.q.Get(name), Allowed: allowed})
}
