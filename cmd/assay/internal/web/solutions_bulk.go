package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"assay/knowledge"
)

// bulkIDs is how many solutions may be named one by one: a page of the list, and
// some more for programs.
const bulkIDs = 1_000

// bulkPage edits many solutions at once, after it showed what that would do.
type bulkPage struct {
	page
	IDs      []string // none: all that fit the filter
	Query    string   // the filter
	Count    int
	Exact    bool
	Given    url.Values
	Problems map[string][]int
	Nothing  bool // nothing was chosen, or no field is to change
	Result   *knowledge.BulkResult
}

// bulk shows the form, then what it would do, then does it.
func (s *server) bulk(w http.ResponseWriter, r *http.Request) error {
	if s.o.Library == nil {
		return errNoLibrary
	}
	in, err := form(w, r)
	if err != nil {
		return err
	}
	p := bulkPage{page: s.page(w, r, "solutions", "solutions.js"), Given: in.q}
	p.Title = p.T("sol.bulk")
	f, err := s.bulkFilter(in, &p)
	if err != nil {
		return err
	}
	if p.Count, p.Exact, err = s.o.Library.Matches(r.Context(), f); err != nil {
		return err
	}
	do := in.q.Get("do")
	if do != "preview" && do != "apply" {
		p.Nothing = p.Count == 0
		return s.render(w, "solutions_bulk", http.StatusOK, &p)
	}
	edits, bad := s.bulkEdits(in)
	p.Problems = bad
	if len(bad) > 0 {
		return s.render(w, "solutions_bulk", http.StatusBadRequest, &p)
	}
	change := knowledge.Change{By: p.Reader.name, Reason: in.reason()}
	if err := in.bad.or(); err != nil {
		return err
	}
	result, err := s.o.Library.Bulk(r.Context(), f, edits, change, do == "preview")
	if err != nil {
		return s.bulkRefused(w, &p, err)
	}
	p.Result = &result
	if do == "preview" || len(result.Problems) > 0 {
		return s.render(w, "solutions_bulk", http.StatusOK, &p)
	}
	q := queryOf(mustQuery(p.Query))
	q.Set("done", strconv.Itoa(result.Changed))
	http.Redirect(w, r, address("/solutions", q), http.StatusSeeOther)
	return nil
}

// mustQuery parses a query that was read before.
func mustQuery(text string) url.Values {
	q, err := url.ParseQuery(text)
	if err != nil {
		return url.Values{}
	}
	return q
}

// bulkRefused shows why nothing can be edited so.
func (s *server) bulkRefused(w http.ResponseWriter, p *bulkPage, err error) error {
	p.Nothing = errors.Is(err, knowledge.ErrNoEdits)
	p.Problems = problemsByField(err)
	if !p.Nothing && len(p.Problems) == 0 {
		return err
	}
	return s.render(w, "solutions_bulk", http.StatusBadRequest, p)
}

// bulkFilter is which solutions are to be edited: those that were chosen, or all
// that fit the list's filter. The whole library is none of them.
func (s *server) bulkFilter(in *values, p *bulkPage) (knowledge.Filter, error) {
	query, err := url.ParseQuery(in.text("filter"))
	if err != nil {
		in.refuse("filter", "a query")
	}
	p.Query = queryOf(query).Encode()
	if in.q.Get("what") == "all" {
		f, err := s.solutionFilter(queryOf(query), p.Reader)
		if err == nil && p.Query == "" {
			err = badParameters{{Name: "filter", Allowed: []string{"a filter: the whole library is not edited at once"}}}
		}
		return f, errors.Join(in.bad.or(), err)
	}
	p.IDs = in.q["id"]
	if len(p.IDs) > bulkIDs {
		in.refuse("id", "up to "+strconv.Itoa(bulkIDs))
	}
	for _, id := range p.IDs {
		if !isText(id) {
			in.refuse("id", "ids of solutions")
		}
	}
	return knowledge.Filter{IDs: append([]string{}, p.IDs...)}, in.bad.or()
}

// bulkEdits reads what is to change: fields whose box is ticked.
func (s *server) bulkEdits(in *values) (knowledge.Edits, map[string][]int) {
	e := knowledge.Edits{AddTags: knowledge.ParseTags(in.q.Get("add_tags")), RemoveTags: knowledge.ParseTags(in.q.Get("remove_tags"))}
	bad := map[string][]int{}
	for name, field := range map[string]**string{
		"owner": &e.Owner, "product": &e.Product, "region": &e.Region, "customer_type": &e.CustomerType,
	} {
		if in.q.Has("set_" + name) {
			*field = new(strings.TrimSpace(in.q.Get(name)))
		}
	}
	if in.q.Has("set_status") {
		e.Status = new(knowledge.Status(in.q.Get("status")))
	}
	f := solutionForm{ValidFrom: in.q.Get("valid_from"), ValidTo: in.q.Get("valid_to"), ReviewBy: in.q.Get("review_by")}
	times, wrong := s.fromForm(&f, knowledge.Solution{})
	if in.q.Has("set_valid_from") {
		e.ValidFrom = &times.ValidFrom
	}
	if in.q.Has("set_valid_to") {
		e.ValidTo = &times.ValidTo
	}
	if in.q.Has("set_review_by") {
		e.ReviewBy = &times.ReviewBy
	}
	for _, p := range wrong {
		if in.q.Has("set_" + p.Field) {
			bad[p.Field] = nil
		}
	}
	return e, bad
}

// Value is what a field was given.
func (p *bulkPage) Value(name string) string { return p.Given.Get(name) }

// Sets reports whether a field is to change.
func (p *bulkPage) Sets(name string) bool { return p.Given.Has("set_" + name) }

// Wrong reports whether a field cannot be used as it is.
func (p *bulkPage) Wrong(name string) bool {
	_, wrong := p.Problems[name]
	return wrong
}

// URL is the address of a solution.
func (p *bulkPage) URL(id string) string { return solutionPath(id) }

// Back is the list that the solutions were chosen from.
func (p *bulkPage) Back() string { return address("/solutions", mustQuery(p.Query)) }

// Why says what keeps a solution from being changed.
func (p *bulkPage) Why(b knowledge.BulkProblem) string {
	fields := slices.Sorted(maps.Keys(problemsByField(b.Err)))
	for i, field := range fields {
		fields[i] = p.T("solbad." + field)
	}
	return strings.Join(fields, " ")
}
