package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"assay/knowledge"
)

// solutionsShown is how many solutions a page of the library lists.
const solutionsShown = 50

// anyOf stands in a filter for what is "" in a solution: for all, or of nobody.
const anyOf = "-"

// solutionsPage lists the solution library.
type solutionsPage struct {
	page
	Filter   knowledge.Filter
	Given    url.Values // the filter as it was asked for
	Rows     []solutionRow
	Matches  int
	Exact    bool // Matches is all of them
	Overdue  int  // in the whole library, up to 10,000
	Mine     int  // of them, those of the reader; 0 when nothing says who reads
	Disputed int  // solutions about which agents complain, up to 10,000
	Owners   []knowledge.OwnerCount
	After    string // the next part of the list; "" at the end
	Done     string // what a bulk edit changed; "" when there was none
}

// solutionRow is a solution in the list.
type solutionRow struct {
	knowledge.Entry
	URL      string
	Stale    bool
	Validity knowledge.Validity
}

func (s *server) solutions(w http.ResponseWriter, r *http.Request) error {
	if s.o.Library == nil {
		return errNoLibrary
	}
	p := solutionsPage{page: s.page(w, r, "solutions", "solutions.js"), Given: r.URL.Query()}
	p.Title = p.T("sol.title")
	var err error
	if p.Filter, err = s.solutionFilter(p.Given, p.Reader); err != nil {
		return err
	}
	ctx := r.Context()
	list, err := s.o.Library.List(ctx, p.Filter)
	if err != nil {
		return cursorRefused(err, p.Given)
	}
	for _, e := range list.Entries {
		p.Rows = append(p.Rows, s.solutionRow(e))
	}
	if list.Next != "" {
		p.After = p.with("after", list.Next)
	}
	if p.Matches, p.Exact, err = s.o.Library.Matches(ctx, p.Filter); err != nil {
		return err
	}
	if err := s.overdue(r, &p); err != nil {
		return err
	}
	p.Done = doneOf(p.Given)
	return s.render(w, "solutions", http.StatusOK, &p)
}

// doneOf is how many solutions a bulk edit changed, as it says in the address; "" when
// there was none, or somebody wrote another thing there.
func doneOf(given url.Values) string {
	if n, err := strconv.Atoi(given.Get("done")); err == nil && n >= 0 {
		return strconv.Itoa(n)
	}
	return ""
}

// overdue counts what waits for a review or an answer; agents do not care.
func (s *server) overdue(r *http.Request, p *solutionsPage) (err error) {
	if !p.Reader.may(Reviewer) {
		return nil
	}
	stale := knowledge.Filter{Stale: true, StaleAfter: s.o.StaleAfter, Now: p.Filter.Now}
	if p.Overdue, _, err = s.o.Library.Matches(r.Context(), stale); err != nil {
		return err
	}
	if !s.nameless() {
		stale.Owner = new(p.Reader.name)
		if p.Mine, _, err = s.o.Library.Matches(r.Context(), stale); err != nil {
			return err
		}
	}
	if p.Disputed, _, err = s.o.Library.Matches(r.Context(), knowledge.Filter{Disputed: true}); err != nil {
		return err
	}
	if p.Filter.Stale {
		p.Owners, err = s.o.Library.StaleCounts(r.Context(), p.Filter.Now, s.o.StaleAfter)
		p.Owners = p.Owners[:min(len(p.Owners), ownersShown)]
	}
	return err
}

// ownersShown is of how many owners the overdue solutions are counted.
const ownersShown = 12

func (s *server) solutionRow(e knowledge.Entry) solutionRow {
	now := s.now()
	return solutionRow{e, solutionPath(e.ID), e.StaleAt(now, s.o.StaleAfter), e.ValidityAt(now)}
}

// now is the time in the zone of the pages: it decides what today is.
func (s *server) now() time.Time { return time.Now().In(s.o.Zone) }

// solutionFilter reads which solutions to list: for an agent, published ones. Its
// error is badParameters.
func (s *server) solutionFilter(q url.Values, who reader) (knowledge.Filter, error) {
	in := values{q: q}
	f := knowledge.Filter{
		Text:         strings.TrimSpace(in.text("q")),
		Status:       oneOf(&in, "status", knowledge.Statuses),
		Owner:        in.optional("owner"),
		Product:      in.optional("product"),
		Region:       in.optional("region"),
		CustomerType: in.optional("customer_type"),
		Language:     in.text("language"),
		Tag:          in.text("tag"),
		Validity:     oneOf(&in, "validity", knowledge.Validities),
		Stale:        oneOf(&in, "stale", []string{"1"}) != "",
		Disputed:     oneOf(&in, "disputed", []string{"1"}) != "" && who.may(Reviewer),
		StaleAfter:   s.o.StaleAfter, Now: s.now(),
		Order: oneOf(&in, "sort", knowledge.Orders),
		Limit: solutionsShown, After: in.text("after"),
	}
	if stage := oneOf(&in, "stage", append([]knowledge.Stage{anyOf}, knowledge.Stages...)); stage != "" {
		f.Stage = new(knowledge.Stage(strings.TrimPrefix(string(stage), anyOf)))
	}
	if !who.may(Reviewer) {
		f.Status = knowledge.Published
	}
	return f, in.bad.or()
}

