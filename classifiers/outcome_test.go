package classifiers_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"assay/classifiers"
	"assay/classifiers/tone"
	"assay/pipeline"
	"assay/pipeline/scorecard"
)

// alike reports whether answers are the same but for evidence and why, which the
// second ones do not have.
func alike(want, got []pipeline.Answer) bool {
	return slices.EqualFunc(want, got, func(w, g pipeline.Answer) bool {
		return w.Outcome == g.Outcome && w.Reason == g.Reason && w.By == g.By && w.Hits == g.Hits && g.Evidence == nil && g.Why == nil
	})
}

// TestOutcomesAreThoseOfClassify asks one Matcher about session after session.
func TestOutcomesAreThoseOfClassify(t *testing.T) {
	t.Parallel()
	ear, err := tone.New()
	if err != nil {
		t.Fatal(err)
	}
	inputs := prepared(t, ear)
	for name, set := range compiled(t) {
		m := set.Matcher()
		var into []pipeline.Answer
		for i, in := range inputs {
			want := set.Classify(t.Context(), in)
			if got := m.Outcomes(t.Context(), in); !alike(want, got) {
				t.Errorf("%s, session %d (-want +got)\n%s", name, i, cmp.Diff(want, got))
			}
			if into = set.Outcomes(t.Context(), in, into); !alike(want, into) {
				t.Errorf("%s, session %d: Set.Outcomes differs from its Matcher's", name, i)
			}
		}
	}
}

// prepared are the sessions of all cases, of a quarter of the packs' examples and
// the demo's; of fewer in short tests.
func prepared(t *testing.T, ear pipeline.ToneClassifier) []*pipeline.Input {
	t.Helper()
	var inputs []*pipeline.Input
	each := 4
	if testing.Short() {
		each = 16
	}
	for i, s := range sessions(t) {
		if i%each == 0 {
			inputs = append(inputs, pipeline.NewInput(s))
		}
	}
	for _, archive := range archives(t) {
		inputs = append(inputs, pipeline.NewInput(session(t, string(part(archive, "session")))))
	}
	for _, in := range inputs {
		in.Tone = ear.Classify(t.Context(), in)
	}
	return inputs
}

// compiled are the scorecards of the packs and of all cases, and one of many words.
func compiled(t *testing.T) map[string]*classifiers.Set {
	t.Helper()
	sets := map[string]*classifiers.Set{"workload": newWorkload(t, 100).card(t, true)}
	for _, pack := range scorecard.Packs() {
		sets[pack.Name] = load(t, string(pack.Source)).Classifier.(*classifiers.Set)
	}
	for name, archive := range archives(t) {
		sets[name] = load(t, string(part(archive, "scorecard.yaml"))).Classifier.(*classifiers.Set)
	}
	return sets
}

func archives(t *testing.T) map[string]*txtar.Archive {
	t.Helper()
	files, err := filepath.Glob("../testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	out := map[string]*txtar.Archive{}
	for _, file := range files {
		if out[filepath.Base(file)], err = txtar.ParseFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
