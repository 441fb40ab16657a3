package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/cmd/assay/internal/web"
	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/store"
)

type serveCmd struct {
	Listen string `name:"listen" env:"ASSAY_LISTEN" default:"127.0.0.1:8080" help:"Address of pages and API. There are no logins: keep it on loopback, or behind a proxy that signs people in and says who they are (--user-header, --role-header)."`
	config.Access
	config.API
	nodeFlags
}

// Run serves and works until it is interrupted.
func (c *serveCmd) Run(p *program) error {
	rate, err := web.ParseRate(c.APIRate)
	if err != nil {
		return usageError{fmt.Errorf("--api-rate: %w", err)}
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return usageError{fmt.Errorf("--listen: %w", err)}
	}
	api := web.API{RequireToken: c.RequireToken, Rate: rate}
	return p.runNode(c.nodeFlags, c.Access, api, listener)
}

type workCmd struct {
	nodeFlags
}

// Run works until it is interrupted.
func (c *workCmd) Run(p *program) error {
	return p.runNode(c.nodeFlags, config.Access{}, web.API{}, nil)
}

// nodeFlags are the settings of a process that works jobs.
type nodeFlags struct {
	config.Database
	config.Work
	config.Library
	config.Index
	config.Read
	config.Model
	config.Judging
	config.Live
}

// runNode works, and serves where there is a listener, until it is interrupted.
func (p *program) runNode(f nodeFlags, access config.Access, api web.API, listener net.Listener) (err error) {
	db, err := p.openDatabase(f.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := p.publishShipped(db.Store); err != nil {
		return err
	}
	node, err := p.newNode(db, f, access)
	if err != nil {
		return err
	}
	node.api = api
	return node.run(p.ctx, listener)
}

type migrateCmd struct {
	Undo bool `name:"undo" help:"Remove all of Assay's tables and what is in them."`
	Yes  bool `name:"yes" help:"Do not ask before removing."`
	config.Database
}

// Run migrates the database.
func (c *migrateCmd) Run(p *program) error {
	if c.Undo && !c.Yes {
		return usageError{errors.New("--undo removes every session, verdict and solution: say --yes as well")}
	}
	if c.URL == "" {
		db, err := p.openDatabase(c.Database)
		if err != nil {
			return err
		}
		return errors.Join(c.migrate(p, db.Store), db.Close())
	}
	s, err := store.Open(p.ctx, c.URL, store.Options{})
	if err != nil {
		return usageError{err}
	}
	defer s.Close()
	return c.migrate(p, s)
}

func (c *migrateCmd) migrate(p *program, s *store.Store) error {
	if c.Undo {
		return store.Unmigrate(p.ctx, s.Pool())
	}
	if err := store.Migrate(p.ctx, s.Pool()); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, "the schema is up to date")
	return nil
}

// node is a process that works jobs and, with a listener, serves.
type node struct {
	db       *database
	index    *knowledge.Index
	runner   *jobs.Runner
	backtest *jobs.Backtester
	registry *prometheus.Registry
	follow   time.Duration
	access   web.Access
	api      web.API
	judge    web.JudgeInfo
	word     func(ctx context.Context, language string, questions, passages []string) (string, error) // nil without a model
	live     jobs.LiveOptions
	streams  config.Live   // how many streams may be open
	stale    time.Duration // after which solutions are to be reviewed
	p        *program
}

func (p *program) newNode(db *database, f nodeFlags, a config.Access) (*node, error) {
	read, err := f.Read.Options(db.zone)
	if err != nil {
		return nil, usageError{err}
	}
	if err := config.Threshold(f.Threshold); err != nil {
		return nil, usageError{err}
	}
	stale, err := f.StaleAfter()
	if err != nil {
		return nil, usageError{err}
	}
	access, err := webAccess(a, f.Model)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	metrics, err := jobs.NewMetrics(registry)
	if err != nil {
		return nil, err
	}
	if err := jobs.RegisterJudging(registry, db.Store, p.log); err != nil {
		return nil, err
	}
	t, err := tone.New()
	if err != nil {
		return nil, err
	}
	ledger, err := newLedger(db.Store, f.Model, f.Judging, metrics)
	if err != nil {
		return nil, err
	}
	inspector := &pipeline.Inspector{Tone: t}
	if err := p.addEmbedder(inspector, f.Model, ledger); err != nil {
		return nil, err
	}
	judging, err := p.judging(f.Model, f.Judging, ledger)
	if err != nil {
		return nil, err
	}
	judging.Workers = f.JudgeWorkers
	if err := errors.Join(f.Keeps(), f.Live.Check()); err != nil {
		return nil, usageError{err}
	}
	if err := p.warnUnpriced(db, judging); err != nil {
		return nil, err
	}
	index, err := p.openIndex(p.ctx, db, f.Index, knowledge.Options{Threshold: f.Threshold, Embedder: inspector.Embed})
	if err != nil {
		return nil, err
	}
	if err := jobs.RegisterIndex(registry, index); err != nil {
		return nil, errors.Join(err, index.Close())
	}
	inspector.Suggest = index
	exported := access.Policy.For(redact.Export)
	runner, err := jobs.New(jobs.Options{
		Store: db.Store, Inspector: inspector, Index: index, Log: p.log, Metrics: metrics, Judging: judging,
		Workers: f.Workers, Watch: f.Watch, WatchEvery: f.WatchEvery, Settle: f.Settle, Read: read,
		Keep: jobs.Keep{Calls: f.KeepCalls, Answers: f.KeepAnswers, Asks: f.KeepAsks}, Clean: func(s string) string { return exported.Text(s).Text },
		Idle: jobs.LiveIdle{After: f.Live.Idle, Keep: f.Live.Keep},
	})
	if err != nil {
		return nil, errors.Join(err, index.Close())
	}
	info, err := judgeInfo(judging, f)
	if err != nil {
		return nil, errors.Join(err, index.Close())
	}
	word, err := p.drafter(f.Model, ledger)
	if err != nil {
		return nil, errors.Join(err, index.Close())
	}
	live := jobs.LiveOptions{Store: db.Store, Tone: t, Index: index, Limits: read.Limits, Log: p.log, Metrics: metrics}
	return &node{
		db: db, index: index, runner: runner, backtest: jobs.NewBacktester(db.Store, inspector, 0), registry: registry,
		follow: f.Follow, access: access, judge: info, word: word, live: live, streams: f.Live, stale: stale, p: p,
	}, nil
}

