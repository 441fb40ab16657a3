package knowledge

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// retitleStep is how many gaps a sweep gives new titles at most.
const retitleStep = 1_000

// closePublished closes gaps whose drafts are published. Questions that are asked
// later and come to them all the same open them again.
func closePublished(ctx context.Context, conn *pgx.Conn) error {
	const query = `
		UPDATE gaps g
		SET status = 'closed', changed_at = now()
		FROM solutions s
		WHERE g.status = 'drafted' AND s.id = g.solution_id AND s.status = 'published'`
	if _, err := conn.Exec(ctx, query); err != nil {
		return fmt.Errorf("close gaps: %w", err)
	}
	return nil
}

// isToSweep reports whether it is time, once.
func (g *Gaps) isToSweep() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.swept) < sweepEvery {
		return false
	}
	g.swept = time.Now()
	return true
}

// sweep takes the words of sessions that are gone out of gaps: it removes open
// gaps of which no question is left, and gives the others a title of those that are.
func (g *Gaps) sweep(ctx context.Context, conn *pgx.Conn) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var swept int64
		for _, query := range []string{removeBare, untitle} {
			done, err := tx.Exec(ctx, query)
			if err != nil {
				return err
			}
			swept += done.RowsAffected()
		}
		titled, err := g.retitle(ctx, tx)
		if err != nil || swept+titled == 0 {
			return err
		}
		_, err = tx.Exec(ctx, gapsChanged)
		return err
	})
	if err != nil {
		return fmt.Errorf("sweep gaps: %w", err)
	}
	return nil
}

// gapsChanged tells other processes that gaps are not as they keep them; see current.
const gapsChanged = `SELECT nextval('gaps_id_seq')`

// removeBare removes open gaps whose questions all went with their sessions, or
// have answers by now, with what was merged into them.
const removeBare = `
	WITH RECURSIVE bare AS (
		SELECT id
		FROM gaps g
		WHERE status = 'open' AND solution_id = ''
			AND NOT EXISTS (SELECT 1 FROM questions q WHERE q.gap_id = g.id)
			AND NOT EXISTS (SELECT 1 FROM asks a WHERE a.gap_id = g.id)
		UNION ALL
		SELECT g.id
		FROM bare
		JOIN gaps g ON g.merged_into = bare.id
	)
	DELETE FROM gaps
	USING bare
	WHERE gaps.id = bare.id`

// untitle empties titles that are verbatim of a question which is gone.
const untitle = `
	UPDATE gaps
	SET title = '', title_question = NULL, title_ask = NULL
	FROM (
		SELECT g.id
		FROM gaps g
		LEFT JOIN questions q ON q.id = g.title_question
		LEFT JOIN asks a ON a.id = g.title_ask
		WHERE g.title <> '' AND q.id IS NULL AND a.id IS NULL
	) AS gone
	WHERE gaps.id = gone.id`

// retitle calls gaps without a title by their newest question. Those that come
// later may be more typical.
func (g *Gaps) retitle(ctx context.Context, tx pgx.Tx) (int64, error) {
	const untitled = `
		SELECT g.id, newest.question, newest.ask, newest.text
		FROM (
			SELECT id
			FROM gaps
			WHERE title = '' AND status <> 'merged'
			ORDER BY heat DESC
		) AS g
		CROSS JOIN LATERAL (
			(SELECT q.id AS question, NULL::bigint AS ask, q.day, coalesce((
				SELECT asked ->> 'text'
				FROM jsonb_array_elements(v.content::jsonb -> 'questions') AS asked
				WHERE (asked ->> 'turn')::integer = q.turn
				LIMIT 1), '') AS text
			FROM questions q
			JOIN verdicts v ON v.id = q.verdict_id
			WHERE q.gap_id = g.id
			ORDER BY q.day DESC
			LIMIT 1)
			UNION ALL
			(SELECT NULL, id, at::date, text
			FROM asks
			WHERE gap_id = g.id
			ORDER BY at DESC
			LIMIT 1)
			ORDER BY day DESC, question
			LIMIT 1
		) AS newest
		LIMIT $1`
	rows, err := tx.Query(ctx, untitled, retitleStep)
	if err != nil {
		return 0, err
	}
	type found struct {
		ID            int64
		Question, Ask *int64
		Text          string
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[found])
	if err != nil {
		return 0, err
	}
	const title = `
		UPDATE gaps
		SET title = $2, title_question = $3, title_ask = $4
		WHERE id = $1`
	batch := &pgx.Batch{}
	for _, f := range list {
		batch.Queue(title, f.ID, gapTitle(g.clean(f.Text)), f.Question, f.Ask)
	}
	return int64(len(list)), tx.SendBatch(ctx, batch).Close()
}
