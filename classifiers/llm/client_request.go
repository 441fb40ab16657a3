package llm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"strings"

	"github.com/sashabaranov/go-openai"

	"assay/pipeline"
)

// streamFrames is how many times more bytes a stream has: each piece of a few
// letters comes in a frame of some 200.
const streamFrames = 32

// once sends one request. An error is a *fault, the ledger's, or ctx's.
func (c *Client) once(ctx context.Context, r Request, can capability) (Reply, error) {
	messages := can.messages(r)
	texts := make([]string, len(messages))
	for i, m := range messages {
		texts[i] = m.Content
	}
	r.Call.Input = cmp.Or(r.Call.Input, EstimateTokens(texts...))
	r.Call.Output = cmp.Or(r.Call.Output, can.output(r))
	fields := can.fields(r)
	maps.Copy(fields, c.o.Extra)
	x := &exchange{to: c.to, fields: fields, most: c.o.MaxAnswerBytes}
	if fields["stream"] == true {
		x.most *= streamFrames
	}
	var a answer
	receipt, err := c.round(ctx, r, x, func(ctx context.Context) (Usage, string, error) {
		var err error
		a, err = x.chat(ctx, c.o.Model, messages)
		if err == nil && a.failed() {
			err = &fault{status: ServerFailed, words: "the endpoint gave up in the middle of the answer", billed: true}
		}
		return a.usage, a.model, err
	})
	reply := Reply{Model: receipt.Model, Usage: receipt.Usage, Parameters: receipt.Parameters}
	if err != nil {
		return reply, err
	}
	reply.Text, reply.Finish, reply.Reason = unwrap(a.text), a.finish, a.reason()
	if reply.Text == "" && r.Schema != nil && json.Valid([]byte(a.thoughts)) {
		// vLLM's parsers of thoughts take the answer for one where thinking is off:
		// https://github.com/vllm-project/vllm/issues/19222
		reply.Text = strings.TrimSpace(a.thoughts)
	}
	switch {
	case reply.Reason != "":
	case dropped(a.usage, EstimateTokens(texts...)):
		reply.Reason = pipeline.TooLong
	case reply.Text == "":
		reply.Reason = pipeline.Unreadable
	}
	return reply, nil
}

// round is one request between the opening and the closing of its account.
func (c *Client) round(ctx context.Context, r Request, x *exchange, send func(context.Context) (Usage, string, error)) (Receipt, error) {
	call := r.Call
	call.Endpoint, call.Model = cmp.Or(call.Endpoint, c.to.host), cmp.Or(call.Model, c.o.Model)
	ticket, err := c.o.Ledger.Open(ctx, call)
	if err != nil {
		return Receipt{}, err
	}
	limit, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, c.o.Timeout))
	defer cancel()
	began := c.o.Now()
	usage, model, err := send(limit)
	f := x.fault(limit, err, c.o.Now())
	receipt := Receipt{
		Model: model, Parameters: x.sent, Latency: c.o.Now().Sub(began), Status: Answered,
		Usage: used(usage, call, f), RetryAfter: x.after(c.o.Now()),
	}
	switch {
	case ctx.Err() != nil && f != nil:
		receipt.Status, err = Cancelled, ctx.Err()
	case f != nil:
		receipt.Status, err = f.status, f
	}
	return receipt, cmp.Or(c.o.Ledger.Close(context.WithoutCancel(ctx), ticket, call, receipt), err)
}

// used is what a request used: as the endpoint counts, or as much as it may have.
func used(counted Usage, call Call, f *fault) Usage {
	switch {
	case f != nil && !f.billed:
		return Usage{}
	case counted.Input+counted.Output == 0, absurd(counted, call):
		return Usage{Input: call.Input, Output: call.Output, Estimated: true}
	}
	return counted
}

// absurd reports whether an endpoint counts what no tokenizer can: such a number
// would use up budgets for good.
func absurd(counted Usage, call Call) bool {
	return counted.Input > absurdTimes*max(call.Input, absurdLeast) || counted.Output > absurdTimes*max(call.Output, absurdLeast)
}

// What counts as absurd. Models that think aloud exceed what was asked for, by far
// less than this.
const (
	absurdTimes = 50
	absurdLeast = 2000 // tokens
)

// chat asks by the library. The library checks models by their names before it
// sends anything: what it looks at is among the exchange's own fields.
func (x *exchange) chat(ctx context.Context, model string, messages []Message) (answer, error) {
	req := openai.ChatCompletionRequest{Model: model}
	for _, m := range messages {
		req.Messages = append(req.Messages, openai.ChatCompletionMessage{Role: m.Role, Content: m.Content})
	}
	if x.fields["stream"] == true {
		return x.stream(ctx, req)
	}
	res, err := x.client().CreateChatCompletion(ctx, req)
	if err != nil {
		return answer{}, err
	}
	return whole(res), nil
}

func whole(res openai.ChatCompletionResponse) answer {
	a := answer{model: res.Model, usage: usageOf(&res.Usage)}
	if len(res.Choices) == 0 {
		return a
	}
	m := res.Choices[0].Message
	a.finish, a.text, a.thoughts, a.refusal = string(res.Choices[0].FinishReason), m.Content, m.ReasoningContent, m.Refusal
	for _, part := range m.MultiContent { // some send the text in parts
		if part.Type == openai.ChatMessagePartTypeText {
			a.text += part.Text
		}
	}
	return a
}

// stream asks for an answer in pieces. Only one that says how it ended is whole:
// a connection that breaks looks like the end.
func (x *exchange) stream(ctx context.Context, req openai.ChatCompletionRequest) (answer, error) {
	s, err := x.client().CreateChatCompletionStream(ctx, req)
	if err != nil {
		return answer{}, err
	}
	defer s.Close()
	if x.unstreamed != nil {
		var res openai.ChatCompletionResponse
		err := json.Unmarshal(x.unstreamed, &res)
		return whole(res), err
	}
	var a answer
	var text, thoughts, refusal strings.Builder
	for {
		piece, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if _, ok := errors.AsType[*openai.APIError](err); ok {
			return a, &fault{status: ServerFailed, words: "the endpoint broke off with an error", billed: true}
		}
		if err != nil {
			return a, err
		}
		a.model = cmp.Or(a.model, piece.Model)
		if piece.Usage != nil {
			a.usage = usageOf(piece.Usage)
		}
		for _, c := range piece.Choices {
			text.WriteString(c.Delta.Content)
			thoughts.WriteString(c.Delta.ReasoningContent)
			refusal.WriteString(c.Delta.Refusal)
			a.finish = cmp.Or(string(c.FinishReason), a.finish)
		}
	}
	a.text, a.thoughts, a.refusal = text.String(), thoughts.String(), refusal.String()
	if a.finish == "" {
		x.err = io.ErrUnexpectedEOF
		return a, x.err
	}
	return a, nil
}

// mostTokens is more than any model takes at once.
const mostTokens = 100_000_000

// usageOf is what the endpoint counts; zero when that cannot be.
func usageOf(u *openai.Usage) Usage {
	out := Usage{Input: max(0, u.PromptTokens), Output: max(0, u.CompletionTokens)}
	if max(out.Input, out.Output) > mostTokens {
		return Usage{}
	}
	if d := u.PromptTokensDetails; d != nil {
		out.Cached = min(max(0, d.CachedTokens), out.Input)
	}
	if d := u.CompletionTokensDetails; d != nil {
		out.Reasoning = min(max(0, d.ReasoningTokens), out.Output)
	}
	return out
}
