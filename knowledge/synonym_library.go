package knowledge

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Synonyms returns the company's rules.
func (l *Library) Synonyms(ctx context.Context) (*Synonyms, error) {
	s, _, err := l.synonyms(ctx)
	return s, err
}

// synonyms returns the rules with the number of the last one, 0 without any.
func (l *Library) synonyms(ctx context.Context) (*Synonyms, int64, error) {
	found, err := l.pool.Query(ctx, `
		SELECT id, phrases, meant
		FROM solution_synonyms
		ORDER BY id
		LIMIT $1`, maxSynonyms)
	if err != nil {
		return nil, 0, fmt.Errorf("read synonyms: %w", err)
	}
	var rules []Synonym
	var last int64
	var rule Synonym
	_, err = pgx.ForEachRow(found, []any{&last, &rule.Phrases, &rule.To}, func() error {
		rules = append(rules, rule)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read synonyms: %w", err)
	}
	s, _, err := newSynonyms(rules)
	if err != nil {
		return nil, 0, fmt.Errorf("read synonyms: %w", err)
	}
	return s, last, nil
}

// lastSynonym returns the number of the last rule, which is another one whenever
// the rules were replaced; 0 without rules.
func (l *Library) lastSynonym(ctx context.Context) (int64, error) {
	var id int64
	if err := l.pool.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM solution_synonyms`).Scan(&id); err != nil {
		return 0, fmt.Errorf("look for new synonyms: %w", err)
	}
	return id, nil
}

// SetSynonyms replaces all of the company's rules. Indexes take them over when
// they refresh.
func (l *Library) SetSynonyms(ctx context.Context, s *Synonyms) error {
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		// Of two at a time the second one replaces the rules of the first.
		if _, err := tx.Exec(ctx, `LOCK TABLE solution_synonyms IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
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
