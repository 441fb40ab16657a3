package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"assay/knowledge"
)

type solutionEditCmd struct {
	ID       string   `arg:"" help:"Id of the solution."`
	Set      []string `name:"set" sep:"none" placeholder:"KEY=VALUE" help:"Give a field another value; may be repeated. Bars or ends of lines part the entries of a list, and an empty value empties the field."`
	File     string   `name:"file" placeholder:"FILE" help:"Take the whole solution from this file, as show prints it or as import reads it; - is standard input."`
	Revision int      `name:"revision" placeholder:"N" help:"Refuse the change when the solution has another revision by now."`
	New      bool     `name:"new" help:"Write a new solution."`
	DryRun   bool     `name:"dry-run" help:"Change nothing; say what would change."`
	libraryWriter
}

// Run writes one revision.
func (c *solutionEditCmd) Run(p *program) error {
	if len(c.Set) == 0 && c.File == "" {
		return usageError{errors.New("nothing to change: give --set or --file")}
	}
	zone, err := c.Location()
	if err != nil {
		return usageError{err}
	}
	settings, err := settingsOf(c.Set)
	if err != nil {
		return err
	}
	return c.with(p, func(l *knowledge.Library) error {
		old, err := l.Entry(p.ctx, c.ID)
		switch {
		case c.New && err == nil:
			return usageError{fmt.Errorf("solution %q is there already", c.ID)}
		case c.New && errors.Is(err, knowledge.ErrNotFound):
			old = knowledge.Entry{Solution: knowledge.Solution{ID: c.ID}}
		case err != nil:
			return err
		}
		changed := old.Solution
		if c.File != "" {
			if changed, err = c.fromFile(p, zone); err != nil {
				return err
			}
		}
		if changed, err = changed.Set(settings, zone); err != nil {
			return err
		}
		return c.save(p, l, &old, &changed)
	})
}

// fromFile reads the one solution of the file, which must be the one that is edited.
func (c *solutionEditCmd) fromFile(p *program, zone *time.Location) (knowledge.Solution, error) {
	solutions, rejects := p.readAll([]string{c.File}, knowledge.ReadOptions{Zone: zone})
	for _, r := range rejects {
		fmt.Fprintln(p.stderr, r)
	}
	switch {
	case len(rejects) > 0:
		return knowledge.Solution{}, errProblems
	case len(solutions) != 1:
		return knowledge.Solution{}, usageError{fmt.Errorf("--file: %d solutions in it; allowed: one", len(solutions))}
	case solutions[0].ID != c.ID:
		return knowledge.Solution{}, usageError{fmt.Errorf("--file: it is solution %q, not %q", solutions[0].ID, c.ID)}
	}
	return solutions[0], nil
}

func (c *solutionEditCmd) save(p *program, l *knowledge.Library, old *knowledge.Entry, changed *knowledge.Solution) error {
	if c.DryRun {
		diff := knowledge.Diff(&old.Solution, changed)
		if c.JSON {
			printJSON(p, map[string]any{"id": c.ID, "fields": diffLines(diff)})
			return nil
		}
		printFields(p, diff)
		fmt.Fprintln(p.stdout, "nothing was changed")
		return nil
	}
	revision := old.Revision
	if c.Revision > 0 {
		revision = c.Revision
	}
	n, err := l.Save(p.ctx, *changed, c.change(revision))
	if clash, ok := errors.AsType[*knowledge.ClashError](err); ok {
		fmt.Fprintf(p.stderr, "assay: %v: look at \"assay solution diff %s --from %d\"\n", clash, c.ID, revision)
		return errProblems
	}
	if err != nil {
		return err
	}
	printRevision(p, c.JSON, c.ID, n)
	return nil
}

func settingsOf(texts []string) ([]knowledge.Setting, error) {
	var all []knowledge.Setting
	for _, text := range texts {
		s, err := knowledge.ParseSetting(text)
		if err != nil {
			return nil, usageError{fmt.Errorf("--set: %w", err)}
		}
		all = append(all, s)
	}
	return all, nil
}

type solutionPublishCmd struct {
	IDs   []string `arg:"" name:"id" help:"Ids of the solutions."`
	Draft bool     `name:"draft" help:"Take them back to drafts instead."`
	libraryWriter
}

// Run publishes them one by one.
func (c *solutionPublishCmd) Run(p *program) error {
	status := knowledge.Published
	if c.Draft {
		status = knowledge.Draft
	}
	return c.each(p, c.IDs, func(l *knowledge.Library, id string) (int, error) {
		return l.SetStatus(p.ctx, id, status, c.change(0))
	})
}

type solutionRetireCmd struct {
	IDs []string `arg:"" name:"id" help:"Ids of the solutions."`
	libraryWriter
}

