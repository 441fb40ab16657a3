package knowledge

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// statisticsAge is how old statistics get before Refresh reads them anew, and
// statisticsChanges is after how many changes of solutions it does so at once.
const (
	statisticsAge     = time.Minute
	statisticsChanges = 1_000
)

// statistics are what PostgreSQL knows of the terms, and the products that
// questions may name. They are never changed.
type statistics struct {
	at        time.Time
	seq       int64 // of the library's last change
	solutions int
	frequent  map[string]float64 // share of the solutions that have the term
	products  *productNames
}

// statistics returns those that were read last. Who asks reads only the first
// ones: counting a large library takes longer than some can wait.
func (f *fallback) statistics(ctx context.Context) (statistics, error) {
	if s := f.lastStatistics(); !s.at.IsZero() {
		return s, nil
	}
	select {
	case f.reading <- struct{}{}:
		defer func() { <-f.reading }()
	case <-ctx.Done():
		return statistics{}, fmt.Errorf("read statistics of terms: %w", ctx.Err())
	}
	if s := f.lastStatistics(); !s.at.IsZero() {
		return s, nil
	}
	return f.readStatistics(ctx)
}

// refreshStatistics reads old ones anew, unless somebody does so. Of a library
// that has grown PostgreSQL is to know the frequent terms first; seq is its last change.
func (f *fallback) refreshStatistics(ctx context.Context, seq int64) error {
	if s := f.lastStatistics(); time.Since(s.at) < statisticsAge && seq-s.seq < statisticsChanges {
		return nil
	}
	select {
	case f.reading <- struct{}{}:
		defer func() { <-f.reading }()
	default:
		return nil
	}
	if err := f.analyze(ctx); err != nil {
		return err
	}
	_, err := f.readStatistics(ctx)
	return err
}

// analyze has PostgreSQL make its statistics when the table has twice the rows
// that they were made of: until it does so by itself, the most frequent terms look rare.
func (f *fallback) analyze(ctx context.Context) error {
	var due bool
	err := f.library.pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM solution_terms) > greatest(2 * c.reltuples, $1)
		FROM pg_class AS c
		WHERE c.oid = 'solution_terms'::regclass`, analyzeAfter).Scan(&due)
	if err == nil && due {
		_, err = f.library.pool.Exec(ctx, `ANALYZE solution_terms`)
	}
	if err != nil {
		return fmt.Errorf("count terms: %w", err)
	}
	return nil
}

func (f *fallback) lastStatistics() statistics {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known
}

func (f *fallback) readStatistics(ctx context.Context) (statistics, error) {
	s := statistics{at: time.Now(), frequent: map[string]float64{}}
	pool := f.library.pool
	err := pool.QueryRow(ctx, `
		SELECT (SELECT coalesce(max(seq), 0) FROM solutions), (SELECT count(*) FROM solution_terms)`).Scan(&s.seq, &s.solutions)
	if err != nil {
		return s, fmt.Errorf("count solutions: %w", err)
	}
	rows, err := pool.Query(ctx, `
		SELECT u.term, u.share
		FROM pg_stats AS s, unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS u (term, share)
		WHERE s.schemaname = current_schema() AND s.tablename = 'solution_terms' AND s.attname = 'terms'
			AND u.term IS NOT NULL AND u.share IS NOT NULL`)
	if err != nil {
		return s, fmt.Errorf("read statistics of terms: %w", err)
	}
	var term string
	var share float64
	_, err = pgx.ForEachRow(rows, []any{&term, &share}, func() error {
		s.frequent[term] = share
		return nil
	})
	if err != nil {
		return s, fmt.Errorf("read statistics of terms: %w", err)
	}
	if s.products, err = f.readProducts(ctx); err != nil {
		return s, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known = s
	return s, nil
}

// readProducts returns the products of the published solutions.
func (f *fallback) readProducts(ctx context.Context) (*productNames, error) {
	rows, err := f.library.pool.Query(ctx, `
		SELECT product, count(*)
		FROM solutions
		WHERE status = 'published' AND product <> ''
		GROUP BY product
		ORDER BY product`)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	p := newProductNames()
	var name string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
		p.add(fold(name), n, func(name string) []string { return f.analyzers.singles(canonical(name)) })
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	return p, nil
}
