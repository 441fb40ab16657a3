package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/knowledge"
	"assay/pipeline/transcript"
)

// suggestions is the answer to a question.
type suggestions struct {
	Ask         *knowledge.AskID `json:"ask"`   // names the question in what follows; null: it was not written down
	Query       string           `json:"query"` // what was searched: of a chat the last question
	Context     int              `json:"context"`
	Suggestions []hit            `json:"suggestions"`
	Source      knowledge.Source `json:"source,omitempty"` // "" is that nothing was searched
	// Degraded says that the database is away: sources are not known.
	Degraded bool `json:"degraded,omitempty"`
}

// apiSuggest answers while a question is typed; it is not written down.
func (s *server) apiSuggest(w http.ResponseWriter, r *http.Request) error {
	in := values{q: r.URL.Query()}
	q := question{Raw: in.question("q")}
	in.filters(&q.Query)
	if err := in.bad.or(); err != nil {
		return err
	}
	return s.writeSuggestions(w, r, &q, nil)
}

// asking is a question as programs send it.
type asking struct {
	Text         string          `json:"text"`
	Turns        []askingTurn    `json:"turns"`
	Language     string          `json:"language"`
	Products     []string        `json:"products"`
	Region       string          `json:"region"`
	CustomerType string          `json:"customer_type"`
	Stage        string          `json:"stage"`
	Limit        *int            `json:"limit"`
	Refines      knowledge.AskID `json:"refines"`
	// Typing says that the question may go on: it is answered and not written down.
	Typing bool `json:"typing"`
}

type askingTurn struct {
	Speaker string `json:"speaker"`
	Text    string `json:"text"`
}

// apiAsk answers a question, and writes it down unless it is still being typed.
func (s *server) apiAsk(w http.ResponseWriter, r *http.Request) error {
	var ask asking
	if err := readObject(w, r, &ask, `{"text": "…", "turns": [{"speaker": "customer", "text": "…"}]}`); err != nil {
		return err
	}
	q, turns, err := ask.question()
	if err != nil {
		return err
	}
	return s.writeSuggestions(w, r, &q, turns)
}

// question checks what a program asks.
func (a *asking) question() (question, []knowledge.Said, error) {
	in := values{q: map[string][]string{
		"text": {a.Text}, "language": {a.Language}, "product": a.Products, "region": {a.Region},
		"customer_type": {a.CustomerType}, "stage": {a.Stage},
	}}
	if a.Limit != nil {
		in.q.Set("limit", strconv.Itoa(*a.Limit))
	}
	q := question{Raw: in.question("text"), Asked: !a.Typing, Refines: a.Refines}
	in.filters(&q.Query)
	if len(a.Turns) > maxTurns {
		in.bad = append(in.bad, parameter{Name: "turns", Value: strconv.Itoa(len(a.Turns)), Allowed: []string{"up to " + strconv.Itoa(maxTurns)}})
	}
	said := make([]knowledge.Said, 0, min(len(a.Turns), maxTurns))
	for i, t := range a.Turns[:min(len(a.Turns), maxTurns)] {
		turn := values{q: map[string][]string{"speaker": {t.Speaker}, "text": {t.Text}}}
		speaker := oneOf(&turn, "speaker", transcript.Speakers)
		if speaker == "" && len(turn.bad) == 0 {
			turn.refuse("speaker", texts(transcript.Speakers)...)
		}
		text := turn.text("text")
		for _, bad := range turn.bad {
			bad.Name = fmt.Sprintf("turns[%d].%s", i, bad.Name)
			in.bad = append(in.bad, bad)
		}
		said = append(said, knowledge.Said{Speaker: speaker, Text: text})
	}
	return q, said, in.bad.or()
}

func (s *server) writeSuggestions(w http.ResponseWriter, r *http.Request, q *question, turns []knowledge.Said) error {
	if !s.hasLibrary() {
		return errNoLibrary
	}
	t := startTiming()
	q.read(r.Context(), turns)
	f, err := s.find(r.Context(), q, s.asker(r), t)
	if err != nil {
		return err
	}
	out := suggestions{Query: q.Query.Text, Context: len(q.Query.Context), Suggestions: f.Hits, Source: f.From, Degraded: f.Away}
	if f.Ask != 0 {
		out.Ask = &f.Ask
	}
	t.tell(w.Header())
	return writeJSON(w, out)
}

// using is what was done with a suggestion.
type using struct {
	Ask        knowledge.AskID `json:"ask"`
	SolutionID string          `json:"solution_id"`
	Action     string          `json:"action"`
	Part       string          `json:"part"`
}

// apiUsed writes down what was done with a suggestion.
func (s *server) apiUsed(w http.ResponseWriter, r *http.Request) error {
	var u using
	if err := readObject(w, r, &u, `{"ask": 1, "solution_id": "…", "action": "copied", "part": "short_reply"}`); err != nil {
		return err
	}
	in := values{q: map[string][]string{"solution_id": {u.SolutionID}, "action": {u.Action}, "part": {u.Part}}}
	use := knowledge.Use{
		Ask: u.Ask, SolutionID: in.required("solution_id"), Person: s.asker(r).Person,
		Action: oneOf(&in, "action", knowledge.UseActions), Part: oneOf(&in, "part", knowledge.UseParts),
	}
	if use.Action == "" && u.Action == "" {
		in.refuse("action", texts(knowledge.UseActions)...)
	}
	if (use.Part == "") != (use.Action == knowledge.UseOpened) && len(in.bad) == 0 {
		in.refuse("part", append(texts(knowledge.UseParts), "none with opened")...)
	}
	if err := in.bad.or(); err != nil {
		return err
	}
	if s.o.Library == nil {
		return errNoLibrary
	}
	if err := s.o.Library.SaveUse(r.Context(), use); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// required reads a text that must not be empty.
func (in *values) required(name string) string {
	text := in.text(name)
	if strings.TrimSpace(text) == "" || utf8.RuneCountInString(text) > longestName {
		in.refuse(name, fmt.Sprintf("a text of up to %d characters", longestName))
	}
	return text
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// readObject reads one JSON object of known keys. Its error says how it should look.
func readObject(w http.ResponseWriter, r *http.Request, into any, form string) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return badParameters{{Name: "Content-Type", Value: r.Header.Get("Content-Type"), Allowed: []string{"application/json"}}}
	}
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestAsking))
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil {
		return badParameters{{Name: "body", Value: err.Error(), Allowed: []string{form}}}
	}
	if _, err := in.Token(); err != io.EOF {
		return badParameters{{Name: "body", Allowed: []string{"one JSON object"}}}
	}
	return nil
}

// pinned are the solutions that a reader has at hand.
func (s *server) pinned(ctx context.Context, who asker) ([]hit, error) {
	ids, err := s.o.Library.Pins(ctx, who.Person)
	if err != nil {
		return nil, err
	}
	cards, err := s.o.Library.Cards(ctx, ids, who.Person)
	if err != nil {
		return nil, err
	}
	hits := make([]hit, 0, len(ids))
	for _, id := range ids {
		if card, ok := cards[id]; ok {
			hits = append(hits, s.hit(&card, "", who))
		}
	}
	return hits, nil
}
