package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"assay/knowledge"
)

// maxSolutions is how many solutions the API lists at most.
const maxSolutions = 500

// apiSolution is a solution as the API writes it.
type apiSolution struct {
	knowledge.Solution
	Revision  int                `json:"revision"`
	ChangedAt time.Time          `json:"changed_at"`
	By        string             `json:"by"`
	Made      knowledge.Cause    `json:"made"`
	Stale     bool               `json:"stale"`
	Validity  knowledge.Validity `json:"validity"`
	Opinions  knowledge.Opinions `json:"opinions"`
}

func (s *server) apiSolution(e knowledge.Entry) apiSolution {
	now := s.now()
	return apiSolution{
		Solution: e.Solution, Revision: e.Revision, ChangedAt: e.ChangedAt, By: e.By, Made: e.Made,
		Stale: e.StaleAt(now, s.o.StaleAfter), Validity: e.ValidityAt(now), Opinions: e.Opinions,
	}
}

// solutionList is a part of the library.
type solutionList struct {
	Solutions []apiSolution `json:"solutions"`
	Next      string        `json:"next,omitempty"` // what to give as after; "" at the end
}

func (s *server) apiSolutions(w http.ResponseWriter, r *http.Request) error {
	if s.o.Library == nil {
		return errNoLibrary
	}
	f, err := s.solutionFilter(r.URL.Query(), s.reader(r))
	if err != nil {
		return err
	}
	in := values{q: r.URL.Query()}
	if asked := in.text("status"); asked != "" && asked != string(f.Status) {
		return errNotAllowed // an agent's filter is for published ones
	}
	f.Limit = in.number("limit", 1, maxSolutions, solutionsShown)
	if err := in.bad.or(); err != nil {
		return err
	}
	page, err := s.o.Library.List(r.Context(), f)
	if err != nil {
		return cursorRefused(err, in.q)
	}
	list := solutionList{Solutions: make([]apiSolution, len(page.Entries)), Next: page.Next}
	for i, e := range page.Entries {
		list.Solutions[i] = s.apiSolution(e)
	}
	return writeJSON(w, list)
}

func (s *server) apiReadSolution(w http.ResponseWriter, r *http.Request) error {
	e, err := s.readSolution(r)
	if err != nil {
		return err
	}
	return s.writeSolution(w, e, http.StatusOK)
}

// writeSolution answers with a solution, its revision as the entity tag.
func (s *server) writeSolution(w http.ResponseWriter, e knowledge.Entry, status int) error {
	body, err := json.Marshal(s.apiSolution(e))
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", strconv.Quote(strconv.Itoa(e.Revision)))
	w.WriteHeader(status)
	return write(w, append(body, '\n'))
}

// ifMatch is the revision that a request was made to; 0 when it does not say.
func ifMatch(r *http.Request) (int, error) {
	tag := r.Header.Get("If-Match")
	if tag == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.Trim(tag, `"`))
	if err != nil || n < 1 {
		return 0, badParameters{{Name: "If-Match", Value: tag, Allowed: []string{"the ETag of the solution"}}}
	}
	return n, nil
}

// apiPutSolution writes a new solution, or a change of the revision in If-Match.
func (s *server) apiPutSolution(w http.ResponseWriter, r *http.Request) error {
	revision, err := ifMatch(r)
	if err != nil {
		return err
	}
	old, err := s.readSolution(r)
	isNew := errors.Is(err, knowledge.ErrNotFound)
	switch {
	case err != nil && !isNew:
		return err
	case !isNew && revision == 0:
		return errNoRevision
	case !isNew && !mayEdit(s.reader(r), &old.Solution):
		return errNotAllowed
	}
	if isNew {
		old.ID, old.Status = solutionID(r), knowledge.Draft
	}
	n, err := s.solutionOfBody(w, r, &old.Solution)
	if err != nil {
		return err
	}
	change, err := s.apiChange(r, r.URL.Query().Get("reason"), revision)
	if err != nil {
		return err
	}
	if _, err := s.o.Library.Save(r.Context(), n, change); err != nil {
		return err
	}
	e, err := s.o.Library.Entry(r.Context(), n.ID)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if isNew {
		status = http.StatusCreated
	}
	return s.writeSolution(w, e, status)
}

