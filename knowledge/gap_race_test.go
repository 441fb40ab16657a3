package knowledge

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

func (s *shop) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := s.store.Pool().Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func TestQuestionThatIsBeingWrittenWaitsForTheNextRun(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, q := range []string{"宠物可以随行李托运吗", "Do you sell gift cards?"} {
		s.asked(t, november(3), q, "可以", pipeline.Pass)
	}
	tx, err := s.store.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE questions SET solution_id = 'SOL-1' WHERE id = (SELECT min(id) FROM questions)`); err != nil {
		t.Fatal(err)
	}
	if n := s.cluster(t); n != 1 {
		t.Errorf("%d questions put into gaps while one is written, want 1", n)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.cluster(t); n != 0 {
		t.Errorf("%d questions put into gaps that have an answer by now", n)
	}
	if diff := cmp.Diff([]string{"1 Do you sell gift cards?"}, s.list(t, GapFilter{})); diff != "" {
		t.Error(diff)
	}
}

func TestProcessesPutQuestionsIntoGapsByTurns(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	processes := []*Gaps{s.gaps, NewGaps(s.store.Pool(), s.gaps.clean)}
	for i, q := range []string{"宠物可以随行李托运吗", "请问宠物能托运吗", "我想托运宠物可以吗", "宠物托运怎么办", "宠物可以托运吗"} {
		s.asked(t, november(3), q, "可以", pipeline.Pass)
		if _, err := processes[(i+1)/2%2].Cluster(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.gaps.List(t.Context(), GapFilter{})
	if err != nil || len(list) != 1 || list[0].Questions != 5 {
		t.Errorf("gaps: %+v, %v; want one of 5 questions", list, err)
	}
}

func TestMergeLeavesWhatSomebodyDecided(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, q := range []string{"宠物可以随行李托运吗", "gift cards here?"} {
		s.asked(t, november(3), q, "可以", pipeline.Pass)
	}
	s.cluster(t)
	conn, err := s.store.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	c, err := s.gaps.load(t.Context(), conn.Conn())
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.gaps.List(t.Context(), GapFilter{})
	if err != nil || len(list) != 2 {
		t.Fatalf("gaps: %v, %v", list, err)
	}
	from, into := list[0].ID, list[1].ID
	if err := s.gaps.SetStatus(t.Context(), from, GapDrafted, "SOL-1", "mei"); err != nil {
		t.Fatal(err)
	}
	if done, err := c.merge(t.Context(), conn.Conn(), Merge{from, into}); done || err != nil {
		t.Errorf("merged: %v, %v", done, err)
	}
	if g, err := s.gaps.Gap(t.Context(), from); g.Status != GapDrafted || err != nil {
		t.Errorf("gap: %+v, %v", g, err)
	}
}

func TestWordsOfADeletedSessionGoWithIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, november(3), "宠物可以随行李托运吗", "可以", pipeline.Pass)
	s.asked(t, november(3), "Do you sell gift cards?", "yes", pipeline.Pass)
	s.cluster(t)
	if done, err := s.gaps.CheckLibrary(t.Context(), libraryMeanwhile{}); !done || err != nil {
		t.Fatalf("checked: %v, %v", done, err)
	}
	s.exec(t, `
		INSERT INTO live_sessions (source_id, head, session_id, transcript_id, ended_at)
		SELECT s.source_id, '{}', s.id, t.id, now() FROM sessions s JOIN transcripts t ON t.session_id = s.id`)
	s.exec(t, `INSERT INTO live_events (live_id, seq, kind, content) SELECT id, 1, 'ended', '{}' FROM live_sessions`)
	s.exec(t, `DELETE FROM sessions WHERE source_id = 's-1'`)
	if _, err := s.gaps.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 Do you sell gift cards?"}, s.list(t, GapFilter{})); diff != "" {
		t.Error(diff)
	}
	for _, table := range []string{"gaps", "questions", "library_check_changes", "live_sessions", "live_events", "verdicts", "transcripts"} {
		var n int
		if err := s.store.Pool().QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil || n != 1 {
			t.Errorf("%d rows left in %s, %v; want those of the other session", n, table, err)
		}
	}
}

// libraryMeanwhile is a library that answers everything, and does something meanwhile.
type libraryMeanwhile struct{ meanwhile func() }

func (libraryMeanwhile) Version() string     { return "later" }
func (libraryMeanwhile) TextVersion() string { return "later" }
func (libraryMeanwhile) Steady() bool        { return true }

func (a libraryMeanwhile) Questions(_ context.Context, s *transcript.Session) ([]pipeline.Question, error) {
	if a.meanwhile != nil {
		a.meanwhile()
	}
	return []pipeline.Question{{Text: s.Turns[0].Text, Suggestions: []pipeline.Suggestion{{SolutionID: "SOL-2", Score: 0.9}}}}, nil
}

func TestCheckOutlivesADeletedQuestion(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, q := range []string{"宠物可以随行李托运吗", "Do you sell gift cards?"} {
		s.asked(t, november(3), q, "可以", pipeline.Pass)
	}
	gone := func() { s.exec(t, `DELETE FROM sessions WHERE source_id = 's-1'`) }
	if done, err := s.gaps.CheckLibrary(t.Context(), libraryMeanwhile{gone}); !done || err != nil {
		t.Fatalf("checked: %v, %v", done, err)
	}
	checks, err := s.gaps.Checks(t.Context(), 10)
	if err != nil || len(checks) != 1 {
		t.Fatalf("checks: %v, %v", checks, err)
	}
	shifts, err := s.gaps.Shifts(t.Context(), checks[0].ID)
	if err != nil || len(shifts) != 1 || shifts[0].SourceID != "s-2" || shifts[0].SolutionAfter != "SOL-2" {
		t.Errorf("shifts: %+v, %v", shifts, err)
	}
}

func TestMigrationsGoDownWithRows(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	pool := s.store.Pool()
	if _, err := NewLibrary(pool).Import(t.Context(), synthetic(3), ImportOptions{By: "mei"}); err != nil {
		t.Fatal(err)
	}
	s.asked(t, november(3), "宠物可以随行李托运吗", "可以", pipeline.Pass)
	s.exec(t, `INSERT INTO asks (text, made, index_version, answered, at) VALUES ('gift cards?', 'typed', 'v', false, now() - interval '1 hour')`)
	s.exec(t, `INSERT INTO feedback (solution_id, revision, person, grade) SELECT id, 1, 'mei', 'wrong' FROM solutions`)
	s.exec(t, `INSERT INTO live_sessions (source_id, head) VALUES ('live', '{}')`)
	s.cluster(t)
	if done, err := s.gaps.CheckLibrary(t.Context(), libraryMeanwhile{}); !done || err != nil {
		t.Fatalf("checked: %v, %v", done, err)
	}
	if err := store.Unmigrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
}
