package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Reveal says that somebody saw personal data as it was said.
type Reveal struct {
	Who      string // must not be empty
	Why      string // must not be empty
	At       time.Time
	Session  SessionKey
	SourceID string
	Turn     *int // nil: all turns
	Start    *int // bytes of the turn's text; nil, as is End: all of it
	End      *int
}

// SaveReveal notes a reveal of a stored session, for ever; ErrNotFound when there
// is no such session. Show what is revealed only after it returned. At and
// SourceID are the database's.
func (s *Store) SaveReveal(ctx context.Context, r Reveal) error {
	const query = `
		INSERT INTO reveals (who, why, session_id, source_id, turn, span_start, span_end)
		SELECT @who, @why, id, source_id, @turn::integer, @start::integer, @end::integer
		FROM sessions
		WHERE id = @session`
	tag, err := s.pool.Exec(ctx, query, pgx.StrictNamedArgs{
		"who": clean(r.Who), "why": clean(r.Why), "session": r.Session, "turn": r.Turn, "start": r.Start, "end": r.End,
	})
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("note a reveal of session %d: %w", r.Session, err)
	}
	return nil
}

// Reveals returns who saw personal data of a session, the newest first, at most
// limit; of all sessions when the key is 0.
func (s *Store) Reveals(ctx context.Context, session SessionKey, limit int) ([]Reveal, error) {
	const query = `
		SELECT who, why, at, session_id AS session, source_id, turn, span_start AS start, span_end AS "end"
		FROM reveals
		WHERE $1 = 0 OR session_id = $1
		ORDER BY id DESC
		LIMIT $2`
	rows, err := s.pool.Query(ctx, query, session, min(max(limit, 1), 10_000))
	if err != nil {
		return nil, fmt.Errorf("load reveals: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Reveal])
}
