package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options says where a cluster lives and how it runs.
type Options struct {
	Dir      string            // the cluster's own folder; created if missing; nothing else should live in it
	Database string            // created if missing; default "assay"
	BinDir   string            // folder of postgres and initdb; default: search, see [Find]
	RunAs    string            // when root: the user to run PostgreSQL as; default: see the package comment
	Settings map[string]string // server settings that replace or extend the defaults; ignored when attaching
	TakeOver bool              // when the owner that this process is attached to ends, start the server again and own it
}

// Server is a running cluster that this process owns or is attached to. Its methods may be called concurrently.
type Server struct {
	opt      Options
	programs Programs
	account  account
	socket   string // folder of the socket
	lock     *os.File

	ended sync.Once
	done  chan struct{} // closed when the server is gone for good
	quit  chan struct{} // closed by Close, ends the watch of an attached server

	mu       sync.Mutex
	attached bool
	proc     *process // nil when attached, interrupted or closed
	closed   bool
}

// Start brings the cluster in o.Dir up, or attaches to it when another process owns it, and makes sure that o.Database
// exists. It waits as long as ctx allows, which matters when PostgreSQL has to recover from a crash first: a new cluster
// takes about a second, an existing one a tenth of that. Errors wrap [ErrNoPrograms] and [ErrVersion] where they apply.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start private postgresql in %q: %w", o.Dir, err)
	}
	return s, nil
}

func start(ctx context.Context, o Options) (*Server, error) {
	s, err := open(o)
	if err != nil {
		return nil, err
	}
	if err := s.lockOrAttach(ctx); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	if s.attached {
		go s.watchOwner()
		return s, nil
	}
	if err := s.bringUp(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// open makes the cluster's folder and opens its lock file, without taking the lock.
func open(o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, errors.New("no folder given")
	}
	if o.Database == "" {
		o.Database = "assay"
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	o.Dir = dir
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return &Server{opt: o, lock: lock, done: make(chan struct{}), quit: make(chan struct{})}, nil
}

// makeFolder creates dir so that PostgreSQL's user can enter it whatever the umask is.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// lockOrAttach ends with either the lock or a working connection to the owner's server. It asks for both in turn, since
// the owner may be starting or ending just now.
func (s *Server) lockOrAttach(ctx context.Context) error {
	var attachErr error
	err := poll(ctx, 50*time.Millisecond, func() bool {
		if s.tryLock() {
			attachErr = nil
			return true
		}
		attachErr = s.attach(ctx)
		s.attached = attachErr == nil
		return s.attached || refused(attachErr)
	})
	if err == nil && attachErr == nil {
		return nil
	}
	return fmt.Errorf("another process owns it, and its server cannot be used: %w", errors.Join(err, attachErr))
}

func (s *Server) tryLock() bool {
	return syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

func (s *Server) attach(ctx context.Context) error {
	owner, err := readPIDFile(s.pidFile())
	if err != nil {
		return err
	}
	s.socket = owner.socket
	return s.ensureDatabase(ctx)
}

// watchOwner waits until the owner lets go of the lock. The server's process would be the wrong thing to watch: the
// owner may restart it. Then the server is taken over, or Done is closed.
func (s *Server) watchOwner() {
	every := 500 * time.Millisecond
	if s.opt.TakeOver {
		every = 20 * time.Millisecond // before somebody else starts it for a moment
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for !s.tryLock() {
		select {
		case <-s.quit:
			_ = s.lock.Close() // it was only probed
			return
		case <-tick.C:
		}
	}
	if s.opt.TakeOver && s.takeOver() == nil {
		return
	}
	_ = s.lock.Close() // whoever comes next may try
	s.end()
}

// takeOver makes this process, which holds the lock now, the owner. The
// connections of the old server are gone; new ones find the same socket.
func (s *Server) takeOver() error {
	ctx, cancel := context.WithTimeout(context.Background(), takeOverTimeout)
	defer cancel()
	if err := s.bringUp(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attached = false
	return nil
}

// takeOverTimeout bounds a start after the owner's end, recovery from its crash included.
const takeOverTimeout = 2 * time.Minute

// bringUp is the owner's way from a folder to a database.
func (s *Server) bringUp(ctx context.Context) error {
	major, err := dataMajor(s.data())
	if err != nil {
		return err
	}
	if s.programs, err = findMajor(s.opt.BinDir, major); err != nil {
		return err
	}
	if s.account, err = chooseAccount(s.opt.RunAs, s.data()); err != nil {
		return err
	}
	if err := s.prepareFolders(ctx); err != nil {
		return err
	}
	if major == 0 {
		if err := s.create(ctx); err != nil {
			return err
		}
	} else if err := s.evict(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if err := s.launch(ctx); err != nil {
		return err
	}
	return s.ensureDatabase(ctx)
}

// dataMajor returns the release that made the data folder, zero when there is none yet.
func dataMajor(data string) (int, error) {
	file := filepath.Join(data, "PG_VERSION")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return 0, foreignData(data)
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("read %q: %q is no PostgreSQL release", file, text)
	}
	return major, nil
}

// foreignData refuses a data folder that has something in it but is no cluster.
func foreignData(data string) error {
	entries, err := os.ReadDir(data)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%q holds files but no PG_VERSION: not a PostgreSQL data folder; move it away or choose another folder", data)
	}
	return err
}

func (s *Server) data() string      { return filepath.Join(s.opt.Dir, "data") }
func (s *Server) pidFile() string   { return filepath.Join(s.data(), "postmaster.pid") }
func (s *Server) logFile() string   { return filepath.Join(s.opt.Dir, "postgres.log") }
func (s *Server) runFolder() string { return filepath.Join(s.opt.Dir, "run") }

// URL is the connection string of Options.Database in keyword form, as pgx reads it. It stays valid over [Server.Restart].
func (s *Server) URL() string { return s.dsn(s.opt.Database) }

// URLOf is the connection string of another database of the cluster. It does not create the database.
func (s *Server) URLOf(database string) string { return s.dsn(database) }

// Dir is the absolute folder of the cluster.
func (s *Server) Dir() string { return s.opt.Dir }

// Attached reports that another process owns the server.
func (s *Server) Attached() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attached
}

// Done is closed when the server is gone and will not come back by itself: it ended unasked, its owner ended (noticed
// within a second) and it was not taken over, or Close was called. [Server.Interrupt] and [Server.Restart] do not close it.
func (s *Server) Done() <-chan struct{} { return s.done }

func (s *Server) end() { s.ended.Do(func() { close(s.done) }) }
