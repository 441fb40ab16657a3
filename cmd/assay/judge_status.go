package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/pipeline/store"
)

type judgeStatusCmd struct {
	JSON bool   `name:"json" help:"Print as JSONL: endpoints, the queue, runs, then what was taken."`
	Only string `name:"run" placeholder:"ID" help:"Only this run over stored sessions, as assay judge run named it."`
	config.Database
}

// Run prints endpoints, queue and spending.
func (c *judgeStatusCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	runs, err := db.JudgeRuns(p.ctx, c.Only)
	if err != nil {
		return err
	}
	if c.Only != "" {
		if len(runs) == 0 {
			return usageError{fmt.Errorf("--run: %q is none of the last day, nor one that goes on", c.Only)}
		}
		spendingReport{p, db, p.stdout, c.JSON}.runs(runs)
		return nil
	}
	endpoints, err := db.Endpoints(p.ctx)
	if err != nil {
		return err
	}
	queue, err := db.JudgeQueue(p.ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	s := spendingReport{p, db, w, c.JSON}
	s.endpoints(endpoints)
	s.queue(queue)
	s.runs(runs)
	today := time.Now().In(db.zone)
	for _, period := range []struct {
		name  string
		since time.Time
	}{{"today", today}, {"7 days", today.AddDate(0, 0, -6)}} {
		if err := s.spending(period.name, period.since); err != nil {
			return err
		}
	}
	return w.Flush()
}

// spendingReport prints what models took.
type spendingReport struct {
	p    *program
	db   *database
	w    io.Writer
	json bool
}

func (s spendingReport) endpoints(list []store.EndpointStatus) {
	if len(list) == 0 && !s.json {
		fmt.Fprintln(s.w, "no model was asked yet")
	}
	for _, e := range list {
		if s.json {
			printJSON(s.p, map[string]any{
				"endpoint": e.Endpoint, "model": e.Model, "closed_until": e.ClosedUntil, "status": e.Status,
				"needs_somebody": e.NeedsSomebody, "failures": e.Failures,
			})
			continue
		}
		fmt.Fprintf(s.w, "%s@%s\t%s\n", e.Model, e.Endpoint, s.db.endpointState(e))
	}
}

// endpointState says in words whether a model is asked.
func (db *database) endpointState(e store.EndpointStatus) string {
	switch {
	case e.NeedsSomebody:
		return fmt.Sprintf("does not answer (%s) since %s: %s", e.Status, db.clock(e.ChangedAt), remedy(e.Status))
	case e.ClosedUntil != nil:
		return fmt.Sprintf("is left alone (%s) until %s", e.Status, db.clock(*e.ClosedUntil))
	case e.Failures > 0:
		return fmt.Sprintf("failed %d times in a row", e.Failures)
	}
	return "answers"
}

// remedy is what somebody must do.
func remedy(status string) string {
	switch status {
	case "unauthorised":
		return "give a valid key (OPENAI_API_KEY)"
	case "not_found":
		return "look at the model's name and the endpoint's URL"
	case "no_credit":
		return "the account has no credit"
	}
	return "look at the endpoint"
}

func (s spendingReport) queue(q store.JudgeQueue) {
	if s.json {
		printJSON(s.p, map[string]any{"waiting": q.Waiting, "running": q.Running, "asleep": q.Asleep, "over_budget": q.Budget, "oldest_seconds": q.Oldest.Seconds(), "next": q.Next})
		return
	}
	fmt.Fprintf(s.w, "%d sessions wait, %d are asked about, %d sleep", q.Waiting, q.Running, q.Asleep)
	if q.Next != nil {
		fmt.Fprintf(s.w, " (the first until %s)", s.db.clock(*q.Next))
	}
	if q.Budget > 0 {
		fmt.Fprintf(s.w, "; %d of those asleep wait for another day's budget", q.Budget)
	}
	fmt.Fprintln(s.w)
}

// runs prints how far runs over stored sessions are.
func (s spendingReport) runs(list []store.JudgeRun) {
	for _, r := range list {
		if s.json {
			printJSON(s.p, map[string]any{
				"run": r.Run, "waiting": r.Waiting, "done": r.Done, "failed": r.Failed, "tokens": r.Tokens, "cost": float64(r.Cost) / 1e6,
				"budget_tokens": r.Cap.Tokens, "budget": float64(r.Cap.Money) / 1e6,
			})
			continue
		}
		fmt.Fprintf(s.w, "run %s: %d sessions done, %d wait, %d given up; took %d tokens", r.Run, r.Done, r.Waiting, r.Failed, r.Tokens)
		if r.Cap.Tokens > 0 {
			fmt.Fprintf(s.w, " of %d", r.Cap.Tokens)
		}
		fmt.Fprintf(s.w, ", cost %s", money(r.Cost, ""))
		if r.Cap.Money > 0 {
			fmt.Fprintf(s.w, " of %s", money(r.Cap.Money, ""))
		}
		fmt.Fprintln(s.w)
	}
}

// spendingGroups are what spending is counted by.
var spendingGroups = []struct {
	name string
	by   store.SpendingBy
}{{"all", store.SpentInAll}, {"model", store.SpentByModel}, {"plan", store.SpentByPlan}, {"scorecard", store.SpentByScorecard}, {"purpose", store.SpentByPurpose}}

func (s spendingReport) spending(period string, since time.Time) error {
	if !s.json {
		fmt.Fprintf(s.w, "\n%s\tcalls\tfailed\tsessions\tsent\tcached\tanswered\tcost\n", period)
	}
	for _, g := range spendingGroups {
		rows, err := s.db.Spending(s.p.ctx, g.by, since)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if s.json {
				printJSON(s.p, map[string]any{
					"period": period, "by": g.name, "name": r.Name, "calls": r.Calls, "failed": r.Failed, "sessions": r.Sessions, "input": r.Input,
					"cached": r.Cached, "output": r.Output, "cost": float64(r.Cost) / 1e6, "currency": r.Currency, "unpriced": r.Unpriced,
				})
				continue
			}
			fmt.Fprintf(s.w, "%s %s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", g.name, printable(r.Name), r.Calls, r.Failed, r.Sessions, r.Input, r.Cached, r.Output, priced(r.Cost, r.Unpriced, r.Currency))
		}
	}
	return s.criteria(period, since)
}

// priced is a cost, as far as it is known.
func priced(cost int64, unpriced int, currency string) string {
	switch {
	case unpriced > 0 && cost == 0:
		return "unknown"
	case unpriced > 0:
		return "more than " + money(cost, currency)
	}
	return money(cost, currency)
}

func (s spendingReport) criteria(period string, since time.Time) error {
	rows, err := s.db.SpendingByCriterion(s.p.ctx, since)
	if err != nil {
		return err
	}
	if len(rows) > 0 && !s.json {
		fmt.Fprintf(s.w, "\n%s\tcalls\tanswers that count\ttokens\tcost\n", period)
	}
	for _, r := range rows {
		if s.json {
			printJSON(s.p, map[string]any{
				"period": period, "by": "criterion", "scorecard": r.Scorecard, "name": r.Criterion, "calls": r.Calls, "answered": r.Taken,
				"tokens": r.Tokens, "cost": float64(r.Cost) / 1e6, "currency": r.Currency, "unpriced": r.Unpriced,
			})
			continue
		}
		fmt.Fprintf(s.w, "criterion %s %s\t%d\t%d\t%d\t%s\n", r.Scorecard, r.Criterion, r.Calls, r.Taken, r.Tokens, priced(r.Cost, r.Unpriced, r.Currency))
	}
	return nil
}
