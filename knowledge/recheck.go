package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

const (
	// checkSessions are asked again after the library changed: the newest ones.
	checkSessions = 500
	// checkDays is how old they may be, in days.
	checkDays = 90
	// leastShift is how far a score must move to be told.
	leastShift = 0.05
	// checkLock is the advisory lock under which a library is checked.
	checkLock = 0x617373_6368656b
)

// Rechecked is a library that can be asked again.
type Rechecked interface {
	pipeline.Suggester
	// Steady reports whether it answers as it will go on to.
	Steady() bool
	// TextVersion changes when somebody edits the library or its settings.
	TextVersion() string
}

// Check is how a sample of questions was answered before and after the library changed.
type Check struct {
	ID               int64
	Library          string // version that was asked
	CheckedAt        time.Time
	Questions        int
	Before, After    int      // questions with a suggestion
	ConfidenceBefore *float64 // mean score of first suggestions; nil without any
	ConfidenceAfter  *float64
}

// Shift is a question whose first suggestion, or its score, a change moved.
type Shift struct {
	Session        int64 // key
	SourceID       string
	Turn           int
	SolutionBefore string // "" is none
	ScoreBefore    *float64
	SolutionAfter  string
	ScoreAfter     *float64
	Text           string // as it was asked: to be redacted for whoever reads it
}

// recheck is a question that is asked again.
type recheck struct {
	ID             int64    `json:"question_id"`
	Verdict        int64    `json:"verdict_id"` // when it was asked: another one knows better
	Turn           int      `json:"-"`
	SolutionBefore string   `json:"solution_before"`
	ScoreBefore    *float64 `json:"score_before"`
	SolutionAfter  string   `json:"solution_after"`
	ScoreAfter     *float64 `json:"score_after"`
}

// CheckLibrary asks the newest sessions' questions again when the library was
// edited since the last check, and stores what that changed. It reports
// whether there was anything to do. A library that is not steady is left for later.
func (g *Gaps) CheckLibrary(ctx context.Context, s Rechecked) (done bool, err error) {
	if !s.Steady() {
		return false, nil
	}
	version := s.TextVersion()
	known, err := checked(ctx, g.pool, version)
	if err == nil && !known {
		done, err = g.check(ctx, s, version)
	}
	if err != nil {
		return false, fmt.Errorf("check library: %w", err)
	}
	return done, nil
}

// checked reports whether a version is the one that was checked last.
func checked(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, version string) (known bool, err error) {
	const query = `
		SELECT coalesce((
			SELECT library = $1
			FROM library_checks
			ORDER BY id DESC
			LIMIT 1), false)`
	err = q.QueryRow(ctx, query, version).Scan(&known)
	return known, err
}

// check asks, which takes its time, and then saves in a short transaction.
func (g *Gaps) check(ctx context.Context, s Rechecked, version string) (done bool, err error) {
	sessions, err := g.newest(ctx)
	if err != nil {
		return false, err
	}
	asked, err := askAgain(ctx, sessions, s)
	if err != nil || !s.Steady() || s.TextVersion() != version { // it changed meanwhile: the next check has it all
		return false, err
	}
	if len(asked) == 0 { // as before anything is inspected
		return false, nil
	}
	err = pgx.BeginFunc(ctx, g.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(checkLock)); err != nil {
			return err
		}
		known, err := checked(ctx, tx, version)
		if err != nil || known {
			return err
		}
		done = true
		if err := saveCheck(ctx, tx, version, asked); err != nil {
			return err
		}
		return trimChecks(ctx, tx)
	})
	return done && err == nil, err
}

// askedSession is a session with its questions as they were answered last.
type askedSession struct {
	Content   string
	IDs       []int64 `db:"ids"`
	Verdicts  []int64
	Turns     []int
	Solutions []string
	Scores    []*float64
}

// newest returns the newest sessions that have questions which may be answered.
func (g *Gaps) newest(ctx context.Context) ([]askedSession, error) {
	const query = `
		SELECT t.content, array_agg(q.id ORDER BY q.turn) AS ids, array_agg(q.verdict_id ORDER BY q.turn) AS verdicts,
			array_agg(q.turn ORDER BY q.turn) AS turns,
			array_agg(coalesce(q.checked_solution, q.solution_id) ORDER BY q.turn) AS solutions,
			array_agg(CASE WHEN q.checked_solution IS NULL THEN q.score ELSE q.checked_score END ORDER BY q.turn) AS scores
		FROM questions q
		JOIN transcripts t ON t.id = q.transcript_id
		LEFT JOIN gaps g ON g.id = q.gap_id
		WHERE q.day > current_date - $2::integer AND g.status IS DISTINCT FROM 'unanswerable'
		GROUP BY t.id, q.day
		ORDER BY q.day DESC, t.id DESC
		LIMIT $1`
	rows, err := g.pool.Query(ctx, query, checkSessions, checkDays)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[askedSession])
}

// askAgain asks the questions of sessions.
func askAgain(ctx context.Context, sessions []askedSession, s pipeline.Suggester) ([]recheck, error) {
	var all []recheck
	for _, in := range sessions {
		session, err := transcript.Decode([]byte(in.Content))
		if err != nil {
			return nil, err
		}
		now, err := s.Questions(ctx, session)
		if err != nil {
			return nil, err
		}
		for i, id := range in.IDs {
			c := recheck{ID: id, Verdict: in.Verdicts[i], Turn: in.Turns[i], SolutionBefore: in.Solutions[i], ScoreBefore: in.Scores[i]}
			c.SolutionAfter, c.ScoreAfter = firstOf(now, c.Turn)
			all = append(all, c)
		}
	}
	return all, nil
}

