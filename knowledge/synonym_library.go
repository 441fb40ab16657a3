package knowledge

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Synonyms returns the company's rules.
func (l *Library) Synonyms(ctx context.Context) (*Synonyms, error) {
	rows, err := l.pool.Query(ctx, `
		SELECT phrases, meant
		FROM solution_synonyms
		ORDER BY id
		LIMIT $1`, maxSynonyms)
	if err != nil {
		return nil, fmt.Errorf("read synonyms: %w", err)
	}
	rules, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Synonym, err error) {
		return s, row.Scan(&s.Phrases, &s.To)
	})
	if err != nil {
		return nil, fmt.Errorf("read synonyms: %w", err)
	}
	s, _, err := newSynonyms(rules)
	if err != nil {
		return nil, fmt.Errorf("read synonyms: %w", err)
	}
	return s, nil
}

// SetSynonyms replaces all of the company's rules. Indexes take them over when
// they refresh.
func (l *Library) SetSynonyms(ctx context.Context, s *Synonyms) error {
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM solution_synonyms`); err != nil {
			return err
		}
		for _, r := range s.Rules() {
			if _, err := tx.Exec(ctx, `
				INSERT INTO solution_synonyms (phrases, meant)
				VALUES ($1, $2)`, r.Phrases, append([]string{}, r.To...)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `SELECT pg_notify('assay_solutions', '')`)
		return err
	})
	if err != nil {
		return fmt.Errorf("set synonyms: %w", err)
	}
	return nil
}
