package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// A reader is told that the line is open when there was nothing else to tell for
// liveBeat; one that takes nothing for liveStall is cut off, and may come again
// for what it missed. After liveLongest every reader comes again, and is asked who it
// is: a revoked token, or an agent who was relieved, reads no longer than that.
const (
	liveBeat    = 15 * time.Second
	liveStall   = 10 * time.Second
	liveLongest = 10 * time.Minute
)

// apiLiveEvents tells what happens in a running session as server-sent events,
// from behind the event that the reader was told last.
func (s *server) apiLiveEvents(w http.ResponseWriter, r *http.Request) error {
	after, err := lastEvent(r)
	if err != nil {
		return err
	}
	leave, err := s.lines.open(w, s.follower(r))
	if err != nil {
		return err
	}
	defer leave()
	p := s.page(w, r, "live")
	v, err := s.follow(r.Context(), r.PathValue("id"), after, &p, s.asker(r))
	if err != nil {
		return err
	}
	defer v.reader.Close()
	switch row := v.reader.Row(); {
	case after > row.Events:
		return badParameters{{Name: "after", Value: strconv.FormatInt(after, 10), Allowed: []string{"0–" + strconv.FormatInt(row.Events, 10)}}}
	case row.EndedAt != nil && after == row.Events:
		w.WriteHeader(http.StatusNoContent) // so that browsers do not ask again
		return nil
	}
	return s.stream(w, r, v)
}

// lastEvent is the number of the event that a reader was told last, as the
// browser says when it comes again, or as the address says.
func lastEvent(r *http.Request) (int64, error) {
	name, value := "Last-Event-ID", r.Header.Get("Last-Event-ID")
	if value == "" {
		name, value = "after", cmp.Or(r.URL.Query().Get("after"), "0")
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return 0, badParameters{{Name: name, Value: value, Allowed: []string{"the id of an event"}}}
	}
	return n, nil
}

// stream tells what happens until the session has ended, the reader is gone, was told
// for LiveLongest, or this process stops.
func (s *server) stream(w http.ResponseWriter, r *http.Request, v *liveView) error {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies that hold answers back
	out := &eventWriter{w: w, control: http.NewResponseController(w), stall: s.o.LiveStall}
	if err := out.open(); err != nil {
		return err
	}
	for began := time.Now(); time.Since(began) < s.o.LiveLongest; {
		list, took, err := v.timed(r.Context(), s.o.LiveBeat)
		switch {
		case errors.Is(err, io.EOF), r.Context().Err() != nil:
			return nil
		case err != nil: // the stream has begun: who reads it comes again
			s.o.Log.ErrorContext(r.Context(), "live stream broken off", "error", err)
			return nil
		}
		if err := out.send(list); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				s.o.Live.Cut()
			}
			return err
		}
		if err := rest(r.Context(), took); err != nil {
			return nil
		}
	}
	return nil
}

// timed is next, with how long it took to show what is told, above what is usual.
func (v *liveView) timed(ctx context.Context, while time.Duration) ([]liveEvent, time.Duration, error) {
	told, err := v.reader.Next(ctx, while)
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	list, err := v.show(ctx, told)
	return list, time.Since(began) - 20*time.Millisecond, err
}

// rest waits, if the time is above 0. All words of a session tell what is personal
// in each of them, so that a very long one takes long to show: its readers are told
// more at once, and less often, instead of keeping a CPU busy each.
func rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// eventWriter writes server-sent events. The server's own limits of time, which
// are for answers that end, do not hold for it.
type eventWriter struct {
	w       io.Writer
	control *http.ResponseController
	stall   time.Duration
}

// open begins the stream: whoever loses it asks again after a second.
func (e *eventWriter) open() error {
	if err := e.control.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("live stream: %w", err)
	}
	return e.write([]byte("retry: 1000\n\n"))
}

// send writes events, or a comment when there are none.
func (e *eventWriter) send(list []liveEvent) error {
	if len(list) == 0 {
		return e.write([]byte(": still here\n\n"))
	}
	var b []byte
	for _, one := range list {
		data, err := json.Marshal(one.Content)
		if err != nil {
			return fmt.Errorf("encode event %d: %w", one.Seq, err)
		}
		b = fmt.Appendf(b, "id: %d\nevent: %s\ndata: %s\n\n", one.Seq, one.Kind, data)
	}
	return e.write(b)
}

// write gives the reader the time of a stall to take it all.
func (e *eventWriter) write(b []byte) error {
	if err := e.control.SetWriteDeadline(time.Now().Add(e.stall)); err != nil {
		return fmt.Errorf("live stream: %w", err)
	}
	if _, err := e.w.Write(b); err != nil {
		return unread(err)
	}
	if err := e.control.Flush(); err != nil {
		return unread(err)
	}
	return nil
}

// unread is the error of an answer that was not taken.
func unread(err error) error {
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && timeout.Timeout() {
		err = errors.Join(err, context.DeadlineExceeded)
	}
	return fmt.Errorf("%w: %w", errUnread, err)
}
