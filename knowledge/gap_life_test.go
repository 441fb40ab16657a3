package knowledge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/pipeline"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

const pets = "宠物可以随行李托运吗"

func TestGreetingsAndThanksMakeNoGap(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	none := []string{
		"你好，在吗？", "请问一下", "谢谢，辛苦了", "好的，太好了，谢谢您！", "怎么办？", "然后呢？", "我打错了", "你们服务真好，很满意",
		"Hello? Anyone there?", "Right, okay. So what happens now?", "Thank you so much, that was excellent service.", "ok great thanks", "Can you help me?", "Oh, sorry, wrong number, I was after the courier.",
		"There it is. You know what, this was the easiest call I've made all year. Excellent service.",
		"What do you mean?", "So how do I do this then?", "?!", "12", "<手机1>", "My number is <PHONE_1>?", "That is all, have a great day!",
	}
	some := []string{
		"发票呢？", "怎么退款", "谢谢，我手机屏幕坏了", "花生过敏能吃吗？谢谢", "Gift card balance, thanks",
		"Great. Do you ship to Iceland?", "My order has the wrong number of chairs", "How do I complain then?", "怎么取消订单", "How do I cancel an order?",
	}
	for _, q := range append(none, some...) {
		s.asked(t, november(3), q, "可以", pipeline.Pass)
	}
	s.exec(t, `
		INSERT INTO asks (text, made, index_version, answered, at)
		SELECT text, 'typed', 'v', false, now() - interval '1 hour' FROM unnest('{hello,你好}'::text[]) AS text`)
	s.cluster(t)
	got, want := s.list(t, GapFilter{}), []string{}
	for _, q := range some {
		want = append(want, "1 "+q)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := s.cluster(t); n != 0 {
		t.Errorf("%d questions that come into no gap are read again", n)
	}
}

func TestTitleGoesWithItsSession(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, november(3), pets, "可以", pipeline.Pass)
	s.asked(t, november(4), "请问宠物能随行李托运吗", "可以", pipeline.Pass)
	s.cluster(t)
	gap := s.only(t)
	delete := func(title string) {
		t.Helper()
		s.exec(t, `DELETE FROM sessions WHERE id = (SELECT session_id FROM questions q JOIN gaps g ON g.title_question = q.id WHERE g.title = $1)`, title)
		if _, err := s.gaps.Merge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	delete(gap.Title)
	second := s.only(t).Title
	if second == gap.Title || !strings.Contains(second, "宠物") {
		t.Errorf("the gap is called %q after the session of %q is gone", second, gap.Title)
	}
	if err := s.gaps.SetStatus(t.Context(), gap.ID, GapUnanswerable, "", "mei"); err != nil {
		t.Fatal(err)
	}
	delete(second)
	bare, err := s.gaps.Gap(t.Context(), gap.ID)
	if err != nil || bare.Title != "" || bare.Status != GapUnanswerable {
		t.Errorf("without questions: %+v, %v", bare, err)
	}
	d, err := s.gaps.Draft(t.Context(), gap.ID)
	if err != nil || d.Solution.Check() != nil {
		t.Errorf("draft without a title: %+v, %v, %v", d, err, d.Solution.Check())
	}
	s.asked(t, november(5), pets, "可以", pipeline.Pass)
	s.cluster(t)
	if g, err := s.gaps.Gap(t.Context(), gap.ID); g.Title != pets || err != nil {
		t.Errorf("called %q, %v after another question", g.Title, err)
	}
}

func TestTitleOfAnAgentsQuestionGoesWithIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.exec(t, `INSERT INTO asks (text, made, index_version, answered, at) VALUES ($1, 'typed', 'v', false, now() - interval '1 hour')`, pets)
	s.cluster(t)
	gap := s.only(t)
	if err := s.gaps.SetStatus(t.Context(), gap.ID, GapDrafted, "SOL-1", "mei"); err != nil {
		t.Fatal(err)
	}
	s.exec(t, `DELETE FROM asks`)
	if _, err := NewGaps(s.store.Pool(), s.gaps.clean).Cluster(t.Context()); err != nil { // its first run sweeps
		t.Fatal(err)
	}
	if g, err := s.gaps.Gap(t.Context(), gap.ID); g.Title != "" || err != nil {
		t.Errorf("called %q, %v", g.Title, err)
	}
}

func TestMergedGapKeepsNoWords(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.twin(t)
	if n, err := s.gaps.Merge(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d gaps merged, %v; want 1", n, err)
	}
	var words string
	if err := s.store.Pool().QueryRow(t.Context(), `SELECT title || terms FROM gaps WHERE status = 'merged'`).Scan(&words); err != nil || words != "{}" {
		t.Errorf("words of a merged gap: %q, %v", words, err)
	}
}

// askedInNewest keeps the newest gap from being bare.
const askedInNewest = `INSERT INTO asks (text, made, index_version, answered, gap_id) SELECT '宠物', 'typed', 'v', false, max(id) FROM gaps`

