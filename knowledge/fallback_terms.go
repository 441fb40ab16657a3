package knowledge

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// maxTermBytes is the length of the longest term that is kept: PostgreSQL
	// takes up to 2,046 bytes, but nobody asks with such words.
	maxTermBytes = 200
	// maxTerms of a solution are kept. PostgreSQL takes 1 MiB of them.
	maxTerms = 4_000
	// termsBatch is how many solutions get their terms in one transaction.
	termsBatch = 500
	// analyzeAfter is how many solutions must have got their terms before the
	// statistics are made anew.
	analyzeAfter = 1_000
)

// analysisVersion names what cuts texts into the terms that are stored.
func analysisVersion() string {
	h := fnv.New64a()
	fmt.Fprint(h, layoutVersion(), maxTermBytes, maxTerms)
	return fmt.Sprintf("%x", h.Sum64())
}

// storedTerms returns the terms of all texts of a solution, the short ones, in
// order; never nil, which PostgreSQL takes for no list.
func storedTerms(a analyzers, s *Solution) []string {
	t := newTally()
	t.cut(a, s)
	all := slices.AppendSeq([]string{}, maps.Keys(t.words.times))
	all = slices.AppendSeq(all, maps.Keys(t.pairs.times))
	all = slices.DeleteFunc(all, func(term string) bool { return term == "" || len(term) > maxTermBytes })
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxTerms)]
}

// termed is a solution with the hash of its content as it stands in the table.
type termed struct {
	solution Solution
	hash     []byte
}

// writeTerms stores the terms of solutions that are in the table. The transaction
// must hold importLock, since two that wrote the same rows could lock each other out.
func writeTerms(ctx context.Context, tx pgx.Tx, a analyzers, all []termed) error {
	if len(all) == 0 {
		return nil
	}
	version := analysisVersion()
	batch := &pgx.Batch{}
	for i := range all {
		batch.Queue(`
			INSERT INTO solution_terms (id, hash, analysis, terms)
			VALUES ($1, $2, $3, array_to_tsvector($4))
			ON CONFLICT (id) DO UPDATE SET
				hash = excluded.hash, analysis = excluded.analysis, terms = excluded.terms`,
			all[i].solution.ID, all[i].hash, version, storedTerms(a, &all[i].solution))
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write terms of %d solutions: %w", len(all), err)
	}
	return nil
}

// writeTermsOf stores the terms of the published ones among rows that were written.
func writeTermsOf(ctx context.Context, tx pgx.Tx, rows []newRow) error {
	a, err := newAnalyzers()
	if err != nil {
		return err
	}
	var all []termed
	for i := range rows {
		if rows[i].solution.IsPublished() {
			all = append(all, termed{rows[i].solution, rows[i].hash[:]})
		}
	}
	return writeTerms(ctx, tx, a, all)
}

// fillTerms gives solutions their terms that have none yet, or those of another
// content or analysis, until ctx ends. Of several processes one at a time does it.
func (l *Library) fillTerms(ctx context.Context, every time.Duration, log *slog.Logger) error {
	a, err := newAnalyzers()
	if err != nil {
		return err
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	filled, complained := int64(0), false
	for ctx.Err() == nil {
		n, err := l.fillMissing(ctx, a, &filled)
		if err != nil && ctx.Err() == nil && !complained {
			log.WarnContext(ctx, "PostgreSQL's search does not know all solutions", "error", err)
		}
		complained = err != nil
		if n > 0 {
			log.InfoContext(ctx, "PostgreSQL's search knows more solutions", "solutions", n)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return ctx.Err()
}

// fillMissing fills in the terms of solutions that changed after the change
// number filled, which it moves on, and returns how many there were. While
// another process does it, or writes solutions, nothing happens.
func (l *Library) fillMissing(ctx context.Context, a analyzers, filled *int64) (int, error) {
	n := 0
	for {
		more, done := 0, false
		err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) (err error) {
			more, done, err = fillSome(ctx, tx, a, filled)
			return err
		})
		n += more
		if err != nil {
			return n, fmt.Errorf("fill in terms: %w", err)
		}
		if done {
			break
		}
	}
	if n < analyzeAfter {
		return n, nil
	}
	if _, err := l.pool.Exec(ctx, `ANALYZE solution_terms`); err != nil {
		return n, fmt.Errorf("count terms: %w", err)
	}
	return n, nil
}

// fillSome fills in the terms of some solutions, and reports whether no more are
// to be filled in now.
func fillSome(ctx context.Context, tx pgx.Tx, a analyzers, filled *int64) (n int, done bool, err error) {
	var ours bool
	var last int64
	err = tx.QueryRow(ctx, `
		SELECT pg_try_advisory_xact_lock($1), (SELECT coalesce(max(seq), 0) FROM solutions)`,
		int64(importLock)).Scan(&ours, &last)
	if err != nil || !ours {
		return 0, true, err
	}
	page, err := missingTerms(ctx, tx, *filled, last)
	if err != nil {
		return 0, true, err
	}
	if len(page) < termsBatch {
		done = true
	} else {
		last = page[len(page)-1].Seq
	}
	all := make([]termed, len(page))
	for i := range page {
		all[i] = termed{page[i].solution(), page[i].Hash}
	}
	if err := writeTerms(ctx, tx, a, all); err != nil {
		return 0, true, err
	}
	*filled = last
	return len(all), done, nil
}
