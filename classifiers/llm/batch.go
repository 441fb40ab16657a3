package llm

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sashabaranov/go-openai"

	"assay/pipeline"
)

// The bounds of one batch: half of OpenAI's.
const (
	BatchRequests = 25_000
	BatchBytes    = 100 << 20
)

// batchTag is the metadata by which a batch is found again.
const batchTag = "assay_batch"

// BatchBody is a request's body as it stands in a batch.
func (c *Client) BatchBody(ctx context.Context, r Request) (json.RawMessage, error) {
	can := c.capability(ctx)
	can.Stream = false
	fields := can.fields(r)
	for name, value := range c.o.Extra {
		if fields[name] = value; value == nil {
			delete(fields, name)
		}
	}
	type message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	var messages []message
	for _, m := range can.messages(r) {
		messages = append(messages, message(m))
	}
	fields["model"], fields["messages"] = c.o.Model, messages
	return json.Marshal(fields)
}

// BatchItem is one request of a batch.
type BatchItem struct {
	ID   string
	Body json.RawMessage
}

// MarshalBatchLineItem writes the request's line.
func (b BatchItem) MarshalBatchLineItem() []byte {
	line, err := json.Marshal(map[string]any{"custom_id": b.ID, "method": http.MethodPost, "url": openai.BatchEndpointChatCompletions, "body": b.Body})
	if err != nil { // a body that is JSON can be written
		return nil
	}
	return line
}

// BatchState is how far a batch is, as its endpoint says.
type BatchState struct {
	ID     string
	Status string // validating, in_progress, finalizing, completed, failed, expired, cancelling, cancelled
	// Ended: nothing more will come. What there is of answers is in the files.
	Ended  bool
	Output string // file of answers; "" without any
	Errors string // file of requests without an answer
	Why    string // why it failed as a whole
	Total  int
	Done   int
	Failed int
}

func stateOf(b openai.Batch) BatchState {
	s := BatchState{ID: b.ID, Status: b.Status, Total: b.RequestCounts.Total, Done: b.RequestCounts.Completed, Failed: b.RequestCounts.Failed}
	switch b.Status {
	case "completed", "failed", "expired", "cancelled":
		s.Ended = true
	}
	if b.OutputFileID != nil {
		s.Output = *b.OutputFileID
	}
	if b.ErrorFileID != nil {
		s.Errors = *b.ErrorFileID
	}
	if b.Errors != nil {
		for _, e := range b.Errors.Data {
			s.Why += strings.TrimSpace(e.Code+" "+e.Message) + "; "
		}
		s.Why = strings.TrimSuffix(s.Why, "; ")
	}
	return s
}

// plainHTTP adds the endpoint's headers to the library's requests.
type plainHTTP struct{ to *endpoint }

func (p plainHTTP) Do(r *http.Request) (*http.Response, error) {
	for name, value := range p.to.headers {
		r.Header.Set(name, value)
	}
	return p.to.http.Do(r)
}

func (c *Client) files() *openai.Client {
	config := c.to.config
	config.HTTPClient = plainHTTP{c.to}
	return openai.NewClientWithConfig(config)
}

// SubmitBatch hands requests in under a tag, once: a batch with the tag that is
// there already is the one.
func (c *Client) SubmitBatch(ctx context.Context, tag string, items []BatchItem) (BatchState, error) {
	if found, ok, err := c.FindBatch(ctx, tag); err != nil || ok {
		return found, err
	}
	r := openai.CreateBatchWithUploadFileRequest{
		Endpoint: openai.BatchEndpointChatCompletions, CompletionWindow: "24h", Metadata: map[string]any{batchTag: tag},
	}
	r.FileName = "assay-" + tag + ".jsonl"
	for _, i := range items {
		r.Lines = append(r.Lines, i)
	}
	b, err := c.files().CreateBatchWithUploadFile(ctx, r)
	if err != nil {
		return BatchState{}, fmt.Errorf("%s: hand in a batch: %w", c.Name(), outside(err))
	}
	return stateOf(b.Batch), nil
}

// FindBatch looks for what was handed in under a tag, among the newest thousand.
func (c *Client) FindBatch(ctx context.Context, tag string) (BatchState, bool, error) {
	var after *string
	for range 10 {
		list, err := c.files().ListBatch(ctx, after, new(100))
		if err != nil {
			return BatchState{}, false, fmt.Errorf("%s: list batches: %w", c.Name(), outside(err))
		}
		for _, b := range list.Data {
			if b.Metadata[batchTag] == tag {
				return stateOf(b), true, nil
			}
		}
		if !list.HasMore || len(list.Data) == 0 {
			break
		}
		after = new(list.Data[len(list.Data)-1].ID)
	}
	return BatchState{}, false, nil
}

// Batch asks how far a batch is.
func (c *Client) Batch(ctx context.Context, id string) (BatchState, error) {
	b, err := c.files().RetrieveBatch(ctx, id)
	if err != nil {
		return BatchState{}, fmt.Errorf("%s: look up batch %q: %w", c.Name(), id, outside(err))
	}
	return stateOf(b.Batch), nil
}