// firstOf returns the first suggestion for the question at a turn.
func firstOf(questions []pipeline.Question, turn int) (string, *float64) {
	for _, q := range questions {
		if q.Turn == turn && len(q.Suggestions) > 0 {
			return q.Suggestions[0].SolutionID, new(q.Suggestions[0].Score)
		}
	}
	return "", nil
}

// saveCheck stores what was found. Questions that are being written, gone or
// inspected anew count, but are not among what is told in detail.
func saveCheck(ctx context.Context, tx pgx.Tx, version string, asked []recheck) error {
	c := Check{Library: version, Questions: len(asked)}
	var before, after float64
	moved := []recheck{}
	for _, q := range asked {
		if q.ScoreBefore != nil {
			c.Before++
			before += *q.ScoreBefore
		}
		if q.ScoreAfter != nil {
			c.After++
			after += *q.ScoreAfter
		}
		if q.moved() {
			moved = append(moved, q)
		}
	}
	c.ConfidenceBefore, c.ConfidenceAfter = mean(before, c.Before), mean(after, c.After)
	changes, err := json.Marshal(moved)
	if err != nil {
		return err
	}
	const insert = `
		WITH saved AS (
			INSERT INTO library_checks (library, questions, before, after, confidence_before, confidence_after)
			VALUES (@library, @questions, @before, @after, @was, @is)
			RETURNING id
		), free AS (
			SELECT q.id
			FROM jsonb_to_recordset(@changes) AS c(question_id bigint, verdict_id bigint)
			JOIN questions q ON q.id = c.question_id AND q.verdict_id = c.verdict_id
			FOR NO KEY UPDATE OF q SKIP LOCKED
		), noted AS (
			UPDATE questions q
			SET checked_solution = c.solution_after, checked_score = c.score_after
			FROM free, jsonb_to_recordset(@changes) AS c(question_id bigint, solution_before text, score_before double precision,
				solution_after text, score_after double precision)
			WHERE q.id = free.id AND c.question_id = free.id
			RETURNING c.question_id, c.solution_before, c.score_before, c.solution_after, c.score_after
		)
		INSERT INTO library_check_changes (check_id, question_id, solution_before, score_before, solution_after, score_after)
		SELECT saved.id, n.question_id, n.solution_before, n.score_before, n.solution_after, n.score_after
		FROM saved, noted n`
	_, err = tx.Exec(ctx, insert, pgx.StrictNamedArgs{
		"library": c.Library, "questions": c.Questions, "before": c.Before, "after": c.After,
		"was": c.ConfidenceBefore, "is": c.ConfidenceAfter, "changes": changes,
	})
	return err
}

// trimChecks removes the oldest checks, of which none is listed any more.
func trimChecks(ctx context.Context, tx pgx.Tx) error {
	const query = `
		DELETE FROM library_checks
		WHERE id <= (
			SELECT id
			FROM library_checks
			ORDER BY id DESC
			OFFSET $1
			LIMIT 1)`
	_, err := tx.Exec(ctx, query, maxChecks)
	return err
}

// moved reports whether a change is worth telling.
func (q *recheck) moved() bool {
	if q.SolutionBefore != q.SolutionAfter {
		return true
	}
	return q.ScoreBefore != nil && q.ScoreAfter != nil && math.Abs(*q.ScoreBefore-*q.ScoreAfter) >= leastShift
}

func mean(sum float64, n int) *float64 {
	if n == 0 {
		return nil
	}
	return new(sum / float64(n))
}

// maxChecks is how many checks or shifts a list has at most.
const maxChecks = 200

// Checks returns the newest checks, at most limit and 200.
func (g *Gaps) Checks(ctx context.Context, limit int) ([]Check, error) {
	const query = `
		SELECT id, library, checked_at, questions, before, after, confidence_before, confidence_after
		FROM library_checks
		ORDER BY id DESC
		LIMIT $1`
	rows, err := g.pool.Query(ctx, query, min(max(limit, 0), maxChecks))
	if err != nil {
		return nil, fmt.Errorf("list checks of the library: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Check])
	if err != nil {
		return nil, fmt.Errorf("list checks of the library: %w", err)
	}
	return list, nil
}

// Shifts returns what a check found changed, first what got or lost its
// suggestion, at most 200.
func (g *Gaps) Shifts(ctx context.Context, check int64) ([]Shift, error) {
	const query = `
		SELECT q.session_id AS session, s.source_id, q.turn, c.solution_before, c.score_before, c.solution_after, c.score_after,
			coalesce((
				SELECT asked ->> 'text'
				FROM jsonb_array_elements(v.content::jsonb -> 'questions') AS asked
				WHERE (asked ->> 'turn')::integer = q.turn
				LIMIT 1), '') AS text
		FROM library_check_changes c
		JOIN questions q ON q.id = c.question_id
		JOIN sessions s ON s.id = q.session_id
		JOIN verdicts v ON v.id = q.verdict_id
		WHERE c.check_id = $1
		ORDER BY (c.solution_before = '') <> (c.solution_after = '') DESC, c.solution_before <> c.solution_after DESC,
			abs(c.score_after - c.score_before) DESC NULLS LAST, q.id
		LIMIT $2`
	rows, err := g.pool.Query(ctx, query, check, maxChecks)
	if err != nil {
		return nil, fmt.Errorf("read check %d of the library: %w", check, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Shift])
	if err != nil {
		return nil, fmt.Errorf("read check %d of the library: %w", check, err)
	}
	return list, nil
}
