package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"assay/classifiers/llm"
	"assay/pipeline"
	"assay/pipeline/scorecard"
)

func isJudged(c *scorecard.Criterion) bool { return c.Judge != nil }

// judge makes the judges of all runs, after what they may cost was agreed to.
func (c *evalCriteriaCmd) judge(p *program, e *evaluation) error {
	configured, err := c.Judges()
	if err != nil {
		return usageError{err}
	}
	if c.NoJudge || !configured || !e.asks() {
		return nil
	}
	if e.accounts, err = c.accounts(); err != nil {
		return err
	}
	if err := c.agree(p, e); err != nil {
		return err
	}
	e.runs = nil
	for range c.Repeat {
		kept, err := llm.NewMemory(llm.MemoryOptions{})
		if err != nil {
			return err
		}
		j, err := p.newJudge(c.Model, runLedger{kept, e.accounts}, patience, nil)
		if err != nil {
			return err
		}
		e.runs = append(e.runs, j)
	}
	return nil
}

func (c *evalCriteriaCmd) accounts() (*evalAccounts, error) {
	budget, err := c.Budget()
	if err != nil {
		return nil, usageError{err}
	}
	memory, err := llm.NewMemory(llm.MemoryOptions{Budget: budget, Prices: c.Prices(), RequestsPerMinute: c.RPM, TokensPerMinute: c.TPM})
	if err != nil {
		return nil, usageError{err}
	}
	return &evalAccounts{memory: memory, prices: c.Prices(), criteria: map[string]*criterionAccount{}}, nil
}

// agree says what the runs may take, and asks whether they shall.
func (c *evalCriteriaCmd) agree(p *program, e *evaluation) error {
	first, all, err := c.rehearse(p, e)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "%d sessions, %s: %d to %d calls, %d to %d tokens sent, %d to %d answered\n", len(e.sessions), runs(c.Repeat),
		first.calls*c.Repeat, all.calls*c.Repeat, first.Input*c.Repeat, all.Input*c.Repeat, first.Output*c.Repeat, all.Output*c.Repeat)
	if prices := c.Prices(); prices.Known() {
		low, high := int64(prices.Cost(first.Usage)), int64(prices.Cost(all.Usage))
		fmt.Fprintf(p.stderr, "cost: %s to %s\n", money(low*int64(c.Repeat), c.Currency), money(high*int64(c.Repeat), c.Currency))
	} else {
		fmt.Fprintln(p.stderr, "cost: unknown, no prices are given (--price-in, --price-out)")
	}
	if c.Yes {
		return nil
	}
	return p.confirm("ask the model?")
}