// twin makes two gaps of the same question, which both count the same session: the
// first of its own, the second, with four more, of an older version.
func (s *shop) twin(t *testing.T) {
	t.Helper()
	s.asked(t, november(3), pets, "可以", pipeline.Pass)
	s.cluster(t)
	s.exec(t, `
		WITH made AS (
			INSERT INTO gaps (title, title_question, language, terms, questions, heat, first_asked, last_asked)
			SELECT title, title_question, language, terms, questions + 4, heat + 1, first_asked, '2026-11-09'
			FROM gaps
			RETURNING id
		)
		INSERT INTO gap_sessions (session_id, gap_id)
		SELECT s.id, made.id
		FROM sessions s, made`)
	s.exec(t, askedInNewest)
}

func TestSessionCountsOnceForGapsThatBecomeOne(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.twin(t)
	if n, err := s.gaps.Merge(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d gaps merged, %v; want 1", n, err)
	}
	if g := s.only(t); g.Questions != 5 {
		t.Errorf("%d questions of 6, of which two are of one session; want 5", g.Questions)
	}
}

func TestSessionCountsOnceHoweverOftenItIsInspected(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, november(3), pets, "可以", pipeline.Pass)
	s.cluster(t)
	// It is answered for a while, and then is another row, as of another transcript.
	s.exec(t, `UPDATE questions SET solution_id = 'SOL-1', gap_id = NULL`)
	s.cluster(t)
	s.exec(t, `
		WITH old AS (
			DELETE FROM questions RETURNING session_id, transcript_id, verdict_id, turn, day
		)
		INSERT INTO questions (session_id, transcript_id, verdict_id, turn, day)
		SELECT session_id, transcript_id, verdict_id, turn, day FROM old`)
	s.cluster(t)
	if g := s.only(t); g.Questions != 1 || g.Recent != 1 && time.Since(november(3)) < 30*24*time.Hour {
		t.Errorf("one session, inspected again: %+v", g)
	}
}

func TestOldSessionsThatComeLateMeet(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for range 2 {
		s.asked(t, time.Now().AddDate(-2, 0, 0), pets, "可以", pipeline.Pass)
		if _, err := NewGaps(s.store.Pool(), s.gaps.clean).Cluster(t.Context()); err != nil { // reads what is there
			t.Fatal(err)
		}
	}
	if g := s.only(t); g.Questions != 2 {
		t.Errorf("gap: %+v", g)
	}
}

func TestGapsAreChangedByOneProcessAtATime(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	err := s.gaps.alone(t.Context(), func(*pgx.Conn) error {
		if _, err := s.gaps.Cluster(t.Context()); !errors.Is(err, ErrGapsBusy) {
			t.Errorf("cluster: %v", err)
		}
		if _, err := s.gaps.Merge(t.Context()); !errors.Is(err, ErrGapsBusy) {
			t.Errorf("merge: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLockThatIsLostIsAnError(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	err := s.gaps.alone(t.Context(), func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `SELECT pg_advisory_unlock_all()`) // as a pooler does between transactions
		return err
	})
	if !errors.Is(err, store.ErrLockLost) {
		t.Errorf("error: %v", err)
	}
}

func TestMergeGoesOnWithoutWhatIsLocked(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.twin(t)
	s.asked(t, november(4), "Do you sell gift cards?", "yes", pipeline.Pass)
	s.cluster(t)
	s.exec(t, `
		INSERT INTO gaps (title, language, terms, questions, heat, first_asked, last_asked)
		SELECT title, language, terms, questions + 1, heat, first_asked, last_asked FROM gaps WHERE language = 'en'`)
	s.exec(t, askedInNewest)
	tx, err := s.store.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tx.Rollback(context.Background()); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			t.Error(err)
		}
	})
	if _, err := tx.Exec(t.Context(), `UPDATE questions SET outcome = 'no_solution' WHERE gap_id = (SELECT min(id) FROM gaps)`); err != nil {
		t.Fatal(err)
	}
	if n, err := s.gaps.Merge(t.Context()); n != 1 || err != nil {
		t.Errorf("%d merged while one gap's question is written, %v; want 1", n, err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := s.gaps.Merge(t.Context()); n != 1 || err != nil {
		t.Errorf("%d merged afterwards, %v; want 1", n, err)
	}
}

func TestAnswersAreWhatAgentsStated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, want string
	}{
		{"an offer of more help at the end", "退款会在三个工作日内原路到账。请问还有其他问题吗？", "退款会在三个工作日内原路到账。"},
		{"a question in the middle", "Refunds take three days. Did you pay by card? Cards take five days.", "Refunds take three days.\nCards take five days."},
		{"a question before", "您说的是宠物吗？宠物需要提前48小时申请。装进航空箱。", "宠物需要提前48小时申请。装进航空箱。"},
		{"nothing else", "请问您的订单号是多少？", ""},
		{"as it was written", "三天  到账，\n 节假日顺延", "三天  到账，\n 节假日顺延"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			session := &transcript.Session{Turns: []transcript.Turn{
				{Speaker: transcript.Customer, Text: "怎么退款"}, {Speaker: transcript.Agent, Text: tt.text},
			}}
			if _, said := answering(session, 0); said != tt.want {
				t.Errorf("said %q, want %q", said, tt.want)
			}
		})
	}
}
