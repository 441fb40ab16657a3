package web

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"assay/pipeline"
	"assay/pipeline/store"
)

//go:embed openapi.json
var description []byte

// flagged is a session of the queue as the API writes it.
type flagged struct {
	Key       store.SessionKey `json:"key"`
	SessionID string           `json:"session_id"`
	Channel   string           `json:"channel"`
	Language  string           `json:"language,omitempty"`
	StartedAt *time.Time       `json:"started_at"`
	Day       string           `json:"day"`
	Agent     flaggedAgent     `json:"agent"`
	Scorecard string           `json:"scorecard"`
	Result    pipeline.Result  `json:"result"`
	Score     *float64         `json:"score"`
	NotMet    []string         `json:"not_met"`
	Flags     []pipeline.Flag  `json:"flags"`
}

type flaggedAgent struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Team string `json:"team,omitempty"`
}

// flaggedList is one stretch of the queue.
type flaggedList struct {
	Total    int       `json:"total"`
	Offset   int       `json:"offset"`
	Sessions []flagged `json:"sessions"`
}

func (s *server) apiFlags(w http.ResponseWriter, r *http.Request) error {
	who := s.reader(r)
	f, err := filterOf(r.URL.Query(), who)
	if err != nil {
		return err
	}
	in := values{q: r.URL.Query()}
	f.Limit = in.number("limit", 1, 500, pageSize)
	f.Offset = in.number("offset", 0, 1_000_000_000, 0)
	if err := in.bad.or(); err != nil {
		return err
	}
	queued, err := s.o.Store.Queue(r.Context(), f)
	if err != nil {
		return err
	}
	list := flaggedList{Offset: f.Offset, Sessions: make([]flagged, len(queued))}
	for i, q := range queued {
		list.Total = q.Total
		if list.Sessions[i], err = s.flagged(q, who); err != nil {
			return err
		}
	}
	return writeJSON(w, list)
}

func (s *server) flagged(q store.Queued, who reader) (flagged, error) {
	flags, err := q.OpenFlags()
	f := flagged{
		Key: q.Session, SessionID: q.SourceID, Channel: q.Channel, Language: q.Language, Day: dayText(q.Day),
		Agent:     flaggedAgent{q.AgentID, s.agentName(who, q.AgentName), q.Team},
		Scorecard: q.Scorecard, Result: q.Result, Score: q.Score, NotMet: q.NotMet, Flags: flags,
	}
	if q.StartedAt != nil {
		f.StartedAt = new(q.StartedAt.In(s.o.Zone))
	}
	return f, err
}

// apiVerdict answers with the verdict: the stored bytes, but for personal data that
// is hidden from the reader.
func (s *server) apiVerdict(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("reveal") {
		return errRevealByGet
	}
	key, err := sessionKey(r)
	if err != nil {
		return err
	}
	who := s.reader(r)
	view, said, v, err := s.stored(r.Context(), key, who)
	switch {
	case err != nil:
		return err
	case v == nil && view.FailureReason != nil:
		return fmt.Errorf("session %d: %w: inspection failed: %s", key, errNotInspected, *view.FailureReason)
	case v == nil:
		return fmt.Errorf("session %d: %w", key, errNotInspected)
	}
	body, err := s.verdictFor(who, view, said, v, revealed{})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return write(w, body)
}

func (s *server) apiDescription(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	return write(w, s.described)
}

// health says that the process answers.
func (s *server) health(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, map[string]string{"status": "ok"})
}

// ready says whether requests can be served now.
func (s *server) ready(w http.ResponseWriter, r *http.Request) error {
	if s.o.Ready != nil {
		if err := s.o.Ready(r.Context()); err != nil {
			return fmt.Errorf("%w: %w", errNotReady, err)
		}
	}
	status := map[string]string{"status": "ok"}
	if s.o.Index != nil { // PostgreSQL answers where the index cannot, so that this is never a reason
		status["index"] = string(s.o.Index.Status().State)
	}
	return writeJSON(w, status)
}

func (s *server) metrics(w http.ResponseWriter, r *http.Request) error {
	s.o.Metrics.ServeHTTP(w, r)
	return nil
}

func writeJSON(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	return write(w, append(b, '\n'))
}
