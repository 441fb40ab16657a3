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
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/sashabaranov/go-openai"
)

// Options say which model embeds texts, and where.
type Options struct {
	BaseURL string        // with the version: https://api.openai.com/v1; "" is OpenAI's
	Key     string        // "" where the endpoint asks for none
	Model   string        // the model's name; must be given
	Timeout time.Duration // of one request; default 30 s
	// CacheBytes bounds the vectors that are kept in memory; default 64 MB.
	CacheBytes int
	Log        *slog.Logger // told when the endpoint fails; default slog.Default()
}

// Defaults and bounds of embedding.
const (
	defaultTimeout    = 30 * time.Second
	defaultCacheBytes = 64 << 20

	batchTexts  = 64
	answerBytes = 64 << 20 // 64 vectors of 4,096 numbers take about 5 MB
	// coolDown is how long a failed endpoint is left alone, so that a queue of
	// sessions does not wait for the timeout one by one.
	coolDown = 30 * time.Second
)

// Embedder turns texts into vectors and implements pipeline.Embedder. Vectors
// are kept by their texts' hash. It is safe for concurrent use.
type Embedder struct {
	client  *openai.Client
	model   string
	version string
	timeout time.Duration
	log     *slog.Logger
	now     func() time.Time

	mu         sync.Mutex
	kept       *vectors
	dimension  int       // of all vectors; 0 until the first answer
	closedTill time.Time // the endpoint failed, and is left alone until then
}

// NewEmbedder checks the options. It does not connect.
func NewEmbedder(o Options) (*Embedder, error) {
	if o.Model == "" {
		return nil, errors.New("embedding model: no name")
	}
	config := openai.DefaultConfig(o.Key)
	config.BaseURL = cmp.Or(o.BaseURL, config.BaseURL)
	u, err := url.Parse(config.BaseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("endpoint %q: no http or https URL", config.BaseURL)
	}
	config.HTTPClient = &http.Client{Transport: limited{http.DefaultTransport}}
	e := &Embedder{
		client: openai.NewClientWithConfig(config), model: o.Model, version: o.Model + "@" + u.Host,
		timeout: cmp.Or(o.Timeout, defaultTimeout), log: o.Log, now: time.Now,
		kept: newVectors(cmp.Or(o.CacheBytes, defaultCacheBytes)),
	}
	if e.log == nil {
		e.log = slog.Default()
	}
	return e, nil
}

// Version names the model and the endpoint's host.
func (e *Embedder) Version() string { return e.version }

// limited bounds the bytes of answers.
type limited struct{ http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, answerBytes)
	}
	return res, err
}

// errResting is what is left of an earlier failure.
var errResting = errors.New("the endpoint failed a moment ago")

// Embed implements pipeline.Embedder. It asks for each distinct text once, in
// batches, and does not try again: after a failure the endpoint is left alone
// for half a minute. Errors never contain texts.
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
		v := e.kept.get(sha256.Sum256([]byte(text)))
		if out[text] = v; v == nil {
			missing = append(missing, text)
		}
	}
	return out, missing
}

// ask sends one request and keeps what comes back.
func (e *Embedder) ask(ctx context.Context, texts []string) ([][]float32, error) {
	if e.resting() {
		return nil, errResting
	}
	limit, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	res, err := e.client.CreateEmbeddings(limit, openai.EmbeddingRequestStrings{Input: texts, Model: openai.EmbeddingModel(e.model)})
	var found [][]float32
	if err = plain(err); err == nil {
		found, err = e.check(res.Data, len(texts))
	}
	if err != nil {
		e.fail(ctx, err)
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, v := range found {
		e.kept.put(sha256.Sum256([]byte(texts[i])), v)
	}
	return found, nil
}

func (e *Embedder) resting() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now().Before(e.closedTill)
}

// fail leaves the endpoint alone for a while, unless it was the caller who gave
// up, or these texts that it refused.
func (e *Embedder) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if s, ok := errors.AsType[statusError](err); !ok || s != http.StatusBadRequest && s != http.StatusRequestEntityTooLarge && s != http.StatusUnprocessableEntity {
		e.mu.Lock()
		e.closedTill = e.now().Add(coolDown)
		e.mu.Unlock()
	}
	e.log.Warn("embedding failed", "model", e.version, "error", err)
}

// statusError is the HTTP status of an answer that is none.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("the endpoint answered with status %d", int(s))
}

// plain leaves of an error what says nothing of the texts: an endpoint may send
// back what it was sent.
func plain(err error) error {
	if err == nil {
		return nil
	}
	if r, ok := errors.AsType[*openai.RequestError](err); ok {
		return statusError(r.HTTPStatusCode)
	}
	if a, ok := errors.AsType[*openai.APIError](err); ok {
		return statusError(a.HTTPStatusCode)
	}
	for _, known := range []error{context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, known) {
			return known
		}
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return errors.New("the endpoint cannot be reached")
	}
	return errors.New("the endpoint's answer cannot be read")
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
