package llm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"assay/pipeline"
)

// ClientOptions say where a model is, and how it is asked.
type ClientOptions struct {
	BaseURL string // with the version: https://api.openai.com/v1; "" is OpenAI's
	Key     string // "" where the endpoint asks for none
	Model   string // the model's name, on Azure the deployment's; must be given
	// APIVersion is Azure's, as in 2024-10-21. It makes the endpoint one of Azure's;
	// those are known by their host, too, and then it is 2024-10-21. Azure's path
	// /openai/v1 needs none.
	APIVersion string
	Timeout    time.Duration // of one request; default 60 s
	// FirstByte is the longest wait for the head of an answer; default Timeout.
	// Most endpoints send it when the whole answer stands.
	FirstByte time.Duration
	// Extra is merged into the body of every chat request and goes before what the
	// client sends; null leaves a field out.
	Extra map[string]any
	// Headers are sent with every request.
	Headers        map[string]string
	MaxAnswerBytes int64            // of one answer that is read, at most; default 1 MB
	Ledger         Ledger           // nil: NewMemory without limits
	Log            *slog.Logger     // told when the endpoint fails; default slog.Default()
	Now            func() time.Time // default time.Now
	// Wait is the longest that Ask waits for an endpoint that wants to be left alone,
	// or is; 0: it does not, and the caller comes back.
	Wait time.Duration
}

// Request is one question to a model.
type Request struct {
	Call         Call // Endpoint, Model, Input, Output and Attempt are filled in where they are empty
	System, User string
	// Turns follow the first question: an earlier answer, and what is wrong with it.
	Turns []Message
	// Schema is the JSON schema of the answer, under a name of letters, digits, _ and
	// -. An endpoint that knows no schemas is shown it after the question. nil: the
	// answer is any text.
	Schema     json.RawMessage
	SchemaName string
	MaxOutput  int  // most tokens of the answer, without thoughts; 0: as the endpoint has it
	Seed       *int // nil: none is sent
	// Temperature is how freely the model answers, from 0: always the same, as far as
	// it can. It is not sent where the endpoint refuses it.
	Temperature float64
	Timeout     time.Duration // 0: the client's
}

// Message is one message of the dialogue with a model.
type Message struct {
	Role    string // user or assistant
	Content string
}

// Reply is what a model answered.
type Reply struct {
	Text  string // without the model's thoughts and code fences
	Model string // as the endpoint names the one that answered
	Usage Usage
	// Parameters is what was sent besides the texts, as JSON.
	Parameters string
	Finish     string // why the answer ended, as the endpoint says it
	// Reason says why Text does not count: Refused, Filtered, CutShort, TooLong or
	// Unreadable (garbled, empty, too large, wrongly encoded); "" when it does.
	Reason pipeline.Reason
	// Problem says in words what is wrong where nothing of an answer could be taken.
	Problem string
}

// Client asks one model at one endpoint. It is safe for concurrent use.
type Client struct {
	o     ClientOptions
	to    *endpoint
	pause func(ctx context.Context, d time.Duration) error
	// waits is asked before each wait; nil: see Waiting.
	waits func(u *pipeline.Unavailable, d time.Duration) time.Duration
	// rehearse is told what would be sent, instead of sending it; nil: see Rehearse.
	rehearse func(Request)

	mu  sync.Mutex
	can *capability // nil: not looked up yet
}

