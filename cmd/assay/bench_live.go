package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/cmd/assay/internal/web"
	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

type benchLiveCmd struct {
	Sessions int           `name:"sessions" default:"1000" help:"Sessions that run at the same time, each with a reader."`
	Every    time.Duration `name:"every" default:"6s" help:"A session has a turn this often."`
	For      time.Duration `name:"for" default:"30s" help:"How long sessions run."`
	JSON     bool          `name:"json" help:"Print figures as JSON."`
	config.Database
}

// benchLiveResult is what one run measured. Times are in milliseconds, from
// before a turn is posted until its reader has it: the way over HTTP is part of it.
type benchLiveResult struct {
	Sessions    int     `json:"sessions"`
	Turns       int     `json:"turns"`
	Rate        float64 `json:"turns_per_second"`
	TurnP50     float64 `json:"turn_p50_ms"`
	TurnP99     float64 `json:"turn_p99_ms"`
	TurnMax     float64 `json:"turn_max_ms"`
	Suggested   int     `json:"suggestions"`
	SuggestP50  float64 `json:"suggestion_p50_ms"`
	SuggestP99  float64 `json:"suggestion_p99_ms"`
	PostP50     float64 `json:"post_p50_ms"`
	PostP99     float64 `json:"post_p99_ms"`
	Missed      int     `json:"missed"` // turns that no reader was told in time; must be 0
	Connections int     `json:"postgresql_connections"`
	Goroutines  int     `json:"goroutines"`
	PeakMiB     float64 `json:"peak_memory_mib"`
	CPUs        int     `json:"cpus"`
}

// Run makes a database of its own on the configured server, and drops it.
func (c *benchLiveCmd) Run(p *program) (err error) {
	if c.Sessions < 1 || c.Every <= 0 || c.For < c.Every {
		return usageError{errors.New("--sessions, --every, --for: allowed: 1 or more sessions, and --for as long as --every")}
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	name := fmt.Sprintf("assay_bench_live_%d", os.Getpid())
	own, err := p.scratch(db, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dropScratch(p.ctx, db, own, name)) }()
	r, err := c.measure(p, own)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, r)
		return nil
	}
	fmt.Fprintf(p.stdout, `%d sessions at once, %d turns, %.0f turns/s, %d CPUs (senders and readers are part of the load)
turn at its reader        p50 %6.1f ms   p99 %6.1f ms   most %6.1f ms
suggestions at a reader   p50 %6.1f ms   p99 %6.1f ms   (%d)
answer to who sends       p50 %6.1f ms   p99 %6.1f ms
not told in time          %d
PostgreSQL connections    %d
goroutines                %d
peak memory               %.0f MiB
`, r.Sessions, r.Turns, r.Rate, r.CPUs, r.TurnP50, r.TurnP99, r.TurnMax, r.SuggestP50, r.SuggestP99, r.Suggested, r.PostP50, r.PostP99,
		r.Missed, r.Connections, r.Goroutines, r.PeakMiB)
	return nil
}

func (c *benchLiveCmd) measure(p *program, s *store.Store) (r benchLiveResult, err error) {
	samples, err := c.fill(p, s)
	if err != nil {
		return r, err
	}
	ctx, stop := context.WithCancel(p.ctx)
	group, serving := errgroup.WithContext(ctx)
	defer func() {
		stop()
		if end := group.Wait(); !errors.Is(end, context.Canceled) {
			err = errors.Join(err, end)
		}
	}()
	address, err := serveLive(serving, group, p, s, c.Sessions)
	if err != nil {
		return r, err
	}
	b := &liveBench{c: c, began: time.Now().UTC(), samples: samples, sent: make([]map[int]time.Time, c.Sessions)}
	if b.sender, err = newLiveSender("http://"+address, nil); err != nil {
		return r, err
	}
	b.sender.client.Transport = &http.Transport{MaxIdleConnsPerHost: c.Sessions}
	b.reader = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: c.Sessions}}
	if err := b.run(ctx, s); err != nil {
		return r, err
	}
	return b.result(), nil
}

