package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/classifiers/tone"
	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline/store"
)

// runningLive is what takes and tells running sessions, as one process has it; m may be nil.
func runningLive(t testing.TB, st *store.Store, index *knowledge.Index, m *jobs.Metrics) *jobs.Live {
	t.Helper()
	ear, err := tone.New()
	if err != nil {
		t.Fatal(err)
	}
	client, err := jobs.NewInserter(st)
	if err != nil {
		t.Fatal(err)
	}
	l, err := jobs.NewLive(jobs.LiveOptions{Store: st, Client: client, Tone: ear, Index: index, Log: slog.New(slog.DiscardHandler), Metrics: m, SuggestWithin: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l
}

// add posts an addition, and gives the status and what is answered.
func (s *site) add(path, body string, headers ...string) (int, map[string]any) {
	s.t.Helper()
	a := s.send(http.MethodPost, path, body, headers...)
	out := map[string]any{}
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		s.t.Fatalf("%s: %q: %v", path, a.body, err)
	}
	return a.status, out
}

// say adds turns to a running session, which must be taken.
func (s *site) say(id, body string) map[string]any {
	s.t.Helper()
	status, got := s.add("/api/v1/sessions/"+url.PathEscape(id)+"/turns", body)
	if status != http.StatusOK {
		s.t.Fatalf("turns: status %d, %v", status, got)
	}
	return got
}

// sse is one server-sent event.
type sse struct{ ID, Kind, Data string }

// line is an open stream of events.
type line struct {
	t      testing.TB
	answer *http.Response
	read   *bufio.Reader
	cancel context.CancelFunc
}

// listen opens a stream from behind an event.
func (s *site) listen(id, after string, headers ...string) *line {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/v1/sessions/"+url.PathEscape(id)+"/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := s.Client().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	l := &line{s.t, a, bufio.NewReader(a.Body), cancel}
	s.t.Cleanup(l.close)
	return l
}

func (l *line) close() {
	l.cancel()
	l.answer.Body.Close()
}

// next is the next event, or an error when the stream ends. Comments are passed over.
func (l *line) next() (sse, error) {
	var e sse
	for {
		text, err := l.read.ReadString('\n')
		if err != nil {
			return e, err
		}
		key, value, _ := strings.Cut(strings.TrimRight(text, "\n"), ": ")
		switch key {
		case "id":
			e.ID = value
		case "event":
			e.Kind = value
		case "data":
			e.Data = value
		case "":
			if e.ID != "" {
				return e, nil
			}
		}
	}
}

// until reads events until one is of a kind, and returns all.
func (l *line) until(kind string) []sse {
	l.t.Helper()
	var out []sse
	for {
		e, err := l.next()
		if err != nil {
			l.t.Fatalf("no event %q: %v; so far %v", kind, err, out)
		}
		if out = append(out, e); e.Kind == kind {
			return out
		}
	}
}

// told is an event's content.
func (e sse) told(t testing.TB) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal([]byte(e.Data), &out); err != nil {
		t.Fatalf("%q: %v", e.Data, err)
	}
	return out
}

func kindsOf(list []sse) string {
	var out []string
	for _, e := range list {
		out = append(out, fmt.Sprintf("%s %s", e.ID, e.Kind))
	}
	return strings.Join(out, ", ")
}
