package store

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"assay/pipeline/store/storetest"
)

func TestUnlock(t *testing.T) {
	t.Parallel()
	const lock = 7
	pool := storetest.New(t)
	use := func(do func(*pgxpool.Conn)) {
		t.Helper()
		c, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Release()
		do(c)
	}
	use(func(c *pgxpool.Conn) {
		if _, err := c.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, lock); err != nil {
			t.Fatal(err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := Unlock(over, c.Conn(), lock); err != nil {
			t.Errorf("a lock that is held: %v", err)
		}
	})
	use(func(c *pgxpool.Conn) {
		if err := Unlock(t.Context(), c.Conn(), lock); !errors.Is(err, ErrLockLost) {
			t.Errorf("a lock that is not held: %v", err)
		}
		if !c.Conn().IsClosed() {
			t.Error("a connection that may hold the lock elsewhere stays open")
		}
	})
}

// A migration that was not alone says so.
func TestMigratingTellsThatItsLockIsGone(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	err := locked(t.Context(), pool, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `SELECT pg_advisory_unlock_all()`)
		return err
	})
	if !errors.Is(err, ErrLockLost) {
		t.Errorf("error %v", err)
	}
}

func TestConnectionsKeepTheirServer(t *testing.T) {
	t.Parallel()
	if err := CheckSessions(t.Context(), storetest.New(t)); err != nil {
		t.Error(err)
	}
	for name, pids := range map[string][3]uint32{"another server": {1, 2, 3}, "one server for two": {1, 1, 2}, "for both all the time": {1, 1, 1}} {
		if err := sameServer(pids[0], pids[1], pids[2]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
