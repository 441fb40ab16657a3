package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/jobs"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
	"assay/testdata"
)

type benchCmds struct {
	Pipeline benchCmd        `cmd:"" default:"withargs" help:"Import and inspection, on this machine and database."`
	Library  benchLibraryCmd `cmd:"" help:"Searching solutions, in libraries of several sizes."`
	Live     benchLiveCmd    `cmd:"" help:"Running sessions: from a turn's arrival to its readers."`
}

type benchCmd struct {
	Sessions int      `name:"sessions" default:"5000" help:"Sessions to push through the pipeline."`
	Jobs     int      `name:"jobs" default:"20000" help:"No-op jobs for the reference."`
	Paths    []string `name:"from" type:"path" placeholder:"PATH" help:"Transcripts to repeat; default: the demo's."`
	Workers  int      `name:"workers" default:"0" help:"Sessions inspected at once; 0 is the number of CPUs."`
	JSON     bool     `name:"json" help:"Print figures as JSON."`
	config.Database
}

// benchResult is what one run measured. Rates are per second of wall time.
type benchResult struct {
	Sessions      int     `json:"sessions"`
	Turns         int     `json:"turns"`
	ImportRate    float64 `json:"import_sessions_per_second"`
	InspectRate   float64 `json:"inspect_sessions_per_second"`  // from enqueued to all verdicts stored
	PipelineRate  float64 `json:"pipeline_sessions_per_second"` // import and inspection together
	EngineRate    float64 `json:"engine_sessions_per_second"`   // inspection alone, in memory, one after the other
	NoopRate      float64 `json:"noop_jobs_per_second"`
	Ratio         float64 `json:"pipeline_to_noop"`
	Verdicts      int     `json:"verdicts"`
	Findings      int     `json:"findings"`
	PeakMemoryMiB float64 `json:"peak_memory_mib"`
	CPUs          int     `json:"cpus"`
}

// Run makes a database of its own on the configured server, and drops it.
func (c *benchCmd) Run(p *program) (err error) {
	if c.Sessions < 1 || c.Jobs < 1 {
		return usageError{errors.New("--sessions and --jobs: allowed: 1 or more")}
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	name := fmt.Sprintf("assay_bench_%d", os.Getpid())
	own, err := p.scratch(db, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dropScratch(p.ctx, db, own, name)) }()
	result, err := c.measure(p, own)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, result)
		return nil
	}
	fmt.Fprintf(p.stdout, `%d sessions, %d turns, %d CPUs
import       %8.0f sessions/s
inspection   %8.0f sessions/s   (River jobs, verdicts and findings stored)
pipeline     %8.0f sessions/s   (import and inspection, one after the other)
engine       %8.0f sessions/s   (inspection in memory, one CPU)
no-op jobs   %8.0f jobs/s       (River on the same database)
ratio        %8.3f               (pipeline to no-op)
stored       %d verdicts, %d findings
peak memory  %8.0f MiB
`, result.Sessions, result.Turns, result.CPUs, result.ImportRate, result.InspectRate, result.PipelineRate,
		result.EngineRate, result.NoopRate, result.Ratio, result.Verdicts, result.Findings, result.PeakMemoryMiB)
	return nil
}

// scratch creates a database beside the configured one, and migrates it.
func (p *program) scratch(db *database, name string) (*store.Store, error) {
	if _, err := db.Pool().Exec(p.ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize()); err != nil {
		return nil, fmt.Errorf("bench needs the right to create a database: %w", err)
	}
	cfg := db.Pool().Config().ConnConfig.Copy()
	cfg.Database = name
	s, err := store.OpenConfig(p.ctx, cfg, store.Options{Zone: db.zone})
	if err != nil {
		return nil, errors.Join(err, dropScratch(p.ctx, db, nil, name))
	}
	if err := store.Migrate(p.ctx, s.Pool()); err != nil {
		return nil, errors.Join(err, dropScratch(p.ctx, db, s, name))
	}
	return s, nil
}

func dropScratch(ctx context.Context, db *database, own *store.Store, name string) error {
	if own != nil {
		own.Close()
	}
	_, err := db.Pool().Exec(context.WithoutCancel(ctx), `DROP DATABASE `+pgx.Identifier{name}.Sanitize()+` WITH (FORCE)`)
	return err
}

func (c *benchCmd) measure(p *program, s *store.Store) (benchResult, error) {
	r := benchResult{Sessions: c.Sessions, CPUs: runtime.NumCPU()}
	samples, err := c.samples(p)
	if err != nil {
		return r, err
	}
	if r.NoopRate, err = noopRate(p.ctx, s, c.Jobs); err != nil {
		return r, err
	}
	cards, err := shippedCards(scorecard.FirstPacks())
	if err != nil {
		return r, err
	}
	t, err := tone.New()
	if err != nil {
		return r, err
	}
	inspector := &pipeline.Inspector{Tone: t}
	if r.EngineRate, err = engineRate(p.ctx, inspector, cards, samples); err != nil {
		return r, err
	}
	if err := c.pipeline(p, s, inspector, samples, &r); err != nil {
		return r, err
	}
	r.Ratio = r.PipelineRate / r.NoopRate
	r.PeakMemoryMiB = peakMemory()
	return r, nil
}

