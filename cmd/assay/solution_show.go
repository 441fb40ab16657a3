package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/knowledge"
)

type solutionShowCmd struct {
	ID       string `arg:"" help:"Id of the solution."`
	Revision int    `name:"revision" placeholder:"N" help:"Show this revision instead of the latest."`
	config.Review
	libraryReader
}

// shown is a solution with what agents do with it, and say against it.
type shown struct {
	entry
	Uses       knowledge.Uses        `json:"uses"` // within 90 days
	Complaints []knowledge.Complaint `json:"complaints"`
}

// Run prints a solution as Markdown, in the form that edit and import read, and on
// standard error how agents use it.
func (c *solutionShowCmd) Run(p *program) error {
	after, err := c.StaleAfter()
	if err != nil {
		return usageError{err}
	}
	return c.with(p, func(l *knowledge.Library) error {
		e, err := l.Entry(p.ctx, c.ID)
		if err == nil && c.Revision > 0 {
			var r knowledge.Revision
			r, err = l.Revision(p.ctx, c.ID, c.Revision)
			e.Solution, e.Revision, e.ChangedAt, e.By = r.Solution, r.Number, r.At, r.By
		}
		if err != nil {
			return err
		}
		line := shown{entry: entryLine(&e, after)}
		if line.Uses, err = l.Uses(p.ctx, c.ID, time.Now().Add(-knowledge.UsedWithin)); err != nil {
			return err
		}
		if line.Complaints, err = l.Complaints(p.ctx, knowledge.ComplaintFilter{SolutionID: c.ID}, listPage); err != nil {
			return err
		}
		if c.JSON {
			printJSON(p, line)
			return nil
		}
		fmt.Fprint(p.stdout, e.Markdown())
		line.tell(p)
		return nil
	})
}

// tell says how agents use the solution, and what they say against it.
func (s *shown) tell(p *program) {
	u := s.Uses
	fmt.Fprintf(p.stderr, "assay: in 90 days shown %d times, opened %d, copied %d, inserted %d\n", u.Shown, u.Opened, u.Copied, u.Inserted)
	for _, c := range s.Complaints {
		fmt.Fprintf(p.stderr, "assay: %s, says %s on %s: %s\n", c.Grade, printable(c.Person), day(c.At), printable(c.Note))
	}
}

type solutionHistoryCmd struct {
	ID    string `arg:"" help:"Id of the solution."`
	Limit int    `name:"limit" default:"50" help:"Revisions, at most; at most 200."`
	libraryReader
}

// revisionLine is a revision in the history.
type revisionLine struct {
	Revision int             `json:"revision"`
	At       time.Time       `json:"at"`
	By       string          `json:"by"`
	Made     knowledge.Cause `json:"made"`
	Reason   string          `json:"reason,omitempty"`
	Fields   []string        `json:"fields,omitempty"` // that changed; none of the first
}

// Run prints the revisions, the latest first.
func (c *solutionHistoryCmd) Run(p *program) error {
	if c.Limit < 1 || c.Limit > 200 {
		return usageError{fmt.Errorf("--limit: %d is out of range; allowed: 1 to 200", c.Limit)}
	}
	return c.with(p, func(l *knowledge.Library) error {
		revisions, err := l.History(p.ctx, c.ID, 0, c.Limit)
		if err != nil {
			return err
		}
		for i, r := range revisions {
			line := revisionLine{Revision: r.Number, At: r.At, By: r.By, Made: r.Made, Reason: r.Reason}
			if i+1 < len(revisions) {
				line.Fields = fieldsOf(knowledge.Diff(&revisions[i+1].Solution, &r.Solution))
			}
			c.print(p, &line)
		}
		return nil
	})
}

func (c *solutionHistoryCmd) print(p *program, r *revisionLine) {
	if c.JSON {
		printJSON(p, r)
		return
	}
	fmt.Fprintf(p.stdout, "%4d  %s  %-8s %s", r.Revision, r.At.Local().Format("2006-01-02 15:04:05"), r.Made, printable(r.By))
	if len(r.Fields) > 0 {
		fmt.Fprintf(p.stdout, ": %s", strings.Join(r.Fields, ", "))
	}
	if r.Reason != "" {
		fmt.Fprintf(p.stdout, " (%s)", printable(r.Reason))
	}
	fmt.Fprintln(p.stdout)
}

func fieldsOf(diff []knowledge.FieldDiff) []string {
	var fields []string
	for _, d := range diff {
		fields = append(fields, d.Field)
	}
	return fields
}

type solutionDiffCmd struct {
	ID   string `arg:"" help:"Id of the solution."`
	From int    `name:"from" placeholder:"N" help:"Older revision (default: the one before the newer)."`
	To   int    `name:"to" placeholder:"N" help:"Newer revision (default: the latest)."`
	libraryReader
}

