package classifiers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers"
	"assay/pipeline/scorecard"
)

// TestBrokenScorecards checks that every mistake of every file of
// testdata/broken/scorecards is found in one pass, as its .want file says.
func TestBrokenScorecards(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/broken/scorecards/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			checkBroken(t, file)
		})
	}
}

func checkBroken(t *testing.T, file string) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, err = classifiers.Load(filepath.Base(file), src)
	if err == nil {
		t.Fatal("loaded without a problem")
	}
	if _, ok := err.(scorecard.Problems); !ok {
		t.Errorf("error is a %T, want scorecard.Problems", err)
	}
	got := err.Error() + "\n"
	wantFile := strings.TrimSuffix(file, ".yaml") + ".want"
	if *update {
		if err := os.WriteFile(wantFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(wantFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestLimits checks the bounds that keep a scorecard from taking all memory.
func TestLimits(t *testing.T) {
	t.Parallel()
	const head = "scorecard: s\nname: S\nsections: [{id: s, name: S, criteria: [{id: c, name: C, manual: true}]}]\nconditions:\n  "
	var words []string
	for i := range 12_000 {
		words = append(words, fmt.Sprintf("word%0200d", i))
	}
	tests := map[string]struct{ src, want string }{
		"words": {head + "a: {keywords: {any: [" + strings.Join(words, ", ") + "]}}\n",
			"card.yaml:5:23: conditions.a.keywords.any: the scorecard's words have more than 2000000 bytes up to here"},
		"pattern": {head + "a: {regex: {pattern: " + strings.Repeat("x", 5000) + "}}\n",
			"card.yaml:5:24: conditions.a.regex.pattern: the pattern has 5000 bytes, more than 4096"},
		"words of expressions": {head + "not: {keywords: {any: [x]}}\n",
			`card.yaml:5:3: conditions.not: "not" is no name for a condition; allowed: a letter, then letters, digits, _ - .`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := classifiers.Load("card.yaml", []byte(tt.src)); err == nil || err.Error() != tt.want {
				t.Errorf("error %.300v", err)
			}
		})
	}
}
