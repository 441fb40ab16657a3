package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/knowledge"
	"assay/pipeline/transcript"
)

// editPage writes a new solution or changes one.
type editPage struct {
	page
	New      bool
	URL      string // of the solution; "" when it is new
	Action   string
	Form     solutionForm
	Problems map[string][]int // by field; of a list, the entries that are wrong, counting from 1
	Exists   bool             // the id is taken
	Clash    *clash
	Preview  template.HTML
	Twins    []twin
	Asking   bool // before it is saved: there are twins
}

// clash is what somebody else did meanwhile.
type clash struct {
	Current knowledge.Entry
	Diff    []knowledge.FieldDiff
}

// twin is a solution that answers the same questions.
type twin struct {
	ID, Title, URL string
	Score          float64
	Asked          string // the title or wording that it answers
}

// solutionForm is a solution as its fields have it: what somebody typed stays,
// also when it cannot be used.
type solutionForm struct {
	ID, Title, Questions, Answer, ShortReply, Note, Tags, Product, Region, CustomerType string

	Language, Stage, ValidFrom, ValidTo, Owner, ReviewBy, Status, Reason string

	Revision int
}

func (s *server) newSolution(w http.ResponseWriter, r *http.Request) error {
	if s.o.Library == nil {
		return errNoLibrary
	}
	p := s.editPage(w, r, nil)
	p.Form.Owner = p.Reader.name
	if s.nameless() {
		p.Form.Owner = ""
	}
	p.Form.Title = strings.TrimSpace(r.URL.Query().Get("title"))
	return s.render(w, "solution_edit", http.StatusOK, &p)
}

func (s *server) editSolution(w http.ResponseWriter, r *http.Request) error {
	e, err := s.changeable(r, mayEdit)
	if err != nil {
		return err
	}
	p := s.editPage(w, r, &e)
	p.Form = s.formOf(&e)
	p.Preview = knowledge.HTML(e.Answer)
	return s.render(w, "solution_edit", http.StatusOK, &p)
}

// mayChange reports whether somebody may change a solution in some way.
type mayChange func(reader, *knowledge.Solution) bool

// changeable reads the solution of the address for somebody who may change it.
func (s *server) changeable(r *http.Request, may mayChange) (knowledge.Entry, error) {
	e, err := s.readSolution(r)
	if err == nil && !may(s.reader(r), &e.Solution) {
		err = errNotAllowed
	}
	return e, err
}

// editPage is the page of an entry; nil is a new solution.
func (s *server) editPage(w http.ResponseWriter, r *http.Request, e *knowledge.Entry) editPage {
	p := editPage{page: s.page(w, r, "solutions", "solutions.js"), New: e == nil, Action: "/solutions/new"}
	p.Title = p.T("sol.new")
	p.Form.Status = string(knowledge.Draft)
	if e != nil {
		p.URL = solutionPath(e.ID)
		p.Action = p.URL + "/edit"
		p.Title = p.T("sol.edit.of", cmp.Or(e.Title, e.ID))
	}
	return p
}

// localTime is how fields for times write them.
const localTime = "2006-01-02T15:04"

func (s *server) timeField(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.o.Zone).Format(localTime)
}

func (s *server) formOf(e *knowledge.Entry) solutionForm {
	return solutionForm{
		ID: e.ID, Title: e.Title, Questions: strings.Join(e.Questions, "\n"), Answer: e.Answer, ShortReply: e.ShortReply,
		Note: e.Note, Tags: strings.Join(e.Tags, ", "), Product: e.Product, Region: e.Region, CustomerType: e.CustomerType,
		Language: e.Language, Stage: string(e.Stage), ValidFrom: s.timeField(e.ValidFrom), ValidTo: s.timeField(e.ValidTo),
		Owner: e.Owner, ReviewBy: dayText(e.ReviewBy), Status: string(e.Status), Revision: e.Revision,
	}
}

// readSolutionForm takes what was typed, line ends as the database keeps them.
func readSolutionForm(in *values) solutionForm {
	get := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(in.q.Get(name), "\r\n", "\n"))
	}
	revision, err := strconv.Atoi(in.q.Get("revision"))
	if err != nil || revision < 0 {
		revision = 0 // of a new one; else the library says that it clashes
	}
	return solutionForm{
		ID: get("id"), Title: get("title"), Questions: get("questions"), Answer: get("answer"), ShortReply: get("short_reply"),
		Note: get("note"), Tags: get("tags"), Product: get("product"), Region: get("region"), CustomerType: get("customer_type"),
		Language: get("language"), Stage: get("stage"), ValidFrom: get("valid_from"), ValidTo: get("valid_to"), Owner: get("owner"),
		ReviewBy: get("review_by"), Status: get("status"), Reason: get("reason"), Revision: revision,
	}
}

