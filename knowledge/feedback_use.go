package knowledge

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Uses are how often a solution was shown for a question, and what was done with it.
type Uses struct {
	Shown    int `db:"shown" json:"shown"`
	Opened   int `db:"opened" json:"opened"`
	Copied   int `db:"copied" json:"copied"`
	Inserted int `db:"inserted" json:"inserted"`
}

// UsedWithin is how far back the pages and commands count uses.
const UsedWithin = 90 * 24 * time.Hour

// Uses counts the uses of a solution since a time, as far back as they are kept.
func (l *Library) Uses(ctx context.Context, solution string, since time.Time) (Uses, error) {
	found, err := l.pool.Query(ctx, `
		SELECT
			count(*) FILTER (WHERE action = 'shown') AS shown, count(*) FILTER (WHERE action = 'opened') AS opened,
			count(*) FILTER (WHERE action = 'copied') AS copied, count(*) FILTER (WHERE action = 'inserted') AS inserted
		FROM suggestion_uses
		WHERE solution_id = $1 AND at >= $2`, solution, since)
	if err != nil {
		return Uses{}, fmt.Errorf("count uses of solution %q: %w", solution, err)
	}
	uses, err := pgx.CollectExactlyOneRow(found, pgx.RowToStructByName[Uses])
	if err != nil {
		return Uses{}, fmt.Errorf("count uses of solution %q: %w", solution, err)
	}
	return uses, nil
}
