package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/pipeline"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

func TestMain(m *testing.M) {
	os.Exit(storetest.Run(m, storetest.Options{Migrate: store.Migrate}))
}

func open(t *testing.T) *store.Store {
	t.Helper()
	return store.New(storetest.New(t), store.Options{})
}

func session(id, text string) *transcript.Session {
	return &transcript.Session{
		ID: transcript.SessionID(id), Channel: transcript.Chat, Language: "en",
		StartedAt: time.Date(2026, 11, 3, 22, 30, 0, 0, time.UTC),
		Agent:     &transcript.AgentRef{ID: "a-1", Name: "Ines", Team: "red"},
		Customer:  &transcript.CustomerRef{ID: "c-1", Type: "enterprise"}, Urgency: "urgent", CSAT: 2,
		Metadata: map[string]any{"queue": "returns"},
		Turns:    []transcript.Turn{{Speaker: transcript.Customer, Text: text}, {Speaker: transcript.Agent, Text: "No."}},
	}
}

func incoming(t *testing.T, s *transcript.Session, source string) store.Incoming {
	t.Helper()
	in, err := store.NewIncoming(s, source)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// imported imports sessions and returns what was stored.
func imported(t *testing.T, s *store.Store, sessions ...*transcript.Session) (store.Imported, []store.Stored) {
	t.Helper()
	in := make([]store.Incoming, len(sessions))
	for i, c := range sessions {
		in[i] = incoming(t, c, fmt.Sprintf("file.jsonl:%d", i+1))
	}
	var stored []store.Stored
	n, err := s.Import(t.Context(), in, func(_ context.Context, _ pgx.Tx, got []store.Stored) error {
		stored = got
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, stored
}

func verdict(id string, score float64, flags ...pipeline.Flag) *pipeline.Verdict {
	return &pipeline.Verdict{
		SessionID: transcript.SessionID(id), Scorecard: pipeline.ScorecardRef{ID: "card", Version: "1"},
		Result: pipeline.Fail, Score: &score, Unfailed: &score, Flags: flags,
		Criteria: []pipeline.Finding{
			{ID: "greeting", Section: "opening", Outcome: pipeline.NotMet, By: pipeline.ByRule, Weight: 2},
			{ID: "closing", Section: "end", Outcome: pipeline.Met, By: pipeline.ByRule, Points: 1, Weight: 1},
		},
	}
}

var flagged = []pipeline.Flag{
	{Reason: pipeline.CriticalFailed, Severity: pipeline.High, Criterion: "greeting", Turn: new(1)},
	{Reason: pipeline.ScoreBelowPass, Severity: pipeline.Medium},
}

func publish(t *testing.T, s *store.Store) store.ScorecardKey {
	t.Helper()
	key, err := s.Publish(t.Context(), "card", "1", "source")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// save stores verdicts on transcripts.
func save(t *testing.T, s *store.Store, card store.ScorecardKey, stored []store.Stored, verdicts ...*pipeline.Verdict) {
	t.Helper()
	keys := make([]store.TranscriptKey, len(stored))
	for i := range stored {
		keys[i] = stored[i].Key
	}
	transcripts, err := s.Transcripts(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	var done []store.Inspected
	for i, tr := range transcripts {
		done = append(done, store.Inspected{Transcript: tr, Scorecard: card, Verdict: verdicts[i]})
	}
	if err := s.SaveInspections(t.Context(), done, nil, nil, func(pgx.Tx, []store.VerdictKey) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, s *store.Store, query string) int {
	t.Helper()
	var n int
	if err := s.Pool().QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestImportIsIdempotentByIDAndContent(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, step := range []struct {
		name string
		in   []*transcript.Session
		want store.Imported
	}{
		{"new sessions", []*transcript.Session{session("a", "x"), session("b", "x")}, store.Imported{New: 2}},
		{"the same again", []*transcript.Session{session("a", "x"), session("b", "x")}, store.Imported{Same: 2}},
		{"one changed, one new", []*transcript.Session{session("a", "y"), session("b", "x"), session("c", "x")}, store.Imported{New: 1, Changed: 1, Same: 1}},
		{"changed back", []*transcript.Session{session("a", "x")}, store.Imported{Changed: 1}},
		{"nothing", nil, store.Imported{}},
	} {
		got, stored := imported(t, s, step.in...)
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if len(stored) != got.New+got.Changed {
			t.Errorf("%s: %d transcripts to inspect, want %d", step.name, len(stored), got.New+got.Changed)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM transcripts`); n != 5 {
		t.Errorf("%d transcripts, want 5", n)
	}
}

func TestImportedSessionKeepsItsFields(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(storetest.New(t), store.Options{Zone: zone})
	want := session("a", "héllo 你好 \u2028 'quoted' \\ %")
	_, stored := imported(t, s, want)
	transcripts, err := s.Transcripts(t.Context(), []store.TranscriptKey{stored[0].Key})
	if err != nil {
		t.Fatal(err)
	}
	got, err := transcript.Decode([]byte(transcripts[0].Content))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	if n := count(t, s, `SELECT count(*) FROM sessions WHERE day = '2026-11-04' AND agent_name = 'Ines' AND csat = 2 AND customer_type = 'enterprise'`); n != 1 {
		t.Error("the session's row lacks its day in the zone, its agent, rating or customer")
	}
}

func TestFailedEnqueueStoresNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	refuse := errors.New("no room")
	_, err := s.Import(t.Context(), []store.Incoming{incoming(t, session("a", "x"), "a.jsonl:1")}, func(context.Context, pgx.Tx, []store.Stored) error { return refuse })
	if !errors.Is(err, refuse) {
		t.Errorf("error %v, want %v", err, refuse)
	}
	if n := count(t, s, `SELECT count(*) FROM sessions`); n != 0 {
		t.Errorf("%d sessions stored without their job", n)
	}
}

func TestConcurrentImportsStoreASessionOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	const importers = 8
	results := make(chan error, importers)
	var in []store.Incoming
	for i := range 40 {
		in = append(in, incoming(t, session(fmt.Sprint("s", i), "x"), "s.jsonl:1"))
	}
	for range importers {
		go func() {
			_, err := s.Import(t.Context(), in, func(context.Context, pgx.Tx, []store.Stored) error { return nil })
			results <- err
		}()
	}
	for range importers {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM transcripts`); n != 40 {
		t.Errorf("%d transcripts, want 40", n)
	}
}

func TestSavingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	_, stored := imported(t, s, session("a", "x"))
	save(t, s, card, stored, verdict("a", 40, flagged...))
	save(t, s, card, stored, verdict("a", 90))
	got := []int{
		count(t, s, `SELECT count(*) FROM verdicts WHERE current AND score = 40`),
		count(t, s, `SELECT count(*) FROM verdicts`),
		count(t, s, `SELECT count(*) FROM findings`),
		count(t, s, `SELECT count(*) FROM flags WHERE open`),
	}
	if diff := cmp.Diff([]int{1, 1, 2, 2}, got); diff != "" {
		t.Errorf("current verdicts, verdicts, findings, open flags (-want +got):\n%s", diff)
	}
}

func TestNewestTranscriptHasTheCurrentVerdict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		order []int // in which the two transcripts are inspected
	}{
		{"in order", []int{0, 1}},
		{"the newer first", []int{1, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			card := publish(t, s)
			_, first := imported(t, s, session("a", "x"))
			_, second := imported(t, s, session("a", "y"))
			both := [][]store.Stored{first, second}
			for _, i := range c.order {
				save(t, s, card, both[i], verdict("a", float64(40+i), flagged...))
			}
			if n := count(t, s, `SELECT score::int FROM verdicts WHERE current`); n != 41 {
				t.Errorf("current score %d, want that of the newer transcript, 41", n)
			}
			if n := count(t, s, `SELECT count(*) FROM flags f JOIN verdicts v ON v.id = f.verdict_id WHERE f.open AND NOT v.current`); n != 0 {
				t.Errorf("%d open flags of a verdict that is over", n)
			}
			if n := count(t, s, `SELECT count(*) FROM flags WHERE open`); n != 2 {
				t.Errorf("%d open flags, want 2", n)
			}
		})
	}
}

func TestFailureOfOneVersionOutlivesTheVerdictOfAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		fails, good int
	}{
		{"the older fails", 0, 1},
		{"the newer fails", 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			card := publish(t, s)
			_, first := imported(t, s, session("a", "x"))
			_, second := imported(t, s, session("a", "y"))
			both := [][]store.Stored{first, second}
			failure := store.Failure{Transcript: both[c.fails][0].Key, Reason: store.Panicked, Detail: "bang"}
			if err := s.SaveInspections(t.Context(), nil, []store.Failure{failure}, nil, func(pgx.Tx, []store.VerdictKey) error { return nil }); err != nil {
				t.Fatal(err)
			}
			save(t, s, card, both[c.good], verdict("a", 50))
			if p := progressOf(t, s); p.Failures != 1 || p.Verdicts != 1 || !p.Done() {
				t.Errorf("progress %+v, want done with one verdict and one failure", p)
			}
		})
	}
}

func TestDiscardedJobBecomesFailuresOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	_, stored := imported(t, s, session("a", "x"), session("b", "x"))
	save(t, s, card, stored[:1], verdict("a", 50))
	const insert = `
		INSERT INTO river_job (kind, args, queue, max_attempts, attempt, state, finalized_at, errors)
		VALUES ('inspect', jsonb_build_object('transcripts', $1::bigint[]), 'inspect', 1, 1, 'discarded', now(),
			ARRAY[jsonb_build_object('error', 'too bad')])`
	if _, err := s.Pool().Exec(t.Context(), insert, []int64{int64(stored[0].Key), int64(stored[1].Key)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		n, err := s.RecordDiscarded(t.Context(), "inspect")
		if err != nil {
			t.Fatal(err)
		}
		if n != want {
			t.Errorf("%d failures recorded, want %d", n, want)
		}
	}
	list, _, err := s.Failures(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].SourceID != "b" || list[0].Detail != "too bad" {
		t.Errorf("failures %+v, want the session without a verdict", list)
	}
}

func TestDiscardedReinspectionIsAFailureBesideTheOldVerdict(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	_, stored := imported(t, s, session("a", "x"))
	save(t, s, card, stored, verdict("a", 50))
	const insert = `
		INSERT INTO river_job (kind, args, queue, max_attempts, attempt, state, finalized_at, errors)
		VALUES ('inspect', jsonb_build_object('transcripts', $1::bigint[], 'reinspection', 7), 'inspect', 1, 1, 'discarded', now(),
			ARRAY[jsonb_build_object('error', $2::text)])`
	if _, err := s.Pool().Exec(t.Context(), insert, []int64{int64(stored[0].Key)}, store.WorkerLost); err != nil {
		t.Fatal(err)
	}
	if n, err := s.RecordDiscarded(t.Context(), "inspect"); n != 1 || err != nil {
		t.Errorf("%d failures recorded, %v, want 1", n, err)
	}
	list, _, err := s.Failures(t.Context(), 10)
	if err != nil || len(list) != 1 || list[0].Detail != "re-inspection 7: "+store.WorkerLost {
		t.Errorf("failures %+v, %v, want that of the re-inspection", list, err)
	}
	// Tried again with success: the job, which stays for days, is no failure once more.
	save(t, s, card, stored, verdict("a", 50))
	if n, err := s.RecordDiscarded(t.Context(), "inspect"); n != 0 || err != nil {
		t.Errorf("%d failures recorded again, %v", n, err)
	}
}

func TestFailureIsForgottenWhenAVerdictComes(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	_, stored := imported(t, s, session("a", "x"))
	failure := store.Failure{Transcript: stored[0].Key, Reason: store.Panicked, Detail: "bang\x00\xff"}
	if err := s.SaveInspections(t.Context(), nil, []store.Failure{failure}, nil, func(pgx.Tx, []store.VerdictKey) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if p := progressOf(t, s); !p.Done() || p.Failures != 1 {
		t.Errorf("progress %+v, want done with one failure", p)
	}
	save(t, s, card, stored, verdict("a", 50))
	if p := progressOf(t, s); p.Failures != 0 || p.Verdicts != 1 {
		t.Errorf("progress %+v, want one verdict and no failure", p)
	}
}

func progressOf(t *testing.T, s *store.Store) store.Progress {
	t.Helper()
	p, err := s.Progress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestQueueFilters(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	a, b, c := session("a", "x"), session("b", "x"), session("c", "x")
	b.Agent = &transcript.AgentRef{ID: "a-2", Name: "Bo", Team: "blue"}
	b.Channel, b.StartedAt = transcript.Call, b.StartedAt.AddDate(0, 0, 2)
	_, stored := imported(t, s, a, b, c)
	angry := pipeline.Flag{Reason: pipeline.CustomerAngry, Severity: pipeline.Low, Turn: new(0)}
	save(t, s, card, stored, verdict("a", 40, flagged...), verdict("b", 70, angry), verdict("c", 95))
	day := time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	for _, f := range []struct {
		name   string
		filter store.QueueFilter
		want   string
	}{
		{"all that is flagged, gravest first", store.QueueFilter{}, "a b"},
		{"newest first", store.QueueFilter{Sort: store.ByNewest}, "b a"},
		{"worst score first", store.QueueFilter{Sort: store.ByScore}, "a b"},
		{"reason", store.QueueFilter{Reason: pipeline.CustomerAngry}, "b"},
		{"reason with another severity", store.QueueFilter{Reason: pipeline.CustomerAngry, Severity: pipeline.High}, ""},
		{"severity", store.QueueFilter{Severity: pipeline.High}, "a"},
		{"criterion that is not met", store.QueueFilter{Criterion: "greeting"}, "a b"},
		{"criterion that is met", store.QueueFilter{Criterion: "closing"}, ""},
		{"team", store.QueueFilter{Team: "blue"}, "b"},
		{"agent by id", store.QueueFilter{Agent: "a-1"}, "a"},
		{"agent by name", store.QueueFilter{Agent: "Bo"}, "b"},
		{"channel", store.QueueFilter{Channel: "call"}, "b"},
		{"from a day", store.QueueFilter{From: day}, "b"},
		{"to a day", store.QueueFilter{To: day.AddDate(0, 0, -1)}, "a"},
		{"second page", store.QueueFilter{Offset: 1}, "b"},
		{"hostile text is only text", store.QueueFilter{Team: "'; DROP TABLE sessions; --"}, ""},
	} {
		rows, err := s.Queue(t.Context(), f.filter)
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, r.SourceID)
		}
		if strings.Join(got, " ") != f.want {
			t.Errorf("%s: %v, want %s", f.name, got, f.want)
		}
	}
	rows, err := s.Queue(t.Context(), store.QueueFilter{Severity: pipeline.High})
	if err != nil {
		t.Fatal(err)
	}
	flags, err := rows[0].OpenFlags()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(flagged, flags); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
	teams, err := s.Teams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"blue", "red"}, teams); diff != "" {
		t.Errorf("teams (-want +got):\n%s", diff)
	}
}

