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

// LiveKey is the key of a session that still runs.
type LiveKey int64

// LiveChannel is the channel on which every change of a running session is told:
// its key and the number of its last event, parted by a blank.
const LiveChannel = "assay_live"

// ErrLiveStored means that a session of this id was stored whole before it ran.
var ErrLiveStored = errors.New("the session is stored already")

// ErrLiveMoved means that a running session was changed since it was read.
var ErrLiveMoved = errors.New("the running session was changed meanwhile")

// LiveSession is a running session without its turns, or one that ended lately.
type LiveSession struct {
	Key        LiveKey
	SourceID   string
	Head       string // fields as JSON, without turns
	AgentID    string
	Version    int64
	Turns      int
	Bytes      int64
	Events     int64 // number of the last event
	Warnings   int
	State      string // JSON
	DueAt      *time.Time
	WakeAt     *time.Time
	BeganAt    time.Time
	HeardAt    time.Time
	EndedAt    *time.Time
	Session    *SessionKey    // what it became when it ended
	Transcript *TranscriptKey // likewise
}

const liveColumns = `l.id AS key, l.source_id, l.head, l.agent_id, l.version, l.turns, l.bytes, l.events, l.warnings,
			l.state::text AS state, l.due_at, l.wake_at, l.began_at, l.heard_at, l.ended_at,
			l.session_id AS session, l.transcript_id AS transcript`

// LiveTurn is a turn of a running session.
type LiveTurn struct {
	Turn    int    `json:"turn"`
	Content string `json:"content"` // canonical JSON
	Final   bool   `json:"final"`
}

// BeginLive makes a running session unless it is there. ErrLiveStored when the id
// is that of a session that is stored and does not run.
func (s *Store) BeginLive(ctx context.Context, head *transcript.Session) error {
	const query = `
		INSERT INTO live_sessions (source_id, head, agent_id)
		SELECT $1, $2, $3
		WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE source_id = $1)
		ON CONFLICT (source_id) DO NOTHING`
	content, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("begin live session %q: %w", head.ID, err)
	}
	tag, err := s.pool.Exec(ctx, query, string(head.ID), string(content), liveAgent(head))
	if err != nil {
		return fmt.Errorf("begin live session %q: %w", head.ID, err)
	}
	if tag.RowsAffected() > 0 {
		return nil
	}
	if _, err := s.Live(ctx, head.ID); errors.Is(err, ErrNotFound) {
		return fmt.Errorf("begin live session %q: %w", head.ID, ErrLiveStored)
	} else if err != nil {
		return err
	}
	return nil
}

func liveAgent(head *transcript.Session) string {
	if head.Agent == nil {
		return ""
	}
	return head.Agent.ID
}

// Live returns a running session, or one that ended lately; ErrNotFound without one.
func (s *Store) Live(ctx context.Context, id transcript.SessionID) (LiveSession, error) {
	l, _, err := s.LiveWhole(ctx, id)
	return l, err
}

// LiveWhole returns a running session with its turns, both of one moment.
// ErrNotFound without one.
func (s *Store) LiveWhole(ctx context.Context, id transcript.SessionID) (LiveSession, []LiveTurn, error) {
	const query = `
		SELECT ` + liveColumns + `,
			(SELECT coalesce(json_agg(json_build_object('turn', t.turn, 'content', t.content, 'final', t.final) ORDER BY t.turn), '[]')
				FROM live_turns t
				WHERE t.live_id = l.id) AS said
		FROM live_sessions l
		WHERE l.source_id = $1`
	rows, err := s.pool.Query(ctx, query, string(id))
	if err != nil {
		return LiveSession{}, nil, fmt.Errorf("load live session %q: %w", id, err)
	}
	l, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[struct {
		LiveSession
		Said []LiveTurn
	}])
	if err != nil {
		return LiveSession{}, nil, fmt.Errorf("load live session %q: %w", id, noRows(err))
	}
	return l.LiveSession, l.Said, nil
}

