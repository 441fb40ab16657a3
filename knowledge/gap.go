package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// gapLock is the advisory lock of the transactions that put questions into
	// gaps: one at a time, so that two do not make the same gap.
	gapLock = 0x617373_67617073
	// gapStep is how many questions one transaction puts into gaps.
	gapStep = 1_000
	// gapMemory is for how many days a gap of one question waits for a second one.
	gapMemory = 90
	// gapHalfLife is after how many days a question counts half for a gap's heat.
	gapHalfLife = 14
	// maxGapTitle is the length of a title, in characters.
	maxGapTitle = 120
)

// GapStatus says what became of a gap, from a closed list.
type GapStatus string

// The statuses of gaps.
const (
	GapOpen         GapStatus = "open"
	GapDrafted      GapStatus = "drafted"      // a solution was drafted from it
	GapClosed       GapStatus = "closed"       // a solution answers it; a question that comes to it still opens it again
	GapUnanswerable GapStatus = "unanswerable" // no solution can, as when each customer's own data is asked for: its questions do not count
	GapMerged       GapStatus = "merged"       // it turned out to be a part of another
)

// Gaps are the gaps of a library, in PostgreSQL. It is safe to share.
type Gaps struct {
	pool *pgxpool.Pool
	// clean takes personal data out of a text.
	clean func(string) string
}

// NewGaps returns the gaps in a migrated database. Clean takes personal data out
// of a text before a gap is called by it or recognised by its words.
func NewGaps(pool *pgxpool.Pool, clean func(string) string) *Gaps { return &Gaps{pool, clean} }

// Cluster puts all questions that have none into a gap, and returns how many
// those were; none while another process does. A process that dies meanwhile
// loses at most a step, which the next one does again.
func (g *Gaps) Cluster(ctx context.Context) (n int, err error) {
	err = g.alone(ctx, func(conn *pgx.Conn) error {
		n, err = g.clusterOn(ctx, conn)
		return err
	})
	if err != nil {
		err = fmt.Errorf("put questions into gaps: %w", err)
	}
	return n, err
}

// alone runs do unless another process changes gaps.
func (g *Gaps) alone(ctx context.Context, do func(*pgx.Conn) error) (err error) {
	conn, err := g.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var locked bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(gapLock)).Scan(&locked); err != nil || !locked {
		return err
	}
	defer func() {
		// A connection that cannot unlock is closed, which unlocks as well.
		if _, failed := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(gapLock)); failed != nil {
			err = errors.Join(err, conn.Conn().Close(context.WithoutCancel(ctx)))
		}
	}()
	return do(conn.Conn())
}

