package llm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// request is what an endpoint is asked.
type request struct {
	Input []string `json:"input"`
	Model string   `json:"model"`
}

// endpoint speaks the protocol; answer writes what it says to a request.
func endpoint(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, asked request)) (*Embedder, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		var asked request
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.URL.Path != "/v1/embeddings" || r.Header.Get("Authorization") != "Bearer secret" {
			http.Error(w, "no such thing", http.StatusNotFound)
			return
		}
		answer(w, r, asked)
	}))
	t.Cleanup(server.Close)
	e, err := NewEmbedder(Options{BaseURL: server.URL + "/v1", Key: "secret", Model: "m", Timeout: 5 * time.Second, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return e, &requests
}

// good answers with a vector that tells texts apart, backwards and numbered.
func good(w http.ResponseWriter, _ *http.Request, asked request) {
	var data []string
	for i := len(asked.Input) - 1; i >= 0; i-- {
		data = append(data, fmt.Sprintf(`{"object": "embedding", "index": %d, "embedding": [%d, 1, 0]}`, i, len(asked.Input[i])))
	}
	fmt.Fprintf(w, `{"object": "list", "model": %q, "data": [%s], "usage": {}}`, asked.Model, strings.Join(data, ","))
}

func TestEmbedKeepsTheOrderAndTheVectors(t *testing.T) {
	t.Parallel()
	e, requests := endpoint(t, good)
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
	if n := requests.Load(); n != 2 { // 102 distinct texts in batches of 64, once
		t.Errorf("%d requests", n)
	}
}

func TestEmbedFails(t *testing.T) {
	t.Parallel()
	write := func(format string) func(http.ResponseWriter, *http.Request, request) {
		return func(w http.ResponseWriter, _ *http.Request, _ request) { fmt.Fprint(w, format) }
	}
	status := func(code int, body string) func(http.ResponseWriter, *http.Request, request) {
		return func(w http.ResponseWriter, _ *http.Request, _ request) { w.WriteHeader(code); fmt.Fprint(w, body) }
	}
	tests := []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request, request)
		want   string
		again  bool // the next text is asked for at once
	}{
		{"no right", status(401, `{"error": {"message": "Incorrect API key: 机密", "type": "invalid_request_error"}}`), "the endpoint answered with status 401", false},
		{"too many", status(429, `{"error": {"message": "slow down"}}`), "the endpoint answered with status 429", false},
		{"broken", status(500, `<html>机密</html>`), "the endpoint answered with status 500", false},
		{"refused", status(400, `{"error": "机密 is too long"}`), "the endpoint answered with status 400", true},
		{"no JSON", write(`certainly! here are your vectors`), "the endpoint's answer cannot be read", false},
		{"cut", write(`{"data": [{"index": 0, "embedding": [1,`), "the endpoint's answer cannot be read", false},
		{"cut on the way", func(w http.ResponseWriter, _ *http.Request, _ request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"data": [`)
		}, "the endpoint's answer cannot be read", false},
		{"nothing", write(`{}`), "0 vectors for 2 texts", false},
		{"too few", write(`{"data": [{"index": 0, "embedding": [1, 0]}]}`), "1 vectors for 2 texts", false},
		{"one twice", write(`{"data": [{"index": 1, "embedding": [1, 0]}, {"index": 1, "embedding": [1, 0]}]}`), "vector 1 of 2 is out of place", false},
		{"out of range", write(`{"data": [{"index": 0, "embedding": [1, 0]}, {"index": 7, "embedding": [1, 0]}]}`), "vector 7 of 2 is out of place", false},
		{"wrong dimensions", write(`{"data": [{"index": 0, "embedding": [1, 0]}, {"index": 1, "embedding": [1, 0, 0]}]}`), "a vector has 3 numbers, others have 2", false},
		{"empty vectors", write(`{"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]}`), "a vector has no direction", false},
		{"hang", func(_ http.ResponseWriter, r *http.Request, _ request) { <-r.Context().Done() }, "context deadline exceeded", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, requests := endpoint(t, tt.answer)
			if tt.name == "hang" {
				e.timeout = 50 * time.Millisecond
			}
			var log bytes.Buffer
			e.log = slog.New(slog.NewTextHandler(&log, nil))
			if _, err := e.Embed(t.Context(), []string{"机密", "b"}); err == nil || err.Error() != "embed 2 texts: "+tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if strings.Contains(log.String(), "机密") || !strings.Contains(log.String(), tt.want) {
				t.Errorf("log: %s", log.String())
			}
			if _, err := e.Embed(t.Context(), []string{"c"}); err == nil || (requests.Load() == 2) != tt.again {
				t.Errorf("asked again: %d requests, %v", requests.Load(), err)
			}
		})
	}
}

func TestEmbedRecovers(t *testing.T) {
	t.Parallel()
	broken := atomic.Bool{}
	broken.Store(true)
	e, _ := endpoint(t, func(w http.ResponseWriter, r *http.Request, asked request) {
		if broken.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		good(w, r, asked)
	})
	now := time.Now()
	e.now = func() time.Time { return now }
	if _, err := e.Embed(t.Context(), []string{"a"}); err == nil {
		t.Fatal("no error")
	}
	broken.Store(false)
	if _, err := e.Embed(t.Context(), []string{"a"}); err == nil {
		t.Error("asked again at once")
	}
	now = now.Add(coolDown)
	if _, err := e.Embed(t.Context(), []string{"a"}); err != nil {
		t.Error(err)
	}
}

func TestOtherDimensionsLaterAreAnError(t *testing.T) {
	t.Parallel()
	e, _ := endpoint(t, good)
	if err := e.checkDimension([][]float32{{1, 0}}); err != nil {
		t.Fatal(err)
	}
	if err := e.checkDimension([][]float32{{1, 0, 0}}); err == nil {
		t.Error("another dimension is accepted")
	}
}

func TestNoServerAtAll(t *testing.T) {
	t.Parallel()
	e, err := NewEmbedder(Options{BaseURL: "http://127.0.0.1:1/v1", Model: "m", Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Embed(t.Context(), []string{"a"}); err == nil || err.Error() != "embed 1 texts: the endpoint cannot be reached" {
		t.Errorf("%v", err)
	}
	if e.Version() != "m@127.0.0.1:1" {
		t.Errorf("version %q", e.Version())
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{}, {Model: "m", BaseURL: "localhost:8000"}, {Model: "m", BaseURL: "ftp://host/v1"}, {Model: "m", BaseURL: "http://"}} {
		if _, err := NewEmbedder(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestVectorsAreBounded(t *testing.T) {
	t.Parallel()
	v := newVectors(10 * (keptBytes + 8))
	for i := range 100 {
		v.put([32]byte{byte(i)}, []float32{1, 0})
		v.get([32]byte{0}) // stays because it is asked for
	}
	if v.order.Len() != 10 || len(v.byText) != 10 || v.size > v.most || v.get([32]byte{0}) == nil || v.get([32]byte{50}) != nil {
		t.Errorf("%d kept, %d bytes", v.order.Len(), v.size)
	}
}
