package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"assay/knowledge"
	"assay/pipeline/transcript"
)

const (
	// recentShown is how many questions of the reader are offered again.
	recentShown = 8
	// longestAsking bounds what the page's forms may send, in bytes.
	longestAsking = 2 * maxQuestion
)

// suggestPage is the search for agents.
type suggestPage struct {
	page
	Library  bool // whether there is one
	Question question
	Choices  knowledge.Choices
	Found    found
	Recent   []knowledge.Recent
	Pinned   []hit
	Nameless bool // nothing says who reads, so that feedback and pins are refused
}

func (s *server) suggest(w http.ResponseWriter, r *http.Request) error {
	p := suggestPage{page: s.page(w, r, "suggest", "hits.js", "suggest.js"), Library: s.hasLibrary(), Nameless: s.nameless()}
	p.Title = p.T("suggest.title")
	t := startTiming()
	// A link on another site leads here as well: what it asks nobody asked.
	asked := r.Header.Get("Sec-Fetch-Site") != "cross-site"
	if err := s.answer(r, r.URL.Query(), asked, &p, t); err != nil {
		return err
	}
	if !p.Library {
		return s.render(w, "suggest", http.StatusOK, &p)
	}
	if err := s.atHand(r, &p); err != nil {
		return err
	}
	t.tell(w.Header())
	return s.render(w, "suggest", http.StatusOK, &p)
}

// suggestPart answers the page's script with the part of the page that changes. A
// question is written down once it is asked, and not while it is typed.
func (s *server) suggestPart(w http.ResponseWriter, r *http.Request) error {
	in, err := smallForm(w, r)
	if err != nil {
		return err
	}
	if !s.hasLibrary() {
		return errNoLibrary
	}
	p := suggestPage{page: s.page(w, r, "suggest"), Library: true, Nameless: s.nameless()}
	t := startTiming()
	if err := s.answer(r, in.q, in.q.Get("asked") == "1", &p, t); err != nil {
		return err
	}
	if p.Question.Raw == "" && p.Question.Query.Stage == "" {
		if err := s.atHand(r, &p); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := s.pages["suggest"].ExecuteTemplate(&b, "found", &p); err != nil {
		return fmt.Errorf("render suggestions: %w", err)
	}
	t.tell(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return write(w, b.Bytes())
}

// answer reads the page's question and, where there is a library, answers it.
func (s *server) answer(r *http.Request, form url.Values, asked bool, p *suggestPage, t *timing) error {
	in := values{q: form}
	p.Question = question{Raw: in.question("q"), Asked: asked, Refines: knowledge.AskID(in.number("refines", 1, 1<<62, 0))}
	in.filters(&p.Question.Query)
	if err := in.bad.or(); err != nil {
		return err
	}
	if !p.Library {
		return nil
	}
	p.Question.read(r.Context(), nil)
	var err error
	p.Found, err = s.find(r.Context(), &p.Question, s.asker(r), t)
	return err
}

// atHand fills in what is shown before anything is asked. While the database is
// away the page goes without: questions are answered all the same.
func (s *server) atHand(r *http.Request, p *suggestPage) error {
	err := s.readAtHand(r.Context(), s.asker(r), p)
	if err != nil && r.Context().Err() == nil {
		s.o.Log.WarnContext(r.Context(), "page without recent questions and pins", "error", err)
		p.Found.Away = true
		return nil
	}
	return err
}

func (s *server) readAtHand(ctx context.Context, who asker, p *suggestPage) (err error) {
	if p.Choices, err = s.o.Library.Choices(ctx); err != nil || who.Person == "" {
		return err
	}
	if p.Recent, err = s.o.Library.RecentAsks(ctx, who.Person, recentShown); err != nil {
		return err
	}
	p.Pinned, err = s.pinned(ctx, who)
	return err
}

// question reads what was typed or pasted.
func (in *values) question(name string) string {
	text := in.text(name)
	if len(text) > maxQuestion {
		in.bad = append(in.bad, parameter{Name: name, Allowed: []string{"up to " + strconv.Itoa(maxQuestion) + " bytes"}})
		return ""
	}
	return text
}

// Product is the chosen product.
func (p *suggestPage) Product() string {
	if len(p.Question.Query.Products) == 0 {
		return ""
	}
	return p.Question.Query.Products[0]
}

// Languages are those that answers can be asked for in.
func (p *suggestPage) Languages() []string { return []string{"zh", "en"} }

// CustomerTypes are what a customer can be.
func (p *suggestPage) CustomerTypes() []string { return transcript.CustomerTypes }

// Stages are those that scripts are for; none where there are no scripts.
func (p *suggestPage) Stages() []knowledge.Stage {
	if !p.Choices.Scripts && p.Question.Query.Stage == "" {
		return nil
	}
	return knowledge.Stages
}

// Pasted reports whether the question comes from a chat.
func (p *suggestPage) Pasted() bool { return p.Question.Made == knowledge.AskPasted }

// Again is the address that asks a question again, with the chosen filters.
func (p *suggestPage) Again(text string) string {
	q := p.filters()
	q.Set("q", text)
	return address("/suggest", q)
}

// Here is this page's address, to come back to.
func (p *suggestPage) Here() string {
	if len(p.Question.Raw) > 2000 {
		return address("/suggest", p.filters())
	}
	return p.Again(p.Question.Raw)
}

func (p *suggestPage) filters() url.Values {
	query, q := &p.Question.Query, url.Values{}
	for name, value := range map[string]string{
		"product": p.Product(), "region": query.Region, "customer_type": query.CustomerType,
		"language": query.Language, "stage": string(query.Stage),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// Chosen are the filters as the page shows them when they are folded.
func (p *suggestPage) Chosen() []string {
	var out []string
	query := &p.Question.Query
	for _, value := range []string{p.Product(), query.Region} {
		if value != "" {
			out = append(out, value)
		}
	}
	if query.CustomerType != "" {
		out = append(out, p.T("customer."+query.CustomerType))
	}
	if query.Language != "" {
		out = append(out, p.Known("language", query.Language))
	}
	return out
}

// hitView is a suggestion with the page that it stands on.
type hitView struct {
	*suggestPage
	Hit    hit
	Number int // the key that chooses it, from 1
	Ask    knowledge.AskID
}

// With puts the i-th suggestion on the page.
func (p *suggestPage) With(i int, h hit) hitView { return hitView{p, h, i + 1, p.Found.Ask} }

// Grades are what one may think of it.
func (hitView) Grades() []gradeKey {
	return []gradeKey{{knowledge.Helpful, "h"}, {knowledge.Partly, "p"}, {knowledge.Wrong, "w"}, {knowledge.Outdated, "o"}}
}

// gradeKey is a grade with its key.
type gradeKey struct {
	Grade knowledge.Grade
	Key   string
}

// Whole reports whether there is more of the answer, or of its form, than what is shown anyway.
func (v hitView) Whole() bool { return strings.TrimSpace(v.Hit.Answer) != v.Hit.Passage }

// Offered are the values of a list to choose from; one that is chosen is among them
// even when no solution has it any more.
func (p *suggestPage) Offered(list []string, chosen string) []string {
	if chosen == "" || slices.Contains(list, chosen) {
		return list
	}
	return append([]string{chosen}, list...)
}

// Unfiltered is the address that asks again without filters.
func (p *suggestPage) Unfiltered() string {
	return address("/suggest", url.Values{"q": {p.Question.Raw}})
}
