package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// suggestWithin leaves an agent's page what it needs to show a turn within 200 ms.
const suggestWithin = 150 * time.Millisecond

// LiveOptions are the settings of Live. Index and Metrics may be nil.
type LiveOptions struct {
	Store   *store.Store
	Client  *river.Client[pgx.Tx] // enqueues inspections; see NewInserter
	Tone    pipeline.ToneClassifier
	Index   *knowledge.Index // suggests; nil: nothing is suggested
	Limits  transcript.Limits
	Log     *slog.Logger
	Metrics *Metrics
	Now     func() time.Time // default time.Now
	// SuggestWithin bounds how long a turn waits for what the library has for it;
	// without it in time nothing is suggested. Default 150 ms.
	SuggestWithin time.Duration
}

// Live takes the turns of sessions that still run, and tells readers what they
// need while it does: the turns, suggestions for what the customer asks, warnings,
// and how long the customer may wait. Any process may take any turn and tell any
// reader: what is said and all that is told of it are written at once, and
// readers are woken by PostgreSQL. It is safe for concurrent use.
//
// Run must be running for readers to be woken and for clocks to go on.
type Live struct {
	o     LiveOptions
	judge *liveJudge
	hub   *liveHub
}

// NewLive makes a Live.
func NewLive(o LiveOptions) (*Live, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.SuggestWithin = cmp.Or(o.SuggestWithin, suggestWithin)
	j, err := newLiveJudge(o)
	if err != nil {
		return nil, err
	}
	return &Live{o, j, newLiveHub(o.Store, o.Metrics)}, nil
}

// Limits bound what is added to sessions.
func (l *Live) Limits() transcript.Limits { return l.o.Limits }

// ErrLiveEnded means that a session has ended, and takes no more turns.
var ErrLiveEnded = errors.New("the session has ended: it takes no more turns")

// LiveConflict is an addition that does not fit what is there.
type LiveConflict struct {
	Reason   string
	Expected int // how many turns there are: the place of the next one
	Turn     int // the place that does not fit
}

// Error says what does not fit.
func (c *LiveConflict) Error() string { return c.Reason }

// LiveReceipt is what became of an addition.
type LiveReceipt struct {
	Turns    int   // how many the session has: the place of the next one
	Events   int64 // number of the last event
	Added    int
	Replaced int // provisional turns with other words, or that became final
}

// liveTries bounds how often a change begins anew because another came first.
const liveTries = 20

// Append adds to a session, which begins with the first addition; that must have
// the session's channel. What is there already is not added twice. Errors are
// transcript.Problems, *LiveConflict, ErrLiveEnded, store.ErrLiveStored and the database's.
//
// A turn that is not final may be replaced; it becomes final when it is sent so,
// when its speaker's next turn comes, or when the session ends. What is final
// stays: other words are a conflict, but a provisional turn that comes late is ignored.
func (l *Live) Append(ctx context.Context, id transcript.SessionID, a *transcript.Addition) (LiveReceipt, error) {
	began := l.o.Now()
	r, err := l.append(ctx, id, a)
	l.o.Metrics.liveAppended(r, err, l.o.Now().Sub(began))
	return r, err
}

func (l *Live) append(ctx context.Context, id transcript.SessionID, a *transcript.Addition) (LiveReceipt, error) {
	for range liveTries {
		r, err := l.running(ctx, id, a)
		if err != nil {
			return LiveReceipt{}, err
		}
		receipt, err := r.add(a, l.o.Limits)
		if err != nil || !r.changed {
			return receipt, err
		}
		change, err := l.judge.change(ctx, r)
		if err != nil {
			return LiveReceipt{}, err
		}
		err = l.o.Store.ChangeLive(ctx, change)
		if errors.Is(err, store.ErrLiveMoved) {
			continue
		}
		receipt.Events += int64(len(change.Events))
		l.o.Metrics.liveTold(change.Events)
		return receipt, err
	}
	return LiveReceipt{}, fmt.Errorf("live session %q: %w", id, store.ErrLiveMoved)
}

