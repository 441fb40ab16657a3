package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/jobs"
	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

type planCmd struct {
	Check   planCheckCmd   `cmd:"" help:"Report every mistake in plan files."`
	Publish planPublishCmd `cmd:"" help:"Put a plan in force: from now on it chooses the scorecard of each session."`
	Retire  planRetireCmd  `cmd:"" help:"End planning: a session is inspected by the scorecard published last that fits it."`
	Show    planShowCmd    `cmd:"" help:"Print the plan in force, what was in force before, and what it leaves out."`
	Explain planExplainCmd `cmd:"" help:"Say which rule takes each session of some files, and why none before it does."`
}

type planCheckCmd struct {
	Paths []string `arg:"" name:"file" type:"existingfile" help:"Plan files."`
	JSON  bool     `name:"json" help:"Print problems as JSONL."`
	config.Pricing
}

// Run prints one line for each problem.
func (c *planCheckCmd) Run(p *program) error {
	bad := false
	for _, path := range c.Paths {
		src, err := os.ReadFile(path)
		if err != nil {
			return usageError{err}
		}
		read, problems := plan.Parse(path, src)
		if len(problems) == 0 && !c.JSON {
			fmt.Fprintf(p.stdout, "%s: plan %s, version %s, %d rules, scorecards %s: no mistakes\n",
				path, read.ID, read.Version, len(read.Rules), strings.Join(read.Scorecards(), ", "))
		}
		if len(problems) == 0 && read.Money() && !c.Known() {
			fmt.Fprintf(p.stderr, "%s: warning: %v\n", path, unpriced(read))
		}
		bad = printProblems(p, problems, c.JSON) || bad
	}
	if bad {
		return errProblems
	}
	return nil
}

// loadPlan reads a plan file. Its scorecards must be among known, unless that is nil.
func loadPlan(path string, known []*scorecard.Scorecard) (*plan.Plan, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{err}
	}
	read, problems := plan.Parse(path, src)
	if len(problems) == 0 && known != nil {
		problems = read.CheckScorecards(known)
	}
	if err := problems.Err(); err != nil {
		return nil, usageError{err}
	}
	return read, nil
}

// activeCards are the database's active scorecards, without their classifiers.
func activeCards(p *program, db *database) ([]*scorecard.Scorecard, error) {
	active, err := db.ActiveScorecards(p.ctx)
	cards := make([]*scorecard.Scorecard, len(active))
	for i, a := range active {
		card, problems := scorecard.Parse(a.Slug, []byte(a.Source))
		if err := problems.Err(); err != nil {
			return nil, fmt.Errorf("scorecard %q version %s: %w", a.Slug, a.Version, err)
		}
		cards[i] = card
	}
	return cards, err
}

// signed says who changes what is in force, and why; it is kept for ever.
type signed struct {
	By  string `name:"by" required:"" help:"Who decides this."`
	Why string `name:"why" required:"" help:"Why."`
}

func (s signed) check() error {
	if strings.TrimSpace(s.By) == "" || strings.TrimSpace(s.Why) == "" {
		return usageError{errors.New("--by and --why must not be empty")}
	}
	return nil
}

type planPublishCmd struct {
	Path string `arg:"" name:"file" type:"existingfile" help:"Plan file."`
	JSON bool   `name:"json" help:"Print what was published as JSON."`
	signed
	config.Pricing
	config.Database
}

// Run publishes a plan that has no mistakes and whose scorecards are active.
// Sessions that were inspected before keep their verdicts.
func (c *planPublishCmd) Run(p *program) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	in, err := loadPlan(c.Path, nil)
	if err != nil {
		return err
	}
	if in.Money() && c.LLM != "" && !c.Known() {
		return usageError{unpriced(in)}
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	known, err := activeCards(p, db)
	if err != nil {
		return err
	}
	read, err := loadPlan(c.Path, known)
	if err != nil {
		return err
	}
	if _, err := db.PublishPlan(p.ctx, read, c.By, c.Why); err != nil {
		return err
	}
	if err := warnJudges(p, db, read); err != nil {
		return err
	}
	again, err := db.OtherwiseLeftOut(p.ctx, 1)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, map[string]string{"id": read.ID, "version": read.Version})
		return nil
	}
	fmt.Fprintf(p.stdout, "plan %s version %s is in force\n", read.ID, read.Version)
	if len(again) > 0 {
		fmt.Fprintln(p.stdout, `sessions were left out before: "assay retry --left-out" asks this plan about them`)
	}
	return nil
}

