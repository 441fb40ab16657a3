package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"assay/classifiers/tone"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
	"assay/testdata"
)

// workerEnv makes the test program a worker on the database that it names, so
// that a test can kill a whole process.
const workerEnv = "ASSAY_TEST_WORKER"

func TestMain(m *testing.M) {
	if url := os.Getenv(workerEnv); url != "" {
		beWorker(url)
		return
	}
	if url := os.Getenv(liveEnv); url != "" {
		beSender(url)
		return
	}
	os.Exit(storetest.Run(m, storetest.Options{Migrate: store.Migrate}))
}

func beWorker(url string) {
	ctx := context.Background()
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		panic(err)
	}
	o := Options{Store: s, Inspector: inspector(), Log: slog.New(slog.DiscardHandler)}
	if model := os.Getenv(modelEnv); model != "" {
		if o.Judging, err = judgingBy(s, model, LedgerOptions{}); err != nil {
			panic(err)
		}
	}
	r, err := New(o)
	if err != nil {
		panic(err)
	}
	if err := r.Start(ctx); err != nil {
		panic(err)
	}
	select {}
}

func inspector() *pipeline.Inspector {
	t, err := tone.New()
	if err != nil {
		panic(err)
	}
	return &pipeline.Inspector{Tone: t}
}

// samples are the demo's sessions.
func samples(t testing.TB) []*transcript.Session {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, testdata.Demo); err != nil {
		t.Fatal(err)
	}
	var out []*transcript.Session
	for rec := range transcript.Read(t.Context(), []string{filepath.Join(folder, "demo", "sessions")}, transcript.Options{}) {
		if rec.Reject != nil {
			t.Fatal(rec.Reject)
		}
		out = append(out, rec.Session)
	}
	return out
}

// records repeats the samples as n sessions with ids of their own.
func records(samples []*transcript.Session, n int) func(func(transcript.Record) bool) {
	return func(yield func(transcript.Record) bool) {
		for i := range n {
			s := *samples[i%len(samples)]
			s.ID = transcript.SessionID(fmt.Sprintf("s-%05d", i))
			if !yield(transcript.Record{Session: &s, File: "test.jsonl", Line: i + 1}) {
				return
			}
		}
	}
}

func newStore(t testing.TB) (*store.Store, *Importer) {
	t.Helper()
	return storeOn(t, storetest.New(t))
}

// packs are the scorecards of a first start; under the race detector, to which their size
// is only delay, a small one.
func packs() []scorecard.Pack {
	if !testing.Short() {
		return scorecard.FirstPacks()
	}
	const small = `
scorecard: small
name: small
for: {languages: [zh, en]}
sections:
  - id: opening
    name: opening
    criteria:
      - id: greeting
        name: greeting
        conditions: {greets: {speaker: agent, first: 2, keywords: {any: [您好, hello]}}}
        met_when: greets
      - id: thanks
        name: thanks
        conditions: {thanked: {speaker: agent, keywords: {any: [谢谢, 感谢, thank you]}}}
        met_when: thanked
`
	return []scorecard.Pack{{Name: "small", Source: []byte(small)}}
}

func storeOn(t testing.TB, pool *pgxpool.Pool) (*store.Store, *Importer) {
	t.Helper()
	s := store.New(pool, store.Options{})
	for _, pack := range packs() {
		card, problems := scorecard.Parse(pack.Name, pack.Source)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Publish(t.Context(), card.ID, card.Version, string(card.Source)); err != nil {
			t.Fatal(err)
		}
	}
	client, err := NewInserter(s)
	if err != nil {
		t.Fatal(err)
	}
	return s, &Importer{Store: s, Client: client}
}

func start(t *testing.T, o Options) *Runner {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Inspector == nil {
		o.Inspector = inspector()
	}
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return r
}

// await polls until the condition holds; it gives up after two minutes.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-limit.C:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

