package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"time"
	"unicode/utf8"

	"assay/knowledge"
)

// longestReason bounds why something was changed, in characters.
const longestReason = 500

// solutionPage shows one solution.
type solutionPage struct {
	page
	Entry      knowledge.Entry
	URL        string
	Answer     template.HTML
	Plain      string // the answer as it is copied
	Validity   knowledge.Validity
	Stale      bool
	Due        time.Time             // when it is to be reviewed
	Next       time.Time             // the day that a review proposes for the next one
	Edits      bool                  // the reader may edit it
	Confirms   bool                  // the reader may find it right
	Uses       knowledge.Uses        // within knowledge.UsedWithin
	Complaints []knowledge.Complaint // that stand; agents are shown none
	Saved      bool
}

func (s *server) solution(w http.ResponseWriter, r *http.Request) error {
	e, err := s.readSolution(r)
	if err != nil {
		return err
	}
	now := s.now()
	p := solutionPage{
		page: s.page(w, r, "solutions", "solutions.js"), Entry: e, URL: solutionPath(e.ID),
		Answer: knowledge.HTML(e.Answer), Plain: knowledge.PlainText(e.Answer),
		Validity: e.ValidityAt(now), Stale: e.StaleAt(now, s.o.StaleAfter), Due: e.ReviewDue(s.o.StaleAfter),
		Next: now.Add(s.staleAfter()), Saved: r.URL.Query().Has("saved"),
	}
	p.Title = e.Title
	p.Edits, p.Confirms = mayEdit(p.Reader, &e.Solution), mayConfirm(p.Reader, &e.Solution)
	if err := s.used(r.Context(), &p); err != nil {
		return err
	}
	return s.render(w, "solution", http.StatusOK, &p)
}

// complaintsShown is how many complaints a solution's page lists.
const complaintsShown = 20

// used fills in what was done with a solution, and what is said against it.
func (s *server) used(ctx context.Context, p *solutionPage) (err error) {
	if !p.Reader.may(Reviewer) {
		return nil
	}
	if p.Uses, err = s.o.Library.Uses(ctx, p.Entry.ID, time.Now().Add(-knowledge.UsedWithin)); err != nil {
		return err
	}
	p.Complaints, err = s.o.Library.Complaints(ctx, knowledge.ComplaintFilter{SolutionID: p.Entry.ID}, complaintsShown)
	return err
}

// staleAfter is how long a solution may go without a review.
func (s *server) staleAfter() time.Duration {
	if s.o.StaleAfter > 0 {
		return s.o.StaleAfter
	}
	return knowledge.DefaultStaleAfter
}

// readSolution reads the solution of the address: for an agent, a published one.
func (s *server) readSolution(r *http.Request) (knowledge.Entry, error) {
	if s.o.Library == nil {
		return knowledge.Entry{}, errNoLibrary
	}
	e, err := s.o.Library.Entry(r.Context(), solutionID(r))
	if err == nil && !e.IsPublished() && !s.reader(r).may(Reviewer) {
		err = fmt.Errorf("solution %q: %w", e.ID, knowledge.ErrNotFound)
	}
	return e, err
}

// mayEdit reports whether somebody may change a solution: reviewers write drafts,
// supervisors everything.
func mayEdit(who reader, s *knowledge.Solution) bool {
	return who.may(Supervisor) || who.may(Reviewer) && s.Status == knowledge.Draft
}

// mayConfirm reports whether somebody may say that a solution is still right: who may
// edit it, and its owner.
func mayConfirm(who reader, s *knowledge.Solution) bool {
	return mayEdit(who, s) || who.may(Reviewer) && s.Owner == who.name
}

