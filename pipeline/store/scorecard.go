package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Published is a published scorecard version.
type Published struct {
	Key         ScorecardKey
	Slug        string // the scorecard's id
	Version     string
	Source      string // YAML
	Active      bool
	PublishedAt time.Time
}

// Act says who did something, and why, as they put it.
type Act struct {
	By  string
	Why string // may be empty
}

// program is who publishes what the program does by itself.
var program = Act{By: "assay"}

// Publish stores a scorecard version in the program's own name: see PublishBy.
func (s *Store) Publish(ctx context.Context, slug, version, source string) (ScorecardKey, error) {
	return s.PublishBy(ctx, program, slug, version, source)
}

// PublishBy stores a scorecard version, makes it the active one of its id and
// notes who did so. Publishing the same version again makes it the latest one.
func (s *Store) PublishBy(ctx context.Context, by Act, slug, version, source string) (ScorecardKey, error) {
	var key ScorecardKey
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext($1))`, slug); err != nil {
			return err
		}
		const retire = `
			UPDATE scorecards
			SET active = false
			WHERE slug = $1 AND version <> $2 AND active`
		if _, err := tx.Exec(ctx, retire, slug, version); err != nil {
			return err
		}
		const insert = `
			INSERT INTO scorecards (slug, version, source, active)
			VALUES ($1, $2, $3, true)
			ON CONFLICT (slug, version) DO UPDATE SET active = true, published_at = clock_timestamp()
			RETURNING id`
		if err := tx.QueryRow(ctx, insert, slug, version, source).Scan(&key); err != nil {
			return err
		}
		return note(ctx, tx, slug, version, PublishedAction, by)
	})
	if err != nil {
		return 0, fmt.Errorf("publish scorecard %q version %s: %w", slug, version, err)
	}
	return key, nil
}

// ActiveScorecards returns the active version of every scorecard, the one
// published last first: a session is inspected by the first that fits it.
func (s *Store) ActiveScorecards(ctx context.Context) ([]Published, error) {
	const query = `
		SELECT id AS key, slug, version, source, active, published_at
		FROM scorecards
		WHERE active
		ORDER BY published_at DESC, slug
		LIMIT 1000`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("load active scorecards: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Published])
}

// Retire makes a scorecard inactive and notes who did so: no more sessions are
// inspected by it. ErrNotFound when it is not active.
func (s *Store) Retire(ctx context.Context, by Act, slug string) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const retire = `
			UPDATE scorecards
			SET active = false
			WHERE slug = $1 AND active
			RETURNING version`
		var version string
		if err := tx.QueryRow(ctx, retire, slug).Scan(&version); err != nil {
			return noRows(err)
		}
		return note(ctx, tx, slug, version, RetiredAction, by)
	})
	if err != nil {
		return fmt.Errorf("retire scorecard %q: %w", slug, err)
	}
	return nil
}

// Scorecard returns one published version.
func (s *Store) Scorecard(ctx context.Context, slug, version string) (Published, error) {
	const query = `
		SELECT id AS key, slug, version, source, active, published_at
		FROM scorecards
		WHERE slug = $1 AND version = $2`
	rows, err := s.pool.Query(ctx, query, slug, version)
	if err != nil {
		return Published{}, fmt.Errorf("load scorecard %q version %q: %w", slug, version, err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Published])
	if err != nil {
		return Published{}, fmt.Errorf("load scorecard %q version %q: %w", slug, version, noRows(err))
	}
	return p, nil
}

// NewestScorecard returns the active version of a scorecard, or else the one
// published last. ErrNotFound when there is none.
func (s *Store) NewestScorecard(ctx context.Context, slug string) (Published, error) {
	const query = `
		SELECT id AS key, slug, version, source, active, published_at
		FROM scorecards
		WHERE slug = $1
		ORDER BY active DESC, published_at DESC, id DESC
		LIMIT 1`
	rows, err := s.pool.Query(ctx, query, slug)
	if err != nil {
		return Published{}, fmt.Errorf("load scorecard %q: %w", slug, err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Published])
	if err != nil {
		return Published{}, fmt.Errorf("load scorecard %q: %w", slug, noRows(err))
	}
	return p, nil
}

// ScorecardByKey returns one published version by its key.
func (s *Store) ScorecardByKey(ctx context.Context, key ScorecardKey) (Published, error) {
	const query = `
		SELECT id AS key, slug, version, source, active, published_at
		FROM scorecards
		WHERE id = $1`
	rows, err := s.pool.Query(ctx, query, key)
	if err != nil {
		return Published{}, fmt.Errorf("load scorecard %d: %w", key, err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Published])
	if err != nil {
		return Published{}, fmt.Errorf("load scorecard %d: %w", key, noRows(err))
	}
	return p, nil
}