// warnJudges says so where processes that work now cannot keep a plan's limits.
func warnJudges(p *program, db *database, in *plan.Plan) error {
	together, err := jobs.Together(p.ctx, db.Store, 15*time.Second)
	if err == nil && in.Money() && slices.ContainsFunc(together, func(j jobs.Judges) bool { return j.Unpriced }) {
		fmt.Fprintf(p.stderr, "assay: in processes that work now %v; till then those sessions wait (budget)\n", unpriced(in))
	}
	return err
}

type planRetireCmd struct {
	JSON bool `name:"json" help:"Print what was done as JSON."`
	signed
	config.Database
}

// Run ends planning; verdicts and what was left out stay.
func (c *planRetireCmd) Run(p *program) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.RetirePlan(p.ctx, c.By, c.Why); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return usageError{errors.New("no plan is in force")}
		}
		return err
	}
	if c.JSON {
		printJSON(p, map[string]any{"plan": nil, "by": c.By, "why": c.Why})
		return nil
	}
	fmt.Fprintln(p.stdout, "no plan is in force")
	return nil
}

type planShowCmd struct {
	JSON    bool `name:"json" help:"Print as JSONL: publications, then counts of what is left out, then sessions."`
	LeftOut int  `name:"left-out" placeholder:"N" help:"List also the sessions that were left out last, at most N, up to 10000."`
	config.Database
}

// Run prints the file in force, the publications and the counts.
func (c *planShowCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	published, err := db.Publications(p.ctx, 20)
	if err != nil {
		return err
	}
	left, err := db.LeftOutCounts(p.ctx)
	if err != nil {
		return err
	}
	var sessions []store.LeftOutSession
	if c.LeftOut > 0 {
		if sessions, err = db.LeftOutSessions(p.ctx, c.LeftOut); err != nil {
			return err
		}
	}
	if c.JSON {
		for _, n := range published {
			printJSON(p, map[string]any{"plan": n.Slug, "version": n.Version, "by": n.By, "why": n.Why, "published_at": n.PublishedAt})
		}
		for _, l := range left {
			printJSON(p, map[string]any{"plan": l.Slug, "version": l.Version, "rule": l.Rule, "reason": l.Reason, "left_out": l.Transcripts})
		}
		for _, s := range sessions {
			printJSON(p, map[string]any{"session": s.Session, "source_id": s.SourceID, "plan": s.Plan, "version": s.Version, "rule": s.Rule, "reason": s.Reason, "at": s.At})
		}
		return nil
	}
	c.print(p, db, published, left)
	for _, s := range sessions {
		fmt.Fprintf(p.stdout, "  %s  %s by %s version %s, rule %q (%s): /sessions/%d\n", db.clock(s.At), printable(s.SourceID), s.Plan, s.Version, s.Rule, s.Reason, s.Session)
	}
	return nil
}

func (c *planShowCmd) print(p *program, db *database, published []store.Publication, left []store.LeftOutCount) {
	if len(published) > 0 && published[0].Key != 0 {
		fmt.Fprintf(p.stdout, "%s\n", strings.TrimRight(published[0].Source, "\n"))
	} else {
		fmt.Fprintln(p.stdout, "no plan is in force: a session is inspected by the scorecard published last that fits it")
	}
	c.printJudging(p, published)
	if len(published) > 0 {
		fmt.Fprintln(p.stdout, "\nin force since")
	}
	for _, n := range published {
		what := "no plan"
		if n.Key != 0 {
			what = n.Slug + " version " + n.Version
		}
		fmt.Fprintf(p.stdout, "  %s  %s  by %s: %s\n", db.clock(n.PublishedAt), what, printable(n.By), printable(n.Why))
	}
	if len(left) > 0 {
		fmt.Fprintln(p.stdout, "\nleft out")
	}
	for _, l := range left {
		fmt.Fprintf(p.stdout, "  %d  by %s version %s, rule %q (%s)\n", l.Transcripts, l.Slug, l.Version, l.Rule, l.Reason)
	}
}

