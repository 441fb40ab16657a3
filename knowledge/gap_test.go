package knowledge

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

// shop is a database into which sessions with a question come.
type shop struct {
	store *store.Store
	gaps  *Gaps
	card  store.ScorecardKey
	n     int
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := store.New(storetest.New(t), store.Options{})
	card, err := s.Publish(t.Context(), "card", "1", "source")
	if err != nil {
		t.Fatal(err)
	}
	rules := new(redact.DefaultPolicy()).For(redact.Model)
	return &shop{s, NewGaps(s.Pool(), func(text string) string { return rules.Text(text).Text }), card, 0}
}

// asked stores an inspected session with a question of the customer's and an answer.
func (s *shop) asked(t *testing.T, at time.Time, question, answer string, result pipeline.Result, solutions ...string) {
	t.Helper()
	s.askedAll(t, at, []string{question}, answer, result, solutions...)
}

// askedAll stores an inspected session with several questions, each answered the same.
func (s *shop) askedAll(t *testing.T, at time.Time, questions []string, answer string, result pipeline.Result, solutions ...string) {
	t.Helper()
	s.n++
	var turns []transcript.Turn
	var asked []pipeline.Question
	for _, text := range questions {
		q := pipeline.Question{Turn: len(turns), Text: text, Suggestions: []pipeline.Suggestion{}}
		for _, id := range solutions {
			q.Suggestions = append(q.Suggestions, pipeline.Suggestion{SolutionID: id, Score: 0.9})
		}
		asked = append(asked, q)
		turns = append(turns, transcript.Turn{Speaker: transcript.Customer, Text: text}, transcript.Turn{Speaker: transcript.Agent, Text: answer})
	}
	turns = append(turns, transcript.Turn{Speaker: transcript.Customer, Text: "谢谢"})
	id := fmt.Sprintf("s-%d", s.n)
	in, err := store.NewIncoming(&transcript.Session{
		ID: transcript.SessionID(id), Channel: transcript.Chat, StartedAt: at,
		Turns: turns,
	}, "f:1")
	if err != nil {
		t.Fatal(err)
	}
	var keys []store.TranscriptKey
	_, err = s.store.Import(t.Context(), []store.Incoming{in}, func(_ context.Context, _ pgx.Tx, got []store.Stored) error {
		keys = append(keys, got[0].Key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	transcripts, err := s.store.Transcripts(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	score := 90.0
	v := &pipeline.Verdict{
		SessionID: transcript.SessionID(id), Scorecard: pipeline.ScorecardRef{ID: "card", Version: "1"},
		Result: result, Score: &score, Unfailed: &score, Questions: asked,
	}
	done := []store.Inspected{{Transcript: transcripts[0], Scorecard: s.card, Verdict: v}}
	if err := s.store.SaveInspections(t.Context(), done, nil, nil, func(pgx.Tx, []store.VerdictKey) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

func (s *shop) cluster(t *testing.T) int {
	t.Helper()
	n, err := s.gaps.Cluster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// list returns the gaps as "questions title".
func (s *shop) list(t *testing.T, f GapFilter) []string {
	t.Helper()
	list, err := s.gaps.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, g := range list {
		out = append(out, fmt.Sprint(g.Questions, " ", g.Title))
	}
	return out
}

// only returns the only gap that is open or drafted.
func (s *shop) only(t *testing.T) Gap {
	t.Helper()
	list, err := s.gaps.List(t.Context(), GapFilter{})
	if err != nil || len(list) != 1 {
		t.Fatalf("gaps: %+v, %v; want one", list, err)
	}
	return list[0]
}

func TestQuestionsWithoutASolutionComeTogether(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, q := range []string{"宠物可以随行李托运吗", "请问宠物能托运吗", "我想托运宠物可以吗"} {
		s.asked(t, november(3), q, "可以的", pipeline.Pass)
	}
	for _, q := range []string{"Do you sell gift cards?", "can I buy a gift card here", "Gift cards, do you sell them"} {
		s.asked(t, november(20), q, "yes", pipeline.Pass)
	}
	s.asked(t, november(20), "退款多久到账", "三天", pipeline.Pass, "SOL-1")
	if n := s.cluster(t); n != 6 {
		t.Errorf("%d questions put into gaps, want 6", n)
	}
	got := s.list(t, GapFilter{})
	if len(got) != 2 || !strings.HasPrefix(got[0], "3 ") || !strings.Contains(strings.ToLower(got[0]), "gift card") || !strings.Contains(got[1], "托运") {
		t.Errorf("gaps, those asked lately first: %q", got)
	}
	if n := s.cluster(t); n != 0 {
		t.Errorf("%d questions were put into gaps twice", n)
	}
	if zh := s.list(t, GapFilter{Language: "zh"}); len(zh) != 1 {
		t.Errorf("Chinese gaps: %q", zh)
	}
}

func TestASessionCountsOnceForAGap(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.askedAll(t, november(3), []string{"宠物可以随行李托运吗", "宠物可以随行李托运吗"}, "稍等", pipeline.Pass)
	if n := s.cluster(t); n != 2 {
		t.Errorf("%d questions put into gaps, want 2", n)
	}
	if got := s.list(t, GapFilter{}); !cmp.Equal(got, []string{"1 宠物可以随行李托运吗"}) {
		t.Errorf("asked twice in one session: %q", got)
	}
	s.asked(t, november(4), "宠物可以随行李托运吗", "稍等", pipeline.Pass)
	s.cluster(t)
	if got := s.list(t, GapFilter{Least: 2}); !cmp.Equal(got, []string{"2 宠物可以随行李托运吗"}) {
		t.Errorf("asked in another one: %q", got)
	}
}

func TestDraftNotesAreInTheGapsLanguage(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, november(3), "宠物可以随行李托运吗", "可以的，请您在出发前两天打电话给我们预约托运服务", pipeline.Pass)
	s.asked(t, november(4), "Do you sell gift cards?", "Yes, our shops sell gift cards of 10 to 200 dollars, valid for three years.", pipeline.Pass)
	s.cluster(t)
	for language, want := range map[string]string{"zh": "起草自会话：s-1", "en": "Drafted from sessions: s-2"} {
		list, err := s.gaps.List(t.Context(), GapFilter{Language: language})
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		if d, err := s.gaps.Draft(t.Context(), list[0].ID); err != nil || d.Solution.Note != want {
			t.Errorf("%s: note %q, %v", language, d.Solution.Note, err)
		}
	}
}

func TestClosedGapOpensByWhatIsAskedLater(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, time.Now().Add(-time.Hour), "宠物可以随行李托运吗", "可以", pipeline.Pass)
	s.cluster(t)
	id := s.only(t).ID
	if err := s.gaps.SetStatus(t.Context(), id, GapClosed, "SOL-9", "mei"); err != nil {
		t.Fatal(err)
	}
	s.exec(t, `
		INSERT INTO asks (text, made, index_version, answered, at)
		VALUES ('宠物可以随行李托运吗', 'typed', 'v', false, now() - interval '1 hour')`)
	for _, step := range []struct {
		asked time.Time
		want  GapStatus
	}{{time.Now().Add(-30 * time.Minute), GapClosed}, {time.Now().Add(30 * time.Minute), GapOpen}} {
		s.asked(t, step.asked, "宠物能随行李托运吗", "可以", pipeline.Pass)
		s.cluster(t)
		if g, err := s.gaps.Gap(t.Context(), id); g.Status != step.want || g.SolutionID != "SOL-9" || err != nil {
			t.Errorf("asked %s: %+v, %v; want it %s", step.asked, g, err, step.want)
		}
	}
	if g, err := s.gaps.Gap(t.Context(), id); g.Questions != 4 || err != nil {
		t.Errorf("%d questions, %v; want 4", g.Questions, err)
	}
}

func TestGapsShowNoPersonalData(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, november(3), "我手机13812345678可以办副卡吗", "可以", pipeline.Pass)
	s.cluster(t)
	if got := s.list(t, GapFilter{}); len(got) != 1 || strings.Contains(got[0], "13812345678") {
		t.Errorf("gaps: %q", got)
	}
	var terms string
	if err := s.store.Pool().QueryRow(t.Context(), `SELECT terms::text FROM gaps`).Scan(&terms); err != nil || strings.Contains(terms, "138") {
		t.Errorf("terms: %s, %v", terms, err)
	}
}

func TestDraftQuotesGoodSessions(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const good = "宠物需要提前48小时申请，装进航空箱，按超重行李收费，每公斤三十元"
	s.asked(t, november(4), "宠物可以随行李托运吗", good, pipeline.Pass)
	s.asked(t, november(3), "请问宠物能随行李托运吗", "宠物托运要提前48小时申请，必须装进航空箱，按超重行李收费", pipeline.Pass)
	s.asked(t, november(5), "宠物随行李托运可以吗", "不知道，你自己去问机场柜台吧，我们这里不管这个事情", pipeline.Fail)
	s.cluster(t)
	list, err := s.gaps.List(t.Context(), GapFilter{})
	if err != nil || len(list) != 1 {
		t.Fatalf("gaps: %v, %v", list, err)
	}
	d, err := s.gaps.Draft(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	var from []string
	for _, a := range d.Answers {
		from = append(from, a.SourceID)
	}
	if diff := cmp.Diff([]string{"s-1", "s-2"}, from); diff != "" {
		t.Errorf("sessions of the answers: %s", diff)
	}
	if d.Solution.Answer != good || d.Solution.Status != Draft || len(d.Solution.Questions) != 2 {
		t.Errorf("draft: %+v", d.Solution)
	}
}

func TestGapsThatGrowAlikeBecomeOne(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, q := range []string{"宠物可以随行李托运吗", "gift cards here?"} {
		s.asked(t, november(3), q, "可以", pipeline.Pass)
	}
	s.cluster(t)
	// A second gap of the same question, as an older version would have made it.
	_, err := s.store.Pool().Exec(t.Context(), `
		INSERT INTO gaps (title, language, terms, questions, heat, first_asked, last_asked)
		SELECT title, language, terms, questions + 4, heat + 1, first_asked, '2026-11-09'
		FROM gaps
		WHERE title LIKE '宠物%'`)
	if err != nil {
		t.Fatal(err)
	}
	s.exec(t, `
		INSERT INTO asks (text, made, index_version, answered, gap_id)
		SELECT title, 'typed', 'v', false, max(id) FROM gaps WHERE title LIKE '宠物%' GROUP BY title`)
	if n, err := s.gaps.Merge(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d gaps merged, %v; want 1", n, err)
	}
	if diff := cmp.Diff([]string{"6 宠物可以随行李托运吗", "1 gift cards here?"}, s.list(t, GapFilter{})); diff != "" {
		t.Error(diff)
	}
	list, err := s.gaps.List(t.Context(), GapFilter{Language: "zh"})
	if err != nil || len(list) != 1 {
		t.Fatalf("gaps: %v, %v", list, err)
	}
	if asked, err := s.gaps.Questions(t.Context(), list[0].ID, 10); len(asked) != 2 || err != nil {
		t.Errorf("questions of the gap that is left: %v, %v", asked, err)
	}
}

func TestWhatAgentsAskInVainBelongsToGaps(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, november(3), "宠物可以随行李托运吗", "可以", pipeline.Pass)
	for _, row := range []struct {
		text     string
		answered bool
	}{{"宠物能随行李托运吗", false}, {"退款多久到账", true}} {
		_, err := s.store.Pool().Exec(t.Context(), `
			INSERT INTO asks (text, made, index_version, answered, at)
			VALUES ($1, 'typed', 'v', $2, now() - interval '1 hour')`, row.text, row.answered)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{2, 0} {
		if n := s.cluster(t); n != want {
			t.Errorf("%d questions put into gaps, want %d", n, want)
		}
	}
	list, err := s.gaps.List(t.Context(), GapFilter{})
	if err != nil || len(list) != 1 || list[0].Questions != 2 {
		t.Fatalf("gaps: %+v, %v", list, err)
	}
	asked, err := s.gaps.Questions(t.Context(), list[0].ID, 10)
	if err != nil || len(asked) != 2 || asked[0].Text != "宠物能随行李托运吗" || asked[0].Session != 0 {
		t.Errorf("questions: %+v, %v", asked, err)
	}
}

func TestGapIsClosedWhenItsDraftIsPublished(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, november(3), "宠物可以随行李托运吗", "可以", pipeline.Pass)
	s.cluster(t)
	list, err := s.gaps.List(t.Context(), GapFilter{})
	if err != nil || len(list) != 1 {
		t.Fatalf("gaps: %v, %v", list, err)
	}
	l, by := NewLibrary(s.store.Pool()), Change{By: "mei"}
	if _, err := l.SaveDraft(t.Context(), Solution{ID: "SOL-P", Title: "宠物托运", Answer: "提前48小时申请。"}, by); err != nil {
		t.Fatal(err)
	}
	if err := s.gaps.SetStatus(t.Context(), list[0].ID, GapDrafted, "SOL-P", "mei"); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		status Status
		want   GapStatus
	}{{Draft, GapDrafted}, {Published, GapClosed}} {
		if _, err := l.SetStatus(t.Context(), "SOL-P", step.status, by); err != nil {
			t.Fatal(err)
		}
		s.cluster(t)
		if gap, err := s.gaps.Gap(t.Context(), list[0].ID); gap.Status != step.want || err != nil {
			t.Errorf("%s: the gap is %s, %v; want %s", step.status, gap.Status, err, step.want)
		}
	}
}
