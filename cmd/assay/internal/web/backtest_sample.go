package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"assay/jobs"
	"assay/pipeline"
	"assay/pipeline/backtest"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
)

// samplePage is one session on which two scorecards differ, for a person to say
// whether the new one is right.
type samplePage struct {
	page
	Backtest store.BacktestKey
	Sample   store.Sample
	Name     string // of the criterion
	Sides    []sideView
	Turns    []turnView
	Language string // of the transcript
	All      []sampleLink
	Total    int
	Back     string
	Taken    bool   // another person labelled it just now
	Previous string // "" where there is none
	Next     string
}

// sideView is what one scorecard says.
type sideView struct {
	ID      string // old or new
	Card    string
	Outcome pipeline.Outcome // "" was not asked
	Answer  pipeline.Answer
	Quotes  []quoteView
}

// sampleLink is a sample of the same bucket.
type sampleLink struct {
	Place int
	URL   string
	Label store.SampleLabel
	Here  bool
}

func (s *server) sample(w http.ResponseWriter, r *http.Request) error {
	key, err := backtestKey(r)
	if err != nil {
		return err
	}
	in := values{q: r.URL.Query()}
	criterion, bucket := in.text("criterion"), oneOf(&in, "bucket", backtest.Buckets)
	place := in.number("place", 1, 1000, 0)
	if err := in.bad.or(); err != nil {
		return err
	}
	list, err := s.o.Store.BacktestSamples(r.Context(), key, criterion, bucket)
	if err != nil {
		return err
	}
	at := place - 1
	if place == 0 { // the first that is open, else the first
		at = max(0, slices.IndexFunc(list, func(x store.Sample) bool { return x.Label == store.Unlabelled }))
	}
	if at >= len(list) {
		return store.ErrNotFound
	}
	p := samplePage{page: s.page(w, r, "backtests", "sample.js"), Backtest: key, Sample: list[at], Total: len(list)}
	p.Taken = in.q.Get("taken") != ""
	p.links(list, at)
	if err := s.compare(r, &p); err != nil {
		return err
	}
	return s.render(w, "sample", http.StatusOK, &p)
}

// links fills in the addresses around a sample.
func (p *samplePage) links(list []store.Sample, at int) {
	p.Back = "/backtests/" + strconv.FormatInt(int64(p.Backtest), 10)
	for i, x := range list {
		link := sampleLink{Place: x.Place, URL: samplesURL(p.Backtest, x.Criterion, x.Bucket, x.Place), Label: x.Label, Here: i == at}
		p.All = append(p.All, link)
		switch i {
		case at - 1:
			p.Previous = link.URL
		case at + 1:
			p.Next = link.URL
		}
	}
}

// compare judges the session again by both scorecards, with evidence.
func (s *server) compare(r *http.Request, p *samplePage) error {
	bt, err := s.o.Store.Backtest(r.Context(), p.Backtest)
	if err != nil {
		return err
	}
	p.Name = p.Sample.Criterion
	for _, src := range []store.CardSource{bt.Old, bt.New} {
		if card, _ := scorecard.Parse(src.ID, []byte(src.Source)); card != nil && src.ID != "" {
			p.Name = cmp.Or(names(card, p.Lang)[p.Sample.Criterion], p.Name)
		}
	}
	p.Title = p.Name
	if s.o.Backtest == nil {
		return errNoPage
	}
	d, err := s.o.Backtest.Difference(r.Context(), &bt, &p.Sample)
	if err != nil {
		return err
	}
	p.show(see(d.Session, answers(d.Old, d.New), s.rules(p.Reader), revealed{}, p.tagName), &bt, d)
	return nil
}

// answers are two answers as a verdict, which a page can show.
func answers(before, after pipeline.Answer) *pipeline.Verdict {
	finding := func(id string, a pipeline.Answer) pipeline.Finding {
		return pipeline.Finding{ID: id, Outcome: a.Outcome, Evidence: a.Evidence}
	}
	return &pipeline.Verdict{Criteria: []pipeline.Finding{finding("old", before), finding("new", after)}}
}

func (p *samplePage) show(s *seen, bt *store.Backtest, d jobs.Difference) {
	side := func(id string, src store.CardSource, counted pipeline.Outcome, a pipeline.Answer) {
		v := sideView{ID: id, Card: p.Against(src.ID, src.Version), Outcome: counted, Answer: a}
		for _, e := range a.Evidence {
			v.Quotes = append(v.Quotes, quoteView{e.Turn, s.quote(e.Span, e.Quote)})
		}
		p.Sides = append(p.Sides, v)
	}
	side("old", bt.Old, p.Sample.Old, d.Old)
	side("new", bt.New, p.Sample.New, d.New)
	p.Turns = turnViews(s, answers(d.Old, d.New), map[string]string{"old": p.T("backtest.old"), "new": p.T("backtest.new")})
	p.Language = d.Session.Language
}

// Turn is how a turn is called, counting from 1.
func (p *samplePage) Turn(i int) string { return p.T("session.turn", i+1) }

// Drifted reports whether a scorecard says something else now than what was
// counted: the solution library or the model for embedding is another since.
func (p *samplePage) Drifted() bool {
	return slices.ContainsFunc(p.Sides, func(s sideView) bool { return s.Answer.Outcome != s.Outcome })
}

// Labels are what a person can say.
func (p *samplePage) Labels() []store.SampleLabel { return store.SampleLabels }

// label keeps what a person says and goes on to the next open sample.
func (s *server) label(w http.ResponseWriter, r *http.Request) error {
	key, err := backtestKey(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return badParameters{{Name: "body", Allowed: []string{"a form"}}}
	}
	in := values{q: r.PostForm}
	ref := store.SampleRef{Criterion: in.text("criterion"), Bucket: oneOf(&in, "bucket", backtest.Buckets), Place: in.number("place", 1, 1000, 0)}
	label := store.Relabel{SampleRef: ref, New: oneOf(&in, "label", store.SampleLabels), By: s.reader(r).name}
	if in.q.Get("was") != "" {
		label.Was = oneOf(&in, "was", store.SampleLabels)
	}
	if err := in.bad.or(); err != nil {
		return err
	}
	err = s.o.Store.LabelSample(r.Context(), key, label)
	if errors.Is(err, store.ErrLabelled) { // the page now shows the other person's
		http.Redirect(w, r, samplesURL(key, ref.Criterion, ref.Bucket, ref.Place)+"&taken=1", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	list, err := s.o.Store.BacktestSamples(r.Context(), key, ref.Criterion, ref.Bucket)
	if err != nil {
		return err
	}
	http.Redirect(w, r, samplesURL(key, ref.Criterion, ref.Bucket, following(list, ref.Place)), http.StatusSeeOther)
	return nil
}

// following is the place of the next open sample, from the top again behind the
// last one; the place itself when all are labelled.
func following(list []store.Sample, place int) int {
	for i := range list {
		next := list[(place+i)%len(list)]
		if next.Label == store.Unlabelled {
			return next.Place
		}
	}
	return place
}
