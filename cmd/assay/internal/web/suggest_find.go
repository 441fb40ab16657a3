package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/transcript"
)

const (
	// maxSuggestions bounds what one search may ask for.
	maxSuggestions = 20
	// usualSuggestions are what a search answers with when it does not say.
	usualSuggestions = 5
	// maxQuestion is how long a question or a pasted chat may be, in bytes.
	maxQuestion = 100_000
	// maxTurns is how many turns a program may send with a question.
	maxTurns = 500
)

// question is what somebody asks the library, as it came in.
type question struct {
	Raw   string // as it was typed or pasted
	Query knowledge.Query
	Made  knowledge.AskMade
	// Asked says that it is to be written down: it is a question, and no part of one
	// that is being typed.
	Asked   bool
	Refines knowledge.AskID
}

// read finds the question in what was typed or pasted, or in the turns.
func (q *question) read(ctx context.Context, turns []knowledge.Said) {
	q.Raw = strings.TrimSpace(q.Raw)
	q.Query.Text, q.Query.Context, q.Made = knowledge.HearQuestion(ctx, q.Raw, turns)
}

// confidence is a score in words, from a closed list.
type confidence string

const (
	veryLikely confidence = "very_likely" // 0.85 and more
	likely     confidence = "likely"      // 0.65 and more
	possible   confidence = "possible"
)

var confidences = []confidence{veryLikely, likely, possible}

func confidenceOf(score float64) confidence {
	switch {
	case score >= 0.85:
		return veryLikely
	case score >= 0.65:
		return likely
	}
	return possible
}

// hit is a suggestion with what agents need to know to trust it.
type hit struct {
	SolutionID   string            `json:"solution_id"`
	Title        string            `json:"title"`
	Score        float64           `json:"score"` // 0–1
	Confidence   confidence        `json:"confidence"`
	Passage      string            `json:"passage"` // of the answer, without its Markdown
	Parts        []passagePart     `json:"passage_parts"`
	Answer       string            `json:"answer"`      // Markdown
	AnswerHTML   template.HTML     `json:"answer_html"` // of the answer, safe
	ShortReply   string            `json:"short_reply,omitempty"`
	Reply        string            `json:"reply"`          // what one key copies, without Markdown
	ReplyPart    knowledge.UsePart `json:"reply_part"`     // what Reply is
	Note         string            `json:"note,omitempty"` // for agents only
	Tags         []string          `json:"tags,omitempty"`
	Product      string            `json:"product,omitempty"`
	Region       string            `json:"region,omitempty"`
	CustomerType string            `json:"customer_type,omitempty"`
	Language     string            `json:"language,omitempty"`
	Stage        knowledge.Stage   `json:"stage,omitempty"`
	Owner        string            `json:"owner,omitempty"`
	Revision     int               `json:"revision,omitempty"`
	ReviewedOn   string            `json:"reviewed_on,omitempty"` // a day, on which somebody found it right; "" is never
	ValidUntil   string            `json:"valid_until,omitempty"` // the last day
	Stale        bool              `json:"stale"`
	Grade        knowledge.Grade   `json:"grade,omitempty"` // the reader's
	Pinned       bool              `json:"pinned"`
}

// passagePart is a stretch of a passage.
type passagePart struct {
	Text string `json:"text"`
	Mark bool   `json:"mark,omitempty"` // words of the question
}

// reply is what one key copies of a solution, and which part of it that is: the
// short reply, else the passage that answers, else all.
func reply(c *knowledge.Card, passage string) (string, knowledge.UsePart) {
	switch {
	case c.ShortReply != "":
		return c.ShortReply, knowledge.PartShortReply
	case passage != "":
		return passage, knowledge.PartPassage
	}
	return knowledge.PlainText(c.Answer), knowledge.PartAnswer
}

// found is the answer to a question.
type found struct {
	Ask  knowledge.AskID // 0: it was not written down
	Hits []hit
	From knowledge.Source // "": nothing was searched
	Away bool             // the database is, so that sources are not known
}

