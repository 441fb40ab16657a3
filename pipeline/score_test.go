package pipeline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// answers is a classifier that always says the same.
type answers []pipeline.Answer

func (a answers) Classify(context.Context, *pipeline.Input) []pipeline.Answer { return a }

// calm is a tone classifier that always hears the same.
type calm pipeline.Tone

func (c calm) Classify(_ context.Context, _ *pipeline.Input) pipeline.Tone { return pipeline.Tone(c) }
func (calm) Version() string                                               { return "calm" }

// question is a criterion with the answer to it.
type question struct {
	section  string
	weight   float64 // or the points in mode deduction
	bonus    float64 // in mode weighted, instead of a weight
	critical scorecard.Critical
	outcome  pipeline.Outcome
	hits     int // above 0: points count per hit
	atMost   float64
}

func sheet(mode scorecard.Mode, qs []question) (*scorecard.Scorecard, answers) {
	card := &scorecard.Scorecard{ID: "s", Version: "v", Mode: mode, Pass: 60, UndeterminedLimit: 0.3, Start: 100, Cap: 100}
	var said answers
	for i, q := range qs {
		c := &scorecard.Criterion{ID: fmt.Sprint("c", i), Section: q.section, Weight: q.weight, Critical: q.critical, PerHit: q.hits > 0, AtMost: q.atMost}
		if mode == scorecard.Deduction {
			c.Points, c.Weight = q.weight, max(q.weight, -q.weight)
		}
		if q.bonus > 0 {
			c.Points, c.Weight = q.bonus, 0
		}
		if n := len(card.Sections); n == 0 || card.Sections[n-1].ID != q.section {
			card.Sections = append(card.Sections, &scorecard.Section{ID: q.section})
		}
		last := card.Sections[len(card.Sections)-1]
		last.Criteria = append(last.Criteria, c)
		said = append(said, pipeline.Answer{Outcome: q.outcome, By: pipeline.ByRule, Hits: max(1, q.hits)})
	}
	return card, said
}

