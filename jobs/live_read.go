package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// LiveReader follows a running session. It is for one goroutine; close it.
type LiveReader struct {
	live   *Live
	row    store.LiveSession
	after  int64
	waking *liveReader
	leave  func()
	idle   bool // nothing was there when it looked last

	session *transcript.Session
	final   []bool
	stored  bool // the turns are those of the stored session
}

// Read follows a session from behind an event; 0 is the beginning. Whoever reads
// what is told from there on, in order, is told all, each once.
// store.ErrNotFound without such a session.
func (l *Live) Read(ctx context.Context, id transcript.SessionID, after int64) (*LiveReader, error) {
	row, err := l.o.Store.Live(ctx, id)
	if err != nil {
		return nil, err
	}
	r := &LiveReader{live: l, row: row, after: after}
	r.waking, r.leave = l.hub.add(row.Key)
	if err := r.load(ctx); err != nil { // after the reader is there to be woken
		r.leave()
		return nil, err
	}
	return r, nil
}

// Close ends the reading.
func (r *LiveReader) Close() { r.leave() }

// Row is the session as it was when the reading began, without its turns.
func (r *LiveReader) Row() store.LiveSession { return r.row }

// Session is the session as far as it was read: all turns that are told of by
// then, and perhaps more. It must not be changed.
func (r *LiveReader) Session() *transcript.Session { return r.session }

// Final reports whether a turn stays as it is.
func (r *LiveReader) Final(turn int) bool { return r.stored || r.final[turn] }

// load takes the session as it is now: of one that has ended, what is stored.
func (r *LiveReader) load(ctx context.Context) error {
	row, said, err := r.live.o.Store.LiveWhole(ctx, transcript.SessionID(r.row.SourceID))
	if err != nil {
		return err
	}
	if row.Transcript != nil {
		return r.loadStored(ctx, row)
	}
	running, err := newLiveRunning(row, said)
	if err != nil {
		return err
	}
	r.row, r.session, r.final = row, running.session, running.final
	return nil
}

func (r *LiveReader) loadStored(ctx context.Context, row store.LiveSession) error {
	list, err := r.live.o.Store.Transcripts(ctx, []store.TranscriptKey{*row.Transcript})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("live session %q: %w", row.SourceID, store.ErrNotFound)
	}
	s, err := transcript.Decode([]byte(list[0].Content))
	if err != nil {
		return fmt.Errorf("live session %q: %w", row.SourceID, err)
	}
	r.row, r.session, r.stored = row, s, true
	return nil
}

// mostTold bounds what Next returns at once.
const mostTold = 200

// Next returns what is told next, or nothing when nothing was for a while. The
// error is io.EOF when this process stops or all has been told of a session that
// has ended, else ctx's or the database's.
func (r *LiveReader) Next(ctx context.Context, while time.Duration) ([]store.LiveTold, error) {
	if r.idle {
		again, err := r.wait(ctx, while)
		if err != nil || !again {
			return nil, err
		}
	}
	r.waking.upTo.Store(r.after)
	list, err := r.live.o.Store.LiveEvents(ctx, r.row.Key, r.after, mostTold)
	if err != nil {
		return nil, err
	}
	r.idle = len(list) < mostTold
	if len(list) == 0 {
		return nil, nil
	}
	for i := range list {
		if err := r.take(ctx, &list[i]); err != nil {
			return nil, err
		}
	}
	r.after = list[len(list)-1].Seq
	r.waking.upTo.Store(r.after)
	return list, nil
}

// wait waits until there may be something; false after a while without.
func (r *LiveReader) wait(ctx context.Context, while time.Duration) (bool, error) {
	if r.row.EndedAt != nil && r.after >= r.row.Events {
		return false, io.EOF
	}
	timer := time.NewTimer(while)
	defer timer.Stop()
	select {
	case <-r.waking.woken:
		return true, nil
	case <-timer.C:
		return false, nil
	case <-r.live.hub.closed:
		return false, io.EOF
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// take puts what an event tells of a turn into the session.
func (r *LiveReader) take(ctx context.Context, e *store.LiveTold) error {
	switch {
	case e.Kind == LiveEndedKind && !r.stored, e.Kind == LiveTurnKind && e.Said == nil && !r.stored:
		return r.load(ctx) // it has ended meanwhile
	case e.Kind != LiveTurnKind || r.stored:
		return nil
	}
	var at LiveSaid
	if err := json.Unmarshal([]byte(e.Content), &at); err != nil {
		return fmt.Errorf("live session %q: event %d: %w", r.row.SourceID, e.Seq, err)
	}
	var turn transcript.Turn
	if err := json.Unmarshal([]byte(*e.Said), &turn); err != nil {
		return fmt.Errorf("live session %q: turn %d: %w", r.row.SourceID, at.Turn, err)
	}
	for len(r.session.Turns) <= at.Turn {
		r.session.Turns, r.final = append(r.session.Turns, transcript.Turn{}), append(r.final, false)
	}
	r.session.Turns[at.Turn], r.final[at.Turn] = turn, *e.Final
	return nil
}
