package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"assay/classifiers/llm"
	"assay/cmd/assay/internal/config"
	"assay/cmd/assay/internal/web/text"
	"assay/jobs"
	"assay/pipeline"
)

// How long a command that inspects at once waits for a model that does not answer:
// in all for one that fails, and in one piece, since others may find out earlier
// that it is back.
const (
	mostTrouble = time.Minute
	longestWait = 20 * time.Second
)

// asking is what a command without a database knows of its model: the accounts, and
// how long it has not answered. It is safe for concurrent use.
type asking struct {
	*llm.Memory
	prices llm.Prices
	texts  text.Texts
	tell   io.Writer // is told of waits
	now    func() time.Time

	mu            sync.Mutex
	calls, failed int
	usage         llm.Usage
	waited        time.Duration
	status        llm.Status            // of the newest call
	since         time.Time             // when the first of the last calls failed; zero when the last was answered
	until         time.Time             // when the wait ends that was told last
	given         *pipeline.Unavailable // up: why nobody is asked any more
}

// judgeAtOnce makes the judge of a command without a database, within its budget,
// and the accounts of what it takes; they are nil without a model.
func (p *program) judgeAtOnce(m config.Model, j config.Judging) (jobs.Judging, *asking, error) {
	policy, err := j.Policy()
	if err != nil {
		return jobs.Judging{}, nil, usageError{err}
	}
	budget, err := j.Budget()
	if err != nil {
		return jobs.Judging{}, nil, usageError{err}
	}
	ledger, err := llm.NewMemory(llm.MemoryOptions{Budget: budget, Prices: j.Prices(), RequestsPerMinute: j.RPM, TokensPerMinute: j.TPM})
	if err != nil {
		return jobs.Judging{}, nil, usageError{err}
	}
	texts, err := text.Load()
	if err != nil {
		return jobs.Judging{}, nil, err
	}
	a := &asking{Memory: ledger, prices: j.Prices(), texts: texts, tell: p.stderr, now: time.Now}
	quiet := *p
	if !p.log.Enabled(p.ctx, slog.LevelDebug) { // waits are told in words instead
		quiet.log = slog.New(slog.DiscardHandler)
	}
	judge, err := quiet.newJudge(m, a, patience, func(c *llm.Client) *llm.Client { return c.Waiting(a.wait) })
	if err != nil || judge == nil {
		return jobs.Judging{Policy: policy}, nil, err
	}
	return jobs.Judging{Judge: judge, Policy: policy}, a, nil
}

// Open implements llm.Ledger.
func (a *asking) Open(ctx context.Context, c llm.Call) (int64, error) {
	a.mu.Lock()
	given := a.given
	a.mu.Unlock()
	if given != nil {
		return 0, given
	}
	return a.Memory.Open(ctx, c)
}

// Close implements llm.Ledger.
func (a *asking) Close(ctx context.Context, ticket int64, c llm.Call, r llm.Receipt) error {
	a.mu.Lock()
	a.count(r)
	a.mu.Unlock()
	return a.Memory.Close(ctx, ticket, c, r)
}

func (a *asking) count(r llm.Receipt) {
	a.calls++
	a.usage.Input += r.Usage.Input
	a.usage.Cached += r.Usage.Cached
	a.usage.Output += r.Usage.Output
	a.usage.Estimated = a.usage.Estimated || r.Usage.Estimated
	a.status = r.Status
	switch {
	case r.Status == llm.Answered:
		a.since, a.given = time.Time{}, nil
		return
	case a.since.IsZero():
		a.since = a.now()
	}
	a.failed++
}

// wait says how long a call waits for the endpoint, and tells it once for all that
// wait. When the model has not answered for too long, nobody waits any more.
func (a *asking) wait(_ *pipeline.Unavailable, d time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, words := a.now(), "as many requests or tokens as are allowed in a minute are used up; going on in %.0f s\n"
	if !a.since.IsZero() {
		left := mostTrouble - now.Sub(a.since)
		if left <= 0 {
			a.give()
			return 0
		}
		d = min(d, left)
		words = "the model does not answer (" + a.texts.Say("en", "called."+string(a.status)) + "); trying again in %.0f s\n"
	}
	d = min(d, longestWait)
	if now.Before(a.until) {
		return d
	}
	a.until = now.Add(d)
	a.waited += d
	fmt.Fprintf(a.tell, words, max(1, d.Seconds()))
	return d
}

// give ends all asking.
func (a *asking) give() {
	a.given = &pipeline.Unavailable{Reason: pipeline.ModelUnavailable, Err: fmt.Errorf("it has not answered for %.0f s (%s)",
		a.now().Sub(a.since).Seconds(), a.texts.Say("en", "called."+string(a.status)))}
}

// unanswered reports whether a model was asked, and never answered: it was
// unavailable, or nothing that it sent is an answer.
func (a *asking) unanswered(unavailable bool) bool {
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls > 0 && a.failed == a.calls && (unavailable || a.status == llm.Garbled)
}

// took says in words what was asked, and what that cost.
func (a *asking) took(model string, judged int) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	about, failed, waited, cost := "", "", "", "price unknown (--price-in, --price-out)"
	if a.usage.Estimated {
		about = "about "
	}
	if a.failed > 0 {
		failed = fmt.Sprintf(" (%d of them failed)", a.failed)
	}
	if a.waited > 0 {
		waited = fmt.Sprintf(", waited %.0f s", max(1, a.waited.Seconds()))
	}
	if a.prices.Known() {
		cost = "cost " + money(int64(a.prices.Cost(a.usage)), a.prices.Currency)
	}
	return fmt.Sprintf("%s: %d calls%s, %s%d tokens sent, %d answered, %s; %d sessions judged%s",
		model, a.calls, failed, about, a.usage.Input, a.usage.Output, cost, judged, waited)
}

// why says in words why a model could not be asked; "" for other errors.
func (a *asking) why(err error) string {
	u, ok := errors.AsType[*pipeline.Unavailable](err)
	if !ok || a == nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.given != nil {
		u = a.given
	}
	return fmt.Sprintf("the model is not asked: %v", u.Err)
}
