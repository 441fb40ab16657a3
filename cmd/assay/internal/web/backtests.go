package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay/jobs"
	"assay/pipeline/store"
)

// backtestsShown is how many back-tests and re-inspections are listed.
const backtestsShown = 100

// loggedShown is how much of what was published and retired is listed.
const loggedShown = 20

// backtestsPage lists back-tests and re-inspections, and starts back-tests.
type backtestsPage struct {
	page
	Backtests     []store.BacktestRow
	Reinspections []store.Reinspection
	Published     []versionOption // what a back-test can be started with
	Log           []store.LogEntry
	Live          bool // something is at work
}

// versionOption is a published version of a scorecard in a field.
type versionOption struct {
	Value  string // id@version
	ID     string
	Active bool
	At     time.Time
	Who    string
	Why    string
}

func (s *server) backtests(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := backtestsPage{page: s.page(w, r, "backtests", "live.js")}
	p.Title = p.T("backtests.title")
	var err error
	if p.Backtests, err = s.o.Store.Backtests(ctx, backtestsShown); err != nil {
		return err
	}
	if p.Reinspections, err = s.o.Store.Reinspections(ctx, backtestsShown); err != nil {
		return err
	}
	log, err := s.o.Store.ScorecardLog(ctx, "", 1000)
	if err != nil {
		return err
	}
	p.Log = log[:min(len(log), loggedShown)]
	if s.o.Jobs != nil {
		p.Published = versions(log)
	}
	now := time.Now()
	p.Live = slices.ContainsFunc(p.Backtests, func(b store.BacktestRow) bool { return underWay(b.Stage(now)) }) ||
		slices.ContainsFunc(p.Reinspections, func(r store.Reinspection) bool { return !r.Finished() })
	return s.render(w, "backtests", http.StatusOK, &p)
}

// versions are the published versions, each once, the newest first.
func versions(log []store.LogEntry) []versionOption {
	var out []versionOption
	for _, e := range log {
		v := versionOption{Value: e.Slug + "@" + e.Version, ID: e.Slug, Active: e.Active, At: e.At, Who: e.Who, Why: e.Why}
		known := slices.ContainsFunc(out, func(o versionOption) bool { return o.Value == v.Value })
		if e.Action == store.PublishedAction && !known {
			out = append(out, v)
		}
	}
	return out
}

// startBacktest enqueues a back-test of published versions.
func (s *server) startBacktest(w http.ResponseWriter, r *http.Request) error {
	if s.o.Jobs == nil {
		return errNoPage
	}
	if err := r.ParseForm(); err != nil {
		return badParameters{{Name: "body", Allowed: []string{"a form"}}}
	}
	in := values{q: r.PostForm}
	n := store.NewBacktest{Since: in.day("since"), Seed: 1, By: s.reader(r).name}
	var err error
	if n.New, err = s.published(r, &in, "new"); err != nil {
		return err
	}
	if in.q.Get("old") != "" {
		if n.Old, err = s.published(r, &in, "old"); err != nil {
			return err
		}
	}
	if err := in.bad.or(); err != nil {
		return err
	}
	key, err := jobs.EnqueueBacktest(r.Context(), s.o.Store, s.o.Jobs, n)
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/backtests/%d", key), http.StatusSeeOther)
	return nil
}

// published reads a parameter that names a version, as id@version.
func (s *server) published(r *http.Request, in *values, name string) (store.CardSource, error) {
	id, version, ok := strings.Cut(in.text(name), "@")
	if !ok {
		in.refuse(name, "ID@VERSION")
		return store.CardSource{}, nil
	}
	p, err := s.o.Store.Scorecard(r.Context(), id, version)
	return store.CardSource{ID: p.Slug, Version: p.Version, Source: p.Source}, err
}

// Stage is how far a back-test is.
func (p *backtestsPage) Stage(b *store.BacktestRow) store.BacktestState { return b.Stage(time.Now()) }

// underWay reports whether a back-test may be further by itself in a moment.
func underWay(stage store.BacktestState) bool {
	return stage == store.BacktestRunning || stage == store.BacktestWaiting
}

// Against is what a back-test compares with.
func (p *page) Against(id, version string) string {
	if id == "" {
		return p.T("backtest.each")
	}
	return id + " " + version
}

// SinceText is the first day that is looked at.
func (p *page) SinceText(day *time.Time) string {
	if day == nil {
		return p.T("backtest.ever")
	}
	return day.Format(time.DateOnly)
}