// printJudging says for each rule which sessions a model judges.
func (c *planShowCmd) printJudging(p *program, published []store.Publication) {
	if len(published) == 0 || published[0].Key == 0 {
		return
	}
	in, problems := plan.Parse(published[0].Slug+".yaml", []byte(published[0].Source))
	if problems.Err() != nil {
		return // it was published by another version: see assay doctor
	}
	fmt.Fprintln(p.stdout, "\na model judges")
	for _, r := range in.Rules {
		what := "as --judge says"
		if in.Says(r.Name) {
			what = in.Judging(r.Name, plan.Judge{}).String()
		}
		if r.Scorecard != "" {
			fmt.Fprintf(p.stdout, "  rule %q: %s\n", r.Name, what)
		}
	}
}

type planExplainCmd struct {
	Paths []string `arg:"" name:"path" help:"Files or folders of transcripts; - is standard input."`
	Plan  string   `name:"plan" required:"" type:"existingfile" placeholder:"FILE" help:"Plan file."`
	JSON  bool     `name:"json" help:"Print as JSONL."`
	Zone  string   `name:"zone" env:"ASSAY_ZONE" default:"Asia/Shanghai" help:"Time zone of times that name none."`
	config.Read
}

// explained is what a plan does with a session.
type explained struct {
	Session   transcript.SessionID `json:"session_id"`
	Rule      string               `json:"rule"`
	Scorecard string               `json:"scorecard,omitempty"`
	LeftOut   plan.LeftOut         `json:"left_out,omitempty"`
	Judge     string               `json:"judge,omitempty"`  // whom the rule's sessions are judged of; "" as the program is set
	Judged    plan.Foretold        `json:"judged,omitempty"` // whether this one is
	Missed    []plan.Miss          `json:"missed"`
}

// Run explains every session, in the order of the input.
func (c *planExplainCmd) Run(p *program) error {
	read, err := loadPlan(c.Plan, nil)
	if err != nil {
		return err
	}
	zone, err := config.Database{Zone: c.Zone}.Location()
	if err != nil {
		return usageError{err}
	}
	options, err := c.Read.Options(zone)
	if err != nil {
		return usageError{err}
	}
	options.Stdin = p.stdin
	sessions, bad := 0, false
	for rec := range transcript.Read(p.ctx, c.Paths, options) {
		if rec.Reject != nil {
			bad = true
			fmt.Fprintln(p.stderr, rec.Reject)
			continue
		}
		sessions++
		choice, missed := read.Explain(rec.Session)
		x := explained{Session: rec.Session.ID, Rule: choice.Rule, Scorecard: choice.Scorecard, LeftOut: choice.LeftOut, Missed: append([]plan.Miss{}, missed...)}
		if choice.LeftOut == plan.Taken && read.Says(choice.Rule) {
			j := read.Judging(choice.Rule, plan.Judge{})
			x.Judge, x.Judged = j.String(), j.Foretells(read.ID, rec.Session.ID)
		}
		if c.JSON {
			printJSON(p, x)
		} else {
			x.print(p)
		}
	}
	return c.result(p.ctx, sessions, bad)
}

func (c *planExplainCmd) result(ctx context.Context, sessions int, bad bool) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case bad:
		return errProblems
	case sessions == 0:
		return usageError{fmt.Errorf("no transcripts in %s", strings.Join(c.Paths, ", "))}
	}
	return nil
}

func (x explained) print(p *program) {
	what := "scorecard " + x.Scorecard
	switch x.LeftOut {
	case plan.ByShare:
		what = "left out by its share of scorecard " + x.Scorecard
	case plan.NoRule:
		what = "left out"
	}
	if x.Judge != "" {
		what += fmt.Sprintf(", a model judges %s: %s", x.Judge, judgedWords[x.Judged])
	}
	fmt.Fprintf(p.stdout, "%s: rule %q, %s\n", printable(string(x.Session)), x.Rule, what)
	for _, m := range x.Missed {
		found := "unknown"
		if len(m.Found) > 0 {
			found = printable(strings.Join(m.Found, ", "))
		}
		fmt.Fprintf(p.stdout, "  not rule %q: %s is %s, not %s\n", m.Rule, m.Field, found, strings.Join(m.Want, " or "))
	}
}

// judgedWords say whether a session is judged.
var judgedWords = map[plan.Foretold]string{
	plan.JudgedAlways: "this one is", plan.JudgedIfFlagged: "this one if rules flag it or are uncertain", plan.NotJudged: "this one is not",
}

// planOver reads a plan file, all of whose scorecards must be among the cards.
func planOver(path string, cards []pipeline.Card) (*plan.Plan, error) {
	known := make([]*scorecard.Scorecard, len(cards))
	for i, c := range cards {
		known[i] = c.Scorecard
	}
	return loadPlan(path, known)
}
