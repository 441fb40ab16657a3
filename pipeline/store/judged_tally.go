package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// JudgedTally counts what stands now of a criterion that a model is asked about.
type JudgedTally struct {
	Scorecard     string
	Criterion     string
	Met           int
	NotMet        int
	NotApplicable int
	Undetermined  int
	Reasons       []string // why it is undetermined, each once, in order
}

// JudgedTallies counts current findings of models' criteria, at most 1000 criteria.
func (s *Store) JudgedTallies(ctx context.Context) ([]JudgedTally, error) {
	const query = `
		SELECT f.scorecard, f.criterion,
			count(*) FILTER (WHERE f.outcome = 'met') AS met,
			count(*) FILTER (WHERE f.outcome = 'not_met') AS not_met,
			count(*) FILTER (WHERE f.outcome = 'not_applicable') AS not_applicable,
			count(*) FILTER (WHERE f.outcome = 'undetermined') AS undetermined,
			coalesce(array_agg(DISTINCT f.reason) FILTER (WHERE f.outcome = 'undetermined'), '{}') AS reasons
		FROM findings f
		JOIN verdicts v ON v.id = f.verdict_id
		WHERE v.current AND f.answered_by = 'judge'
		GROUP BY f.scorecard, f.criterion
		ORDER BY f.scorecard, f.criterion
		LIMIT 1000`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("tally judged criteria: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[JudgedTally])
}
