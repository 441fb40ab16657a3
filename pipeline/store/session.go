package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline/transcript"
)

// Incoming is a session that was read from a source, as it will be stored.
type Incoming struct {
	session *transcript.Session
	source  string
	content []byte
	hash    transcript.Hash
}

// NewIncoming encodes a session; source is its file and line.
func NewIncoming(s *transcript.Session, source string) (Incoming, error) {
	content, hash, err := s.Encode()
	return Incoming{s, clean(source), content, hash}, err
}

// Bytes is the size of the session's canonical JSON.
func (in Incoming) Bytes() int { return len(in.content) }

// Imported counts what became of incoming sessions.
type Imported struct {
	New     int // sessions never seen before
	Changed int // sessions with another content: a new transcript version
	Same    int // sessions already stored with this content
}

// Stored is a transcript that was just stored.
type Stored struct {
	Key   TranscriptKey
	Bytes int // size of its canonical JSON
}

// Enqueue puts jobs for new transcripts into the transaction that stores them.
type Enqueue func(ctx context.Context, tx pgx.Tx, stored []Stored) error

// errRaced means that another process inserted one of the sessions meanwhile.
var errRaced = errors.New("another import inserted the same session")

// sessionRow is a session as it goes into the table, with its transcript.
type sessionRow struct {
	ID           SessionKey `json:"id"`
	SourceID     string     `json:"source_id"`
	Channel      string     `json:"channel"`
	Language     string     `json:"language"`
	StartedAt    *time.Time `json:"started_at"`
	Day          string     `json:"day"`
	AgentID      string     `json:"agent_id"`
	AgentName    string     `json:"agent_name"`
	Team         string     `json:"team"`
	CustomerID   string     `json:"customer_id"`
	CustomerType string     `json:"customer_type"`
	BusinessType string     `json:"business_type"`
	Urgency      string     `json:"urgency"`
	CSAT         *int       `json:"csat"`
	Version      int        `json:"version"`

	hash    transcript.Hash
	content []byte
	turns   int
	source  string
}

// Import stores sessions and enqueues the inspection of those that are new or
// changed, all in one transaction. Ids must differ within one call.
func (s *Store) Import(ctx context.Context, in []Incoming, enqueue Enqueue) (Imported, error) {
	rows := make([]*sessionRow, len(in))
	for i, c := range in {
		rows[i] = s.row(c)
	}
	for {
		n, err := s.importRows(ctx, rows, enqueue)
		if errors.Is(err, errRaced) {
			continue
		}
		if err != nil {
			return Imported{}, fmt.Errorf("import %d sessions: %w", len(in), err)
		}
		return n, nil
	}
}

func (s *Store) row(c Incoming) *sessionRow {
	t := c.session
	r := &sessionRow{
		SourceID: string(t.ID), Channel: string(t.Channel), Language: t.Language, Day: s.day(t),
		BusinessType: t.BusinessType, Urgency: t.Urgency,
		hash: c.hash, content: c.content, turns: len(t.Turns), source: c.source,
	}
	if !t.StartedAt.IsZero() {
		r.StartedAt = &t.StartedAt
	}
	if t.Agent != nil {
		r.AgentID, r.AgentName, r.Team = t.Agent.ID, t.Agent.Name, t.Agent.Team
	}
	if t.Customer != nil {
		r.CustomerID, r.CustomerType = t.Customer.ID, t.Customer.Type
	}
	if t.CSAT != 0 {
		r.CSAT = &t.CSAT
	}
	return r
}

func (s *Store) day(t *transcript.Session) string {
	at := t.StartedAt
	if at.IsZero() {
		at = time.Now()
	}
	return at.In(s.zone).Format(time.DateOnly)
}

func (s *Store) importRows(ctx context.Context, rows []*sessionRow, enqueue Enqueue) (Imported, error) {
	var n Imported
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		n, err = importInto(ctx, tx, rows, enqueue)
		return err
	})
	return n, err
}

// importInto imports rows within a transaction.
func importInto(ctx context.Context, tx pgx.Tx, rows []*sessionRow, enqueue Enqueue) (Imported, error) {
	fresh, changed, err := compare(ctx, tx, rows)
	if err != nil {
		return Imported{}, err
	}
	if err := insertSessions(ctx, tx, fresh); err != nil {
		return Imported{}, err
	}
	if err := updateSessions(ctx, tx, changed); err != nil {
		return Imported{}, err
	}
	if err := forgetRejects(ctx, tx, rows); err != nil {
		return Imported{}, err
	}
	n := Imported{New: len(fresh), Changed: len(changed), Same: len(rows) - len(fresh) - len(changed)}
	stored, err := copyTranscripts(ctx, tx, append(fresh, changed...))
	if err != nil || len(stored) == 0 {
		return n, err
	}
	return n, enqueue(ctx, tx, stored)
}

