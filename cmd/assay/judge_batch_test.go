package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"assay/classifiers/llm/llmtest"
	"assay/pipeline/store/storetest"
)

// batchServer speaks as much of OpenAI's files and batches as is used: one batch,
// whose answers come in the reverse order, one of them broken, one refused, and
// one never.
type batchServer struct {
	*httptest.Server
	mu       sync.Mutex
	lines    [][]byte // that were handed in
	metadata json.RawMessage
	batches  int
	ended    bool
}

func newBatchServer(t *testing.T) *batchServer {
	s := &batchServer{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/files", s.upload)
	mux.HandleFunc("POST /v1/batches", s.create)
	mux.HandleFunc("GET /v1/batches", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		var list []json.RawMessage
		if s.batches > 0 {
			list = append(list, s.batch())
		}
		reply(w, map[string]any{"data": list})
	})
	mux.HandleFunc("GET /v1/batches/batch-1", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Write(s.batch())
	})
	mux.HandleFunc("GET /v1/files/{id}/content", s.content)
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client left
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(answerTo(fmt.Appendf(nil, `{"method":"POST","url":"/v1/chat/completions","body":%s}`, body)))
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func reply(w io.Writer, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		fmt.Fprint(w, err)
	}
}

func (s *batchServer) upload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, _, err := r.FormFile("file")
	if err != nil || r.FormValue("purpose") != "batch" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.lines = nil
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.lines = append(s.lines, bytes.Clone(lines.Bytes()))
	}
	reply(w, map[string]string{"id": "file-in"})
}