func progress(t *testing.T, s *store.Store) store.Progress {
	t.Helper()
	p, err := s.Progress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func awaitDone(t *testing.T, s *store.Store) {
	t.Helper()
	await(t, "all sessions are inspected", func() bool { return progress(t, s).Done() })
}

// checkOnce fails unless n sessions have one verdict each, and findings of it.
func checkOnce(t *testing.T, s *store.Store, n int) {
	t.Helper()
	var verdicts, sessions, current, bare int
	const query = `
		SELECT count(*), count(DISTINCT session_id), count(*) FILTER (WHERE current),
			count(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM findings f WHERE f.verdict_id = v.id))
		FROM verdicts v`
	if err := s.Pool().QueryRow(t.Context(), query).Scan(&verdicts, &sessions, &current, &bare); err != nil {
		t.Fatal(err)
	}
	got := []int{verdicts, sessions, current, bare}
	if diff := cmp.Diff([]int{n, n, n, 0}, got); diff != "" {
		t.Errorf("verdicts, their sessions, current ones, without findings (-want +got):\n%s", diff)
	}
	if p := progress(t, s); p.Failures != 0 {
		list, _, err := s.Failures(t.Context(), 3)
		t.Errorf("%d failures, such as %v (%v)", p.Failures, list, err)
	}
}

func TestImportedSessionsAreInspectedOnce(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	base := samples(t)
	n, err := im.Import(t.Context(), records(base, 300))
	if err != nil {
		t.Fatal(err)
	}
	if n.New != 300 {
		t.Errorf("imported %+v, want 300 new", n)
	}
	start(t, Options{Store: s})
	awaitDone(t, s)
	checkOnce(t, s, 300)

	again, err := im.Import(t.Context(), records(base, 300))
	if err != nil {
		t.Fatal(err)
	}
	if again.Same != 300 || again.New+again.Changed != 0 {
		t.Errorf("imported again %+v, want 300 the same", again)
	}
	checkOnce(t, s, 300)
}

func TestChangedSessionGetsANewVerdict(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	base := samples(t)[:1]
	if _, err := im.Import(t.Context(), records(base, 1)); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s})
	awaitDone(t, s)
	changed := *base[0]
	changed.Turns = append([]transcript.Turn{}, changed.Turns...)
	changed.Turns[0].Text += " …"
	n, err := im.Import(t.Context(), records([]*transcript.Session{&changed}, 1))
	if err != nil {
		t.Fatal(err)
	}
	if n.Changed != 1 {
		t.Errorf("imported %+v, want 1 changed", n)
	}
	awaitDone(t, s)
	key, err := s.FindSession(t.Context(), "s-00000")
	if err != nil {
		t.Fatal(err)
	}
	view, err := s.Session(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if view.Version != 2 || view.Inspected == nil || *view.Inspected != 2 {
		t.Errorf("version %d, inspected %v, want the second inspected", view.Version, view.Inspected)
	}
}

// explosive is a tone classifier that panics at a word, as a bug would.
type explosive struct{ pipeline.ToneClassifier }

func (e explosive) Classify(ctx context.Context, in *pipeline.Input) pipeline.Tone {
	for _, turn := range in.Session.Turns {
		if strings.Contains(turn.Text, "kaboom") {
			panic("cannot bear this word")
		}
	}
	return e.ToneClassifier.Classify(ctx, in)
}

func TestPoisonSessionIsShownAndBlocksNothing(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	base := samples(t)
	poison := *base[0]
	poison.Turns = []transcript.Turn{{Speaker: transcript.Customer, Text: "kaboom"}}
	mixed := append([]*transcript.Session{&poison}, base[:29]...)
	if _, err := im.Import(t.Context(), records(mixed, 60)); err != nil {
		t.Fatal(err)
	}
	in := inspector()
	in.Tone = explosive{in.Tone}
	start(t, Options{Store: s, Inspector: in})
	awaitDone(t, s)
	failures, total, err := s.Failures(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if total != 2 || failures[0].Reason != string(store.Panicked) || !strings.Contains(failures[0].Detail, "cannot bear this word") {
		t.Errorf("%d failures %+v, want the two poison sessions with their panic", total, failures)
	}
	if p := progress(t, s); p.Verdicts != 58 {
		t.Errorf("%d verdicts, want 58", p.Verdicts)
	}
}

func TestSessionWithoutScorecardIsShown(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	foreign := *samples(t)[0]
	foreign.Language = "fr"
	if _, err := im.Import(t.Context(), records([]*transcript.Session{&foreign}, 1)); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s})
	awaitDone(t, s)
	failures, _, err := s.Failures(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(failures) != 1 || failures[0].Reason != string(store.NoScorecard) {
		t.Errorf("failures %+v, want one for want of a scorecard", failures)
	}
}

