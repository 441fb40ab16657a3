package jobs

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/tone"
	"assay/pipeline/store"
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
