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

// EndedLive is what becomes of a running session that ends. Session has no turns
// where none came in: it is dropped without a trace.
type EndedLive struct {
	Session *transcript.Session
	Content string // of the last event, as JSON; the session's key is put into it as "session"
}

// EndLive ends a running session: it is stored as others are, its inspection is
// enqueued and its turns are removed, all in one transaction. made is given the
// session as it is then, and may refuse with an error. A session that has ended
// stays as it is. ErrNotFound without one.
func (s *Store) EndLive(ctx context.Context, id transcript.SessionID, made func(LiveSession, []LiveTurn) (EndedLive, error), enqueue Enqueue) (LiveSession, error) {
	for {
		err := s.endLive(ctx, id, made, enqueue)
		switch {
		case errors.Is(err, errRaced):
			continue
		case err != nil:
			return LiveSession{}, fmt.Errorf("end live session %q: %w", id, err)
		}
		l, err := s.Live(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return LiveSession{SourceID: string(id)}, nil // it had no turns
		}
		return l, err
	}
}

func (s *Store) endLive(ctx context.Context, id transcript.SessionID, made func(LiveSession, []LiveTurn) (EndedLive, error), enqueue Enqueue) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		l, turns, err := lockLive(ctx, tx, id)
		if err != nil || l.EndedAt != nil {
			return err
		}
		ended, err := made(l, turns)
		if err != nil {
			return err
		}
		if len(ended.Session.Turns) == 0 {
			_, err := tx.Exec(ctx, `DELETE FROM live_sessions WHERE id = $1`, l.Key)
			return err
		}
		in, err := NewIncoming(ended.Session, "live")
		if err != nil {
			return err
		}
		if _, err := importInto(ctx, tx, []*sessionRow{s.row(in)}, enqueue); err != nil {
			return err
		}
		return finishLive(ctx, tx, l, ended.Content)
	})
}

func lockLive(ctx context.Context, tx pgx.Tx, id transcript.SessionID) (LiveSession, []LiveTurn, error) {
	const lock = `
		SELECT ` + liveColumns + `
		FROM live_sessions l
		WHERE l.source_id = $1
		FOR UPDATE`
	const said = `
		SELECT turn, content, final
		FROM live_turns
		WHERE live_id = $1
		ORDER BY turn`
	rows, err := tx.Query(ctx, lock, string(id))
	if err != nil {
		return LiveSession{}, nil, err
	}
	l, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[LiveSession])
	if err != nil {
		return LiveSession{}, nil, noRows(err)
	}
	if rows, err = tx.Query(ctx, said, l.Key); err != nil {
		return LiveSession{}, nil, err
	}
	turns, err := pgx.CollectRows(rows, pgx.RowToStructByName[LiveTurn])
	return l, turns, err
}

// finishLive notes what the session became, and tells so.
func finishLive(ctx context.Context, tx pgx.Tx, l LiveSession, content string) error {
	const end = `
		WITH t AS (
			SELECT s.id AS session_id, t.id AS transcript_id
			FROM sessions s
			JOIN transcripts t ON t.session_id = s.id AND t.version = s.version
			WHERE s.source_id = @source
		), l AS (
			UPDATE live_sessions
			SET version = version + 1, events = events + 1, ended_at = clock_timestamp(), due_at = NULL, wake_at = NULL,
				session_id = t.session_id, transcript_id = t.transcript_id
			FROM t
			WHERE live_sessions.id = @key
			RETURNING live_sessions.id, live_sessions.events, live_sessions.session_id
		), said AS (
			DELETE FROM live_turns
			USING l
			WHERE live_id = l.id
		), e AS (
			INSERT INTO live_events (live_id, seq, kind, once, content)
			SELECT l.id, l.events, 'ended', 'ended', @content::jsonb || jsonb_build_object('session', l.session_id)
			FROM l
		)
		SELECT pg_notify('` + LiveChannel + `', l.id || ' ' || l.events)
		FROM l`
	tag, err := tx.Exec(ctx, end, pgx.StrictNamedArgs{"key": l.Key, "source": l.SourceID, "content": json.RawMessage(content)})
	if err == nil && tag.RowsAffected() != 1 {
		err = fmt.Errorf("the stored session: %w", ErrNotFound)
	}
	return err
}

// IdleLive lists the ids of running sessions that no turn came in of since a time,
// at most limit.
func (s *Store) IdleLive(ctx context.Context, since time.Time, limit int) ([]transcript.SessionID, error) {
	const query = `
		SELECT source_id
		FROM live_sessions
		WHERE ended_at IS NULL AND heard_at < $1
		ORDER BY heard_at
		LIMIT $2`
	rows, err := s.pool.Query(ctx, query, since, limit)
	if err != nil {
		return nil, fmt.Errorf("list idle live sessions: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[transcript.SessionID])
}

// ForgetLive removes what is left of sessions that ended before a time, and
// reports whether there may be more.
func (s *Store) ForgetLive(ctx context.Context, before time.Time) (bool, error) {
	const most = 1000
	const query = `
		DELETE FROM live_sessions
		WHERE id IN (
			SELECT id
			FROM live_sessions
			WHERE ended_at < $1
			ORDER BY ended_at
			LIMIT $2
			FOR UPDATE SKIP LOCKED
		)`
	tag, err := s.pool.Exec(ctx, query, before, most)
	if err != nil {
		return false, fmt.Errorf("forget live sessions: %w", err)
	}
	return tag.RowsAffected() == most, nil
}
