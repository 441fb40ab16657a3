package main

import (
	"fmt"
	"text/tabwriter"

	"assay/knowledge"
)

type solutionFeedbackCmd struct {
	ID    string `arg:"" optional:"" name:"id" help:"Only of this solution."`
	Owner string `name:"owner" placeholder:"NAME" help:"Only of this owner's solutions."`
	Limit int    `name:"limit" default:"50" help:"Complaints, at most; 1,000 or fewer."`
	libraryReader
}

// Run prints what agents say against solutions, the latest first.
func (c *solutionFeedbackCmd) Run(p *program) error {
	if c.Limit < 1 || c.Limit > listPage {
		return usageError{fmt.Errorf("--limit: %d is out of range; allowed: 1 to %d", c.Limit, listPage)}
	}
	return c.with(p, func(l *knowledge.Library) error {
		list, err := l.Complaints(p.ctx, knowledge.ComplaintFilter{SolutionID: c.ID, Owner: c.Owner}, c.Limit)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		for _, x := range list {
			if c.JSON {
				printJSON(p, x)
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", day(x.At), x.Grade, printable(x.SolutionID), printable(x.Owner),
				printable(x.Person), printable(x.Note))
		}
		return w.Flush()
	})
}
