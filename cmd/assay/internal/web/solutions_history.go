package web

import (
	"net/http"
	"slices"

	"assay/knowledge"
)

// revisionsShown is how many revisions a page of the history lists.
const revisionsShown = 100

// historyPage shows what a solution was, and what became of it from one revision
// to another.
type historyPage struct {
	page
	Entry     knowledge.Entry
	URL       string
	Revisions []knowledge.Revision // the latest first
	Older     int                  // the number before which there are more; 0 when there are none
	Old, New  int
	Diff      []knowledge.FieldDiff
	Edits     bool
}

func (s *server) history(w http.ResponseWriter, r *http.Request) error {
	e, err := s.readSolution(r)
	if err != nil {
		return err
	}
	p := historyPage{page: s.page(w, r, "solutions", "solutions.js"), Entry: e, URL: solutionPath(e.ID)}
	p.Title = p.T("sol.history.of", e.Title)
	p.Edits = mayEdit(p.Reader, &e.Solution)
	in := values{q: r.URL.Query()}
	before := in.number("before", 0, 1<<30, 0)
	p.New = in.number("new", 1, 1<<30, e.Revision)
	p.Old = in.number("old", 0, 1<<30, p.New-1)
	if err := in.bad.or(); err != nil {
		return err
	}
	if p.Revisions, err = s.o.Library.History(r.Context(), e.ID, before, revisionsShown); err != nil {
		return err
	}
	if n := len(p.Revisions); n == revisionsShown && p.Revisions[n-1].Number > 1 {
		p.Older = p.Revisions[n-1].Number
	}
	if p.Diff, err = s.diff(r, &p); err != nil {
		return err
	}
	return s.render(w, "solution_history", http.StatusOK, &p)
}

// diff compares two revisions; the one before the first is empty.
func (s *server) diff(r *http.Request, p *historyPage) ([]knowledge.FieldDiff, error) {
	var forms [2]knowledge.Solution
	for i, number := range []int{p.Old, p.New} {
		if number == 0 {
			continue
		}
		at := slices.IndexFunc(p.Revisions, func(rev knowledge.Revision) bool { return rev.Number == number })
		if at >= 0 {
			forms[i] = p.Revisions[at].Solution
			continue
		}
		rev, err := s.o.Library.Revision(r.Context(), p.Entry.ID, number)
		if err != nil {
			return nil, err
		}
		forms[i] = rev.Solution
	}
	return knowledge.Diff(&forms[0], &forms[1]), nil
}