// ErrNoBatches is that an endpoint has no batches, or not this one.
var ErrNoBatches = errors.New("the endpoint has none")

// CancelBatch asks for a batch's end; what was answered till then can be fetched.
func (c *Client) CancelBatch(ctx context.Context, id string) (BatchState, error) {
	b, err := c.files().CancelBatch(ctx, id)
	if err != nil {
		return BatchState{}, fmt.Errorf("%s: cancel batch %q: %w", c.Name(), id, outside(err))
	}
	return stateOf(b.Batch), nil
}

// outside is an error of the library without what an endpoint may have quoted.
func outside(err error) error {
	status := 0
	if api, ok := errors.AsType[*openai.APIError](err); ok {
		status = api.HTTPStatusCode
	}
	if req, ok := errors.AsType[*openai.RequestError](err); ok {
		status = req.HTTPStatusCode
	}
	switch status {
	case 0:
		return err
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return fmt.Errorf("%w (status %d)", ErrNoBatches, status)
	}
	return fmt.Errorf("status %d", status)
}

// BatchAnswer is one line of a batch's files.
type BatchAnswer struct {
	ID     string
	Body   json.RawMessage // the answer as the endpoint would have sent it; nil without one
	Status Status
	Usage  Usage
	Model  string
}

// BatchAnswers reads a file of answers or of errors, in whatever order its lines
// are. A line that cannot be read is passed over: its request has no answer.
func (c *Client) BatchAnswers(ctx context.Context, file string, each func(BatchAnswer) error) error {
	content, err := c.files().GetFileContent(ctx, file)
	if err != nil {
		return fmt.Errorf("%s: read file %q: %w", c.Name(), file, outside(err))
	}
	defer content.Close()
	lines := bufio.NewReaderSize(content, 1<<16)
	for {
		line, err := lines.ReadSlice('\n')
		whole := bytes.Clone(line)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = lines.ReadSlice('\n')
			if int64(len(whole)) <= c.o.MaxAnswerBytes {
				whole = append(whole, line...)
			}
		}
		if a, ok := c.batchAnswer(whole); ok {
			if err := each(a); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s: read file %q: %w", c.Name(), file, err)
		}
	}
}

func (c *Client) batchAnswer(line []byte) (BatchAnswer, bool) {
	var l struct {
		ID       string `json:"custom_id"`
		Response *struct {
			Status int             `json:"status_code"`
			Body   json.RawMessage `json:"body"`
		} `json:"response"`
	}
	if json.Unmarshal(line, &l) != nil || l.ID == "" {
		return BatchAnswer{}, false
	}
	a := BatchAnswer{ID: l.ID, Status: Rejected}
	if l.Response == nil {
		return a, true
	}
	var res openai.ChatCompletionResponse
	switch s := l.Response.Status; {
	case s >= 500:
		a.Status = ServerFailed
	case s == http.StatusTooManyRequests:
		a.Status = Limited
	case s >= 300:
	case json.Unmarshal(l.Response.Body, &res) != nil || int64(len(l.Response.Body)) > c.o.MaxAnswerBytes:
		a.Status = Garbled
	default:
		a.Status, a.Body, a.Usage, a.Model = Answered, l.Response.Body, usageOf(&res.Usage), res.Model
	}
	return a, true
}

// BatchKey is under what the answer of a batch is kept in the ledger: by all that
// the question depends on, but for its random mark. Ask finds it there.
func (c *Client) BatchKey(r Request) string {
	seed := 0
	if r.Seed != nil {
		seed = *r.Seed
	}
	return strings.Join([]string{"batch", c.Name(), r.Call.Template, r.Call.InputHash, strconv.Itoa(seed)}, " ")
}

// batched is the answer that a batch gave to the same question, if one did. It was
// accounted for with the batch.
func (c *Client) batched(ctx context.Context, r Request) (Reply, bool) {
	if len(r.Turns) > 0 || r.Call.InputHash == "" {
		return Reply{}, false
	}
	body, ok, err := c.o.Ledger.Known(ctx, c.BatchKey(r))
	if err != nil || !ok {
		return Reply{}, false // it is asked
	}
	var res openai.ChatCompletionResponse
	if json.Unmarshal(body, &res) != nil || len(res.Choices) == 0 {
		return Reply{}, false
	}
	a := whole(res)
	reply := Reply{Model: a.model, Usage: a.usage, Parameters: "{}", Text: unwrap(a.text), Finish: a.finish, Reason: a.reason()}
	if reply.Reason == "" && reply.Text == "" {
		reply.Reason = pipeline.Unreadable
	}
	reply.Model = cmp.Or(reply.Model, c.o.Model)
	return reply, !a.failed()
}

// Host is the endpoint's host, and Model the model's name, as ledgers know them.
func (c *Client) Host() string { return c.to.host }

// Model is the model as it is asked for.
func (c *Client) Model() string { return c.o.Model }
