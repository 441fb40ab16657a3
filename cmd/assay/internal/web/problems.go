package web

import (
	"net/http"

	"assay/pipeline/store"
)

// problemsShown is how many of each kind the page of problems shows.
const problemsShown = 200

// problemsPage is what could not be inspected and what could not be imported.
type problemsPage struct {
	page
	Failures      []store.Failing
	FailuresTotal int
	Rejects       []store.Rejected
	RejectsTotal  int
}

func (s *server) problems(w http.ResponseWriter, r *http.Request) error {
	p := problemsPage{page: s.page(w, r, "problems")}
	p.Title = p.T("problems.title")
	var err error
	if p.Failures, p.FailuresTotal, err = s.o.Store.Failures(r.Context(), problemsShown); err != nil {
		return err
	}
	if p.Rejects, p.RejectsTotal, err = s.o.Store.Rejects(r.Context(), problemsShown); err != nil {
		return err
	}
	return s.render(w, "problems", http.StatusOK, &p)
}

// Shown says how many of all entries are shown.
func (p *problemsPage) Shown(shown, total int) string {
	if shown == total {
		return p.T("problems.all", total)
	}
	return p.T("problems.newest", shown, total)
}
