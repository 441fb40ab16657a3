package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"assay/classifiers/tone"
	"assay/classifiers/tone/linear"
)

const toneSentences = "../../testdata/tone"

func TestToneTrainWritesWeightsAndAReport(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "weights.bin")
	r := assay(t, "tone", "train", "--out", out, toneSentences)
	if r.status != exitDone || !strings.Contains(r.stdout, "| shirking | sentences | zh |") {
		t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	src, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	m, err := linear.Decode(src)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tone.With(m); err != nil {
		t.Error(err)
	}
}

func TestToneExplainsWhatWeighed(t *testing.T) {
	t.Parallel()
	r := assay(t, "tone", "explain", "--speaker", "agent", "--before", "Where is my parcel?", "That's not our problem, ask the courier.")
	for _, want := range []string{"shirking", `"That's not our problem"`, "learned", "(bias)"} {
		if r.status != exitDone || !strings.Contains(r.stdout, want) {
			t.Errorf("status %d, no %q in\n%s%s", r.status, want, r.stdout, r.stderr)
		}
	}
	var found struct {
		Version string
		Tones   []tone.Explanation
	}
	r = assay(t, "tone", "explain", "--json", "hello")
	if err := json.Unmarshal([]byte(r.stdout), &found); err != nil || found.Version == "" || len(found.Tones) == 0 {
		t.Errorf("%v in %s", err, r.stdout)
	}
	if r := assay(t, "tone", "explain", "hello"); r.stdout != "no tone\n" {
		t.Errorf("a greeting is %q", r.stdout)
	}
}

func TestEvalToneMeasuresTheHeldOutSentences(t *testing.T) {
	t.Parallel()
	var figures struct {
		Rows []struct {
			Part, Label, Language string
			Given                 struct{ TP, FP, FN, TN int }
		}
	}
	r := assay(t, "eval", "tone", "--json", "--folds", "2", toneSentences)
	if err := json.Unmarshal([]byte(r.stdout), &figures); err != nil || r.status != exitDone {
		t.Fatalf("status %d, %v in %s%s", r.status, err, r.stdout, r.stderr)
	}
	parts := map[string]bool{}
	for _, row := range figures.Rows {
		if row.Label == "shirking" {
			parts[row.Part+" "+row.Language] = row.Given.TP > 0
		}
	}
	for _, want := range []string{"test zh", "test en", "cross-validation zh", "cross-validation en"} {
		if !parts[want] {
			t.Errorf("no figures of shirking in %q: %v", want, parts)
		}
	}
}

func TestEvalToneFitsATerminal(t *testing.T) {
	t.Parallel()
	args := []string{"eval", "tone", "--folds", "2", toneSentences}
	r := assay(t, args...)
	if r.status != exitDone || r.stderr != "" || !strings.Contains(r.stdout, "sentences, test, zh\nlabel ") {
		t.Errorf("status %d, steps %q:\n%s", r.status, r.stderr, r.stdout)
	}
	for line := range strings.Lines(r.stdout) {
		if n := utf8.RuneCountInString(line) - 1; n > 120 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if r := assay(t, append(args, "--verbose")...); !strings.Contains(r.stderr, "fold 2 of 2\n") {
		t.Errorf("steps that are wanted: %q", r.stderr)
	}
}

func TestToneNamesMistakes(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.tsv")
	if err := os.WriteFile(bad, []byte("train\tgrumpy\tx\t\tagent\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"tone", "train", bad}, {"eval", "tone", bad}, {"eval", "tone", "--folds", "1", toneSentences}, {"tone", "explain", "--speaker", "bot", "x"},
		{"tone", "explain", ""}, {"tone", "explain", " \n"},
	} {
		if r := assay(t, args...); r.status != exitUsage || r.stderr == "" {
			t.Errorf("%q: status %d, %q", args, r.status, r.stderr)
		}
	}
}
