package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"assay/cmd/assay/internal/config"
	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline/transcript"
	"assay/testdata"
)

type demoCmd struct {
	Exit    bool   `name:"exit" help:"Stop when everything is inspected, instead of serving."`
	Listen  string `name:"listen" env:"ASSAY_LISTEN" default:"127.0.0.1:8080" help:"Address of the pages; another port is taken when this one is in use."`
	NoJudge bool   `name:"no-judge" help:"Leave what needs a model undetermined, instead of asking the configured one or, without any, replaying recorded answers."`
	config.Access
	nodeFlags

	recorded bool // the model is the recorded one
}

// Run shows the whole way of invented sessions. A second run finds everything
// stored and goes straight to the pages.
func (c *demoCmd) Run(p *program) (err error) {
	fmt.Fprintln(p.stdout, "starting PostgreSQL …")
	db, err := p.openDemo(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := c.fill(p, db); err != nil {
		return err
	}
	stopModel, err := c.judge(p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopModel()) }()
	node, err := p.newNode(db, c.nodeFlags, c.Access)
	if err != nil {
		return err
	}
	listener, err := c.listen()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return node.run(groupCtx, listener) })
	group.Go(func() error {
		if err := c.show(p, groupCtx, db, listener); err != nil {
			return err
		}
		if c.Exit {
			stop()
		}
		return nil
	})
	err = group.Wait()
	if errors.Is(err, context.Canceled) && p.ctx.Err() != nil {
		return nil // being interrupted is how it ends
	}
	return err
}

// openDemo opens the database; a server that DATABASE_URL names is migrated too.
func (p *program) openDemo(c config.Database) (*database, error) {
	if c.URL != "" {
		if err := (&migrateCmd{Database: c}).Run(p); err != nil {
			return nil, err
		}
	}
	return p.openDatabase(c)
}

// fill publishes the first packs and imports the embedded solutions and
// transcripts. What is there already stays as it is.
func (c *demoCmd) fill(p *program, db *database) error {
	if err := c.publishDemo(p, db.Store); err != nil {
		return err
	}
	return withDemoFiles(func(folder string) error { return c.fillFrom(p, db, folder) })
}

// withDemoFiles unpacks the demo's files into a folder for as long as do needs it.
func withDemoFiles(do func(folder string) error) (err error) {
	folder, err := os.MkdirTemp("", "assay-demo-")
	if err != nil {
		return fmt.Errorf("demo data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := os.CopyFS(folder, testdata.Demo); err != nil {
		return fmt.Errorf("demo data: %w", err)
	}
	return do(filepath.Join(folder, "demo"))
}

func (c *demoCmd) fillFrom(p *program, db *database, folder string) error {
	solutions, err := p.readSolutions([]string{filepath.Join(folder, "solutions.jsonl")})
	if err != nil {
		return err
	}
	done, err := knowledge.NewLibrary(db.Pool()).Import(p.ctx, solutions, knowledge.ImportOptions{By: "demo"})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "solutions: %d new, %d changed, %d the same\n", done.Added, done.Changed, done.Same)
	read, err := c.Read.Options(db.zone)
	if err != nil {
		return usageError{err}
	}
	return importDemo(p, db, folder, read)
}

func importDemo(p *program, db *database, folder string, read transcript.Options) error {
	client, err := jobs.NewInserter(db.Store)
	if err != nil {
		return err
	}
	im := &jobs.Importer{Store: db.Store, Client: client, Rejected: func(r *transcript.Reject) error {
		_, err := fmt.Fprintln(p.stderr, r)
		return err
	}}
	records := transcript.Read(p.ctx, []string{filepath.Join(folder, "sessions")}, read)
	n, err := im.Import(p.ctx, func(yield func(transcript.Record) bool) {
		for rec := range records { // named as they stand in the program, not by the folder they were unpacked to
			rec.File = strings.TrimPrefix(rec.File, filepath.Dir(folder)+"/")
			if !yield(rec) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "transcripts: %d new, %d changed, %d the same, %d refused\n", n.New, n.Changed, n.Same, n.Rejected)
	return nil
}

// listen takes the wanted address, or any free port of its host.
func (c *demoCmd) listen() (net.Listener, error) {
	l, err := net.Listen("tcp", c.Listen)
	if err == nil {
		return l, nil
	}
	host, _, splitErr := net.SplitHostPort(c.Listen)
	if splitErr != nil {
		return nil, usageError{fmt.Errorf("--listen: %w", splitErr)}
	}
	l, freeErr := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if freeErr != nil {
		return nil, usageError{errors.Join(fmt.Errorf("--listen: %w", err), freeErr)}
	}
	return l, nil
}

// show waits for the inspection, and prints what it found.
func (c *demoCmd) show(p *program, ctx context.Context, db *database, listener net.Listener) error {
	if err := waitInspected(ctx, p, db); err != nil {
		return err
	}
	asleep, err := waitJudged(ctx, db)
	if err != nil {
		return err
	}
	if err := printTally(ctx, p, db); err != nil {
		return err
	}
	if err := c.printJudged(ctx, p, db, asleep); err != nil {
		return err
	}
	if !c.Exit {
		fmt.Fprintf(p.stdout, "\nReviewers: http://%s/\nAgents:    http://%[1]s/suggest\nCtrl-C stops everything; the data stays.\n", listener.Addr())
	}
	return nil
}

func waitInspected(ctx context.Context, p *program, db *database) error {
	bar := newProgress(p.stdout, "inspecting")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := db.Progress(ctx)
		if err != nil {
			return err
		}
		if n.Done() {
			bar.finish(n.Transcripts-n.Waiting(), n.Transcripts)
			return nil
		}
		bar.show(n.Transcripts-n.Waiting(), n.Transcripts)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func printTally(ctx context.Context, p *program, db *database) error {
	tallies, err := db.Tallies(ctx)
	if err != nil {
		return err
	}
	flags, err := db.FlagCounts(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nscorecard\tsessions\tpass\tfail\tneeds review\twithheld\tflagged\tmean score\t")
	for _, t := range tallies {
		mean := "–"
		if t.MeanScore != nil {
			mean = fmt.Sprintf("%.1f", *t.MeanScore)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t\n", t.Scorecard, t.Sessions, t.Pass, t.Fail, t.Review, t.Withheld, t.Flagged, mean)
	}
	fmt.Fprintln(w, "\nflag\tsessions\t")
	for _, f := range flags {
		fmt.Fprintf(w, "%s\t%d\t\n", f.Reason, f.Sessions)
	}
	return w.Flush()
}
