// Package llm asks models behind an endpoint that speaks OpenAI's protocol:
// OpenAI itself, Azure, DashScope, vLLM, Ollama and many others.
//
// What a model says is data to be checked. A model that does not answer, or
// answers nonsense, is an error that the caller turns into "not evaluable".
package llm

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/sashabaranov/go-openai"

	"assay/pipeline/redact"
)

// Bounds of embedding.
const (
	vectorBytes = 64 << 20 // of the vectors that are kept
	batchTexts  = 64
	answerBytes = 64 << 20 // 64 vectors of 4,096 numbers take about 5 MB
)

// Embedder turns texts into vectors and implements pipeline.Embedder. Vectors
// are kept by their texts' hash. It is safe for concurrent use.
type Embedder struct {
	client *Client
	redact *redact.Rules

	mu        sync.Mutex
	kept      *recent[[sha256.Size]byte, []float32]
	dimension int // of all vectors; 0 until the first answer
}

// NewEmbedder asks the client's model. rules say what is redacted in sessions before
// their sentences are sent; nil sends them as they are.
func NewEmbedder(c *Client, rules *redact.Rules) *Embedder {
	return &Embedder{client: c, redact: rules, kept: newRecent[[sha256.Size]byte, []float32](vectorBytes)}
}

// Version names the model, the endpoint's host, and a hash of what is redacted.
func (e *Embedder) Version() string {
	if e.redact == nil {
		return e.client.Name() + " raw"
	}
	return e.client.Name() + " " + e.redact.Version()
}

// Redaction implements pipeline.Embedder.
func (e *Embedder) Redaction() *redact.Rules { return e.redact }

// Embed implements pipeline.Embedder. It asks for each distinct text once, in
// batches, and does not try again. Errors never contain texts.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out, missing := e.lookUp(texts)
	for len(missing) > 0 {
		batch := missing[:min(len(missing), batchTexts)]
		missing = missing[len(batch):]
		found, err := e.ask(ctx, batch)
		if err != nil {
			return nil, fmt.Errorf("embed %d texts: %w", len(batch), err)
		}
		for i, text := range batch {
			out[text] = found[i]
		}
	}
	list := make([][]float32, len(texts))
	for i, text := range texts {
		list[i] = out[text]
	}
	return list, nil
}

// lookUp returns the vectors that are known by text, and the other texts, each once.
func (e *Embedder) lookUp(texts []string) (map[string][]float32, []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := map[string][]float32{}
	var missing []string
	for _, text := range texts {
		if _, ok := out[text]; ok {
			continue
		}
		v, ok := e.kept.get(sha256.Sum256([]byte(text)))
		if out[text] = v; !ok {
			missing = append(missing, text)
		}
	}
	return out, missing
}

// ask sends one request and keeps what comes back.
func (e *Embedder) ask(ctx context.Context, texts []string) ([][]float32, error) {
	data, err := e.client.embed(ctx, texts)
	if err != nil {
		return nil, err
	}
	found, err := e.check(data, len(texts))
	if err != nil {
		e.client.o.Log.Warn("embedding failed", "model", e.Version(), "error", err)
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, v := range found {
		e.kept.put(sha256.Sum256([]byte(texts[i])), v, 4*len(v)+keptFrame)
	}
	return found, nil
}

// embed sends one request for vectors. An error is an *pipeline.Unavailable, ctx's
// or the ledger's.
func (c *Client) embed(ctx context.Context, texts []string) ([]openai.Embedding, error) {
	r := Request{Call: Call{Purpose: ForEmbedding, Input: EstimateTokens(texts...), Attempt: 1}}
	x := &exchange{to: c.to, most: answerBytes}
	var data []openai.Embedding
	_, err := c.round(ctx, r, x, func(ctx context.Context) (Usage, string, error) {
		res, err := x.client().CreateEmbeddings(ctx, openai.EmbeddingRequestStrings{Input: texts, Model: openai.EmbeddingModel(c.o.Model)})
		data = res.Data
		return usageOf(&res.Usage), string(res.Model), err
	})
	return data, c.failed(r, err)
}

// check puts an answer in the order of the texts, and its vectors to length 1.
func (e *Embedder) check(data []openai.Embedding, texts int) ([][]float32, error) {
	if len(data) != texts {
		return nil, fmt.Errorf("%d vectors for %d texts", len(data), texts)
	}
	numbered := false // some endpoints leave the numbers out
	for _, d := range data {
		numbered = numbered || d.Index != 0
	}
	out := make([][]float32, texts)
	for i, d := range data {
		if numbered {
			i = d.Index
		}
		if i < 0 || i >= texts || out[i] != nil {
			return nil, fmt.Errorf("vector %d of %d is out of place", i, texts)
		}
		v, err := unit(d.Embedding)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, e.checkDimension(out)
}

func (e *Embedder) checkDimension(list [][]float32) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	want := cmp.Or(e.dimension, len(list[0]))
	for _, v := range list {
		if len(v) != want {
			return fmt.Errorf("a vector has %d numbers, others have %d", len(v), want)
		}
	}
	e.dimension = want
	return nil
}

// unit scales a vector to length 1.
func unit(v []float32) ([]float32, error) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsInf(sum, 0) || math.IsNaN(sum) {
		return nil, errors.New("a vector has no direction")
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / math.Sqrt(sum))
	}
	return out, nil
}
