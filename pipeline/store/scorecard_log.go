package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// LogAction is what was done to a scorecard.
type LogAction string

// The actions of the log.
const (
	PublishedAction LogAction = "published"
	RetiredAction   LogAction = "retired"
)

// LogEntry is an entry of the log of what was done to scorecards. Entries
// are never changed.
type LogEntry struct {
	Slug    string
	Version string
	Action  LogAction
	Who     string // "" is unknown: the log began later
	Why     string
	At      time.Time
	Active  bool // the version is the one that sessions are inspected by now
}

// note writes an entry of the log.
func note(ctx context.Context, tx pgx.Tx, slug, version string, action LogAction, by Act) error {
	const insert = `
		INSERT INTO scorecard_log (slug, version, action, who, why)
		VALUES ($1, $2, $3, $4, $5)`
	_, err := tx.Exec(ctx, insert, slug, version, string(action), clean(by.By), clean(by.Why))
	return err
}

// ScorecardLog returns the newest entries of the log, newest first; slug "" asks
// for all scorecards. At most limit, and at most 10,000.
func (s *Store) ScorecardLog(ctx context.Context, slug string, limit int) ([]LogEntry, error) {
	const query = `
		SELECT p.slug, p.version, p.action, p.who, p.why, p.at, c.active
		FROM scorecard_log p
		JOIN scorecards c ON c.slug = p.slug AND c.version = p.version
		WHERE $1 = '' OR p.slug = $1
		ORDER BY p.id DESC
		LIMIT $2`
	rows, err := s.pool.Query(ctx, query, slug, min(max(limit, 1), 10_000))
	if err != nil {
		return nil, fmt.Errorf("load log of scorecards: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[LogEntry])
}
