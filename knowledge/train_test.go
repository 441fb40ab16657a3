package knowledge

import (
	"slices"
	"testing"
)

func trainingSet(t *testing.T) TrainingSet {
	set := TrainingSet{Name: "demo", Index: newTestIndex(t, Options{}, demoSolutions(t)...)}
	for _, j := range judgedQuestions(t) {
		q := TrainingQuestion{ID: j.Text, Query: Query{Text: j.Text}, Relevant: map[string]int{}}
		for _, id := range j.Want {
			q.Relevant[id] = 1
		}
		set.Questions = append(set.Questions, q)
	}
	return set
}

func TestTrainingFindsWeightsThatRankAndKnowWhenToBeSilent(t *testing.T) {
	t.Parallel()
	set := trainingSet(t)
	weights, report, err := Train(t.Context(), []TrainingSet{set}, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := Train(t.Context(), []TrainingSet{set}, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range weights.Rank {
		if again.Rank[name] != x {
			t.Errorf("%s is %v and then %v", name, x, again.Rank[name])
		}
	}
	f := report.Sets[0]
	if *f.Hit.Value < 0.85 || *f.Precision.Value < 0.9 || *f.FalseAnswers.Value > 0.2 || f.Brier > 0.15 {
		t.Errorf("hit %.3f, precision %.3f, false answers %.3f, Brier %.3f", *f.Hit.Value, *f.Precision.Value, *f.FalseAnswers.Value, f.Brier)
	}
}

// A question whose solution is gone must look as it does in a library without it:
// the best of the others has no rival that beats it.
func TestCandidatesAreComparedAnewWithoutTheRightOnes(t *testing.T) {
	t.Parallel()
	set := trainingSet(t)
	for _, q := range set.Questions[:40] {
		with, without, err := set.Index.trained(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(with.right, true) || len(without.features) == 0 {
			continue
		}
		if slices.Contains(without.right, true) {
			t.Fatalf("%q: a right solution is among the others", q.ID)
		}
		most := func(of feature) float64 {
			x := -1.0
			for _, f := range without.features {
				x = max(x, f.x[of])
			}
			return x
		}
		if most(said) != 0 || most(bm25Lead) < 0.5 && most(bm25Share) > leastRival {
			t.Errorf("%q: the others' best has said %v and bm25_lead %v", q.ID, most(said), most(bm25Lead))
		}
	}
}