func TestLastPublishedScorecardComesFirst(t *testing.T) {
	t.Parallel()
	s := open(t)
	first := func() string {
		t.Helper()
		active, err := s.ActiveScorecards(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return active[0].Slug
	}
	for _, slug := range []string{"b", "c", "a", "b"} {
		if _, err := s.Publish(t.Context(), slug, "1", "source"); err != nil {
			t.Fatal(err)
		}
		if got := first(); got != slug {
			t.Errorf("first after publishing %s: %s", slug, got)
		}
	}
	if err := s.Retire(t.Context(), store.Act{By: "me"}, "b"); err != nil {
		t.Fatal(err)
	}
	if got := first(); got != "a" {
		t.Errorf("first after retiring b: %s, want a", got)
	}
	if err := s.Retire(t.Context(), store.Act{By: "me"}, "b"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("retired twice: %v, want ErrNotFound", err)
	}
}

func TestRejectsOfAFileAreReplacedWhenItIsReadAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	strange := "gbk-\xb6\xd4.csv"
	for _, lines := range [][]int{{1, 2}, {2}} {
		var rejects []transcript.Reject
		for _, line := range lines {
			rejects = append(rejects, transcript.Reject{File: strange, Line: line, Reason: "bad \x00"})
		}
		if err := s.SaveRejects(t.Context(), []string{strange}, rejects); err != nil {
			t.Fatal(err)
		}
	}
	if _, total, err := s.Rejects(t.Context(), 10); err != nil || total != 1 {
		t.Errorf("%d rejects, error %v, want the one that is left", total, err)
	}
}

