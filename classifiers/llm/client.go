package llm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/sashabaranov/go-openai"

	"assay/pipeline"
)

// ClientOptions say where a model is, and how it is asked.
type ClientOptions struct {
	BaseURL string // with the version: https://api.openai.com/v1; "" is OpenAI's
	Key     string // "" where the endpoint asks for none
	Model   string // the model's name, on Azure the deployment's; must be given
	// APIVersion is Azure's, as in 2024-10-21; "" for everybody else and for Azure's
	// own /openai/v1.
	APIVersion string
	Timeout    time.Duration // of one request; default 60 s
	// FirstByte is the longest wait for the head of an answer; default Timeout.
	// Most endpoints send it when the whole answer stands.
	FirstByte time.Duration
	// Extra is merged into the body of every request and goes before what the
	// client sends; null leaves a field out.
	Extra map[string]any
	// Headers are sent with every request.
	Headers map[string]string
	// MaxAnswerBytes bounds what is read of an answer; default 1 MB.
	MaxAnswerBytes int64
	Ledger         Ledger           // nil: NewMemory with its defaults
	Log            *slog.Logger     // told when the endpoint fails; default slog.Default()
	Now            func() time.Time // default time.Now
}

// Request is one question to a model.
type Request struct {
	Call         Call // Endpoint, Model, Output and Attempt are filled in when they are empty
	System, User string
	// Turns follow the first question: an earlier answer, and what is wrong with it.
	Turns []Message
	// Schema is the JSON schema of the answer, under a name of letters, digits, _ and
	// -. An endpoint that knows no schemas is shown it in the system message. nil: the
	// answer is any text.
	Schema     json.RawMessage
	SchemaName string
	MaxOutput  int           // most tokens of the answer; 0: as the endpoint has it
	Seed       *int          // nil: none is sent
	Timeout    time.Duration // 0: the client's
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
	// Parameters is what was sent besides the messages, as JSON.
	Parameters string
	Finish     string // why the answer ended, as the endpoint says it
	// Reason says why Text does not count: Refused, Filtered, CutShort, TooLong or
	// Unreadable (garbled, empty, too large, wrongly encoded); "" when it does.
	Reason pipeline.Reason
}

// Client asks one model at one endpoint. It is safe for concurrent use.
type Client struct {
	o    ClientOptions
	api  *openai.Client
	host string
}

// NewClient checks the options. It does not connect.
func NewClient(o ClientOptions) (*Client, error) {
	if o.Model == "" {
		return nil, errors.New("model: no name")
	}
	config := openai.DefaultConfig(o.Key)
	config.BaseURL = cmp.Or(o.BaseURL, config.BaseURL)
	u, err := url.Parse(config.BaseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("endpoint %q: no http or https URL", config.BaseURL)
	}
	config.HTTPClient = &http.Client{Transport: limited{http.DefaultTransport}}
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	return &Client{o, openai.NewClientWithConfig(config), u.Host}, nil
}

// Name is the model and its endpoint's host.
func (c *Client) Name() string { return c.o.Model + "@" + c.host }

// Ask sends a question once, and again only without what the endpoint does not
// take. An error is an *pipeline.Unavailable or ctx's. The ledger is told of
// every request.
func (c *Client) Ask(ctx context.Context, r Request) (Reply, error) {
	limit, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, c.o.Timeout))
	defer cancel()
	req := openai.ChatCompletionRequest{Model: c.o.Model, Temperature: math.SmallestNonzeroFloat32, Seed: r.Seed, MaxTokens: r.MaxOutput, Messages: []openai.ChatCompletionMessage{{Role: "system", Content: r.System}, {Role: "user", Content: r.User}}}
	for _, m := range r.Turns {
		req.Messages = append(req.Messages, openai.ChatCompletionMessage{Role: m.Role, Content: m.Content})
	}
	if r.Schema != nil {
		req.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONSchema, JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: r.SchemaName, Schema: r.Schema, Strict: true}}
	}
	res, err := c.api.CreateChatCompletion(limit, req)
	if err != nil {
		return Reply{}, &pipeline.Unavailable{Reason: pipeline.ModelUnavailable, Err: plain(err)}
	}
	if len(res.Choices) == 0 || res.Choices[0].Message.Content == "" {
		return Reply{Model: res.Model, Reason: pipeline.Unreadable}, nil
	}
	return Reply{
		Text: res.Choices[0].Message.Content, Model: res.Model, Finish: string(res.Choices[0].FinishReason),
		Usage: Usage{Input: res.Usage.PromptTokens, Output: res.Usage.CompletionTokens},
	}, nil
}
