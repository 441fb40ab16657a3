package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"assay/jobs"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// receipt is what becomes of turns, as the API writes it.
type receipt struct {
	SessionID string `json:"session_id"`
	Turns     int    `json:"turns"`      // how many there are: the place of the next one
	LastEvent int64  `json:"last_event"` // what readers have been told by then
	Added     int    `json:"added"`
	Replaced  int    `json:"replaced"`
}

// apiLiveTurns adds turns to a running session.
func (s *server) apiLiveTurns(w http.ResponseWriter, r *http.Request) error {
	id, a, err := s.addition(w, r)
	if err != nil {
		return err
	}
	got, err := s.o.Live.Append(r.Context(), id, a)
	if err != nil {
		return err
	}
	return writeJSON(w, receipt{string(id), got.Turns, got.Events, got.Added, got.Replaced})
}

// endedSession is what a session became, as the API writes it.
type endedSession struct {
	SessionID string            `json:"session_id"`
	Key       *store.SessionKey `json:"key"` // null: it had no turns, and is forgotten
	Turns     int               `json:"turns"`
	URL       string            `json:"url,omitempty"`
}

// apiLiveEnd ends a running session.
func (s *server) apiLiveEnd(w http.ResponseWriter, r *http.Request) error {
	id, a, err := s.addition(w, r)
	if err != nil {
		return err
	}
	row, err := s.o.Live.End(r.Context(), id, a, jobs.LiveEndAsked)
	if err != nil {
		return err
	}
	out := endedSession{SessionID: string(id), Key: row.Session, Turns: row.Turns}
	if row.Session != nil {
		out.URL = sessionURL(*row.Session)
	}
	return writeJSON(w, out)
}

func sessionURL(key store.SessionKey) string { return fmt.Sprintf("/sessions/%d", key) }

// addition reads the body of a request that adds to a session.
func (s *server) addition(w http.ResponseWriter, r *http.Request) (transcript.SessionID, *transcript.Addition, error) {
	id := transcript.SessionID(r.PathValue("id"))
	limits := s.o.Live.Limits()
	most := limits.LineBytes
	if most <= 0 {
		most = transcript.DefaultLimits().LineBytes
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(most)))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return id, nil, fmt.Errorf("%w: more than %d bytes (setting max-line-bytes)", errTooLarge, most)
	}
	if err != nil {
		return id, nil, fmt.Errorf("%w: %w", errUnsent, err)
	}
	a, err := transcript.ReadAddition(body, id, limits)
	return id, a, err
}
