package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/knowledge"
	"assay/knowledge/speed"
	"assay/pipeline"
	"assay/testdata"
)

type benchLibraryCmd struct {
	Solutions []int  `name:"solutions" default:"10000,100000,1000000" help:"Sizes of the libraries to make."`
	Askers    []int  `name:"askers" default:"1,8" help:"How many ask at once."`
	Questions int    `name:"questions" default:"500" help:"Questions of each measurement."`
	Seed      uint64 `name:"seed" default:"1" help:"Another number makes other libraries."`
	Folder    string `name:"folder" type:"path" placeholder:"FOLDER" help:"Keep the indexes here and use those that are here already; default: a temporary folder."`
	Postgres  bool   `name:"postgres" help:"Also search the same solutions with PostgreSQL's full text."`
	JSON      bool   `name:"json" help:"Print figures as JSON."`
	config.Database
}

// libraryBench is what was measured on one library.
type libraryBench struct {
	Solutions     int             `json:"solutions"`
	BuildSeconds  float64         `json:"build_seconds"` // making the solutions included
	MakeSeconds   float64         `json:"make_seconds"`  // making them alone
	OpenSeconds   float64         `json:"open_seconds"`
	DiskMiB       float64         `json:"disk_mib"`
	BuildPeakMiB  float64         `json:"build_peak_anon_mib"` // of this process, by the kernel; 0 where it does not tell
	SearchPeakMiB float64         `json:"search_peak_anon_mib"`
	NDCG          float64         `json:"ndcg_at_10"`
	UnprunedNDCG  float64         `json:"unpruned_ndcg_at_10"`
	MatchNDCG     float64         `json:"match_ndcg_at_10"`
	Judged        int             `json:"questions_judged"`
	Searches      []searchFigures `json:"searches"`
	Postgres      *postgresBench  `json:"postgres,omitempty"`
}

