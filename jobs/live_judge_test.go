package jobs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"assay/knowledge"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

// warned are the criteria and tones that a session was warned of.
func warned(t testing.TB, l *Live, id transcript.SessionID) []string {
	t.Helper()
	var out []string
	for _, e := range of("warning", told(t, l, id)) {
		var w LiveWarning
		if err := json.Unmarshal([]byte(e), &w); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s%s %s", w.Criterion, w.Label, w.Severity))
	}
	return out
}

const liveCard = `
scorecard: live
name: live
sections:
  - id: s
    name: s
    criteria:
      - {id: promise, name: {zh: 承诺, en: Promises}, severity: severe, conditions: {c: {speaker: agent, keywords: {any: [保证, guarantee]}}}, not_met_when: c}
      - {id: greeting, name: greeting, severity: minor, conditions: {c: {speaker: agent, first: 1, keywords: {any: [您好, hello]}}}, met_when: c}
sla:
  rows:
    - {first_response: 100s, response: 50s}
`

// cardStore has liveCard and no other scorecard.
func cardStore(t testing.TB) *store.Store {
	t.Helper()
	s := store.New(storetest.New(t), store.Options{})
	card, problems := scorecard.Parse("live", []byte(liveCard))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), card.ID, card.Version, liveCard); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWarningsAreGivenOnce(t *testing.T) {
	t.Parallel()
	l := newLive(t, cardStore(t), nil)
	l.say(t, "s", `{"session":{"channel":"chat","language":"zh"},"turns":[{"speaker":"customer","text":"在吗"}]}`)
	if got := warned(t, l, "s"); got != nil {
		t.Errorf("warnings before the agent spoke: %v", got)
	}
	l.say(t, "s", `{"turns":[{"speaker":"agent","text":"说"}]}`)
	l.say(t, "s", `{"turns":[{"speaker":"agent","text":"我保证明天到"}]}`)
	l.say(t, "s", `{"turns":[{"speaker":"agent","text":"我保证"},{"speaker":"agent","text":"这事不归我管，你爱找谁找谁，烦死了"}]}`)
	l.say(t, "s", `{"turns":[{"speaker":"customer","text":"我要投诉你，找你们经理来"}]}`)
	got := warned(t, l, "s")
	if diff := cmp.Diff([]string{"greeting low", "promise high"}, got[:min(2, len(got))]); diff != "" {
		t.Error(diff)
	}
	if !slices.Contains(got, "escalation high") || !slices.ContainsFunc(got, func(w string) bool { return strings.HasPrefix(w, "shirking") || strings.HasPrefix(w, "rude") }) {
		t.Errorf("warnings %v", got)
	}
	slices.Sort(got)
	if len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("something is told twice: %v", got)
	}
	for _, e := range told(t, l, "s") {
		if strings.Contains(e, "保证") || strings.Contains(e, "投诉") {
			t.Errorf("an event holds what was said: %s", e)
		}
	}
}

func TestSuggestionsAreForWhatWaitsForAnAnswer(t *testing.T) {
	t.Parallel()
	index, err := knowledge.NewIndex([]knowledge.Solution{
		{ID: "SOL-1", Title: "加湿器不出雾怎么办", Questions: []string{"加湿器没有雾"}, Answer: "先清洗雾化片，再换纯净水。", Language: "zh"},
	}, knowledge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := index.Close(); err != nil {
			t.Error(err)
		}
	})
	s, _ := newStore(t)
	l := newLive(t, s, func(o *LiveOptions) { o.Index = index })
	l.say(t, "s", `{"session":{"channel":"chat","language":"zh"},"turns":[{"speaker":"customer","text":"您好"}]}`)
	l.say(t, "s", `{"turns":[{"speaker":"customer","text":"加湿器不出雾怎么办"}]}`)
	l.say(t, "s", `{"turns":[{"speaker":"system","text":"客户正在输入","kind":"event"}]}`)
	l.say(t, "s", `{"turns":[{"speaker":"agent","text":"请清洗雾化片"}]}`)
	got := of("suggestions", told(t, l, "s"))
	if len(got) != 1 {
		t.Fatalf("suggestions: %v", got)
	}
	var told LiveSuggestions
	if err := json.Unmarshal([]byte(got[0]), &told); err != nil {
		t.Fatal(err)
	}
	if told.Turn != 1 || len(told.Turns) != 2 || len(told.Suggestions) != 1 || told.Suggestions[0].SolutionID != "SOL-1" {
		t.Errorf("suggestions: %+v", told)
	}
}

