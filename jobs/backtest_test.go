package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/backtest"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

func noFinish(pgx.Tx) error { return nil }

// oldCard and newCard differ in a shared condition, a criterion of their own, what
// one counts for, and the mark; the greeting rests on nothing that changed.
const oldCard = `
scorecard: desk
name: desk
pass: 70
conditions:
  asks: {speaker: agent, regex: {pattern: '[?？]|请问|could you|may i'}}
  greets: {speaker: agent, first: 2, keywords: {any: [您好, 你好, hello, hi, good morning, thank you for calling]}}
  sorry: {speaker: agent, keywords: {any: [抱歉, 不好意思, sorry]}}
sections:
  - id: opening
    name: opening
    criteria:
      - {id: greeting, name: greeting, weight: 3, met_when: greets}
      - {id: need, name: need, weight: 2, met_when: asks}
      - {id: dropped, name: dropped, met_when: greets && asks}
  - id: attitude
    name: attitude
    criteria:
      - id: apology
        name: apology
        weight: 2
        critical: section
        conditions: {upset: {speaker: customer, tone: {labels: [angry, complaint]}}}
        applies_when: upset
        met_when: sorry
      - {id: late, name: late, not_met_when: gap, conditions: {gap: {response_gap: {more_than: 60s}}}}
      - {id: solved, name: solved, judge: Was the customer's problem solved?}
`

func newCard(t *testing.T) string {
	t.Helper()
	return replaced(t, oldCard,
		"pass: 70", "pass: 80", "'[?？]|请问|could you|may i'", "'请问'", "[抱歉, 不好意思, sorry]", "[抱歉, 非常抱歉]", "critical: section", "critical: sheet",
		"      - {id: dropped, name: dropped, met_when: greets && asks}\n", "", "Was the customer's", "Is the customer's",
		"more_than: 60s", "more_than: 20s")
}

func replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in the text", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

func source(t *testing.T, src string) store.CardSource {
	t.Helper()
	card, problems := scorecard.Parse("card", []byte(src))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return store.CardSource{ID: card.ID, Version: card.Version, Source: src}
}