// searchFigures are the times of one way to search, in milliseconds.
type searchFigures struct {
	Way       string  `json:"way"`
	Askers    int     `json:"askers"`
	Questions int     `json:"questions"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	PerSecond float64 `json:"questions_per_second"`
}

// Run makes libraries of the sizes and searches them.
func (c *benchLibraryCmd) Run(p *program) (err error) {
	if c.Questions < 1 || slices.Min(append(c.Solutions, math.MaxInt)) < 1 || slices.Min(append(c.Askers, math.MaxInt)) < 1 {
		return usageError{errors.New("--solutions, --askers and --questions: allowed: 1 or more")}
	}
	maker, err := c.maker()
	if err != nil {
		return err
	}
	var all []*libraryBench
	for _, n := range c.Solutions {
		r, err := c.measure(p, maker, n)
		if err != nil {
			return fmt.Errorf("library of %d solutions: %w", n, err)
		}
		all = append(all, r)
		if !c.JSON {
			r.print(p)
		}
	}
	if c.JSON {
		printJSON(p, all)
	}
	return nil
}

// maker takes the words of the demo's solutions.
func (c *benchLibraryCmd) maker() (*speed.Maker, error) {
	f, err := testdata.Demo.Open("demo/solutions.jsonl")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var texts []string
	for r := range knowledge.Read(f, "solutions.jsonl", knowledge.ReadOptions{}) {
		if r.Reject != nil {
			return nil, r.Reject
		}
		texts = append(append(texts, r.Solution.Title, r.Solution.Answer), r.Solution.Questions...)
	}
	return speed.NewMaker(texts, c.Seed), nil
}

func (c *benchLibraryCmd) measure(p *program, m *speed.Maker, n int) (r *libraryBench, err error) {
	r = &libraryBench{Solutions: n}
	folder := c.Folder
	if folder == "" {
		if folder, err = os.MkdirTemp("", "assay-bench-library-"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	}
	index := filepath.Join(folder, fmt.Sprintf("seed-%d-solutions-%d", c.Seed, n))
	if err := c.build(p, m, index, r); err != nil {
		return nil, err
	}
	began := time.Now()
	b, err := knowledge.OpenBench(index)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	r.OpenSeconds = time.Since(began).Seconds()
	if r.DiskMiB, err = diskMiB(index); err != nil {
		return nil, err
	}
	if err := c.judge(p.ctx, m, b, r); err != nil {
		return nil, err
	}
	if err := c.search(p.ctx, m, b, r); err != nil {
		return nil, err
	}
	if c.Postgres {
		r.Postgres, err = c.postgres(p, m, b, n)
	}
	return r, err
}

// build builds the index, unless it is there already.
func (c *benchLibraryCmd) build(p *program, m *speed.Maker, index string, r *libraryBench) error {
	if _, err := os.Stat(index); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	began := time.Now()
	for _, err := range m.Solutions(p.ctx, r.Solutions) {
		if err != nil {
			return err
		}
	}
	r.MakeSeconds = time.Since(began).Seconds()
	stop := watchMemory(p.ctx)
	began = time.Now()
	err := knowledge.BuildBench(p.ctx, index, m.Solutions(p.ctx, r.Solutions))
	r.BuildSeconds, r.BuildPeakMiB = time.Since(began).Seconds(), stop()
	if err != nil {
		return errors.Join(err, os.RemoveAll(index))
	}
	return nil
}

// ask searches in one way.
type ask func(context.Context, knowledge.Query) error

// search measures all ways with all numbers of askers, each with questions of
// its own, so that none profits from what another has read.
func (c *benchLibraryCmd) search(ctx context.Context, m *speed.Maker, b *knowledge.Bench, r *libraryBench) error {
	stop := watchMemory(ctx)
	ways := []struct {
		name string
		ask  ask
	}{
		{"assay", func(ctx context.Context, q knowledge.Query) error { _, err := b.Suggest(ctx, q); return err }},
		{"match query", func(ctx context.Context, q knowledge.Query) error { _, err := b.Match(ctx, q); return err }},
	}
	from := 0
	for _, askers := range c.Askers {
		for _, way := range ways {
			f, err := c.time(ctx, m, r.Solutions, from, askers, way.ask)
			if err != nil {
				return err
			}
			f.Way = way.name
			r.Searches = append(r.Searches, f)
			from += c.Questions
		}
	}
	r.SearchPeakMiB = stop()
	return nil
}

// time asks questions, so many at once, and returns how long answers took.
func (c *benchLibraryCmd) time(ctx context.Context, m *speed.Maker, n, from, askers int, ask ask) (searchFigures, error) {
	questions := make([]knowledge.Query, c.Questions)
	for i := range questions {
		questions[i] = m.Question(from+i, n).Query
	}
	took := make([]time.Duration, len(questions))
	fails := make([]error, askers)
	var next atomic.Int64
	var asking sync.WaitGroup
	began := time.Now()
	for a := range askers {
		asking.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(questions)) && fails[a] == nil; i = next.Add(1) - 1 {
				start := time.Now()
				fails[a] = ask(ctx, questions[i])
				took[i] = time.Since(start)
			}
		})
	}
	asking.Wait()
	wall := time.Since(began)
	slices.Sort(took)
	ms := func(share float64) float64 {
		return float64(took[min(len(took)-1, int(share*float64(len(took))))]) / float64(time.Millisecond)
	}
	return searchFigures{
		Askers: askers, Questions: len(questions), P50: ms(0.5), P99: ms(0.99),
		PerSecond: float64(len(questions)) / wall.Seconds(),
	}, errors.Join(fails...)
}

const (
	// judgedQuestions is how many questions tell how good the rankings are. The
	// unpruned one takes long.
	judgedQuestions = 200
	// unprunedCandidates is how many solutions the unpruned ranking looks at.
	unprunedCandidates = 1_000
)

func (c *benchLibraryCmd) judge(ctx context.Context, m *speed.Maker, b *knowledge.Bench, r *libraryBench) error {
	unpruned := b.Cut(math.MaxInt, math.MaxInt, unprunedCandidates, unprunedCandidates)
	r.Judged = min(judgedQuestions, c.Questions)
	for i := range r.Judged {
		q := m.Question(-1-i, r.Solutions)
		ours, err := b.Suggest(ctx, q.Query)
		if err != nil {
			return err
		}
		all, err := unpruned.Suggest(ctx, q.Query)
		if err != nil {
			return err
		}
		matched, err := b.Match(ctx, q.Query)
		if err != nil {
			return err
		}
		r.NDCG += gain(ids(ours), q.Right) / float64(r.Judged)
		r.UnprunedNDCG += gain(ids(all), q.Right) / float64(r.Judged)
		r.MatchNDCG += gain(matched, q.Right) / float64(r.Judged)
	}
	return nil
}

func ids(found []pipeline.Suggestion) []string {
	var out []string
	for _, s := range found {
		out = append(out, s.SolutionID)
	}
	return out
}

// gain is nDCG of a ranking where one solution is right.
func gain(ranking []string, right string) float64 {
	i := slices.Index(ranking, right)
	if i < 0 {
		return 0
	}
	return 1 / math.Log2(float64(i)+2)
}

func diskMiB(folder string) (float64, error) {
	var sum int64
	err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return float64(sum) / (1 << 20), err
}

// watchMemory looks at the memory of this process that no file stands behind
// until the returned function is called, which returns the most of it in MiB.
func watchMemory(ctx context.Context) func() float64 {
	ctx, cancel := context.WithCancel(ctx)
	most := make(chan float64)
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		peak := anonymousMiB()
		for ctx.Err() == nil {
			select {
			case <-tick.C:
				peak = max(peak, anonymousMiB())
			case <-ctx.Done():
			}
		}
		most <- peak
	}()
	return func() float64 {
		cancel()
		return <-most
	}
}

// anonymousMiB is 0 where the system does not tell.
func anonymousMiB() float64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "RssAnon:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			if err == nil {
				return kib / 1024
			}
		}
	}
	return 0
}

func (r *libraryBench) print(p *program) {
	fmt.Fprintf(p.stdout, `%d solutions
build      %8.1f s   (%.1f s of it making the solutions; %.2f s to open)
disk       %8.0f MiB
memory     %8.0f MiB at most while building, %.0f MiB while searching (anonymous)
nDCG@10    %8.4f     (unpruned %.4f, match query %.4f; %d questions)
`, r.Solutions, r.BuildSeconds, r.MakeSeconds, r.OpenSeconds, r.DiskMiB, r.BuildPeakMiB, r.SearchPeakMiB, r.NDCG, r.UnprunedNDCG, r.MatchNDCG, r.Judged)
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "search\taskers\tp50 ms\tp99 ms\tquestions/s\t")
	searches := r.Searches
	if r.Postgres != nil {
		searches = append(slices.Clone(searches), r.Postgres.Searches...)
	}
	for _, f := range searches {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.1f\t%.0f\t\n", f.Way, f.Askers, f.P50, f.P99, f.PerSecond)
	}
	w.Flush()
	if r.Postgres != nil {
		fmt.Fprintf(p.stdout, "PostgreSQL %8.1f s to load and index, %.0f MiB, nDCG@10 %.4f\n", r.Postgres.LoadSeconds, r.Postgres.DiskMiB, r.Postgres.NDCG)
	}
	fmt.Fprintln(p.stdout)
}
