package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrateLock is the advisory lock that lets one process migrate at a time.
const migrateLock = 0x617373_61790001

// ErrOldSchema means that the database lacks migrations that this program needs.
var ErrOldSchema = errors.New("the database's schema is older than this program: run \"assay migrate\"")

type migration struct {
	number   int
	name     string
	up, down string
}

// Migrate brings the schema, River's included, to the state that this program
// needs. Processes that start at once wait for each other; done work is not repeated.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return locked(ctx, pool, func(conn *pgx.Conn) error {
		if err := migrateRiver(ctx, pool, rivermigrate.DirectionUp); err != nil {
			return err
		}
		done, err := applied(ctx, conn)
		if err != nil {
			return err
		}
		all, err := list()
		if err != nil {
			return err
		}
		for _, m := range all {
			if slices.Contains(done, m.number) {
				continue
			}
			if err := m.apply(ctx, conn); err != nil {
				return err
			}
		}
		return nil
	})
}

// Unmigrate undoes all migrations, River's included: every table and all that is in them.
func Unmigrate(ctx context.Context, pool *pgxpool.Pool) error {
	return locked(ctx, pool, func(conn *pgx.Conn) error {
		done, err := applied(ctx, conn)
		if err != nil {
			return err
		}
		all, err := list()
		if err != nil {
			return err
		}
		for _, m := range slices.Backward(all) {
			if !slices.Contains(done, m.number) {
				continue
			}
			if err := m.revert(ctx, conn); err != nil {
				return err
			}
		}
		return migrateRiver(ctx, pool, rivermigrate.DirectionDown)
	})
}

// CheckSchema returns ErrOldSchema when a migration is missing.
func CheckSchema(ctx context.Context, pool *pgxpool.Pool) error {
	all, err := list()
	if err != nil {
		return err
	}
	var n int
	err = pool.QueryRow(ctx, `SELECT coalesce(max(number), 0) FROM assay_migrations`).Scan(&n)
	if isUndefinedTable(err) || err == nil && n < all[len(all)-1].number {
		return ErrOldSchema
	}
	if err != nil {
		return fmt.Errorf("check schema: %w", err)
	}
	return nil
}

func locked(ctx context.Context, pool *pgxpool.Pool, work func(*pgx.Conn) error) (err error) {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer c.Release()
	if _, err := c.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrateLock); err != nil {
		return fmt.Errorf("migrate: lock: %w", err)
	}
	defer func() {
		if failed := Unlock(ctx, c.Conn(), migrateLock); failed != nil {
			err = errors.Join(err, fmt.Errorf("migrate: %w", failed))
		}
	}()
	return work(c.Conn())
}

func migrateRiver(ctx context.Context, pool *pgxpool.Pool, d rivermigrate.Direction) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("migrate river: %w", err)
	}
	opts := &rivermigrate.MigrateOpts{}
	if d == rivermigrate.DirectionDown {
		opts.TargetVersion = -1
	}
	if _, err := m.Migrate(ctx, d, opts); err != nil {
		return fmt.Errorf("migrate river: %w", err)
	}
	return nil
}

func applied(ctx context.Context, conn *pgx.Conn) ([]int, error) {
	const create = `
		CREATE TABLE IF NOT EXISTS assay_migrations (
			number     integer PRIMARY KEY,
			name       text NOT NULL,
			applied_at timestamptz NOT NULL DEFAULT now()
		)`
	if _, err := conn.Exec(ctx, create); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	rows, err := conn.Query(ctx, `SELECT number FROM assay_migrations`)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int])
}

// list reads the embedded migrations, ascending.
func list() ([]migration, error) {
	ups, err := fs.Glob(migrations, "migrations/*.up.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, path := range ups {
		name := strings.TrimSuffix(strings.TrimPrefix(path, "migrations/"), ".up.sql")
		number, err := strconv.Atoi(name[:4])
		if err != nil {
			return nil, fmt.Errorf("migration %q: its name must begin with four digits", name)
		}
		up, err := migrations.ReadFile(path)
		if err != nil {
			return nil, err
		}
		down, err := migrations.ReadFile("migrations/" + name + ".down.sql")
		if err != nil {
			return nil, err
		}
		all = append(all, migration{number, name, string(up), string(down)})
	}
	return all, nil
}

func (m migration) apply(ctx context.Context, conn *pgx.Conn) error {
	return m.run(ctx, conn, m.up, `INSERT INTO assay_migrations (number, name) VALUES ($1, $2)`, m.number, m.name)
}

func (m migration) revert(ctx context.Context, conn *pgx.Conn) error {
	return m.run(ctx, conn, m.down, `DELETE FROM assay_migrations WHERE number = $1`, m.number)
}

func (m migration) run(ctx context.Context, conn *pgx.Conn, sql, note string, args ...any) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, note, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("migration %s: %w", m.name, err)
	}
	return nil
}
