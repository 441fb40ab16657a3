package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"assay/cmd/assay/internal/config"
	"assay/jobs"
	"assay/pipeline/transcript"
)

type importCmd struct {
	Paths   []string `arg:"" name:"path" help:"Files or folders of transcripts; - is standard input."`
	Rejects string   `name:"rejects" type:"path" placeholder:"FILE" help:"Write refused records here; mend them and import the file."`
	JSON    bool     `name:"json" help:"Print counts and refused records as JSONL."`
	config.Database
	config.Read
}

// Run stores the transcripts. The inspection runs where workers run: serve or work.
func (c *importCmd) Run(p *program) (err error) {
	zone, err := c.Database.Location()
	if err != nil {
		return usageError{err}
	}
	read, err := c.Read.Options(zone)
	if err != nil {
		return usageError{err}
	}
	read.Stdin = p.stdin
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rejects, err := c.openRejects()
	if err != nil {
		return usageError{err}
	}
	n, err := c.run(p, db, read, rejects)
	if err = errors.Join(err, rejects.close(err == nil && n.Rejected > 0)); err != nil {
		return err
	}
	c.print(p, n)
	if n.Rejected > 0 {
		return errProblems
	}
	return nil
}

func (c *importCmd) run(p *program, db *database, read transcript.Options, rejects *rejectFile) (jobs.ImportCounts, error) {
	client, err := jobs.NewInserter(db.Store)
	if err != nil {
		return jobs.ImportCounts{}, err
	}
	bar := newProgress(p.stderr, "sessions")
	im := &jobs.Importer{
		Store: db.Store, Client: client,
		Progress: func(n jobs.ImportCounts) { bar.show(n.New+n.Changed+n.Same, 0) },
		Rejected: func(r *transcript.Reject) error {
			c.printReject(p, r)
			return rejects.write(r)
		},
	}
	n, err := im.Import(p.ctx, transcript.Read(p.ctx, c.Paths, read))
	bar.finish(n.New+n.Changed+n.Same, 0)
	if err != nil {
		fmt.Fprintf(p.stderr, "assay: %d new and %d changed sessions were stored before this; import again to go on: what is stored is left alone\n", n.New, n.Changed)
	}
	return n, err
}

func (c *importCmd) printReject(p *program, r *transcript.Reject) {
	if !c.JSON {
		fmt.Fprintln(p.stderr, r)
		return
	}
	line := struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Record  string `json:"record,omitempty"`
		Field   string `json:"field,omitempty"`
		Reason  string `json:"reason"`
		Allowed string `json:"allowed,omitempty"`

		More []transcript.Problem `json:"more,omitempty"`
	}{r.File, r.Line, string(r.Record), r.Field, r.Reason, r.Allowed, r.More}
	printJSON(p, map[string]any{"reject": line})
}

func (c *importCmd) print(p *program, n jobs.ImportCounts) {
	if c.JSON {
		printJSON(p, map[string]any{"imported": map[string]int{"new": n.New, "changed": n.Changed, "same": n.Same, "rejected": n.Rejected}})
		return
	}
	fmt.Fprintf(p.stdout, "%d new, %d changed, %d the same, %d refused\n", n.New, n.Changed, n.Same, n.Rejected)
	if n.Rejected > 0 && c.Rejects != "" {
		fmt.Fprintf(p.stdout, "refused records are in %s: mend them there and run \"assay import %s\"\n", c.Rejects, c.Rejects)
	}
}

// printJSON writes v as one line. The values are the program's own: they encode.
func printJSON(p *program, v any) {
	line, err := json.Marshal(v)
	if err != nil {
		p.log.Error("output not encoded", "error", err)
		return
	}
	fmt.Fprintf(p.stdout, "%s\n", line)
}

// rejectFile is where refused records go; none when it has no file. It is
// written beside its place and moved there at the end, so that it may be one of
// the files that are read.
type rejectFile struct {
	path string
	file *os.File
	buf  *bufio.Writer
}

func (c *importCmd) openRejects() (*rejectFile, error) {
	if c.Rejects == "" {
		return &rejectFile{}, nil
	}
	if _, err := os.Stat(c.Rejects); err == nil && !c.reads(c.Rejects) {
		return nil, fmt.Errorf("--rejects: %q exists already: import it, or choose another name", c.Rejects)
	}
	f, err := os.CreateTemp(filepath.Dir(c.Rejects), filepath.Base(c.Rejects)+".*.part")
	if err != nil {
		return nil, fmt.Errorf("--rejects: %w", err)
	}
	return &rejectFile{c.Rejects, f, bufio.NewWriter(f)}, nil
}

// reads reports whether a file is one of those that are imported.
func (c *importCmd) reads(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(c.Paths, func(p string) bool {
		other, err := os.Stat(p)
		return err == nil && os.SameFile(info, other)
	})
}

func (r *rejectFile) write(reject *transcript.Reject) error {
	if r.file == nil {
		return nil
	}
	return transcript.WriteReject(r.buf, reject)
}

// close puts the file in its place, or removes it when it is not to be kept.
func (r *rejectFile) close(keep bool) error {
	if r.file == nil {
		return nil
	}
	err := errors.Join(r.buf.Flush(), r.file.Close())
	if err != nil || !keep {
		return errors.Join(err, os.Remove(r.file.Name()))
	}
	return os.Rename(r.file.Name(), r.path)
}

type retryCmd struct {
	JSON  bool `name:"json" help:"Print the count as JSON."`
	Limit int  `name:"limit" default:"10000" help:"Sessions to try again, at most."`
	// LeftOut: the plan in force cannot decide otherwise about what it left out itself.
	LeftOut bool `name:"left-out" help:"Instead, ask the plan in force about what plans before it left out."`
	config.Database
}

// Run enqueues failed transcripts again, or those left out by other plans.
func (c *retryCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	again := db.FailedTranscripts
	if c.LeftOut {
		again = db.OtherwiseLeftOut
	}
	keys, err := again(p.ctx, c.Limit)
	if err != nil {
		return err
	}
	client, err := jobs.NewInserter(db.Store)
	if err != nil {
		return err
	}
	if err := jobs.Retry(p.ctx, client, keys); err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, map[string]int{"enqueued": len(keys)})
	} else {
		fmt.Fprintf(p.stdout, "%d transcripts are inspected again where workers run\n", len(keys))
	}
	return nil
}
