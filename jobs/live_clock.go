package jobs

import (
	"context"
	"errors"
	"time"

	"assay/pipeline/sla"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// waiting is the customer's turn that waits for an answer, as response_gap counts:
// in a call the last one, which is one speech, elsewhere the first that is not
// answered. Bots and the system answer nobody. False when nobody waits.
func waiting(s *transcript.Session) (turn int, first, ok bool) {
	turn, first = -1, true
	for i := range s.Turns {
		t := &s.Turns[i]
		switch {
		case !t.IsMessage():
		case t.Speaker == transcript.Agent:
			turn, first = -1, false
		case t.Speaker == transcript.Customer && (turn < 0 || s.Channel == transcript.Call):
			turn = i
		}
	}
	return turn, first, turn >= 0
}

// clock starts, keeps or clears the clock of who waits. A provisional turn of the
// agent answers, one of the customer does not begin to wait.
func (t *telling) clock(m *sla.Matrix, now time.Time) error {
	old := t.r.state.Clock
	turn, first, waits := waiting(t.r.session)
	if waits && old != nil && old.Turn == turn {
		return t.tick(now)
	}
	var next *LiveClock
	if waits && t.r.final[turn] { // nobody is late while the customer still speaks

		next = newClock(t.r.session, m, turn, first, now)
	}
	if old != nil && next == nil {
		cleared := *old
		cleared.State = ClockCleared
		t.r.state.Clock = nil
		return t.tell(LiveClockKind, "", cleared)
	}
	if t.r.state.Clock = next; next == nil {
		return nil
	}
	next.move(now)
	return t.tell(LiveClockKind, "", next)
}

// newClock is the clock of a turn that waits; nil where no row of the matrix sets
// a limit for the session.
func newClock(s *transcript.Session, m *sla.Matrix, turn int, first bool, now time.Time) *LiveClock {
	name := sla.Response
	if first {
		name = sla.FirstResponse
	}
	limit, ok := m.Find(sla.KeyOf(s), name)
	if !ok {
		return nil
	}
	c := &LiveClock{State: ClockRunning, Turn: turn, First: first, Since: saidAt(s, turn, now)}
	c.WarnAt, c.Deadline = c.Since.Add(limit/5*4), c.Since.Add(limit)
	if m.Calendar != nil {
		c.WarnAt, c.Deadline = m.Calendar.Add(c.Since, limit/5*4), m.Calendar.Add(c.Since, limit)
	}
	return c
}

// saidAt is when a turn ended by the wall: as the turn says, or now where it does
// not say or says that it is yet to come.
func saidAt(s *transcript.Session, turn int, now time.Time) time.Time {
	origin, known := s.Origin()
	end, ok := s.End(turn)
	if at := origin.Add(end); known && ok && at.Before(now) {
		return at.UTC()
	}
	return now.UTC()
}

// move puts the clock into its state at a time, and reports whether that is another.
func (c *LiveClock) move(now time.Time) bool {
	state := ClockRunning
	switch {
	case !now.Before(c.Deadline):
		state = ClockPassed
	case !now.Before(c.WarnAt):
		state = ClockWarned
	}
	changed := state != c.State
	c.State = state
	return changed
}

// next is when the clock has something to say; nil: it has said all.
func (c *LiveClock) next() *time.Time {
	switch c.State {
	case ClockRunning:
		return &c.WarnAt
	case ClockWarned:
		return &c.Deadline
	}
	return nil
}

// tick tells when the clock has come into another state.
func (t *telling) tick(now time.Time) error {
	clock := *t.r.state.Clock
	if !clock.move(now) {
		return nil
	}
	t.r.state.Clock = &clock
	return t.tell(LiveClockKind, "", clock)
}

// clocksEvery is how often it is looked which clocks have something to say.
const clocksEvery = 250 * time.Millisecond

// mostWaking bounds the clocks that one look moves.
const mostWaking = 200

// clocks moves clocks until ctx ends. All processes do so: of two that move one
// clock, one finds that the session was changed meanwhile.
func (l *Live) clocks(ctx context.Context) {
	tick := time.NewTicker(clocksEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := l.Wake(ctx); err != nil && ctx.Err() == nil {
			l.o.Log.WarnContext(ctx, "clocks of live sessions not moved", "error", err)
		}
	}
}

// Wake moves the clocks that have something to say now. One that cannot be moved
// keeps no other from it.
func (l *Live) Wake(ctx context.Context) error {
	now := l.o.Now()
	rows, err := l.o.Store.WakingLive(ctx, now, mostWaking)
	if err != nil {
		return err
	}
	var errs []error
	for _, row := range rows {
		if err := l.wake(ctx, row, now); err != nil && !errors.Is(err, store.ErrLiveMoved) {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// wake moves one clock. The turns are left as they are, and not loaded.
func (l *Live) wake(ctx context.Context, row store.LiveSession, now time.Time) error {
	r, err := newLiveRunning(row, nil)
	if err != nil {
		l.o.Log.ErrorContext(ctx, "the clock of a live session is stopped: it cannot be read", "session", row.SourceID, "error", err)
		return l.o.Store.StopLiveClock(ctx, row.Key, row.Version)
	}
	if r.state.Clock == nil {
		return nil
	}
	t := &telling{r: r}
	if err := t.tick(now); err != nil {
		return err
	}
	if len(t.events) == 0 {
		return nil
	}
	change, err := t.change()
	if err != nil {
		return err
	}
	change.Count, change.Bytes = row.Turns, row.Bytes
	if err := l.o.Store.ChangeLive(ctx, change); err != nil {
		return err
	}
	l.o.Metrics.liveTold(change.Events)
	return nil
}