func runBacktest(t *testing.T, s *store.Store, n store.NewBacktest, workers int) store.Backtest {
	t.Helper()
	n.By = "tester"
	key, err := s.StartBacktest(t.Context(), n, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &Backtester{Store: s, Tone: inspector().Tone, Workers: workers}
	if err := b.Run(t.Context(), key, noFinish); err != nil {
		t.Fatal(err)
	}
	return loadBacktest(t, s, key)
}

func loadBacktest(t *testing.T, s *store.Store, key store.BacktestKey) store.Backtest {
	t.Helper()
	bt, err := s.Backtest(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return bt
}

// TestBacktestAgreesWithInspection compares every number with what two whole
// inspections of every session say.
func TestBacktestAgreesWithInspection(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	base := samples(t)
	if _, err := im.Import(t.Context(), records(base, len(base))); err != nil {
		t.Fatal(err)
	}
	n := store.NewBacktest{Old: source(t, oldCard), New: source(t, newCard(t)), Seed: 7}
	bt := runBacktest(t, s, n, 2)
	want := expected(t, s, n)
	if diff := cmp.Diff(want.Summary(0), bt.Tally.Summary(0)); diff != "" {
		t.Errorf("(-two inspections +back-test)\n%s", diff)
	}
	sum := want.Summary(0)
	for _, c := range sum.Criteria {
		if changed := c.OnlyNew+c.OnlyOld+c.Other+c.Dropped > 0; changed == (c.Criterion == "greeting" || c.Criterion == "solved") {
			t.Errorf("%q changed: %t", c.Criterion, changed)
		}
	}
	if sum.Score.Up+sum.Score.Down == 0 || len(sum.Teams) < 3 || len(sum.Days) < 10 {
		t.Errorf("nothing is tested by scores %+v, %d teams, %d days", sum.Score, len(sum.Teams), len(sum.Days))
	}
	if bt.State != store.BacktestDone || bt.Done != len(base) || bt.Total != len(base) {
		t.Errorf("%s, %d of %d", bt.State, bt.Done, bt.Total)
	}
}

// expected counts by inspecting every stored session twice.
func expected(t *testing.T, s *store.Store, n store.NewBacktest) *backtest.Tally {
	t.Helper()
	load := func(src store.CardSource) pipeline.Card {
		card, err := classifiers.Load(src.ID, []byte(src.Source))
		if err != nil {
			t.Fatal(err)
		}
		return card
	}
	old, new := load(n.Old), load(n.New)
	rows := map[string]int{}
	c := &contest{}
	c.include(rows, new, func(r *backtest.Row) { r.InNew = true })
	c.include(rows, old, func(r *backtest.Row) { r.InOld = true })
	tally := backtest.New(n.Seed, c.rows)
	in := inspector()
	err := s.StreamBacktest(t.Context(), 0, store.StreamFilter{Last: 1 << 40}, func(list []store.Streamed) error {
		for _, row := range list {
			session := decode(t, row.Content)
			side := func(card pipeline.Card) *backtest.Side {
				if !card.Fits(session) {
					return nil
				}
				v, err := in.Inspect(t.Context(), session, card)
				if err != nil {
					t.Fatal(err)
				}
				out := &backtest.Side{Outcomes: make([]backtest.Outcome, len(c.rows))}
				for _, f := range v.Criteria {
					out.Outcomes[rows[f.ID]] = backtest.OutcomeOf(f.Outcome)
				}
				out.Score = pipeline.Score{Final: v.Score, Unfailed: v.Unfailed, Passed: v.Score != nil && *v.Score >= card.Pass && !failedSheet(v)}
				out.Result, out.Flags, out.Questions, out.Tokens = v.Result, v.Flags, 1, backtest.Tokens("Is the customer's problem solved?")
				if card.Version == old.Version {
					out.Tokens = backtest.Tokens("Was the customer's problem solved?")
				}
				return out
			}
			tally.Add(&backtest.Observation{
				Tokens: backtest.TranscriptTokens(session), Session: int64(row.Session), Transcript: int64(row.Transcript), Day: row.Day, Team: row.Team, Old: side(old), New: side(new),
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func failedSheet(v *pipeline.Verdict) bool {
	return v.Score != nil && v.Unfailed != nil && *v.Score == 0
}

func TestBacktestIsTheSameHoweverItRuns(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), 400)); err != nil {
		t.Fatal(err)
	}
	n := store.NewBacktest{Old: source(t, oldCard), New: source(t, newCard(t)), Seed: 7}
	text := func(bt store.Backtest) string {
		b, err := json.Marshal(bt.Tally)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := runBacktest(t, s, n, 1)
	if second := runBacktest(t, s, n, 4); text(first) != text(second) {
		t.Errorf("one worker and four differ:\n%s", cmp.Diff(first.Tally, second.Tally))
	}
	n.Seed = 8
	if other := runBacktest(t, s, n, 1); text(first) == text(other) {
		t.Error("another seed samples the same sessions")
	}
	counts, err := s.SampleCounts(t.Context(), first.Key)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, c := range counts {
		most = max(most, c.Samples)
	}
	if most != backtest.SampleSize {
		t.Errorf("the largest sample has %d sessions, want %d", most, backtest.SampleSize)
	}
}

func TestInterruptedBacktestGoesOn(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), 300)); err != nil {
		t.Fatal(err)
	}
	key := publishStrict(t, s)
	p, err := s.ScorecardByKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	n := store.NewBacktest{New: store.CardSource{ID: p.Slug, Version: p.Version, Source: p.Source}, Seed: 1, By: "tester"}
	whole := runBacktest(t, s, n, 2)
	part, err := s.StartBacktest(t.Context(), n, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The half that was saved before the interruption.
	b := &Backtester{Store: s, Tone: inspector().Tone}
	bt := loadBacktest(t, s, part)
	const half = `SELECT id FROM sessions ORDER BY id OFFSET 149 LIMIT 1`
	if err := s.Pool().QueryRow(t.Context(), half).Scan(&bt.Last); err != nil {
		t.Fatal(err)
	}
	c, err := b.newContest(t.Context(), &bt)
	if err != nil {
		t.Fatal(err)
	}
	r := &backtestRun{Backtester: b, contest: c, bt: &bt, total: backtest.New(bt.Seed, c.rows)}
	if err := r.stream(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := loadBacktest(t, s, part); got.Done != 150 || got.State != store.BacktestRunning {
		t.Fatalf("%d done, %s: nothing is tested", got.Done, got.State)
	}
	if err := b.Run(t.Context(), part, noFinish); err != nil {
		t.Fatal(err)
	}
	got := loadBacktest(t, s, part)
	if diff := cmp.Diff(whole.Tally, got.Tally); diff != "" || got.Done != 300 {
		t.Errorf("%d done (-in one go +in two)\n%s", got.Done, diff)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	third, err := s.StartBacktest(t.Context(), n, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(cancelled, third, noFinish); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if got := loadBacktest(t, s, third); got.State != store.BacktestRunning {
		t.Errorf("a cancelled run leaves it %s", got.State)
	}
}

func TestBacktestIsWorkedByOneProcess(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), 3)); err != nil {
		t.Fatal(err)
	}
	err := s.StreamBacktest(t.Context(), 5, store.StreamFilter{Last: 1 << 40}, func([]store.Streamed) error {
		return s.StreamBacktest(t.Context(), 5, store.StreamFilter{Last: 1 << 40}, func([]store.Streamed) error { return nil })
	})
	if !errors.Is(err, store.ErrBusy) {
		t.Errorf("error %v, want ErrBusy", err)
	}
}

func TestBacktestTouchesNoVerdict(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), 97)); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s})
	awaitDone(t, s)
	state := func() (sum string) {
		const query = `
			SELECT md5(string_agg(v::text, '' ORDER BY v.id)) || (SELECT md5(string_agg(f::text, '' ORDER BY f.id)) FROM flags f)
			FROM verdicts v`
		if err := s.Pool().QueryRow(t.Context(), query).Scan(&sum); err != nil {
			t.Fatal(err)
		}
		return sum
	}
	before := state()
	client, err := NewInserter(s)
	if err != nil {
		t.Fatal(err)
	}
	card := publishStrict(t, s)
	p, err := s.ScorecardByKey(t.Context(), card)
	if err != nil {
		t.Fatal(err)
	}
	key, err := EnqueueBacktest(t.Context(), s, client, store.NewBacktest{New: store.CardSource{ID: p.Slug, Version: p.Version, Source: p.Source}, By: "tester"})
	if err != nil {
		t.Fatal(err)
	}
	await(t, "workers have done it", func() bool { return loadBacktest(t, s, key).State == store.BacktestDone })
	if before != state() {
		t.Error("verdicts or flags changed")
	}
	bt := loadBacktest(t, s, key)
	sum := bt.Tally.Summary(0)
	if sum.Both != 97 || len(sum.Criteria) < 2 {
		t.Errorf("%d sessions compared with what they were inspected by, over %d criteria", sum.Both, len(sum.Criteria))
	}
	list, err := s.BacktestSamples(t.Context(), key, "greeting", backtest.OnlyNew)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d samples, %v", len(list), err)
	}
	b := &Backtester{Store: s, Tone: inspector().Tone}
	d, err := b.Difference(t.Context(), &bt, &list[0])
	if err != nil {
		t.Fatal(err)
	}
	if d.New.Outcome != list[0].New || d.Old.Outcome != list[0].Old || d.New.Outcome != pipeline.NotMet {
		t.Errorf("shown %q → %q, counted %q → %q", d.Old.Outcome, d.New.Outcome, list[0].Old, list[0].New)
	}
}

func decode(t *testing.T, content string) *transcript.Session {
	t.Helper()
	s, err := transcript.Decode([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
