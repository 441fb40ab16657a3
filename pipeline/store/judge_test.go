package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"assay/pipeline"
	"assay/pipeline/store"
)

// waiting is a verdict with a criterion that a model is to answer.
func waiting(id string) *pipeline.Verdict {
	v := verdict(id, 50)
	v.Criteria = append(v.Criteria, pipeline.Finding{
		ID: "solved", Section: "end", Outcome: pipeline.Undetermined, Reason: pipeline.Pending, By: pipeline.ByJudge, Weight: 3,
	})
	v.Result, v.Score, v.Unfailed = pipeline.Withheld, nil, nil
	v.Versions.Plan = &pipeline.PlanRef{ID: "p", Version: "1", Rule: "r"}
	return v
}

// answered is the verdict with an outcome of that criterion.
func answered(id string, o pipeline.Outcome, r pipeline.Reason) *pipeline.Verdict {
	v := waiting(id)
	v.Criteria[2].Outcome, v.Criteria[2].Reason = o, r
	return v
}

// savePending saves a verdict as inspection does and returns its key.
func savePending(t *testing.T, s *store.Store, card store.ScorecardKey, stored store.Stored, v *pipeline.Verdict, run store.ReinspectionKey) store.VerdictKey {
	t.Helper()
	transcripts, err := s.Transcripts(t.Context(), []store.TranscriptKey{stored.Key})
	if err != nil {
		t.Fatal(err)
	}
	var key store.VerdictKey
	done := []store.Inspected{{Transcript: transcripts[0], Scorecard: card, Verdict: v, Reinspection: run}}
	err = s.SaveInspections(t.Context(), done, nil, nil, func(_ pgx.Tx, pending []store.VerdictKey) error {
		if len(pending) > 0 {
			key = pending[0]
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func judging(t *testing.T, s *store.Store, key store.VerdictKey) store.Judging {
	t.Helper()
	j, err := s.Judging(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func saveJudged(t *testing.T, s *store.Store, j store.Judging, v *pipeline.Verdict, judged bool) {
	t.Helper()
	if err := s.SaveJudged(t.Context(), j, v, judged, func(pgx.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// roundsOf lists a database's verdicts: round, reason of the judged criterion,
// whether judged and current, and their open flags.
func roundsOf(t *testing.T, s *store.Store) []string {
	t.Helper()
	const query = `
		SELECT v.reinspection_id || '.' || v.round || ' ' || coalesce(f.outcome || ' ' || f.reason, '') || CASE WHEN v.judged THEN ' judged' ELSE '' END
			|| CASE WHEN v.current THEN ' current' ELSE '' END || ' ' || (SELECT count(*) FROM flags g WHERE g.verdict_id = v.id AND g.open)
		FROM verdicts v
		LEFT JOIN findings f ON f.verdict_id = v.id AND f.criterion = 'solved'
		ORDER BY v.id`
	rows, err := s.Pool().Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRoundsOfAVerdictAreKept(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	_, stored := imported(t, s, session("a", "x"))
	key := savePending(t, s, card, stored[0], waiting("a"), 0)
	if again := savePending(t, s, card, stored[0], waiting("a"), 0); key == 0 || again != 0 {
		t.Fatalf("pending %d, and saved again %d, want it once", key, again)
	}
	j := judging(t, s, key)
	if j.Over || j.Judged || j.Current != key || *j.Plan != (pipeline.PlanRef{ID: "p", Version: "1", Rule: "r"}) {
		t.Fatalf("%+v", j)
	}
	for range 2 { // the model is away; saying so twice changes nothing
		saveJudged(t, s, judging(t, s, key), answered("a", pipeline.Undetermined, pipeline.ModelUnavailable), false)
	}
	saveJudged(t, s, j, answered("a", pipeline.NotMet, ""), true) // somebody who slept meanwhile: nothing is stored
	last := answered("a", pipeline.Met, "")
	last.Flags = flagged
	saveJudged(t, s, judging(t, s, key), last, true)
	want := []string{"0.0 undetermined pending 0", "0.1 undetermined model_unavailable 0", "0.2 met  judged current 2"}
	if diff := cmp.Diff(want, roundsOf(t, s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if j := judging(t, s, key); !j.Over {
		t.Error("judged, and yet something is left to do")
	}
	if err := s.SaveJudged(t.Context(), j, last, true, func(pgx.Tx) error { return errors.New("no") }); err == nil {
		t.Error("an error of what joins is swallowed")
	}
}

func TestJudgingAgainIsARoundOfItsOwn(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	_, stored := imported(t, s, session("a", "x"))
	first := savePending(t, s, card, stored[0], waiting("a"), 0)
	saveJudged(t, s, judging(t, s, first), answered("a", pipeline.Met, ""), true)
	now := judging(t, s, first).Current
	j := judging(t, s, now)
	if j.Over || !j.Judged {
		t.Fatalf("asked again about what stands: %+v", j)
	}
	saveJudged(t, s, j, answered("a", pipeline.Met, ""), true) // the same: no round
	saveJudged(t, s, judging(t, s, now), answered("a", pipeline.NotMet, ""), true)
	want := []string{"0.0 undetermined pending 0", "0.1 met  judged 0", "0.2 not_met  judged current 0"}
	if diff := cmp.Diff(want, roundsOf(t, s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !judging(t, s, now).Over {
		t.Error("what was judged again is asked about once more")
	}
}

func TestReinspectionKeepsWhatTheModelSaid(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	_, stored := imported(t, s, session("a", "x"))
	key := savePending(t, s, card, stored[0], waiting("a"), 0)
	saveJudged(t, s, judging(t, s, key), answered("a", pipeline.Met, ""), true)
	if again := savePending(t, s, card, stored[0], waiting("a"), 1); again != 0 {
		t.Error("rules say the same, and yet the model is asked again")
	}
	changed := waiting("a")
	changed.Criteria[0].Outcome = pipeline.Met
	other := savePending(t, s, card, stored[0], changed, 2)
	want := []string{"0.0 undetermined pending 0", "0.1 met  judged 0", "2.0 undetermined pending current 0"}
	if diff := cmp.Diff(want, roundsOf(t, s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !judging(t, s, key).Over || judging(t, s, other).Over {
		t.Error("the newest verdict is the one to be judged")
	}
}

func TestANewerTranscriptEndsJudgingWhenItIsInspected(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	_, stored := imported(t, s, session("a", "x"))
	key := savePending(t, s, card, stored[0], waiting("a"), 0)
	if j := judging(t, s, key); j.Over || j.Renewed {
		t.Errorf("the only transcript: over %v, renewed %v", j.Over, j.Renewed)
	}
	_, newer := imported(t, s, session("a", "y"))
	if j := judging(t, s, key); j.Over || !j.Renewed {
		t.Errorf("a newer one waits for inspection: over %v, renewed %v", j.Over, j.Renewed)
	}
	failed := []store.Failure{{Transcript: newer[0].Key, Reason: store.Panicked}}
	if err := s.SaveInspections(t.Context(), nil, failed, nil, func(pgx.Tx, []store.VerdictKey) error { return nil }); err != nil {
		t.Fatal(err)
	}
	j := judging(t, s, key)
	if j.Over || j.Renewed {
		t.Errorf("it cannot be inspected, so that the verdict stands: over %v, renewed %v", j.Over, j.Renewed)
	}
	if n, err := s.CountToJudge(t.Context(), store.JudgeFilter{}); n != 1 || err != nil {
		t.Errorf("%d sessions to judge, %v, want the one", n, err)
	}
	saveJudged(t, s, j, answered("a", pipeline.Met, ""), true)
	if n := count(t, s, `SELECT count(*) FROM verdicts WHERE current AND judged`); n != 1 {
		t.Errorf("%d judged verdicts stand, want one", n)
	}
	later := savePending(t, s, card, newer[0], waiting("a"), 0)
	if !judging(t, s, key).Over || judging(t, s, later).Over {
		t.Error("the newer transcript is inspected after all, and the old one is judged")
	}
	if _, err := s.Judging(t.Context(), key+100); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such verdict: %v", err)
	}
}

func TestRevealsAreKeptForEver(t *testing.T) {
	t.Parallel()
	s := open(t)
	imported(t, s, session("a", "x"), session("b", "x"))
	key, err := s.FindSession(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	all := store.Reveal{Who: "li", Why: "dispute 7", Session: key, SourceID: "a"}
	span := store.Reveal{Who: "wu", Why: "call back", Session: key, SourceID: "a", Turn: new(0), Start: new(2), End: new(13)}
	for _, r := range []store.Reveal{all, span} {
		if err := s.SaveReveal(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Reveals(t.Context(), key, 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]store.Reveal{span, all}, got, cmpopts.IgnoreFields(store.Reveal{}, "At")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if none, err := s.Reveals(t.Context(), key+1, 10); err != nil || len(none) > 0 {
		t.Errorf("of another session: %v, %v", none, err)
	}
	for name, r := range map[string]store.Reveal{
		"nobody": {Why: "x", Session: key}, "no reason": {Who: "x", Session: key}, "a place in no turn": {Who: "x", Why: "x", Session: key, Start: new(1), End: new(2)},
	} {
		if err := s.SaveReveal(t.Context(), r); err == nil {
			t.Errorf("%s: kept", name)
		}
	}
	if err := s.SaveReveal(t.Context(), store.Reveal{Who: "x", Why: "x", Session: key + 1000}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of no session: %v", err)
	}
	for _, change := range []string{`UPDATE reveals SET who = 'x'`, `DELETE FROM reveals`} {
		if _, err := s.Pool().Exec(t.Context(), change); err == nil {
			t.Errorf("%s went through", change)
		}
	}
}