// Run retires them one by one.
func (c *solutionRetireCmd) Run(p *program) error {
	return c.each(p, c.IDs, func(l *knowledge.Library, id string) (int, error) {
		return l.SetStatus(p.ctx, id, knowledge.Retired, c.change(0))
	})
}

type solutionReviewCmd struct {
	IDs  []string `arg:"" name:"id" help:"Ids of the solutions."`
	Next string   `name:"next" placeholder:"DATE" help:"Day by which they are to be reviewed next, such as 2026-12-31 (default: none, and a review a quarter old is stale)."`
	libraryWriter
}

// Run notes a review of each.
func (c *solutionReviewCmd) Run(p *program) error {
	var next time.Time
	if c.Next != "" {
		var err error
		if next, err = time.Parse(time.DateOnly, c.Next); err != nil {
			return usageError{fmt.Errorf("--next: %q is no date; allowed: dates such as 2026-12-31", c.Next)}
		}
	}
	return c.each(p, c.IDs, func(l *knowledge.Library, id string) (int, error) {
		return l.Review(p.ctx, id, next, c.change(0))
	})
}

type solutionBulkCmd struct {
	IDs    []string `name:"id" placeholder:"ID" help:"These solutions; may be repeated."`
	Set    []string `name:"set" sep:"none" placeholder:"KEY=VALUE" help:"Give a field another value: owner, status, product, region, customer_type, valid_from, valid_to, review_by; may be repeated."`
	Add    []string `name:"add-tag" sep:"none" placeholder:"TAG" help:"Add a tag; may be repeated."`
	Remove []string `name:"remove-tag" sep:"none" placeholder:"TAG" help:"Remove a tag; may be repeated."`
	DryRun bool     `name:"dry-run" help:"Change nothing; say what would change."`
	solutionFilter
	libraryWriter
}

// bulkReport is what a bulk edit did, or would do.
type bulkReport struct {
	Matched  int           `json:"matched"`
	Changed  int           `json:"changed"`
	DryRun   bool          `json:"dry_run,omitempty"`
	Changes  []bulkLine    `json:"changes,omitempty"` // of the first 100
	Problems []bulkProblem `json:"problems,omitempty"`
}

type bulkLine struct {
	ID     string      `json:"id"`
	Fields []fieldLine `json:"fields"`
}

type bulkProblem struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// Run edits all solutions that the flags choose, or none of them.
func (c *solutionBulkCmd) Run(p *program) error {
	zone, err := c.Location()
	if err != nil {
		return usageError{err}
	}
	f, err := c.filter()
	if err != nil {
		return err
	}
	f.IDs = c.IDs
	settings, err := settingsOf(c.Set)
	if err != nil {
		return err
	}
	edits, err := knowledge.NewEdits(settings, zone)
	if err != nil {
		return usageError{fmt.Errorf("--set: %w", err)}
	}
	edits.AddTags, edits.RemoveTags = c.Add, c.Remove
	return c.with(p, func(l *knowledge.Library) error {
		result, err := l.Bulk(p.ctx, f, edits, c.change(0), c.DryRun)
		if err != nil {
			return err
		}
		return c.print(p, &result)
	})
}

func (c *solutionBulkCmd) print(p *program, r *knowledge.BulkResult) error {
	if c.JSON {
		report := bulkReport{Matched: r.Matched, Changed: r.Changed, DryRun: c.DryRun}
		for _, change := range r.Shown {
			report.Changes = append(report.Changes, bulkLine{change.ID, diffLines(change.Fields)})
		}
		for _, problem := range r.Problems {
			report.Problems = append(report.Problems, bulkProblem{problem.ID, problem.Err.Error()})
		}
		printJSON(p, report)
	} else {
		c.printText(p, r)
	}
	if len(r.Problems) > 0 {
		return errProblems
	}
	return nil
}

func (c *solutionBulkCmd) printText(p *program, r *knowledge.BulkResult) {
	for _, change := range r.Shown {
		fmt.Fprintf(p.stdout, "%s: %s\n", printable(change.ID), strings.Join(fieldsOf(change.Fields), ", "))
	}
	for _, problem := range r.Problems {
		fmt.Fprintf(p.stderr, "%s: %v\n", printable(problem.ID), problem.Err)
	}
	match, change := "solutions match", "change"
	if r.Matched == 1 {
		match = "solution matches"
	}
	if r.Changed == 1 {
		change = "changes"
	}
	fmt.Fprintf(p.stdout, "%d %s, %d %s\n", r.Matched, match, r.Changed, change)
	if c.DryRun || len(r.Problems) > 0 {
		fmt.Fprintln(p.stdout, "nothing was changed")
	}
}
