package web

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// liveView shows a running session to one reader: with tags in the place of what
// the reader's role may not see, and in the reader's language.
type liveView struct {
	s      *server
	reader *jobs.LiveReader
	rules  redact.Rules
	page   *page // for texts
	who    asker
	shown  []redact.Text
}

// follow opens a session for a reader, from behind an event. An agent is shown no
// session but the agent's own.
func (s *server) follow(ctx context.Context, id string, after int64, p *page, who asker) (*liveView, error) {
	r, err := s.o.Live.Read(ctx, transcript.SessionID(id), after)
	if err != nil {
		return nil, err
	}
	if row := r.Row(); !p.Reader.may(Reviewer) && row.AgentID != p.Reader.name {
		r.Close()
		return nil, errNotAllowed
	}
	return &liveView{s: s, reader: r, rules: s.rules(p.Reader), page: p, who: who}, nil
}

// next returns what is told next, shown. Errors are those of jobs.LiveReader.
func (v *liveView) next(ctx context.Context, while time.Duration) ([]liveEvent, error) {
	told, err := v.reader.Next(ctx, while)
	if err != nil {
		return nil, err
	}
	return v.show(ctx, told)
}

// show shows what is told.
func (v *liveView) show(ctx context.Context, told []store.LiveTold) (out []liveEvent, err error) {
	v.shown = nil // what was said changes what is hidden elsewhere
	out = make([]liveEvent, len(told))
	for i, t := range told {
		if out[i], err = v.event(ctx, t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// liveEvent is an event as it is shown.
type liveEvent struct {
	Seq     int64
	Kind    string
	Content any // one of the types below
}

// liveTurn is a turn as a reader sees it.
type liveTurn struct {
	Turn    int                `json:"turn"`
	Speaker transcript.Speaker `json:"speaker"`
	Text    string             `json:"text"`
	Final   bool               `json:"final"`
	Kind    transcript.Kind    `json:"kind,omitempty"`
	Clock   string             `json:"clock,omitempty"` // when it began: minutes and seconds from the beginning, or the time of day
}

// Number is the turn's number for people, from 1.
func (t liveTurn) Number() int { return t.Turn + 1 }

// liveAsked are suggestions with what was asked.
type liveAsked struct {
	jobs.LiveSuggestions
	Suggestions []liveHit `json:"suggestions"`
	Question    string    `json:"question"`
}

// liveHit is a suggestion with what agents need to know to trust it; as long as the
// database is away, and of a solution that is no longer there, without.
type liveHit struct {
	jobs.LiveSuggestion
	ShortReply string            `json:"short_reply,omitempty"`
	Reply      string            `json:"reply"`          // what one key copies
	ReplyPart  knowledge.UsePart `json:"reply_part"`     // what Reply is
	Note       string            `json:"note,omitempty"` // for agents only
	Revision   int               `json:"revision,omitempty"`
	ReviewedOn string            `json:"reviewed_on,omitempty"`
	ValidUntil string            `json:"valid_until,omitempty"`
	Stale      bool              `json:"stale"`
	Grade      knowledge.Grade   `json:"grade,omitempty"` // the reader's
}

// liveWarning is a warning with its words.
type liveWarning struct {
	Of        jobs.LiveWarningOf    `json:"of"`
	Label     pipeline.Label        `json:"label,omitempty"`
	Criterion string                `json:"criterion,omitempty"`
	Severity  pipeline.FlagSeverity `json:"severity"`
	Title     string                `json:"title"`
	Advice    string                `json:"advice,omitempty"`
	Evidence  []liveQuote           `json:"evidence"`
}

// liveQuote is a place in a turn as it is shown, and what stands there.
type liveQuote struct {
	Turn  int    `json:"turn"`
	Start int    `json:"start"` // bytes of the text that the reader is shown
	End   int    `json:"end"`
	Quote string `json:"quote"`
}

// Number is the turn's number for people, from 1.
func (q liveQuote) Number() int { return q.Turn + 1 }

// liveClock is a clock, with the server's time to count from.
type liveClock struct {
	jobs.LiveClock
	Now time.Time `json:"now"`
}

// liveEnded says what the session became.
type liveEnded struct {
	jobs.LiveEnded
	URL string `json:"url"`
}

// event shows what is told.
func (v *liveView) event(ctx context.Context, t store.LiveTold) (liveEvent, error) {
	e := liveEvent{Seq: t.Seq, Kind: t.Kind}
	var err error
	switch t.Kind {
	case jobs.LiveTurnKind:
		e.Content, err = content(t, func(c jobs.LiveSaid) any { return v.turn(c.Turn) })
	case jobs.LiveSuggestionsKind:
		e.Content, err = content(t, func(c jobs.LiveSuggestions) any { return v.asked(ctx, c) })
	case jobs.LiveWarningKind:
		var w jobs.LiveWarning
		if err = json.Unmarshal([]byte(t.Content), &w); err == nil {
			e.Content, err = v.warning(ctx, w)
		}
	case jobs.LiveClockKind:
		e.Content, err = content(t, func(c jobs.LiveClock) any { return liveClock{c, time.Now().UTC()} })
	case jobs.LiveEndedKind:
		e.Content, err = content(t, func(c jobs.LiveEnded) any { return liveEnded{c, sessionURL(c.Session)} })
	default:
		err = fmt.Errorf("unknown kind %q", t.Kind)
	}
	if err != nil {
		return e, fmt.Errorf("event %d of a live session: %w", t.Seq, err)
	}
	return e, nil
}

// content reads an event's content, and shows it.
func content[T any](t store.LiveTold, show func(T) any) (any, error) {
	var c T
	if err := json.Unmarshal([]byte(t.Content), &c); err != nil {
		return nil, err
	}
	return show(c), nil
}

// text is what is shown of a turn; nothing of one that is not there.
func (v *liveView) text(turn int) *redact.Text {
	said := v.reader.Session().Turns
	if len(v.rules.Types) == 0 && turn >= 0 && turn < len(said) {
		return &redact.Text{Original: said[turn].Text, Text: said[turn].Text}
	}
	if v.shown == nil {
		v.shown = v.rules.Session(v.reader.Session()).Turns
	}
	if turn < 0 || turn >= len(v.shown) {
		return &redact.Text{}
	}
	return &v.shown[turn]
}

func (v *liveView) turn(i int) liveTurn {
	s := v.reader.Session()
	if i >= len(s.Turns) {
		return liveTurn{Turn: i, Speaker: transcript.System}
	}
	t := &s.Turns[i]
	return liveTurn{Turn: i, Speaker: t.Speaker, Text: v.text(i).Text, Final: v.reader.Final(i), Kind: t.Kind, Clock: clockOf(s, i, v.page.zone)}
}

// clockOf is when a turn began.
func clockOf(s *transcript.Session, i int, zone *time.Location) string {
	if at := s.Turns[i].At; !at.IsZero() {
		return at.In(zone).Format(time.TimeOnly)
	}
	start, ok := s.Start(i)
	if !ok {
		return ""
	}
	return clock(start)
}

// asked shows suggestions as they can be said to a customer, without their Markdown,
// and with what the library says of them now. What was taken back, or has expired,
// since they were told is left out.
func (v *liveView) asked(ctx context.Context, c jobs.LiveSuggestions) liveAsked {
	out := liveAsked{LiveSuggestions: c, Suggestions: make([]liveHit, 0, len(c.Suggestions)), Question: v.question(c.Turns)}
	ids := make([]string, len(c.Suggestions))
	for i, told := range c.Suggestions {
		ids[i] = told.SolutionID
	}
	cards, known := v.cards(ctx, ids)
	for _, told := range c.Suggestions {
		card, ok := cards[told.SolutionID]
		switch {
		case !known:
			card.Solution = knowledge.Solution{ID: told.SolutionID, Title: told.Title, Answer: told.Answer}
		case !ok || !card.IsPublished() || !card.ValidAt(time.Now()):
			continue
		}
		out.Suggestions = append(out.Suggestions, v.hit(told, &card))
	}
	return out
}

// hit shows a suggestion with what is known of its solution.
func (v *liveView) hit(told jobs.LiveSuggestion, card *knowledge.Card) liveHit {
	told.Answer = knowledge.PlainText(told.Answer)
	h := v.s.hit(card, told.Passage, v.who)
	return liveHit{told, h.ShortReply, h.Reply, h.ReplyPart, h.Note, h.Revision, h.ReviewedOn, h.ValidUntil, h.Stale, h.Grade}
}

// cards are what the library says of solutions; while the database is away, that is
// not known: the suggestions are told all the same.
func (v *liveView) cards(ctx context.Context, ids []string) (cards map[string]knowledge.Card, known bool) {
	if v.s.o.Library == nil || len(ids) == 0 {
		return nil, false
	}
	cards, err := v.s.o.Library.Cards(ctx, ids, v.who.Person)
	if err != nil {
		v.s.o.Log.WarnContext(ctx, "live suggestions without their sources", "error", err)
	}
	return cards, err == nil
}

// question is what is shown of the turns that ask.
func (v *liveView) question(turns []int) string {
	parts := make([]string, len(turns))
	for i, t := range turns {
		parts[i] = v.text(t).Text
	}
	return strings.Join(parts, " ")
}

func (v *liveView) warning(ctx context.Context, w jobs.LiveWarning) (liveWarning, error) {
	out := liveWarning{Of: w.Of, Label: w.Label, Criterion: w.Criterion, Severity: w.Severity, Title: w.Criterion, Evidence: []liveQuote{}}
	if w.Of == jobs.LiveTone {
		out.Title = v.page.T("label." + string(w.Label))
	}
	if w.Scorecard != nil {
		card, err := v.s.cards.of(ctx, *w.Scorecard)
		if err != nil {
			return out, err
		}
		for _, c := range card.Criteria() {
			if c.ID == w.Criterion {
				out.Title, out.Advice = c.Name.In(v.page.Lang), c.Advice.In(v.page.Lang)
			}
		}
	}
	for _, at := range w.Evidence {
		text := v.text(at.Turn)
		start, end := text.FromOriginal(at.Start, at.End)
		out.Evidence = append(out.Evidence, liveQuote{at.Turn, start, end, text.Text[start:end]})
	}
	return out, nil
}
