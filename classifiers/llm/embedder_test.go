package llm

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"assay/classifiers/llm/llmtest"
	"assay/pipeline"
)

// embedderOf asks a server, with everything that it logs.
func embedderOf(t *testing.T, script llmtest.Script, o ClientOptions) (*Embedder, *llmtest.Server, *bytes.Buffer) {
	t.Helper()
	c, server, log := clientOf(t, script, o)
	return NewEmbedder(c, nil), server, log
}

// lengths answers with vectors that tell texts apart, backwards and numbered.
func lengths(r llmtest.Request) llmtest.Answer {
	a := llmtest.Answer{}
	for _, text := range r.Input {
		a.Vectors = append(a.Vectors, []float32{float32(len(text)), 1, 0})
	}
	return a
}

func TestEmbedKeepsTheOrderAndTheVectors(t *testing.T) {
	t.Parallel()
	e, server, _ := embedderOf(t, lengths, ClientOptions{})
	texts := []string{"aaa", "b", "aaa"}
	for i := range 200 {
		texts = append(texts, strings.Repeat("字", i%100))
	}
	for range 2 {
		got, err := e.Embed(t.Context(), texts)
		if err != nil || len(got) != len(texts) {
			t.Fatalf("%d vectors: %v", len(got), err)
		}
		for i, v := range got {
			length := math.Hypot(float64(v[0]), float64(v[1]))
			if math.Abs(length-1) > 1e-5 || math.Abs(float64(v[0]/v[1])-float64(len(texts[i]))) > 1e-2 {
				t.Fatalf("text %d of %d bytes has %v", i, len(texts[i]), v)
			}
		}
	}
	if n := server.Count(); n != 2 { // 102 distinct texts in batches of 64, once
		t.Errorf("%d requests", n)
	}
}

func TestEmbedFails(t *testing.T) {
	t.Parallel()
	body := func(text string) llmtest.Answer { return llmtest.Answer{Body: &text} }
	numbered := func(items string) llmtest.Answer { return body(`{"data": [` + items + `]}`) }
	tests := []struct {
		name   string
		answer llmtest.Answer
		want   string
	}{
		{"no right", llmtest.Answer{Status: 401, Error: &llmtest.Error{Message: "Incorrect API key: 机密"}}, "status 401: check the key"},
		{"too many", llmtest.Answer{Status: 429}, "status 429: too many requests"},
		{"refused", llmtest.Answer{Error: &llmtest.Error{Message: "机密 cannot be embedded"}}, "status 400"},
		{"no JSON", body("certainly! here are your vectors"), "cannot be read"},
		{"cut on the way", llmtest.Answer{Fault: llmtest.CutBody}, "the connection broke"},
		{"nothing", body("{}"), "0 vectors for 2 texts"},
		{"too few", numbered(`{"index": 0, "embedding": [1, 0]}`), "1 vectors for 2 texts"},
		{"one twice", numbered(`{"index": 1, "embedding": [1, 0]}, {"index": 1, "embedding": [1, 0]}`), "vector 1 of 2 is out of place"},
		{"out of range", numbered(`{"index": 0, "embedding": [1, 0]}, {"index": 7, "embedding": [1, 0]}`), "vector 7 of 2 is out of place"},
		{"wrong dimensions", numbered(`{"index": 0, "embedding": [1, 0]}, {"index": 1, "embedding": [1, 0, 0]}`), "a vector has 3 numbers, others have 2"},
		{"empty vectors", numbered(`{"index": 0, "embedding": []}, {"index": 1, "embedding": []}`), "a vector has no direction"},
		{"hang", llmtest.Answer{Fault: llmtest.Hang}, "did not answer in time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := ClientOptions{}
			if tt.answer.Fault == llmtest.Hang {
				o.Timeout = 50 * time.Millisecond
			}
			e, _, log := embedderOf(t, llmtest.Always(tt.answer), o)
			_, err := e.Embed(t.Context(), []string{"机密", "b"})
			if err == nil || !strings.HasPrefix(err.Error(), "embed 2 texts: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if strings.Contains(log.String(), "机密") || !strings.Contains(log.String(), tt.want) {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}

func TestEmbeddingIsInTheAccounts(t *testing.T) {
	t.Parallel()
	book := newBook(t)
	e, _, _ := embedderOf(t, lengths, ClientOptions{Model: "embed", Ledger: book})
	if _, err := e.Embed(t.Context(), []string{"abcd"}); err != nil {
		t.Fatal(err)
	}
	got := book.entries()
	if len(got) != 1 || got[0].call.Purpose != ForEmbedding || got[0].call.Model != "embed" || got[0].receipt.Status != Answered || got[0].receipt.Usage.Input != 2 {
		t.Errorf("accounts: %+v", got)
	}
}

func TestAnEndpointThatKeepsFailingIsLeftAlone(t *testing.T) {
	t.Parallel()
	now := time.Now()
	broken := true
	e, server, _ := embedderOf(t, func(r llmtest.Request) llmtest.Answer {
		if broken {
			return llmtest.Answer{Status: 503}
		}
		return lengths(r)
	}, ClientOptions{Now: func() time.Time { return now }})
	for range 5 {
		if _, err := e.Embed(t.Context(), []string{"a"}); err == nil {
			t.Fatal("no error")
		} else if u, ok := errors.AsType[*pipeline.Unavailable](err); !ok || !u.Until.After(now) {
			t.Errorf("%v until %v", err, u.Until)
		}
	}
	if server.Count() != manyFailures {
		t.Errorf("%d requests", server.Count())
	}
	broken, now = false, now.Add(firstRest)
	if _, err := e.Embed(t.Context(), []string{"a"}); err != nil {
		t.Error(err)
	}
}

func TestOtherDimensionsLaterAreAnError(t *testing.T) {
	t.Parallel()
	e, _, _ := embedderOf(t, lengths, ClientOptions{})
	if err := e.checkDimension([][]float32{{1, 0}}); err != nil {
		t.Fatal(err)
	}
	if err := e.checkDimension([][]float32{{1, 0, 0}}); err == nil {
		t.Error("another dimension is accepted")
	}
}

func TestTheRecentIsBounded(t *testing.T) {
	t.Parallel()
	r := newRecent[int, string](10)
	for i := range 100 {
		r.put(i, "v", 1)
		r.get(0) // stays because it is asked for
	}
	_, first := r.get(0)
	_, middle := r.get(50)
	if r.order.Len() != 10 || len(r.byKey) != 10 || r.size != 10 || !first || middle {
		t.Errorf("%d kept, size %d", r.order.Len(), r.size)
	}
	r.put(0, "w", 3)
	if v, _ := r.get(0); v != "w" || r.size > 10 || len(r.byKey) != 8 {
		t.Errorf("after another value for a key: %q, %d kept, size %d", v, len(r.byKey), r.size)
	}
	r.put(7, "large", 1000)
	if _, ok := r.get(7); !ok || len(r.byKey) != 1 {
		t.Error("one that is too large is kept alone")
	}
}