// A library that cannot be searched, or not in time, keeps no turn from being taken.
func TestTurnsAreTakenWithoutSuggestions(t *testing.T) {
	t.Parallel()
	for reason, change := range map[string]func(*testing.T, *LiveOptions){
		"failed": func(t *testing.T, o *LiveOptions) {
			if err := o.Index.Close(); err != nil {
				t.Error(err)
			}
		},
		"late": func(t *testing.T, o *LiveOptions) {
			o.SuggestWithin = time.Nanosecond
			t.Cleanup(func() {
				if err := o.Index.Close(); err != nil {
					t.Error(err)
				}
			})
		},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			index, err := knowledge.NewIndex([]knowledge.Solution{{ID: "SOL-1", Title: "加湿器不出雾怎么办", Answer: "先清洗雾化片。"}}, knowledge.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s, _ := newStore(t)
			registry := prometheus.NewRegistry()
			m, err := NewMetrics(registry)
			if err != nil {
				t.Fatal(err)
			}
			l := newLive(t, s, func(o *LiveOptions) { o.Index, o.Metrics = index, m; change(t, o) })
			got := l.say(t, "s", `{"session":{"channel":"chat","language":"zh"},"turns":[{"speaker":"customer","text":"加湿器不出雾怎么办"}]}`)
			if got.Added != 1 {
				t.Errorf("receipt %+v", got)
			}
			events := told(t, l, "s")
			if len(of("turn", events)) != 1 || len(of("suggestions", events)) != 0 {
				t.Errorf("told %v", events)
			}
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			counted := ""
			for _, f := range families {
				if f.GetName() == "assay_live_unsuggested_total" {
					counted = fmt.Sprint(f.GetMetric())
				}
			}
			if !strings.Contains(counted, fmt.Sprintf("%q", reason)) || !strings.Contains(counted, "value:1") {
				t.Errorf("counted: %s", counted)
			}
		})
	}
}

// A row that nobody can read stops no other clock, and is not looked at again.
func TestOneBadRowStopsNoOtherClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	s := cardStore(t)
	l := newLive(t, s, func(o *LiveOptions) { o.Now = func() time.Time { return now } })
	for i, id := range []transcript.SessionID{"bad", "good"} {
		now = now.Add(time.Duration(i) * time.Second)
		l.say(t, id, `{"session":{"channel":"chat"},"turns":[{"speaker":"customer","text":"在吗"}]}`)
	}
	if _, err := s.Pool().Exec(t.Context(), `UPDATE live_sessions SET state = '{"clock": 7}' WHERE source_id = 'bad'`); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if err := l.Wake(t.Context()); err != nil {
		t.Error(err)
	}
	if got := of("clock", told(t, l, "good")); len(got) != 2 || !strings.Contains(got[1], `"passed"`) {
		t.Errorf("the good clock says %v", got)
	}
	row, err := s.Live(t.Context(), "bad")
	if err != nil || row.WakeAt != nil {
		t.Errorf("the bad clock wakes at %v, error %v", row.WakeAt, err)
	}
}

func TestClockOfWhoWaits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	l := newLive(t, cardStore(t), func(o *LiveOptions) { o.Now = func() time.Time { return now } })
	clocks := func() []string {
		t.Helper()
		var out []string
		for _, e := range of("clock", told(t, l, "s")) {
			var c LiveClock
			if err := json.Unmarshal([]byte(e), &c); err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%d %s %s-%s", c.Turn, c.State, c.Since.Format("4:05"), c.Deadline.Format("4:05")))
		}
		return out
	}
	wake := func(after time.Duration) {
		t.Helper()
		now = now.Add(after)
		if err := l.Wake(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	l.say(t, "s", `{"session":{"channel":"chat"},"turns":[{"speaker":"customer","text":"在吗"}]}`)
	wake(79 * time.Second)
	l.say(t, "s", `{"turns":[{"speaker":"customer","text":"人呢"},{"speaker":"bot","text":"稍等"}]}`)
	wake(2 * time.Second)
	wake(0)
	wake(20 * time.Second)
	wake(time.Hour)
	l.say(t, "s", `{"turns":[{"speaker":"agent","text":"您好"}]}`)
	l.say(t, "s", `{"turns":[{"speaker":"customer","text":"好","at":"2026-03-01T11:01:11Z"}]}`)
	l.say(t, "s", `{"turns":[{"speaker":"agent","text":"再"},{"speaker":"customer","text":"见"}]}`)
	want := []string{
		"0 running 0:00-1:40", "0 warned 0:00-1:40", "0 passed 0:00-1:40", "0 cleared 0:00-1:40",
		"4 running 1:11-2:01", "6 running 1:41-2:31",
	}
	if diff := cmp.Diff(want, clocks()); diff != "" {
		t.Error(diff)
	}
	row, err := l.o.Store.Live(t.Context(), "s")
	if err != nil || row.DueAt == nil || row.WakeAt == nil {
		t.Errorf("the row's clock: %+v, %v", row, err)
	}
}

func TestNoClockWithoutALimit(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	l := newLive(t, s, nil)
	l.say(t, "s", `{"session":{"channel":"chat"},"turns":[{"speaker":"customer","text":"在吗"}]}`)
	if got := of("clock", told(t, l, "s")); got != nil {
		t.Errorf("no row of the shipped matrix is for it, and yet: %v", got)
	}
	l.say(t, "i", `{"session":{"channel":"chat","business_type":"inquiry","customer":{"type":"individual"}},"turns":[{"speaker":"customer","text":"在吗"}]}`)
	if got := of("clock", told(t, l, "i")); len(got) != 1 {
		t.Errorf("an individual's inquiry: %v", got)
	}
}
