package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// gapMemory is for how many days a gap of one question waits for a second one.
	gapMemory = 90
	// gapHalfLife is after how many days a question counts half for a gap's heat.
	gapHalfLife = 14
	// maxGapTitle is the length of a title, in characters.
	maxGapTitle = 120
)

// clustering is the gaps as they are while questions are put into them.
type clustering struct {
	clusterer *Clusterer
	titles    map[int64]gapName
	decided   map[int64]bool // gaps of which somebody has said what becomes of them
	heat      map[int64]float64
	spare     []int64 // ids for new gaps
	last      int64   // the last id that was taken
	read      time.Time
}

// gapName is a gap's title and the question that it is: one of questions or of asks.
type gapName struct {
	text          string
	question, ask int64 // rows; 0 is none
}

// nameOf calls a gap by a question.
func nameOf(q *looseQuestion) gapName {
	if q.Ask {
		return gapName{text: gapTitle(q.Text), ask: q.ID}
	}
	return gapName{text: gapTitle(q.Text), question: q.ID}
}

// load reads the gaps that questions may come to. Time counts from a gap's making,
// too: sessions that are imported late are old when they come.
func (g *Gaps) load(ctx context.Context, q querier) (*clustering, error) {
	clusterer, err := NewClusterer()
	if err != nil {
		return nil, err
	}
	c := &clustering{clusterer: clusterer, titles: map[int64]gapName{}, decided: map[int64]bool{}, heat: map[int64]float64{}, read: time.Now()}
	const query = `
		SELECT id, title, coalesce(title_question, 0), coalesce(title_ask, 0), heat, status <> 'open', questions, terms
		FROM gaps
		WHERE status <> 'merged' AND (
			questions > 1 OR last_asked > current_date - $1::integer OR changed_at > now() - make_interval(days => $1))
		ORDER BY id`
	rows, err := q.Query(ctx, query, gapMemory)
	if err != nil {
		return nil, err
	}
	var id int64
	var name gapName
	var heat float64
	var decided bool
	var terms GapTerms
	_, err = pgx.ForEachRow(rows, []any{&id, &name.text, &name.question, &name.ask, &heat, &decided, &terms.Questions, &terms.Terms}, func() error {
		c.titles[id], c.heat[id], c.decided[id] = name, heat, decided
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
	Question  int64          `json:"title_question"` // 0 is none, as below
	Ask       int64          `json:"title_ask"`
	Language  string         `json:"language"`
	Terms     map[string]int `json:"terms"`
	Questions int            `json:"questions"`
	Heat      float64        `json:"heat"`
	First     string         `json:"first_asked"`
	Last      string         `json:"last_asked"`
	latest    time.Time      // when it was asked last
}

// put finds a gap for each question that says enough for one, and writes all.
func (c *clustering) put(ctx context.Context, tx pgx.Tx, loose []looseQuestion) error {
	if err := c.reserve(ctx, tx, len(loose)); err != nil {
		return err
	}
	counted, err := countedIn(ctx, tx, loose)
	if err != nil {
		return err
	}
	touched := map[int64]*gapRow{}
	var asked, agents, sessions placed
	for i := range loose {
		q := &loose[i]
		into := &asked
		if q.Ask {
			into = &agents
		}
		if !c.clusterer.analyzers.tells(q.Text) {
			into.vague = append(into.vague, q.ID)
			continue
		}
		gap, isNew := c.take(q, counted)
		if isNew && !q.Ask {
			sessions.add(q.Session, gap)
		}
		into.add(q.ID, gap)
		touch(touched, gap, q)
	}
	if len(touched) > 0 {
		if err := c.writeGaps(ctx, tx, touched); err != nil {
			return err
		}
	}
	return writePlaces(ctx, tx, &asked, &agents, &sessions)
}

// placed are questions, or sessions, with the gaps that they were put into.
type placed struct {
	ids, gaps []int64
	vague     []int64 // those that come into none
}

func (p *placed) add(id, gap int64) {
	p.ids, p.gaps = append(p.ids, id), append(p.gaps, gap)
}

// writeGaps writes gaps to which questions came. One that is closed is opened again
// by a question that was asked since.
func (c *clustering) writeGaps(ctx context.Context, tx pgx.Tx, touched map[int64]*gapRow) error {
	var ids []int64
	var latest []time.Time
	for id, row := range touched {
		terms, name := c.clusterer.Terms(id), c.titles[id]
		row.Title, row.Question, row.Ask = name.text, name.question, name.ask
		row.Heat, row.Terms, row.Questions = c.heat[id], terms.Terms, terms.Questions
		ids, latest = append(ids, id), append(latest, row.latest)
	}
	arg, err := json.Marshal(slices.Collect(maps.Values(touched)))
	if err != nil {
		return err
	}
	const gaps = `
		INSERT INTO gaps (id, title, title_question, title_ask, language, terms, questions, heat, first_asked, last_asked)
		SELECT id, title, nullif(title_question, 0), nullif(title_ask, 0), language, terms, questions, heat, first_asked, last_asked
		FROM jsonb_to_recordset($1) AS r(id bigint, title text, title_question bigint, title_ask bigint, language text,
			terms jsonb, questions integer, heat double precision, first_asked date, last_asked date)
		ON CONFLICT (id) DO UPDATE
		SET title = excluded.title, title_question = excluded.title_question, title_ask = excluded.title_ask,
			terms = excluded.terms, questions = excluded.questions, heat = excluded.heat,
			first_asked = least(gaps.first_asked, excluded.first_asked),
			last_asked = greatest(gaps.last_asked, excluded.last_asked)`
	const open = `
		UPDATE gaps g
		SET status = 'open'
		FROM unnest($1::bigint[], $2::timestamptz[]) AS r(id, latest)
		WHERE g.id = r.id AND g.status = 'closed' AND r.latest > g.changed_at`
	batch := &pgx.Batch{}
	batch.Queue(gaps, arg)
	batch.Queue(open, ids, latest)
	return tx.SendBatch(ctx, batch).Close()
}

// writePlaces writes which gaps questions came to, and which sessions were counted for them.
func writePlaces(ctx context.Context, tx pgx.Tx, asked, agents, sessions *placed) error {
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
	const counted = `
		INSERT INTO gap_sessions (session_id, gap_id)
		SELECT session, gap
		FROM unnest($1::bigint[], $2::bigint[]) AS r(session, gap)`
	batch := &pgx.Batch{}
	batch.Queue(questions, asked.ids, asked.gaps)
	batch.Queue(asks, agents.ids, agents.gaps)
	batch.Queue(counted, sessions.ids, sessions.gaps)
	batch.Queue(`UPDATE questions SET vague = true WHERE id = ANY($1)`, asked.vague)
	batch.Queue(`UPDATE asks SET vague = true WHERE id = ANY($1)`, agents.vague)
	return tx.SendBatch(ctx, batch).Close()
}

// inGap is a session that has asked for a gap.
type inGap struct{ session, gap int64 }

// countedIn returns for which gaps the sessions of questions have been counted.
func countedIn(ctx context.Context, tx pgx.Tx, loose []looseQuestion) (map[inGap]bool, error) {
	const query = `
		SELECT session_id, gap_id
		FROM gap_sessions
		WHERE session_id = ANY($1)`
	var sessions []int64
	for i := range loose {
		if !loose[i].Ask {
			sessions = append(sessions, loose[i].Session)
		}
	}
	rows, err := tx.Query(ctx, query, sessions)
	if err != nil {
		return nil, fmt.Errorf("read gaps of sessions: %w", err)
	}
	counted := map[inGap]bool{}
	var in inGap
	if _, err := pgx.ForEachRow(rows, []any{&in.session, &in.gap}, func() error {
		counted[in] = true
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read gaps of sessions: %w", err)
	}
	return counted, nil
}

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

// take finds the gap of a question, or makes one, and reports whether the question
// counts: what a session asks again is counted once.
func (c *clustering) take(q *looseQuestion, counted map[inGap]bool) (id int64, isNew bool) {
	terms := c.clusterer.read(q.Text)
	id, _ = c.clusterer.nearest(terms)
	if counted[inGap{q.Session, id}] {
		return id, false
	}
	id = c.count(q, id, terms)
	if !q.Ask {
		counted[inGap{q.Session, id}] = true
	}
	return id, true
}

// count adds a question to a gap, or to a new one.
func (c *clustering) count(q *looseQuestion, id int64, terms []*gapTerm) int64 {
	day := float64(q.Day.Unix()/(24*60*60)) / gapHalfLife
	if id == 0 {
		id, c.spare = c.spare[0], c.spare[1:]
		c.titles[id], c.heat[id] = nameOf(q), day
		c.clusterer.add(id, terms)
		return id
	}
	c.heat[id] = warmer(c.heat[id], day)
	c.clusterer.add(id, terms)
	if c.clusterer.typical(id, terms) > c.clusterer.typical(id, c.clusterer.read(c.titles[id].text)) {
		c.titles[id] = nameOf(q)
	}
	return id
}

// warmer returns log2(2^a + 2^b), which a sum of powers would overflow.
func warmer(a, b float64) float64 {
	return max(a, b) + math.Log2(1+math.Exp2(-math.Abs(a-b)))
}

// gapTitle is a text as a title: one line, and of a long text the beginning.
func gapTitle(text string) string {
	text = strings.Join(strings.Fields(text), " ")
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
	if q.Asked.After(row.latest) {
		row.latest = q.Asked
	}
}