// stopTimeout bounds a graceful stop: running jobs get 10 s of it.
const stopTimeout = 20 * time.Second

// run works, and serves where there is a listener, until ctx ends or the
// private server does.
func (n *node) run(ctx context.Context, listener net.Listener) error {
	if err := n.runner.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return n.index.Close() // interrupted before it began
		}
		return errors.Join(err, n.index.Close())
	}
	n.announce(listener)
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return n.index.Follow(running, n.follow) })
	if listener != nil {
		group.Go(func() error { return n.serve(running, listener) })
	}
	if n.db.server != nil {
		group.Go(func() error { return n.db.watchServer(running) })
	}
	err := group.Wait()
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = nil // being interrupted is how it ends
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, n.runner.Stop(stop), n.index.Close())
}

// announce says what runs now, and warns when others than this machine can read it.
func (n *node) announce(listener net.Listener) {
	if listener == nil {
		fmt.Fprintln(n.p.stdout, "working")
		return
	}
	fmt.Fprintf(n.p.stdout, "serving http://%s\n", listener.Addr())
	switch {
	case loopback(listener):
	case n.access.UserHeader == "":
		fmt.Fprintf(n.p.stderr, "assay: warning: there are no logins: whoever reaches this address can read every session, as %s; nobody can reveal personal data (--user-header)\n", n.access.Role)
	default:
		fmt.Fprintf(n.p.stderr, "assay: warning: whoever reaches this address past the proxy can set %s: let only the proxy reach it\n", n.access.UserHeader)
	}
}

func loopback(listener net.Listener) bool {
	tcp, ok := listener.Addr().(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

func (n *node) serve(ctx context.Context, listener net.Listener) error {
	client, err := jobs.NewInserter(n.db.Store)
	if err != nil {
		return err
	}
	n.live.Client = client
	live, err := jobs.NewLive(n.live)
	if err != nil {
		return err
	}
	o := n.webOptions(listener)
	o.Jobs, o.Live = client, live
	handler, err := web.New(o)
	if err != nil {
		return err
	}
	group, serving := errgroup.WithContext(ctx)
	group.Go(func() error { return live.Run(serving) }) // its end ends the streams, which a graceful stop waits for
	group.Go(func() error { return serveHTTP(serving, listener, handler) })
	return group.Wait()
}

// serveHTTP serves until ctx ends; requests that are being answered get 5 s then.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
	}
	group, serving := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-serving.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return errors.Join(ctx.Err(), server.Shutdown(stop))
	})
	return group.Wait()
}

func (n *node) webOptions(listener net.Listener) web.Options {
	return web.Options{
		Store: n.db.Store, Index: n.index, Library: knowledge.NewLibrary(n.db.Pool()),
		Backtest: n.backtest,
		Metrics:  promhttp.HandlerFor(n.registry, promhttp.HandlerOpts{}),
		Ready:    n.db.Pool().Ping, Zone: n.db.zone, Log: n.p.log, Loopback: loopback(listener),
		Access: named(n.access, listener), API: n.api, Judge: n.judge, Word: n.word, StaleAfter: n.stale,
		LiveStreams: n.streams.Streams, LiveStreamsEach: n.streams.StreamsEach,
	}
}

// named gives readers on this machine the name of the system's user, by which it is
// noted what they reveal.
func named(a web.Access, listener net.Listener) web.Access {
	if loopback(listener) {
		a.User = systemUser()
	}
	return a
}
