package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"assay/knowledge"
)

// maxSuggestions bounds what one search may ask for.
const maxSuggestions = 20

// suggestPage is the search for agents.
type suggestPage struct {
	page
	Query   string
	Library bool // whether there is one
	Hits    []hit
}

// hit is a suggestion with the whole of its solution's answer.
type hit struct {
	SolutionID string  `json:"solution_id"`
	Title      string  `json:"title"`
	Score      float64 `json:"score"` // 0–1
	Passage    string  `json:"passage"`
	Answer     string  `json:"answer"`
}

func (s *server) suggest(w http.ResponseWriter, r *http.Request) error {
	p := suggestPage{page: s.page(w, r, "suggest", "suggest.js"), Library: s.hasLibrary()}
	p.Title = p.T("suggest.title")
	q, err := questionOf(r.URL.Query())
	if err != nil {
		return err
	}
	p.Query = q.Text
	if p.Library {
		if p.Hits, err = s.hits(r.Context(), q); err != nil {
			return err
		}
	}
	return s.render(w, "suggest", http.StatusOK, &p)
}

// questionOf reads a question from query parameters. Its error is badParameters.
func questionOf(q url.Values) (knowledge.Query, error) {
	in := values{q: q}
	return knowledge.Query{
		Text: strings.TrimSpace(q.Get("q")), Language: q.Get("language"), Products: q["product"],
		Limit: in.number("limit", 1, maxSuggestions, 5),
	}, in.bad.or()
}

// hits answers a question; an empty one has no answers.
func (s *server) hits(ctx context.Context, q knowledge.Query) ([]hit, error) {
	if q.Text == "" {
		return []hit{}, nil
	}
	found, err := s.o.Index.Suggest(ctx, q)
	if err != nil {
		return nil, err
	}
	hits := make([]hit, 0, len(found))
	for _, f := range found {
		solution, err := s.o.Library.Solution(ctx, f.SolutionID)
		if errors.Is(err, knowledge.ErrNotFound) { // taken out since the index was refreshed
			continue
		}
		if err != nil {
			return nil, err
		}
		hits = append(hits, hit{f.SolutionID, f.Title, f.Score, f.Passage, solution.Answer})
	}
	return hits, nil
}

// hasLibrary reports whether there is anything to suggest.
func (s *server) hasLibrary() bool { return s.o.Index != nil && s.o.Index.Len() > 0 }

// hitView is a suggestion with the page that it stands on.
type hitView struct {
	*page
	Hit hit
}

// With puts a suggestion on the page.
func (p *suggestPage) With(h hit) hitView { return hitView{&p.page, h} }

// Blank is what the script fills in for each suggestion.
func (p *suggestPage) Blank() hitView { return hitView{page: &p.page} }