// solution is what the form says, on top of what the library has: what the form
// cannot say stays, and so do the seconds of times that nobody touched.
func (s *server) fromForm(f *solutionForm, old knowledge.Solution) (knowledge.Solution, transcript.Problems) {
	var bad transcript.Problems
	n := old
	n.Title, n.Answer, n.ShortReply, n.Note = f.Title, f.Answer, f.ShortReply, f.Note
	n.Questions = linesOf(f.Questions)
	if f.Tags != strings.Join(old.Tags, ", ") { // imported ones may have commas
		n.Tags = knowledge.ParseTags(f.Tags)
	}
	n.Product, n.Region, n.CustomerType, n.Language = f.Product, f.Region, f.CustomerType, f.Language
	n.Stage, n.Owner, n.Status = knowledge.Stage(f.Stage), f.Owner, knowledge.Status(f.Status)
	for _, t := range []struct {
		field, value, layout string
		zone                 *time.Location
		at                   *time.Time
		before               string
	}{
		{"valid_from", f.ValidFrom, localTime, s.o.Zone, &n.ValidFrom, s.timeField(old.ValidFrom)},
		{"valid_to", f.ValidTo, localTime, s.o.Zone, &n.ValidTo, s.timeField(old.ValidTo)},
		{"review_by", f.ReviewBy, time.DateOnly, time.UTC, &n.ReviewBy, dayText(old.ReviewBy)},
	} {
		if t.value == t.before {
			continue
		}
		at, err := parseTime(t.value, t.layout, t.zone)
		if err != nil {
			bad = append(bad, transcript.Problem{Field: t.field, Reason: "no time", Allowed: t.layout})
		}
		*t.at = at
	}
	return n, bad
}

func parseTime(value, layout string, zone *time.Location) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(layout, value, zone)
	if err != nil && layout == localTime {
		t, err = time.ParseInLocation(time.DateOnly, value, zone) // from browsers that have no field for times
	}
	return t, err
}

// linesOf are the lines of a text that have something in them.
func linesOf(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// saveNew writes a new solution.
func (s *server) saveNew(w http.ResponseWriter, r *http.Request) error {
	if s.o.Library == nil {
		return errNoLibrary
	}
	return s.saveForm(w, r, nil)
}

// saveEdit writes a changed one.
func (s *server) saveEdit(w http.ResponseWriter, r *http.Request) error {
	e, err := s.changeable(r, mayEdit)
	if err != nil {
		return err
	}
	return s.saveForm(w, r, &e)
}

// saveForm saves what a form says, or shows what would be saved, or what is wrong.
func (s *server) saveForm(w http.ResponseWriter, r *http.Request, e *knowledge.Entry) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	p := s.editPage(w, r, e)
	p.Form = readSolutionForm(in)
	old := knowledge.Solution{ID: cmp.Or(p.Form.ID, newID())}
	if e != nil {
		old = e.Solution
		p.Form.ID = e.ID
		p.Form.Revision = max(p.Form.Revision, 1)
	}
	solution, bad := s.fromForm(&p.Form, old)
	if !p.Keeps() {
		solution.Status = knowledge.Draft
	}
	p.Problems = problemsByField(errors.Join(solution.Check(), problemsOf(bad)))
	preview := in.q.Get("do") != "save"
	if (preview || p.New) && !p.Wrong("title") && !p.Wrong("questions") {
		if p.Twins, err = s.twins(r.Context(), &solution); err != nil {
			return err
		}
	}
	p.Asking = p.New && !preview && len(p.Problems) == 0 && len(p.Twins) > 0 && in.q.Get("anyway") == ""
	if preview || len(p.Problems) > 0 || p.Asking {
		return s.showForm(w, &p, preview)
	}
	change := knowledge.Change{By: p.Reader.name, Reason: in.reason(), Revision: p.Form.Revision}
	if err := in.bad.or(); err != nil {
		return err
	}
	if p.New {
		change.Revision = 0
	}
	return s.saveSolution(w, r, &p, solution, change)
}

func problemsOf(p transcript.Problems) error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// showForm shows the form again.
func (s *server) showForm(w http.ResponseWriter, p *editPage, preview bool) error {
	status := http.StatusOK
	if !preview && len(p.Problems) > 0 {
		status = http.StatusBadRequest
	}
	if !p.Wrong("answer") { // what is far too long takes minutes to read as Markdown
		p.Preview = knowledge.HTML(p.Form.Answer)
	}
	return s.render(w, "solution_edit", status, p)
}

