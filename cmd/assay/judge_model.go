package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"assay/classifiers/llm"
	"assay/cmd/assay/internal/config"
	"assay/jobs"
	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/store"
)

// newClient makes a client of the model that judges, with its calls on a ledger;
// nil when none is configured. wait is the longest that a call waits for an endpoint
// that wants to be left alone.
func (p *program) newClient(m config.Model, l llm.Ledger, wait time.Duration) (*llm.Client, error) {
	configured, err := m.Judges()
	if err != nil || !configured {
		return nil, usage(err)
	}
	extra, err := m.Fields()
	if err != nil {
		return nil, usageError{err}
	}
	client, err := llm.NewClient(llm.ClientOptions{
		BaseURL: m.BaseURL, Key: m.Key, Model: m.LLM, APIVersion: m.APIVersion, Timeout: m.Timeout, Extra: extra, Ledger: l, Log: p.log, Wait: wait,
	})
	return client, usage(err)
}

// usage makes an error one of usage; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// newJudge makes the judge that is configured, with its calls on a ledger; nil
// when none is. via may put another client in place of the one that sends.
func (p *program) newJudge(m config.Model, l llm.Ledger, wait time.Duration, via func(*llm.Client) *llm.Client) (pipeline.Judge, error) {
	client, err := p.newClient(m, l, wait)
	if err != nil || client == nil {
		return nil, err
	}
	if via != nil {
		client = via(client)
	}
	rules, err := sentRules(m)
	if err != nil {
		return nil, err
	}
	j, err := llm.NewJudge(llm.JudgeOptions{Client: client, Ledger: l, Reasons: m.Reasons, Redact: rules})
	if err != nil {
		return nil, usageError{err}
	}
	return j, nil
}

// drafter words drafts of solutions by the model that judges; nil when none is.
func (p *program) drafter(m config.Model, l llm.Ledger) (func(ctx context.Context, language string, questions, passages []string) (string, error), error) {
	client, err := p.newClient(m, l, 0)
	if err != nil || client == nil {
		return nil, err
	}
	return llm.NewWriter(client).Word, nil
}

// judging is what workers judge by, with its calls on a ledger.
func (p *program) judging(m config.Model, j config.Judging, l llm.Ledger) (jobs.Judging, error) {
	policy, err := j.Policy()
	if err != nil {
		return jobs.Judging{}, usageError{err}
	}
	judge, err := p.newJudge(m, l, 0, nil)
	return jobs.Judging{Judge: judge, Policy: policy, Terms: j.Terms(), Unpriced: !j.Prices().Known()}, err
}

// shortPatience is how long workers wait for an endpoint that is closed, before its
// sessions go to sleep.
const shortPatience = 20 * time.Second

// newLedger makes the ledger that all processes share.
func newLedger(s *store.Store, m config.Model, j config.Judging, metrics *jobs.Metrics) (llm.Ledger, error) {
	budget, err := j.Budget()
	if err != nil {
		return nil, usageError{err}
	}
	l, err := jobs.NewLedger(s, jobs.LedgerOptions{
		Prices: j.Prices(), Budget: budget, RequestsPerMinute: j.RPM, TokensPerMinute: j.TPM, Timeout: m.Timeout, Metrics: metrics,
		Patience: shortPatience,
	})
	return l, usage(err)
}

// unpriced says that a plan's limits in money need prices that are not known.
func unpriced(in *plan.Plan) error {
	return fmt.Errorf("plan %q limits what judging may cost, but the model's prices are not known: give them per million tokens (--price-in, --price-out), say --price-free, or limit tokens instead", in.ID)
}

// warnUnpriced says so where the plan in force limits money and the model's prices
// are not known: those sessions wait (budget) until they are, and all else goes on.
func (p *program) warnUnpriced(db *database, j jobs.Judging) error {
	if j.Judge == nil || !j.Unpriced {
		return nil
	}
	in, err := planInForce(p.ctx, db.Store)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil && in.Money() {
		p.log.WarnContext(p.ctx, "judging under limits in money is off until prices are given", "plan", in.ID, "error", unpriced(in))
	}
	return err
}

// planInForce reads the plan in force; store.ErrNotFound without one.
func planInForce(ctx context.Context, s *store.Store) (*plan.Plan, error) {
	published, err := s.PlanInForce(ctx)
	if err != nil {
		return nil, err
	}
	in, problems := plan.Parse(published.Slug+".yaml", []byte(published.Source))
	return in, problems.Err()
}
