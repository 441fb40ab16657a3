package knowledge

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// standQuery reads a stand.
const standQuery = `
	SELECT (SELECT coalesce(max(seq), 0) FROM solutions), (SELECT count(*) FROM solutions WHERE status = 'published')`

// collectSolutions reads solutions.
func collectSolutions(ctx context.Context, q querier, sql string, args ...any) ([]Solution, error) {
	found, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByName[row])
	if err != nil {
		return nil, err
	}
	out := make([]Solution, len(rows))
	for i := range rows {
		out[i] = rows[i].solution()
	}
	return out, nil
}

// publishedAfter returns published solutions in the order of their ids, beginning
// behind an id, at most snapshotPage.
func publishedAfter(ctx context.Context, q querier, after string) ([]Solution, error) {
	found, err := collectSolutions(ctx, q, `
		SELECT `+rowColumns+`
		FROM solutions AS s
		WHERE s.id > $1 AND s.status = 'published'
		ORDER BY s.id
		LIMIT $2`, after, snapshotPage)
	if err != nil {
		return nil, fmt.Errorf("read solutions after %q: %w", after, err)
	}
	return found, nil
}

// lastUntil returns the solutions that changed last up to the change number seq.
func (l *Library) lastUntil(ctx context.Context, seq int64, limit int) ([]Solution, error) {
	found, err := collectSolutions(ctx, l.pool, `
		SELECT `+rowColumns+`
		FROM solutions AS s
		WHERE s.seq <= $1
		ORDER BY s.seq DESC
		LIMIT $2`, seq, limit)
	if err != nil {
		return nil, fmt.Errorf("read the last solutions until %d: %w", seq, err)
	}
	return found, nil
}

// missing is a solution without terms.
type missing struct {
	row
	Seq  int64  `db:"seq"`
	Hash []byte `db:"hash"`
}

// missingTerms returns published solutions that changed after one change number
// up to another and have no terms of their content, in the order of their
// changes, at most termsBatch.
func missingTerms(ctx context.Context, q querier, after, until int64) ([]missing, error) {
	found, err := q.Query(ctx, `
		SELECT `+rowColumns+`, s.seq, s.hash
		FROM solutions AS s
		WHERE s.seq > $1 AND s.seq <= $2 AND s.status = 'published' AND NOT EXISTS (
			SELECT FROM solution_terms AS t
			WHERE t.id = s.id AND t.hash = s.hash AND t.analysis = $3)
		ORDER BY s.seq
		LIMIT $4`, after, until, analysisVersion(), termsBatch)
	if err != nil {
		return nil, fmt.Errorf("read solutions without terms: %w", err)
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByName[missing])
	if err != nil {
		return nil, fmt.Errorf("read solutions without terms: %w", err)
	}
	return rows, nil
}

// sharedTerms are what solutions are to share, at a time.
type sharedTerms struct {
	queries []string // tsquery of each
	weights []float64
	turns   []string // what is looked for in turn
	now     time.Time
}

// sharing returns the solutions that share the most of the terms, by weight, best
// first, at most maxCandidates. So many are compared as can be in a moment, those
// first that come in the first turns.
func sharing(ctx context.Context, q querier, f filters, t sharedTerms) ([]Solution, error) {
	found, err := collectSolutions(ctx, q, `
		WITH turn AS MATERIALIZED (
			SELECT u.query::tsquery AS query
			FROM unnest(@turns::text[]) WITH ORDINALITY AS u (query, place)
			ORDER BY u.place
		), term AS MATERIALIZED (
			SELECT u.query::tsquery AS query, u.weight
			FROM unnest(@queries::text[], @weights::float8[]) AS u (query, weight)
		), met AS MATERIALIZED (
			SELECT one.id
			FROM turn
			CROSS JOIN LATERAL (
				SELECT t.id
				FROM solution_terms AS t
				JOIN solutions AS s USING (id)
				WHERE t.terms @@ turn.query
					AND s.status = 'published'
					AND (s.valid_from IS NULL OR s.valid_from <= @now)
					AND (s.valid_to IS NULL OR s.valid_to > @now)
					AND s.stage = @stage
					AND (@region = '' OR s.region = '' OR lower(btrim(s.region)) = @region)
					AND (@customer_type = '' OR s.customer_type IN ('', @customer_type))
					AND (cardinality(@products::text[]) = 0 OR s.product = '' OR lower(btrim(s.product)) = ANY(@products))
				LIMIT @turn_rows
			) AS one
			LIMIT @rows
		), found AS MATERIALIZED (
			SELECT t.id, t.terms
			FROM solution_terms AS t
			WHERE t.id IN (SELECT met.id FROM met)
		), best AS (
			SELECT found.id, sum(term.weight) AS weight
			FROM found
			JOIN term ON found.terms @@ term.query
			GROUP BY found.id
			ORDER BY weight DESC, found.id
			LIMIT @candidates
		)
		SELECT `+rowColumns+`
		FROM best
		JOIN solutions AS s USING (id)
		ORDER BY best.weight DESC, s.id`,
		pgx.StrictNamedArgs{
			"queries": t.queries, "weights": t.weights, "turns": t.turns, "now": t.now,
			"stage": string(f.stage), "region": f.region, "customer_type": f.customerType, "products": append([]string{}, f.products...),
			"rows": fallbackRows, "turn_rows": fallbackRows / 2, "candidates": maxCandidates,
		})
	if err != nil {
		return nil, fmt.Errorf("search solutions by %d terms: %w", len(t.queries), err)
	}
	return found, nil
}
