package config

import (
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"assay/classifiers/llm"
)

func TestModelsThatAreAsked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		model          Model
		embeds, judges bool
		wrong          bool
	}{
		{"nothing is configured", Model{Timeout: time.Second}, false, false, false},
		{"an endpoint without a model", Model{BaseURL: "http://x/v1", Timeout: time.Second}, false, false, false},
		{"a model that embeds", Model{BaseURL: "http://x/v1", Embedding: "m", Timeout: time.Second}, true, false, false},
		{"a model that judges", Model{BaseURL: "http://x/v1", LLM: "m", Timeout: time.Second}, false, true, false},
		{"models with a key", Model{Key: "k", Embedding: "m", LLM: "n", Timeout: time.Second}, true, true, false},
		{"models nowhere", Model{Embedding: "m", LLM: "n", Timeout: time.Second}, false, false, true},
		{"no time to answer", Model{Key: "k", Embedding: "m", LLM: "n"}, false, false, true},
	}
	for _, tt := range tests {
		embeds, err := tt.model.Embeds()
		judges, err2 := tt.model.Judges()
		if embeds != tt.embeds || judges != tt.judges || (err != nil) != tt.wrong || (err2 != nil) != tt.wrong {
			t.Errorf("%s: %v, %v, %v, %v", tt.name, embeds, err, judges, err2)
		}
	}
}

// parseModel reads the settings as the program does.
func parseModel(t *testing.T, yaml string, args ...string) (Model, error) {
	t.Helper()
	var m Model
	resolver, err := YAML("assay.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	parser, err := kong.New(&m, kong.Resolvers(resolver))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return m, err
}

func TestTheModelsSettings(t *testing.T) {
	m, err := parseModel(t, "model-url: http://x/v1\nllm-model: m\nmodel-extra: {reasoning_effort: low, seed: null}\n", "--model-api-version", "2024-10-21")
	if err != nil {
		t.Fatal(err)
	}
	client, err := m.Client("m")
	want := llm.ClientOptions{BaseURL: "http://x/v1", Model: "m", APIVersion: "2024-10-21", Timeout: time.Minute, Extra: map[string]any{"reasoning_effort": "low", "seed": nil}}
	if diff := cmp.Diff(want, client); diff != "" || err != nil {
		t.Errorf("client (-want +got), %v:\n%s", err, diff)
	}
	if other, err := m.Client("e"); err != nil || other.Extra != nil {
		t.Errorf("of another model: %+v, %v", other, err)
	}
}

func TestMistakesInTheModelsSettings(t *testing.T) {
	t.Parallel()
	raw := Model{Key: "k", LLM: "n", SendRaw: true, Redaction: "f", Timeout: time.Second}
	if ok, err := raw.Judges(); !ok || err != nil { // the policy is for pages, too
		t.Errorf("raw, with a policy for pages: %v, %v", ok, err)
	}
	for _, extra := range []string{"{", "[]", "null", "low"} {
		if _, err := (Model{LLM: "m", Extra: extra}).Client("m"); err == nil || !strings.Contains(err.Error(), "--model-extra") {
			t.Errorf("%s: %v", extra, err)
		}
	}
}