func inspect(t *testing.T, card *scorecard.Scorecard, said answers) *pipeline.Verdict {
	t.Helper()
	i := &pipeline.Inspector{Tone: calm{}}
	v, err := i.Inspect(t.Context(), &transcript.Session{ID: "1"}, pipeline.Card{Scorecard: card, Classifier: said})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// number writes a score that may be withheld.
func number(f *float64) string {
	if f == nil {
		return "none"
	}
	return fmt.Sprint(*f)
}

const (
	met  = pipeline.Met
	not  = pipeline.NotMet
	na   = pipeline.NotApplicable
	open = pipeline.Undetermined

	section = scorecard.CriticalSection
	whole   = scorecard.CriticalSheet
)

func TestWeightedScores(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		questions []question
		want      string // score, score without critical failures, result
	}{
		// Groups of weight 40 and 20 that reach 1 of 2 and 1 of 1 points: (40+20)/(80+20).
		{"a form of two groups", []question{{weight: 40, outcome: met}, {weight: 40, outcome: not}, {weight: 20, outcome: met}}, "60 60 pass"},
		{"all met", []question{{weight: 3, outcome: met}, {weight: 1, outcome: met}}, "100 100 pass"},
		{"none met", []question{{weight: 3, outcome: not}}, "0 0 fail"},
		{"two decimals", []question{{weight: 2, outcome: met}, {weight: 1, outcome: not}}, "66.67 66.67 pass"},
		{"just below", []question{{weight: 59.99, outcome: met}, {weight: 40.01, outcome: not}}, "59.99 59.99 fail"},
		{"not applicable leaves both sides", []question{{weight: 1, outcome: met}, {weight: 99, outcome: na}}, "100 100 pass"},
		{"undetermined leaves both sides", []question{{weight: 7, outcome: met}, {weight: 3, outcome: open}}, "100 100 pass"},
		{"too much undetermined", []question{{weight: 6.9, outcome: met}, {weight: 3.1, outcome: open}}, "none none withheld"},
		{"not applicable is no part of the limit", []question{{weight: 2, outcome: met}, {weight: 1, outcome: open}, {weight: 97, outcome: na}}, "none none withheld"},
		{"nothing applies", []question{{weight: 1, outcome: na}}, "none none withheld"},
		{"nothing weighs", []question{{weight: 0, outcome: met}}, "none none withheld"},
		{"weight 0 does not count", []question{{weight: 0, outcome: not}, {weight: 1, outcome: met}}, "100 100 pass"},
		{"a critical section fails alone", []question{
			{section: "a", weight: 1, critical: section, outcome: not}, {section: "a", weight: 1, outcome: met}, {section: "b", weight: 2, outcome: met},
		}, "50 75 fail"},
		{"a critical sheet fails all", []question{{section: "a", weight: 1, critical: whole, outcome: not}, {section: "b", weight: 9, outcome: met}}, "0 90 fail"},
		{"a critical failure stands when the score is withheld", []question{{weight: 1, critical: whole, outcome: not}, {weight: 1, outcome: open}}, "none none fail"},
		{"a critical criterion that is met changes nothing", []question{{weight: 1, critical: whole, outcome: met}}, "100 100 pass"},
		{"a critical criterion that is unknown needs a person", []question{{weight: 1, critical: whole, outcome: open}, {weight: 9, outcome: met}}, "100 100 needs_review"},
		{"also when the rest fails", []question{{weight: 1, critical: section, outcome: open}, {weight: 9, outcome: not}}, "0 0 needs_review"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			card, said := sheet(scorecard.Weighted, tt.questions)
			v := inspect(t, card, said)
			if got := fmt.Sprint(number(v.Score), " ", number(v.Unfailed), " ", v.Result); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDeductedScores(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		start      float64
		floor, cap float64
		questions  []question
		want       string
	}{
		{"a violation takes points once", 100, 0, 100, []question{{weight: -5, outcome: not}, {weight: -7, outcome: met}}, "95 95 pass"},
		{"a violation takes points per hit", 100, 0, 100, []question{{weight: -5, outcome: not, hits: 3}}, "85 85 pass"},
		{"no more than at most", 100, 0, 100, []question{{weight: -5, outcome: not, hits: 30, atMost: 12}}, "88 88 pass"},
		{"a bonus within the cap", 100, 0, 105, []question{{weight: 3, outcome: met, hits: 5}, {weight: 4, outcome: not}}, "105 105 pass"},
		{"no lower than the floor", 100, 20, 100, []question{{weight: -200, outcome: not}}, "20 20 fail"},
		{"a floor below nothing", 0, -50, 0, []question{{weight: -30, outcome: not}}, "-30 -30 fail"},
		{"nothing taken for what is unknown", 100, 0, 100, []question{{weight: -5, outcome: na}, {weight: -1, outcome: open}, {weight: -9, outcome: met}}, "100 100 pass"},
		{"withheld above the limit", 100, 0, 100, []question{{weight: -4, outcome: open}, {weight: -6, outcome: met}}, "none none withheld"},
		{"a failed section loses its bonus and pays every deduction once", 100, 0, 110, []question{
			{section: "a", weight: -10, critical: section, outcome: not}, {section: "a", weight: -5, outcome: met}, {section: "a", weight: 10, outcome: met},
			{section: "a", weight: -7, outcome: na}, {section: "b", weight: 2, outcome: met},
		}, "87 102 pass"},
		{"a failed section takes no more than at most", 100, 0, 100, []question{
			{section: "a", weight: -10, atMost: 5, critical: section, outcome: not}, {section: "a", weight: -8, atMost: 3, outcome: met},
		}, "92 95 pass"},
		{"a failed sheet falls to the floor", 100, 10, 100, []question{{weight: -1, critical: whole, outcome: not}}, "10 99 fail"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			card, said := sheet(scorecard.Deduction, tt.questions)
			card.Start, card.Floor, card.Cap, card.Pass = tt.start, tt.floor, tt.cap, 85
			v := inspect(t, card, said)
			if got := fmt.Sprint(number(v.Score), " ", number(v.Unfailed), " ", v.Result); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// random makes a sheet of up to 12 questions in up to 3 sections.
func random(r *rand.Rand, mode scorecard.Mode) []question {
	var qs []question
	for range 1 + r.IntN(12) {
		q := question{
			section: string(rune('a' + r.IntN(3))), weight: float64(1+r.IntN(20)) / []float64{1, 10, 40}[r.IntN(3)],
			outcome:  pipeline.Outcomes[r.IntN(4)],
			critical: []scorecard.Critical{"", "", "", section, whole}[r.IntN(5)],
		}
		if mode == scorecard.Deduction {
			q.weight *= float64(1 - 2*r.IntN(2))
			q.hits = r.IntN(3)
			q.atMost = float64(r.IntN(2) * r.IntN(30))
		} else if r.IntN(4) == 0 {
			q.bonus = float64(1+r.IntN(50)) / 3
		}
		qs = append(qs, q)
	}
	slices.SortStableFunc(qs, func(a, b question) int { return int(a.section[0]) - int(b.section[0]) })
	return qs
}

func eachRandom(t *testing.T, check func(t *testing.T, r *rand.Rand, mode scorecard.Mode, qs []question)) {
	t.Helper()
	for _, mode := range []scorecard.Mode{scorecard.Weighted, scorecard.Deduction} {
		for seed := range uint64(2000) {
			r := rand.New(rand.NewPCG(seed, 1))
			check(t, r, mode, random(r, mode))
		}
	}
}

// TestUnansweredNeverChangesTheScore takes all that is not applicable or
// undetermined out of a sheet: what is left has the same score.
func TestUnansweredNeverChangesTheScore(t *testing.T) {
	t.Parallel()
	eachRandom(t, func(t *testing.T, _ *rand.Rand, mode scorecard.Mode, qs []question) {
		card, said := sheet(mode, qs)
		card.UndeterminedLimit = 1
		with := inspect(t, card, said)
		qs = slices.DeleteFunc(slices.Clone(qs), func(q question) bool { return q.outcome == na || q.outcome == open })
		if len(qs) == 0 {
			if with.Score != nil {
				t.Errorf("score %g without an answer", *with.Score)
			}
			return
		}
		card, said = sheet(mode, qs)
		without := inspect(t, card, said)
		if number(with.Score) != number(without.Score) || number(with.Unfailed) != number(without.Unfailed) {
			t.Errorf("%s: %s (%s) with, %s (%s) without\n%+v", mode, number(with.Score), number(with.Unfailed), number(without.Score), number(without.Unfailed), qs)
		}
	})
}

func TestOrderNeverMatters(t *testing.T) {
	t.Parallel()
	eachRandom(t, func(t *testing.T, r *rand.Rand, mode scorecard.Mode, qs []question) {
		card, said := sheet(mode, qs)
		a := inspect(t, card, said)
		r.Shuffle(len(qs), func(i, j int) { qs[i], qs[j] = qs[j], qs[i] })
		card, said = sheet(mode, qs)
		b := inspect(t, card, said)
		if number(a.Score) != number(b.Score) || number(a.Unfailed) != number(b.Unfailed) || a.Result != b.Result {
			t.Errorf("%s: %s %s, shuffled %s %s\n%+v", mode, number(a.Score), a.Result, number(b.Score), b.Result, qs)
		}
	})
}

// TestScoresStayInBounds also holds that a critical failure never raises a score.
func TestScoresStayInBounds(t *testing.T) {
	t.Parallel()
	eachRandom(t, func(t *testing.T, r *rand.Rand, mode scorecard.Mode, qs []question) {
		card, said := sheet(mode, qs)
		if mode == scorecard.Deduction {
			card.Floor = float64(r.IntN(100) - 50)
			card.Start = card.Floor + float64(r.IntN(60))
			card.Cap = card.Start + float64(r.IntN(60))
		}
		v := inspect(t, card, said)
		if (v.Score == nil) != (v.Unfailed == nil) {
			t.Fatalf("score %s, without failures %s", number(v.Score), number(v.Unfailed))
		}
		if v.Score != nil && (*v.Score < card.Floor || *v.Score > *v.Unfailed || *v.Unfailed > card.Cap) {
			t.Errorf("%s: score %s, without failures %s, of %g to %g\n%+v", mode, number(v.Score), number(v.Unfailed), card.Floor, card.Cap, qs)
		}
	})
}

func TestSameInputSameBytes(t *testing.T) {
	t.Parallel()
	eachRandom(t, func(t *testing.T, _ *rand.Rand, mode scorecard.Mode, qs []question) {
		card, said := sheet(mode, qs)
		a, err := inspect(t, card, said).JSON()
		if err != nil {
			t.Fatal(err)
		}
		b, err := inspect(t, card, said).JSON()
		if diff := cmp.Diff(string(a), string(b)); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}
