package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline/plan"
	"assay/pipeline/store"
	"assay/pipeline/store/cluster"
)

type doctorCmd struct {
	JSON  bool     `name:"json" help:"Print checks as JSONL."`
	Watch []string `name:"watch" env:"ASSAY_WATCH" type:"path" placeholder:"DIR" help:"Watched folders to check."`
	Probe bool     `name:"probe" help:"Ask the configured models one small question, which may cost something."`
	config.Database
	config.Index
	config.Model
	config.Judging
}

// check is one thing that must be in place.
type check struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, warn, fail
	Detail string `json:"detail"`
}

// Run prints every check; a failing one makes the exit status 1. It changes no
// data: a private server is looked at only when it exists already.
func (c *doctorCmd) Run(p *program) error {
	checks := []check{programs(c.Database.URL)}
	for _, folder := range c.Watch {
		checks = append(checks, readable(folder))
	}
	checks = append(checks, c.judging(p), c.prices(), c.embedding(p))
	checks = append(checks, c.database(p)...)
	bad := false
	for _, k := range checks {
		bad = bad || k.State == "fail"
		if c.JSON {
			printJSON(p, k)
		} else {
			fmt.Fprintf(p.stdout, "%-4s  %-18s %s\n", k.State, k.Name, k.Detail)
		}
	}
	if bad {
		return errProblems
	}
	return nil
}

func programs(url string) check {
	found, err := cluster.Find("")
	switch {
	case err == nil:
		return check{"postgresql", "ok", fmt.Sprintf("programs of version %s in %s", found.Version, found.Dir)}
	case url != "":
		return check{"postgresql", "ok", "no programs here; DATABASE_URL names a server"}
	}
	return check{"postgresql", "fail", err.Error()}
}

func readable(folder string) check {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return check{"watched folder", "fail", err.Error()}
	}
	return check{"watched folder", "ok", fmt.Sprintf("%s: %d entries", folder, len(entries))}
}

func (c *doctorCmd) database(p *program) []check {
	if c.Database.URL == "" && !clusterExists(c.Data) {
		return []check{{"database", "warn", "no private database yet: \"assay demo\" or \"assay serve\" makes it"}}
	}
	c.Install = false
	db, err := p.connect(c.Database)
	if err != nil {
		return []check{{"database", "fail", err.Error()}}
	}
	if err := store.CheckSchema(p.ctx, db.Pool()); err != nil {
		return []check{{"database", "ok", "answers"}, {"schema", "fail", errors.Join(err, db.Close()).Error()}}
	}
	checks := []check{{"database", "ok", "answers, schema up to date"}}
	for _, look := range []func(*program, *database) (check, error){sessions, scorecards, planned, library, c.indexed, workers, waiting, judging, problems} {
		k, err := look(p, db)
		if err != nil {
			k.State, k.Detail = "fail", err.Error()
		}
		checks = append(checks, k)
	}
	if err := db.Close(); err != nil {
		checks = append(checks, check{"database", "fail", err.Error()})
	}
	return checks
}

// sessions looks whether connections keep what locks and notifications need.
func sessions(p *program, db *database) (check, error) {
	return check{"connections", "ok", "each keeps its server"}, store.CheckSessions(p.ctx, db.Pool())
}

func clusterExists(data string) bool {
	for _, folder := range dataFolders(data) {
		if _, err := os.Stat(filepath.Join(folder, "pg")); err == nil {
			return true
		}
	}
	return false
}

func scorecards(p *program, db *database) (check, error) {
	active, err := db.ActiveScorecards(p.ctx)
	if err == nil && len(active) == 0 {
		return check{"scorecards", "warn", "none is active: \"assay serve\" publishes retail-chat and telecom-call, \"assay scorecard publish\" yours"}, nil
	}
	return check{"scorecards", "ok", fmt.Sprintf("%d active", len(active))}, err
}

