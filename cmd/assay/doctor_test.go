package main

import (
	"strings"
	"testing"

	"assay/classifiers/llm/llmtest"
)

// webPage is what a server answers that is no model's.
var webPage = llmtest.Answer{Body: new("<!doctype html><title>Sign in</title>"), Header: map[string]string{"Content-Type": "text/html; charset=utf-8"}}

func TestDoctorLooksAtTheModels(t *testing.T) {
	t.Parallel()
	good := llmtest.New(t, llmtest.DeepSeek(func(r llmtest.Request) llmtest.Answer {
		return llmtest.Answer{Text: `{"ok": true}`, Vectors: [][]float32{{1, 2, 3}}}
	}))
	missing := llmtest.New(t, llmtest.Always(llmtest.Answer{Status: 404, Error: &llmtest.Error{Message: "The model does not exist", Code: "model_not_found"}}))
	page := llmtest.New(t, llmtest.Always(webPage))
	tests := []struct {
		name string
		args []string
		want []string // lines of the models
	}{
		{"none", nil, []string{
			"ok    judging model      none (--llm-model): what only a model can answer stays undetermined",
			"ok    embedding model    none (--embedding-model): similarity by embedding is not evaluable, words alone find solutions",
		}},
		{"no model named", []string{"--model-url", good.URL}, []string{
			"warn  judging model      OPENAI_BASE_URL (--model-url) names an endpoint, but ASSAY_LLM_MODEL (--llm-model) names no model: none is asked",
		}},
		{"not asked", []string{"--model-url", good.URL, "--llm-model", "m"}, []string{
			"ok    judging model      m@" + good.Addr() + ", not asked (--probe asks it)",
		}},
		{"without prices", []string{"--model-url", good.URL, "--llm-model", "m"}, []string{
			"warn  price of judging   not known (--price-in, --price-out or --price-free): costs are not counted, and cannot be limited in money; no limit",
		}},
		{"with prices and limits", []string{"--model-url", good.URL, "--llm-model", "m", "--price-in", "2", "--price-out", "8", "--price-currency", "CNY", "--judge-day-money", "50", "--judge-session-tokens", "9000"}, []string{
			"ok    price of judging   2 sent and 8 answered for a million tokens, about 0.008 for a question of 2000 and an answer of 500 CNY; at most 9000 tokens a session; at most 50 a day",
		}},
		{"limits of money without prices", []string{"--model-url", good.URL, "--llm-model", "m", "--judge-day-money", "50"}, []string{
			"fail  price of judging   a budget in money needs the model's prices: give them per million tokens (--price-in, --price-out), or limit tokens instead",
		}},
		{"asked", []string{"--model-url", good.URL, "--llm-model", "m", "--embedding-model", "e", "--probe"}, []string{
			"ok    judging model      m@" + good.Addr() + " answers as m: answers by json_object, max_tokens",
			"ok    embedding model    e@" + good.Addr() + " answers with 3 numbers",
		}},
		{"not there", []string{"--model-url", missing.URL, "--llm-model", "m", "--embedding-model", "e", "--probe"}, []string{
			"fail  judging model      model not asked: model_unavailable: m@" + missing.Addr() + ": the endpoint answered with status 404: it has no such model, check its name",
			"fail  embedding model    embed 1 texts: model not asked: model_unavailable: e@" + missing.Addr() + ": the endpoint answered with status 404: it has no such model, check its name",
		}},
		{"a web page", []string{"--model-url", page.URL, "--llm-model", "m", "--embedding-model", "e", "--probe"}, []string{
			"fail  judging model      m@" + page.Addr() + ": the endpoint sent a web page, so this is hardly a model's endpoint: check the URL, which mostly ends in /v1",
			"fail  embedding model    embed 1 texts: model not asked: model_unavailable: e@" + page.Addr() + ": the endpoint sent a web page, so this is hardly a model's endpoint: check the URL, which mostly ends in /v1",
		}},
		{"nowhere", []string{"--llm-model", "m"}, []string{"fail  judging model      --llm-model: neither --model-url (OPENAI_BASE_URL) nor a key (OPENAI_API_KEY) is given"}},
		{"wrong settings", []string{"--model-url", good.URL, "--llm-model", "m", "--model-extra", "low"}, []string{`fail  judging model      --model-extra: no JSON object; allowed: {"field": value, …}`}},
	}
	t.Cleanup(func() {
		if n := good.Count(); n != 3 { // two for the first answer, one for the vector
			t.Errorf("%d requests", n)
		}
	})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := assay(t, append([]string{"doctor", "--data", t.TempDir(), "--model-key="}, tt.args...)...)
			for _, line := range tt.want {
				if !strings.Contains(got.stdout, line+"\n") {
					t.Errorf("no line %q in:\n%s%s", line, got.stdout, got.stderr)
				}
			}
			if failed := strings.Contains(got.stdout, "fail  "); failed != (got.status == exitProblems) {
				t.Errorf("exit status %d", got.status)
			}
		})
	}
}

func TestTheKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{Status: 401, Error: &llmtest.Error{Message: "Incorrect API key provided: sk-hidden."}}))
	got := assay(t, "doctor", "--data", t.TempDir(), "--model-url", server.URL, "--model-key", "sk-hidden", "--llm-model", "m", "--probe", "--debug")
	if strings.Contains(got.stdout+got.stderr, "sk-hidden") || !strings.Contains(got.stdout, "check the key") {
		t.Errorf("%s%s", got.stdout, got.stderr)
	}
}
