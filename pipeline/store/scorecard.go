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

// Publish stores a scorecard version and makes it the active one of its id.
// Publishing the same version again makes it the latest one.
func (s *Store) Publish(ctx context.Context, slug, version, source string) (ScorecardKey, error) {
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
		return tx.QueryRow(ctx, insert, slug, version, source).Scan(&key)
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

// Retire makes a scorecard inactive: no more sessions are inspected by it.
// ErrNotFound when it is not active.
func (s *Store) Retire(ctx context.Context, slug string) error {
	tag, err := s.pool.Exec(ctx, `UPDATE scorecards SET active = false WHERE slug = $1 AND active`, slug)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
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
