package web

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"assay/pipeline/plan"
	"assay/pipeline/store"
)

// problemsShown is how many of each kind the page of problems shows.
const problemsShown = 200

// problemsPage is what could not be inspected, what could not be imported and
// what the plan left out.
type problemsPage struct {
	page
	Failures      []store.Failing
	FailuresTotal int
	Rejects       []store.Rejected
	RejectsTotal  int
	LeftOut       []store.LeftOutSession
	LeftOutTotal  int
	Endpoints     []store.EndpointStatus // models that do not answer
	Unpriced      string                 // plan whose limits in money need prices that are not known; "" is none
}

func (s *server) problems(w http.ResponseWriter, r *http.Request) error {
	p := problemsPage{page: s.page(w, r, "problems")}
	p.Title = p.T("problems.title")
	var err error
	if p.Failures, p.FailuresTotal, err = s.o.Store.Failures(r.Context(), problemsShown); err != nil {
		return err
	}
	rules := s.rules(p.Reader)
	for i := range p.Failures {
		p.Failures[i].Detail = rules.Text(p.Failures[i].Detail).Text
	}
	if p.Rejects, p.RejectsTotal, err = s.o.Store.Rejects(r.Context(), problemsShown); err != nil {
		return err
	}
	for i := range p.Rejects {
		p.Rejects[i].Reason = rules.Text(p.Rejects[i].Reason).Text
	}
	if p.LeftOut, err = s.o.Store.LeftOutSessions(r.Context(), problemsShown); err != nil {
		return err
	}
	if p.LeftOutTotal = len(p.LeftOut); p.LeftOutTotal == problemsShown {
		counts, err := s.o.Store.LeftOutCounts(r.Context())
		if err != nil {
			return err
		}
		p.LeftOutTotal = 0
		for _, c := range counts {
			p.LeftOutTotal += c.Transcripts
		}
	}
	if p.Endpoints, err = s.o.Store.Endpoints(r.Context()); err != nil {
		return err
	}
	p.Endpoints = slices.DeleteFunc(p.Endpoints, func(e store.EndpointStatus) bool { return e.ClosedUntil == nil && !e.NeedsSomebody })
	if p.Unpriced, err = s.unpriced(r.Context()); err != nil {
		return err
	}
	return s.render(w, "problems", http.StatusOK, &p)
}

// unpriced is the plan in force if it limits money that is not known; "" is none.
func (s *server) unpriced(ctx context.Context) (string, error) {
	if j := s.o.Judge; j.Version == "" || j.Prices.Known() {
		return "", nil
	}
	in, err := s.planInForce(ctx)
	if err != nil || !in.Money() {
		return "", err
	}
	return in.ID, nil
}

// planInForce is the plan in force; the zero value without one.
func (s *server) planInForce(ctx context.Context) (*plan.Plan, error) {
	published, err := s.o.Store.PlanInForce(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return &plan.Plan{}, nil
	}
	if err != nil {
		return nil, err
	}
	in, problems := plan.Parse(published.Slug+".yaml", []byte(published.Source))
	return in, problems.Err()
}

// Shown says how many of all entries are shown.
func (p *problemsPage) Shown(shown, total int) string {
	if shown == total {
		return p.T("problems.all", total)
	}
	return p.T("problems.newest", shown, total)
}