// running loads a session, which begins when it is not there.
func (l *Live) running(ctx context.Context, id transcript.SessionID, a *transcript.Addition) (*liveRunning, error) {
	row, said, err := l.o.Store.LiveWhole(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		if err := begins(a); err != nil {
			return nil, err
		}
		if err := l.o.Store.BeginLive(ctx, a.Session); err != nil {
			return nil, err
		}
		row, said, err = l.o.Store.LiveWhole(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	if row.EndedAt != nil {
		return nil, fmt.Errorf("live session %q: %w", id, ErrLiveEnded)
	}
	return newLiveRunning(row, said)
}

// begins checks the first addition to a session.
func begins(a *transcript.Addition) error {
	if a.First != nil && *a.First > 0 && len(a.Turns) > 0 {
		return gap(*a.First, 0)
	}
	if a.Session == nil {
		return new(transcript.Session).Begins()
	}
	return a.Session.Begins()
}

func gap(first, expected int) *LiveConflict {
	return &LiveConflict{fmt.Sprintf("turn %d would leave a gap: the session has %d turns", first, expected), expected, first}
}

// liveRunning is a running session in memory, while something is added to it.
type liveRunning struct {
	row     store.LiveSession
	session *transcript.Session
	final   []bool   // by turn
	content []string // canonical JSON by turn
	state   liveState
	touched []int // turns that are new, have other words or became final, ascending
	changed bool  // something did: a turn, or a field
}

func newLiveRunning(row store.LiveSession, said []store.LiveTurn) (*liveRunning, error) {
	r := &liveRunning{row: row}
	var err error
	if r.session, err = transcript.Decode([]byte(row.Head)); err != nil {
		return nil, fmt.Errorf("live session %q: %w", row.SourceID, err)
	}
	if err := json.Unmarshal([]byte(row.State), &r.state); err != nil {
		return nil, fmt.Errorf("live session %q: state: %w", row.SourceID, err)
	}
	for _, t := range said {
		var turn transcript.Turn
		if err := json.Unmarshal([]byte(t.Content), &turn); err != nil {
			return nil, fmt.Errorf("live session %q: turn %d: %w", row.SourceID, t.Turn, err)
		}
		r.session.Turns = append(r.session.Turns, turn)
		r.final, r.content = append(r.final, t.Final), append(r.content, t.Content)
	}
	return r, nil
}

// settled is the session up to its first provisional turn.
func (r *liveRunning) settled() *transcript.Session {
	s := *r.session
	for i, final := range r.final {
		if !final {
			s.Turns = s.Turns[:i]
			break
		}
	}
	return &s
}

// End ends a session: it is stored and inspected as others are, and its turns are
// no longer kept apart. Fields that are known only now, such as a rating, may be
// added; with a count, so many turns must be there. It does nothing to a session
// that has ended. A session without turns leaves nothing. Errors are
// transcript.Problems, *LiveConflict, store.ErrNotFound and the database's.
func (l *Live) End(ctx context.Context, id transcript.SessionID, a *transcript.Addition, why LiveEnd) (store.LiveSession, error) {
	if len(a.Turns) > 0 {
		return store.LiveSession{}, transcript.Problems{{Field: "turns", Reason: "turns are sent before the end"}}
	}
	return l.end(ctx, id, a, why, time.Time{})
}

// errHeard means that a turn came in of a session that was taken for idle.
var errHeard = errors.New("a turn came in")

// end ends a session; where idle is a time, only if no turn came in since then.
func (l *Live) end(ctx context.Context, id transcript.SessionID, a *transcript.Addition, why LiveEnd, idle time.Time) (store.LiveSession, error) {
	made := func(row store.LiveSession, said []store.LiveTurn) (store.EndedLive, error) {
		if !idle.IsZero() && row.HeardAt.After(idle) {
			return store.EndedLive{}, errHeard
		}
		return ends(row, said, a, why)
	}
	row, err := l.o.Store.EndLive(ctx, id, made, Enqueuer(l.o.Client))
	if err == nil {
		l.o.Metrics.liveEnded(why)
	}
	return row, err
}

// ends is what becomes of a session that ends, with what is added to its fields.
func ends(row store.LiveSession, said []store.LiveTurn, a *transcript.Addition, why LiveEnd) (store.EndedLive, error) {
	r, err := newLiveRunning(row, said)
	if err != nil {
		return store.EndedLive{}, err
	}
	if n := len(said); a.Count != nil && *a.Count != n {
		return store.EndedLive{}, &LiveConflict{fmt.Sprintf("the session has %d turns, not %d", n, *a.Count), n, min(n, *a.Count)}
	}
	if a.Session != nil {
		if err := r.session.Merge(a.Session); err != nil {
			return store.EndedLive{}, err
		}
	}
	content, err := json.Marshal(LiveEnded{Reason: why})
	return store.EndedLive{Session: r.session, Content: string(content)}, err
}
