package llm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	gocmp "github.com/google/go-cmp/cmp"

	"assay/classifiers/llm/llmtest"
	"assay/pipeline"
)

// schema is what the tests ask for, and yes an answer to it.
const (
	schema = `{"type":"object","properties":{"answer":{"type":"string"}},"required":["answer"],"additionalProperties":false}`
	yes    = `{"answer": "yes"}`
)

// clientOf asks a server, with everything that it logs. A BaseURL of another host
// leads to the server as well.
func clientOf(t *testing.T, script llmtest.Script, o ClientOptions) (*Client, *llmtest.Server, *bytes.Buffer) {
	t.Helper()
	server := llmtest.New(t, script)
	var log bytes.Buffer
	o.BaseURL, o.Model, o.Timeout = cmp.Or(o.BaseURL, server.URL), cmp.Or(o.Model, "m"), cmp.Or(o.Timeout, 10*time.Second)
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	c.to.http.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Addr())
	}
	return c, server, &log
}

// question is asked by the tests; 机密 must not be seen again.
func question() Request {
	return Request{
		Call:   Call{Purpose: ForJudgement, Session: "s1", Attempt: 1},
		System: "You judge.", User: "机密: did the agent greet?", Schema: json.RawMessage(schema), SchemaName: "answer", MaxOutput: 300, Seed: new(7),
	}
}

// book is the ledger in memory with a record of its entries.
type book struct {
	*Memory
	mu   sync.Mutex
	kept []entry
	open map[int64]bool
}

type entry struct {
	call    Call
	receipt Receipt
}

func newBook(t *testing.T) *book {
	t.Helper()
	m, err := NewMemory(MemoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return &book{Memory: m, open: map[int64]bool{}}
}

func (b *book) Open(ctx context.Context, c Call) (int64, error) {
	ticket, err := b.Memory.Open(ctx, c)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open[ticket] = err == nil
	return ticket, err
}

func (b *book) Close(ctx context.Context, ticket int64, c Call, r Receipt) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil || !b.open[ticket] {
		return errors.New("closed with a context that is done, or twice")
	}
	delete(b.open, ticket)
	b.kept = append(b.kept, entry{c, r})
	return b.Memory.Close(ctx, ticket, c, r)
}

func (b *book) entries() []entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept
}

