package main

import (
	"fmt"
	"os"
	"strings"

	"assay/knowledge"
	"assay/pipeline/transcript"
)

type solutionImportCmd struct {
	Paths       []string         `arg:"" name:"path" help:"Files of solutions (.gz too), or folders of them; - is standard input."`
	Format      knowledge.Format `name:"format" placeholder:"FORMAT" help:"Read files as jsonl, csv or markdown (default: by content, else by name)."`
	DryRun      bool             `name:"dry-run" help:"Change nothing; say what would be added and changed."`
	Overwrite   bool             `name:"overwrite" help:"Replace also what people edited since the last import."`
	SkipUnknown bool             `name:"skip-unknown" help:"Pass over keys and columns that solutions do not have."`
	libraryWriter
}

// importReport is what an import did, or would do.
type importReport struct {
	knowledge.Imported
	Rejected int  `json:"rejected"`
	DryRun   bool `json:"dry_run,omitempty"`
	// Changes are of a dry run, at most maxChanges of them.
	Changes []knowledge.Comparison `json:"changes,omitempty"`
}

// maxChanges is how many changes a dry run tells.
const maxChanges = 1_000

// Run imports the solutions that can be read, and reports the others.
func (c *solutionImportCmd) Run(p *program) error {
	zone, err := c.Location()
	if err != nil {
		return usageError{err}
	}
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	for _, path := range c.Paths {
		if _, err := os.Stat(path); err != nil && path != knowledge.Stdin {
			return usageError{err}
		}
	}
	return c.with(p, func(l *knowledge.Library) error {
		solutions, rejects := p.readAll(c.Paths, knowledge.ReadOptions{Format: c.Format, Zone: zone, SkipUnknown: c.SkipUnknown})
		for _, r := range rejects {
			c.printReject(p, r)
		}
		report := importReport{Rejected: len(rejects), DryRun: c.DryRun}
		if c.DryRun {
			if report.Changes, err = l.Compare(p.ctx, solutions); err != nil {
				return err
			}
			report.Changes = report.Changes[:min(len(report.Changes), maxChanges)]
		}
		report.Imported, err = l.Import(p.ctx, solutions, knowledge.ImportOptions{
			By: c.act().By, Reason: c.Why, Overwrite: c.Overwrite, DryRun: c.DryRun,
		})
		if err != nil {
			return err
		}
		return c.print(p, &report)
	})
}

func checkFormat(f knowledge.Format) error {
	for _, known := range knowledge.Formats {
		if f == known || f == "" {
			return nil
		}
	}
	return usageError{fmt.Errorf("--format: %q is unknown; allowed: jsonl, csv, markdown", f)}
}

func (c *solutionImportCmd) printReject(p *program, r *knowledge.Reject) {
	if !c.JSON {
		fmt.Fprintln(p.stderr, r)
		return
	}
	printJSON(p, map[string]any{"reject": struct {
		File     string              `json:"file"`
		Line     int                 `json:"line,omitempty"`
		ID       string              `json:"id,omitempty"`
		Problems transcript.Problems `json:"problems"`
	}{r.File, r.Line, r.ID, r.Problems}})
}

func (c *solutionImportCmd) print(p *program, r *importReport) error {
	if c.JSON {
		printJSON(p, r)
	} else {
		c.printText(p, r)
	}
	if r.Rejected > 0 || len(r.Conflicts) > 0 {
		return errProblems
	}
	return nil
}

func (c *solutionImportCmd) printText(p *program, r *importReport) {
	for _, change := range r.Changes {
		if change.New {
			fmt.Fprintf(p.stdout, "new      %s\n", change.ID)
		} else {
			fmt.Fprintf(p.stdout, "changed  %s: %s\n", change.ID, strings.Join(change.Fields, ", "))
		}
	}
	fmt.Fprintf(p.stdout, "%d new, %d changed, %d the same", r.Added, r.Changed, r.Same)
	for _, part := range []struct {
		n    int
		what string
	}{{len(r.Kept), "kept as people edited them"}, {len(r.Conflicts), "changed here and by people"}, {r.Rejected, "refused"}} {
		if part.n > 0 {
			fmt.Fprintf(p.stdout, ", %d %s", part.n, part.what)
		}
	}
	fmt.Fprintln(p.stdout)
	if n := len(r.Conflicts); n > 0 {
		fmt.Fprintf(p.stderr, "left as people edited them (replace them by --overwrite): %s\n", strings.Join(r.Conflicts[:min(n, 20)], ", "))
	}
	if r.DryRun {
		fmt.Fprintln(p.stdout, "nothing was changed")
	}
}
