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
// Publishing the same version again makes it active again and changes nothing else.
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
			ON CONFLICT (slug, version) DO UPDATE SET active = true
			RETURNING id`
		return tx.QueryRow(ctx, insert, slug, version, source).Scan(&key)
	})
	if err != nil {
		return 0, fmt.Errorf("publish scorecard %q version %s: %w", slug, version, err)
	}
	return key, nil
}

// ActiveScorecards returns the active version of every scorecard, by id.
func (s *Store) ActiveScorecards(ctx context.Context) ([]Published, error) {
	const query = `
		SELECT id AS key, slug, version, source, active, published_at
		FROM scorecards
		WHERE active
		ORDER BY slug
		LIMIT 1000`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("load active scorecards: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Published])
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
