// Package store keeps sessions, scorecards, verdicts and flags in PostgreSQL:
// one file for each family of tables, and all migrations.
//
// Writes that belong together are one method and one transaction; methods that
// must commit with something else (River's jobs) take a function that joins it.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Keys of rows. SessionKey is the database's key; transcript.SessionID is the source's.
type (
	SessionKey    int64
	TranscriptKey int64
	ScorecardKey  int64
	VerdictKey    int64
)

// ErrNotFound means that no row has the given key.
var ErrNotFound = errors.New("not found")

// Store reads and writes the database. It is safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
	zone *time.Location
}

// Options are the settings of a Store.
type Options struct {
	Zone     *time.Location // the zone in which days begin; default UTC
	MaxConns int32          // connections of the pool; default 16
}

// Open connects to the database at url (a PostgreSQL URL or keyword string). It
// checks that the server answers, not that the schema is there.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	return open(ctx, cfg, o)
}

// OpenConfig connects with the settings of another connection.
func OpenConfig(ctx context.Context, conn *pgx.ConnConfig, o Options) (*Store, error) {
	cfg, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	cfg.ConnConfig = conn
	return open(ctx, cfg, o)
}

func open(ctx context.Context, cfg *pgxpool.Config, o Options) (*Store, error) {
	cfg.MaxConns = 16
	if o.MaxConns > 0 {
		cfg.MaxConns = o.MaxConns
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	return New(pool, o), nil
}

// New makes a Store of an open pool, which stays the caller's to close.
func New(pool *pgxpool.Pool, o Options) *Store {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Store{pool: pool, zone: o.Zone}
}

// Pool returns the pool, for River and for the solution library.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Close closes the pool.
func (s *Store) Close() { s.pool.Close() }

// Zone is the zone in which days begin.
func (s *Store) Zone() *time.Location { return s.zone }

func isUndefinedTable(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "42P01"
}
