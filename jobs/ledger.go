package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"assay/classifiers/llm"
	"assay/pipeline"
	"assay/pipeline/store"
)

// LedgerOptions are the settings of a ledger in the database.
type LedgerOptions struct {
	Prices llm.Prices
	Budget llm.Budget
	// What the provider allows all processes together; 0 is what it says itself.
	RequestsPerMinute, TokensPerMinute int
	Timeout                            time.Duration // of a call; default 1 min
	// Patience is how long a call waits for an endpoint that is closed; a longer wait
	// is left to the caller. Jobs that all go to sleep at every 429 are slower to come
	// back than the endpoint.
	Patience time.Duration
	Metrics  *Metrics
}

// ledger accounts for calls in the database, for all processes together.
type ledger struct {
	o     LedgerOptions
	store *store.Store
}

// NewLedger makes a ledger that all processes on the database share: budgets, rates,
// what endpoints want, and what was answered. A budget in money for a model without
// prices is an error.
func NewLedger(s *store.Store, o LedgerOptions) (llm.Ledger, error) {
	if err := o.Budget.Check(o.Prices); err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	return &ledger{o, s}, nil
}

// batchTimeout is the time that a batch has, and some more.
const batchTimeout = 48 * time.Hour

// pacedWait is how long a call waits for the allowed rate; a longer wait is left
// to the queue.
const pacedWait = 20 * time.Second

// patience is how long a call waits that is refused.
func (l *ledger) patience(k store.RefusalKind) time.Duration {
	switch k {
	case store.Paced:
		return pacedWait
	case store.EndpointClosed:
		return l.o.Patience
	}
	return 0
}

// Open reserves what the call may take. It waits for the allowed rate and for an
// endpoint that is closed, if that is not for long.
func (l *ledger) Open(ctx context.Context, c llm.Call) (int64, error) {
	for waited := time.Duration(0); ; {
		ticket, refused, err := l.store.OpenCall(ctx, l.call(c), l.limits())
		if err != nil || refused == nil {
			return ticket, err
		}
		if most := l.patience(refused.Kind); most == 0 || waited+refused.Wait > most {
			l.o.Metrics.refused(refused.Kind)
			return 0, l.unavailable(refused)
		}
		waited += refused.Wait
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(refused.Wait):
		}
	}
}

func (l *ledger) call(c llm.Call) store.ModelCall {
	ref := c.Ref
	ref.Caps.Session = stricter(ref.Caps.Session, pipeline.Cap{Tokens: l.o.Budget.SessionTokens, Money: int64(l.o.Budget.SessionMoney)})
	most := l.prices(c).Reserve(c)
	m := store.ModelCall{
		Purpose: string(c.Purpose), Endpoint: c.Endpoint, Model: c.Model, SourceID: string(c.Session), Ref: ref, Criteria: c.Criteria,
		Template: c.Template, InputHash: c.InputHash, Redacted: c.Redacted, Attempt: c.Attempt,
		Tokens: most.Tokens, Cost: int64(most.Money), Timeout: l.o.Timeout,
	}
	if c.Purpose == llm.ForBatch {
		m.Cost, m.Timeout = batched(m.Cost), batchTimeout
	}
	return m
}

// prices are those of the call's model: those that are given are of the one that
// judges.
func (l *ledger) prices(c llm.Call) llm.Prices {
	if c.Purpose == llm.ForEmbedding {
		return llm.Prices{}
	}
	return l.o.Prices
}

// batched is what a batch costs: half.
func batched(cost int64) int64 { return (cost + 1) / 2 }

// stricter is the lower of two limits, where 0 is none.
func stricter(a, b pipeline.Cap) pipeline.Cap {
	least := func(a, b int64) int64 {
		if a == 0 || b > 0 && b < a {
			return b
		}
		return a
	}
	return pipeline.Cap{Tokens: least(a.Tokens, b.Tokens), Money: least(a.Money, b.Money)}
}

func (l *ledger) limits() store.CallLimits {
	return store.CallLimits{
		Day:               pipeline.Cap{Tokens: l.o.Budget.DayTokens, Money: int64(l.o.Budget.DayMoney)},
		RequestsPerMinute: l.o.RequestsPerMinute, TokensPerMinute: l.o.TokensPerMinute,
		Currency: l.o.Prices.Currency, CostUnknown: !l.o.Prices.Known(),
	}
}

// unavailable says why a call was refused, with the time on this process's clock.
func (l *ledger) unavailable(r *store.CallRefusal) error {
	u := &pipeline.Unavailable{}
	if r.Wait > 0 {
		u.Until = time.Now().Add(r.Wait)
	}
	switch r.Kind {
	case store.Paced:
		u.Reason, u.Err = pipeline.Pending, errors.New("the allowed rate is used up")
	case store.LimitReached:
		u.Reason, u.Err = pipeline.OverBudget, fmt.Errorf("the limit of this %s is reached", scopeName(r.Scope))
	default:
		u.Reason, u.Err = pipeline.ModelUnavailable, fmt.Errorf("the endpoint is left alone: %s", r.Scope)
	}
	return u
}

func scopeName(scope string) string {
	switch scope {
	case "all":
		return "day"
	case "plan", "rule":
		return scope + " on this day"
	}
	return scope
}

// settleTimeout bounds settling, which happens also when a job is being stopped.
const settleTimeout = 10 * time.Second

// Close settles a call.
func (l *ledger) Close(ctx context.Context, ticket int64, c llm.Call, r llm.Receipt) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	result := store.CallResult{
		Model: r.Model, Parameters: r.Parameters, Input: int64(r.Usage.Input), Cached: int64(r.Usage.Cached),
		Output: int64(r.Usage.Output), Reasoning: int64(r.Usage.Reasoning), Estimated: r.Usage.Estimated,
		Latency: r.Latency, Status: string(r.Status), RetryAfter: r.RetryAfter, Taken: r.Outcomes,
		Uncounted: r.Status == llm.Answered && r.Usage.Input+r.Usage.Output == 0,
	}
	if prices := l.prices(c); prices.Known() {
		cost := int64(prices.Settle(r.Usage).Money)
		if c.Purpose == llm.ForBatch {
			cost = batched(cost)
		}
		result.Cost = &cost
	}
	settled, err := l.store.CloseCall(ctx, ticket, result)
	if settled {
		l.o.Metrics.called(c, result)
	}
	return err
}

// Known returns what was kept under a key.
func (l *ledger) Known(ctx context.Context, key string) ([]byte, bool, error) {
	return l.store.Kept(ctx, key)
}

// Keep keeps a value under a key.
func (l *ledger) Keep(ctx context.Context, key string, value []byte) error {
	return l.store.Keep(ctx, key, value)
}
