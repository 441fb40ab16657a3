package main

import (
	"fmt"
	"iter"
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
		im := &solutionImport{cmd: c, p: p, library: l, bar: newProgress(p.stderr, "solutions"), report: importReport{DryRun: c.DryRun}}
		o := knowledge.ReadOptions{Format: c.Format, Zone: zone, SkipUnknown: c.SkipUnknown}
		if err := im.run(knowledge.ReadFiles(c.Paths, p.stdin, o)); err != nil {
			if im.stored > 0 && !c.DryRun {
				fmt.Fprintf(p.stderr, "assay: the first %d solutions are stored; import again to go on: what is stored is left alone\n", im.stored)
			}
			return err
		}
		return c.print(p, &im.report)
	})
}

// importBatch is how many solutions are stored at once, all or none. It bounds what
// an import holds in memory.
const importBatch = 5_000

// solutionImport is an import on its way.
type solutionImport struct {
	cmd     *solutionImportCmd
	p       *program
	library *knowledge.Library
	bar     *progress
	batch   []knowledge.Solution
	stored  int
	report  importReport
}

func (im *solutionImport) run(records iter.Seq[knowledge.Record]) error {
	for r := range records {
		if err := im.p.ctx.Err(); err != nil {
			return err
		}
		if r.Reject != nil {
			im.report.Rejected++
			im.cmd.printReject(im.p, r.Reject)
			continue
		}
		if im.batch = append(im.batch, *r.Solution); len(im.batch) == importBatch {
			if err := im.flush(); err != nil {
				return err
			}
			im.bar.show(im.stored, 0)
		}
	}
	return im.flush()
}

// flush stores the batch, or in a dry run compares it.
func (im *solutionImport) flush() error {
	if left := maxChanges - len(im.report.Changes); im.cmd.DryRun && left > 0 {
		changes, err := im.library.Compare(im.p.ctx, im.batch)
		if err != nil {
			return err
		}
		im.report.Changes = append(im.report.Changes, changes[:min(len(changes), left)]...)
	}
	done, err := im.library.Import(im.p.ctx, im.batch, knowledge.ImportOptions{
		By: im.cmd.act().By, Reason: im.cmd.Why, Overwrite: im.cmd.Overwrite, DryRun: im.cmd.DryRun,
	})
	if err != nil {
		return err
	}
	im.report.add(&done)
	im.stored += len(im.batch)
	im.batch = im.batch[:0]
	return nil
}

func (r *importReport) add(done *knowledge.Imported) {
	r.Added += done.Added
	r.Changed += done.Changed
	r.Same += done.Same
	r.Kept = append(r.Kept, done.Kept...)
	r.Conflicts = append(r.Conflicts, done.Conflicts...)
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
	if len(r.Kept) > 0 {
		fmt.Fprintf(p.stdout, "kept: %s\n", firstOf(r.Kept))
	}
	if len(r.Conflicts) > 0 {
		fmt.Fprintf(p.stderr, "left as people edited them (replace them by --overwrite): %s\n", firstOf(r.Conflicts))
	}
	if r.DryRun {
		fmt.Fprintln(p.stdout, "nothing was changed")
	}
}

// idsShown is how many ids a line names.
const idsShown = 10

// firstOf names the first ids, and says how many more there are.
func firstOf(ids []string) string {
	var first []string
	for _, id := range ids[:min(len(ids), idsShown)] {
		first = append(first, printable(id))
	}
	line := strings.Join(first, ", ")
	if more := len(ids) - len(first); more > 0 {
		line += fmt.Sprintf(" and %d more", more)
	}
	return line
}
