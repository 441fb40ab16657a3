package classifiers_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"assay/classifiers"
	"assay/classifiers/tone"
	"assay/pipeline"
	"assay/pipeline/scorecard"
)

// bareAnswers leaves of answers what Outcomes gives.
func bareAnswers(answers []pipeline.Answer) []pipeline.Answer {
	out := make([]pipeline.Answer, len(answers))
	for i, a := range answers {
		out[i] = pipeline.Answer{Outcome: a.Outcome, Reason: a.Reason, By: a.By, Hits: a.Hits}
	}
	return out
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
			want := bareAnswers(set.Classify(t.Context(), in))
			if diff := cmp.Diff(want, m.Outcomes(t.Context(), in)); diff != "" {
				t.Errorf("%s, session %d (-want +got)\n%s", name, i, diff)
			}
			if into = set.Outcomes(t.Context(), in, into); !cmp.Equal(want, into) {
				t.Errorf("%s, session %d: Set.Outcomes differs from its Matcher's", name, i)
			}
		}
	}
}

// prepared are the sessions of all cases, of a quarter of the packs' examples and the demo's.
func prepared(t *testing.T, ear pipeline.ToneClassifier) []*pipeline.Input {
	t.Helper()
	var inputs []*pipeline.Input
	for i, s := range sessions(t) {
		if i%4 == 0 {
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
