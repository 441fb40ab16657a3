package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/knowledge"
)

func TestTrainingWritesWeightsAndHowGoodTheyAre(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "weights.json")
	golden := "golden=corpus:../../testdata/demo/solutions.jsonl,queries:../../knowledge/testdata/questions.jsonl,limit:120"
	r := assay(t, "solution", "train", "--set", golden, "--set", "held=corpus:../../testdata/demo/solutions.jsonl,held-out:0.3", "--out", out)
	if r.status != 0 {
		t.Fatalf("status %d: %s", r.status, r.stderr)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var w knowledge.Weights
	if err := json.Unmarshal(b, &w); err != nil || len(w.Rank) < 10 || w.Probability["rank"] == 0 {
		t.Errorf("wrote %s (%v)", b, err)
	}
	report, err := os.ReadFile(filepath.Join(filepath.Dir(out), "weights.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--set " + golden, "| golden ", "| held ", "| bm25_share "} {
		if !strings.Contains(string(report), want) {
			t.Errorf("the report does not say %q:\n%s", want, report)
		}
	}
}

func TestTrainingNamesWhatIsWrongWithASet(t *testing.T) {
	t.Parallel()
	corpus := write(t, "corpus.jsonl", retrievalCorpus)
	for _, c := range []struct{ name, set, says string }{
		{"no name", "corpus:" + corpus, "no name"},
		{"a key that is none", "a=corpus:" + corpus + ",query:x", `unknown key "query"; allowed: corpus, queries, sessions`},
		{"no questions", "a=corpus:" + corpus, "give --queries"},
		{"a limit of nothing", "a=corpus:" + corpus + ",held-out:0.2,limit:0", `limit is "0"; allowed: a number above 0`},
		{"a file that is not there", "a=corpus:" + corpus + ".not,held-out:0.2", "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if r := assay(t, "solution", "train", "--set", c.set); r.status != 2 || !strings.Contains(r.stderr, c.says) {
				t.Errorf("status %d, said %q; want 2 and %q", r.status, r.stderr, c.says)
			}
		})
	}
}
