package main

import (
	"encoding/json"
	"strings"
	"testing"

	"assay/classifiers/llm/llmtest"
)

const retrievalCorpus = `{"_id":"r","title":"When will I get my refund?","text":"Within three days."}
{"_id":"i","title":"How do I get an invoice?","text":"In the app."}
{"_id":"p","title":"Is there parking?","text":"Behind the house.","entity":"ABBEY HOTEL"}
`

func TestEvalRetrievalPrintsFigures(t *testing.T) {
	t.Parallel()
	corpus := write(t, "corpus.jsonl", retrievalCorpus)
	queries := write(t, "queries.jsonl", `{"_id":"1","text":"when do I get my refund"}
{"_id":"2","text":"Is there parking?","entities":["Abbey Hotel"]}
{"_id":"3","text":"anything"}
`)
	qrels := write(t, "qrels.tsv", "query-id\tcorpus-id\tscore\n1\tr\t1\n2\tp\t1\n9\tp\t1\n")
	r := assay(t, "eval", "retrieval", "--corpus", corpus, "--queries", queries, "--qrels", qrels, "--json")
	if r.status != 0 || r.stderr != "1 judgements are of questions that are not asked\n" {
		t.Fatalf("status %d, stderr %q", r.status, r.stderr)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{
		"solutions": 3, "questions": 2, "without_judgements": 1, "ndcg_at_10": 1, "mrr_at_10": 1, "recall_at_1": 1, "recall_at_10": 1, "hit_at_1": 1,
	} {
		if got[key] != want {
			t.Errorf("%s is %v; want %v", key, got[key], want)
		}
	}
	if text := assay(t, "eval", "retrieval", "--corpus", corpus, "--queries", queries, "--qrels", qrels); !strings.Contains(text.stdout, "hit@1                                    1.000 [0.342, 1.000]\n") {
		t.Errorf("printed %s", text.stdout)
	}
}

// What was said before the question names the place that it is about.
func TestEvalRetrievalReadsTheContextFromSessions(t *testing.T) {
	t.Parallel()
	corpus := write(t, "corpus.jsonl", `{"_id":"a","title":"Is there parking?","text":"Behind the house.","entity":"ABBEY HOTEL"}
{"_id":"b","title":"Is there parking?","text":"In the street.","entity":"BRIDGE INN"}
`)
	queries := write(t, "queries.jsonl", `{"text":"Is there parking?","want":["b"]}`+"\n")
	sessions := write(t, "sessions.jsonl", `{"id":"1","channel":"chat","turns":[{"speaker":"agent","text":"The Bridge Inn has rooms."},{"speaker":"customer","text":"Is there parking?"}]}
{"id":"2","channel":"chat","turns":[{"speaker":"boss","text":"?"}]}
`)
	r := assay(t, "eval", "retrieval", "--corpus", corpus, "--queries", queries, "--sessions", sessions, "--json")
	if r.status != 1 || !strings.Contains(r.stderr, "sessions.jsonl:2") || !strings.Contains(r.stdout, `"hit_at_1":1`) {
		t.Errorf("status %d, stderr %q, printed %s", r.status, r.stderr, r.stdout)
	}
	r = assay(t, "eval", "retrieval", "--corpus", corpus, "--queries", queries, "--sessions", sessions, "--json", "--no-context")
	if strings.Contains(r.stdout, `"hit_at_1":1`) {
		t.Errorf("without the context it printed %s", r.stdout)
	}
}

func TestEvalRetrievalNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	corpus := write(t, "corpus.jsonl", retrievalCorpus+"{\"_id\":\"x\"}\n")
	queries := write(t, "queries.jsonl", `{"id":"1","text":"when do I get my refund"}`+"\n"+`{"id":"2"}`+"\n")
	qrels := write(t, "qrels.tsv", "1\tr\t1\n1\tr\n")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   []string
	}{
		{"bad rows, and the rest goes on", []string{"--corpus", corpus, "--queries", queries, "--qrels", qrels, "--json"}, 1, []string{"corpus.jsonl:4: ", `queries.jsonl:2: field "text": missing; allowed: a text`, "qrels.tsv:2: 2 columns; allowed: 3"}},
		{"no questions", []string{"--corpus", corpus}, 2, []string{"give --queries with --qrels, or --held-out"}},
		{"two kinds of questions", []string{"--corpus", corpus, "--held-out", "0.2", "--qrels", qrels}, 2, []string{"--held-out goes without"}},
		{"a share above 1", []string{"--corpus", corpus, "--held-out", "20"}, 2, []string{`--held-out is "20"; allowed: above 0, below 1`}},
		{"a share of more than all", []string{"--corpus", corpus, "--held-out", "120%"}, 2, []string{`--held-out is "120%"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := assay(t, append([]string{"eval", "retrieval"}, c.args...)...)
			if r.status != c.status {
				t.Errorf("status %d; want %d", r.status, c.status)
			}
			for _, s := range c.says {
				if !strings.Contains(r.stderr, s) {
					t.Errorf("said %q; want %q", r.stderr, s)
				}
			}
			if c.status == 1 && !strings.Contains(r.stdout, `"hit_at_1":1`) {
				t.Errorf("printed %s; want figures of the rest", r.stdout)
			}
		})
	}
}

func TestHeldOutIsAShareOrAPercentage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"0.2": 0.2, "20%": 0.2, "12.5%": 0.125, "0": 0, "100%": 0, "-1%": 0, "x%": 0, "NaN": 0, "%": 0} {
		if got, err := heldOut(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestEvalRetrievalMeasuresTheModelForEmbedding(t *testing.T) {
	t.Parallel()
	corpus := write(t, "corpus.jsonl", retrievalCorpus)
	queries := write(t, "queries.jsonl", `{"_id":"1","text":"cottage lodging"}`+"\n")
	qrels := write(t, "qrels.tsv", "query-id\tcorpus-id\tscore\n1\tp\t1\n")
	server := llmtest.New(t, func(r llmtest.Request) llmtest.Answer {
		var a llmtest.Answer
		for _, text := range r.Input {
			v := []float32{1, 0}
			if strings.Contains(text, "parking") || strings.Contains(text, "cottage") || strings.Contains(text, "Behind") {
				v = []float32{0, 1}
			}
			a.Vectors = append(a.Vectors, v)
		}
		return a
	})
	args := []string{"eval", "retrieval", "--corpus", corpus, "--queries", queries, "--qrels", qrels, "--json"}
	mrr := func(args ...string) float64 {
		t.Helper()
		r := assay(t, args...)
		var got map[string]any
		if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || r.status != 0 {
			t.Fatalf("status %d, stderr %q, error %v", r.status, r.stderr, err)
		}
		x, _ := got["mrr_at_10"].(float64)
		return x
	}
	without := mrr(args...)
	if with := mrr(append(args, "--embedding-model", "e", "--model-url", server.URL)...); with != 1 || without >= 1 {
		t.Errorf("MRR is %v with vectors, %v without", with, without)
	}
	r := assay(t, append(args, "--embedding-model", "e", "--model-url", "http://127.0.0.1:1/v1")...)
	if r.status == 0 || !strings.Contains(r.stderr, "embed") {
		t.Errorf("without an endpoint: status %d, stderr %q", r.status, r.stderr)
	}
}
