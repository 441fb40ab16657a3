package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pidFile is what PostgreSQL writes into postmaster.pid. The socket is missing in the first moments.
type pidFile struct {
	pid    int
	data   string // the data folder as the server was given it
	socket string // folder of the socket
}

func readPIDFile(name string) (pidFile, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return pidFile{}, err
	}
	lines := append(strings.Split(string(text), "\n"), make([]string, 5)...)
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return pidFile{}, fmt.Errorf("read %q: %q is no process number", name, lines[0])
	}
	return pidFile{pid: pid, data: lines[1], socket: lines[4]}, nil
}

// evict clears the way for our own server: an orphan of an owner that died is shut down, and a pid file that would block
// PostgreSQL for no reason is neutralised. The lock proves that no live owner minds.
func (s *Server) evict(ctx context.Context) error {
	old, err := readPIDFile(s.pidFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	p, running := lookAt(old.pid)
	if !running {
		return nil // PostgreSQL sees that itself
	}
	if !p.serves(old.data) {
		return s.disown(old)
	}
	if err := syscall.Kill(old.pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop the server that an earlier run left (process %d): %w", old.pid, err)
	}
	if err := poll(ctx, 20*time.Millisecond, func() bool { return !stillServes(old) }); err != nil {
		return fmt.Errorf("the server that an earlier run left (process %d) does not stop: %w", old.pid, err)
	}
	if _, running := lookAt(old.pid); running {
		return s.disown(old)
	}
	return nil
}

func stillServes(old pidFile) bool {
	p, running := lookAt(old.pid)
	return running && p.serves(old.data)
}

// disown puts our own process number into a pid file whose process is a zombie or a stranger that got the number later.
// PostgreSQL takes its parent's number for stale, as wanted. Deleting the file would be wrong: the rest of it lets
// PostgreSQL find out whether children of a killed server still use the data.
func (s *Server) disown(old pidFile) error {
	name := s.pidFile()
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil // the server removed it when it stopped
	}
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(name, []byte(strconv.Itoa(os.Getpid())+"\n"+rest), 0o600); err != nil {
		return err
	}
	err = os.Remove(filepath.Join(old.socket, ".s.PGSQL."+port+".lock"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// suspect is what the system tells about a process that a pid file names.
type suspect struct {
	zombie  bool
	known   bool   // command could be read
	command string // program and arguments, separated by spaces
}

// serves reports whether the process is a server on the data folder, as this package or pg_ctl starts it. A process that
// may not be looked at counts as one: waiting in vain does less harm than two servers on the same data.
func (s suspect) serves(data string) bool {
	if s.zombie {
		return false
	}
	return !s.known || strings.Contains(s.command+" ", "postgres -D "+data+" ")
}

// lookAt is false when there is no such process.
func lookAt(pid int) (suspect, bool) {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return suspect{}, false
	}
	return describe(pid), true
}
