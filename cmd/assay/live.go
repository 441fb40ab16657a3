package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"assay/pipeline/transcript"
)

type liveCmd struct {
	Play livePlayCmd `cmd:"" help:"Send the turns of transcripts to a server as if their sessions ran now, each under an id of its own (ID@HHMMSS), whole turn by whole turn. Programs that send turns while they are spoken give the place of each (first): without it the final words of a provisional turn are a further turn."`
}

type livePlayCmd struct {
	Path    string   `arg:"" name:"path" help:"Transcripts in any format that is read."`
	To      string   `name:"to" env:"ASSAY_SERVER" default:"http://127.0.0.1:8080" placeholder:"URL" help:"The server's address."`
	Speed   float64  `name:"speed" default:"1" help:"So many times as fast as it was; turns without times follow each other by 2s."`
	Session string   `name:"session" placeholder:"ID" help:"Only this session of the file; default: all, at the same time."`
	Agent   string   `name:"agent" placeholder:"ID" help:"The agent whose sessions they are to be; default: as the transcripts say."`
	Header  []string `name:"header" placeholder:"NAME:VALUE" help:"Header to send along, such as one that says who sends; may be repeated."`
	End     bool     `name:"end" negatable:"" default:"true" help:"End each session after its last turn."`
}

// unhurried is how far turns without times lie apart.
const unhurried = 2 * time.Second

// Run plays the sessions.
func (c *livePlayCmd) Run(p *program) error {
	if c.Speed <= 0 {
		return usageError{fmt.Errorf("--speed: %g; allowed: above 0", c.Speed)}
	}
	sender, err := newLiveSender(c.To, c.Header)
	if err != nil {
		return usageError{err}
	}
	group, ctx := errgroup.WithContext(p.ctx)
	played := 0
	for rec := range transcript.Read(p.ctx, []string{c.Path}, transcript.Options{}) {
		if rec.Reject != nil {
			fmt.Fprintln(p.stderr, rec.Reject)
			continue
		}
		if s := rec.Session; c.Session == "" || string(s.ID) == c.Session {
			played++
			began := time.Now()
			running := c.asNow(s, began)
			fmt.Fprintf(p.stdout, "%s/live/%s\n", strings.TrimRight(c.To, "/"), url.PathEscape(string(running.ID)))
			group.Go(func() error { return c.play(ctx, sender, running, s, began) })
		}
	}
	if played == 0 {
		return errors.Join(usageError{errors.New("no session to play")}, group.Wait())
	}
	return group.Wait()
}

// asNow is a session as if it began now, under an id of its own.
func (c *livePlayCmd) asNow(s *transcript.Session, now time.Time) *transcript.Session {
	head := *s
	head.ID = transcript.SessionID(fmt.Sprintf("%s@%s", s.ID, now.Format("150405")))
	head.StartedAt, head.Turns, head.CSAT, head.DurationMS = now.UTC().Truncate(time.Millisecond), nil, 0, nil
	if c.Agent != "" {
		head.Agent = &transcript.AgentRef{ID: c.Agent}
	}
	return &head
}

// play sends the turns of a session, each at its time.
func (c *livePlayCmd) play(ctx context.Context, sender *liveSender, head, s *transcript.Session, began time.Time) error {
	for i, turn := range s.Turns {
		at := c.when(s, i)
		if err := sleep(ctx, time.Until(began.Add(at))); err != nil {
			return err
		}
		turn.At, turn.StartMS, turn.EndMS = time.Now().UTC(), nil, nil
		if err := sender.turn(ctx, head, i, turn); err != nil {
			return err
		}
	}
	if !c.End {
		return nil
	}
	return sender.post(ctx, head.ID, "end", map[string]any{"count": len(s.Turns)})
}

// when is how long after the beginning a turn is sent.
func (c *livePlayCmd) when(s *transcript.Session, i int) time.Duration {
	at, ok := s.Start(i)
	if !ok {
		at = time.Duration(i) * unhurried
	}
	return time.Duration(float64(max(at, 0)) / c.Speed)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// liveSender sends turns to a server.
type liveSender struct {
	client *http.Client
	server string
	header http.Header
}

func newLiveSender(server string, headers []string) (*liveSender, error) {
	if u, err := url.Parse(server); err != nil || u.Host == "" {
		return nil, fmt.Errorf("--to: %q is no address; allowed: such as http://127.0.0.1:8080", server)
	}
	s := &liveSender{client: &http.Client{Timeout: 30 * time.Second}, server: strings.TrimRight(server, "/"), header: http.Header{}}
	for _, h := range headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return nil, fmt.Errorf("--header: %q has no colon; allowed: NAME:VALUE", name)
		}
		s.header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return s, nil
}

// turn sends turn i of a session.
func (s *liveSender) turn(ctx context.Context, head *transcript.Session, i int, turn transcript.Turn) error {
	body := map[string]any{"first": i, "turns": []transcript.Turn{turn}}
	if i == 0 {
		body["session"] = headOnly(head)
	}
	return s.post(ctx, head.ID, "turns", body)
}

// headOnly is a session's JSON without turns.
func headOnly(head *transcript.Session) any {
	type plain transcript.Session
	return struct {
		plain
		Turns *int `json:"turns,omitempty"`
	}{plain: plain(*head)}
}

func (s *liveSender) post(ctx context.Context, id transcript.SessionID, what string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("session %q: %w", id, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.server+"/api/v1/sessions/"+url.PathEscape(string(id))+"/"+what, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("session %q: %w", id, err)
	}
	r.Header = s.header.Clone()
	r.Header.Set("Content-Type", "application/json")
	a, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("session %q: %w", id, err)
	}
	defer a.Body.Close()
	said, err := io.ReadAll(io.LimitReader(a.Body, 4<<10))
	if err == nil && a.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %q", a.Status, said)
	}
	if err != nil {
		return fmt.Errorf("session %q: %s: %w", id, what, err)
	}
	return nil
}
