package backtest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/backtest"
)

const (
	none = backtest.NotAsked
	met  = backtest.Met
	not  = backtest.NotMet
	na   = backtest.NotApplicable
	open = backtest.Undetermined
)

// side is one scorecard's say: outcomes, a score (below 0 is withheld) and whether it passes 60.
func side(score float64, outcomes ...backtest.Outcome) *backtest.Side {
	s := &backtest.Side{Outcomes: outcomes}
	if score < 0 {
		s.Result = pipeline.Withheld
		s.Flags = []pipeline.Flag{{Reason: pipeline.ScoreWithheld}}
		return s
	}
	s.Score = pipeline.Score{Final: &score, Passed: score >= 60}
	s.Result = pipeline.Pass
	if score < 60 {
		s.Result, s.Flags = pipeline.Fail, []pipeline.Flag{{Reason: pipeline.ScoreBelowPass}}
	}
	return s
}

func rows(names ...string) []backtest.Row {
	var out []backtest.Row
	for _, n := range names {
		out = append(out, backtest.Row{Criterion: n, InOld: true, InNew: true})
	}
	return out
}

func TestBucketsOfACriterion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, new backtest.Outcome
		want     backtest.Change
		sampled  backtest.Bucket // "" is none
	}{
		"the same":                         {met, met, backtest.Change{Neither: 1}, ""},
		"not met by both":                  {not, not, backtest.Change{Both: 1}, ""},
		"not met by the new one only":      {met, not, backtest.Change{OnlyNew: 1}, backtest.OnlyNew},
		"not met by the old one only":      {not, na, backtest.Change{OnlyOld: 1}, backtest.OnlyOld},
		"another change":                   {met, open, backtest.Change{Neither: 1, Other: 1}, backtest.Other},
		"a new criterion that is not met":  {none, not, backtest.Change{OnlyNew: 1}, backtest.OnlyNew},
		"a new criterion that is met":      {none, met, backtest.Change{Neither: 1}, ""},
		"a dropped one that was not met":   {not, none, backtest.Change{Dropped: 1}, ""},
		"a criterion that nobody asked":    {none, none, backtest.Change{}, ""},
		"from undetermined to not met":     {open, not, backtest.Change{OnlyNew: 1}, backtest.OnlyNew},
		"from not applicable to undecided": {na, open, backtest.Change{Neither: 1, Other: 1}, backtest.Other},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tally := backtest.New(1, rows("c"))
			tally.Add(&backtest.Observation{Session: 5, Transcript: 6, Old: side(80, c.old), New: side(80, c.new)})
			got := tally.Summary(0).Criteria[0]
			got.Criterion, got.InOld, got.InNew, got.Moves = "", false, false, nil
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			sampled := backtest.Bucket("")
			for b, list := range tally.Criteria[0].Samples {
				if len(list) > 0 {
					sampled = backtest.Buckets[b]
				}
			}
			if sampled != c.sampled {
				t.Errorf("sampled in %q, want %q", sampled, c.sampled)
			}
		})
	}
}

func TestScoresResultsAndFlags(t *testing.T) {
	t.Parallel()
	tally := backtest.New(1, rows("c"))
	for i, pair := range [][2]*backtest.Side{
		{side(70, met), side(70, met)},     // nothing
		{side(59.5, met), side(60, met)},   // comes to pass, +0.5
		{side(80, met), side(55, met)},     // no longer passes, −25
		{side(-1, open), side(90, met)},    // gets a score and passes
		{side(90, met), side(-1, open)},    // loses it
		{side(61, met), side(60.5, met)},   // −0.5
		{nil, side(50, not)},               // for the new one only
		{side(50, not), nil},               // for the old one only
		{nil, nil},                         // for neither
		{side(20, not), side(40.25, met)},  // +20.25
		{side(60.01, met), side(60, met)},  // −0.01
		{side(60, met), side(65, met)},     // +5
		{side(100, met), side(79.99, met)}, // −20.01
	} {
		tally.Add(&backtest.Observation{Session: int64(i), Day: 9801 + int32(i%2), Team: fmt.Sprint("t", i%3), Old: pair[0], New: pair[1]})
	}
	tally.Lost()
	s := tally.Summary(1)
	got := []int{s.Sessions, s.Both, s.OnlyNew, s.OnlyOld, s.Neither, s.Unreadable, s.Changed}
	if diff := cmp.Diff([]int{14, 10, 1, 1, 1, 1, 9}, got); diff != "" {
		t.Errorf("sessions, both, only new, only old, neither, unreadable, changed (-want +got)\n%s", diff)
	}
	if got := []int{s.Score.Sessions, s.Score.Up, s.Score.Down, s.Score.Withheld, s.Score.Regained, s.Score.Unchanged}; !cmp.Equal([]int{8, 2, 2, 1, 1, 1}, got) {
		t.Errorf("scored by both, up, down, withheld, regained, unchanged: %v", got)
	}
	var bins []int
	for _, b := range s.Score.Spread {
		bins = append(bins, b.Sessions)
	}
	if diff := cmp.Diff([]int{2, 0, 0, 0, 2, 1, 1, 0, 1, 0, 1}, bins); diff != "" {
		t.Errorf("differences (-want +got)\n%s", diff)
	}
	if got, want := *s.Score.Mean, (0+0.5-25-0.5+20.25-0.01+5-20.01)/8; got < want-1e-9 || got > want+1e-9 {
		t.Errorf("mean difference %g, want %g", got, want)
	}
	if diff := cmp.Diff(backtest.Two{Old: 3, New: 3, Both: 1}, s.Flagged); diff != "" {
		t.Errorf("flagged (-want +got)\n%s", diff)
	}
	if len(s.Days) != 1 || s.MoreDays != 1 || s.Days[0].Name != "2026-11-02" || len(s.Teams) != 1 || s.MoreTeams != 2 {
		t.Errorf("days %+v and %d more, teams %+v and %d more", s.Days, s.MoreDays, s.Teams, s.MoreTeams)
	}
}

