package jobs

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/backtest"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
	"assay/testdata"
)

// libraryCard asks the solution library; emptyCard does not.
const (
	libraryCard = `
scorecard: library
name: library
sections:
  - id: solving
    name: solving
    criteria:
      - {id: answered, name: answered, not_met_when: left, conditions: {left: {knowledge: {is: unanswered}}}}
`
	emptyCard = `
scorecard: library
name: library
sections:
  - id: solving
    name: solving
    criteria:
      - {id: answered, name: answered, not_met_when: left, conditions: {left: {speaker: agent, keywords: {any: [never said]}}}}
`
)

// library is the index of the demo's solutions.
func library(t *testing.T) *knowledge.Index {
	t.Helper()
	var solutions []knowledge.Solution
	f, err := testdata.Demo.Open("demo/solutions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for rec := range knowledge.Read(f, "solutions.jsonl", knowledge.ReadOptions{}) {
		if rec.Reject != nil {
			t.Fatal(rec.Reject)
		}
		solutions = append(solutions, *rec.Solution)
	}
	index, err := knowledge.NewIndex(solutions, knowledge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = index.Close() }) // nothing rests on its end
	return index
}

func TestBacktestAsksTheLibraryAsInspectionDoes(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	sessions := samples(t)
	if _, err := im.Import(t.Context(), records(sessions, len(sessions))); err != nil {
		t.Fatal(err)
	}
	inspector := inspector()
	inspector.Suggest = library(t)
	card, err := classifiers.Load("library.yaml", []byte(libraryCard))
	if err != nil {
		t.Fatal(err)
	}
	want := map[pipeline.Outcome]int{}
	for _, session := range sessions {
		v, err := inspector.Inspect(t.Context(), session, card)
		if err != nil {
			t.Fatal(err)
		}
		want[v.Criteria[0].Outcome]++
	}
	if want[pipeline.Met] == 0 || want[pipeline.NotMet] == 0 {
		t.Fatalf("%v: nothing is tested", want)
	}
	n := store.NewBacktest{New: source(t, libraryCard), Old: source(t, emptyCard), By: "tester"}
	key, err := s.StartBacktest(t.Context(), n, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBacktester(s, inspector, 2)
	if err := b.Run(t.Context(), key, noFinish); err != nil {
		t.Fatal(err)
	}
	bt := loadBacktest(t, s, key)
	got := map[pipeline.Outcome]int{}
	for _, m := range bt.Tally.Summary(0).Criteria[0].Moves {
		got[m.New] += m.Sessions
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-inspected +back-tested):\n%s", diff)
	}
	list, err := s.BacktestSamples(t.Context(), key, "answered", backtest.OnlyNew)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d samples, %v", len(list), err)
	}
	d, err := b.Difference(t.Context(), &bt, &list[0])
	if err != nil {
		t.Fatal(err)
	}
	if d.New.Outcome != pipeline.NotMet || len(d.New.Evidence) == 0 {
		t.Errorf("a sample is shown as %q with %d pieces of evidence, want not_met with some", d.New.Outcome, len(d.New.Evidence))
	}
}

// away is a library that cannot be asked.
type away struct{}

var errAway = errors.New("the library is away")

func (away) Questions(context.Context, *transcript.Session) ([]pipeline.Question, error) {
	return nil, errAway
}
func (away) Version() string { return "away" }

func TestBacktestWaitsForALibraryThatIsAway(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	sessions := samples(t)
	if _, err := im.Import(t.Context(), records(sessions, len(sessions))); err != nil {
		t.Fatal(err)
	}
	closed := func(context.Context) (pipeline.Suggester, error) { return nil, errAway }
	inspector := inspector()
	inspector.Suggest = away{}
	for name, suggest := range map[string]func(context.Context) (pipeline.Suggester, error){
		"it cannot be opened": closed, "it cannot be asked": NewBacktester(s, inspector, 0).Suggest,
	} {
		b := &Backtester{Store: s, Tone: inspector.Tone, Suggest: suggest, Workers: 2}
		key, err := s.StartBacktest(t.Context(), store.NewBacktest{New: source(t, libraryCard), Old: source(t, emptyCard), By: "tester"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Run(t.Context(), key, noFinish); !errors.Is(err, errAway) {
			t.Errorf("%s: error %v", name, err)
		}
		if bt := loadBacktest(t, s, key); bt.State != store.BacktestRunning || bt.Done != 0 {
			t.Errorf("%s: %s with %d done, want it to go on later", name, bt.State, bt.Done)
		}
		b.Suggest = func(context.Context) (pipeline.Suggester, error) { return library(t), nil }
		if err := b.Run(t.Context(), key, noFinish); err != nil {
			t.Errorf("%s, then it is back: %v", name, err)
		}
		if bt := loadBacktest(t, s, key); bt.Done != len(sessions) || bt.Tally.Unreadable != 0 {
			t.Errorf("%s: %d done, %d lost, want all %d", name, bt.Done, bt.Tally.Unreadable, len(sessions))
		}
	}
	b := &Backtester{Store: s, Tone: inspector.Tone, Suggest: closed}
	key, err := s.StartBacktest(t.Context(), store.NewBacktest{New: source(t, emptyCard), By: "tester"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(t.Context(), key, noFinish); err != nil {
		t.Errorf("a scorecard that does not ask it: %v", err)
	}
}