// compare parts rows into those whose session is unknown and those whose
// content differs from the newest transcript, and locks the known sessions.
func compare(ctx context.Context, tx pgx.Tx, rows []*sessionRow) (fresh, changed []*sessionRow, err error) {
	const query = `
		SELECT s.source_id, s.id, s.version, t.hash
		FROM sessions s
		JOIN transcripts t ON t.session_id = s.id AND t.version = s.version
		WHERE s.source_id = ANY($1)
		ORDER BY s.id
		FOR UPDATE OF s`
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.SourceID
	}
	known := map[string]sessionRow{}
	var k sessionRow
	var hash []byte
	found, err := tx.Query(ctx, query, ids)
	if err != nil {
		return nil, nil, err
	}
	_, err = pgx.ForEachRow(found, []any{&k.SourceID, &k.ID, &k.Version, &hash}, func() error {
		k.hash = transcript.Hash(hash)
		known[k.SourceID] = k
		return nil
	})
	for _, r := range rows {
		old, ok := known[r.SourceID]
		switch {
		case !ok:
			r.Version = 1
			fresh = append(fresh, r)
		case old.hash != r.hash:
			r.ID, r.Version = old.ID, old.Version+1
			changed = append(changed, r)
		}
	}
	return fresh, changed, err
}

// sessionColumns are the columns of sessionRow for jsonb_to_recordset.
const sessionColumns = `(id bigint, source_id text, channel text, language text, started_at timestamptz, day date,
	agent_id text, agent_name text, team text, customer_id text, customer_type text, business_type text,
	urgency text, csat smallint, version integer)`

func insertSessions(ctx context.Context, tx pgx.Tx, rows []*sessionRow) error {
	if len(rows) == 0 {
		return nil
	}
	const query = `
		INSERT INTO sessions (source_id, channel, language, started_at, day, agent_id, agent_name, team,
			customer_id, customer_type, business_type, urgency, csat, version)
		SELECT source_id, channel, language, started_at, day, agent_id, agent_name, team,
			customer_id, customer_type, business_type, urgency, csat, version
		FROM jsonb_to_recordset($1) AS r` + sessionColumns + `
		ORDER BY source_id
		ON CONFLICT (source_id) DO NOTHING
		RETURNING source_id, id`
	ids := map[string]SessionKey{}
	if err := eachSession(ctx, tx, query, rows, func(source string, id SessionKey) { ids[source] = id }); err != nil {
		return err
	}
	for _, r := range rows {
		id, ok := ids[r.SourceID]
		if !ok {
			return errRaced
		}
		r.ID = id
	}
	return nil
}

func updateSessions(ctx context.Context, tx pgx.Tx, rows []*sessionRow) error {
	if len(rows) == 0 {
		return nil
	}
	const query = `
		UPDATE sessions s
		SET channel = r.channel, language = r.language, started_at = r.started_at, day = r.day,
			agent_id = r.agent_id, agent_name = r.agent_name, team = r.team, customer_id = r.customer_id,
			customer_type = r.customer_type, business_type = r.business_type, urgency = r.urgency,
			csat = r.csat, version = r.version, updated_at = now()
		FROM jsonb_to_recordset($1) AS r` + sessionColumns + `
		WHERE s.id = r.id
		RETURNING s.source_id, s.id`
	return eachSession(ctx, tx, query, rows, func(string, SessionKey) {})
}

func eachSession(ctx context.Context, tx pgx.Tx, query string, rows []*sessionRow, use func(string, SessionKey)) error {
	arg, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	found, err := tx.Query(ctx, query, arg)
	if err != nil {
		return err
	}
	var source string
	var id SessionKey
	_, err = pgx.ForEachRow(found, []any{&source, &id}, func() error { use(source, id); return nil })
	return err
}

// forgetRejects forgets refused records of sessions that were mended.
func forgetRejects(ctx context.Context, tx pgx.Tx, rows []*sessionRow) error {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.SourceID
	}
	_, err := tx.Exec(ctx, `DELETE FROM rejects WHERE record = ANY($1)`, ids)
	return err
}

// copyTranscripts stores the rows' transcripts.
func copyTranscripts(ctx context.Context, tx pgx.Tx, rows []*sessionRow) ([]Stored, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	const reserve = `
		SELECT nextval(pg_get_serial_sequence('transcripts', 'id'))
		FROM generate_series(1, $1)`
	found, err := tx.Query(ctx, reserve, len(rows))
	if err != nil {
		return nil, err
	}
	keys, err := pgx.CollectRows(found, pgx.RowTo[TranscriptKey])
	if err != nil {
		return nil, err
	}
	columns := []string{"id", "session_id", "version", "hash", "content", "turns", "source"}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"transcripts"}, columns,
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			r := rows[i]
			return []any{int64(keys[i]), int64(r.ID), r.Version, r.hash[:], string(r.content), r.turns, r.source}, nil
		}))
	stored := make([]Stored, len(rows))
	for i, r := range rows {
		stored[i] = Stored{keys[i], len(r.content)}
	}
	return stored, err
}

// Transcript is one stored version of a session's transcript.
type Transcript struct {
	Key     TranscriptKey
	Session SessionKey
	Version int
	Content string // canonical JSON, see transcript.Decode
}

// Transcripts loads transcripts by key, in the order of keys; unknown keys are left out.
func (s *Store) Transcripts(ctx context.Context, keys []TranscriptKey) ([]Transcript, error) {
	const query = `
		SELECT id AS key, session_id AS session, version, content
		FROM transcripts
		WHERE id = ANY($1)
		ORDER BY id`
	rows, err := s.pool.Query(ctx, query, keys)
	if err != nil {
		return nil, fmt.Errorf("load %d transcripts: %w", len(keys), err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Transcript])
}
