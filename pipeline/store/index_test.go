package store_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// Rows that go with a session or a gap, and those that a save finds by one, would
// otherwise be looked for in whole tables.
func TestWhatBelongsToASessionOrAGapIsFoundByAnIndex(t *testing.T) {
	t.Parallel()
	s := open(t)
	const query = `
		SELECT c.conrelid::regclass || '.' || a.attname
		FROM pg_constraint c
		JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
		WHERE c.contype = 'f' AND c.confrelid IN ('sessions'::regclass, 'transcripts'::regclass, 'verdicts'::regclass, 'gaps'::regclass)
			AND NOT EXISTS (
				SELECT 1
				FROM pg_index i
				WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]
					AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = '(' || quote_ident(a.attname) || ' IS NOT NULL)')
			)`
	rows, err := s.Pool().Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	bare, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(bare) > 0 {
		t.Errorf("without an index: %v, %v", bare, err)
	}
}

// A session that is deleted takes all with it, down to what only belongs to its
// verdicts or questions.
func TestNothingKeepsASessionFromBeingDeleted(t *testing.T) {
	t.Parallel()
	s := open(t)
	const query = `
		WITH RECURSIVE goes AS (
			SELECT 'sessions'::regclass::oid AS id
			UNION
			SELECT c.conrelid
			FROM goes
			JOIN pg_constraint c ON c.confrelid = goes.id AND c.contype = 'f' AND c.confdeltype = 'c'
		)
		SELECT c.conrelid::regclass || '.' || c.conname
		FROM goes
		JOIN pg_constraint c ON c.confrelid = goes.id
		WHERE c.contype = 'f' AND c.confdeltype NOT IN ('c', 'n')`
	rows, err := s.Pool().Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(held) > 0 {
		t.Errorf("kept by: %v, %v", held, err)
	}
}
