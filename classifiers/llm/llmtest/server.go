// Package llmtest is an HTTP server that speaks OpenAI's protocol: chat
// completions, streamed or not, and embeddings. What it answers is scripted, and
// it can fail in all the ways in which endpoints do. It is for tests only.
//
//	server := llmtest.New(t, llmtest.InTurn(
//		llmtest.Answer{Text: `{"answer": "yes"}`},
//		llmtest.Answer{Status: 429, Header: map[string]string{"Retry-After": "7"}},
//		llmtest.Answer{Fault: llmtest.CutBody},
//	))
//	client, err := llm.NewClient(llm.ClientOptions{BaseURL: server.URL, Model: "m"})
//
// The quirks of providers are wrapped around a script:
//
//	server := llmtest.New(t, llmtest.DeepSeek(script))
package llmtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Script is what a server answers. It may be called by several goroutines at once.
type Script func(Request) Answer

// Request is one request as it arrived.
type Request struct {
	Number   int    // from 1
	Path     string // with the query: /v1/chat/completions
	Header   http.Header
	Body     []byte
	Fields   map[string]json.RawMessage // of the body
	Model    string
	Messages []Message
	Format   string // response_format's type: json_schema, json_object; "" without one
	Schema   json.RawMessage
	Stream   bool
	Input    []string // what is to be embedded
}

// Message is one message of a request.
type Message struct{ Role, Content string }

// User is the text of the first message of a user.
func (r Request) User() string { return r.first("user") }

// System is the text of the first system message.
func (r Request) System() string { return r.first("system") }

func (r Request) first(role string) string {
	for _, m := range r.Messages {
		if m.Role == role {
			return m.Content
		}
	}
	return ""
}

// Answer is what the server sends back. The zero value is an answer with an empty text.
type Answer struct {
	Text      string
	Reasoning string // reasoning_content
	Refusal   string
	Finish    string // default stop
	Model     string // default the one that was asked for
	// Usage is what the endpoint counted; nil: estimated from the texts. NoUsage
	// leaves it out.
	Usage   *Usage
	NoUsage bool
	Vectors [][]float32 // for embeddings; default [1, 0] for each text

	Status int               // default 200
	Header map[string]string // further headers, or others
	Body   *string           // instead of all the above, as it is
	// Error is an error's body in OpenAI's form; Status is 400 when it is not given.
	Error *Error

	Fault Fault
	Delay time.Duration // before the first byte
}

// Usage are the tokens that an endpoint counts.
type Usage struct{ Input, Cached, Output, Reasoning int }

// Error is an error as OpenAI writes it.
type Error struct {
	Message, Type string
	Param, Code   any
}

// Fault is a way to fail in the middle of an answer.
type Fault int

// The faults.
const (
	None      Fault = iota
	Hang            // nothing is ever sent
	HangBody        // the head and half of the body are sent, and no more
	CutBody         // the connection breaks after half of the body
	CutHead         // the connection breaks before an answer
	Truncated       // half of the body is sent as if it were all
	Endless         // the answer never ends
)

// Server is a running server.
type Server struct {
	// URL is its base, with the version: http://127.0.0.1:1234/v1.
	URL string

	script Script
	http   *httptest.Server
	done   chan struct{}
	once   sync.Once
	mu     sync.Mutex
	got    []Request
}

// New starts a server that stops with the test.
func New(t testing.TB, script Script) *Server {
	t.Helper()
	s := &Server{script: script, done: make(chan struct{})}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL + "/v1"
	t.Cleanup(s.Close)
	return s
}

// Close stops the server and breaks what it holds; the test's end does so, too.
func (s *Server) Close() {
	s.once.Do(func() { close(s.done) })
	s.http.Close()
}

// Always gives every request the same answer.
func Always(a Answer) Script { return func(Request) Answer { return a } }

// InTurn gives the answers one after the other, and the last one for ever.
func InTurn(answers ...Answer) Script {
	return func(r Request) Answer { return answers[min(r.Number, len(answers))-1] }
}

// Addr is the server's host and port.
func (s *Server) Addr() string { return s.http.Listener.Addr().String() }

// Requests are all requests that have arrived, the first one first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// Count is how many requests have arrived.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client left
	}
	asked := read(r, body)
	s.mu.Lock()
	asked.Number = len(s.got) + 1
	s.got = append(s.got, asked)
	s.mu.Unlock()
	if asked.Fields == nil {
		write(w, asked, Answer{Error: &Error{Message: "We could not parse the JSON body of your request.", Type: "invalid_request_error"}})
		return
	}
	a := s.script(asked)
	if a.Fault == Hang || !s.wait(r, a.Delay) {
		s.hold(r)
		return
	}
	s.send(w, r, asked, a)
}

func read(r *http.Request, body []byte) Request {
	asked := Request{Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: body}
	var in struct {
		Model    string    `json:"model"`
		Messages []Message `json:"messages"`
		Stream   bool      `json:"stream"`
		Input    any       `json:"input"`
		Format   struct {
			Type   string `json:"type"`
			Schema struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"json_schema"`
		} `json:"response_format"`
	}
	if json.Unmarshal(body, &asked.Fields) != nil || json.Unmarshal(body, &in) != nil {
		asked.Fields = nil
		return asked
	}
	asked.Model, asked.Messages, asked.Stream = in.Model, in.Messages, in.Stream
	asked.Format, asked.Schema = in.Format.Type, in.Format.Schema.Schema
	switch input := in.Input.(type) {
	case string:
		asked.Input = []string{input}
	case []any:
		for _, text := range input {
			asked.Input = append(asked.Input, fmt.Sprint(text))
		}
	}
	return asked
}

// wait lets time pass; false when the client or the server leaves before.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-s.done:
	}
	return false
}

// hold keeps a connection until the client or the server leaves.
func (s *Server) hold(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.done:
	}
}

// send writes an answer, or as much of it as its fault lets through.
func (s *Server) send(w http.ResponseWriter, r *http.Request, asked Request, a Answer) {
	switch a.Fault {
	case CutHead:
		panic(http.ErrAbortHandler)
	case Endless:
		s.endless(w, r, asked)
	case None:
		write(w, asked, a)
	default:
		rec := httptest.NewRecorder()
		write(rec, asked, a)
		whole := rec.Body.Bytes()
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		if a.Fault != Truncated {
			w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
		}
		w.WriteHeader(rec.Code)
		w.Write(whole[:len(whole)/2]) // an error means that the client left
		http.NewResponseController(w).Flush()
		switch a.Fault {
		case HangBody:
			s.hold(r)
		case CutBody:
			panic(http.ErrAbortHandler)
		}
	}
}

// endless sends an answer's text until the client has had enough.
func (s *Server) endless(w http.ResponseWriter, r *http.Request, asked Request) {
	piece := strings.Repeat("blah ", 1000)
	if asked.Stream {
		w.Header().Set("Content-Type", "text/event-stream")
		piece = event(chunk{Choices: []choice{{Delta: &message{Content: &piece}}}})
	} else {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"choices": [{"message": {"content": "`)
	}
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, piece); err != nil {
			return
		}
	}
}
