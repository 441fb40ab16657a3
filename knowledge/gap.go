package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
	// gapKeep is for how long gaps are kept in memory from one run to the next, up to
	// gapsKept of them, so that not each run reads all.
	gapKeep, gapsKept = time.Hour, 100_000
	// gapLockWait is how long a merge waits for questions that others write: less
	// than PostgreSQL waits before it ends one of two that wait for each other.
	gapLockWait = "500ms"
	// gapUnlock bounds giving the lock back.
	gapUnlock = 5 * time.Second
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

	mu   sync.Mutex
	kept *clustering // as the last run left it; nil: to be read anew
}

// NewGaps returns the gaps in a migrated database. Clean takes personal data out
// of a text before a gap is called by it or recognised by its words.
func NewGaps(pool *pgxpool.Pool, clean func(string) string) *Gaps {
	return &Gaps{pool: pool, clean: clean}
}

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
		unlocking, cancel := context.WithTimeout(context.WithoutCancel(ctx), gapUnlock)
		defer cancel()
		if _, failed := conn.Exec(unlocking, `SELECT pg_advisory_unlock($1)`, int64(gapLock)); failed != nil {
			err = errors.Join(err, conn.Conn().Close(unlocking))
		}
	}()
	return do(conn.Conn())
}

// Merge makes one of gaps that have grown alike: the larger one keeps its number
// and takes over the other's questions. It returns how many were merged. Before,
// it removes the gaps of which no question is left.
func (g *Gaps) Merge(ctx context.Context) (n int, err error) {
	err = g.alone(ctx, func(conn *pgx.Conn) error {
		if err := removeBare(ctx, conn); err != nil {
			return err
		}
		c, err := g.load(ctx, conn)
		if err != nil {
			return err
		}
		for m := range c.clusterer.Merges(c.mayMerge) {
			done, err := c.merge(ctx, conn, m)
			if err != nil || !done { // the next run reads what somebody has decided meanwhile
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

// removeBare removes open gaps whose questions all went with their sessions, or
// have answers by now, so that no words of a session stay when it goes.
func removeBare(ctx context.Context, conn *pgx.Conn) error {
	const query = `
		WITH RECURSIVE bare AS (
			SELECT id
			FROM gaps g
			WHERE status = 'open' AND solution_id = ''
				AND NOT EXISTS (SELECT 1 FROM questions q WHERE q.gap_id = g.id)
				AND NOT EXISTS (SELECT 1 FROM asks a WHERE a.gap_id = g.id)
			UNION ALL
			SELECT g.id
			FROM bare
			JOIN gaps g ON g.merged_into = bare.id
		), changed AS (
			SELECT nextval('gaps_id_seq') -- see current
		)
		DELETE FROM gaps
		USING bare, changed
		WHERE gaps.id = bare.id`
	_, err := conn.Exec(ctx, query)
	return err
}

// mayMerge keeps apart what somebody has decided about.
func (c *clustering) mayMerge(from, into int64) bool { return !c.decided[from] && !c.decided[into] }

// lockTaken is PostgreSQL's code for a lock that was waited for too long.
const lockTaken = "55P03"

// merge writes one merge, unless somebody has decided about either gap since
// they were read, or writes its questions.
func (c *clustering) merge(ctx context.Context, conn *pgx.Conn, m Merge) (done bool, err error) {
	const changed = `SELECT nextval('gaps_id_seq')` // see current
	const undecided = `
		SELECT id
		FROM gaps
		WHERE id IN ($1, $2) AND status = 'open'
		ORDER BY id
		FOR UPDATE`
	const into = `
		UPDATE gaps g
		SET terms = $3, questions = $4, heat = $5,
			first_asked = least(g.first_asked, f.first_asked), last_asked = greatest(g.last_asked, f.last_asked)
		FROM gaps f
		WHERE g.id = $2 AND f.id = $1`
	const from = `
		UPDATE gaps
		SET status = 'merged', merged_into = $2, terms = '{}', changed_at = now()
		WHERE id = $1`
	const questions = `
		UPDATE questions
		SET gap_id = $2
		WHERE gap_id = $1`
	const asks = `
		UPDATE asks
		SET gap_id = $2
		WHERE gap_id = $1`
	c.heat[m.Into] = warmer(c.heat[m.Into], c.heat[m.From])
	g := c.clusterer.Terms(m.Into)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '`+gapLockWait+`'`); err != nil {
			return err
		}
		open, err := tx.Exec(ctx, undecided, m.From, m.Into)
		if done = open.RowsAffected() == 2; err != nil || !done {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(changed)
		batch.Queue(into, m.From, m.Into, g.Terms, g.Questions, c.heat[m.Into])
		batch.Queue(from, m.From, m.Into)
		batch.Queue(questions, m.From, m.Into)
		batch.Queue(asks, m.From, m.Into)
		return tx.SendBatch(ctx, batch).Close()
	})
	if late, ok := errors.AsType[*pgconn.PgError](err); ok && late.Code == lockTaken {
		return false, nil
	}
	return done && err == nil, err
}

// close closes gaps whose drafts are published. Questions that come to them all
// the same open them again.
func (g *Gaps) close(ctx context.Context, conn *pgx.Conn) error {
	const query = `
		UPDATE gaps g
		SET status = 'closed', changed_at = now()
		FROM solutions s
		WHERE g.status = 'drafted' AND s.id = g.solution_id AND s.status = 'published'`
	if _, err := conn.Exec(ctx, query); err != nil {
		return fmt.Errorf("close gaps: %w", err)
	}
	return nil
}

func (g *Gaps) clusterOn(ctx context.Context, conn *pgx.Conn) (int, error) {
	if err := g.close(ctx, conn); err != nil {
		return 0, err
	}
	var c *clustering
	for all := 0; ; {
		n := 0
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			loose, err := g.loose(ctx, tx)
			if err != nil {
				return fmt.Errorf("read questions without a gap: %w", err)
			}
			if n = len(loose); n == 0 {
				return nil
			}
			if c == nil {
				if c, err = g.current(ctx, tx); err != nil {
					return fmt.Errorf("read gaps: %w", err)
				}
			}
			return c.put(ctx, tx, loose)
		})
		if err != nil {
			return all, err
		}
		if n == 0 {
			g.keep(c)
			return all, nil
		}
		all += n
	}
}

// current returns the gaps as this process left them, unless another one has
// changed them since: who does takes a number for a gap.
func (g *Gaps) current(ctx context.Context, tx pgx.Tx) (*clustering, error) {
	g.mu.Lock()
	c := g.kept
	g.kept = nil // until it is known that what is done to it is stored
	g.mu.Unlock()
	if c == nil || time.Since(c.read) > gapKeep {
		return g.load(ctx, tx)
	}
	var last int64
	if err := tx.QueryRow(ctx, `SELECT last_value FROM gaps_id_seq`).Scan(&last); err != nil {
		return nil, err
	}
	if last != c.last {
		return g.load(ctx, tx)
	}
	return c, nil
}

// keep has the next run begin with what this one ends with, unless it takes much memory.
func (g *Gaps) keep(c *clustering) {
	if c == nil || len(c.titles) > gapsKept {
		return
	}
	g.mu.Lock()
	g.kept = c
	g.mu.Unlock()
}

// looseQuestion is a question that nothing answered and no gap has.
type looseQuestion struct {
	ID       int64
	Ask      bool // of an agent, in asks
	Day      time.Time
	Language string
	Text     string
}

// loose locks and returns the next questions, without personal data: customers'
// first, then agents' that nobody can go on with any more. What is being written
// is left for the next run: nobody waits for another in a circle, and no question
// is counted that is gone, or has an answer. No text is read beyond the limit.
func (g *Gaps) loose(ctx context.Context, tx pgx.Tx) ([]looseQuestion, error) {
	const customers = `
		SELECT q.id, false AS ask, q.day, q.language, coalesce((
			SELECT asked ->> 'text'
			FROM jsonb_array_elements(v.content::jsonb -> 'questions') AS asked
			WHERE (asked ->> 'turn')::integer = q.turn
			LIMIT 1), '') AS text
		FROM (
			SELECT id, day, language, verdict_id, turn
			FROM questions
			WHERE solution_id = '' AND gap_id IS NULL
			ORDER BY id
			LIMIT $1
			FOR NO KEY UPDATE SKIP LOCKED
		) AS q
		JOIN verdicts v ON v.id = q.verdict_id
		ORDER BY q.id`
	const agents = `
		SELECT id, true AS ask, at::date AS day, language, text
		FROM asks
		WHERE NOT answered AND gap_id IS NULL AND stage = '' AND at < now() - $2::interval
		ORDER BY id
		LIMIT $1
		FOR NO KEY UPDATE SKIP LOCKED`
	loose, err := collectLoose(ctx, tx, customers, gapStep)
	if err == nil && len(loose) == 0 {
		loose, err = collectLoose(ctx, tx, agents, gapStep, askOn)
	}
	for i := range loose {
		loose[i].Text = g.clean(loose[i].Text)
	}
	return loose, err
}

func collectLoose(ctx context.Context, tx pgx.Tx, query string, args ...any) ([]looseQuestion, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[looseQuestion])
}

// clustering is the gaps as they are while questions are put into them.
type clustering struct {
	clusterer *Clusterer
	titles    map[int64]string
	decided   map[int64]bool // gaps of which somebody has said what becomes of them
	heat      map[int64]float64
	spare     []int64 // ids for new gaps
	last      int64   // the last id that was taken
	read      time.Time
}

func (g *Gaps) load(ctx context.Context, q querier) (*clustering, error) {
	clusterer, err := NewClusterer()
	if err != nil {
		return nil, err
	}
	c := &clustering{clusterer: clusterer, titles: map[int64]string{}, decided: map[int64]bool{}, heat: map[int64]float64{}, read: time.Now()}
	const query = `
		SELECT id, title, heat, status <> 'open', questions, terms
		FROM gaps
		WHERE status <> 'merged' AND (questions > 1 OR last_asked > current_date - $1::integer)
		ORDER BY id`
	rows, err := q.Query(ctx, query, gapMemory)
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

// put finds a gap for each question, and writes all.
func (c *clustering) put(ctx context.Context, tx pgx.Tx, loose []looseQuestion) error {
	if err := c.reserve(ctx, tx, len(loose)); err != nil {
		return err
	}
	touched := map[int64]*gapRow{}
	var asked, agents placed
	for i := range loose {
		q := &loose[i]
		into := &asked
		if q.Ask {
			into = &agents
		}
		gap := c.take(q)
		into.ids, into.gaps = append(into.ids, q.ID), append(into.gaps, gap)
		touch(touched, gap, q)
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
		WHERE q.id = r.id`
	const asks = `
		UPDATE asks a
		SET gap_id = r.gap
		FROM unnest($1::bigint[], $2::bigint[]) AS r(id, gap)
		WHERE a.id = r.id`
	batch := &pgx.Batch{}
	batch.Queue(gaps, arg)
	batch.Queue(questions, asked.ids, asked.gaps)
	batch.Queue(asks, agents.ids, agents.gaps)
	return tx.SendBatch(ctx, batch).Close()
}

// placed are questions with the gaps that they were put into.
type placed struct{ ids, gaps []int64 }

// reserve gets ids for at most n new gaps; those that are not needed are lost. It
// takes one at least, by which other processes see that gaps have changed.
func (c *clustering) reserve(ctx context.Context, tx pgx.Tx, n int) error {
	const query = `
		SELECT nextval('gaps_id_seq')
		FROM generate_series(1, $1)`
	rows, err := tx.Query(ctx, query, max(n-len(c.spare), 1))
	if err != nil {
		return err
	}
	more, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	c.spare, c.last = append(c.spare, more...), more[len(more)-1]
	return nil
}

// take finds the gap of a question, or makes one.
func (c *clustering) take(q *looseQuestion) int64 {
	terms := c.clusterer.read(q.Text)
	id, _ := c.clusterer.nearest(terms)
	day := float64(q.Day.Unix()/(24*60*60)) / gapHalfLife
	if id == 0 {
		id, c.spare = c.spare[0], c.spare[1:]
		c.titles[id], c.heat[id] = gapTitle(q.Text), day
		c.clusterer.add(id, terms)
		return id
	}
	c.heat[id] = warmer(c.heat[id], day)
	c.clusterer.add(id, terms)
	if c.clusterer.typical(id, terms) > c.clusterer.typical(id, c.clusterer.read(c.titles[id])) {
		c.titles[id] = gapTitle(q.Text)
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