// Run prints what changed, field by field.
func (c *solutionDiffCmd) Run(p *program) error {
	return c.with(p, func(l *knowledge.Library) error {
		e, err := l.Entry(p.ctx, c.ID)
		if err != nil {
			return err
		}
		to := c.To
		if to == 0 {
			to = e.Revision
		}
		from := c.From
		if from == 0 {
			from = max(to-1, 1)
		}
		for _, n := range []int{to, from} {
			if n < 1 || n > e.Revision {
				return usageError{fmt.Errorf("solution %q has no revision %d; allowed: 1 to %d", c.ID, n, e.Revision)}
			}
		}
		diff, err := revisionsDiff(p, l, c.ID, from, to)
		if err != nil {
			return err
		}
		if c.JSON {
			printJSON(p, map[string]any{"id": c.ID, "from": from, "to": to, "fields": diffLines(diff)})
			return nil
		}
		printFields(p, diff)
		return nil
	})
}

func revisionsDiff(p *program, l *knowledge.Library, id string, from, to int) ([]knowledge.FieldDiff, error) {
	before, err := l.Revision(p.ctx, id, from)
	if err != nil {
		return nil, err
	}
	after, err := l.Revision(p.ctx, id, to)
	if err != nil {
		return nil, err
	}
	return knowledge.Diff(&before.Solution, &after.Solution), nil
}

// fieldLine is what changed in a field.
type fieldLine struct {
	Field  string      `json:"field"`
	Pieces []pieceLine `json:"pieces"`
}

type pieceLine struct {
	Edit knowledge.Edit `json:"edit"`
	Text string         `json:"text"`
}

func diffLines(diff []knowledge.FieldDiff) []fieldLine {
	lines := []fieldLine{}
	for _, d := range diff {
		line := fieldLine{Field: d.Field}
		for _, piece := range d.Pieces {
			line.Pieces = append(line.Pieces, pieceLine{piece.Edit, piece.Text})
		}
		lines = append(lines, line)
	}
	return lines
}

// printFields marks what is gone by [-…-] and what is new by {+…+}.
func printFields(p *program, diff []knowledge.FieldDiff) {
	marks := map[knowledge.Edit][2]string{knowledge.Removed: {"[-", "-]"}, knowledge.Added: {"{+", "+}"}}
	for _, d := range diff {
		fmt.Fprintf(p.stdout, "%s: ", d.Field)
		for _, piece := range d.Pieces {
			text := piece.Text
			if piece.Edit == knowledge.Kept {
				text = shortened(text)
			}
			fmt.Fprint(p.stdout, marks[piece.Edit][0], printableLines(text), marks[piece.Edit][1])
		}
		fmt.Fprintln(p.stdout)
	}
	if len(diff) == 0 {
		fmt.Fprintln(p.stdout, "no difference")
	}
}

// shortened leaves out the middle of what did not change.
func shortened(s string) string {
	const side = 60
	if r := []rune(s); len(r) > 2*side+1 {
		return string(r[:side]) + " … " + string(r[len(r)-side:])
	}
	return s
}

// printableLines is printable, but keeps the ends of lines.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

type solutionRestoreCmd struct {
	ID       string `arg:"" help:"Id of the solution."`
	Revision int    `arg:"" help:"Number of the revision, as in history."`
	libraryWriter
}

// Run makes the revision the latest again, as a new one.
func (c *solutionRestoreCmd) Run(p *program) error {
	return c.with(p, func(l *knowledge.Library) error {
		n, err := l.Restore(p.ctx, c.ID, c.Revision, c.change(0))
		if err != nil {
			return err
		}
		printRevision(p, c.JSON, c.ID, n)
		return nil
	})
}

func printRevision(p *program, asJSON bool, id string, n int) {
	if asJSON {
		printJSON(p, map[string]any{"id": id, "revision": n})
		return
	}
	fmt.Fprintf(p.stdout, "%s: revision %d\n", printable(id), n)
}

// each does something to every id, and ends with problems when one fails.
func (c *libraryWriter) each(p *program, ids []string, do func(l *knowledge.Library, id string) (int, error)) error {
	return c.with(p, func(l *knowledge.Library) error {
		var failed error
		for _, id := range ids {
			n, err := do(l, id)
			switch {
			case errors.Is(err, knowledge.ErrNotFound):
				fmt.Fprintln(p.stderr, "assay:", err)
				failed = errProblems
			case err != nil:
				return err
			default:
				printRevision(p, c.JSON, id, n)
			}
		}
		return failed
	})
}
