package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/knowledge"
)

// longestNote bounds a note on a solution, in characters.
const longestNote = 1000

// grading is what a reader thinks of a solution.
type grading struct {
	Ask        knowledge.AskID `json:"ask"`
	SolutionID string          `json:"solution_id"`
	Revision   int             `json:"revision"`
	Grade      string          `json:"grade"`
	Note       string          `json:"note"`
}

// opinion checks what a reader thinks.
func (g *grading) opinion(s *server, person string) (knowledge.Opinion, error) {
	in := values{q: url.Values{"solution_id": {g.SolutionID}, "grade": {g.Grade}, "note": {g.Note}}}
	o := knowledge.Opinion{
		SolutionID: in.required("solution_id"), Revision: g.Revision, Person: person,
		Grade: oneOf(&in, "grade", knowledge.Grades), Note: strings.TrimSpace(in.text("note")), Ask: g.Ask,
	}
	if g.Grade == "" {
		in.refuse("grade", texts(knowledge.Grades)...)
	}
	if utf8.RuneCountInString(o.Note) > longestNote {
		in.bad = append(in.bad, parameter{Name: "note", Allowed: []string{fmt.Sprintf("up to %d characters", longestNote)}})
	}
	if g.Revision < 0 || g.Revision > math.MaxInt32 {
		in.bad = append(in.bad, parameter{Name: "revision", Value: strconv.Itoa(g.Revision), Allowed: []string{"1 or more"}})
	}
	o.Note = s.storable(o.Note)
	return o, in.bad.or()
}

// give takes a reader's feedback.
func (s *server) give(r *http.Request, g *grading) error {
	person, err := s.named(r)
	if err != nil {
		return err
	}
	o, err := g.opinion(s, person)
	if err != nil {
		return err
	}
	if err := s.o.Library.Give(r.Context(), o); err != nil {
		return err
	}
	s.countFeedback(r)
	return nil
}

// countFeedback has the counts follow soon. That they cannot now is no reason to
// refuse what was said: the workers count it within a minute.
func (s *server) countFeedback(r *http.Request) {
	if _, err := s.o.Library.CountFeedback(r.Context()); err != nil && r.Context().Err() == nil {
		s.o.Log.WarnContext(r.Context(), "feedback not counted", "error", err)
	}
}

// named is the reader's name, for what counts by person.
func (s *server) named(r *http.Request) (string, error) {
	who := s.asker(r)
	switch {
	case s.o.Library == nil:
		return "", errNoLibrary
	case who.Person == "":
		return "", errAnonymous
	}
	return who.Person, nil
}

func (s *server) apiFeedback(w http.ResponseWriter, r *http.Request) error {
	var g grading
	if err := readObject(w, r, &g, `{"ask": 1, "solution_id": "…", "revision": 1, "grade": "helpful", "note": "…"}`); err != nil {
		return err
	}
	if err := s.give(r, &g); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) apiTakeBack(w http.ResponseWriter, r *http.Request) error {
	person, err := s.named(r)
	if err != nil {
		return err
	}
	if err := s.o.Library.TakeBack(r.Context(), person, r.PathValue("solution")); err != nil {
		return err
	}
	s.countFeedback(r)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// feedbackForm takes feedback from the page without script, and leads back to it.
func (s *server) feedbackForm(w http.ResponseWriter, r *http.Request) error {
	in, err := smallForm(w, r)
	if err != nil {
		return err
	}
	g := grading{
		Ask: knowledge.AskID(in.number("ask", 0, 1<<62, 0)), SolutionID: in.q.Get("solution_id"),
		Revision: in.number("revision", 0, 1<<30, 0), Grade: in.q.Get("grade"), Note: in.q.Get("note"),
	}
	if err := in.bad.or(); err != nil {
		return err
	}
	if err := s.give(r, &g); err != nil {
		return err
	}
	return backToSuggest(w, r, in)
}

// smallForm reads a form of the page.
func smallForm(w http.ResponseWriter, r *http.Request) (*values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, longestAsking)
	if err := r.ParseForm(); err != nil {
		return nil, badParameters{{Name: "body", Allowed: []string{"a form"}}}
	}
	return &values{q: r.PostForm}, nil
}

// backToSuggest leads to the page that a form stood on.
func backToSuggest(w http.ResponseWriter, r *http.Request, in *values) error {
	to := "/suggest"
	if back, err := url.Parse(in.q.Get("back")); err == nil && back.Path == "/suggest" && back.Host == "" && back.Scheme == "" {
		to = address("/suggest", back.Query())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
