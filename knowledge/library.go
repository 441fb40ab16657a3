package knowledge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// importLock is the advisory lock of transactions that write solutions. One
	// at a time takes its numbers and commits, so that a reader who has seen a
	// number has seen all below it.
	importLock = 0x617373_6b6e6f77
	// changeChannel is notified when a transaction that wrote solutions commits.
	changeChannel = "assay_solutions"
	// writeBatch is how many solutions one statement writes.
	writeBatch = 1_000
	// sinceLimit is how many solutions Since returns at most.
	sinceLimit = 2_000
)

// ErrNotFound means that the library has no solution of that id, or none of its
// revisions has that number.
var ErrNotFound = errors.New("solution not found")

// ErrExists means that a new solution has the id of one that is there.
var ErrExists = errors.New("a solution of this id is there already")

// Library is the solutions in PostgreSQL: what they are, and all that they were.
// It is safe to share. All that writes says who does it, takes its turn after
// other writers, and tells the channel assay_solutions at its commit.
type Library struct{ pool *pgxpool.Pool }

// NewLibrary returns the library in a migrated database.
func NewLibrary(pool *pgxpool.Pool) *Library { return &Library{pool} }

// Entry is a solution as the library keeps it.
type Entry struct {
	Solution
	Revision  int       // counts its changes, the first is 1
	ChangedAt time.Time // of the content; reviews are no change of it
	VouchedAt time.Time // when somebody last found it right, or wrote title, questions, answer or short reply
	By        string    // who made the revision
	Made      Cause     // how
	Edited    bool      // by people since a file was imported last
}

// ClashError means that somebody else changed the solution since it was read.
type ClashError struct{ Current Entry }

// Error names the solution and who was first.
func (e *ClashError) Error() string {
	return fmt.Sprintf("solution %q is at revision %d by now, by %q", e.Current.ID, e.Current.Revision, e.Current.By)
}

// row is a solution as it stands in the table.
type row struct {
	ID           string     `db:"id"`
	Title        string     `db:"title"`
	Questions    []string   `db:"questions"`
	Answer       string     `db:"answer"`
	ShortReply   string     `db:"short_reply"`
	Note         string     `db:"note"`
	Tags         []string   `db:"tags"`
	Product      string     `db:"product"`
	Region       string     `db:"region"`
	CustomerType string     `db:"customer_type"`
	Language     string     `db:"language"`
	Stage        Stage      `db:"stage"`
	ValidFrom    *time.Time `db:"valid_from"`
	ValidTo      *time.Time `db:"valid_to"`
	Owner        string     `db:"owner"`
	ReviewBy     *time.Time `db:"review_by"`
	ReviewedAt   *time.Time `db:"reviewed_at"`
	Status       Status     `db:"status"`
	Opinions
}

// rowColumns are the columns of row.
const rowColumns = `s.id, s.title, s.questions, s.answer, s.short_reply, s.note, s.tags, s.product, s.region,
	s.customer_type, s.language, s.stage, s.valid_from, s.valid_to, s.owner, s.review_by, s.reviewed_at, s.status,
	s.helpful, s.partly, s.wrong, s.outdated`

func (r *row) solution() Solution {
	return Solution{
		ID: r.ID, Title: r.Title, Questions: some(r.Questions), Answer: r.Answer, ShortReply: r.ShortReply, Note: r.Note,
		Tags: some(r.Tags), Product: r.Product, Region: r.Region, CustomerType: r.CustomerType, Language: r.Language,
		Stage: r.Stage, ValidFrom: timeOf(r.ValidFrom), ValidTo: timeOf(r.ValidTo), Owner: r.Owner,
		ReviewBy: timeOf(r.ReviewBy), ReviewedAt: timeOf(r.ReviewedAt), Status: r.Status, Opinions: r.Opinions,
	}
}

// some returns nil for an empty list.
func some(s []string) []string {
	if len(s) == 0 {
		return nil
	}
	return s
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// entryRow is a solution with its latest revision.
type entryRow struct {
	row
	Revision  int       `db:"revision"`
	ChangedAt time.Time `db:"updated_at"`
	VouchedAt time.Time `db:"vouched_at"`
	By        string    `db:"by"`
	Made      Cause     `db:"made"`
	Edited    bool      `db:"edited"`
}

// entrySQL reads entryRows; a condition or a join may follow.
const entrySQL = `
	SELECT ` + rowColumns + `, s.revision, s.updated_at, s.vouched_at, r.by, r.made, s.edited
	FROM solutions s
	JOIN solution_revisions r ON r.solution_id = s.id AND r.revision = s.revision`

func (r *entryRow) entry() Entry {
	return Entry{
		Solution: r.solution(), Revision: r.Revision, ChangedAt: r.ChangedAt.UTC(), VouchedAt: r.VouchedAt.UTC(), By: r.By, Made: r.Made, Edited: r.Edited,
	}
}

// querier is the pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// collectEntries reads entries.
func collectEntries(ctx context.Context, q querier, sql string, args ...any) ([]Entry, error) {
	found, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByName[entryRow])
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(rows))
	for i := range rows {
		out[i] = rows[i].entry()
	}
	return out, nil
}

// Since returns solutions that were added or changed after the change number
// seq, in the order of their changes, and the last of their numbers. It returns
// at most 2,000; none when nothing changed. Those that are not published, which
// an index must forget, are among them.
func (l *Library) Since(ctx context.Context, seq int64) ([]Solution, int64, error) {
	found, err := l.pool.Query(ctx, `
		SELECT `+rowColumns+`, s.seq
		FROM solutions s
		WHERE s.seq > $1
		ORDER BY s.seq
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
	e, err := l.Entry(ctx, id)
	return e.Solution, err
}

// Entry returns one solution with its latest revision, or ErrNotFound.
func (l *Library) Entry(ctx context.Context, id string) (Entry, error) {
	e, err := readEntry(ctx, l.pool, id)
	if err != nil {
		return Entry{}, fmt.Errorf("read solution %q: %w", id, err)
	}
	return e, nil
}

func readEntry(ctx context.Context, q querier, id string) (Entry, error) {
	found, err := collectEntries(ctx, q, entrySQL+` WHERE s.id = $1`, id)
	if err != nil {
		return Entry{}, err
	}
	if len(found) == 0 {
		return Entry{}, ErrNotFound
	}
	return found[0], nil
}

// Count is the number of solutions, those not published and expired ones included.
func (l *Library) Count(ctx context.Context) (int, error) {
	var n int
	if err := l.pool.QueryRow(ctx, `SELECT count(*) FROM solutions`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count solutions: %w", err)
	}
	return n, nil
}
