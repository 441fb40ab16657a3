package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// unlockWithin bounds giving a lock back.
const unlockWithin = 5 * time.Second

// ErrLockLost means that a session's advisory lock was not held any more when it
// was given back: others may have done the same work meanwhile. It happens behind
// a pooler that hands out a server for each transaction.
var ErrLockLost = errors.New("the lock was lost: " + throughPooler)

const throughPooler = "a pooler gives every transaction another server; have DATABASE_URL lead to PostgreSQL itself, or to a pooler by session"

// Unlock gives an advisory lock of the connection's session back, within 5 s and
// also when ctx has ended. A connection that does not hold it, or cannot say, is
// closed, which gives it back wherever it is: ErrLockLost for the former.
func Unlock(ctx context.Context, conn *pgx.Conn, lock int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockWithin)
	defer cancel()
	var held bool
	err := conn.QueryRow(ctx, `SELECT pg_advisory_unlock($1)`, lock).Scan(&held)
	switch {
	case err != nil:
		return errors.Join(fmt.Errorf("unlock: %w", err), conn.Close(ctx))
	case !held:
		return errors.Join(ErrLockLost, conn.Close(ctx))
	}
	return nil
}

// CheckSessions returns an error when connections do not keep their server from
// one transaction to the next, which locks and notifications need. It uses two
// connections of the pool at once.
func CheckSessions(ctx context.Context, pool *pgxpool.Pool) error {
	var first, other, again uint32
	const query = `SELECT pg_backend_pid()`
	err := pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		if err := conn.QueryRow(ctx, query).Scan(&first); err != nil {
			return err
		}
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { // may have taken the first one's server
			if err := tx.QueryRow(ctx, query).Scan(&other); err != nil {
				return err
			}
			return conn.QueryRow(ctx, query).Scan(&again)
		})
	})
	if err != nil {
		return fmt.Errorf("ask which server answers: %w", err)
	}
	return sameServer(first, other, again)
}

// sameServer judges the servers of a connection, of another one meanwhile, and of
// the first one again.
func sameServer(first, other, again uint32) error {
	if first != again || first == other {
		return errors.New("connections do not keep their server: " + throughPooler)
	}
	return nil
}