func TestPublishKeepsOneVersionActive(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, version := range []string{"1", "2", "1"} {
		if _, err := s.Publish(t.Context(), "card", version, "source "+version); err != nil {
			t.Fatal(err)
		}
		active, err := s.ActiveScorecards(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(active) != 1 || active[0].Version != version || active[0].Source != "source "+version {
			t.Errorf("after publishing %s: active %+v", version, active)
		}
	}
	if _, err := s.Scorecard(t.Context(), "card", "3"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown version: %v, want ErrNotFound", err)
	}
}

func TestRescueTakesJobsOfLostWorkersOnly(t *testing.T) {
	t.Parallel()
	s := open(t)
	if err := s.Beat(t.Context(), store.Worker{ID: "alive", Host: "h", PID: 1}); err != nil {
		t.Fatal(err)
	}
	const insert = `
		INSERT INTO river_job (id, kind, args, queue, max_attempts, attempt, state, attempted_at, attempted_by)
		SELECT id, kind, '{}', 'inspect', 3, attempt, 'running', now() - ago::interval, ARRAY[worker]
		FROM (VALUES (1, 'inspect', 1, '1 hour', 'alive'), (2, 'inspect', 1, '1 hour', 'lost'), (3, 'inspect', 3, '1 hour', 'lost'),
			(4, 'inspect', 1, '1 second', 'lost'), (5, 'inspect', 1, '1 hour', 'me'), (6, 'inspect', 1, '1 hour', 'me'),
			(7, 'another_programs', 1, '1 hour', 'lost')) AS j(id, kind, attempt, ago, worker)`
	if _, err := s.Pool().Exec(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	taken, err := s.Rescue(t.Context(), "me", []string{"inspect"}, []int64{6}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if taken != 3 {
		t.Errorf("%d jobs taken, want 3", taken)
	}
	rows, err := s.Pool().Query(t.Context(), `SELECT id || ' ' || state FROM river_job ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1 running", "2 available", "3 discarded", "4 running", "5 available", "6 running", "7 running"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

func TestMigrationsGoUpDownAndUpAgain(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	if err := store.CheckSchema(t.Context(), pool); err != nil {
		t.Errorf("migrated: %v", err)
	}
	if err := store.Unmigrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	var tables int
	const left = `SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'assay_migrations'`
	if err := pool.QueryRow(t.Context(), left).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Errorf("%d tables left after undoing", tables)
	}
	if err := store.CheckSchema(t.Context(), pool); !errors.Is(err, store.ErrOldSchema) {
		t.Errorf("undone: %v, want ErrOldSchema", err)
	}
	for range 2 {
		if err := store.Migrate(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWatchedFileIsUnreadUntilMarkedAndAfterAChange(t *testing.T) {
	t.Parallel()
	s := open(t)
	f := store.WatchedFile{Path: "/in/\xb6\xd4.jsonl", Bytes: 10, ModifiedAt: time.Date(2026, 11, 1, 1, 2, 3, 123456789, time.UTC)}
	unread := func(f store.WatchedFile) int {
		t.Helper()
		list, err := s.Unread(t.Context(), []store.WatchedFile{f})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if unread(f) != 1 {
		t.Error("a new file counts as read")
	}
	if err := s.MarkRead(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if unread(f) != 0 {
		t.Error("a file that was read is unread")
	}
	f.Bytes++
	if unread(f) != 1 {
		t.Error("a file that grew counts as read")
	}
}

func TestLogOfScorecardsNeverChanges(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, version := range []string{"1", "2"} {
		if _, err := s.PublishBy(t.Context(), store.Act{By: "wei", Why: "try " + version}, "card", version, "source"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Retire(t.Context(), store.Act{By: "li"}, "card"); err != nil {
		t.Fatal(err)
	}
	list, err := s.ScorecardLog(t.Context(), "card", 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, strings.TrimSpace(string(e.Action)+" "+e.Version+" by "+e.Who+" "+e.Why))
	}
	if diff := cmp.Diff([]string{"retired 2 by li", "published 2 by wei try 2", "published 1 by wei try 1"}, got); diff != "" {
		t.Errorf("the log (-want +got)\n%s", diff)
	}
	for _, sql := range []string{`UPDATE scorecard_log SET who = 'nobody'`, `DELETE FROM scorecard_log`} {
		if _, err := s.Pool().Exec(t.Context(), sql); err == nil {
			t.Errorf("%s is not refused", sql)
		}
	}
}
