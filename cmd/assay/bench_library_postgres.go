package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"assay/knowledge"
	"assay/knowledge/speed"
)

// postgresBench is what PostgreSQL's full text made of the same library.
type postgresBench struct {
	LoadSeconds float64         `json:"load_seconds"` // rows and index
	DiskMiB     float64         `json:"disk_mib"`
	NDCG        float64         `json:"ndcg_at_10"`
	Searches    []searchFigures `json:"searches"`
}

// postgresQuestions bounds how many questions PostgreSQL is asked in each
// measurement: at a million rows one takes seconds.
const postgresQuestions = 100

// postgres makes a database of its own, and drops it.
func (c *benchLibraryCmd) postgres(p *program, m *speed.Maker, b *knowledge.Bench, n int) (r *postgresBench, err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	name := fmt.Sprintf("assay_bench_%d", os.Getpid())
	own, err := p.scratch(db, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dropScratch(p.ctx, db, own, name)) }()
	r = &postgresBench{}
	began := time.Now()
	if err := loadLexemes(p.ctx, own.Pool(), m, b, n); err != nil {
		return nil, err
	}
	r.LoadSeconds = time.Since(began).Seconds()
	const size = `SELECT pg_total_relation_size('bench_library') / 1048576.0`
	if err := own.Pool().QueryRow(p.ctx, size).Scan(&r.DiskMiB); err != nil {
		return nil, err
	}
	return r, c.askPostgres(p.ctx, own.Pool(), m, b, n, r)
}

// loadLexemes stores the words of the solutions, those of questions before those
// of answers, and indexes them as PostgreSQL's manual advises.
func loadLexemes(ctx context.Context, pool *pgxpool.Pool, m *speed.Maker, b *knowledge.Bench, n int) error {
	const table = `CREATE TABLE bench_library (id text, product text, words tsvector)`
	if _, err := pool.Exec(ctx, table); err != nil {
		return err
	}
	for from := 0; from < n; from += 5_000 {
		var rows [][]any
		for i := from; i < min(from+5_000, n); i++ {
			s := m.Solution(i)
			text := strings.Join(append([]string{s.Title, s.Answer, strings.Join(s.Tags, "\n")}, s.Questions...), "\n")
			rows = append(rows, []any{s.ID, s.Product, b.Lexemes(text)})
		}
		if err := copyLexemes(ctx, pool, rows); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		`CREATE INDEX bench_library_words ON bench_library USING gin (words)`, `VACUUM ANALYZE bench_library`,
	} {
		if _, err := pool.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func copyLexemes(ctx context.Context, pool *pgxpool.Pool, rows [][]any) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		const loading = `CREATE TEMPORARY TABLE loading (id text, product text, words text[]) ON COMMIT DROP`
		if _, err := tx.Exec(ctx, loading); err != nil {
			return err
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"loading"}, []string{"id", "product", "words"}, pgx.CopyFromRows(rows)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO bench_library (id, product, words)
			SELECT id, product, array_to_tsvector(words)
			FROM loading`)
		return err
	})
}

func (c *benchLibraryCmd) askPostgres(ctx context.Context, pool *pgxpool.Pool, m *speed.Maker, b *knowledge.Bench, n int, r *postgresBench) error {
	find := func(ctx context.Context, q knowledge.Query) ([]string, error) {
		rows, err := pool.Query(ctx, `
			SELECT id
			FROM bench_library
			WHERE words @@ $1::tsquery AND (cardinality($2::text[]) = 0 OR product = '' OR product = ANY ($2))
			ORDER BY ts_rank(words, $1::tsquery) DESC, id
			LIMIT 10`, anyOf(b.Lexemes(q.Text)), append([]string{}, q.Products...))
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[string])
	}
	few := *c
	few.Questions = min(c.Questions, postgresQuestions)
	for i := range few.Questions {
		q := m.Question(-1-i, n)
		found, err := find(ctx, q.Query)
		if err != nil {
			return err
		}
		r.NDCG += gain(found, q.Right) / float64(few.Questions)
	}
	for i, askers := range c.Askers {
		f, err := few.time(ctx, m, n, i*few.Questions, askers, func(ctx context.Context, q knowledge.Query) error {
			_, err := find(ctx, q)
			return err
		})
		if err != nil {
			return err
		}
		f.Way = "PostgreSQL"
		r.Searches = append(r.Searches, f)
	}
	return nil
}

// anyOf is a tsquery for texts that have any of the lexemes.
func anyOf(lexemes []string) string {
	quoted := make([]string, len(lexemes))
	for i, l := range lexemes {
		quoted[i] = "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(l) + "'"
	}
	return strings.Join(quoted, " | ")
}