// solutionOfBody reads a solution in the form that files have. The id may be left
// out, and so may the status, which then stays as it is.
func (s *server) solutionOfBody(w http.ResponseWriter, r *http.Request, old *knowledge.Solution) (knowledge.Solution, error) {
	var n knowledge.Solution
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestForm))
	if err != nil {
		return n, badParameters{{Name: "body", Allowed: []string{fmt.Sprintf("up to %d bytes", longestForm)}}}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&n); err != nil || d.More() {
		return n, badParameters{{Name: "body", Allowed: []string{"a solution as JSON, its times in RFC 3339"}}}
	}
	if n.ID != "" && n.ID != old.ID {
		return n, badParameters{{Name: "id", Value: n.ID, Allowed: []string{old.ID + ", as in the address"}}}
	}
	n.ID = old.ID
	if n.Status == "" {
		n.Status = old.Status
	}
	if n.ReviewedAt.IsZero() {
		n.ReviewedAt = old.ReviewedAt
	}
	if n.Status != knowledge.Draft && !s.reader(r).may(Supervisor) {
		return n, errNotAllowed
	}
	return n, nil
}

// apiChange is who changes a solution by the API, and why.
func (s *server) apiChange(r *http.Request, why string, revision int) (knowledge.Change, error) {
	in := values{q: url.Values{"reason": {why}}}
	return knowledge.Change{By: s.reader(r).name, Reason: in.reason(), Revision: revision}, in.bad.or()
}

// statusChange is what a program makes of a solution's status.
type statusChange struct {
	Status knowledge.Status `json:"status"`
	Reason string           `json:"reason"`
}

func (s *server) apiSetStatus(w http.ResponseWriter, r *http.Request) error {
	var ask statusChange
	return s.apiAct(w, r, mayEdit, &ask, func(id string, revision int) error {
		c, err := s.apiChange(r, ask.Reason, revision)
		if err == nil {
			_, err = s.o.Library.SetStatus(r.Context(), id, ask.Status, c)
		}
		return err
	})
}

// reviewed is what a program says of a review.
type reviewed struct {
	ReviewBy string `json:"review_by"` // the day of the next one; "" is none
	Reason   string `json:"reason"`
}

func (s *server) apiReview(w http.ResponseWriter, r *http.Request) error {
	var ask reviewed
	return s.apiAct(w, r, mayConfirm, &ask, func(id string, revision int) error {
		next, err := parseTime(ask.ReviewBy, time.DateOnly, time.UTC)
		if err != nil {
			return badParameters{{Name: "review_by", Value: ask.ReviewBy, Allowed: []string{"YYYY-MM-DD"}}}
		}
		c, err := s.apiChange(r, ask.Reason, revision)
		if err == nil {
			_, err = s.o.Library.Review(r.Context(), id, next, c)
		}
		return err
	})
}

// apiAct changes the solution of the address as a small body says, and answers
// with it.
func (s *server) apiAct(w http.ResponseWriter, r *http.Request, may mayChange, ask any, do func(id string, revision int) error) error {
	revision, err := ifMatch(r)
	if err != nil {
		return err
	}
	e, err := s.changeable(r, may)
	if err != nil {
		return err
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestReveal))
	d.DisallowUnknownFields()
	if err := d.Decode(ask); err != nil {
		return badParameters{{Name: "body", Allowed: []string{"a JSON object as the description of this API has it"}}}
	}
	if err := do(e.ID, revision); err != nil {
		return err
	}
	if e, err = s.o.Library.Entry(r.Context(), e.ID); err != nil {
		return err
	}
	return s.writeSolution(w, e, http.StatusOK)
}

// apiRevision is one form of a solution as the API writes it.
type apiRevision struct {
	Revision int                `json:"revision"`
	At       time.Time          `json:"at"`
	By       string             `json:"by"`
	Reason   string             `json:"reason,omitempty"`
	Made     knowledge.Cause    `json:"made"`
	Solution knowledge.Solution `json:"solution"`
}

// revisionList is a part of a solution's history, the latest first.
type revisionList struct {
	Revisions []apiRevision `json:"revisions"`
}

func (s *server) apiHistory(w http.ResponseWriter, r *http.Request) error {
	e, err := s.readSolution(r)
	if err != nil {
		return err
	}
	in := values{q: r.URL.Query()}
	before, limit := in.number("before", 1, 1<<30, 0), in.number("limit", 1, 200, solutionsShown)
	if err := in.bad.or(); err != nil {
		return err
	}
	found, err := s.o.Library.History(r.Context(), e.ID, before, limit)
	if err != nil {
		return err
	}
	list := revisionList{Revisions: make([]apiRevision, len(found))}
	for i, f := range found {
		list.Revisions[i] = apiRevision{f.Number, f.At, f.By, f.Reason, f.Made, f.Solution}
	}
	return writeJSON(w, list)
}
