package knowledge

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// DefaultStaleAfter is how long a published solution may go without a review: a
// quarter, as long as the longest one is.
const DefaultStaleAfter = 92 * 24 * time.Hour

// staleSQL holds for published solutions whose review is overdue.
const staleSQL = `s.status = 'published' AND (s.review_by < @today OR s.vouched_at < @vouched)`

// dayOf is the day of t as review_by has days: midnight UTC.
func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// StaleAt reports whether the solution is published and its review overdue at
// now: its review_by passed, or nobody found it right or changed it for as long
// as after, zero being DefaultStaleAfter. The day is that of now's zone.
func (e *Entry) StaleAt(now time.Time, after time.Duration) bool {
	if after <= 0 {
		after = DefaultStaleAfter
	}
	overdue := !e.ReviewBy.IsZero() && e.ReviewBy.Before(dayOf(now))
	return e.IsPublished() && (overdue || e.VouchedAt.Before(now.Add(-after)))
}

// OwnerCount is how many stale solutions somebody owns.
type OwnerCount struct {
	Owner string `db:"owner" json:"owner"` // "" is nobody
	Stale int    `db:"stale" json:"stale"`
}

// maxOwners is how many owners StaleCounts returns at most.
const maxOwners = 1_000

// StaleCounts counts stale solutions by owner, the most first, of 1,000 owners at most.
func (l *Library) StaleCounts(ctx context.Context, now time.Time, after time.Duration) ([]OwnerCount, error) {
	f := Filter{Stale: true, Now: now, StaleAfter: after}.orDefault()
	c := f.conditions()
	c.args["limit"] = maxOwners
	found, err := l.pool.Query(ctx, `
		SELECT s.owner, count(*) AS stale
		FROM solutions s`+c.where()+`
		GROUP BY s.owner
		ORDER BY count(*) DESC, s.owner
		LIMIT @limit`, c.args)
	if err != nil {
		return nil, fmt.Errorf("count stale solutions: %w", err)
	}
	counts, err := pgx.CollectRows(found, pgx.RowToStructByName[OwnerCount])
	if err != nil {
		return nil, fmt.Errorf("count stale solutions: %w", err)
	}
	return counts, nil
}

// ReviewDue is the day by which a published solution is to be reviewed: review_by,
// or as long as after has passed since anybody looked at it, whichever is first.
func (e *Entry) ReviewDue(after time.Duration) time.Time {
	if after <= 0 {
		after = DefaultStaleAfter
	}
	due := e.VouchedAt.Add(after)
	if !e.ReviewBy.IsZero() && e.ReviewBy.Before(due) {
		return e.ReviewBy
	}
	return due
}
