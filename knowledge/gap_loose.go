package knowledge

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// looseQuestion is a question that nothing answered and no gap has.
type looseQuestion struct {
	ID       int64
	Session  int64 // key; 0 of an agent's
	Ask      bool  // of an agent, in asks
	Day      time.Time
	Asked    time.Time // of a customer's, when its session began
	Language string
	Text     string
}

// loose locks and returns the next questions, without personal data: customers'
// first, then agents' that nobody can go on with any more. What is being written
// is left for the next run: nobody waits for another in a circle, and no question
// is counted that is gone, or has an answer. No text is read beyond the limit.
func (g *Gaps) loose(ctx context.Context, tx pgx.Tx) ([]looseQuestion, error) {
	const customers = `
		SELECT q.id, q.session_id AS session, false AS ask, q.day, q.asked, q.language, coalesce((
			SELECT one ->> 'text'
			FROM jsonb_array_elements(v.content::jsonb -> 'questions') AS one
			WHERE (one ->> 'turn')::integer = q.turn
			LIMIT 1), '') AS text
		FROM (
			SELECT q.id, q.session_id, q.day, coalesce(s.started_at, s.created_at) AS asked, q.language, q.verdict_id, q.turn
			FROM questions q
			JOIN sessions s ON s.id = q.session_id
			WHERE q.solution_id = '' AND q.gap_id IS NULL AND NOT q.vague
			ORDER BY q.id
			LIMIT $1
			FOR NO KEY UPDATE OF q SKIP LOCKED
			FOR KEY SHARE OF s SKIP LOCKED -- it is counted for its gap
		) AS q
		JOIN verdicts v ON v.id = q.verdict_id
		ORDER BY q.id`
	const agents = `
		SELECT id, 0::bigint AS session, true AS ask, at::date AS day, at AS asked, language, text
		FROM asks
		WHERE NOT answered AND gap_id IS NULL AND NOT vague AND stage = '' AND at < now() - $2::interval
		ORDER BY id
		LIMIT $1
		FOR NO KEY UPDATE SKIP LOCKED`
	loose, err := collectLoose(ctx, tx, customers, gapStep)
	if err == nil && len(loose) == 0 {
		loose, err = collectLoose(ctx, tx, agents, gapStep, askOn)
	}
	for i := range loose {
		loose[i].Text = g.clean(loose[i].Text)
	}
	return loose, err
}

func collectLoose(ctx context.Context, tx pgx.Tx, query string, args ...any) ([]looseQuestion, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[looseQuestion])
}
