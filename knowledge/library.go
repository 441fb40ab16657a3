package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// importLock is the advisory lock of transactions that write solutions. One
	// at a time takes its numbers and commits, so that a reader who has seen a
	// number has seen all below it.
	importLock = 0x617373_6b6e6f77
	// writeBatch is how many solutions one statement writes.
	writeBatch = 1_000
	// sinceLimit is how many solutions Since returns at most.
	sinceLimit = 2_000
	// maxList is how many solutions List returns at most.
	maxList = 1_000
)

// ErrNotFound means that the library has no solution of that id.
var ErrNotFound = errors.New("solution not found")

// Library is the solutions in PostgreSQL. It is safe to share.
type Library struct{ pool *pgxpool.Pool }

// NewLibrary returns the library in a migrated database.
func NewLibrary(pool *pgxpool.Pool) *Library { return &Library{pool} }

// imported counts what an import did.
type imported struct{ added, changed, same int }

// Import adds solutions and replaces those of the same id whose content
// differs, all or none; those that are there with the same content are left
// alone. Of solutions with one id the last counts.
func (l *Library) Import(ctx context.Context, solutions []Solution) (added, changed, same int, err error) {
	rows, err := newRows(lastOfEach(solutions))
	if err != nil {
		return 0, 0, 0, fmt.Errorf("import solutions: %w", err)
	}
	var done imported
	err = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(importLock)); err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		for part := range slices.Chunk(rows, writeBatch) {
			if err := importRows(ctx, tx, part, &done); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, 0, fmt.Errorf("import %d solutions: %w", len(solutions), err)
	}
	return done.added, done.changed, done.same, nil
}

// row is a solution as it stands in the table.
type row struct {
	ID        string     `db:"id" json:"id"`
	Title     string     `db:"title" json:"title"`
	Questions []string   `db:"questions" json:"questions"`
	Answer    string     `db:"answer" json:"answer"`
	Tags      []string   `db:"tags" json:"tags"`
	Product   string     `db:"product" json:"product"`
	Language  string     `db:"language" json:"language"`
	ValidFrom *time.Time `db:"valid_from" json:"valid_from"`
	ValidTo   *time.Time `db:"valid_to" json:"valid_to"`
	Owner     string     `db:"owner" json:"owner"`
	ReviewBy  *time.Time `db:"review_by" json:"review_by"`
	hash      Hash
}

func newRows(solutions []Solution) ([]row, error) {
	rows := make([]row, len(solutions))
	for i := range solutions {
		s := solutions[i].normal()
		hash, err := s.Hash()
		if err != nil {
			return nil, err
		}
		rows[i] = row{
			ID: s.ID, Title: s.Title, Questions: list(s.Questions), Answer: s.Answer, Tags: list(s.Tags),
			Product: s.Product, Language: s.Language, ValidFrom: nullable(s.ValidFrom), ValidTo: nullable(s.ValidTo),
			Owner: s.Owner, ReviewBy: nullable(s.ReviewBy), hash: hash,
		}
	}
	return rows, nil
}

func (r *row) solution() Solution {
	s := Solution{
		ID: r.ID, Title: r.Title, Questions: r.Questions, Answer: r.Answer, Tags: r.Tags,
		Product: r.Product, Language: r.Language, ValidFrom: timeOf(r.ValidFrom), ValidTo: timeOf(r.ValidTo),
		Owner: r.Owner, ReviewBy: timeOf(r.ReviewBy), Status: Published,
	}
	if len(s.Questions) == 0 {
		s.Questions = nil
	}
	if len(s.Tags) == 0 {
		s.Tags = nil
	}
	return s
}

// list returns s as a list that PostgreSQL takes for an empty array when it is nil.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func nullable(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// importRows writes the rows that the table lacks or has with another content.
func importRows(ctx context.Context, tx pgx.Tx, rows []row, done *imported) error {
	known, err := hashes(ctx, tx, rows)
	if err != nil {
		return err
	}
	var write []row
	for _, r := range rows {
		hash, ok := known[r.ID]
		switch {
		case !ok:
			done.added++
		case hash != r.hash:
			done.changed++
		default:
			done.same++
			continue
		}
		write = append(write, r)
	}
	if len(write) == 0 {
		return nil
	}
	return writeRows(ctx, tx, write)
}