func TestKilledWorkersSessionsAreTakenUp(t *testing.T) {
	t.Parallel()
	const n = 1200
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), n)); err != nil {
		t.Fatal(err)
	}
	url := s.Pool().Config().ConnString()
	first := spawn(t, url)
	await(t, "the worker is in the middle", func() bool { return progress(t, s).Verdicts >= n/10 })
	if err := first.Process.Kill(); err != nil { // kill -9
		t.Fatal(err)
	}
	if p := progress(t, s); p.Done() {
		t.Fatal("the worker was done before it was killed: nothing was tested")
	}
	spawn(t, url)
	awaitDone(t, s)
	checkOnce(t, s, n)
	await(t, "no job is left running", func() bool {
		var running int
		if err := s.Pool().QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE state = 'running'`).Scan(&running); err != nil {
			t.Fatal(err)
		}
		return running == 0
	})
}

// spawn starts a worker process, with further variables of its environment.
func spawn(t *testing.T, url string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(append(os.Environ(), workerEnv+"="+url), env...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err == nil {
			_ = cmd.Wait() // killed is what it is meant to be
		}
	})
	return cmd
}

// TestDatabaseAwayAndBack takes the server down in the middle of the work. It
// does not run in parallel: the server is the other tests' too.
func TestDatabaseAwayAndBack(t *testing.T) {
	const n = 1200
	server := storetest.Cluster(t)
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), n)); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s, Workers: 1})
	await(t, "the worker is in the middle", func() bool { return progress(t, s).Verdicts >= n/10 })
	if err := server.Interrupt(t.Context()); err != nil {
		t.Fatal(err)
	}
	errors := 0
	await(t, "the database was missed", func() bool {
		if _, err := s.Progress(t.Context()); err != nil {
			errors++
		}
		return errors > 50
	})
	if err := server.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, "all sessions are inspected", func() bool {
		p, err := s.Progress(t.Context())
		return err == nil && p.Done()
	})
	checkOnce(t, s, n)
}

func TestWatchedFolderIsPulled(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	folder := t.TempDir()
	line := `{"id":"w-1","channel":"chat","turns":[{"speaker":"customer","text":"在吗"},{"speaker":"agent","text":"您好，请讲"}]}` + "\n"
	write := func(name, text string, age time.Duration) {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write("new.jsonl", line+"{broken\n", time.Minute)
	write("unfinished.jsonl.part", "{", time.Minute)
	write("fresh.jsonl", strings.ReplaceAll(line, "w-1", "w-fresh"), -time.Hour)
	if err := os.Symlink("nowhere", filepath.Join(folder, "dangling.jsonl")); err != nil {
		t.Fatal(err)
	}
	write("\xb6\xd4.jsonl", "", time.Minute)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s, Watch: []string{link}, WatchEvery: 50 * time.Millisecond})
	await(t, "the file is read", func() bool { return progress(t, s).Verdicts == 1 })
	list, rejects, err := s.Rejects(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if rejects != 3 {
		t.Errorf("rejects %+v, want the broken line, the dangling link and the empty file", list)
	}
	write("new.jsonl", line+strings.ReplaceAll(line, "w-1", "w-2"), time.Second*30)
	await(t, "the changed file is read again", func() bool { return progress(t, s).Verdicts == 2 })
	if p := progress(t, s); p.Sessions != 2 {
		t.Errorf("%d sessions, want 2: files that still change are left alone", p.Sessions)
	}
}

func TestBatchesAreBoundedByCountAndSize(t *testing.T) {
	t.Parallel()
	stored := func(bytes ...int) []store.Stored {
		out := make([]store.Stored, len(bytes))
		for i, n := range bytes {
			out[i] = store.Stored{Key: store.TranscriptKey(i), Bytes: n}
		}
		return out
	}
	for _, c := range []struct {
		name string
		in   []store.Stored
		want []int
	}{
		{"none", nil, nil},
		{"many small ones", stored(make([]int, 120)...), []int{50, 50, 20}},
		{"a large one stands alone", stored(10, batchBytes+1, 10), []int{1, 1, 1}},
		{"size closes a batch", stored(batchBytes/2, batchBytes/2, 1), []int{2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []int
			for _, p := range batches(c.in, InspectArgs{}, nil) {
				got = append(got, len(p.Args.(InspectArgs).Transcripts))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("sizes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLostJobWithoutAttemptsBecomesFailures(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), 3)); err != nil {
		t.Fatal(err)
	}
	const lose = `
		UPDATE river_job
		SET state = 'running', attempt = max_attempts, attempted_at = now() - interval '1 hour', attempted_by = ARRAY['gone']`
	if _, err := s.Pool().Exec(t.Context(), lose); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s})
	await(t, "the lost job is given up", func() bool { return progress(t, s).Failures == 3 })
	failures, total, err := s.Failures(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if total != 3 || failures[0].Reason != string(store.WorkerDied) {
		t.Errorf("%d failures %+v, want three lost ones", total, failures)
	}
}

func TestLostBatchIsSplit(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), 40)); err != nil {
		t.Fatal(err)
	}
	const lose = `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '1 hour', attempted_by = ARRAY['gone']`
	if _, err := s.Pool().Exec(t.Context(), lose); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rescue(t.Context(), "me", kinds, nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s, Workers: runtime.NumCPU()})
	awaitDone(t, s)
	checkOnce(t, s, 40)
	var jobs int
	if err := s.Pool().QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'inspect'`).Scan(&jobs); err != nil {
		t.Fatal(err)
	}
	if jobs != 41 {
		t.Errorf("%d jobs, want the batch and one for each of its 40 sessions", jobs)
	}
}

func TestJobsOfOneKindAtATimeAreTakenBackFromLostWorkers(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	client, err := NewInserter(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range []river.JobArgs{GapsArgs{}, GapsArgs{Merge: true}, CheckLibraryArgs{}, LiveIdleArgs{}} {
		if _, err := client.Insert(t.Context(), args, nil); err != nil {
			t.Fatal(err)
		}
	}
	const lose = `UPDATE river_job SET state = 'running', attempt = max_attempts, attempted_at = now() - interval '1 hour', attempted_by = ARRAY['gone']`
	if _, err := s.Pool().Exec(t.Context(), lose); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Rescue(t.Context(), "me", kinds, nil, time.Minute); n != 4 || err != nil {
		t.Errorf("%d jobs taken back, %v; want 4", n, err)
	}
	if again, err := client.Insert(t.Context(), GapsArgs{}, nil); err != nil || again.UniqueSkippedAsDuplicate {
		t.Errorf("the next one is kept from coming: %+v, %v", again, err)
	}
}