// fill publishes the shipped scorecards and imports the demo's solutions.
func (c *benchLiveCmd) fill(p *program, s *store.Store) (samples []*transcript.Session, err error) {
	if err := p.publishShipped(s); err != nil {
		return nil, err
	}
	err = withDemoFiles(func(folder string) error {
		solutions, err := p.readSolutions([]string{filepath.Join(folder, "solutions.jsonl")})
		if err != nil {
			return err
		}
		for rec := range transcript.Read(p.ctx, []string{filepath.Join(folder, "sessions")}, transcript.Options{}) {
			if rec.Session != nil {
				samples = append(samples, rec.Session)
			}
		}
		_, err = knowledge.NewLibrary(s.Pool()).Import(p.ctx, solutions, knowledge.ImportOptions{By: "bench"})
		return err
	})
	return samples, err
}

// serveLive serves pages and API on a free port, as "serve" does, to as many readers.
func serveLive(ctx context.Context, group *errgroup.Group, p *program, s *store.Store, readers int) (string, error) {
	library := knowledge.NewLibrary(s.Pool())
	index, err := knowledge.Open(p.ctx, library, knowledge.Options{Log: p.log})
	if err != nil {
		return "", err
	}
	ear, err := tone.New()
	if err != nil {
		return "", errors.Join(err, index.Close())
	}
	client, err := jobs.NewInserter(s)
	if err != nil {
		return "", errors.Join(err, index.Close())
	}
	live, err := jobs.NewLive(jobs.LiveOptions{Store: s, Client: client, Tone: ear, Index: index, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return "", errors.Join(err, index.Close())
	}
	handler, err := web.New(web.Options{Store: s, Index: index, Library: library, Live: live, Log: p.log, Loopback: true, LiveStreams: readers, LiveStreamsEach: readers})
	if err != nil {
		return "", errors.Join(err, index.Close())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", errors.Join(err, index.Close())
	}
	group.Go(func() error { return live.Run(ctx) })
	group.Go(func() error { return errors.Join(serveHTTP(ctx, listener, handler), index.Close()) })
	return listener.Addr().String(), nil
}

// liveBench sends and reads.
type liveBench struct {
	c       *benchLiveCmd
	samples []*transcript.Session
	sender  *liveSender
	reader  *http.Client
	began   time.Time

	mu          sync.Mutex
	sent        []map[int]time.Time // by session, by turn: of those that no reader has yet
	turns       []float64           // milliseconds
	suggestions []float64
	posts       []float64
	took        time.Duration
	connections int
	goroutines  int
}

func (b *liveBench) session(n int) *transcript.Session {
	head := *b.samples[n%len(b.samples)]
	head.ID, head.Turns, head.StartedAt = transcript.SessionID(fmt.Sprintf("bench-%d", n)), nil, b.began
	return &head
}

// run begins all sessions, then lets them run for the time.
func (b *liveBench) run(ctx context.Context, s *store.Store) error {
	begin, beginning := errgroup.WithContext(ctx)
	begin.SetLimit(32)
	for n := range b.c.Sessions {
		b.sent[n] = map[int]time.Time{}
		begin.Go(func() error {
			return b.sender.post(beginning, b.session(n).ID, "turns", map[string]any{"session": headOnly(b.session(n))})
		})
	}
	if err := begin.Wait(); err != nil {
		return err
	}
	reading, stop := context.WithCancel(ctx)
	readers, _ := errgroup.WithContext(reading)
	opened := make(chan struct{}, b.c.Sessions)
	for n := range b.c.Sessions {
		readers.Go(func() error { return b.read(reading, n, opened) })
	}
	for range b.c.Sessions {
		select {
		case <-opened:
		case <-ctx.Done():
			stop()
			return errors.Join(ctx.Err(), readers.Wait())
		}
	}
	err := b.send(ctx)
	b.goroutines = runtime.NumGoroutine()
	const count = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()`
	err = errors.Join(err, s.Pool().QueryRow(ctx, count).Scan(&b.connections), sleep(ctx, 2*time.Second)) // for what is still under way
	stop()
	return errors.Join(err, readers.Wait())
}

// send has every session say a turn in its rhythm, spread evenly over it.
func (b *liveBench) send(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for n := range b.c.Sessions {
		group.Go(func() error {
			head, said := b.session(n), b.samples[n%len(b.samples)].Turns
			phase := time.Duration(float64(b.c.Every) * float64(n) / float64(b.c.Sessions))
			for i := 0; ; i++ {
				at := phase + time.Duration(i)*b.c.Every
				if at >= b.c.For {
					return nil
				}
				if err := sleep(ctx, time.Until(began.Add(at))); err != nil {
					return err
				}
				turn := said[i%len(said)]
				turn.At, turn.StartMS, turn.EndMS = time.Now().UTC(), nil, nil
				posted := time.Now()
				b.mu.Lock()
				b.sent[n][i] = posted
				b.mu.Unlock()
				if err := b.sender.turn(ctx, head, i, turn); err != nil {
					return err
				}
				b.note(&b.posts, posted)
			}
		})
	}
	err := group.Wait()
	b.took = time.Since(began)
	return err
}

func (b *liveBench) note(list *[]float64, since time.Time) {
	ms := float64(time.Since(since)) / float64(time.Millisecond)
	b.mu.Lock()
	defer b.mu.Unlock()
	*list = append(*list, ms)
}

// read follows one session until ctx ends.
func (b *liveBench) read(ctx context.Context, n int, opened chan<- struct{}) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/api/v1/sessions/bench-%d/events", b.sender.server, n), nil)
	if err != nil {
		return err
	}
	a, err := b.reader.Do(r)
	if err != nil {
		return fmt.Errorf("read session %d: %w", n, err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("read session %d: %s", n, a.Status)
	}
	opened <- struct{}{}
	kind := ""
	lines := bufio.NewScanner(a.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if k, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			kind = k
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if err := b.heard(n, kind, data); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("read session %d: the stream ended: %w", n, errors.Join(lines.Err(), errProblems))
}

// heard notes how long an event took.
func (b *liveBench) heard(n int, kind, data string) error {
	if kind != jobs.LiveTurnKind && kind != jobs.LiveSuggestionsKind {
		return nil
	}
	var at struct {
		Turn  int   `json:"turn"`
		Turns []int `json:"turns"`
	}
	if err := json.Unmarshal([]byte(data), &at); err != nil {
		return fmt.Errorf("read session %d: %w", n, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if kind == jobs.LiveSuggestionsKind {
		posted := b.sent[n][-1-at.Turns[len(at.Turns)-1]]
		b.suggestions = append(b.suggestions, float64(time.Since(posted))/float64(time.Millisecond))
		return nil
	}
	posted, ok := b.sent[n][at.Turn]
	if !ok {
		return fmt.Errorf("session %d: turn %d was told twice", n, at.Turn)
	}
	delete(b.sent[n], at.Turn)
	b.sent[n][-1-at.Turn] = posted // for what is suggested
	b.turns = append(b.turns, float64(time.Since(posted))/float64(time.Millisecond))
	return nil
}

func (b *liveBench) result() benchLiveResult {
	r := benchLiveResult{
		Sessions: b.c.Sessions, Turns: len(b.posts), Rate: float64(len(b.posts)) / b.took.Seconds(), Suggested: len(b.suggestions),
		Missed: len(b.posts) - len(b.turns), Connections: b.connections, Goroutines: b.goroutines, PeakMiB: peakMemory(), CPUs: runtime.NumCPU(),
	}
	r.TurnP50, r.TurnP99, r.TurnMax = quantile(b.turns, .5), quantile(b.turns, .99), quantile(b.turns, 1)
	r.SuggestP50, r.SuggestP99 = quantile(b.suggestions, .5), quantile(b.suggestions, .99)
	r.PostP50, r.PostP99 = quantile(b.posts, .5), quantile(b.posts, .99)
	return r
}

// quantile of some numbers, which it sorts; 0 of none.
func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(len(list)-1, int(q*float64(len(list))))]
}