// Facts are what there is to know of a solution besides its texts.
func (p *solutionPage) Facts() []fieldValue {
	e := &p.Entry
	return p.filled([]fieldValue{
		{"product", e.Product}, {"region", e.Region}, {"customer_type", p.Known("customer", e.CustomerType)},
		{"language", p.Known("language", e.Language)}, {"stage", p.Known("stage", string(e.Stage))}, {"owner", e.Owner},
		{"valid_from", p.timeOr(e.ValidFrom)}, {"valid_to", p.timeOr(e.ValidTo)},
	})
}

// fieldValue is a field with what it says.
type fieldValue struct{ Field, Value string }

func (p *page) filled(all []fieldValue) []fieldValue {
	var out []fieldValue
	for _, f := range all {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

// timeOr is a time, or nothing.
func (p *page) timeOr(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.Zoned(t)
}

// Day is a day as a field for dates has it; "" for none.
func (p *page) Date(t time.Time) string { return dayText(t) }

// Changes are the statuses that the solution may get. Without an answer it cannot
// be published.
func (p *solutionPage) Changes() []knowledge.Status {
	if !p.Keeps() {
		return nil
	}
	var out []knowledge.Status
	for _, status := range []knowledge.Status{knowledge.Published, knowledge.Retired, knowledge.Draft} {
		if status != p.Entry.Status && (status != knowledge.Published || p.Entry.Solution.Answer != "") {
			out = append(out, status)
		}
	}
	return out
}

// form reads a form of the library's pages.
func form(w http.ResponseWriter, r *http.Request) (*values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, longestForm)
	if err := r.ParseForm(); err != nil {
		return nil, badParameters{{Name: "body", Allowed: []string{fmt.Sprintf("a form of up to %d bytes", longestForm)}}}
	}
	return &values{q: r.PostForm}, nil
}

// longestForm is more than all that a solution may hold, in bytes.
const longestForm = 16 << 20

// change reads who changes a solution, why, and which revision of it.
func (s *server) change(r *http.Request, in *values) knowledge.Change {
	return knowledge.Change{By: s.reader(r).name, Reason: in.reason(), Revision: in.number("revision", 0, 1<<30, 0)}
}

// reason reads why something is changed.
func (in *values) reason() string {
	reason := in.text("reason")
	if utf8.RuneCountInString(reason) > longestReason {
		in.bad = append(in.bad, parameter{Name: "reason", Allowed: []string{fmt.Sprintf("up to %d characters", longestReason)}})
	}
	return reason
}

// setStatus publishes, retires or takes back a solution.
func (s *server) setStatus(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, mayEdit, func(id string, in *values, c knowledge.Change) error {
		status := oneOf(in, "status", knowledge.Statuses)
		if status == "" {
			in.refuse("status", "draft", "published", "retired")
		}
		if err := in.bad.or(); err != nil {
			return err
		}
		_, err := s.o.Library.SetStatus(r.Context(), id, status, c)
		return err
	})
}

// confirm notes that a solution was found right.
func (s *server) confirm(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, mayConfirm, func(id string, in *values, c knowledge.Change) error {
		next := in.day("review_by")
		if err := in.bad.or(); err != nil {
			return err
		}
		_, err := s.o.Library.Review(r.Context(), id, next, c)
		return err
	})
}

// restore makes an older revision the latest.
func (s *server) restore(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, mayEdit, func(id string, in *values, c knowledge.Change) error {
		number := in.number("number", 1, 1<<30, 0)
		if err := in.bad.or(); err != nil {
			return err
		}
		_, err := s.o.Library.Restore(r.Context(), id, number, c)
		return err
	})
}

// act changes the solution of the address as a form says, where the reader may, and
// shows it.
func (s *server) act(w http.ResponseWriter, r *http.Request, may mayChange, do func(string, *values, knowledge.Change) error) error {
	e, err := s.changeable(r, may)
	if err != nil {
		return err
	}
	in, err := form(w, r)
	if err != nil {
		return err
	}
	if err := do(e.ID, in, s.change(r, in)); err != nil {
		return err
	}
	http.Redirect(w, r, solutionPath(e.ID)+"?saved=1", http.StatusSeeOther)
	return nil
}