// TestPartsMakeTheWhole holds that merging, its order and going on from what was
// saved change nothing, not even the samples.
func TestPartsMakeTheWhole(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	observe := func(i int64) *backtest.Observation {
		r := rand.New(rand.NewPCG(uint64(i), 3))
		o := func() backtest.Outcome { return backtest.Outcome(1 + r.IntN(4)) }
		return &backtest.Observation{
			Session: i, Transcript: 2 * i, Day: int32(r.IntN(5)), Team: fmt.Sprint(r.IntN(4)),
			Old: side(float64(r.IntN(110)-10), o(), o()), New: side(float64(r.IntN(110)-10), o(), o()),
		}
	}
	const n = 3000
	whole := backtest.New(9, rows("a", "b"))
	for i := range int64(n) {
		whole.Add(observe(i))
	}
	parts := make([]*backtest.Tally, 7)
	for i := range parts {
		parts[i] = backtest.New(9, rows("a", "b"))
	}
	for _, i := range r.Perm(n) {
		parts[r.IntN(len(parts))].Add(observe(int64(i)))
	}
	sum := backtest.New(9, rows("a", "b"))
	for _, p := range parts {
		saved, err := json.Marshal(sum)
		if err != nil {
			t.Fatal(err)
		}
		loaded := new(backtest.Tally)
		if err := json.Unmarshal(saved, loaded); err != nil {
			t.Fatal(err)
		}
		sum = backtest.Resume(loaded, rows("a", "b"))
		sum.Merge(p)
	}
	if diff := cmp.Diff(whole, sum); diff != "" {
		t.Errorf("(-whole +parts)\n%s", diff)
	}
	if n := len(whole.Criteria[0].Samples[0]); n != backtest.SampleSize {
		t.Errorf("%d samples", n)
	}
}

func TestResumeTakesNewCriteria(t *testing.T) {
	t.Parallel()
	before := backtest.New(1, rows("a"))
	before.Add(&backtest.Observation{Session: 1, Old: side(50, not), New: side(50, met)})
	before.Lost()
	after := backtest.Resume(before, rows("b", "a"))
	if got := after.Summary(0); got.Sessions != 2 || got.Criteria[0].Criterion != "a" || got.Criteria[0].OnlyOld != 1 {
		t.Errorf("%+v", got)
	}
	if got := after.Criteria[0].Outcomes[none][none]; got != 1 {
		t.Errorf("%d sessions without the new criterion, want 1", got)
	}
}

// TestSamplesAreRandom draws many samples: every session must come up about as often.
func TestSamplesAreRandom(t *testing.T) {
	t.Parallel()
	const sessions, seeds = 300, 400
	drawn := make([]int, sessions)
	for seed := range uint64(seeds) {
		tally := backtest.New(seed, rows("c"))
		for i := range int64(sessions) {
			tally.Add(&backtest.Observation{Session: i, Old: side(50, met), New: side(50, not)})
		}
		for _, s := range tally.Criteria[0].Samples[0] {
			drawn[s.Session]++
		}
	}
	// 400 draws of 1 in 10: 40, and 6 standard deviations to either side.
	for i, n := range drawn {
		if n < 4 || n > 76 {
			t.Errorf("session %d was drawn %d times of %d, want about 40", i, n, seeds)
		}
	}
}

func TestJudgeCost(t *testing.T) {
	t.Parallel()
	tally := backtest.New(1, nil)
	asked := side(50)
	asked.Questions, asked.Tokens = 2, 15
	tally.Add(&backtest.Observation{Tokens: 100, Old: side(50), New: asked})
	tally.Add(&backtest.Observation{Tokens: 50, New: asked})
	s := tally.Summary(0)
	if diff := cmp.Diff(backtest.Cost{Sessions: 2, Questions: 4, Tokens: 2*100 + 15 + 2*50 + 15}, s.JudgeNew); diff != "" || s.JudgeOld.Questions != 0 {
		t.Errorf("(-want +got)\n%s\nold %+v", diff, s.JudgeOld)
	}
	for text, want := range map[string]int{"": 0, "您好": 2, "hello": 2, "a": 1, "请问 order 退": 3 + 2, "é": 1} {
		if got := backtest.Tokens(text); got != want {
			t.Errorf("%q: %d tokens, want %d", text, got, want)
		}
	}
}
