package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/classifiers/llm/llmtest"
)

const judgedCard = `scorecard: judged
name: J
pass: 55
undetermined_limit: 60
sections:
- id: s
  name: S
  criteria:
  - {id: thanks, name: Thanks, weight: 50, judge: Did the agent thank the customer?}
  - {id: hello, name: Hello, weight: 50, met_when: h, conditions: {h: {speaker: agent, keywords: {any: [hello]}}}}
`

const judgedSessions = `{"id":"a","channel":"chat","turns":[{"speaker":"customer","text":"hi, my number is 13812345678"},{"speaker":"agent","text":"hello, thank you for calling"}]}
{"id":"b","channel":"chat","turns":[{"speaker":"customer","text":"hi there"},{"speaker":"agent","text":"hello, what now"}]}
`

// thankful says yes where the agent thanked, and no to everything else.
func thankful(r llmtest.Request) llmtest.Answer {
	type said struct {
		Criterion string           `json:"criterion"`
		Applies   bool             `json:"applies"`
		Reason    string           `json:"reason"`
		Answer    string           `json:"answer"`
		Quotes    []map[string]any `json:"quotes"`
	}
	thanks := said{"thanks", true, "He thanked for the call.", "yes", []map[string]any{{"turn": 1, "text": "thank you for calling"}}}
	if !strings.Contains(r.User(), "thank you for calling") {
		thanks = said{"thanks", true, "Nobody was thanked.", "no", []map[string]any{}}
	}
	text, err := json.Marshal(map[string]any{"answers": []said{{"code_word", true, "It was not said.", "no", []map[string]any{}}, thanks}})
	if err != nil {
		return llmtest.Answer{Status: 500}
	}
	return llmtest.Answer{Text: string(text)}
}

func TestInspectAsksTheModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	card, sessions := filepath.Join(dir, "card.yaml"), filepath.Join(dir, "sessions.jsonl")
	for name, text := range map[string]string{card: judgedCard, sessions: judgedSessions} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := llmtest.New(t, thankful)
	t.Cleanup(func() {
		for _, r := range server.Requests() {
			if strings.Contains(string(r.Body), "13812345678") {
				t.Errorf("personal data was sent: %s", r.Body)
			}
		}
	})
	down := llmtest.New(t, llmtest.Always(llmtest.Answer{Status: 401, Error: &llmtest.Error{Message: "Incorrect API key provided."}}))
	page := llmtest.New(t, llmtest.Always(webPage))
	tests := map[string]struct {
		args   []string
		status int
		out    []string // in this order
		err    string
	}{
		"what the model says, with its words": {[]string{"--model-url", server.URL, "--llm-model", "m"}, 0, []string{
			"a  pass  100 points", "+ thanks", "m: He thanked for the call.", `turn 1, agent: "thank you for calling"`,
			"b  fail  50 points", "- thanks", "m: Nobody was thanked.", "votes: not_met, not_met, not_met",
		}, ""},
		"the same as JSON": {[]string{"--model-url", server.URL, "--llm-model", "m", "--json"}, 0, []string{
			`"rationale":"He thanked for the call."`, `"redacted":true`, `"judge":"m@`,
		}, ""},
		"no model where none is wanted": {[]string{"--model-url", server.URL, "--llm-model", "m", "--no-judge"}, 0, []string{"a  pass", "? thanks", "Thanks: A model is asked, and none is configured (no_model)", "Undetermined\n       2  A model is asked, and none is configured (no_model)"}, ""},
		"none of the sessions":          {[]string{"--model-url", server.URL, "--llm-model", "m", "--judge", "none"}, 0, []string{"? thanks", "(not_selected)"}, ""},
		"verdicts without a model that is away, and one word about it": {[]string{"--model-url", down.URL, "--llm-model", "m"}, 1, []string{
			"a  pass", "? thanks", "The model did not answer (model_unavailable)", "b  pass", "? thanks", "(model_unavailable)",
		}, "the model is not asked: "},
		"a web page is no model":  {[]string{"--model-url", page.URL, "--llm-model", "m"}, 1, []string{"? thanks", "(parse)"}, "failed)"},
		"what the model took":     {[]string{"--model-url", server.URL, "--llm-model", "m"}, 0, nil, "m: 4 calls, "},
		"that no price is known":  {[]string{"--model-url", server.URL, "--llm-model", "m"}, 0, nil, " answered, price unknown (--price-in, --price-out); 2 sessions judged\n"},
		"what it cost":            {[]string{"--model-url", server.URL, "--llm-model", "m", "--price-in", "1000", "--price-currency", "CNY"}, 0, nil, " CNY; 2 sessions judged\n"},
		"that no model is named":  {[]string{"--model-url", server.URL}, 0, nil, "note: OPENAI_BASE_URL (--model-url) names an endpoint, but ASSAY_LLM_MODEL (--llm-model) names no model"},
		"too little money":        {[]string{"--model-url", server.URL, "--llm-model", "m", "--judge-session-tokens", "10"}, 0, []string{"? thanks", "(budget)"}, "budget"},
		"a price that is missing": {[]string{"--model-url", server.URL, "--llm-model", "m", "--judge-day-money", "1"}, 2, nil, "--price-in"},
		"a model without a place": {[]string{"--llm-model", "m"}, 2, nil, "--model-url"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := assay(t, append([]string{"inspect", "-s", card, sessions}, tt.args...)...)
			rest := r.stdout
			for _, want := range tt.out {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Fatalf("%q is missing in\n%s\n%s", want, r.stdout, r.stderr)
				}
				rest = after
			}
			if r.status != tt.status || strings.Count(r.stderr, tt.err) == 0 || tt.err == "the model is not asked: " && strings.Count(r.stderr, tt.err) != 1 || strings.Contains(r.stderr, "WARN") {
				t.Errorf("status %d, %s", r.status, r.stderr)
			}
		})
	}
}
