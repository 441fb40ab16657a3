package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

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