// samples are the sessions that are repeated.
func (c *benchCmd) samples(p *program) ([]*transcript.Session, error) {
	paths := c.Paths
	if len(paths) == 0 {
		folder, err := os.MkdirTemp("", "assay-bench-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(folder)
		if err := os.CopyFS(folder, testdata.Demo); err != nil {
			return nil, err
		}
		paths = []string{filepath.Join(folder, "demo", "sessions")}
	}
	var samples []*transcript.Session
	for rec := range transcript.Read(p.ctx, paths, transcript.Options{}) {
		if rec.Session != nil {
			samples = append(samples, rec.Session)
		}
	}
	if len(samples) == 0 {
		return nil, usageError{errors.New("--from: no transcripts")}
	}
	return samples, nil
}

// repeat yields n sessions with ids of their own.
func repeat(samples []*transcript.Session, n int, turns *int) iter.Seq[transcript.Record] {
	return func(yield func(transcript.Record) bool) {
		for i := range n {
			s := *samples[i%len(samples)]
			s.ID = transcript.SessionID(fmt.Sprintf("bench-%d", i))
			*turns += len(s.Turns)
			if !yield(transcript.Record{Session: &s, File: "bench", Line: i + 1}) {
				return
			}
		}
	}
}

func (c *benchCmd) pipeline(p *program, s *store.Store, inspector *pipeline.Inspector, samples []*transcript.Session, r *benchResult) error {
	if err := p.publishShipped(s); err != nil {
		return err
	}
	client, err := jobs.NewInserter(s)
	if err != nil {
		return err
	}
	began := time.Now()
	im := &jobs.Importer{Store: s, Client: client}
	if _, err := im.Import(p.ctx, repeat(samples, c.Sessions, &r.Turns)); err != nil {
		return err
	}
	importing := time.Since(began)
	inspecting, err := c.inspect(p, s, inspector)
	if err != nil {
		return err
	}
	rate := func(d time.Duration) float64 { return float64(c.Sessions) / d.Seconds() }
	r.ImportRate, r.InspectRate, r.PipelineRate = rate(importing), rate(inspecting), rate(importing+inspecting)
	const count = `SELECT (SELECT count(*) FROM verdicts), (SELECT count(*) FROM findings)`
	return s.Pool().QueryRow(p.ctx, count).Scan(&r.Verdicts, &r.Findings)
}

// inspect works all enqueued jobs and returns how long that took.
func (c *benchCmd) inspect(p *program, s *store.Store, inspector *pipeline.Inspector) (time.Duration, error) {
	runner, err := jobs.New(jobs.Options{Store: s, Inspector: inspector, Log: p.log, Workers: c.Workers})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := runner.Start(p.ctx); err != nil {
		return 0, err
	}
	var took time.Duration
	bar := newProgress(p.stderr, "inspecting")
	for took == 0 && p.ctx.Err() == nil {
		n, err := s.Progress(p.ctx)
		if err != nil {
			return 0, errors.Join(err, runner.Stop(context.WithoutCancel(p.ctx)))
		}
		if n.Done() {
			took = time.Since(began)
			bar.finish(n.Transcripts-n.Waiting(), n.Transcripts)
			continue
		}
		bar.show(n.Transcripts-n.Waiting(), n.Transcripts)
		time.Sleep(20 * time.Millisecond)
	}
	return took, errors.Join(p.ctx.Err(), runner.Stop(context.WithoutCancel(p.ctx)))
}

// engineRate inspects each sample some times, without any database.
func engineRate(ctx context.Context, inspector *pipeline.Inspector, cards []pipeline.Card, samples []*transcript.Session) (float64, error) {
	const least = 2 * time.Second
	began, n := time.Now(), 0
	for time.Since(began) < least {
		for _, s := range samples {
			card, ok := cardFor(cards, s)
			if !ok {
				continue
			}
			v, err := inspector.Inspect(ctx, s, card)
			if err != nil {
				return 0, err
			}
			if _, err := v.JSON(); err != nil {
				return 0, err
			}
			n++
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}

// noopArgs is the job of the reference: it does nothing.
type noopArgs struct{}

// Kind is the job's name.
func (noopArgs) Kind() string { return "bench_noop" }

type noopWorker struct {
	river.WorkerDefaults[noopArgs]
	done chan<- struct{}
}

// Work reports that a job was worked.
func (w *noopWorker) Work(context.Context, *river.Job[noopArgs]) error {
	w.done <- struct{}{}
	return nil
}

// noopRate is how many empty jobs River works a second on this database, with
// settings that are fast here: what the pipeline's rate is held against.
func noopRate(ctx context.Context, s *store.Store, n int) (float64, error) {
	done := make(chan struct{}, n)
	workers := river.NewWorkers()
	river.AddWorker(workers, &noopWorker{done: done})
	client, err := river.NewClient(riverpgxv5.New(s.Pool()), &river.Config{
		Workers: workers, Logger: slog.New(slog.DiscardHandler),
		Queues: map[string]river.QueueConfig{river.QueueDefault: {
			MaxWorkers: 1000, FetchCooldown: 2 * time.Millisecond, FetchPollInterval: 20 * time.Millisecond,
		}},
	})
	if err != nil {
		return 0, fmt.Errorf("river client: %w", err)
	}
	params := make([]river.InsertManyParams, n)
	for i := range params {
		params[i] = river.InsertManyParams{Args: noopArgs{}}
	}
	if _, err := client.InsertManyFast(ctx, params); err != nil {
		return 0, fmt.Errorf("insert no-op jobs: %w", err)
	}
	began := time.Now()
	if err := client.Start(ctx); err != nil {
		return 0, fmt.Errorf("start river: %w", err)
	}
	for range n {
		select {
		case <-done:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	took := time.Since(began)
	if err := client.Stop(ctx); err != nil {
		return 0, fmt.Errorf("stop river: %w", err)
	}
	return float64(n) / took.Seconds(), nil
}

// peakMemory is the most memory that this process had resident, in MiB.
func peakMemory() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return float64(u.Maxrss) / (1 << 20) // bytes there, KiB elsewhere
	}
	return float64(u.Maxrss) / (1 << 10)
}
