package llm

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/llm/llmtest"
	"assay/pipeline"
)

// TestProviders is the README's table of providers: each answers a question in the
// end, and the second time at once.
func TestProviders(t *testing.T) {
	t.Parallel()
	answer := llmtest.Always(llmtest.Answer{Text: yes})
	tests := []struct {
		name     string
		script   llmtest.Script
		options  ClientOptions
		requests int // for the first question
		sent     string
		told     bool // the schema stands in the question
	}{
		{"OpenAI", llmtest.OpenAI(answer), ClientOptions{BaseURL: "http://api.openai.com/v1", Key: "k", Model: "gpt-4.1-mini"}, 1,
			`{"max_tokens":300,"response_format":"json_schema","seed":7,"stream":false,"temperature":0}`, false},
		{"OpenAI's models that think", llmtest.Reasoning(answer), ClientOptions{BaseURL: "http://api.openai.com/v1", Key: "k", Model: "gpt-5-mini"}, 1,
			`{"max_completion_tokens":4300,"response_format":"json_schema","seed":7,"stream":false}`, false},
		{"the same by another name", llmtest.Reasoning(answer), ClientOptions{Key: "k", Model: "our-judge"}, 3,
			`{"max_completion_tokens":4300,"response_format":"json_schema","seed":7,"stream":false}`, false},
		{"Azure by its host", llmtest.Azure(answer), ClientOptions{BaseURL: "http://r.openai.azure.com", Key: "k", Model: "our-deployment"}, 1,
			`{"max_tokens":300,"response_format":"json_schema","seed":7,"stream":false,"temperature":0}`, false},
		{"Azure with an old version", llmtest.Azure(answer), ClientOptions{BaseURL: "http://gateway.example/openai", APIVersion: "2024-06-01", Key: "k", Model: "d"}, 2,
			`{"max_tokens":300,"response_format":"json_object","seed":7,"stream":false,"temperature":0}`, true},
		{"Azure's path without versions", needsAzureKey(answer), ClientOptions{BaseURL: "http://r.openai.azure.com/openai/v1", Key: "k", Model: "d"}, 1,
			`{"max_tokens":300,"response_format":"json_schema","seed":7,"stream":false,"temperature":0}`, false},
		{"DashScope", llmtest.DashScope(answer), ClientOptions{BaseURL: "http://dashscope.aliyuncs.com/compatible-mode/v1", Key: "k", Model: "qwen-plus"}, 2,
			`{"enable_thinking":false,"max_tokens":300,"response_format":"json_object","seed":7,"stream":false,"temperature":0}`, true},
		{"Qwen elsewhere", llmtest.DashScope(answer), ClientOptions{Model: "Qwen/Qwen3-8B"}, 3,
			`{"enable_thinking":false,"max_tokens":300,"response_format":"json_object","seed":7,"stream":false,"temperature":0}`, true},
		{"models that only stream", llmtest.StreamOnly(answer), ClientOptions{Model: "qwq-plus"}, 2,
			`{"max_tokens":300,"response_format":"json_schema","seed":7,"stream":true,"stream_options":{"include_usage":true},"temperature":0}`, false},
		{"DeepSeek", llmtest.DeepSeek(answer), ClientOptions{BaseURL: "http://api.deepseek.com/v1", Key: "k", Model: "deepseek-chat"}, 1,
			`{"max_tokens":300,"response_format":"json_object","seed":7,"stream":false,"temperature":0,"thinking":{"type":"disabled"}}`, true},
		{"DeepSeek elsewhere", llmtest.DeepSeek(answer), ClientOptions{Model: "deepseek-v4-flash"}, 2,
			`{"max_tokens":300,"response_format":"json_object","seed":7,"stream":false,"temperature":0}`, true},
		{"vLLM", llmtest.VLLM(answer), ClientOptions{Model: "Qwen/Qwen3-32B", Extra: map[string]any{"chat_template_kwargs": map[string]any{"enable_thinking": false}}}, 1,
			`{"chat_template_kwargs":{"enable_thinking":false},"max_tokens":300,"response_format":"json_schema","seed":7,"stream":false,"temperature":0}`, false},
		{"Ollama", llmtest.Ollama(answer), ClientOptions{BaseURL: "http://localhost:11434/v1", Model: "qwen3:8b"}, 1,
			`{"max_tokens":300,"response_format":"json_schema","seed":7,"stream":false,"temperature":0}`, false},
		{"Gemini", llmtest.Gemini(answer), ClientOptions{BaseURL: "http://generativelanguage.googleapis.com/v1beta/openai/", Key: "k", Model: "gemini-2.5-flash"}, 2,
			`{"max_tokens":300,"response_format":"json_schema","stream":false,"temperature":0}`, false},
		{"a gateway that knows little", llmtest.Plain(answer), ClientOptions{}, 4,
			`{"max_tokens":300,"stream":false,"temperature":0}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			book := newBook(t)
			tt.options.Ledger = book
			c, server, log := clientOf(t, tt.script, tt.options)
			for i := range 2 {
				got, err := c.Ask(t.Context(), question())
				if err != nil || got.Text != yes || got.Reason != "" || server.Count() != tt.requests+i {
					t.Fatalf("%+v after %d requests, %v; %s", got, server.Count(), err, log)
				}
				if diff := cmp.Diff(tt.sent, got.Parameters); diff != "" {
					t.Errorf("parameters (-want +got):\n%s", diff)
				}
			}
			last := server.Requests()[server.Count()-1]
			if told := strings.HasSuffix(last.User(), schema); told != tt.told || strings.Contains(last.System(), schema) {
				t.Errorf("messages %q", last.Messages)
			}
			if n := len(book.entries()); n != server.Count() {
				t.Errorf("%d accounts of %d requests", n, server.Count())
			}
			if strings.Contains(log.String(), "level=WARN") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// needsAzureKey refuses requests without Azure's header.
func needsAzureKey(script llmtest.Script) llmtest.Script {
	return func(r llmtest.Request) llmtest.Answer {
		if r.Header.Get("Api-Key") != "k" || r.Header.Get("Authorization") != "" || r.Path != "/openai/v1/chat/completions" {
			return llmtest.Answer{Status: 401}
		}
		return script(r)
	}
}

func TestWhatWasFoundOutIsKeptForOthers(t *testing.T) {
	t.Parallel()
	book := newBook(t)
	first, server, _ := clientOf(t, llmtest.DeepSeek(llmtest.Always(llmtest.Answer{Text: yes})), ClientOptions{Ledger: book})
	second, err := NewClient(ClientOptions{BaseURL: server.URL, Model: "m", Ledger: book})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []*Client{first, second} {
		if _, err := c.Ask(t.Context(), question()); err != nil || server.Count() != 2+i {
			t.Errorf("%d requests, %v", server.Count(), err)
		}
	}
}

func TestComplaintsAboutOtherThingsChangeNothing(t *testing.T) {
	t.Parallel()
	said := func(message string) llmtest.Answer {
		return llmtest.Answer{Error: &llmtest.Error{Message: message}}
	}
	for _, a := range []llmtest.Answer{
		said("Something is wrong."),
		said("messages: invalid. " + strings.Repeat("客户：", 200) + "seed response_format temperature max_tokens"), // the prompt
		{Error: &llmtest.Error{Message: "wrong temperature in 'messages'", Param: "messages"}},
		{Status: 500, Error: &llmtest.Error{Message: "response_format broke us"}},
		{Status: 404, Error: &llmtest.Error{Message: "no model with response_format"}},
	} {
		c, server, _ := clientOf(t, llmtest.Always(a), ClientOptions{})
		if _, err := c.Ask(t.Context(), question()); err == nil || server.Count() != 1 {
			t.Errorf("%+v: %d requests, %v", a.Error, server.Count(), err)
		}
	}
}

func TestARefusalWithoutEndEnds(t *testing.T) {
	t.Parallel()
	for _, about := range []string{"response_format", "temperature", "seed", "max_tokens", "enable_thinking", "stream mode", "stream_options", "system role"} {
		c, server, _ := clientOf(t, llmtest.Always(llmtest.Answer{Error: &llmtest.Error{Message: "No " + about + "!"}}), ClientOptions{})
		if _, err := c.Ask(t.Context(), question()); err == nil || server.Count() > 4 {
			t.Errorf("%s: %d requests, %v", about, server.Count(), err)
		}
		if c.capability(t.Context()).String() != "answers by json_schema, max_tokens" {
			t.Errorf("%s: kept %s", about, c.capability(t.Context()))
		}
	}
}

func TestAnEndpointThatOverlooksTheSchemaIsShownIt(t *testing.T) {
	t.Parallel()
	c, server, _ := clientOf(t, func(r llmtest.Request) llmtest.Answer {
		if r.Number == 1 {
			return llmtest.Answer{Text: "Yes, the agent did greet."}
		}
		return llmtest.Answer{Text: yes}
	}, ClientOptions{})
	for range 2 {
		if _, err := c.Ask(t.Context(), question()); err != nil {
			t.Fatal(err)
		}
	}
	got := server.Requests()
	if got[0].Format != "json_schema" || got[1].Format != "json_object" || !strings.HasSuffix(got[1].User(), schema) {
		t.Errorf("asked by %q, then by %q", got[0].Format, got[1].Format)
	}
}

func TestAnEndpointThatStreamsUnaskedIsAskedTo(t *testing.T) {
	t.Parallel()
	c, server, _ := clientOf(t, func(r llmtest.Request) llmtest.Answer {
		if !r.Stream {
			return llmtest.Answer{Body: new("data: {}\n\n"), Header: map[string]string{"Content-Type": "text/event-stream; charset=utf-8"}}
		}
		return llmtest.Answer{Text: yes}
	}, ClientOptions{})
	for i := range 2 {
		if got, err := c.Ask(t.Context(), question()); err != nil || got.Text != yes || got.Usage.Estimated || server.Count() != 2+i {
			t.Errorf("%+v after %d requests, %v", got, server.Count(), err)
		}
	}
}

func TestModelsWithoutSystemMessages(t *testing.T) {
	t.Parallel()
	c, server, _ := clientOf(t, func(r llmtest.Request) llmtest.Answer {
		if r.System() != "" {
			return llmtest.Answer{Error: &llmtest.Error{Message: "Unsupported value: 'messages[0].role' does not support 'system' with this model.", Param: "messages[0].role", Code: "unsupported_value"}}
		}
		return llmtest.Answer{Text: yes}
	}, ClientOptions{})
	if got, err := c.Ask(t.Context(), question()); err != nil || got.Text != yes {
		t.Fatalf("%+v, %v", got, err)
	}
	want := []llmtest.Message{{Role: "user", Content: "You judge.\n\n机密: did the agent greet?"}}
	if diff := cmp.Diff(want, server.Requests()[1].Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestLimitsOfTokensThatAreTooHigh(t *testing.T) {
	t.Parallel()
	c, server, _ := clientOf(t, func(r llmtest.Request) llmtest.Answer {
		for _, limit := range []string{"max_tokens", "max_completion_tokens"} {
			if r.Fields[limit] != nil {
				return llmtest.Answer{Error: &llmtest.Error{Message: fmt.Sprintf("Range of %s should be [1, 100]", limit), Code: "invalid_parameter_error"}}
			}
		}
		return llmtest.Answer{Text: yes}
	}, ClientOptions{})
	if got, err := c.Ask(t.Context(), question()); err != nil || got.Text != yes || server.Count() != 3 {
		t.Errorf("%+v after %d requests, %v", got, server.Count(), err)
	}
}

func TestDeepSeekAnswersNothingAtTimes(t *testing.T) {
	t.Parallel()
	c, server, _ := clientOf(t, llmtest.DeepSeek(llmtest.InTurn(llmtest.Answer{Reasoning: "hm"})), ClientOptions{BaseURL: "http://api.deepseek.com"})
	got, err := c.Ask(t.Context(), question())
	if err != nil || got.Reason != pipeline.Unreadable || server.Count() != 1 || c.capability(t.Context()).Format != byJSONObject {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNamesOfModelsThatThink(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"o1": true, "o3-mini": true, "o4-mini-2025-04-16": true, "gpt-5": true, "gpt-5.1": true, "openai/gpt-5-nano": true, "GPT-5": true,
		"gpt-4o": false, "gpt-5-chat-latest": false, "gpt-4.1": false, "o1x": false, "qwen3": false, "olmo": false, "gpt-50": false, "": false,
	} {
		if reasons(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func FuzzReadProblem(f *testing.F) {
	for _, seed := range []string{
		`{"error": {"message": "m", "type": "t", "param": "seed", "code": 400}}`, `{"error": "text"}`, `[{"error": {"message": "m"}}]`,
		`{"object": "error", "message": "m", "code": 400}`, `{"detail": [{"loc": ["body", "seed"], "msg": "no"}]}`, `{"error": {"message": ["a"], "innererror": {"code": "c"}}}`, `[[[[`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		p := readProblem([]byte(body))
		if len([]rune(p.message)) > 2*problemRunes+1 {
			t.Errorf("a message of %d bytes", len(p.message))
		}
		p.isAny("x")
		can := expected("h", "m")
		for range 20 {
			next, ok := can.without(p)
			if !ok {
				return
			}
			can = next
		}
		t.Errorf("no end of it: %s", can)
	})
}

func TestKeptCapabilitiesAreChecked(t *testing.T) {
	t.Parallel()
	for kept, want := range map[string]bool{`{"format": "json_object"}`: true, `{"format": "xml"}`: false, `{}`: false, `null`: false, ``: false, `[`: false} {
		if _, ok := readCapability([]byte(kept)); ok != want {
			t.Errorf("%q: %v", kept, ok)
		}
	}
	c := capability{Format: byText, Without: []string{seed}, Unthinking: enableThinking, Stream: true, NoSystem: true}
	text, err := json.Marshal(c)
	if back, ok := readCapability(text); err != nil || !ok || !cmp.Equal(c, back) {
		t.Errorf("%s: %+v", text, back)
	}
	if want := "answers by text, no limit of tokens, no seed, told not to think, streamed, no system message"; c.String() != want {
		t.Errorf("%q", c)
	}
}
