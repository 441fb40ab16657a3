package classifiers_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/llm"
	"assay/classifiers/rule"
	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/scorecard"
)

// meaningOf stands for a model: what is about money back points one way, in any
// language, everything else another.
func meaningOf(text string) string {
	text = strings.ToLower(text)
	for _, about := range []string{"退款", "refund", "money back", "返还"} {
		if strings.Contains(text, about) {
			return "[1, 0.2, 0]"
		}
	}
	if strings.Contains(text, "钱") {
		return "[1, 1, 0]"
	}
	return "[0, 0.1, 1]"
}

// embedder asks a server that speaks the protocol, or one that fails.
func embedder(t *testing.T, status int) *llm.Embedder {
	t.Helper()
	return redactingEmbedder(t, status, nil, nil)
}

// redactingEmbedder redacts by rules, and tells seen every text that the server gets.
func redactingEmbedder(t *testing.T, status int, rules *redact.Rules, seen func(text string)) *llm.Embedder {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Input []string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
		var data []string
		for i, text := range asked.Input {
			if seen != nil {
				seen(text)
			}
			data = append(data, fmt.Sprintf(`{"index": %d, "embedding": %s}`, i, meaningOf(text)))
		}
		fmt.Fprintf(w, `{"data": [%s]}`, strings.Join(data, ","))
	}))
	t.Cleanup(server.Close)
	c, err := llm.NewClient(llm.ClientOptions{BaseURL: server.URL, Model: "m", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return llm.NewEmbedder(c, rules)
}

const byMeaning = "k: {speaker: customer, similarity: {to: [我要退款], by: embedding, at_least: 90}}"

func TestSimilarityByMeaning(t *testing.T) {
	t.Parallel()
	card := load(t, one("met_when: k", byMeaning))
	in := pipeline.NewInput(session(t, "agent: refund\ncustomer: Good day! I would like my money back. Ｔhanks\ncustomer: REFUND\ncustomer: 嗯"))
	in.Embedder = embedder(t, http.StatusOK)
	var got []string
	for _, x := range card.Classifier.Classify(t.Context(), in)[0].Evidence {
		got = append(got, x.Quote)
	}
	want := []string{"I would like my money back.", "REFUND"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSimilarityByMeaningSendsNoPersonalData(t *testing.T) {
	t.Parallel()
	card := load(t, one("met_when: k", byMeaning))
	rules := redact.DefaultPolicy().For(redact.Model)
	var sent []string
	in := pipeline.NewInput(session(t, "customer: Call me at 415-555-2671 please. I want my money back on 4111111111111111.\ncustomer: 退款打给 138\nagent: 嗯\ncustomer: 1234\ncustomer: 5678"))
	in.Embedder = redactingEmbedder(t, http.StatusOK, &rules, func(text string) { sent = append(sent, text) })
	var got []string
	for _, x := range card.Classifier.Classify(t.Context(), in)[0].Evidence {
		got = append(got, x.Quote)
	}
	if diff := cmp.Diff([]string{"I want my money back on 4111111111111111.", "退款打给 138"}, got); diff != "" {
		t.Errorf("evidence (-want +got)\n%s", diff)
	}
	want := []string{"我要退款", "Call me at <PHONE_1> please.", "I want my money back on <CARD_1>.", "退款打给 <PHONE_2>", "<PHONE_2>"}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("sent (-want +got)\n%s", diff)
	}
}

func TestSimilarityByMeaningWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	card := load(t, one("met_when: k || l", byMeaning+", l: {similarity: {to: [x], by: embedding, at_least: 90}}"))
	in := pipeline.NewInput(session(t, "customer: 我要退款"))
	for _, tt := range []struct {
		embedder pipeline.Embedder
		want     pipeline.Reason
	}{{nil, pipeline.NoModel}, {embedder(t, http.StatusInternalServerError), pipeline.ModelUnavailable}} {
		in.Embedder = tt.embedder
		if a := card.Classifier.Classify(t.Context(), in)[0]; a.Outcome != pipeline.Undetermined || a.Reason != tt.want {
			t.Errorf("%s(%s), want %s", a.Outcome, a.Reason, tt.want)
		}
	}
}

func TestSimilarityByMeaningSaysHowNearItCame(t *testing.T) {
	t.Parallel()
	card, problems := scorecard.Parse("s.yaml", []byte(one("met_when: k", byMeaning)))
	set := rule.Compile(card)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	in := pipeline.NewInput(session(t, "customer: hello。把钱给我"))
	in.Embedder = embedder(t, http.StatusOK)
	near, _ := set.Evaluate(t.Context(), in).Nearest(card.Criteria()[0], "k")
	if want := `similarity 83 < 90: "把钱给我" to "我要退款"`; near.Text != want {
		t.Errorf("%s, want %s", near.Text, want)
	}
}