// NewClient checks the options. It does not connect.
func NewClient(o ClientOptions) (*Client, error) {
	if o.Model == "" {
		return nil, errors.New("model: no name")
	}
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	o.FirstByte = cmp.Or(o.FirstByte, o.Timeout)
	o.MaxAnswerBytes = cmp.Or(o.MaxAnswerBytes, defaultAnswerBytes)
	to, err := newEndpoint(o)
	if err != nil {
		return nil, err
	}
	if o.Ledger == nil {
		if o.Ledger, err = NewMemory(MemoryOptions{Now: o.Now}); err != nil {
			return nil, err
		}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{o: o, to: to, pause: pause}, nil
}

// Name is the model and its endpoint's host.
func (c *Client) Name() string { return c.o.Model + "@" + c.to.host }

// Ask sends a question. What the endpoint does not take is left out, and the
// question is sent again; nothing else is tried twice, unless the client may wait.
// An error is an *pipeline.Unavailable, ctx's, or the ledger's, which is opened and
// closed once for every request that is sent.
func (c *Client) Ask(ctx context.Context, r Request) (Reply, error) {
	if c.rehearse != nil {
		return c.rehearsed(r)
	}
	if reply, ok := c.batched(ctx, r); ok {
		return reply, nil
	}
	first := c.capability(ctx)
	can, left := first, c.o.Wait
	for attempt := max(1, r.Call.Attempt); ; attempt++ {
		r.Call.Attempt = attempt
		reply, err := c.once(ctx, r, can)
		if next, ok := can.after(err); ok {
			can = next
			continue
		}
		err = c.failed(r, err)
		if f, ok := errors.AsType[*fault](err); ok && f.reason != "" {
			reply.Reason, reply.Problem = f.reason, f.words
			return reply, nil
		}
		if waited, ok := c.wait(ctx, err, left); ok {
			left -= waited
			continue
		}
		if err == nil {
			c.learn(ctx, first, can)
			c.overlooked(can, r, reply)
		}
		return reply, err
	}
}

// after is the capability after a request that failed, if another one may do.
func (c capability) after(err error) (capability, bool) {
	f, ok := errors.AsType[*fault](err)
	switch {
	case !ok:
		return c, false
	case f.words == errStreams.Error() && !c.Stream:
		c.Stream = true
		return c, true
	case f.status == Rejected && f.reason == "":
		return c.without(f.problem)
	}
	return c, false
}

// defaultRest is how long an endpoint is left alone that does not say how long.
const defaultRest = 10 * time.Second

// failed says to the log and to the caller why a request has no answer; other
// errors stay as they are.
func (c *Client) failed(r Request, err error) error {
	f, ok := errors.AsType[*fault](err)
	if !ok {
		return err
	}
	c.o.Log.Warn("model failed", "model", c.Name(), "purpose", r.Call.Purpose, "status", f.status, "error", f.words)
	u := &pipeline.Unavailable{Reason: pipeline.ModelUnavailable, Err: fmt.Errorf("%s: %w", c.Name(), f)}
	if !f.lasting() {
		u.Until = c.o.Now().Add(cmp.Or(f.after, defaultRest))
	}
	return u
}

// wait waits until a model may be asked again, if that is near enough and the
// caller wants it to. It returns how long that was.
func (c *Client) wait(ctx context.Context, err error, left time.Duration) (time.Duration, bool) {
	u, ok := errors.AsType[*pipeline.Unavailable](err)
	if !ok || u.Until.IsZero() || u.Reason != pipeline.ModelUnavailable {
		return 0, false
	}
	d := max(u.Until.Sub(c.o.Now()), time.Millisecond)
	if c.waits != nil {
		if d = c.waits(u, d); d <= 0 {
			return 0, false
		}
	}
	if deadline, ok := ctx.Deadline(); d > left || ok && c.o.Now().Add(d).After(deadline) {
		return 0, false
	}
	return d, c.pause(ctx, d) == nil
}

// Waiting returns a client that asks before each wait for an endpoint that wants to
// be left alone, or is, how long it shall wait; 0 is not at all. ask is told why, and
// how long the endpoint wants; several goroutines may call it at once.
func (c *Client) Waiting(ask func(u *pipeline.Unavailable, d time.Duration) time.Duration) *Client {
	return &Client{o: c.o, to: c.to, pause: c.pause, rehearse: c.rehearse, waits: ask}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// capability is what is known of the endpoint and the model: by this process, by
// others that share the ledger, or by their names.
func (c *Client) capability(ctx context.Context) capability {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.can != nil {
		return *c.can
	}
	can := expected(c.to.host, c.o.Model)
	kept, ok, err := c.o.Ledger.Known(ctx, c.key())
	if err != nil { // it is found out again
		c.o.Log.Warn("model's capability not read", "model", c.Name(), "error", err)
		return can
	}
	if known, valid := readCapability(kept); ok && valid {
		can = known
	}
	c.can = &can
	return can
}

// key is the capability's in the ledger; 1 is the version of what is kept.
func (c *Client) key() string { return "capability 1 " + c.o.APIVersion + " " + c.Name() }

// learn keeps what an answered question has shown.
func (c *Client) learn(ctx context.Context, before, now capability) {
	if reflect.DeepEqual(before, now) {
		return
	}
	c.mu.Lock()
	c.can = &now
	c.mu.Unlock()
	kept, err := json.Marshal(now)
	if err == nil {
		err = c.o.Ledger.Keep(context.WithoutCancel(ctx), c.key(), kept)
	}
	if err != nil { // it is found out again by others
		c.o.Log.Warn("model's capability not kept", "model", c.Name(), "error", err)
	}
	c.o.Log.Info("model's capability found out", "model", c.Name(), "capability", now.String())
}

// overlooked notices an answer that has nothing of the form that was asked for. It
// comes from an endpoint that overlooks the parameter: from then on the schema
// stands in the question. Others find that out by themselves, since it may have
// been the model's one slip.
func (c *Client) overlooked(can capability, r Request, reply Reply) {
	if r.Schema == nil || can.Format != byJSONSchema || reply.Reason != "" || json.Valid([]byte(reply.Text)) {
		return
	}
	can.Format = byJSONObject
	c.mu.Lock()
	c.can = &can
	c.mu.Unlock()
}

// Probe sends one small question and says in words how the model is asked. Errors
// are Ask's; a model that does not answer sense is one, too.
func (c *Client) Probe(ctx context.Context) (string, error) {
	reply, err := c.Ask(ctx, Request{
		Call: Call{Purpose: ForProbe}, System: "You check a connection.", User: `Set "ok" to true.`, MaxOutput: 50,
		SchemaName: "probe", Schema: json.RawMessage(`{"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"],"additionalProperties":false}`),
	})
	if err != nil {
		return "", err
	}
	var said struct{ OK *bool }
	if reply.Problem != "" {
		return "", fmt.Errorf("%s: %s", c.Name(), reply.Problem)
	}
	if reply.Reason != "" || json.Unmarshal([]byte(reply.Text), &said) != nil || said.OK == nil {
		return "", fmt.Errorf("%s answers, but no JSON that was asked for (%s)", c.Name(), cmp.Or(reply.Reason, pipeline.Unreadable))
	}
	return fmt.Sprintf("%s answers as %s: %s", c.Name(), reply.Model, c.capability(ctx)), nil
}
