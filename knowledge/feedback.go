package knowledge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Grade is what a person thinks of a solution, from a closed list.
type Grade string

// The grades. The last two are told to the solution's owner.
const (
	Helpful  Grade = "helpful"
	Partly   Grade = "partly"
	Wrong    Grade = "wrong"
	Outdated Grade = "outdated"
)

// Grades lists all grades.
var Grades = []Grade{Helpful, Partly, Wrong, Outdated}

// ErrNameless means that feedback has nobody whom it could be counted for.
var ErrNameless = errors.New("feedback counts by person, and nothing says who gives it")

// Opinion is what one person thinks of one revision of a solution.
type Opinion struct {
	SolutionID string
	Revision   int // 0 is the one that was shown for the question, else the current one
	Person     string
	Grade      Grade
	Note       string // "" is none
	Ask        AskID  // the question for which it was shown; 0 is none
}

// Give takes what a person thinks of a revision of a solution, in place of what the
// same person thought of it before: nobody counts twice. A solution or a revision that there is
// not is ErrNotFound, nobody's opinion ErrNameless.
func (l *Library) Give(ctx context.Context, o Opinion) error {
	if o.Person == "" {
		return ErrNameless
	}
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO feedback (solution_id, revision, person, grade, note, ask_id)
			SELECT s.id, COALESCE(NULLIF(@revision::integer, 0), NULLIF(shown.revision, 0), s.revision), @person, @grade, @note, a.id
			FROM solutions AS s
			LEFT JOIN asks AS a ON a.id = @ask AND a.person = @person
			LEFT JOIN suggestion_uses AS shown ON shown.ask_id = a.id AND shown.solution_id = s.id AND shown.action = 'shown'
			WHERE s.id = @solution AND @revision <= s.revision
			ON CONFLICT (solution_id, revision, person) DO UPDATE SET
				grade = excluded.grade, note = excluded.note, ask_id = COALESCE(excluded.ask_id, feedback.ask_id), at = now()`,
			pgx.NamedArgs{
				"solution": o.SolutionID, "revision": o.Revision, "person": o.Person,
				"grade": o.Grade, "note": o.Note, "ask": o.Ask,
			})
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		return recount(ctx, tx, o.SolutionID)
	})
	if err != nil {
		return fmt.Errorf("take feedback on solution %q: %w", o.SolutionID, err)
	}
	return nil
}

// TakeBack removes what a person thinks of what a solution says now.
// Where there is nothing, nothing happens.
func (l *Library) TakeBack(ctx context.Context, person, solution string) error {
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			DELETE FROM feedback
			USING solutions AS s
			WHERE
				s.id = feedback.solution_id AND s.id = $1 AND person = $2
				AND feedback.revision BETWEEN solution_said_since(s.id, s.revision) AND s.revision`, solution, person)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return recount(ctx, tx, solution)
	})
	if err != nil {
		return fmt.Errorf("take back feedback on solution %q: %w", solution, err)
	}
	return nil
}

// recount has a solution's feedback counted.
func recount(ctx context.Context, tx pgx.Tx, solution string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO feedback_counts (solution_id, due)
		VALUES ($1, true)
		ON CONFLICT (solution_id) DO UPDATE SET due = true`, solution)
	return err
}

const (
	// countEvery is how often a solution's counts move at most, so that indexes
	// and their versions do not change with every key that an agent presses.
	countEvery = time.Minute
	// countAtOnce is how many solutions are counted in one transaction.
	countAtOnce = 500
)

// CountFeedback brings the counts of solutions about which somebody changed their
// mind to what distinct persons think of what it says now, each solution at most once
// a minute, and returns how many changed. An opinion holds until title, answer or
// short reply change: a review, or another owner, leaves it. While somebody else
// writes, nothing is done: the next call will.
func (l *Library) CountFeedback(ctx context.Context) (changed int, err error) {
	err = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		var free bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, int64(importLock)).Scan(&free); err != nil || !free {
			return err
		}
		changed, err = l.countDue(ctx, tx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count feedback: %w", err)
	}
	return changed, nil
}

// countDue counts in a statement of its own, which sees all that was given before
// the rows were locked; what is given later is due again.
func (l *Library) countDue(ctx context.Context, tx pgx.Tx) (int, error) {
	locked, err := tx.Query(ctx, `
		UPDATE feedback_counts SET due = false, counted_at = now()
		WHERE solution_id IN (
			SELECT solution_id
			FROM feedback_counts
			WHERE due AND counted_at <= now() - $1::interval
			ORDER BY counted_at
			LIMIT $2
		)
		RETURNING solution_id`, countEvery, countAtOnce)
	if err != nil {
		return 0, err
	}
	due, err := pgx.CollectRows(locked, pgx.RowTo[string])
	if err != nil || len(due) == 0 {
		return 0, err
	}
	found, err := tx.Query(ctx, `
		WITH opinions AS (
			SELECT DISTINCT ON (f.solution_id, f.person) f.solution_id, f.grade
			FROM solutions AS s
			JOIN feedback AS f ON f.solution_id = s.id AND f.revision BETWEEN solution_said_since(s.id, s.revision) AND s.revision
			WHERE s.id = ANY($1)
			ORDER BY f.solution_id, f.person, f.revision DESC
		), counts AS (
			SELECT
				due.solution_id,
				count(*) FILTER (WHERE o.grade = 'helpful') AS helpful, count(*) FILTER (WHERE o.grade = 'partly') AS partly,
				count(*) FILTER (WHERE o.grade = 'wrong') AS wrong, count(*) FILTER (WHERE o.grade = 'outdated') AS outdated
			FROM unnest($1::text[]) AS due (solution_id)
			LEFT JOIN opinions AS o USING (solution_id)
			GROUP BY due.solution_id
		)
		SELECT s.id, c.helpful, c.partly, c.wrong, c.outdated
		FROM counts AS c
		JOIN solutions AS s ON s.id = c.solution_id
		WHERE (s.helpful, s.partly, s.wrong, s.outdated) <> (c.helpful, c.partly, c.wrong, c.outdated)`, due)
	if err != nil {
		return 0, err
	}
	changed, err := pgx.CollectRows(found, pgx.RowToStructByName[struct {
		ID string `db:"id"`
		Opinions
	}])
	if err != nil {
		return 0, err
	}
	for _, c := range changed {
		if err := l.SetOpinions(ctx, tx, c.ID, c.Opinions); err != nil {
			return 0, err
		}
	}
	return len(changed), nil
}