// saveSolution saves, or shows what somebody else did meanwhile.
func (s *server) saveSolution(w http.ResponseWriter, r *http.Request, p *editPage, n knowledge.Solution, c knowledge.Change) error {
	_, err := s.o.Library.Save(r.Context(), n, c)
	theirs, clashed := errors.AsType[*knowledge.ClashError](err)
	switch {
	case err == nil:
		http.Redirect(w, r, solutionPath(n.ID)+"?saved=1", http.StatusSeeOther)
		return nil
	case errors.Is(err, knowledge.ErrExists):
		p.Exists = true
		p.Problems = map[string][]int{"id": nil}
	case clashed:
		old, readErr := s.o.Library.Revision(r.Context(), n.ID, c.Revision)
		if readErr != nil {
			return readErr
		}
		p.Clash = &clash{theirs.Current, knowledge.Diff(&old.Solution, &theirs.Current.Solution)}
		p.Form.Revision = theirs.Current.Revision // saving again is knowing of it
	default:
		return err
	}
	p.Preview = knowledge.HTML(p.Form.Answer)
	return s.render(w, "solution_edit", http.StatusConflict, p)
}

// newID makes an id for whoever gives none.
func newID() string { return "sol-" + strings.ToLower(rand.Text()[:10]) }

// problemsByField gathers problems by the field that they are shown at.
func problemsByField(err error) map[string][]int {
	all := map[string][]int{}
	for _, p := range solutionProblems(err) {
		field, rest, inList := strings.Cut(p.Field, "[")
		all[field] = slices.Grow(all[field], 1)
		if n, err := strconv.Atoi(strings.TrimSuffix(rest, "]")); inList && err == nil {
			all[field] = append(all[field], n+1)
		}
	}
	return all
}

// solutionProblems are all problems in an error.
func solutionProblems(err error) transcript.Problems {
	var out transcript.Problems
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			out = append(out, solutionProblems(e)...)
		}
		return out
	}
	out, _ = errors.AsType[transcript.Problems](err)
	return out
}

const (
	// twinScore is the score from which a solution is a twin.
	twinScore = 0.7
	// twinWordings of a solution are looked up, the title among them.
	twinWordings = 6
	// twinsShown is how many twins are told.
	twinsShown = 5
)

// twins finds published solutions that answer what a solution is for.
func (s *server) twins(ctx context.Context, n *knowledge.Solution) ([]twin, error) {
	if !s.hasLibrary() {
		return nil, nil
	}
	var out []twin
	wordings := append([]string{n.Title}, n.Questions...)
	for _, asked := range wordings[:min(len(wordings), twinWordings)] {
		found, err := s.o.Index.Suggest(ctx, knowledge.Query{Text: asked, Language: n.Language, Stage: n.Stage})
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			at := slices.IndexFunc(out, func(t twin) bool { return t.ID == f.SolutionID })
			switch {
			case f.SolutionID == n.ID || f.Score < twinScore:
			case at < 0:
				out = append(out, twin{f.SolutionID, f.Title, solutionPath(f.SolutionID), f.Score, asked})
			case out[at].Score < f.Score:
				out[at].Score, out[at].Asked = f.Score, asked
			}
		}
	}
	slices.SortStableFunc(out, func(a, b twin) int { return cmp.Compare(b.Score, a.Score) })
	return out[:min(len(out), twinsShown)], nil
}

// Wrong reports whether a field cannot be used as it is.
func (p *editPage) Wrong(field string) bool {
	_, wrong := p.Problems[field]
	return wrong
}

// Allowed says what a field may hold, and which entries of a list do not.
func (p *editPage) Allowed(field string) string {
	text := p.T("solbad." + field)
	if field == "id" && p.Exists {
		text = p.T("sol.exists")
	}
	var at []string
	for _, n := range p.Problems[field] {
		at = append(at, strconv.Itoa(n))
	}
	if len(at) > 0 {
		text += " " + p.T("sol.entries", strings.Join(at, ", "))
	}
	return text
}

// Choices are the statuses that the reader may give.
func (p *editPage) Choices() []knowledge.Status {
	if p.Keeps() {
		return knowledge.Statuses
	}
	return []knowledge.Status{knowledge.Draft}
}

// CustomerTypes are those that a solution may be for.
func (p *page) CustomerKinds() []string { return transcript.CustomerTypes }

// Stopped reports whether anything keeps the form from being saved.
func (p *editPage) Stopped() bool { return len(p.Problems) > 0 && !p.Exists }
