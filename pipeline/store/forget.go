package store

import (
	"context"
	"fmt"
	"time"
)

// forgetAtOnce is how many rows are removed in one statement, so that none takes long.
const forgetAtOnce = 5000

// ForgetKept removes answers that were not used for the given time, some thousands
// at once, and reports whether there may be more.
func (s *Store) ForgetKept(ctx context.Context, unused time.Duration) (more bool, err error) {
	const query = `
		DELETE FROM model_kept
		WHERE key IN (
			SELECT key
			FROM model_kept
			WHERE used_at < now() - $1::interval
			ORDER BY used_at
			LIMIT $2
		)`
	tag, err := s.pool.Exec(ctx, query, unused, forgetAtOnce)
	if err != nil {
		return false, fmt.Errorf("forget kept answers: %w", err)
	}
	return tag.RowsAffected() == forgetAtOnce, nil
}

// ForgetCalls removes what the ledger says of days that are so many days past, and
// batches that ended then, some thousands of rows at once. It reports whether there
// may be more. Calls that are open stay, and so does what runs took.
func (s *Store) ForgetCalls(ctx context.Context, days int) (more bool, err error) {
	for _, query := range []string{`
		DELETE FROM model_calls
		WHERE id IN (
			SELECT id
			FROM model_calls
			WHERE day < (now() AT TIME ZONE $1)::date - $2::integer AND status <> 'open'
			ORDER BY day, id
			LIMIT $3
		)`, `
		DELETE FROM model_spending
		WHERE (day, scope, key) IN (
			SELECT day, scope, key
			FROM model_spending
			WHERE day < (now() AT TIME ZONE $1)::date - $2::integer AND scope <> 'run'
			ORDER BY day
			LIMIT $3
		)`, `
		DELETE FROM model_batches
		WHERE id IN (
			SELECT id
			FROM model_batches
			WHERE ended_at < ((now() AT TIME ZONE $1)::date - $2::integer)::timestamp AT TIME ZONE $1
			ORDER BY id
			LIMIT $3
		)`,
	} {
		tag, err := s.pool.Exec(ctx, query, s.zone.String(), days, forgetAtOnce)
		if err != nil {
			return false, fmt.Errorf("forget calls to models: %w", err)
		}
		more = more || tag.RowsAffected() == forgetAtOnce
	}
	return more, nil
}