// Merge makes one of gaps that have grown alike: the larger one keeps its number
// and takes over the other's questions. It returns how many were merged.
func (g *Gaps) Merge(ctx context.Context) (n int, err error) {
	err = g.alone(ctx, func(conn *pgx.Conn) error {
		c, err := g.load(ctx, conn)
		if err != nil {
			return err
		}
		merges := c.clusterer.Merges(c.mayMerge)
		for _, m := range merges {
			if err := c.merge(ctx, conn, m); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("merge gaps: %w", err)
	}
	return n, err
}

// mayMerge keeps apart what somebody has decided about.
func (c *clustering) mayMerge(from, into int64) bool { return !c.decided[from] && !c.decided[into] }

// merge writes one merge. What the clusterer has merged into the larger gap
// later is in its terms already, and written again by those merges.
func (c *clustering) merge(ctx context.Context, conn *pgx.Conn, m Merge) error {
	const from = `
		UPDATE gaps
		SET status = 'merged', merged_into = $2, changed_at = now()
		WHERE id = $1`
	const into = `
		UPDATE gaps g
		SET terms = coalesce($3, g.terms), questions = g.questions + f.questions, heat = $4,
			first_asked = least(g.first_asked, f.first_asked), last_asked = greatest(g.last_asked, f.last_asked)
		FROM gaps f
		WHERE g.id = $2 AND f.id = $1`
	const questions = `
		UPDATE questions
		SET gap_id = $2
		WHERE gap_id = $1`
	c.heat[m.Into] = warmer(c.heat[m.Into], c.heat[m.From])
	var terms map[string]int // nil when the larger one was merged on
	if g := c.clusterer.Terms(m.Into); g != nil {
		terms = g.Terms
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(into, m.From, m.Into, terms, c.heat[m.Into])
		batch.Queue(from, m.From, m.Into)
		batch.Queue(questions, m.From, m.Into)
		return tx.SendBatch(ctx, batch).Close()
	})
}

func (g *Gaps) clusterOn(ctx context.Context, conn *pgx.Conn) (int, error) {
	var c *clustering
	all := 0
	for {
		loose, err := g.loose(ctx, conn)
		if err != nil {
			return all, fmt.Errorf("read questions without a gap: %w", err)
		}
		if len(loose) == 0 {
			return all, nil
		}
		if c == nil {
			if c, err = g.load(ctx, conn); err != nil {
				return 0, fmt.Errorf("read gaps: %w", err)
			}
		}
		if err := c.put(ctx, conn, loose); err != nil {
			return all, fmt.Errorf("put %d questions into gaps: %w", len(loose), err)
		}
		all += len(loose)
	}
}

// looseQuestion is a question that nothing answered and no gap has.
type looseQuestion struct {
	ID       int64
	Day      time.Time
	Language string
	Text     string
}

// loose returns the next questions, without personal data.
func (g *Gaps) loose(ctx context.Context, conn *pgx.Conn) ([]looseQuestion, error) {
	const query = `
		SELECT q.id, q.day, q.language, coalesce((
			SELECT asked ->> 'text'
			FROM jsonb_array_elements(v.content::jsonb -> 'questions') AS asked
			WHERE (asked ->> 'turn')::integer = q.turn
			LIMIT 1), '') AS text
		FROM questions q
		JOIN verdicts v ON v.id = q.verdict_id
		WHERE q.solution_id = '' AND q.gap_id IS NULL
		ORDER BY q.id
		LIMIT $1`
	rows, err := conn.Query(ctx, query, gapStep)
	if err != nil {
		return nil, err
	}
	loose, err := pgx.CollectRows(rows, pgx.RowToStructByName[looseQuestion])
	for i := range loose {
		loose[i].Text = g.clean(loose[i].Text)
	}
	return loose, err
}

// clustering is the gaps as they are while questions are put into them.
type clustering struct {
	clusterer *Clusterer
	titles    map[int64]string
	decided   map[int64]bool // gaps of which somebody has said what becomes of them
	heat      map[int64]float64
	spare     []int64 // ids for new gaps
}

func (g *Gaps) load(ctx context.Context, conn *pgx.Conn) (*clustering, error) {
	clusterer, err := NewClusterer()
	if err != nil {
		return nil, err
	}
	c := &clustering{clusterer: clusterer, titles: map[int64]string{}, decided: map[int64]bool{}, heat: map[int64]float64{}}
	const query = `
		SELECT id, title, heat, status <> 'open', questions, terms
		FROM gaps
		WHERE status <> 'merged' AND (questions > 1 OR last_asked > current_date - $1::integer)
		ORDER BY id`
	rows, err := conn.Query(ctx, query, gapMemory)
	if err != nil {
		return nil, err
	}
	var id int64
	var title string
	var heat float64
	var decided bool
	var terms GapTerms
	_, err = pgx.ForEachRow(rows, []any{&id, &title, &heat, &decided, &terms.Questions, &terms.Terms}, func() error {
		c.titles[id], c.heat[id], c.decided[id] = title, heat, decided
		c.clusterer.Put(id, terms)
		terms.Terms = nil
		return nil
	})
	return c, err
}

// gapRow is a gap for jsonb_to_recordset.
type gapRow struct {
	ID        int64          `json:"id"`
	Title     string         `json:"title"`
	Language  string         `json:"language"`
	Terms     map[string]int `json:"terms"`
	Questions int            `json:"questions"`
	Heat      float64        `json:"heat"`
	First     string         `json:"first_asked"`
	Last      string         `json:"last_asked"`
}

// put finds a gap for each question, and writes all in one transaction.
func (c *clustering) put(ctx context.Context, conn *pgx.Conn, loose []looseQuestion) error {
	if err := c.reserve(ctx, conn, len(loose)); err != nil {
		return err
	}
	touched := map[int64]*gapRow{}
	ids, of := make([]int64, len(loose)), make([]int64, len(loose))
	for i := range loose {
		q := &loose[i]
		ids[i], of[i] = q.ID, c.take(q)
		touch(touched, of[i], q)
	}
	for id, row := range touched {
		terms := c.clusterer.Terms(id)
		row.Title, row.Heat, row.Terms, row.Questions = c.titles[id], c.heat[id], terms.Terms, terms.Questions
	}
	arg, err := json.Marshal(slices.Collect(maps.Values(touched)))
	if err != nil {
		return err
	}
	const gaps = `
		INSERT INTO gaps (id, title, language, terms, questions, heat, first_asked, last_asked)
		SELECT id, title, language, terms, questions, heat, first_asked, last_asked
		FROM jsonb_to_recordset($1) AS r(id bigint, title text, language text, terms jsonb, questions integer,
			heat double precision, first_asked date, last_asked date)
		ON CONFLICT (id) DO UPDATE
		SET title = excluded.title, terms = excluded.terms, questions = excluded.questions, heat = excluded.heat,
			first_asked = least(gaps.first_asked, excluded.first_asked),
			last_asked = greatest(gaps.last_asked, excluded.last_asked),
			status = CASE gaps.status WHEN 'closed' THEN 'open' ELSE gaps.status END`
	const questions = `
		UPDATE questions q
		SET gap_id = r.gap
		FROM unnest($1::bigint[], $2::bigint[]) AS r(id, gap)
		WHERE q.id = r.id AND q.solution_id = ''`
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(gaps, arg)
		batch.Queue(questions, ids, of)
		return tx.SendBatch(ctx, batch).Close()
	})
}

