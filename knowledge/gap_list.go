package knowledge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// maxGapList is how many gaps or questions a list has at most.
const maxGapList = 200

// Gap is a cluster of questions that no solution answered.
type Gap struct {
	ID         int64
	Title      string // its most typical question, without personal data; "" when its questions are gone
	Language   string // base language
	Questions  int    // all that ever came to it, of a session one
	Recent     int    // those of the last 30 days that still have no solution
	FirstAsked time.Time
	LastAsked  time.Time
	Status     GapStatus
	MergedInto *int64
	SolutionID string // drafted from it, or that closed it
	ChangedBy  string
	ChangedAt  time.Time
}

const gapColumns = `g.id, g.title, g.language, g.questions, g.first_asked, g.last_asked, g.status, g.merged_into,
	g.solution_id, g.changed_by, g.changed_at, (
		SELECT count(DISTINCT q.session_id)
		FROM questions q
		WHERE q.gap_id = g.id AND q.day > current_date - 30) + (
		SELECT count(*)
		FROM asks a
		WHERE a.gap_id = g.id AND a.at > now() - interval '30 days') AS recent`

// GapFilter narrows a list of gaps. The zero value is all open and drafted ones.
type GapFilter struct {
	Status   GapStatus // "" is open and drafted
	Language string    // base language; "" is all
	Least    int       // questions that a gap must have; 0 is 1
	After    int64     // the last gap of the page before; 0 is the beginning
	Limit    int       // 0 and more than 200 are 200
}

// List returns gaps, the hottest first: those that are asked often and lately.
func (g *Gaps) List(ctx context.Context, f GapFilter) ([]Gap, error) {
	if f.Limit <= 0 || f.Limit > maxGapList {
		f.Limit = maxGapList
	}
	const query = `
		SELECT ` + gapColumns + `
		FROM gaps g
		LEFT JOIN gaps before ON before.id = @after
		WHERE (g.status = @status OR @status = '' AND g.status IN ('open', 'drafted'))
			AND g.questions >= @least
			AND (@language = '' OR g.language = @language)
			AND (before.id IS NULL OR (g.heat, -g.id) < (before.heat, -before.id))
		ORDER BY g.heat DESC, g.id
		LIMIT @limit`
	rows, err := g.pool.Query(ctx, query, pgx.StrictNamedArgs{
		"status": string(f.Status), "language": f.Language, "least": f.Least, "after": f.After, "limit": f.Limit,
	})
	if err != nil {
		return nil, fmt.Errorf("list gaps: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Gap])
	if err != nil {
		return nil, fmt.Errorf("list gaps: %w", err)
	}
	return list, nil
}

// Gap returns one gap, or ErrNotFound.
func (g *Gaps) Gap(ctx context.Context, id int64) (Gap, error) {
	const query = `
		SELECT ` + gapColumns + `
		FROM gaps g
		WHERE g.id = $1`
	rows, err := g.pool.Query(ctx, query, id)
	if err != nil {
		return Gap{}, fmt.Errorf("read gap %d: %w", id, err)
	}
	gap, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Gap])
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Gap{}, fmt.Errorf("read gap %d: %w", id, err)
	}
	return gap, nil
}

// Asked is a question of a gap and where it stands.
type Asked struct {
	Session    int64 // key; 0 is a question of an agent, which belongs to none
	SourceID   string
	Transcript int64 // key
	Turn       int
	Day        time.Time
	Product    string
	Team       string
	Text       string // as it was asked: to be redacted for whoever reads it
}

// Questions returns questions of a gap, the newest first, at most limit and 200.
func (g *Gaps) Questions(ctx context.Context, id int64, limit int) ([]Asked, error) {
	const query = `
		SELECT q.session_id AS session, s.source_id, q.transcript_id AS transcript, q.turn, q.day, q.product, q.team,
			coalesce((
				SELECT asked ->> 'text'
				FROM jsonb_array_elements(v.content::jsonb -> 'questions') AS asked
				WHERE (asked ->> 'turn')::integer = q.turn
				LIMIT 1), '') AS text
		FROM (
			SELECT session_id, transcript_id, verdict_id, turn, day, product, team
			FROM questions
			WHERE gap_id = $1
			ORDER BY day DESC, transcript_id DESC, turn
			LIMIT $2 -- before verdicts are read, which are large
		) AS q
		JOIN sessions s ON s.id = q.session_id
		JOIN verdicts v ON v.id = q.verdict_id
		UNION ALL
		(SELECT 0, '', 0, 0, at::date, product, '', text
		FROM asks
		WHERE gap_id = $1
		ORDER BY at DESC
		LIMIT $2)
		ORDER BY day DESC, transcript DESC, turn
		LIMIT $2`
	rows, err := g.pool.Query(ctx, query, id, min(max(limit, 0), maxGapList))
	if err != nil {
		return nil, fmt.Errorf("read questions of gap %d: %w", id, err)
	}
	asked, err := pgx.CollectRows(rows, pgx.RowToStructByName[Asked])
	if err != nil {
		return nil, fmt.Errorf("read questions of gap %d: %w", id, err)
	}
	return asked, nil
}

// SetStatus notes what became of a gap, by whom, and by which solution ("" is none).
// Merging is not for people to note: the status cannot be GapMerged.
func (g *Gaps) SetStatus(ctx context.Context, id int64, status GapStatus, solution, by string) error {
	const query = `
		UPDATE gaps
		SET status = $2, solution_id = $3, changed_by = $4, changed_at = now()
		WHERE id = $1 AND status <> 'merged'`
	if status == GapMerged {
		return fmt.Errorf("set status of gap %d: %q is not for people to set", id, status)
	}
	done, err := g.pool.Exec(ctx, query, id, string(status), solution, by)
	if err == nil && done.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("set status of gap %d: %w", id, err)
	}
	return nil
}
