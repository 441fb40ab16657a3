package cluster

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func begin(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // for tests that end early; the others close and check
	return s
}

func shut(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("close %q: %v", s.Dir(), err)
	}
}

// startOwner runs the owner in a process of its own and attaches to it.
func startOwner(t *testing.T, dir string) (*exec.Cmd, *Server) {
	t.Helper()
	cmd := ownerProcess(t, dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("owner says %q: %v", line, err)
	}
	s := begin(t, testOptions(dir))
	if !s.Attached() {
		t.Fatal("not attached to the owner's server")
	}
	return cmd, s
}

func ownerProcess(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), ownerEnv+"="+dir)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// openFolder is a temporary folder that every user may enter, which t.TempDir is not.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "assay-cluster-")
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
	return dir
}

func query(t *testing.T, s *Server, sql string, args ...any) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	var got string
	if err := errors.Join(conn.QueryRow(t.Context(), sql, args...).Scan(&got), conn.Close(t.Context())); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

// remember adds a line to a table, which it makes when it is missing.
func remember(t *testing.T, s *Server, line string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	_, makeErr := conn.Exec(t.Context(), `CREATE TABLE IF NOT EXISTS memory (n serial, line text)`)
	_, addErr := conn.Exec(t.Context(), `INSERT INTO memory (line) VALUES ($1)`, line)
	if err := errors.Join(makeErr, addErr, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func remembered(t *testing.T, s *Server) []string {
	t.Helper()
	return strings.Split(query(t, s, `SELECT string_agg(line, ',' ORDER BY n) FROM memory`), ",")
}

func mustBeClosed(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("Done is not closed")
	}
}

func deadProcess(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// zombie is a process that has ended and whose parent, this test, has not asked for its status yet.
func zombie(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	pid := cmd.Process.Pid
	if err := poll(t.Context(), time.Millisecond, func() bool { return describe(pid).zombie }); err != nil {
		t.Fatal(err)
	}
	return pid
}

func stranger(t *testing.T) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // killed by the context
	return cmd.Process.Pid
}

// writePIDFile imitates what a server leaves that had no time to clean up.
func writePIDFile(t *testing.T, dir string, pid int) {
	t.Helper()
	data, run := filepath.Join(dir, "data"), filepath.Join(dir, "run")
	text := fmt.Sprintf("%d\n%s\n1700000000\n%s\n%s\n\n", pid, data, port, run)
	name := filepath.Join(data, "postmaster.pid")
	writeFile(t, name, text)
	owner, _, err := ownerOf(data)
	if err != nil {
		t.Fatal(err)
	}
	lock := filepath.Join(run, ".s.PGSQL."+port+".lock")
	writeFile(t, lock, text)
	for _, f := range []string{name, lock} {
		if err := errors.Join(os.Chmod(f, 0o600), os.Chown(f, int(owner), -1)); err != nil {
			t.Fatal(err)
		}
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
