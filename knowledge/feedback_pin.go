package knowledge

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// MaxPins is how many solutions a person may keep at hand.
const MaxPins = 50

// ErrTooManyPins means that a person has MaxPins solutions at hand.
var ErrTooManyPins = errors.New("too many solutions are pinned; allowed: 50")

// Pin keeps a solution at hand for a person; again changes nothing. A solution that
// there is not, or that is not published, is ErrNotFound, one too many ErrTooManyPins.
func (l *Library) Pin(ctx context.Context, person, solution string) error {
	if person == "" {
		return ErrNameless
	}
	var known, full bool
	err := l.pool.QueryRow(ctx, `
		WITH known AS (
			SELECT id FROM solutions WHERE id = @solution AND status = 'published'
		), others AS (
			SELECT count(*) >= @most AS filled FROM pins WHERE person = @person AND solution_id <> @solution
		), saved AS (
			INSERT INTO pins (person, solution_id)
			SELECT @person, id FROM known, others WHERE NOT others.filled
			ON CONFLICT DO NOTHING
		)
		SELECT EXISTS (SELECT FROM known), filled FROM others`,
		pgx.NamedArgs{"solution": solution, "person": person, "most": MaxPins}).Scan(&known, &full)
	switch {
	case err != nil:
	case !known:
		err = ErrNotFound
	case full:
		err = ErrTooManyPins
	}
	if err != nil {
		return fmt.Errorf("pin solution %q: %w", solution, err)
	}
	return nil
}

// Unpin lets go of a solution; one that is not pinned is none the worse.
func (l *Library) Unpin(ctx context.Context, person, solution string) error {
	if _, err := l.pool.Exec(ctx, `DELETE FROM pins WHERE person = $1 AND solution_id = $2`, person, solution); err != nil {
		return fmt.Errorf("unpin solution %q: %w", solution, err)
	}
	return nil
}

// Pins returns the ids of the solutions that a person has at hand, the latest first:
// of those that may be suggested now.
func (l *Library) Pins(ctx context.Context, person string) ([]string, error) {
	found, err := l.pool.Query(ctx, `
		SELECT p.solution_id
		FROM pins AS p
		JOIN solutions AS s ON s.id = p.solution_id AND s.status = 'published'
		WHERE
			p.person = $1 AND (s.valid_from IS NULL OR s.valid_from <= now()) AND (s.valid_to IS NULL OR s.valid_to > now())
		ORDER BY p.at DESC, p.solution_id
		LIMIT $2`, person, MaxPins)
	if err != nil {
		return nil, fmt.Errorf("list pins: %w", err)
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list pins: %w", err)
	}
	return ids, nil
}