func TestAskSendsAQuestionAndReadsTheAnswer(t *testing.T) {
	t.Parallel()
	book := newBook(t)
	c, server, _ := clientOf(t, llmtest.Always(llmtest.Answer{
		Text: yes, Model: "m-2026-01-01", Usage: &llmtest.Usage{Input: 100, Cached: 60, Output: 20, Reasoning: 5},
	}), ClientOptions{Key: " secret\n", Ledger: book, Headers: map[string]string{"X-Team": "qa"}, Extra: map[string]any{"top_p": 0.5, "seed": nil}})
	r := question()
	r.Turns = []Message{{"assistant", "{"}, {"user", "That is no JSON."}}
	got, err := c.Ask(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := Reply{
		Text: yes, Model: "m-2026-01-01", Finish: "stop", Usage: Usage{Input: 100, Cached: 60, Output: 20, Reasoning: 5},
		Parameters: `{"max_tokens":300,"response_format":"json_schema","stream":false,"temperature":0,"top_p":0.5}`,
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("reply (-want +got):\n%s", diff)
	}
	sent := server.Requests()[0]
	messages := []llmtest.Message{{Role: "system", Content: "You judge."}, {Role: "user", Content: r.User}, {Role: "assistant", Content: "{"}, {Role: "user", Content: "That is no JSON."}}
	if diff := gocmp.Diff(messages, sent.Messages); diff != "" || sent.Path != "/v1/chat/completions" || string(sent.Schema) != schema {
		t.Errorf("request %s with schema %s (-want +got):\n%s", sent.Path, sent.Schema, diff)
	}
	if string(sent.Fields["temperature"]) != "0" || sent.Header.Get("Authorization") != "Bearer secret" || sent.Header.Get("X-Team") != "qa" {
		t.Errorf("temperature %s, headers %v", sent.Fields["temperature"], sent.Header)
	}
	entries := []entry{{
		Call{Purpose: ForJudgement, Session: "s1", Attempt: 1, Endpoint: server.Addr(), Model: "m", Input: EstimateTokens("You judge.", r.User, "{", "That is no JSON."), Output: 300},
		Receipt{Model: "m-2026-01-01", Parameters: want.Parameters, Usage: want.Usage, Status: Answered},
	}}
	if diff := gocmp.Diff(entries, book.entries(), gocmp.AllowUnexported(entry{}), cmpopts.IgnoreFields(Receipt{}, "Latency")); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if c.Name() != "m@"+server.Addr() {
		t.Errorf("name %q", c.Name())
	}
}

func TestWhatAnswersAreGoodFor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer llmtest.Answer
		text   string
		reason pipeline.Reason
	}{
		{"an answer", llmtest.Answer{Text: yes}, yes, ""},
		{"thoughts in a field of their own", llmtest.Answer{Text: yes, Reasoning: "hm"}, yes, ""},
		{"thoughts before it", llmtest.Answer{Text: "<think>{\"answer\": \"no\"}</think>\n" + yes}, yes, ""},
		{"thoughts whose opening is in the template", llmtest.Answer{Text: "hm\n</think>\n\n" + yes}, yes, ""},
		{"thoughts about the word", llmtest.Answer{Text: "<think>he said </think>, hm</think>" + yes}, yes, ""},
		{"thoughts longer than an answer may be", llmtest.Answer{Text: yes, Reasoning: strings.Repeat("思考", 30_000)}, yes, ""},
		{"thoughts that never end", llmtest.Answer{Text: "<think>hm", Finish: "length"}, "", pipeline.CutShort},
		{"thoughts and nothing more", llmtest.Answer{Text: "<think>hm</think>"}, "", pipeline.Unreadable},
		{"the answer says the word", llmtest.Answer{Text: `{"answer": "he said </think>"}`}, `{"answer": "he said </think>"}`, ""},
		{"a code fence", llmtest.Answer{Text: "```json\n" + yes + "\n```"}, yes, ""},
		{"taken for thoughts by the server", llmtest.Answer{Reasoning: yes}, yes, ""},
		{"thoughts only", llmtest.Answer{Reasoning: "hm"}, "", pipeline.Unreadable},
		{"empty", llmtest.Answer{}, "", pipeline.Unreadable},
		{"white space", llmtest.Answer{Text: " \n\n "}, "", pipeline.Unreadable},
		{"no choices", llmtest.Answer{Body: new(`{"choices": [], "model": "m"}`)}, "", pipeline.Unreadable},
		{"text in parts", llmtest.Answer{Body: new(`{"choices": [{"message": {"role": "assistant", "content": [{"type": "text", "text": "{\"answer\": "}, {"type": "text", "text": "\"yes\"}"}]}, "finish_reason": "stop"}]}`)}, yes, ""},
		{"a byte order mark", llmtest.Answer{Body: new("\ufeff" + `{"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}`)}, "{}", ""},
		{"a refusal", llmtest.Answer{Refusal: "I'm sorry, I can't help with that."}, "", pipeline.Refused},
		{"filtered", llmtest.Answer{Text: "{", Finish: "content_filter"}, "{", pipeline.Filtered},
		{"filtered by Gemini", llmtest.Answer{Finish: "SAFETY"}, "", pipeline.Filtered},
		{"at the limit", llmtest.Answer{Text: `{"answer": "y`, Finish: "length"}, `{"answer": "y`, pipeline.CutShort},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, streamed := range []bool{false, true} {
				if streamed && tt.answer.Body != nil {
					continue
				}
				c, _, _ := clientOf(t, llmtest.Always(tt.answer), ClientOptions{Extra: map[string]any{"stream": streamed}})
				got, err := c.Ask(t.Context(), question())
				if err != nil || got.Text != tt.text || got.Reason != tt.reason {
					t.Errorf("streamed %v: %q, %q, %v", streamed, got.Text, got.Reason, err)
				}
			}
		})
	}
}

