package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
)

const (
	// fallbackTerms of a question are searched, the rarest ones.
	fallbackTerms = 12
	// fallbackBudget is how many solutions may have the terms that are searched,
	// all told; at least two terms are, whatever they cost.
	fallbackBudget = 5_000
	// fallbackRows is how many solutions that have one of the terms are compared.
	fallbackRows = 2_000
	// rareLimit is up to which number rare terms are counted.
	rareLimit = 1_000
	// statisticsAge is how long statistics of the terms are used.
	statisticsAge = time.Minute
	// fallbackTimeout bounds each statement of a search.
	fallbackTimeout = "5s"
)

// fallback searches the library with nothing but PostgreSQL. Its candidates are
// ranked as the index ranks its own, so that a score means the same; what is
// misspelled it does not find. It is safe to share.
type fallback struct {
	library   *Library
	o         Options
	analyzers analyzers
	weights   *weighing

	mu    sync.Mutex
	known statistics
}

// statistics are what PostgreSQL knows of the terms.
type statistics struct {
	at        time.Time
	solutions int
	frequent  map[string]float64 // share of the solutions that have the term
}

func newFallback(l *Library, o Options) (*fallback, error) {
	a, err := newAnalyzers()
	if err != nil {
		return nil, err
	}
	w, err := shippedWeights()
	if err != nil {
		return nil, err
	}
	return &fallback{library: l, o: o, analyzers: a, weights: w}, nil
}

// suggest answers as generation.suggest does.
func (f *fallback) suggest(ctx context.Context, query Query) ([]pipeline.Suggestion, error) {
	g, q, entries, err := f.find(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("search solutions in PostgreSQL: %w", err)
	}
	if q == nil {
		return []pipeline.Suggestion{}, nil
	}
	return g.show(q, sameLanguage(g.rankPieces(q, query, entries, f.o.Threshold), q.language), query.Limit)
}

// ranking ranks as generation.ranking does.
func (f *fallback) ranking(ctx context.Context, query Query, limit int) ([]Ranked, error) {
	g, q, entries, err := f.find(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("search solutions in PostgreSQL: %w", err)
	}
	if q == nil {
		return []Ranked{}, nil
	}
	return firstRanked(sameLanguage(g.rankPieces(q, query, entries, 0), q.language), limit), nil
}

// find returns the candidates, with a generation that knows the frequencies of
// the question's terms and has no index. The question is nil when it has only
// words that say nothing.
func (f *fallback) find(ctx context.Context, query Query) (*generation, *question, []*entry, error) {
	g := &generation{o: f.o, analyzers: f.analyzers, weights: f.weights, vocabulary: newVocabulary()}
	var q *question
	var entries []*entry
	o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, f.library.pool, o, func(tx pgx.Tx) error {
		// Without the first setting a term that the statistics do not know may be
		// looked for in every row.
		_, err := tx.Exec(ctx, `SET LOCAL enable_seqscan = off; SET LOCAL statement_timeout = '`+fallbackTimeout+`'`)
		if err != nil {
			return err
		}
		counts, err := f.count(ctx, tx, f.termsOf(query), g.vocabulary)
		if err != nil {
			return err
		}
		if q = g.newQuestion(query); q == nil {
			return nil
		}
		entries, err = f.candidates(ctx, tx, q, rarestKnown(q, counts))
		return err
	})
	if err != nil {
		return nil, nil, nil, err
	}
	for _, e := range entries {
		g.vocabulary.length += e.length
	}
	if n := len(entries); n > 0 { // their mean stands for that of all
		g.vocabulary.length *= float64(g.vocabulary.entries) / float64(n)
	}
	return g, q, entries, nil
}

// termsOf returns the terms that a question may be searched by, those of the
// earlier turns included.
func (f *fallback) termsOf(query Query) []string {
	texts := []string{query.Text}
	for _, said := range query.Context {
		texts = append(texts, said.Text)
	}
	var out []string
	for _, text := range texts {
		cut := f.analyzers.cut(canonical(clip(text, maxQuestionRunes)))
		out = append(append(out, cut.content()...), cut.pairs...)
	}
	out = slices.DeleteFunc(out, func(t string) bool { return t == "" || len(t) > maxTermBytes || strings.ContainsRune(t, 0) })
	slices.Sort(out)
	return slices.Compact(out)
}