// Plain reports whether PostgreSQL's own search answered.
func (f found) Plain() bool { return f.From == knowledge.FromPostgreSQL }

// asker is who asks, and what of the library the asker may see.
type asker struct {
	Person string // "" where nothing says
	Notes  bool   // may see internal notes
}

// asker tells who sends a request. Programs see internal notes only with a token
// that may read the library.
func (s *server) asker(r *http.Request) asker {
	if secret, given := s.bearer(r); given && isAPI(r) {
		t := s.tokens.find(secret)
		return asker{s.reader(r).name, t != nil && holds(t, ScopeLibraryRead)}
	}
	if s.nameless() {
		return asker{Notes: true}
	}
	return asker{s.reader(r).name, true}
}

// find answers a question, and writes it down where it was asked. The time that
// each step took is added to t.
func (s *server) find(ctx context.Context, q *question, who asker, t *timing) (found, error) {
	if q.Query.Text == "" {
		return s.scripts(ctx, q, who)
	}
	list, from, err := s.o.Index.SuggestFrom(ctx, q.Query)
	if err != nil {
		return found{}, err
	}
	t.step("search")
	f, err := s.dress(ctx, list, q.Query.Text, who)
	if err != nil {
		return found{}, err
	}
	f.From = from
	t.step("library")
	if q.Asked && !f.Away {
		f.Ask = s.saveAsk(ctx, q, who, f.Hits)
		t.step("ask")
	}
	return f, nil
}

// scripts are those of the chosen stage, while nothing is asked.
func (s *server) scripts(ctx context.Context, q *question, who asker) (found, error) {
	if q.Query.Stage == "" {
		return found{Hits: []hit{}}, nil
	}
	cards, err := s.o.Library.Scripts(ctx, q.Query, who.Person, maxSuggestions)
	if err != nil {
		if ctx.Err() != nil {
			return found{}, err
		}
		s.o.Log.WarnContext(ctx, "no scripts without the database", "error", err)
		return found{Hits: []hit{}, Away: true}, nil
	}
	f := found{Hits: make([]hit, len(cards))}
	for i := range cards {
		f.Hits[i] = s.hit(&cards[i], "", who)
	}
	return f, nil
}

// dress adds to suggestions what the library says of their solutions. What was
// taken back since the index was refreshed is left out. When the database is away,
// the suggestions go without.
func (s *server) dress(ctx context.Context, list []pipeline.Suggestion, text string, who asker) (found, error) {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].SolutionID
	}
	f := found{Hits: make([]hit, 0, len(list))}
	cards, err := s.o.Library.Cards(ctx, ids, who.Person)
	if err != nil {
		if ctx.Err() != nil {
			return found{}, err
		}
		s.o.Log.WarnContext(ctx, "suggestions without their sources", "error", err)
		f.Away = true
	}
	for i := range list {
		card, ok := cards[list[i].SolutionID]
		switch {
		case f.Away:
			card.Solution = knowledge.Solution{ID: list[i].SolutionID, Title: list[i].Title, Answer: list[i].Answer, Tags: list[i].Tags}
		case !ok || !card.IsPublished() || !card.ValidAt(time.Now()):
			continue
		}
		h := s.hit(&card, list[i].Passage, who)
		h.Score, h.Confidence = list[i].Score, confidenceOf(list[i].Score)
		h.Parts = parts(h.Passage, s.marker.Matched(text, h.Passage))
		f.Hits = append(f.Hits, h)
	}
	return f, nil
}