func hashes(ctx context.Context, tx pgx.Tx, rows []row) (map[string]Hash, error) {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	found, err := tx.Query(ctx, `
		SELECT id, hash
		FROM solutions
		WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	out := map[string]Hash{}
	var id string
	var hash []byte
	_, err = pgx.ForEachRow(found, []any{&id, &hash}, func() error {
		var h Hash
		copy(h[:], hash)
		out[id] = h
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	return out, nil
}

// writeRows sends all rows as one JSON value, because arrays of arrays would be
// flattened on the way.
func writeRows(ctx context.Context, tx pgx.Tx, rows []row) error {
	content, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode solutions: %w", err)
	}
	sums := make([][]byte, len(rows))
	for i := range rows {
		sums[i] = rows[i].hash[:]
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO solutions
			(id, title, questions, answer, tags, product, language, valid_from, valid_to, owner, review_by, hash)
		SELECT
			s.id, s.title, s.questions, s.answer, s.tags, s.product, s.language, s.valid_from, s.valid_to, s.owner,
			(s.review_by AT TIME ZONE 'UTC')::date, s.hash
		FROM ROWS FROM (
			json_to_recordset(@content::json) AS (
				id text, title text, questions text[], answer text, tags text[], product text, language text,
				valid_from timestamptz, valid_to timestamptz, owner text, review_by timestamptz),
			unnest(@hashes::bytea[])
		) AS s (id, title, questions, answer, tags, product, language, valid_from, valid_to, owner, review_by, hash)
		ON CONFLICT (id) DO UPDATE SET
			title = excluded.title, questions = excluded.questions, answer = excluded.answer, tags = excluded.tags,
			product = excluded.product, language = excluded.language, valid_from = excluded.valid_from,
			valid_to = excluded.valid_to, owner = excluded.owner, review_by = excluded.review_by,
			hash = excluded.hash, seq = nextval('solutions_seq'), updated_at = now()`,
		pgx.StrictNamedArgs{"content": string(content), "hashes": sums})
	if err != nil {
		return fmt.Errorf("write %d solutions: %w", len(rows), err)
	}
	return nil
}

// Since returns solutions that were added or changed after the change number
// seq, in the order of their changes, and the last of their numbers. It returns
// at most 2,000; none when nothing changed.
func (l *Library) Since(ctx context.Context, seq int64) ([]Solution, int64, error) {
	found, err := l.pool.Query(ctx, `
		SELECT id, title, questions, answer, tags, product, language, valid_from, valid_to, owner, review_by, seq
		FROM solutions
		WHERE seq > $1
		ORDER BY seq
		LIMIT $2`, seq, sinceLimit)
	if err != nil {
		return nil, seq, fmt.Errorf("read solutions since %d: %w", seq, err)
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByName[struct {
		row
		Seq int64 `db:"seq"`
	}])
	if err != nil {
		return nil, seq, fmt.Errorf("read solutions since %d: %w", seq, err)
	}
	out := make([]Solution, len(rows))
	for i := range rows {
		out[i], seq = rows[i].solution(), rows[i].Seq
	}
	return out, seq, nil
}

// Solution returns one solution, or ErrNotFound.
func (l *Library) Solution(ctx context.Context, id string) (Solution, error) {
	found, err := l.pool.Query(ctx, `
		SELECT id, title, questions, answer, tags, product, language, valid_from, valid_to, owner, review_by
		FROM solutions
		WHERE id = $1`, id)
	if err != nil {
		return Solution{}, fmt.Errorf("read solution %q: %w", id, err)
	}
	r, err := pgx.CollectExactlyOneRow(found, pgx.RowToStructByName[row])
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Solution{}, fmt.Errorf("read solution %q: %w", id, err)
	}
	return r.solution(), nil
}

// Count is the number of solutions, expired ones included.
func (l *Library) Count(ctx context.Context) (int, error) {
	var n int
	if err := l.pool.QueryRow(ctx, `SELECT count(*) FROM solutions`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count solutions: %w", err)
	}
	return n, nil
}

// List returns solutions in the order of their ids, beginning behind the id
// after ("" is the beginning), at most limit of them, and never more than 1,000.
func (l *Library) List(ctx context.Context, limit int, after string) ([]Solution, error) {
	found, err := l.pool.Query(ctx, `
		SELECT id, title, questions, answer, tags, product, language, valid_from, valid_to, owner, review_by
		FROM solutions
		WHERE id > $1
		ORDER BY id
		LIMIT $2`, after, min(max(limit, 0), maxList))
	if err != nil {
		return nil, fmt.Errorf("list solutions after %q: %w", after, err)
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByName[row])
	if err != nil {
		return nil, fmt.Errorf("list solutions after %q: %w", after, err)
	}
	out := make([]Solution, len(rows))
	for i := range rows {
		out[i] = rows[i].solution()
	}
	return out, nil
}