// reserve gets ids for at most n new gaps; those that are not needed are lost.
func (c *clustering) reserve(ctx context.Context, conn *pgx.Conn, n int) error {
	const query = `
		SELECT nextval(pg_get_serial_sequence('gaps', 'id'))
		FROM generate_series(1, $1)`
	rows, err := conn.Query(ctx, query, n-len(c.spare))
	if err != nil {
		return err
	}
	more, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	c.spare = append(c.spare, more...)
	return err
}

// take finds the gap of a question, or makes one.
func (c *clustering) take(q *looseQuestion) int64 {
	id, _ := c.clusterer.Nearest(q.Text)
	day := float64(q.Day.Unix()/(24*60*60)) / gapHalfLife
	if id == 0 {
		id, c.spare = c.spare[0], c.spare[1:]
		c.titles[id], c.heat[id] = gapTitle(q.Text), day
		c.clusterer.Add(id, q.Text)
		return id
	}
	c.heat[id] = warmer(c.heat[id], day)
	c.clusterer.Add(id, q.Text)
	if title := gapTitle(q.Text); c.clusterer.typical(id, title) > c.clusterer.typical(id, c.titles[id]) {
		c.titles[id] = title
	}
	return id
}

// warmer returns log2(2^a + 2^b), which a sum of powers would overflow.
func warmer(a, b float64) float64 {
	return max(a, b) + math.Log2(1+math.Exp2(-math.Abs(a-b)))
}

func gapTitle(text string) string {
	short := clip(text, maxGapTitle)
	if len(short) < len(text) {
		short += "…"
	}
	return short
}

func touch(touched map[int64]*gapRow, id int64, q *looseQuestion) {
	day := q.Day.Format(time.DateOnly)
	row := touched[id]
	if row == nil {
		row = &gapRow{ID: id, Language: baseLanguage(q.Language), First: day, Last: day}
		if row.Language == "" {
			row.Language = textLanguage(q.Text)
		}
		touched[id] = row
	}
	row.First, row.Last = min(row.First, day), max(row.Last, day)
}
