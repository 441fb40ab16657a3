package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dataFolder is a data folder that PostgreSQL's user may enter: those of
// t.TempDir are closed to others.
func newDataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "assay-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

func TestDemoShowsEverythingAndKeepsTheData(t *testing.T) {
	t.Parallel()
	data := newDataFolder(t)
	args := []string{"demo", "--exit", "--data", data, "--listen", "127.0.0.1:0"}
	out, err := command(t, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"97 new, 0 changed, 0 the same, 0 refused", "inspecting 97 of 97", "retail-chat", "telecom-call", "critical_failed",
		"demo-after-sales-zh safety          1    1        2               2 (manipulated, split)", "judge_split", "the answers are recordings, written by hand"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}
	again, err := command(t, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("second start: %v\n%s", err, again)
	}
	if !strings.Contains(string(again), "0 new, 0 changed, 97 the same") {
		t.Errorf("the second start does not find the data:\n%s", again)
	}
}

// serveDemo starts the demo and returns it with the address of its pages.
func serveDemo(t *testing.T, data string) (*exec.Cmd, string) {
	t.Helper()
	cmd := command(t, "demo", "--data", data, "--listen", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "Reviewers: "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }() // until it ends
			return cmd, url
		}
	}
	t.Fatalf("the demo ended without an address: %v", cmd.Wait())
	return nil, ""
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Errorf("GET %s: %s", url, resp.Status)
	}
	return string(body)
}

func TestKilledDemoDoesNotBlockTheNext(t *testing.T) {
	t.Parallel()
	data := newDataFolder(t)
	first, url := serveDemo(t, data)
	if page := get(t, url); !strings.Contains(page, "R-2026") {
		t.Error("the queue shows no session")
	}
	if err := first.Process.Kill(); err != nil { // kill -9
		t.Fatal(err)
	}
	_ = first.Wait() // killed is what it is meant to be

	second, url := serveDemo(t, data)
	get(t, url+"readyz")
	var answer struct {
		Suggestions []struct {
			SolutionID string `json:"solution_id"`
		} `json:"suggestions"`
	}
	if err := json.Unmarshal([]byte(get(t, url+"api/v1/suggest?q=%E6%80%8E%E4%B9%88%E9%80%80%E8%B4%A7")), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Suggestions) == 0 {
		t.Error("nothing is suggested for a question about returns")
	}
	if err := second.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- second.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("Ctrl-C: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("Ctrl-C did not end it within 30 s")
	}
}