// planned looks whether the plan's scorecards are there.
func planned(p *program, db *database) (check, error) {
	k := check{Name: "plan", State: "ok"}
	published, err := db.PlanInForce(p.ctx)
	if errors.Is(err, store.ErrNotFound) {
		k.Detail = "none: a session is inspected by the scorecard published last that fits it"
		return k, nil
	}
	if err != nil {
		return k, err
	}
	known, err := activeCards(p, db)
	if err != nil {
		return k, err
	}
	k.Detail = fmt.Sprintf("%s version %s", published.Slug, published.Version)
	in, problems := plan.Parse(published.Slug+".yaml", []byte(published.Source))
	if problems.Err() == nil {
		problems = in.CheckScorecards(known)
	}
	if err := problems.Err(); err != nil {
		k.State, k.Detail = "fail", k.Detail+": "+err.Error()
	}
	return k, nil
}

func library(p *program, db *database) (check, error) {
	n, err := knowledge.NewLibrary(db.Pool()).Count(p.ctx)
	if err == nil && n == 0 {
		return check{"solution library", "warn", "empty, nothing can be suggested: \"assay solution import\""}, nil
	}
	return check{"solution library", "ok", fmt.Sprintf("%d solutions", n)}, err
}

func workers(p *program, db *database) (check, error) {
	n, err := db.LiveWorkers(p.ctx, 15*time.Second)
	if err == nil && n == 0 {
		return check{"workers", "warn", "no process works jobs: \"assay serve\" or \"assay work\""}, nil
	}
	return check{"workers", "ok", fmt.Sprintf("%d processes", n)}, err
}

func waiting(p *program, db *database) (check, error) {
	n, err := db.Progress(p.ctx)
	return check{"inspection", "ok", fmt.Sprintf("%d sessions, %d transcripts wait, %d are left out by the plan", n.Sessions, n.Waiting(), n.LeftOut)}, err
}

// judging looks whether the models answer that judge.
func judging(p *program, db *database) (check, error) {
	k := check{Name: "judging", State: "ok"}
	queue, err := db.JudgeQueue(p.ctx)
	if err != nil {
		return k, err
	}
	endpoints, err := db.Endpoints(p.ctx)
	k.Detail = fmt.Sprintf("%d sessions wait, %d sleep", queue.Waiting, queue.Asleep)
	for _, e := range endpoints {
		if e.NeedsSomebody || e.ClosedUntil != nil {
			k.State, k.Detail = "warn", fmt.Sprintf("%s; %s@%s %s", k.Detail, e.Model, e.Endpoint, db.endpointState(e))
		}
	}
	if err != nil {
		return k, err
	}
	together, err := jobs.Together(p.ctx, db.Store, 15*time.Second)
	if err != nil {
		return k, err
	}
	if slices.ContainsFunc(together, func(j jobs.Judges) bool { return j.Unpriced }) {
		in, err := planInForce(p.ctx, db.Store)
		if err == nil && in.Money() {
			k.State, k.Detail = "warn", k.Detail+"; judging is off where the plan limits money (budget): "+unpriced(in).Error()
		}
	}
	switch {
	case len(together) == 0 && queue.Waiting+queue.Asleep > 0:
		k.State, k.Detail = "warn", k.Detail+"; no process that works has a model: give \"assay serve\" or \"assay work\" --llm-model"
	case len(together) > 1:
		k.State, k.Detail = "warn", fmt.Sprintf("%s; processes judge in %d different ways: give all of them the same settings (%s)", k.Detail, len(together), differences(together))
	}
	return k, err
}

// differences names what differs between processes that judge.
func differences(list []jobs.Judges) string {
	var out []string
	for name, of := range map[string]func(jobs.Judges) string{
		"model or redaction": func(j jobs.Judges) string { return j.Judge },
		"--judge":            func(j jobs.Judges) string { return j.Policy.String() },
		"limits and prices":  func(j jobs.Judges) string { return j.Terms },
	} {
		if slices.ContainsFunc(list, func(j jobs.Judges) bool { return of(j) != of(list[0]) }) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func problems(p *program, db *database) (check, error) {
	_, failures, err := db.Failures(p.ctx, 1)
	if err != nil {
		return check{Name: "problems"}, err
	}
	_, rejects, err := db.Rejects(p.ctx, 1)
	state := "ok"
	if failures > 0 {
		state = "warn"
	}
	return check{"problems", state, fmt.Sprintf("%d transcripts not inspected, %d records refused at import; see the page /problems", failures, rejects)}, err
}