func TestAbsurdUsageIsNotCounted(t *testing.T) {
	t.Parallel()
	for name, u := range map[string]llmtest.Usage{
		"nothing":       {},
		"below nothing": {Input: -5, Output: -7},
		"input":         {Input: 1e18, Output: 20},
		"output":        {Input: 100, Output: 1e18},
		"both":          {Input: 1 << 62, Output: 1 << 62},
		"too many":      {Input: 200_000, Output: 20},
	} {
		c, _, _ := clientOf(t, llmtest.Always(llmtest.Answer{Text: yes, Usage: &u}), ClientOptions{})
		got, err := c.Ask(t.Context(), question())
		if err != nil || !got.Usage.Estimated || got.Usage.Input < 10 || got.Usage.Input > 1000 || got.Usage.Output != 300 {
			t.Errorf("%s: %+v, %v", name, got.Usage, err)
		}
	}
}

func TestTokensAreEstimatedWhereTheEndpointCountsNone(t *testing.T) {
	t.Parallel()
	c, _, _ := clientOf(t, llmtest.Always(llmtest.Answer{Text: yes, NoUsage: true}), ClientOptions{})
	got, err := c.Ask(t.Context(), question())
	if err != nil || !got.Usage.Estimated || got.Usage.Input < 10 || got.Usage.Output != 300 {
		t.Errorf("%+v, %v", got.Usage, err)
	}
}

