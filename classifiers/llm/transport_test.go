package llm

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"assay/classifiers/llm/llmtest"
	"assay/pipeline"
)

// faultCase is an answer that is none, and what must come of it.
type faultCase struct {
	name   string
	answer llmtest.Answer
	reason pipeline.Reason // of the reply, or ModelUnavailable for an error
	status Status
	words  string        // in the error
	after  time.Duration // until it may be asked again; 0: somebody must do something
}

var clock = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// refusal is an error with a message that repeats what was sent.
func refusal(status int, code, message string) llmtest.Answer {
	return llmtest.Answer{Status: status, Error: &llmtest.Error{Message: message + " You sent: 机密: did the agent greet?", Code: code}}
}

func utf16Text(text string) *string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return new(b.String())
}

func packed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func faultCases() []faultCase {
	const unavailable = pipeline.ModelUnavailable
	whole := `{"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}`
	header := func(status int, kv ...string) llmtest.Answer {
		a := llmtest.Answer{Status: status, Header: map[string]string{}}
		for i := 0; i < len(kv); i += 2 {
			a.Header[kv[i]] = kv[i+1]
		}
		return a
	}
	return []faultCase{
		{"no key", refusal(401, "invalid_api_key", "Incorrect API key provided."), unavailable, Unauthorised, "status 401: check the key", 0},
		{"payment", refusal(402, "", "Insufficient Balance"), unavailable, NoCredit, "no credit", 0},
		{"quota used up", refusal(429, "insufficient_quota", "You exceeded your current quota."), unavailable, NoCredit, "no credit", 0},
		{"in arrears", refusal(400, "Arrearage", "Access denied."), unavailable, NoCredit, "no credit", 0},
		{"forbidden", refusal(403, "", "No access."), unavailable, Unauthorised, "may not use this model", 0},
		{"no such model", refusal(404, "model_not_found", "The model `m` does not exist."), unavailable, NotFound, "no such model", 0},
		{"no such deployment", refusal(404, "DeploymentNotFound", "None."), unavailable, NotFound, "no such model", 0},
		{"wrong path", llmtest.Answer{Status: 404, Body: new("404 page not found")}, unavailable, NotFound, "check the URL", 0},
		{"Retry-After in seconds", header(429, "Retry-After", "7"), unavailable, Limited, "too many requests", 7 * time.Second},
		{"Retry-After in milliseconds", header(429, "Retry-After-Ms", "1500", "Retry-After", "2"), unavailable, Limited, "", 1500 * time.Millisecond},
		{"Retry-After as a date", header(429, "Retry-After", clock.Add(90*time.Second).Format(http.TimeFormat)), unavailable, Limited, "", 90 * time.Second},
		{"Retry-After without sense", header(429, "Retry-After", "soon"), unavailable, Limited, "", defaultRest},
		{"Retry-After of a year", header(429, "Retry-After", "1e9"), unavailable, Limited, "", mostRest},
		{"no Retry-After", header(429), unavailable, Limited, "", defaultRest},
		{"limit of tokens used up", header(429, "x-ratelimit-remaining-requests", "5", "x-ratelimit-reset-requests", "1h", "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "1m30s"), unavailable, Limited, "", 90 * time.Second},
		{"limit of requests used up", header(429, "x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "20"), unavailable, Limited, "", 20 * time.Second},
		{"server error", refusal(500, "", "The server had an error."), unavailable, ServerFailed, "status 500", defaultRest},
		{"bad gateway", llmtest.Answer{Status: 502, Body: new("<html>机密</html>")}, unavailable, ServerFailed, "status 502", defaultRest},
		{"overloaded", header(503, "Retry-After", "3"), unavailable, ServerFailed, "status 503", 3 * time.Second},
		{"another 4xx", llmtest.Answer{Status: 418}, unavailable, Rejected, "status 418", 0},
		{"400 about nothing that can be changed", refusal(400, "", "Something is wrong."), unavailable, Rejected, "status 400", 0},
		{"slow first byte", llmtest.Answer{Delay: time.Minute, Text: yes}, unavailable, Timeout, "in time", defaultRest},
		{"no first byte", llmtest.Answer{Fault: llmtest.Hang}, unavailable, Timeout, "in time", defaultRest},
		{"hang in the middle", llmtest.Answer{Fault: llmtest.HangBody, Text: yes}, unavailable, Timeout, "in time", defaultRest},
		{"connection cut before the answer", llmtest.Answer{Fault: llmtest.CutHead}, unavailable, Unreachable, "broke the connection", defaultRest},
		{"connection cut in the middle", llmtest.Answer{Fault: llmtest.CutBody, Text: yes}, unavailable, Unreachable, "broke in the middle", defaultRest},
		{"machine without resources", llmtest.Answer{Text: "{", Finish: "insufficient_system_resource"}, unavailable, ServerFailed, "gave up", defaultRest},
		{"truncated JSON", llmtest.Answer{Fault: llmtest.Truncated, Text: yes}, pipeline.Unreadable, Garbled, "", 0},
		{"no JSON", llmtest.Answer{Body: new("Certainly! Here is 机密.")}, pipeline.Unreadable, Garbled, "", 0},
		{"a page", llmtest.Answer{Body: new("<html>log in</html>"), Header: map[string]string{"Content-Type": "text/html"}}, pipeline.Unreadable, Garbled, "", 0},
		{"an empty body", llmtest.Answer{Body: new("")}, pipeline.Unreadable, Garbled, "", 0},
		{"JSON of another form", llmtest.Answer{Body: new(`{"choices": "none"}`)}, pipeline.Unreadable, Garbled, "", 0},
		{"a list", llmtest.Answer{Body: new(`[1, 2]`)}, pipeline.Unreadable, Garbled, "", 0},
		{"an object of no known form", llmtest.Answer{Body: new(`{"hello": "world"}`)}, pipeline.Unreadable, Answered, "", 0},
		{"another content type", llmtest.Answer{Body: &whole, Header: map[string]string{"Content-Type": "text/plain"}}, "", Answered, "", 0},
		{"packed in a way that nobody asked for", llmtest.Answer{Body: new("\x1f\x8b\x08"), Header: map[string]string{"Content-Encoding": "br"}}, pipeline.Unreadable, Garbled, "", 0},
		{"said to be packed, and is not", llmtest.Answer{Body: &whole, Header: map[string]string{"Content-Encoding": "gzip"}}, pipeline.Unreadable, Garbled, "", 0},
		{"packed", llmtest.Answer{Body: new(packed(whole)), Header: map[string]string{"Content-Encoding": "gzip"}}, "", Answered, "", 0},
		{"packed, and cut", llmtest.Answer{Body: new(packed(whole)), Header: map[string]string{"Content-Encoding": "gzip"}, Fault: llmtest.Truncated}, unavailable, Unreachable, "broke in the middle", defaultRest},
		{"32 megabytes, packed", llmtest.Answer{Body: new(packed(strings.Repeat(" ", 32<<20))), Header: map[string]string{"Content-Encoding": "gzip"}}, pipeline.Unreadable, Garbled, "", 0},
		{"no UTF-8", llmtest.Answer{Body: new(strings.Replace(whole, "{}", "\xb0\xa1", 1))}, pipeline.Unreadable, Garbled, "", 0},
		{"UTF-16", llmtest.Answer{Body: utf16Text(whole)}, pipeline.Unreadable, Garbled, "", 0},
		{"ten megabytes", llmtest.Answer{Text: strings.Repeat("x", 10<<20)}, pipeline.Unreadable, Garbled, "", 0},
		{"an endless answer", llmtest.Answer{Fault: llmtest.Endless}, pipeline.Unreadable, Garbled, "", 0},
		{"Azure's filter", llmtest.Answer{Status: 400, Body: new(`{"error": {"message": "The response was filtered: 机密", "param": "prompt", "code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}`)}, pipeline.Filtered, Rejected, "", 0},
		{"DashScope's filter", refusal(400, "data_inspection_failed", "Input data may contain inappropriate content."), pipeline.Filtered, Rejected, "", 0},
		{"too long for OpenAI", refusal(400, "context_length_exceeded", "This model's maximum context length is 8192 tokens."), pipeline.TooLong, Rejected, "", 0},
		{"too long for vLLM", llmtest.Answer{Status: 400, Body: new(`{"object": "error", "message": "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens (112946 in the messages, 10000 in the completion).", "type": "BadRequestError", "param": null, "code": 400}`)}, pipeline.TooLong, Rejected, "", 0},
		{"too long for DashScope", refusal(400, "invalid_parameter_error", "Range of input length should be [1, 30720]"), pipeline.TooLong, Rejected, "", 0},
		{"too long for the gateway", llmtest.Answer{Status: 413}, pipeline.TooLong, Rejected, "", 0},
		{"redirect to another host", header(307, "Location", "https://elsewhere.example/v1/chat/completions"), unavailable, Rejected, `redirects to "https://elsewhere.example"`, 0},
		{"redirect that changes the method", header(301, "Location", "/login"), unavailable, Rejected, "redirects to", 0},
	}
}

func TestFaultsEndWithAReason(t *testing.T) {
	t.Parallel()
	for _, tt := range faultCases() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			book := newBook(t)
			o := ClientOptions{Ledger: book, Now: func() time.Time { return clock }, Key: "secret"}
			if tt.status == Timeout {
				o.Timeout = 100 * time.Millisecond
			}
			c, server, log := clientOf(t, llmtest.Always(tt.answer), o)
			reply, err := c.Ask(t.Context(), question())
			checkFault(t, tt, reply, err)
			if server.Count() != 1 {
				t.Errorf("%d requests", server.Count())
			}
			if got := book.entries(); len(got) != 1 || got[0].receipt.Status != tt.status || len(book.open) != 0 {
				t.Errorf("accounts: %+v, want %s", got, tt.status)
			}
			told := log.String() + fmt.Sprint(err) + fmt.Sprint(book.entries())
			if strings.Contains(told, "机密") || strings.Contains(told, "secret") {
				t.Errorf("what was sent is told: %s", told)
			}
		})
	}
}

func checkFault(t *testing.T, want faultCase, reply Reply, err error) {
	t.Helper()
	if want.reason != pipeline.ModelUnavailable {
		if err != nil || reply.Reason != want.reason || reply.Parameters == "" {
			t.Errorf("reply %+v, %v, want %s", reply, err, want.reason)
		}
		return
	}
	u, ok := errors.AsType[*pipeline.Unavailable](err)
	if !ok || u.Reason != want.reason || !strings.Contains(err.Error(), want.words) {
		t.Fatalf("error %v, want %s: %s", err, want.reason, want.words)
	}
	until := time.Time{}
	if want.after > 0 {
		until = clock.Add(want.after)
	}
	if !u.Until.Equal(until) {
		t.Errorf("until %v, want %v", u.Until, until)
	}
}

func TestStreamsEndWithAReason(t *testing.T) {
	t.Parallel()
	events := func(lines ...string) llmtest.Answer {
		return llmtest.Answer{Body: new("data: " + strings.Join(lines, "\n\ndata: ") + "\n\n"), Header: map[string]string{"Content-Type": "text/event-stream"}}
	}
	piece := `{"choices": [{"index": 0, "delta": {"content": "{}"}}]}`
	tests := []struct {
		name   string
		answer llmtest.Answer
		reason pipeline.Reason
		status Status
	}{
		{"whole", llmtest.Answer{Text: yes}, "", Answered},
		{"without an end", events(piece), pipeline.ModelUnavailable, Unreachable},
		{"done without saying how", events(piece, "[DONE]"), pipeline.ModelUnavailable, Unreachable},
		{"with an end and without [DONE]", events(piece, `{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}`), "", Answered},
		{"no JSON in it", events("nonsense"), pipeline.Unreadable, Garbled},
		{"an error in it", events(piece, `{"error": {"message": "机密"}}`), pipeline.ModelUnavailable, ServerFailed},
		{"many keep-alive lines", llmtest.Answer{Body: new(strings.Repeat(": keep-alive\n", 5000) + "data: " + piece + "\n\n" + `data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}` + "\n\n")}, "", Answered},
		{"broken off", llmtest.Answer{Text: yes, Finish: "error"}, pipeline.ModelUnavailable, ServerFailed},
		{"cut", llmtest.Answer{Text: yes, Fault: llmtest.CutBody}, pipeline.ModelUnavailable, Unreachable},
		{"hanging", llmtest.Answer{Text: yes, Fault: llmtest.HangBody}, pipeline.ModelUnavailable, Timeout},
		{"endless", llmtest.Answer{Fault: llmtest.Endless}, pipeline.Unreadable, Garbled},
		{"refused", llmtest.Answer{Status: 429, Header: map[string]string{"Retry-After": "7"}}, pipeline.ModelUnavailable, Limited},
		{"not streamed", llmtest.Answer{Body: new(`{"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}`)}, "", Answered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			book := newBook(t)
			o := ClientOptions{Ledger: book, Extra: map[string]any{"stream": true}}
			if tt.status == Timeout {
				o.Timeout = 100 * time.Millisecond
			}
			c, _, log := clientOf(t, llmtest.Always(tt.answer), o)
			reply, err := c.Ask(t.Context(), question())
			got := reply.Reason
			if u, ok := errors.AsType[*pipeline.Unavailable](err); ok {
				got = u.Reason
			}
			if entries := book.entries(); got != tt.reason || len(entries) != 1 || entries[0].receipt.Status != tt.status {
				t.Errorf("%q, %+v, %v", got, entries, err)
			}
			if strings.Contains(log.String()+fmt.Sprint(err), "机密") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

func TestEndpointsThatCannotBeReached(t *testing.T) {
	t.Parallel()
	plain := llmtest.New(t, llmtest.Always(llmtest.Answer{Text: yes}))
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	tests := []struct{ name, url, words string }{
		{"nobody listens", "http://127.0.0.1:1/v1", "refuses connections"},
		{"no such host", "http://assay.invalid/v1", "assay.invalid"},
		{"a certificate of its own", secure.URL + "/v1", "certificate is not trusted"},
		{"TLS where there is none", "https://" + plain.Addr() + "/v1", "does not speak TLS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			book := newBook(t)
			c, err := NewClient(ClientOptions{BaseURL: tt.url, Model: "m", Key: "secret", Ledger: book, Timeout: 10 * time.Second, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Ask(t.Context(), question())
			u, ok := errors.AsType[*pipeline.Unavailable](err)
			if !ok || u.Reason != pipeline.ModelUnavailable || u.Until.IsZero() || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("%v, want %s", err, tt.words)
			}
			if got := book.entries(); len(got) != 1 || got[0].receipt.Status != Unreachable || got[0].receipt.Usage != (Usage{}) {
				t.Errorf("accounts: %+v", got)
			}
		})
	}
}

func TestTheKeyStaysWithItsHost(t *testing.T) {
	t.Parallel()
	other := llmtest.New(t, llmtest.Always(llmtest.Answer{Text: yes}))
	for _, status := range []int{301, 302, 303, 307, 308} {
		a := llmtest.Answer{Status: status, Header: map[string]string{"Location": other.URL + "/chat/completions"}}
		c, _, _ := clientOf(t, llmtest.Always(a), ClientOptions{Key: "secret"})
		if _, err := c.Ask(t.Context(), question()); err == nil || !strings.Contains(err.Error(), other.Addr()) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if n := other.Count(); n != 0 {
		t.Errorf("the other host got %d requests", n)
	}
}

// Not parallel: it counts goroutines.
func TestFaultsLeaveNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, tt := range faultCases() {
		server := llmtest.New(t, llmtest.Always(tt.answer))
		c, err := NewClient(ClientOptions{BaseURL: server.URL, Model: "m", Timeout: 50 * time.Millisecond, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Ask(t.Context(), question()); err != nil && !errors.As(err, new(*pipeline.Unavailable)) {
			t.Errorf("%s: %v", tt.name, err)
		}
		c.to.http.CloseIdleConnections()
		server.Close()
	}
	for range 500 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
		<-time.After(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d goroutines before, %d after: %s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
}

func TestTimeoutsOfTheHead(t *testing.T) {
	t.Parallel()
	c, _, _ := clientOf(t, llmtest.Always(llmtest.Answer{Fault: llmtest.Hang}), ClientOptions{FirstByte: 50 * time.Millisecond, Timeout: time.Hour})
	_, err := c.Ask(t.Context(), question())
	if u, ok := errors.AsType[*pipeline.Unavailable](err); !ok || !strings.Contains(u.Error(), "in time") {
		t.Errorf("%v", err)
	}
}

func TestLargeHeadsAreRefused(t *testing.T) {
	t.Parallel()
	c, _, _ := clientOf(t, llmtest.Always(llmtest.Answer{Text: yes, Header: map[string]string{"X-Large": strings.Repeat("x", 200<<10)}}), ClientOptions{})
	if _, err := c.Ask(t.Context(), question()); err == nil {
		t.Error("accepted")
	}
}
