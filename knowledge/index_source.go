package knowledge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// snapshotPage is how many solutions are read at once while an index is built.
const snapshotPage = 2_000

// privilege is PostgreSQL's code for what a role may not do.
const privilege = "42501"

// identity tells databases apart, those of one server and those copied from each
// other as well, so that the index of one is never taken for another's.
func (l *Library) identity(ctx context.Context) (string, error) {
	var server string
	err := l.pool.QueryRow(ctx, `SELECT system_identifier::text FROM pg_control_system()`).Scan(&server)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == privilege {
		c := l.pool.Config().ConnConfig
		server, err = fmt.Sprintf("%s:%d", c.Host, c.Port), nil
	}
	if err != nil {
		return "", fmt.Errorf("identify database: %w", err)
	}
	var number uint32
	var name string
	err = l.pool.QueryRow(ctx, `
		SELECT oid, datname
		FROM pg_database
		WHERE datname = current_database()`).Scan(&number, &name)
	if err != nil {
		return "", fmt.Errorf("identify database: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%s", server, number, name))
	return hex.EncodeToString(sum[:8]), nil
}

// stand is where the library stands.
type stand struct {
	seq       int64 // of the last change
	published int
}

// stand reads where the library stands, as of one moment.
func (l *Library) stand(ctx context.Context) (stand, error) {
	var s stand
	err := l.pool.QueryRow(ctx, standQuery).Scan(&s.seq, &s.published)
	if err != nil {
		return stand{}, fmt.Errorf("read the state of the library: %w", err)
	}
	return s, nil
}

// lastSeq reads the number of the library's last change.
func (l *Library) lastSeq(ctx context.Context) (int64, error) {
	var seq int64
	if err := l.pool.QueryRow(ctx, `SELECT coalesce(max(seq), 0) FROM solutions`).Scan(&seq); err != nil {
		return 0, fmt.Errorf("read the last change of the library: %w", err)
	}
	return seq, nil
}

// snapshot hands all published solutions, in the order of their ids, as they
// stand together with the change number at one moment. The sequence can be read once.
func (l *Library) snapshot(ctx context.Context, use func(s stand, all iter.Seq2[Solution, error]) error) error {
	o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, l.pool, o, func(tx pgx.Tx) error {
		var s stand
		if err := tx.QueryRow(ctx, standQuery).Scan(&s.seq, &s.published); err != nil {
			return fmt.Errorf("read the state of the library: %w", err)
		}
		return use(s, func(yield func(Solution, error) bool) {
			for after := ""; ; {
				page, err := publishedAfter(ctx, tx, after)
				if err != nil {
					yield(Solution{}, err)
					return
				}
				for i := range page {
					if !yield(page[i], nil) {
						return
					}
				}
				if len(page) == 0 {
					return
				}
				after = page[len(page)-1].ID
			}
		})
	})
}
