package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"assay/pipeline"
	"assay/pipeline/backtest"
	"assay/pipeline/review"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
)

// groupsShown is how many days and teams a back-test's page lists.
const groupsShown = 31

// backtestPage is one back-test.
type backtestPage struct {
	page
	store.Backtest
	Sum     backtest.Summary
	Changed []changeRow // criteria that some session answers differently
	Same    []string    // names of those that none does
	Dropped []string    // names of those that the new scorecard has not
	Live    bool
	Stage   store.BacktestState
	Widest  int // sessions of the largest bin of differences
	Names   map[string]string
	NewCard string // name of the scorecard
}

// changeRow is a criterion with what people said about its changes.
type changeRow struct {
	backtest.Change
	Name    string
	Buckets []bucketView
}

// bucketView is a bucket of sessions to label.
type bucketView struct {
	store.SampleCount
	Sessions  int // all of the bucket
	URL       string
	Precision review.Estimate
}

// Looked is how many of the samples people have looked at.
func (b *bucketView) Looked() int { return b.Right + b.Wrong + b.Skipped }

func backtestKey(r *http.Request) (store.BacktestKey, error) {
	text := r.PathValue("key")
	key, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("back-test %q: %w", text, store.ErrNotFound)
	}
	return store.BacktestKey(key), nil
}

func (s *server) backtest(w http.ResponseWriter, r *http.Request) error {
	key, err := backtestKey(r)
	if err != nil {
		return err
	}
	p := backtestPage{page: s.page(w, r, "backtests", "live.js")}
	if p.Backtest, err = s.o.Store.Backtest(r.Context(), key); err != nil {
		return err
	}
	p.Title = p.T("backtest.title", int(key))
	p.Stage = p.Backtest.Stage(time.Now())
	p.Live = underWay(p.Stage)
	p.Names = p.names()
	if p.Tally != nil {
		if err := s.fillBacktest(r.Context(), &p); err != nil {
			return err
		}
	}
	return s.render(w, "backtest", http.StatusOK, &p)
}

// names names the criteria of both scorecards, the new one's names first.
func (p *backtestPage) names() map[string]string {
	all := map[string]string{}
	for _, src := range []store.CardSource{p.Old, p.New} {
		if card, _ := scorecard.Parse(src.ID, []byte(src.Source)); card != nil && src.ID != "" {
			maps.Copy(all, names(card, p.Lang))
			p.NewCard = card.Name.In(p.Lang)
		}
	}
	return all
}

func (s *server) fillBacktest(ctx context.Context, p *backtestPage) error {
	counts, err := s.o.Store.SampleCounts(ctx, p.Key)
	if err != nil {
		return err
	}
	p.Sum = p.Tally.Summary(groupsShown)
	for _, b := range p.Sum.Score.Spread {
		p.Widest = max(p.Widest, b.Sessions)
	}
	for _, c := range p.Sum.Criteria {
		switch {
		case !c.InNew:
			p.Dropped = append(p.Dropped, p.Name(c.Criterion))
			continue
		case c.OnlyNew+c.OnlyOld+c.Other == 0:
			p.Same = append(p.Same, p.Name(c.Criterion))
			continue
		}
		p.Changed = append(p.Changed, p.changeRow(c, counts))
	}
	return nil
}

// Name is a criterion's name, or its id.
func (p *backtestPage) Name(id string) string {
	if name := p.Names[id]; name != "" {
		return name
	}
	return id
}

func (p *backtestPage) changeRow(c backtest.Change, counts []store.SampleCount) changeRow {
	row := changeRow{Change: c, Name: p.Name(c.Criterion)}
	sessions := map[backtest.Bucket]int{backtest.OnlyNew: c.OnlyNew, backtest.OnlyOld: c.OnlyOld, backtest.Other: c.Other}
	for _, bucket := range backtest.Buckets {
		view := bucketView{Sessions: sessions[bucket], SampleCount: store.SampleCount{Criterion: c.Criterion, Bucket: bucket}}
		for _, n := range counts {
			if n.Criterion == c.Criterion && n.Bucket == bucket {
				view.SampleCount = n
				view.URL = samplesURL(p.Key, c.Criterion, bucket, 0)
				view.Precision = review.Wilson(n.Right, n.Right+n.Wrong)
			}
		}
		row.Buckets = append(row.Buckets, view)
	}
	return row
}

// samplesURL is the address of a sample; place 0 is the first that is open.
func samplesURL(key store.BacktestKey, criterion string, bucket backtest.Bucket, place int) string {
	q := url.Values{"criterion": {criterion}, "bucket": {string(bucket)}}
	if place > 0 {
		q.Set("place", strconv.Itoa(place))
	}
	return address(fmt.Sprintf("/backtests/%d/samples", key), q)
}

// barWidth is how wide the largest bar is, in the units of its drawing.
const barWidth = 120

// Bar is the width of a bar that stands for n of most.
func (p *backtestPage) Bar(n, most int) string {
	if most == 0 {
		return "0"
	}
	width := float64(barWidth*n) / float64(most)
	if n > 0 {
		width = max(width, 1)
	}
	return number(width)
}

// Spread names a bin of differences.
func (p *backtestPage) Spread(b backtest.Bin) string {
	switch {
	case b.From == nil:
		return "< " + signed(*b.To)
	case b.To == nil:
		return "≥ " + signed(*b.From)
	case *b.From == *b.To:
		return "0"
	}
	return signed(*b.From) + " … " + signed(*b.To)
}

// Percent is how much of the work is done.
func (p *backtestPage) Percent() int { return 100 * p.Done / max(p.Total, 1) }

// Share is a part of a whole.
func (p *backtestPage) Share(part, whole int) string {
	return percent(float64(part) / float64(max(whole, 1)))
}

// Outcome names an outcome; "" is that of a criterion that was not asked.
func (p *backtestPage) Outcome(o pipeline.Outcome) string {
	if o == "" {
		return p.T("backtest.notasked")
	}
	return p.T("outcome." + string(o))
}

// groupsView is a table of days or teams.
type groupsView struct {
	Page *backtestPage
	List []backtest.GroupChange
}

// Groups makes a table of days or teams.
func (p *backtestPage) Groups(list []backtest.GroupChange) groupsView { return groupsView{p, list} }

// Rate is how many sessions are judged a second.
func (p *backtestPage) Rate() string {
	if p.Seconds <= 0 || p.Done == 0 {
		return ""
	}
	return p.T("backtest.rate", number(float64(int(float64(p.Done)/p.Seconds))))
}

// Interval prints an estimate with its interval, in percent.
func (p *page) Interval(e review.Estimate) string {
	if e.Value == nil {
		return "–"
	}
	return p.T("backtest.interval", percent(*e.Value), number(float64(int(100**e.Low+.5))), number(float64(int(100**e.High+.5))))
}
