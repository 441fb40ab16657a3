package main

import (
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/knowledge"
)

// solutionFilter is the flags that choose solutions. "" of those that are pointers
// means solutions for all, or of nobody.
type solutionFilter struct {
	Text         string             `name:"filter" placeholder:"WORDS" help:"Only solutions that have all these words."`
	Status       knowledge.Status   `name:"status" placeholder:"STATUS" help:"Only these: draft, published, retired."`
	Owner        *string            `name:"owner" placeholder:"NAME" help:"Only this owner's; \"\" is nobody's."`
	Product      *string            `name:"product" placeholder:"NAME" help:"Only of this product; \"\" is of none."`
	Region       *string            `name:"region" placeholder:"NAME" help:"Only of this region; \"\" is of none."`
	CustomerType *string            `name:"customer-type" placeholder:"TYPE" help:"Only for these customers: individual, enterprise; \"\" is for all."`
	Language     string             `name:"language" placeholder:"TAG" help:"Only in this language: zh, en."`
	Tag          string             `name:"tag" placeholder:"TAG" help:"Only with this tag."`
	Stage        *knowledge.Stage   `name:"stage" placeholder:"STAGE" help:"Only scripts of this stage: guide, confirm_need, explain_solution, feedback; \"\" is no script."`
	Validity     knowledge.Validity `name:"validity" placeholder:"WHEN" help:"Only these: valid, upcoming, expired."`
	Stale        bool               `name:"stale" help:"Only those whose review is overdue."`
	config.Review
}

func (c *solutionFilter) filter() (knowledge.Filter, error) {
	f := knowledge.Filter{
		Text: c.Text, Status: c.Status, Owner: c.Owner, Product: c.Product, Region: c.Region, CustomerType: c.CustomerType,
		Language: c.Language, Tag: c.Tag, Stage: c.Stage, Validity: c.Validity, Stale: c.Stale,
	}
	var err error
	if f.StaleAfter, err = c.StaleAfter(); err != nil {
		return f, usageError{err}
	}
	if f.Status != "" && !slices.Contains(knowledge.Statuses, f.Status) {
		return f, usageError{fmt.Errorf("--status: %q is unknown; allowed: draft, published, retired", f.Status)}
	}
	if f.Stage != nil && *f.Stage != "" && !slices.Contains(knowledge.Stages, *f.Stage) {
		return f, usageError{fmt.Errorf("--stage: %q is unknown; allowed: guide, confirm_need, explain_solution, feedback", *f.Stage)}
	}
	if f.Validity != "" && !slices.Contains(knowledge.Validities, f.Validity) {
		return f, usageError{fmt.Errorf("--validity: %q is unknown; allowed: valid, upcoming, expired", f.Validity)}
	}
	return f, nil
}

type solutionListCmd struct {
	Order knowledge.Order `name:"order" default:"changed" help:"What comes first: changed (the latest), id, reviewed (what nobody looked at for longest)."`
	Limit int             `name:"limit" default:"50" help:"Solutions, at most."`
	solutionFilter
	libraryReader
}

// Run prints a line per solution.
func (c *solutionListCmd) Run(p *program) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	f.Order = c.Order
	return c.with(p, func(l *knowledge.Library) error { return c.list(p, l, f) })
}

func (c *solutionListCmd) list(p *program, l *knowledge.Library, f knowledge.Filter) error {
	if !slices.Contains(knowledge.Orders, f.Order) {
		return usageError{fmt.Errorf("--order: %q is unknown; allowed: changed, id, reviewed", f.Order)}
	}
	if c.Limit < 1 {
		return usageError{fmt.Errorf("--limit: %d is out of range; allowed: 1 or more", c.Limit)}
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for left := c.Limit; left > 0; {
		f.Limit = min(left, listPage)
		page, err := l.List(p.ctx, f)
		if err != nil {
			return err
		}
		for i := range page.Entries {
			c.printEntry(p, w, &page.Entries[i], f.StaleAfter)
		}
		left -= len(page.Entries)
		if f.After = page.Next; f.After == "" {
			break
		}
	}
	return w.Flush()
}

// listPage is how many solutions are asked for at once.
const listPage = 1_000

func (c *solutionListCmd) printEntry(p *program, w *tabwriter.Writer, e *knowledge.Entry, after time.Duration) {
	if c.JSON {
		printJSON(p, entryLine(e, after))
		return
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(e.ID), e.Status, clipped(printable(e.Title), 40),
		printable(e.Product), printable(e.Owner), day(e.ChangedAt))
}

// entry is a solution with what the library knows about it.
type entry struct {
	knowledge.Solution
	Revision  int                `json:"revision"`
	ChangedAt time.Time          `json:"changed_at"`
	By        string             `json:"by"`
	Stale     bool               `json:"stale"`
	Opinions  knowledge.Opinions `json:"opinions"`
}

func entryLine(e *knowledge.Entry, staleAfter time.Duration) entry {
	return entry{e.Solution, e.Revision, e.ChangedAt, e.By, e.StaleAt(time.Now(), staleAfter), e.Opinions}
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateOnly)
}

// clipped cuts a text for a column.
func clipped(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return s
}

type solutionStaleCmd struct {
	Owner  *string `name:"owner" placeholder:"NAME" help:"Only this owner's; \"\" is nobody's."`
	Counts bool    `name:"counts" help:"Count them by owner instead."`
	Limit  int     `name:"limit" default:"50" help:"Solutions, at most."`
	config.Review
	libraryReader
}

// Run lists what nobody looked at for longest first.
func (c *solutionStaleCmd) Run(p *program) error {
	after, err := c.StaleAfter()
	if err != nil {
		return usageError{err}
	}
	return c.with(p, func(l *knowledge.Library) error {
		if !c.Counts {
			list := solutionListCmd{Limit: c.Limit, libraryReader: c.libraryReader}
			return list.list(p, l, knowledge.Filter{Stale: true, StaleAfter: after, Owner: c.Owner, Order: knowledge.ByReview})
		}
		counts, err := l.StaleCounts(p.ctx, time.Now(), after)
		if err != nil {
			return err
		}
		if c.JSON {
			printJSON(p, map[string]any{"owners": counts})
			return nil
		}
		for _, n := range counts {
			fmt.Fprintf(p.stdout, "%6d  %s\n", n.Stale, printable(n.Owner))
		}
		return nil
	})
}
