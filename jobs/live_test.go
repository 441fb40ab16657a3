package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"assay/classifiers/tone"
	"assay/knowledge"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

// newLive makes a Live on a store; now may be nil.
func newLive(t testing.TB, s *store.Store, change func(*LiveOptions)) *Live {
	t.Helper()
	ear, err := tone.New()
	if err != nil {
		t.Fatal(err)
	}
	client, err := NewInserter(s)
	if err != nil {
		t.Fatal(err)
	}
	o := LiveOptions{Store: s, Client: client, Tone: ear, Log: slog.New(slog.DiscardHandler), SuggestWithin: time.Minute}
	if change != nil {
		change(&o)
	}
	l, err := NewLive(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// run runs a Live until the test ends or stop is called.
func (l *Live) run(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// added reads an addition.
func added(t testing.TB, id transcript.SessionID, body string) *transcript.Addition {
	t.Helper()
	a, err := transcript.ReadAddition([]byte(body), id, transcript.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// say adds to a session, which must be taken.
func (l *Live) say(t testing.TB, id transcript.SessionID, body string) LiveReceipt {
	t.Helper()
	r, err := l.Append(t.Context(), id, added(t, id, body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told lists all that is told of a session, as "kind content".
func told(t testing.TB, l *Live, id transcript.SessionID) []string {
	t.Helper()
	row, err := l.o.Store.Live(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	list, err := l.o.Store.LiveEvents(t.Context(), row.Key, 0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, e := range list {
		if e.Seq != int64(i+1) {
			t.Errorf("event %d has number %d", i+1, e.Seq)
		}
		out = append(out, e.Kind+" "+e.Content)
	}
	if row.Events != int64(len(out)) {
		t.Errorf("%d events are counted, %d are there", row.Events, len(out))
	}
	return out
}

func of(kind string, list []string) []string {
	var out []string
	for _, e := range list {
		if rest, ok := strings.CutPrefix(e, kind+" "); ok {
			out = append(out, rest)
		}
	}
	return out
}

func TestTheSameTurnsAreTakenOnce(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	l := newLive(t, s, nil)
	const first = `{"session":{"channel":"chat"},"first":0,"turns":[{"speaker":"customer","text":"a"},{"speaker":"agent","text":"b"}]}`
	if got := l.say(t, "s", first); got.Added != 2 || got.Turns != 2 {
		t.Errorf("first: %+v", got)
	}
	before := told(t, l, "s")
	if got := l.say(t, "s", first); got.Added+got.Replaced != 0 || got.Turns != 2 || got.Events != int64(len(before)) {
		t.Errorf("again: %+v", got)
	}
	if got := l.say(t, "s", `{"first":1,"turns":[{"speaker":"agent","text":"b"},{"speaker":"customer","text":"c"}]}`); got.Added != 1 || got.Turns != 3 {
		t.Errorf("overlapping: %+v", got)
	}
	if got := of("turn", told(t, l, "s")); len(got) != 3 {
		t.Errorf("turns told: %v", got)
	}
}

func TestProvisionalTurnsAreReplaced(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	l := newLive(t, s, nil)
	l.say(t, "s", `{"session":{"channel":"call"},"first":0,"turns":[{"speaker":"agent","text":"I","final":false}]}`)
	l.say(t, "s", `{"first":0,"turns":[{"speaker":"agent","text":"I guarantee","final":false}]}`)
	if got := of("warning", told(t, l, "s")); len(got) != 0 {
		t.Errorf("a provisional turn is judged: %v", got)
	}
	l.say(t, "s", `{"first":1,"turns":[{"speaker":"customer","text":"he","final":false}]}`)
	if r := l.say(t, "s", `{"first":0,"turns":[{"speaker":"agent","text":"I guess"}]}`); r.Replaced != 1 {
		t.Errorf("final: %+v", r)
	}
	if r := l.say(t, "s", `{"first":0,"turns":[{"speaker":"agent","text":"I guarantee","final":false}]}`); r.Replaced != 0 {
		t.Errorf("a late provisional one: %+v", r)
	}
	_, err := l.Append(t.Context(), "s", added(t, "s", `{"first":0,"turns":[{"speaker":"agent","text":"no"}]}`))
	if c, ok := errors.AsType[*LiveConflict](err); !ok || c.Expected != 2 || c.Turn != 0 {
		t.Errorf("other words for a final turn: %v", err)
	}
	l.say(t, "s", `{"first":2,"turns":[{"speaker":"customer","text":"yes"}]}`) // makes the customer's turn final
	_, said, err := s.LiveWhole(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	want := []store.LiveTurn{
		{Turn: 0, Content: `{"speaker":"agent","text":"I guess"}`, Final: true},
		{Turn: 1, Content: `{"speaker":"customer","text":"he"}`, Final: true},
		{Turn: 2, Content: `{"speaker":"customer","text":"yes"}`, Final: true},
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`{"turn": 0}`, `{"turn": 0}`, `{"turn": 1}`, `{"turn": 0}`, `{"turn": 1}`, `{"turn": 2}`}, of("turn", told(t, l, "s"))); diff != "" {
		t.Error(diff)
	}
}

// TestEndedSessionsAreInspectedLikeOthers plays the demo's sessions live, and
// imports them elsewhere.
func TestEndedSessionsAreInspectedLikeOthers(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	l := newLive(t, s, nil)
	other, im := newStore(t)
	list := samples(t)[:8]
	for _, one := range list {
		play(t, l, one)
		row, err := l.End(t.Context(), one.ID, &transcript.Addition{Count: new(len(one.Turns))}, LiveEndAsked)
		if err != nil || row.Session == nil {
			t.Fatalf("end: %+v, %v", row, err)
		}
		again, err := l.End(t.Context(), one.ID, &transcript.Addition{}, LiveEndAsked)
		if err != nil || *again.Session != *row.Session || again.Events != row.Events {
			t.Errorf("ending again: %+v, %v", again, err)
		}
		if _, err := l.Append(t.Context(), one.ID, added(t, one.ID, `{"turns":[{"speaker":"agent","text":"x"}]}`)); !errors.Is(err, ErrLiveEnded) {
			t.Errorf("a turn after the end: %v", err)
		}
		if _, said, err := s.LiveWhole(t.Context(), one.ID); err != nil || len(said) > 0 {
			t.Errorf("%d turns are kept apart, %v", len(said), err)
		}
	}
	if _, err := im.Import(t.Context(), func(yield func(transcript.Record) bool) {
		for _, one := range list {
			if !yield(transcript.Record{Session: one, File: "demo", Line: 1}) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(verdictsOf(t, other), verdictsOf(t, s)); diff != "" {
		t.Error(diff)
	}
}

// play sends a session turn by turn.
func play(t testing.TB, l *Live, s *transcript.Session) {
	t.Helper()
	head := *s
	head.Turns = nil
	for i, turn := range s.Turns {
		a := &transcript.Addition{Session: &head, First: &i, Turns: []transcript.LiveTurn{{Turn: turn, Final: true}}}
		if _, err := l.Append(t.Context(), s.ID, a); err != nil {
			t.Fatalf("session %q, turn %d: %v", s.ID, i, err)
		}
	}
}

// verdictsOf inspects all that waits, and returns the verdicts by session.
func verdictsOf(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	start(t, Options{Store: s})
	awaitDone(t, s)
	rows, err := s.Pool().Query(t.Context(), `SELECT s.source_id, v.content::text FROM verdicts v JOIN sessions s ON s.id = v.session_id WHERE v.current`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var id, content string
		if err := rows.Scan(&id, &content); err != nil {
			t.Fatal(err)
		}
		out[id] = content
	}
	return out
}

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

// liveEnv makes the test program a sender of turns on the database that it names.
const liveEnv = "ASSAY_TEST_LIVE"

// The sender's sessions, and how many turns each gets.
const (
	sentSessions = 4
	sentTurns    = 150
)

func sentID(n int) transcript.SessionID { return transcript.SessionID(fmt.Sprintf("sent-%d", n)) }

// sentTurn is a session's turn i. Every third is the customer's.
func sentTurn(i int) transcript.Turn {
	t := transcript.Turn{Speaker: transcript.Agent, Text: fmt.Sprintf("turn %d, 我保证", i)}
	if i%3 == 0 {
		t.Speaker, t.Text = transcript.Customer, fmt.Sprintf("question %d?", i)
	}
	return t
}

// beSender sends turns of all sessions in rounds, from where they are, until it is killed.
func beSender(url string) {
	ctx := context.Background()
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		panic(err)
	}
	client, err := NewInserter(s)
	if err != nil {
		panic(err)
	}
	l, err := NewLive(LiveOptions{Store: s, Client: client, Tone: inspector().Tone, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	for i := range sentTurns {
		for n := range sentSessions {
			if err := sendTurn(ctx, l, n, i); err != nil {
				panic(err)
			}
		}
	}
	select {}
}

// sendTurn sends turn i; one that is there already is sent again.
func sendTurn(ctx context.Context, l *Live, session, i int) error {
	head := &transcript.Session{ID: sentID(session), Channel: transcript.Chat}
	_, err := l.Append(ctx, head.ID, &transcript.Addition{Session: head, First: &i, Turns: []transcript.LiveTurn{{Turn: sentTurn(i), Final: true}}})
	return err
}

// TestKilledSendersLoseAndRepeatNothing kills processes while they take turns, and
// follows one session from other processes all the while.
func TestKilledSendersLoseAndRepeatNothing(t *testing.T) {
	t.Parallel()
	s := cardStore(t)
	l := newLive(t, s, nil)
	l.run(t)
	if err := sendTurn(t.Context(), l, 0, 0); err != nil {
		t.Fatal(err)
	}
	followed := make(chan []string, 1)
	go func() { followed <- follow(t, []*Live{l, l}, sentID(0), sentTurns) }()
	for kills := 0; ; kills++ {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), liveEnv+"="+s.Pool().Config().ConnString())
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before := countTurns(t, s)
		done := waitTurns(t, s, min(before+120, sentSessions*sentTurns))
		if err := cmd.Process.Kill(); err != nil { // kill -9
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Error("the sender ended by itself")
		}
		if done == sentSessions*sentTurns {
			if kills < 3 {
				t.Errorf("only %d senders were killed", kills)
			}
			break
		}
	}
	for n := range sentSessions {
		checkSent(t, l, n)
	}
	if got := <-followed; got != nil {
		t.Errorf("who followed was told %v", got)
	}
}

// follow reads what is told of a session, a little by each of some readers in
// turn, until so many turns were told. It says what was lost or repeated.
func follow(t *testing.T, nodes []*Live, id transcript.SessionID, turns int) (wrong []string) {
	after, seen := int64(0), 0
	for round := 0; seen < turns; round++ {
		r, err := nodes[round%len(nodes)].Read(t.Context(), id, after)
		if err != nil {
			return append(wrong, err.Error())
		}
		for range 3 {
			list, err := r.Next(t.Context(), time.Second)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				r.Close()
				return append(wrong, err.Error())
			}
			for _, e := range list {
				if after++; e.Seq != after {
					wrong = append(wrong, fmt.Sprintf("event %d after %d", e.Seq, after-1))
				}
				if e.Kind == LiveTurnKind {
					if want := sentTurn(seen).Text; r.Session().Turns[seen].Text != want {
						wrong = append(wrong, fmt.Sprintf("turn %d is %q", seen, r.Session().Turns[seen].Text))
					}
					seen++
				}
			}
		}
		r.Close()
	}
	return wrong
}

func countTurns(t testing.TB, s *store.Store) int {
	t.Helper()
	var n int
	if err := s.Pool().QueryRow(t.Context(), `SELECT count(*) FROM live_turns`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func waitTurns(t testing.TB, s *store.Store, n int) int {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		if got := countTurns(t, s); got >= n {
			return got
		}
	}
	t.Fatalf("%d turns did not come in", n)
	return 0
}

func checkSent(t *testing.T, l *Live, n int) {
	t.Helper()
	var want []string
	for i := range sentTurns {
		want = append(want, fmt.Sprintf(`{"turn": %d}`, i))
	}
	list := told(t, l, sentID(n))
	if diff := cmp.Diff(want, of("turn", list)); diff != "" {
		t.Errorf("session %d: %s", n, diff)
	}
	if got := len(of("warning", list)); got != 2 {
		t.Errorf("session %d: %d warnings, want 2", n, got)
	}
	row, err := l.End(t.Context(), sentID(n), &transcript.Addition{Count: new(sentTurns)}, LiveEndAsked)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := l.o.Store.Transcripts(t.Context(), []store.TranscriptKey{*row.Transcript})
	if err != nil {
		t.Fatal(err)
	}
	session, err := transcript.Decode([]byte(stored[0].Content))
	if err != nil {
		t.Fatal(err)
	}
	for i, turn := range session.Turns {
		if turn.Text != sentTurn(i).Text {
			t.Errorf("session %d, turn %d: %q", n, i, turn.Text)
		}
	}
}

// TestReadersGoOnWhenNobodyListens cuts the connection that listens before each
// turn that another process takes.
func TestReadersGoOnWhenNobodyListens(t *testing.T) {
	t.Parallel()
	s := cardStore(t)
	registry := prometheus.NewRegistry()
	metrics, err := NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	reading, writing := newLive(t, s, func(o *LiveOptions) { o.Metrics = metrics }), newLive(t, s, nil)
	reading.run(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := sendTurn(ctx, writing, 0, 0); err != nil {
		t.Fatal(err)
	}
	r, err := reading.Read(ctx, sentID(0), 0)
	if err != nil {
		t.Fatal(err)
	}
	for seen := 0; seen < 20; {
		list, err := r.Next(ctx, time.Minute)
		if err != nil {
			t.Fatalf("after %d turns: %v", seen, err)
		}
		if !slices.ContainsFunc(list, func(e store.LiveTold) bool { return e.Kind == LiveTurnKind }) {
			continue
		}
		const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN assay_live' AND datname = current_database()`
		if _, err := s.Pool().Exec(ctx, cut); err != nil {
			t.Fatal(err)
		}
		seen++
		if err := sendTurn(ctx, writing, 0, seen); err != nil { // while nobody listens
			t.Fatal(err)
		}
	}
	r.Close()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "assay_live_readers" && f.GetMetric()[0].GetGauge().GetValue() != 0 {
			t.Errorf("readers are left: %v", f)
		}
	}
}

func TestReadersOfAnEndedSessionAreToldTheRest(t *testing.T) {
	t.Parallel()
	s := cardStore(t)
	l := newLive(t, s, nil)
	l.run(t)
	for i := range 5 {
		if err := sendTurn(t.Context(), l, 0, i); err != nil {
			t.Fatal(err)
		}
	}
	early, err := l.Read(t.Context(), sentID(0), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	if _, err := l.End(t.Context(), sentID(0), &transcript.Addition{}, LiveEndAsked); err != nil {
		t.Fatal(err)
	}
	late, err := l.Read(t.Context(), sentID(0), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	for name, r := range map[string]*LiveReader{"who was there before the end": early, "who came after it": late} {
		var kinds []string
		for {
			list, err := r.Next(t.Context(), time.Minute)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				kinds = append(kinds, e.Kind)
			}
		}
		if len(kinds) < 2 || kinds[len(kinds)-1] != LiveEndedKind {
			t.Errorf("%s is told %v", name, kinds)
		}
		if got := r.Session().Turns[4].Text; got != sentTurn(4).Text || !r.Final(4) {
			t.Errorf("%s reads %q", name, got)
		}
	}
}

func TestStoppingEndsReaders(t *testing.T) {
	t.Parallel()
	l := newLive(t, cardStore(t), nil)
	stop := l.run(t)
	if err := sendTurn(t.Context(), l, 0, 0); err != nil {
		t.Fatal(err)
	}
	r, err := l.Read(t.Context(), sentID(0), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := r.Next(t.Context(), time.Minute); err != nil {
				ended <- err
				return
			}
		}
	}()
	stop()
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("the reader ended with %v", err)
	}
}

func TestIdleSessionsAreEndedByAJob(t *testing.T) {
	t.Parallel()
	s := cardStore(t)
	l := newLive(t, s, nil)
	for n := range 3 {
		if err := sendTurn(t.Context(), l, n, 0); err != nil {
			t.Fatal(err)
		}
	}
	l.say(t, "empty", `{"session":{"channel":"chat"}}`)
	const old = `UPDATE live_sessions SET heard_at = now() - interval '2 hours' WHERE source_id <> $1`
	if _, err := s.Pool().Exec(t.Context(), old, string(sentID(2))); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s})
	await(t, "idle sessions are ended", func() bool {
		ids, err := s.IdleLive(t.Context(), time.Now().Add(-time.Hour), 10)
		return err == nil && len(ids) == 0
	})
	for n, want := range []bool{true, true, false} {
		row, err := s.Live(t.Context(), sentID(n))
		if err != nil || (row.EndedAt != nil) != want || (row.Session != nil) != want {
			t.Errorf("session %d: %+v, %v", n, row, err)
		}
		if list := of("ended", told(t, l, sentID(n))); want && (len(list) != 1 || !strings.Contains(list[0], `"idle"`)) {
			t.Errorf("session %d: %v", n, list)
		}
	}
	if _, err := s.Live(t.Context(), "empty"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a session without turns: %v", err)
	}
	if _, err := s.Pool().Exec(t.Context(), `UPDATE live_sessions SET ended_at = now() - interval '2 days' WHERE ended_at IS NOT NULL`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ForgetLive(t.Context(), time.Now().Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Live(t.Context(), sentID(0)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a session that ended long ago: %v", err)
	}
	if err := sendTurn(t.Context(), l, 0, 0); !errors.Is(err, store.ErrLiveStored) {
		t.Errorf("turns of a stored session: %v", err)
	}
}

func TestSendersOfOneSessionDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	s := cardStore(t)
	nodes := []*Live{newLive(t, s, nil), newLive(t, s, nil), newLive(t, s, nil)}
	done := make(chan error, len(nodes))
	for _, l := range nodes {
		go func() {
			for i := range 30 { // all send the same
				if err := sendTurn(t.Context(), l, 0, i); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range nodes {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := of("turn", told(t, nodes[0], sentID(0))); len(got) != 30 {
		t.Errorf("%d turns were told", len(got))
	}
}

func TestLiveLimits(t *testing.T) {
	t.Parallel()
	l := newLive(t, cardStore(t), func(o *LiveOptions) { o.Limits = transcript.Limits{Turns: 2, LineBytes: 100} })
	l.say(t, "s", `{"session":{"channel":"chat"},"turns":[{"speaker":"agent","text":"1"}]}`)
	for name, body := range map[string]string{
		"too many turns": `{"turns":[{"speaker":"agent","text":"2"},{"speaker":"agent","text":"3"}]}`,
		"too much text":  `{"turns":[{"speaker":"agent","text":"` + strings.Repeat("x", 80) + `"}]}`,
	} {
		_, err := l.Append(t.Context(), "s", added(t, "s", body))
		if _, ok := errors.AsType[transcript.Problems](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := l.say(t, "s", `{"turns":[{"speaker":"agent","text":"2"}]}`); got.Turns != 2 {
		t.Errorf("what fits: %+v", got)
	}
}