// count returns how many solutions have each of the terms, frequent ones by the
// statistics, and tells the vocabulary.
func (f *fallback) count(ctx context.Context, tx pgx.Tx, terms []string, v *vocabulary) (map[string]int, error) {
	s, err := f.statistics(ctx, tx)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	var rare []string
	for _, t := range terms {
		if share, ok := s.frequent[t]; ok && share*float64(s.solutions) > rareLimit {
			counts[t] = int(math.Ceil(share * float64(s.solutions)))
			continue
		}
		rare = append(rare, t)
	}
	if err := countRare(ctx, tx, rare, counts); err != nil {
		return nil, err
	}
	v.entries = s.solutions
	for t, n := range counts {
		v.counts[termID(t)] = int32(n)
		v.entries = max(v.entries, n)
	}
	return counts, nil
}

// countRare counts the solutions that have each of the terms, up to rareLimit.
func countRare(ctx context.Context, tx pgx.Tx, terms []string, counts map[string]int) error {
	queries := make([]string, len(terms))
	for i, t := range terms {
		queries[i] = quoteTerm(t)
	}
	rows, err := tx.Query(ctx, `
		SELECT u.term, (
			SELECT count(*)
			FROM (SELECT FROM solution_terms AS t WHERE t.terms @@ u.query::tsquery LIMIT $3) AS found)
		FROM unnest($1::text[], $2::text[]) AS u (term, query)`, terms, queries, rareLimit)
	if err != nil {
		return fmt.Errorf("count terms: %w", err)
	}
	var term string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&term, &n}, func() error {
		if n > 0 {
			counts[term] = n
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count terms: %w", err)
	}
	return nil
}

// quoteTerm writes a term as PostgreSQL's tsquery that looks for it.
func quoteTerm(t string) string {
	return `'` + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(t) + `'`
}

// anyOf joins queries of terms to one that any of them meets.
func anyOf(queries []string) string { return strings.Join(queries, " | ") }

// statistics returns what PostgreSQL knows of the terms, a minute old at most.
func (f *fallback) statistics(ctx context.Context, tx pgx.Tx) (statistics, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.known.at.IsZero() && time.Since(f.known.at) < statisticsAge {
		return f.known, nil
	}
	s := statistics{frequent: map[string]float64{}}
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM solution_terms`).Scan(&s.solutions); err != nil {
		return s, fmt.Errorf("count solutions: %w", err)
	}
	rows, err := tx.Query(ctx, `
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
	s.at = time.Now()
	f.known = s
	return s, nil
}

// rareTerm is a term to be searched in PostgreSQL.
type rareTerm struct {
	query  string
	weight float64
	n      int
}

// rarestKnown returns the terms that solutions have, rarest first, as far as the
// budget goes.
func rarestKnown(q *question, counts map[string]int) []rareTerm {
	var known []rareTerm
	total := 1
	for _, n := range counts {
		total = max(total, n)
	}
	for _, t := range q.searched {
		if n := counts[t.term]; n > 0 {
			known = append(known, rareTerm{quoteTerm(t.term), t.boost * math.Log(1+float64(total)/float64(n)), n})
		}
	}
	slices.SortStableFunc(known, func(a, b rareTerm) int { return a.n - b.n })
	left := fallbackBudget
	for i, t := range known {
		if left -= t.n; i == fallbackTerms || left < 0 && i >= minTerms {
			return known[:i]
		}
	}
	return known
}

// candidates returns the published solutions that share most of the terms, pass
// the question's filters and are valid now.
func (f *fallback) candidates(ctx context.Context, tx pgx.Tx, q *question, terms []rareTerm) ([]*entry, error) {
	if len(terms) == 0 {
		return nil, nil
	}
	queries, weights := make([]string, len(terms)), make([]float64, len(terms))
	for i, t := range terms {
		queries[i], weights[i] = t.query, t.weight
	}
	found, err := sharing(ctx, tx, q.filters, sharedTerms{queries, weights, f.o.Now()})
	if err != nil {
		return nil, err
	}
	out := make([]*entry, 0, len(found))
	for i := range found {
		e, err := f.entry(&found[i])
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// entry makes of a solution what the index would have stored of it.
func (f *fallback) entry(s *Solution) (*entry, error) {
	t := newTally()
	k, err := newSketch(s, t.cut(f.analyzers, s))
	if err != nil {
		return nil, err
	}
	whole, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode solution %q: %w", s.ID, err)
	}
	return newEntry(k, whole), nil
}
