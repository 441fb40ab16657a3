package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"time"

	"assay/classifiers/llm"
	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/store"
)

type judgeCmd struct {
	Status   judgeStatusCmd   `cmd:"" help:"Say what models took today and in 7 days, what waits, and whether the endpoint answers."`
	Estimate judgeEstimateCmd `cmd:"" help:"Reckon what judging stored sessions would take, without asking the model."`
	Run      judgeRunCmd      `cmd:"" help:"Judge stored sessions; asks before it costs anything."`
	Batch    judgeBatchCmd    `cmd:"" help:"Judge stored sessions by OpenAI's batches: answered within a day, at half the price."`
	Resume   judgeResumeCmd   `cmd:"" help:"Ask a closed endpoint again at once, and wake what waits for it."`
}

// storedFlags say which stored sessions are to be judged.
type storedFlags struct {
	Since     string `name:"since" placeholder:"30d" help:"Only sessions since then: days (30d), weeks (2w) or a date (2026-01-31)."`
	Scorecard string `name:"scorecard" placeholder:"ID" help:"Only sessions that were inspected by this scorecard."`
	Again     bool   `name:"again" help:"Also sessions that are judged already: the same question is answered from what is kept, so that only another model, scorecard or prompt makes it cost."`
	judgeFlags
}

// judgeFlags say by whom stored sessions are judged, and what that may take.
type judgeFlags struct {
	config.Database
	config.Index
	config.Model
	config.Judging
}

func (c *storedFlags) filter(db *database) (store.JudgeFilter, error) {
	since, err := sinceDay(c.Since, time.Now().In(db.zone))
	if err != nil {
		return store.JudgeFilter{}, usageError{err}
	}
	return store.JudgeFilter{Since: since, Scorecard: c.Scorecard, Again: c.Again}, nil
}

// known refuses a scorecard that was never published.
func (c *storedFlags) known(p *program, db *database) error {
	if c.Scorecard == "" {
		return nil
	}
	_, err := db.NewestScorecard(p.ctx, c.Scorecard)
	if errors.Is(err, store.ErrNotFound) {
		return usageError{fmt.Errorf("--scorecard: none is called %q; \"assay scorecard log\" lists those that were published", c.Scorecard)}
	}
	return err
}

// rehearsal asks as the workers would, but nobody.
func (c *judgeFlags) rehearsal(p *program, db *database) (*jobs.Rehearsal, func() error, error) {
	configured, err := c.Judges()
	if err == nil && !configured {
		err = errors.New("no model is configured that judges: --llm-model (ASSAY_LLM_MODEL)")
	}
	if err == nil {
		_, err = c.Budget()
	}
	if err != nil {
		return nil, nil, usageError{err}
	}
	t, err := tone.New()
	if err != nil {
		return nil, nil, err
	}
	index, err := p.openIndex(p.ctx, db, c.Index, knowledge.Options{Wait: true})
	if err != nil {
		return nil, nil, err
	}
	r := &jobs.Rehearsal{
		Store: db.Store, Inspector: &pipeline.Inspector{Tone: t, Suggest: index},
		Day: pipeline.Cap{Tokens: c.DayTokens, Money: int64(c.DayMoney)}, Prices: c.Prices(),
	}
	r.Judge = func(l llm.Ledger, use func(llm.Request)) (pipeline.Judge, error) {
		return p.newJudge(c.Model, l, 0, func(client *llm.Client) *llm.Client { return client.Rehearse(l, use) })
	}
	return r, index.Close, nil
}

func (c *storedFlags) estimate(p *program, db *database) (e jobs.Estimate, f store.JudgeFilter, err error) {
	if f, err = c.filter(db); err != nil {
		return e, f, err
	}
	if err := c.known(p, db); err != nil {
		return e, f, err
	}
	r, done, err := c.rehearsal(p, db)
	if err != nil {
		return e, f, err
	}
	e, err = r.Estimate(p.ctx, f)
	return e, f, errors.Join(err, done())
}

// cost is what an amount of tokens costs, in words.
func (c *storedFlags) cost(s jobs.Size) string {
	return money(int64(c.Prices().Cost(llm.Usage{Input: int(s.Input), Output: int(s.Output)})), c.Currency)
}

// money writes millionths of a currency's unit, to the hundredth where there are many.
func money(cost int64, currency string) string {
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", map[bool]int{true: 2, false: 4}[cost >= 10_000_000], float64(cost)/1e6, currency))
}

// print says an estimate in words.
func (c *storedFlags) print(p *program, e jobs.Estimate) {
	if e.Waiting > 0 {
		fmt.Fprintf(p.stdout, "%d sessions wait already to be judged, and are not enqueued again: see assay judge status\n", e.Waiting)
	}
	if e.Sessions == 0 {
		fmt.Fprintln(p.stdout, "0 sessions to judge")
		return
	}
	fmt.Fprintf(p.stdout, "%d sessions to judge (%d of them looked at)\n", e.Sessions, e.Sampled)
	fmt.Fprintf(p.stdout, "calls:  about %d, from %d to %d, with what is asked again: critical criteria, and proofs by themselves\n", e.Calls, e.CallsLow, e.CallsHigh)
	fmt.Fprintf(p.stdout, "tokens: about %d sent, from %d to %d; about %d answered, from %d to %d\n",
		e.Expected.Input, e.Low.Input, e.High.Input, e.Expected.Output, e.Low.Output, e.High.Output)
	if c.Prices().Known() {
		fmt.Fprintf(p.stdout, "cost:   about %s, from %s to %s\n", c.cost(e.Expected), c.cost(e.Low), c.cost(e.High))
	} else {
		fmt.Fprintln(p.stdout, "cost:   unknown, no prices are given (--price-in, --price-out)")
	}
	for _, cut := range e.Cut {
		fmt.Fprintf(p.stdout, "limit:  about %d of the sessions do not fit the limit of a day (%s): they wait for the next days, or are left as they are\n", cut.Sessions, printable(cut.Limit))
	}
}