func runs(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

// rehearsal is what calls would take.
type rehearsal struct {
	calls int
	llm.Usage
}

func (r *rehearsal) add(input, output int) {
	r.calls++
	r.Input += input
	r.Output += output
}

// answerShare is what an answer takes of the tokens that it may, about: some tens
// of hundreds.
const answerShare = 0.1

// rehearse inspects without asking. first are the first questions with short
// answers; all adds the votes and answers of full length.
func (c *evalCriteriaCmd) rehearse(p *program, e *evaluation) (first, all rehearsal, err error) {
	ledger, err := llm.NewMemory(llm.MemoryOptions{})
	if err != nil {
		return first, all, err
	}
	j, err := p.newJudge(c.Model, ledger, 0, func(client *llm.Client) *llm.Client {
		return client.Rehearse(ledger, func(r llm.Request) {
			all.add(r.Call.Input, r.Call.Output)
			if r.Call.Purpose == llm.ForJudgement {
				first.add(r.Call.Input, int(answerShare*float64(r.Call.Output)))
			}
		})
	})
	if err != nil {
		return first, all, err
	}
	inspector := *e.inspector
	inspector.Judge = j
	for _, s := range e.sessions {
		if !s.judged {
			continue
		}
		if _, err := inspector.Inspect(p.ctx, s.Session, e.card); err != nil {
			return first, all, err
		}
	}
	return first, all, nil
}

// askedAtOnce is how many sessions a model is asked about at the same time.
const askedAtOnce = 4

// run inspects all sessions, as often as there are runs, one run after the other.
// A model that cannot be asked any longer ends it; what was answered before counts.
func (e *evaluation) run(p *program) error {
	for _, s := range e.sessions {
		s.runs = make([][]pipeline.Finding, len(e.runs))
	}
	for i := range e.runs {
		err := e.once(p, i)
		if _, ok := errors.AsType[*pipeline.Unavailable](err); ok && p.ctx.Err() == nil {
			e.stopped = err
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// once is one run.
func (e *evaluation) once(p *program, run int) error {
	group, ctx := errgroup.WithContext(p.ctx)
	group.SetLimit(askedAtOnce)
	var shown sync.Mutex
	bar, done := newProgress(p.stderr, "inspecting"), 0
	for _, s := range e.sessions {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := e.inspect(ctx, s, run); err != nil {
				return err
			}
			shown.Lock()
			defer shown.Unlock()
			if done++; e.accounts != nil {
				bar.show(done, len(e.sessions))
			}
			return nil
		})
	}
	err := group.Wait()
	if e.accounts != nil {
		bar.finish(done, len(e.sessions))
	}
	return err
}

// inspect inspects a session in one run. What budgets forbid is no error: the
// findings say so.
func (e *evaluation) inspect(ctx context.Context, s *labelled, run int) error {
	inspector := *e.inspector
	if s.judged {
		inspector.Judge = e.runs[run]
	} else {
		inspector.Unjudged = pipeline.NotSelected
	}
	v, err := inspector.Inspect(ctx, s.Session, e.card)
	if u, ok := errors.AsType[*pipeline.Unavailable](err); ok && u.Reason == pipeline.OverBudget {
		err = nil
	}
	if err == nil {
		s.runs[run] = v.Criteria
	}
	return err
}

// runLedger has one run's answers, so that the next run asks again, and the
// accounts of all runs.
type runLedger struct {
	*llm.Memory
	accounts *evalAccounts
}

// Open implements llm.Ledger.
func (l runLedger) Open(ctx context.Context, c llm.Call) (int64, error) {
	return l.accounts.memory.Open(ctx, c)
}

// Close implements llm.Ledger.
func (l runLedger) Close(ctx context.Context, ticket int64, c llm.Call, r llm.Receipt) error {
	l.accounts.count(c, r)
	return l.accounts.memory.Close(ctx, ticket, c, r)
}

// evalAccounts are what all runs took.
type evalAccounts struct {
	memory *llm.Memory
	prices llm.Prices

	mu       sync.Mutex
	calls    int
	usage    llm.Usage
	model    string // as the endpoint names it
	criteria map[string]*criterionAccount
}

// criterionAccount is a criterion's part.
type criterionAccount struct {
	asked, repaired int     // questions, and those that were asked once more as the answer did not hold
	tokens          float64 // its part of calls about several
	cost            float64 // in millionths
}

func (a *evalAccounts) count(c llm.Call, r llm.Receipt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	if r.Model != "" {
		a.model = r.Model
	}
	a.usage.Input += r.Usage.Input
	a.usage.Cached += r.Usage.Cached
	a.usage.Output += r.Usage.Output
	a.usage.Estimated = a.usage.Estimated || r.Usage.Estimated
	for _, id := range c.Criteria {
		if a.criteria[id] == nil {
			a.criteria[id] = &criterionAccount{}
		}
		part, parts := a.criteria[id], float64(len(c.Criteria))
		part.tokens += float64(r.Usage.Input+r.Usage.Output) / parts
		part.cost += float64(a.prices.Cost(r.Usage)) / parts
		switch {
		case r.Status != llm.Answered:
		case c.Purpose == llm.ForRepair:
			part.repaired++
		default:
			part.asked++
		}
	}
}