func TestRefusedRecordsAreMendedAndImportedAgain(t *testing.T) {
	t.Parallel()
	data := newDataFolder(t)
	in := write(t, "in.jsonl", `{"id":"ok","channel":"chat","turns":[{"speaker":"agent","text":"您好"}]}`+"\n"+
		`{"id":"bad","channel":"chat","turns":[{"speaker":"boss","text":"hm"}]}`+"\n")
	rejects := filepath.Join(t.TempDir(), "rejects.jsonl")
	got := assay(t, "import", "--data", data, "--rejects", rejects, in)
	if got.status != 1 || !strings.Contains(got.stdout, "1 new, 0 changed, 0 the same, 1 refused") {
		t.Fatalf("exit status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
	kept, err := os.ReadFile(rejects)
	if err != nil {
		t.Fatal(err)
	}
	mended := write(t, "mended.jsonl", strings.ReplaceAll(string(kept), `"boss"`, `"agent"`))
	got = assay(t, "import", "--data", data, mended)
	if got.status != 0 || !strings.Contains(got.stdout, "1 new, 0 changed, 0 the same, 0 refused") {
		t.Errorf("exit status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
	if doctor := assay(t, "doctor", "--data", data); doctor.status != 0 || !strings.Contains(doctor.stdout, "0 records refused") {
		t.Errorf("doctor: exit status %d:\n%s%s", doctor.status, doctor.stdout, doctor.stderr)
	}
}

func TestWorkOutlivesTheProcessThatStartedTheServer(t *testing.T) {
	t.Parallel()
	data := newDataFolder(t)
	owner := command(t, "import", "--data", data, "-")
	in, err := owner.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	complaints, err := owner.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, "{\n"+strings.Repeat(" ", 1<<17)+"\n"); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(complaints).Scan() {
		t.Fatal("the import said nothing about a broken line")
	}
	worker := command(t, "work", "--data", data)
	said, err := worker.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(said).Scan() {
		t.Fatal("the worker did not start")
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, complaints); err != nil {
		t.Fatal(err)
	}
	if err := owner.Wait(); owner.ProcessState.ExitCode() != exitProblems {
		t.Errorf("the import ended with %v, want exit status 1", err)
	}

	file := write(t, "in.jsonl", `{"id":"s","channel":"chat","turns":[{"speaker":"agent","text":"您好"}]}`+"\n")
	await(t, "a session is imported", func() bool { return assay(t, "import", "--data", data, file).status == 0 })
	await(t, "the worker inspects it", func() bool {
		return strings.Contains(assay(t, "doctor", "--data", data).stdout, "1 sessions, 0 transcripts wait")
	})
	if err := worker.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := worker.Wait(); err != nil {
		t.Errorf("Ctrl-C: %v", err)
	}
}

// await polls until the condition holds; it gives up after a minute.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-limit.C:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

func TestRejectsFileNeverTakesItsInputWithIt(t *testing.T) {
	t.Parallel()
	data := newDataFolder(t)
	good := `{"id":"%s","channel":"chat","turns":[{"speaker":"agent","text":"您好"}]}` + "\n"
	bad := `{"id":"bad","channel":"chat","turns":[{"speaker":"boss","text":"hm"}]}` + "\n"
	file := write(t, "precious.jsonl", strings.ReplaceAll(good, "%s", "a")+bad)
	if got := assay(t, "import", "--data", data, "--rejects", file, file); got.status != exitProblems {
		t.Fatalf("exit status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
	left, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(left), "\n"); n != 1 || !strings.Contains(string(left), `"boss"`) {
		t.Errorf("left to mend: %q, want the refused record alone", left)
	}
	other := write(t, "other.jsonl", strings.ReplaceAll(good, "%s", "b"))
	if got := assay(t, "import", "--data", data, "--rejects", file, other); got.status != exitUsage || !strings.Contains(got.stderr, "exists already") {
		t.Errorf("overwriting another file: exit status %d: %s", got.status, got.stderr)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(left), "boss", "agent")), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := assay(t, "import", "--data", data, "--rejects", file, file); got.status != exitDone {
		t.Errorf("mended: exit status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
	if got := assay(t, "doctor", "--data", data); !strings.Contains(got.stdout, "0 records refused") {
		t.Errorf("mended records are still listed:\n%s", got.stdout)
	}
}

func TestPublishRefusesScorecardsWhoseExamplesFail(t *testing.T) {
	t.Parallel()
	card := `scorecard: x
name: x
sections:
  - id: a
    name: a
    criteria:
      - id: c
        name: c
        conditions: {hi: {keywords: {any: [hi]}}}
        met_when: hi
        examples: [{outcome: met, turns: ["agent: no"]}]
`
	file, data := write(t, "x.yaml", card), newDataFolder(t)
	if got := assay(t, "scorecard", "publish", "--data", data, file); got.status != exitProblems || !strings.Contains(got.stderr, "--force") {
		t.Errorf("exit status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
	if got := assay(t, "scorecard", "publish", "--force", "--data", data, file); got.status != exitDone {
		t.Errorf("forced: exit status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
	if got := assay(t, "scorecard", "list", "--data", data); !strings.Contains(got.stdout, "x ") {
		t.Errorf("not listed:\n%s", got.stdout)
	}
	if got := assay(t, "scorecard", "retire", "--data", data, "x"); got.status != exitDone {
		t.Errorf("retire: exit status %d: %s", got.status, got.stderr)
	}
}
