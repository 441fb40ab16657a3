package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
)

// Round is a verdict of the transcript and scorecard that a session's current
// verdict is of: without a model, and each further one that a model made.
type Round struct {
	Round       int // 0 is without a model
	Result      pipeline.Result
	Score       *float64 // nil when withheld
	InspectedAt time.Time
	Current     bool
}

// Rounds returns the rounds of a session's current verdict, in order, at most 100;
// none without a verdict.
func (s *Store) Rounds(ctx context.Context, session SessionKey) ([]Round, error) {
	const query = `
		SELECT v.round, v.result, v.score, v.inspected_at, v.current
		FROM verdicts c
		JOIN verdicts v ON v.transcript_id = c.transcript_id AND v.scorecard_id = c.scorecard_id
			AND v.reinspection_id = c.reinspection_id
		WHERE c.session_id = $1 AND c.current
		ORDER BY v.round
		LIMIT 100`
	rows, err := s.pool.Query(ctx, query, session)
	if err != nil {
		return nil, fmt.Errorf("load rounds of session %d: %w", session, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Round])
}
