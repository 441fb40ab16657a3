package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

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
	rejects, err := openRejects(c.Rejects)
	if err != nil {
		return usageError{err}
	}
	n, err := c.run(p, db, read, rejects)
	if closeErr := rejects.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
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
	}{r.File, r.Line, string(r.Record), r.Field, r.Reason, r.Allowed}
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

// rejectFile is where refused records go; none when it has no file.
type rejectFile struct {
	file *os.File
	buf  *bufio.Writer
}

func openRejects(path string) (*rejectFile, error) {
	if path == "" {
		return &rejectFile{}, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--rejects: %w", err)
	}
	return &rejectFile{f, bufio.NewWriter(f)}, nil
}

func (r *rejectFile) write(reject *transcript.Reject) error {
	if r.file == nil {
		return nil
	}
	return transcript.WriteReject(r.buf, reject)
}

// Close writes what is buffered.
func (r *rejectFile) Close() error {
	if r.file == nil {
		return nil
	}
	return errors.Join(r.buf.Flush(), r.file.Close())
}

type retryCmd struct {
	JSON  bool `name:"json" help:"Print the count as JSON."`
	Limit int  `name:"limit" default:"10000" help:"Sessions to try again, at most."`
	config.Database
}

// Run enqueues failed transcripts again.
func (c *retryCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	keys, err := db.FailedTranscripts(p.ctx, c.Limit)
	if err != nil {
		return err
	}
	client, err := jobs.NewInserter(db.Store)
	if err != nil {
		return err
	}
	if err := jobs.Reinspect(p.ctx, client, keys); err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, map[string]int{"enqueued": len(keys)})
	} else {
		fmt.Fprintf(p.stdout, "%d transcripts are inspected again where workers run\n", len(keys))
	}
	return nil
}