// estimateLine is an estimate as --json prints it.
type estimateLine struct {
	jobs.Estimate
	Cost     *llm.Money `json:"cost"`     // that is expected; null without prices
	CostLow  *llm.Money `json:"cost_low"` // likewise
	CostHigh *llm.Money `json:"cost_high"`
	Currency string     `json:"currency,omitempty"`
	Run      string     `json:"run,omitempty"` // that was started
	Enqueued int        `json:"enqueued,omitempty"`
}

func (c *storedFlags) line(e jobs.Estimate) estimateLine {
	l := estimateLine{Estimate: e, Currency: c.Currency}
	if prices := c.Prices(); prices.Known() {
		cost := func(s jobs.Size) *llm.Money {
			return new(prices.Cost(llm.Usage{Input: int(s.Input), Output: int(s.Output)}))
		}
		l.Cost, l.CostLow, l.CostHigh = cost(e.Expected), cost(e.Low), cost(e.High)
	}
	return l
}

type judgeEstimateCmd struct {
	JSON bool `name:"json" help:"Print as JSON."`
	storedFlags
}

// Run rehearses a sample of the sessions.
func (c *judgeEstimateCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	e, _, err := c.estimate(p, db)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, c.line(e))
	} else {
		c.print(p, e)
	}
	return nil
}

type judgeRunCmd struct {
	Yes       bool      `name:"yes" help:"Do not ask."`
	RunMoney  llm.Money `name:"budget" placeholder:"X" help:"Money that this run may cost at most; sessions beyond are left as they are."`
	RunTokens int64     `name:"budget-tokens" placeholder:"N" help:"Tokens that this run may take at most."`
	JSON      bool      `name:"json" help:"Print as JSON."`
	storedFlags
}

// Run enqueues the sessions, after the estimate was agreed to.
func (c *judgeRunCmd) Run(p *program) (err error) {
	if c.RunMoney > 0 && !c.Prices().Known() {
		return usageError{errors.New("--budget: the model's prices are not known: give them per million tokens (--price-in, --price-out), or use --budget-tokens")}
	}
	if c.RunTokens < 0 {
		return usageError{errors.New("--budget-tokens: must not be below 0")}
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	e, filter, err := c.estimate(p, db)
	if err != nil {
		return err
	}
	if !c.JSON {
		c.print(p, e)
	}
	if e.Sessions == 0 {
		if c.JSON {
			printJSON(p, c.line(e))
		}
		return nil
	}
	if err := c.enough(e); err != nil {
		return err
	}
	if !c.Yes {
		if err := p.confirm("judge them?"); err != nil {
			return err
		}
	}
	return c.start(p, db, e, filter)
}

// enough refuses a budget that a single session may exceed.
func (c *judgeRunCmd) enough(e jobs.Estimate) error {
	most := llm.Usage{Input: int(e.Largest.Input), Output: int(e.Largest.Output)}
	switch {
	case c.RunTokens > 0 && int64(most.Input+most.Output) > c.RunTokens:
		return usageError{fmt.Errorf("--budget-tokens: one session alone may take %d tokens: nothing was asked", most.Input+most.Output)}
	case c.RunMoney > 0 && c.Prices().Cost(most) > c.RunMoney:
		return usageError{fmt.Errorf("--budget: one session alone may cost %s: nothing was asked", money(int64(c.Prices().Cost(most)), c.Currency))}
	}
	return nil
}

func (c *judgeRunCmd) start(p *program, db *database, e jobs.Estimate, f store.JudgeFilter) error {
	client, err := jobs.NewInserter(db.Store)
	if err != nil {
		return err
	}
	r := jobs.JudgeRun{Filter: f, Cap: pipeline.Cap{Tokens: c.RunTokens, Money: int64(c.RunMoney)}}
	bar := newProgress(p.stderr, "enqueued")
	r.Progress = func(sessions int) { bar.show(sessions, e.Sessions) }
	run, n, err := jobs.StartJudging(p.ctx, db.Store, client, r)
	if err != nil {
		if n > 0 {
			fmt.Fprintf(p.stderr, "run %s: %d sessions are enqueued and will be judged; the same command again takes the others\n", run, n)
		}
		return err
	}
	if c.JSON {
		l := c.line(e)
		l.Run, l.Enqueued = run, n
		printJSON(p, l)
	} else {
		fmt.Fprintf(p.stdout, "run %s: %d sessions are enqueued; assay serve and assay work do the work, see assay judge status\n", run, n)
	}
	return warnIdle(p, db)
}

// confirm asks on standard input; anything but yes is an error.
func (p *program) confirm(question string) error {
	fmt.Fprintf(p.stderr, "%s [y/N] ", question)
	line, err := bufio.NewReader(p.stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "是":
		return nil
	}
	fmt.Fprintln(p.stderr)
	if err != nil {
		return usageError{errors.New("nobody answers: say --yes")}
	}
	return usageError{errors.New("not agreed to: nothing was done")}
}

type judgeResumeCmd struct {
	JSON bool `name:"json" help:"Print as JSON."`
	config.Database
}

// Run opens all endpoints.
func (c *judgeResumeCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	n, err := db.ReopenEndpoints(p.ctx)
	switch {
	case err != nil:
		return err
	case c.JSON:
		printJSON(p, map[string]int{"woken": n})
	default:
		fmt.Fprintf(p.stdout, "endpoints are asked again; %d sessions go on\n", n)
	}
	return nil
}