func (s *batchServer) create(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in struct {
		Input    string          `json:"input_file_id"`
		Window   string          `json:"completion_window"`
		Endpoint string          `json:"endpoint"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Input != "file-in" || in.Window != "24h" || in.Endpoint != "/v1/chat/completions" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.batches++
	s.metadata = in.Metadata
	w.Write(s.batch())
}

func (s *batchServer) batch() json.RawMessage {
	b := map[string]any{"id": "batch-1", "status": "in_progress", "metadata": s.metadata}
	if s.ended {
		b["status"], b["output_file_id"], b["error_file_id"] = "expired", "file-out", "file-err"
	}
	out, err := json.Marshal(b)
	if err != nil {
		panic(err)
	}
	return out
}

func (s *batchServer) content(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := slices.Clone(s.lines)
	slices.Reverse(lines)
	if r.PathValue("id") == "file-err" {
		fmt.Fprintf(w, `{"custom_id":%q,"response":{"status_code":400,"body":{}},"error":null}`+"\n", customID(lines[1]))
		return
	}
	fmt.Fprintln(w, `{"custom_id":"nobody's","response":{"status_code":200,"body":{}}}`)
	for i, line := range lines {
		switch i {
		case 0:
			fmt.Fprintln(w, `{"custom_id": broken`)
		case 1, 2: // refused, and not come to
		default:
			body := answerTo(line)
			reply(w, map[string]any{"custom_id": customID(line), "response": map[string]any{"status_code": 200, "body": body}})
			reply(w, map[string]any{"custom_id": customID(line), "response": map[string]any{"status_code": 200, "body": body}}) // twice
		}
	}
}

func customID(line []byte) string {
	var l struct {
		ID string `json:"custom_id"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return ""
	}
	return l.ID
}

// answerTo is a model's answer to a line of a batch.
func answerTo(line []byte) json.RawMessage {
	var l struct {
		Method, URL string
		Body        struct {
			Format struct {
				Schema struct{ Schema json.RawMessage } `json:"json_schema"`
			} `json:"response_format"`
		}
	}
	if err := json.Unmarshal(line, &l); err != nil || l.Method != "POST" || l.URL != "/v1/chat/completions" {
		return json.RawMessage(`{}`)
	}
	text, err := json.Marshal(sayNo(llmtest.Request{Schema: l.Body.Format.Schema.Schema}).Text)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return fmt.Appendf(nil, `{"model":"m-1","choices":[{"finish_reason":"stop","message":{"content":%s}}],"usage":{"prompt_tokens":1000,"completion_tokens":100}}`, text)
}

// TestBatches hands in questions about stored sessions, twice as if the first
// time had been interrupted, and fetches the answers, of which some are missing.
func TestBatches(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	server := newBatchServer(t)
	flags := []string{"--database-url=" + pool.Config().ConnString(), "--model-url=" + server.URL + "/v1", "--llm-model=m", "--price-in=1", "--price-out=4"}
	say := func(want string, args ...string) {
		t.Helper()
		got := assay(t, args...)
		if got.status != 0 || !strings.Contains(got.stdout+got.stderr, want) {
			t.Fatalf("%v: exit status %d, want %q:\n%s%s", args, got.status, want, got.stdout, got.stderr)
		}
	}
	with := func(args ...string) []string { return append(args, flags...) }
	number := func(query string) int {
		t.Helper()
		var n int
		if err := pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	say("published", "scorecard", "publish", write(t, "try.yaml", strings.Replace(tryCard, "for: {channels: [chat]}\n", "", 1)), flags[0])
	say("new", "import", demoSessions, flags[0])
	work(t, pool, func() bool { return number(`SELECT count(*) FROM verdicts WHERE current`) >= 97 })

	say("no batches are under way", with("judge", "batch", "fetch")...)
	say("handed in: ", with("judge", "batch", "submit", "--yes", "--by", "li")...)
	requests := len(server.lines)
	if n := number(`SELECT count(*) FROM model_calls WHERE status = 'open' AND purpose = 'batch' AND reserved_cost BETWEEN 1 AND 2 * reserved_tokens`); n != requests || n < 97 {
		t.Fatalf("%d requests in the ledger, %d handed in", n, requests)
	}
	// The process was killed after the endpoint had taken the batch, and before it was noted.
	if _, err := pool.Exec(t.Context(), `UPDATE model_batches SET state = 'preparing', remote = ''`); err != nil {
		t.Fatal(err)
	}
	say("fetched 0", with("judge", "batch", "fetch")...)
	say("handed in: 0 requests", with("judge", "batch", "submit", "--yes", "--since", "2100-01-01")...)
	if server.batches != 1 {
		t.Errorf("%d batches at the endpoint, want the one", server.batches)
	}
	say("submitted  in_progress", "judge", "batch", "status", flags[0])

	say("fetched 0", with("judge", "batch", "fetch")...)
	server.mu.Lock()
	server.ended = true
	server.mu.Unlock()
	say("fetched 1 batches; none is left", with("judge", "batch", "fetch")...)
	say("no batches are under way", with("judge", "batch", "fetch")...)
	if a, f := number(`SELECT count(*) FROM model_batch_requests WHERE state = 'answered'`), number(`SELECT count(*) FROM model_batch_requests WHERE state = 'failed'`); a != requests-3 || f != 3 {
		t.Errorf("%d answered and %d failed of %d, want all but three", a, f, requests)
	}
	if n := number(`SELECT sum(cost)::integer FROM model_calls WHERE status = 'ok'`); n != (requests-3)*(1000+4*100)/2 {
		t.Errorf("they cost %d millionths, want half of the price", n)
	}
	left := number(`SELECT count(DISTINCT verdict_id) FROM model_batch_requests WHERE state = 'failed'`)
	judged := 97 - left
	work(t, pool, func() bool { return number(`SELECT count(*) FROM verdicts WHERE current AND judged`) >= judged }, flags[1:]...)
	if n := number(`SELECT count(*) FROM verdicts WHERE judged`); n != judged {
		t.Errorf("%d sessions are judged, of %d whose questions were all answered", n, judged)
	}
	if n := number(`SELECT count(*) FROM model_calls WHERE purpose = 'judge'`); n > 0 {
		t.Errorf("%d questions are asked again that the batch had answered", n)
	}
}

func TestAnEndpointWithoutBatchesLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	db := "--database-url=" + pool.Config().ConnString()
	var status atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
	}))
	t.Cleanup(server.Close)
	model := []string{"--model-url=" + server.URL + "/v1", "--llm-model=m", "--price-in=1", "--price-out=4", db}
	say := func(exit int, want string, args ...string) {
		t.Helper()
		got := assay(t, args...)
		if got.status != exit || !strings.Contains(got.stdout+got.stderr, want) {
			t.Fatalf("%v: exit status %d, want %d and %q:\n%s%s", args, got.status, exit, want, got.stdout, got.stderr)
		}
	}
	left := func(want int) {
		t.Helper()
		var n int
		const query = `SELECT (SELECT count(*) FROM model_batches) + (SELECT count(*) FROM model_calls) + (SELECT count(*) FROM model_batch_requests)`
		if err := pool.QueryRow(t.Context(), query).Scan(&n); err != nil || n != want {
			t.Fatalf("%d rows are left, want %d: %v", n, want, err)
		}
	}
	say(0, "published", "scorecard", "publish", write(t, "try.yaml", tryCard), db)
	say(0, "new", "import", write(t, "s.jsonl", `{"id":"a","channel":"chat","turns":[{"speaker":"agent","text":"hello"}]}`+"\n"), db)
	work(t, pool, func() bool {
		var n int
		return pool.QueryRow(t.Context(), `SELECT count(*) FROM verdicts`).Scan(&n) == nil && n == 1
	})
	submit := append([]string{"judge", "batch", "submit", "--yes"}, model...)
	for _, s := range []int64{404, 501} {
		status.Store(s)
		say(1, "judge with \"assay judge run\" instead; nothing was handed in", submit...)
		left(0)
	}
	status.Store(500)
	say(1, "\"assay judge batch cancel 3\" forgets it", submit...)
	left(3)
	status.Store(404)
	say(2, "assay judge batch status", append([]string{"judge", "batch", "cancel", "77"}, model...)...)
	say(0, "batch 3 is cancelled", append([]string{"judge", "batch", "cancel", "3"}, model...)...)
	left(0)
}
