package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SessionView is a session with its newest transcript and its current verdict.
type SessionView struct {
	Key           SessionKey
	SourceID      string
	Version       int
	Source        string // file and line
	ImportedAt    time.Time
	Content       string  // canonical JSON of the transcript that is shown
	Verdict       *string // verdict JSON; nil until inspected
	InspectedAt   *time.Time
	Inspected     *int // transcript version that the verdict is about
	FailureReason *string
	FailureDetail *string
	LeftOutBy     *string // plan, version and rule that leave the transcript out
}

// Session returns a session with the transcript that its verdict is about: the
// newest one while there is no verdict. ErrNotFound when there is none.
func (s *Store) Session(ctx context.Context, key SessionKey) (SessionView, error) {
	const query = `
		SELECT s.id AS key, s.source_id, s.version, t.source, t.imported_at, t.content,
			v.content AS verdict, v.inspected_at, CASE WHEN v.id IS NOT NULL THEN t.version END AS inspected,
			f.reason AS failure_reason, f.detail AS failure_detail,
			(SELECT p.slug || ' ' || p.version || ' ' || l.rule
				FROM left_out l
				JOIN plans p ON p.id = l.plan_id
				WHERE l.transcript_id = t.id) AS left_out_by
		FROM sessions s
		LEFT JOIN verdicts v ON v.session_id = s.id AND v.current
		JOIN transcripts t ON t.session_id = s.id
			AND CASE WHEN v.id IS NULL THEN t.version = s.version ELSE t.id = v.transcript_id END
		LEFT JOIN failures f ON f.session_id = s.id
		WHERE s.id = $1
		ORDER BY f.failed_at DESC
		LIMIT 1`
	rows, err := s.pool.Query(ctx, query, key)
	if err != nil {
		return SessionView{}, fmt.Errorf("load session %d: %w", key, err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[SessionView])
	if err != nil {
		return SessionView{}, fmt.Errorf("load session %d: %w", key, noRows(err))
	}
	return v, nil
}

// FindSession returns the key of a session by its source's id, or ErrNotFound.
func (s *Store) FindSession(ctx context.Context, sourceID string) (SessionKey, error) {
	var key SessionKey
	err := s.pool.QueryRow(ctx, `SELECT id FROM sessions WHERE source_id = $1`, sourceID).Scan(&key)
	if err != nil {
		return 0, fmt.Errorf("find session %q: %w", sourceID, noRows(err))
	}
	return key, nil
}
