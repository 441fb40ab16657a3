package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Streamed is a stored session on its way through a run over all of them.
type Streamed struct {
	Session    SessionKey
	Transcript TranscriptKey
	Scorecard  ScorecardKey // of the current verdict; 0 without one, and where it was not asked for
	Day        int32        // days since 2000-01-01
	Team       string
	Content    string // canonical JSON
}

// StreamFilter says which sessions a stream is of.
type StreamFilter struct {
	After, Last SessionKey // keys above After up to Last
	Since       *time.Time // day; nil is all
	Scorecards  bool       // ask by what each session was inspected
}

// A batch of a stream holds this many bytes of content, and a little more.
const streamBytes = 512 << 10

// StreamBacktest passes on the newest transcripts of sessions, in the order of
// their keys, in batches that share their memory: keep none of their texts for
// long. It holds the back-test's lock as long as it runs; ErrBusy when another
// has it. Batches are made by another goroutine than the one that reads.
func (s *Store) StreamBacktest(ctx context.Context, key BacktestKey, f StreamFilter, use func([]Streamed) error) (err error) {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("stream transcripts: %w", err)
	}
	conn := c.Hijack() // the lock goes with the connection
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, conn.Close(closing))
	}()
	if err := lockBacktest(ctx, conn, key); err != nil {
		return fmt.Errorf("back-test %d: %w", key, err)
	}
	w := &streamWriter{use: use, fields: 5}
	if f.Scorecards {
		w.fields = 6
	}
	if _, err := conn.PgConn().CopyTo(ctx, w, streamSQL(f)); err != nil {
		return fmt.Errorf("stream transcripts: %w", err)
	}
	if err := w.flush(); err != nil {
		return err
	}
	// Closing the connection frees the lock as well, but only once the server notices.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock($1, $2)`, backtestLock, int32(key)); err != nil {
		return fmt.Errorf("stream transcripts: %w", err)
	}
	return nil
}

// streamSQL copies what a filter selects: numbers only, as COPY takes no arguments.
func streamSQL(f StreamFilter) string {
	columns, join, since := "", "", ""
	if f.Scorecards {
		columns = ", coalesce(v.scorecard_id, 0)"
		join = " LEFT JOIN verdicts v ON v.session_id = s.id AND v.current"
	}
	if f.Since != nil {
		since = " AND s.day >= '" + f.Since.Format(time.DateOnly) + "'"
	}
	return fmt.Sprintf(`
		COPY (
			SELECT s.id, t.id, s.day, s.team, t.content%s
			FROM sessions s
			JOIN transcripts t ON t.session_id = s.id AND t.version = s.version%s
			WHERE s.id > %d AND s.id <= %d%s
			ORDER BY s.id
		) TO STDOUT (FORMAT binary)`, columns, join, f.After, f.Last, since)
}

// streamWriter takes the rows of a binary COPY: one message is one row.
type streamWriter struct {
	use     func([]Streamed) error
	fields  int
	started bool
	rows    []Streamed
	text    strings.Builder // of all rows in the batch: rows hold offsets into it until it is done
	cuts    []int
}

// header is how a binary COPY begins (PostgreSQL's manual, COPY, "Binary Format").
const header = "PGCOPY\n\xff\r\n\x00"

var errCopy = errors.New("the server's binary copy is not understood")

// Write takes one message.
func (w *streamWriter) Write(message []byte) (int, error) {
	b := message
	if !w.started {
		const flags = 8 // flags and the length of an extension, of which there is none
		if len(b) < len(header)+flags || string(b[:len(header)]) != header {
			return 0, errCopy
		}
		b, w.started = b[len(header)+flags:], true
		if len(b) == 0 {
			return len(message), nil
		}
	}
	if len(b) == 2 { // the trailer
		return len(message), nil
	}
	if err := w.row(b); err != nil {
		return 0, err
	}
	if w.text.Len() >= streamBytes {
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	return len(message), nil
}

func (w *streamWriter) row(b []byte) error {
	if len(b) < 2 || int(binary.BigEndian.Uint16(b)) != w.fields {
		return errCopy
	}
	b = b[2:]
	var field [6][]byte
	for i := range w.fields {
		if len(b) < 4 {
			return errCopy
		}
		n := int(int32(binary.BigEndian.Uint32(b)))
		if n < 0 || len(b) < 4+n {
			return errCopy
		}
		field[i], b = b[4:4+n], b[4+n:]
	}
	if len(field[0]) != 8 || len(field[1]) != 8 || len(field[2]) != 4 {
		return errCopy
	}
	row := Streamed{
		Session: SessionKey(binary.BigEndian.Uint64(field[0])), Transcript: TranscriptKey(binary.BigEndian.Uint64(field[1])),
		Day: int32(binary.BigEndian.Uint32(field[2])),
	}
	if w.fields == 6 {
		row.Scorecard = ScorecardKey(binary.BigEndian.Uint64(field[5]))
	}
	if w.text.Cap() == 0 {
		w.text.Grow(streamBytes + streamBytes/8)
	}
	w.rows = append(w.rows, row)
	w.text.Write(field[3])
	w.cuts = append(w.cuts, w.text.Len())
	w.text.Write(field[4])
	w.cuts = append(w.cuts, w.text.Len())
	return nil
}

// flush passes the batch on.
func (w *streamWriter) flush() error {
	if len(w.rows) == 0 {
		return nil
	}
	text, from := w.text.String(), 0
	for i := range w.rows {
		w.rows[i].Team = text[from:w.cuts[2*i]]
		w.rows[i].Content = text[w.cuts[2*i]:w.cuts[2*i+1]]
		from = w.cuts[2*i+1]
	}
	rows := w.rows
	w.rows, w.cuts, w.text = make([]Streamed, 0, len(rows)+8), w.cuts[:0], strings.Builder{}
	return w.use(rows)
}

// VerdictScorecards lists the scorecard versions that current verdicts were made
// by, at most 1,000.
func (s *Store) VerdictScorecards(ctx context.Context) ([]Published, error) {
	const query = `
		SELECT c.id AS key, c.slug, c.version, c.source, c.active, c.published_at
		FROM scorecards c
		WHERE EXISTS (SELECT 1 FROM verdicts v WHERE v.scorecard_id = c.id AND v.current)
		ORDER BY c.id
		LIMIT 1000`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("load the verdicts' scorecards: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Published])
}