// LiveEvent is something that readers of a running session are told.
type LiveEvent struct {
	Seq     int64  `json:"seq"`
	Kind    string `json:"kind"` // turn, suggestions, warning, clock, ended
	Once    string `json:"once"` // what must not be told twice; "" may be
	Content string `json:"-"`    // JSON, with places instead of words
}

// LiveChange is a change of a running session.
type LiveChange struct {
	Key      LiveKey
	Version  int64               // that was read
	Head     *transcript.Session // its fields, changed or not
	Turns    []LiveTurn          // new ones, and those that are put in place of others
	Count    int                 // of all turns
	Bytes    int64               // of all turns
	Heard    bool                // turns came in
	Events   []LiveEvent         // behind those that are there, their Seq set
	Warnings int                 // how many more
	State    string              // JSON
	DueAt    *time.Time
	WakeAt   *time.Time
}

// ChangeLive stores a change with all that is told about it, in one statement:
// all of it or nothing. ErrLiveMoved when the session is no longer of the version
// that was read, or has ended.
func (s *Store) ChangeLive(ctx context.Context, c LiveChange) error {
	const query = `
		WITH l AS (
			UPDATE live_sessions
			SET version = version + 1, head = @head, agent_id = @agent, turns = @count, bytes = @bytes,
				events = events + @told, warnings = warnings + @warnings, state = @state::jsonb, due_at = @due,
				wake_at = @wake, heard_at = CASE WHEN @heard THEN now() ELSE heard_at END
			WHERE id = @key AND version = @version AND ended_at IS NULL
			RETURNING id, events
		), said AS (
			INSERT INTO live_turns (live_id, turn, content, final)
			SELECT l.id, t.turn, t.content, t.final
			FROM l, jsonb_to_recordset(@turns::jsonb) AS t(turn integer, content text, final boolean)
			ON CONFLICT (live_id, turn) DO UPDATE SET content = excluded.content, final = excluded.final
		), events AS (
			INSERT INTO live_events (live_id, seq, kind, once, content)
			SELECT l.id, e.seq, e.kind, e.once, e.content
			FROM l, jsonb_to_recordset(@events::jsonb) AS e(seq bigint, kind text, once text, content jsonb)
		)
		SELECT pg_notify('` + LiveChannel + `', l.id || ' ' || l.events)
		FROM l`
	head, err := json.Marshal(c.Head)
	if err != nil {
		return fmt.Errorf("change live session %d: %w", c.Key, err)
	}
	events, err := liveContents(c.Events)
	if err != nil {
		return fmt.Errorf("change live session %d: %w", c.Key, err)
	}
	tag, err := s.pool.Exec(ctx, query, pgx.StrictNamedArgs{
		"key": c.Key, "version": c.Version, "head": string(head), "agent": liveAgent(c.Head), "count": c.Count, "bytes": c.Bytes,
		"told": len(c.Events), "warnings": c.Warnings, "state": c.State, "due": c.DueAt, "wake": c.WakeAt, "heard": c.Heard,
		"turns": append([]LiveTurn{}, c.Turns...), "events": events,
	})
	if err != nil {
		return fmt.Errorf("change live session %d: %w", c.Key, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("change live session %d: %w", c.Key, ErrLiveMoved)
	}
	return nil
}

// liveContents writes events as one JSON value.
func liveContents(list []LiveEvent) (json.RawMessage, error) {
	type row struct {
		LiveEvent
		Content json.RawMessage `json:"content"`
	}
	rows := make([]row, len(list))
	for i, e := range list {
		rows[i] = row{e, json.RawMessage(e.Content)}
	}
	return json.Marshal(rows)
}

// LiveTold is an event as it is read, with the turn that it is about as that turn
// is now, where it is about one and the session still runs.
type LiveTold struct {
	Seq     int64
	Kind    string
	Content string
	Said    *string // canonical JSON of the turn
	Final   *bool
}

// LiveEvents lists a session's events behind a number, in order, at most limit.
func (s *Store) LiveEvents(ctx context.Context, key LiveKey, after int64, limit int) ([]LiveTold, error) {
	const query = `
		SELECT e.seq, e.kind, e.content::text AS content, t.content AS said, t.final
		FROM live_events e
		LEFT JOIN live_turns t ON e.kind = 'turn' AND t.live_id = e.live_id AND t.turn = (e.content ->> 'turn')::integer
		WHERE e.live_id = $1 AND e.seq > $2
		ORDER BY e.seq
		LIMIT $3`
	rows, err := s.pool.Query(ctx, query, key, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load events of live session %d: %w", key, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[LiveTold])
}

// LiveMarks gives for each of some sessions the number of its last event. Those
// that are gone are left out.
func (s *Store) LiveMarks(ctx context.Context, keys []LiveKey) (map[LiveKey]int64, error) {
	const query = `
		SELECT id, events
		FROM live_sessions
		WHERE id = ANY($1)`
	rows, err := s.pool.Query(ctx, query, keys)
	if err != nil {
		return nil, fmt.Errorf("load marks of %d live sessions: %w", len(keys), err)
	}
	out := make(map[LiveKey]int64, len(keys))
	var key LiveKey
	var events int64
	_, err = pgx.ForEachRow(rows, []any{&key, &events}, func() error { out[key] = events; return nil })
	if err != nil {
		return nil, fmt.Errorf("load marks of %d live sessions: %w", len(keys), err)
	}
	return out, nil
}

// RunningLive lists running sessions, those whose customer must be answered first
// at the front, then those heard last: of one agent, or for nil of all; at most limit.
func (s *Store) RunningLive(ctx context.Context, agent *string, limit int) ([]LiveSession, error) {
	const query = `
		SELECT ` + liveColumns + `
		FROM live_sessions l
		WHERE l.ended_at IS NULL AND ($1::text IS NULL OR l.agent_id = $1)
		ORDER BY l.due_at NULLS LAST, l.heard_at DESC
		LIMIT $2`
	return s.liveList(ctx, query, agent, limit)
}

// WakingLive lists running sessions whose clock has something to say at a time,
// the earliest first, at most limit.
func (s *Store) WakingLive(ctx context.Context, now time.Time, limit int) ([]LiveSession, error) {
	const query = `
		SELECT ` + liveColumns + `
		FROM live_sessions l
		WHERE l.wake_at <= $1 AND l.ended_at IS NULL
		ORDER BY l.wake_at
		LIMIT $2`
	return s.liveList(ctx, query, now, limit)
}

// StopLiveClock has the clock of a session, as of a version of it, say nothing more
// until something is added to the session. ErrLiveMoved means that something was.
func (s *Store) StopLiveClock(ctx context.Context, key LiveKey, version int64) error {
	tag, err := s.pool.Exec(ctx, `
		UPDATE live_sessions
		SET wake_at = NULL
		WHERE id = $1 AND version = $2`, key, version)
	if err != nil {
		return fmt.Errorf("stop the clock of live session %d: %w", key, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("stop the clock of live session %d: %w", key, ErrLiveMoved)
	}
	return nil
}

func (s *Store) liveList(ctx context.Context, query string, args ...any) ([]LiveSession, error) {
	rows, err := s.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list live sessions: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[LiveSession])
	if err != nil {
		return nil, fmt.Errorf("list live sessions: %w", err)
	}
	return list, nil
}

// ListenLive listens for changes of running sessions on a connection of its own
// until ctx ends or the connection is lost, which is the error. ready is called
// when nothing is missed any more, and its error ends the listening; told is called with the key of each session
// that changed and the number of its last event.
func (s *Store) ListenLive(ctx context.Context, ready func() error, told func(key LiveKey, events int64)) error {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig.Copy())
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing) // nothing was written on it
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+LiveChannel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if err := ready(); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		var key LiveKey
		var events int64
		if _, err := fmt.Sscan(n.Payload, &key, &events); err == nil { // others may write on the channel as well
			told(key, events)
		}
	}
}