// hit shows a solution to a reader, with the passage that answers the question; ""
// where nothing was asked.
func (s *server) hit(c *knowledge.Card, passage string, who asker) hit {
	h := hit{
		SolutionID: c.ID, Title: cmp.Or(c.Title, c.ID), Answer: c.Answer, AnswerHTML: knowledge.HTML(c.Answer),
		ShortReply: c.ShortReply, Tags: c.Tags, Product: c.Product, Region: c.Region, CustomerType: c.CustomerType,
		Language: c.Language, Stage: c.Stage, Owner: c.Owner, Revision: c.Revision,
		Passage: passage, Grade: c.Grade, Pinned: c.Pinned,
	}
	h.Reply, h.ReplyPart = reply(c, passage)
	if who.Notes {
		h.Note = c.Note
	}
	if c.Revision > 0 {
		if !c.ReviewedAt.IsZero() {
			h.ReviewedOn = dayText(c.ReviewedAt.In(s.o.Zone))
		}
		h.Stale = c.StaleAt(s.now(), s.o.StaleAfter)
	}
	if !c.ValidTo.IsZero() {
		h.ValidUntil = s.lastDay(c.ValidTo)
	}
	return h
}

// lastDay is the last day on which there is a moment before t. Days of files end at
// midnight of the zone that they were read in, which is the pages' own.
func (s *server) lastDay(t time.Time) string { return dayText(t.Add(-time.Nanosecond).In(s.o.Zone)) }

// parts cuts a passage at the places that match.
func parts(passage string, matched []knowledge.Matched) []passagePart {
	out := []passagePart{}
	end := 0
	for _, m := range matched {
		if m.Start > end {
			out = append(out, passagePart{Text: passage[end:m.Start]})
		}
		out = append(out, passagePart{passage[m.Start:m.End], true})
		end = m.End
	}
	if end < len(passage) {
		out = append(out, passagePart{Text: passage[end:]})
	}
	return out
}

// saveAsk writes a question down, personal data replaced. That nobody can write it
// down is no reason not to answer it.
func (s *server) saveAsk(ctx context.Context, q *question, who asker, hits []hit) knowledge.AskID {
	ask := knowledge.Ask{Person: who.Person, Made: q.Made, Query: q.Query, IndexVersion: s.o.Index.Version(), Refines: q.Refines}
	ask.Query.Text = s.storable(q.Query.Text)
	for _, h := range hits {
		ask.Shown = append(ask.Shown, knowledge.Shown{SolutionID: h.SolutionID, Revision: h.Revision, Score: h.Score})
	}
	id, err := s.o.Library.SaveAsk(ctx, ask)
	if err != nil {
		s.o.Log.WarnContext(ctx, "question not written down", "error", err)
	}
	return id
}

// storable is a text as it is kept: with tags in place of personal data.
func (s *server) storable(text string) string {
	return s.o.Access.Policy.For(redact.Export).Text(text).Text
}

// hasLibrary reports whether there is anything to suggest.
func (s *server) hasLibrary() bool { return s.o.Index != nil && s.o.Index.Len() > 0 }

// timing is what the steps of an answer took.
type timing struct {
	start, last time.Time
	steps       []string
}

func startTiming() *timing {
	now := time.Now()
	return &timing{start: now, last: now}
}

// step ends a step.
func (t *timing) step(name string) {
	now := time.Now()
	t.steps = append(t.steps, fmt.Sprintf("%s;dur=%.1f", name, float64(now.Sub(t.last).Microseconds())/1e3))
	t.last = now
}

// tell writes the header Server-Timing, in milliseconds.
func (t *timing) tell(h http.Header) {
	total := fmt.Sprintf("total;dur=%.1f", float64(time.Since(t.start).Microseconds())/1e3)
	h.Set("Server-Timing", strings.Join(append(t.steps, total), ", "))
}

// filters reads whom a question is for.
func (in *values) filters(q *knowledge.Query) {
	q.Language, q.Region = in.text("language"), in.text("region")
	q.CustomerType = oneOf(in, "customer_type", transcript.CustomerTypes)
	q.Stage = oneOf(in, "stage", knowledge.Stages)
	for _, product := range in.q["product"] {
		if !isText(product) {
			in.refuse("product", "text in UTF-8 without NUL")
		} else if product != "" {
			q.Products = append(q.Products, product)
		}
	}
	q.Limit = in.number("limit", 1, maxSuggestions, usualSuggestions)
}