func TestAPromptThatWasCutIsNoticed(t *testing.T) {
	t.Parallel()
	r := question()
	r.User = strings.Repeat("客户：我要退款。", 800)
	c, _, _ := clientOf(t, llmtest.Ollama(llmtest.Always(llmtest.Answer{Text: yes, Usage: &llmtest.Usage{Input: 2050, Output: 10}})), ClientOptions{})
	if got, err := c.Ask(t.Context(), r); err != nil || got.Reason != pipeline.TooLong {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWaitingForAnEndpoint(t *testing.T) {
	t.Parallel()
	limited := func(seconds string) llmtest.Answer {
		return llmtest.Answer{Status: 429, Header: map[string]string{"Retry-After": seconds}}
	}
	answered := llmtest.Answer{Text: yes}
	tests := []struct {
		name     string
		wait     time.Duration
		answers  []llmtest.Answer
		requests int
		paused   []time.Duration
		ok       bool
	}{
		{"near", 30 * time.Second, []llmtest.Answer{limited("7"), answered}, 2, []time.Duration{7 * time.Second}, true},
		{"twice, within the time", 30 * time.Second, []llmtest.Answer{limited("20"), limited("10"), answered}, 3, []time.Duration{20 * time.Second, 10 * time.Second}, true},
		{"twice, beyond it", 30 * time.Second, []llmtest.Answer{limited("20"), limited("11"), answered}, 2, []time.Duration{20 * time.Second}, false},
		{"far", 30 * time.Second, []llmtest.Answer{limited("31"), answered}, 1, nil, false},
		{"nobody waits", 0, []llmtest.Answer{limited("1"), answered}, 1, nil, false},
		{"waiting does not mend it", 30 * time.Second, []llmtest.Answer{{Status: 401}, answered}, 1, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			c, server, _ := clientOf(t, llmtest.InTurn(tt.answers...), ClientOptions{Wait: tt.wait, Now: func() time.Time { return now }})
			var paused []time.Duration
			c.pause = func(_ context.Context, d time.Duration) error {
				paused, now = append(paused, d), now.Add(d)
				return nil
			}
			_, err := c.Ask(t.Context(), question())
			if _, unavailable := errors.AsType[*pipeline.Unavailable](err); (err == nil) != tt.ok || unavailable == tt.ok || server.Count() != tt.requests {
				t.Errorf("%d requests, %v", server.Count(), err)
			}
			if diff := gocmp.Diff(tt.paused, paused); diff != "" {
				t.Errorf("waited (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheCallerSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	now := time.Now()
	limited := llmtest.Answer{Status: 429, Header: map[string]string{"Retry-After": "20"}}
	c, server, _ := clientOf(t, llmtest.InTurn(limited, limited, limited), ClientOptions{Wait: time.Minute, Now: func() time.Time { return now }})
	var paused, wanted []time.Duration
	c.pause = func(_ context.Context, d time.Duration) error {
		paused, now = append(paused, d), now.Add(20*time.Second)
		return nil
	}
	c = c.Waiting(func(u *pipeline.Unavailable, d time.Duration) time.Duration {
		wanted = append(wanted, d)
		return time.Duration(7*(2-len(wanted))) * time.Second
	})
	_, err := c.Ask(t.Context(), question())
	if _, ok := errors.AsType[*pipeline.Unavailable](err); !ok || server.Count() != 2 {
		t.Errorf("%d requests, %v", server.Count(), err)
	}
	if diff := gocmp.Diff([][]time.Duration{{20 * time.Second, 20 * time.Second}, {7 * time.Second}}, [][]time.Duration{wanted, paused}); diff != "" {
		t.Errorf("wanted and waited (-want +got):\n%s", diff)
	}
}

func TestTheCallersContextEndsARequest(t *testing.T) {
	t.Parallel()
	book := newBook(t)
	ctx, cancel := context.WithCancel(t.Context())
	c, _, log := clientOf(t, func(llmtest.Request) llmtest.Answer {
		cancel()
		return llmtest.Answer{Fault: llmtest.Hang}
	}, ClientOptions{Ledger: book})
	if _, err := c.Ask(ctx, question()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if got := book.entries(); len(got) != 1 || got[0].receipt.Status != Cancelled || len(book.open) != 0 {
		t.Errorf("accounts: %+v", got)
	}
	if _, err := c.Ask(ctx, question()); !errors.Is(err, context.Canceled) || log.Len() > 0 {
		t.Errorf("%v, log %s", err, log)
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	t.Parallel()
	for _, o := range []ClientOptions{
		{}, {Model: "m", BaseURL: "localhost:8000"}, {Model: "m", BaseURL: "ftp://user:hidden@host/v1"}, {Model: "m", BaseURL: "http://"}, {Model: "m", BaseURL: "http://user:hidden@ho st/"},
	} {
		if _, err := NewClient(o); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	tests := []struct{ url, version, want string }{
		{"", "", "https://api.openai.com/v1"},
		{"http://localhost:11434/v1/", "", "http://localhost:11434/v1"},
		{" https://api.deepseek.com/v1/chat/completions ", "", "https://api.deepseek.com/v1"},
		{"https://generativelanguage.googleapis.com/v1beta/openai/", "", "https://generativelanguage.googleapis.com/v1beta/openai"},
		{"https://r.openai.azure.com", "", "https://r.openai.azure.com"},
		{"https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-06-01", "", "https://r.openai.azure.com"},
		{"https://r.openai.azure.com/openai/v1/", "", "https://r.openai.azure.com/openai/v1"},
		{"https://gateway.example/azure/openai", "2025-01-01", "https://gateway.example/azure"},
	}
	for _, tt := range tests {
		to, err := newEndpoint(ClientOptions{BaseURL: tt.url, APIVersion: tt.version})
		if err != nil || to.config.BaseURL != tt.want {
			t.Errorf("%q: %v, %v", tt.url, to, err)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	c, server, _ := clientOf(t, llmtest.DeepSeek(llmtest.Always(llmtest.Answer{Text: `{"ok": true}`, Model: "deepseek-v4"})), ClientOptions{})
	got, err := c.Probe(t.Context())
	if want := c.Name() + " answers as deepseek-v4: answers by json_object, max_tokens"; err != nil || got != want || server.Count() != 2 {
		t.Errorf("%q after %d requests, %v", got, server.Count(), err)
	}
	for _, a := range []llmtest.Answer{{Status: 404}, {Text: "Hello!"}, {Text: "{}"}, {}} {
		c, _, _ := clientOf(t, llmtest.Always(a), ClientOptions{})
		if got, err := c.Probe(t.Context()); err == nil {
			t.Errorf("%+v: %q", a, got)
		}
	}
}