// optional reads a value that may also be asked for as "".
func (in *values) optional(name string) *string {
	switch value := in.text(name); value {
	case "":
		return nil
	case anyOf:
		return new("")
	default:
		return &value
	}
}

// cursorRefused says which parameter is wrong when a list cannot go on.
func cursorRefused(err error, q url.Values) error {
	if errors.Is(err, knowledge.ErrCursor) {
		return badParameters{{Name: "after", Value: q.Get("after"), Allowed: []string{"what the list before gave"}}}
	}
	return err
}

// solutionFilters are the parameters of a list's filter.
var solutionFilters = []string{
	"q", "status", "owner", "product", "region", "customer_type", "language", "tag", "stage", "validity", "stale", "disputed",
}

// with is the list's address with another value of a parameter; all but the filter
// and the order is left out.
func (p *solutionsPage) with(name, value string) string {
	q := url.Values{}
	for _, keep := range append([]string{"sort"}, solutionFilters...) {
		if v := p.Given.Get(keep); v != "" {
			q.Set(keep, v)
		}
	}
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	return address("/solutions", q)
}

// Value is what a field of the filter was given.
func (p *solutionsPage) Value(name string) string { return p.Given.Get(name) }

// Query is the filter as a bulk edit takes it.
func (p *solutionsPage) Query() string { return queryOf(p.Given).Encode() }

// queryOf is a filter without all that is no filter.
func queryOf(given url.Values) url.Values {
	q := url.Values{}
	for _, name := range solutionFilters {
		if v := given.Get(name); v != "" {
			q.Set(name, v)
		}
	}
	return q
}

// Active are the filters in force, each with the list without it.
func (p *solutionsPage) Active() []link {
	var out []link
	for _, name := range solutionFilters {
		value := p.Given.Get(name)
		if value == "" {
			continue
		}
		if shown := p.Known(map[string]string{
			"status": "solstatus", "customer_type": "customer", "stage": "stage", "validity": "solvalid",
		}[name], value); shown != value {
			value = shown
		} else if value == anyOf {
			value = p.T("sol.none")
		}
		text := p.T("solfield."+name) + ": " + value
		if name == "stale" {
			text = p.T("sol.stale")
		}
		out = append(out, link{text, p.with(name, ""), false})
	}
	return out
}

// Sorts are the orders of the list.
func (p *solutionsPage) Sorts() []link {
	var out []link
	for _, order := range knowledge.Orders {
		on := p.Filter.Order == order || p.Filter.Order == "" && order == knowledge.ByChange
		out = append(out, link{p.T("solsort." + string(order)), p.with("sort", string(order)), on})
	}
	return out
}

// Total is how many solutions match, as far as they were counted.
func (p *solutionsPage) Total() string {
	if p.Exact {
		return p.N("sol.count", p.Matches)
	}
	return p.T("sol.count.more", p.Matches)
}

// OwnerURL is the list of somebody's overdue solutions.
func (p *solutionsPage) OwnerURL(owner string) string {
	if owner == "" {
		owner = anyOf
	}
	return address("/solutions", url.Values{"stale": {"1"}, "owner": {owner}})
}

// Statuses, Stages and the like are the choices of fields.
func (p *page) Statuses() []knowledge.Status { return knowledge.Statuses }

// SolutionStages are the stages that scripts are for.
func (p *page) SolutionStages() []knowledge.Stage { return knowledge.Stages }

// Validities are what a solution may be by its time.
func (p *page) Validities() []knowledge.Validity { return knowledge.Validities }

// Drafts reports whether the reader may write solutions at all.
func (p *page) Drafts() bool { return p.Reader.may(Reviewer) }

// Keeps reports whether the reader may publish, retire and edit many at once.
func (p *page) Keeps() bool { return p.Reader.may(Supervisor) }

// reserved are what an id in an address would be mistaken for.
var reserved = map[string]bool{".": true, "..": true, "new": true, "bulk": true}

// solutionPath is the address of a solution, whatever its id is made of.
func solutionPath(id string) string {
	if reserved[strings.TrimLeft(id, "~")] {
		id = "~" + id
	}
	return "/solutions/" + url.PathEscape(id)
}

// solutionID is the id in an address.
func solutionID(r *http.Request) string {
	id := r.PathValue("id")
	if strings.HasPrefix(id, "~") && reserved[strings.TrimLeft(id, "~")] {
		return id[1:]
	}
	return id
}
