package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// ErrNotOwner is what an attached server answers to Interrupt, Resume and Restart.
var ErrNotOwner = errors.New("the server belongs to another process")

// ErrClosed is what a closed server answers to Interrupt, Resume and Restart.
var ErrClosed = errors.New("the server is closed")

// stopPatience is for open transactions to roll back and the last checkpoint to be written.
const stopPatience = 20 * time.Second

// process is one run of the postgres program. err may be read once exited is closed.
type process struct {
	pid    int
	log    int64 // where its part of the log begins, in bytes
	exited chan struct{}
	err    error
}

// launch starts postgres and returns when it accepts connections. The children of a killed server need a moment to
// notice, and nobody else can start before they are gone. The caller holds s.mu.
func (s *Server) launch(ctx context.Context) error {
	for {
		err := s.launchOnce(ctx)
		if err == nil || !strings.Contains(err.Error(), "pre-existing shared memory block") {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Server) launchOnce(ctx context.Context) error {
	p, err := s.spawn()
	if err != nil {
		return err
	}
	s.proc = p
	go s.watch(p)
	if err := s.awaitReady(ctx, p); err != nil {
		s.proc = nil
		p.stop(ctx)
		return err
	}
	return nil
}

func (s *Server) spawn() (*process, error) {
	log, size, err := s.openLog()
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own copy
	cmd := s.command(context.Background(), "postgres", s.arguments()...)
	cmd.Stdout, cmd.Stderr = log, log
	setParentDeathSignal(cmd.SysProcAttr, syscall.SIGINT)
	p := &process{log: size, exited: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the parent death signal follows the thread that forked, not the process
		defer close(p.exited)
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	return p, <-started
}

func (s *Server) watch(p *process) {
	<-p.exited
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == p {
		s.end()
	}
}

func (s *Server) awaitReady(ctx context.Context, p *process) error {
	var last error
	gone := false
	err := poll(ctx, 10*time.Millisecond, func() bool {
		select {
		case <-p.exited:
			gone = true
		default:
			last = s.ping(ctx)
		}
		return gone || last == nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("postgres is not ready: %w", errors.Join(err, last))
	case gone:
		return s.exitError(p)
	}
	return nil
}

func (s *Server) exitError(p *process) error {
	return fmt.Errorf("postgres ended by itself (%v); the end of %q:\n%s", exitText(p.err), s.logFile(), tail(s.logFile(), p.log, 8))
}

func exitText(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// stop asks for a fast shutdown and, when patience or ctx ends first, for one without a checkpoint, which loses nothing
// but makes the next start recover from the log.
func (p *process) stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	p.signal(syscall.SIGINT)
	select {
	case <-p.exited:
	case <-ctx.Done():
		p.signal(syscall.SIGQUIT)
		<-p.exited
	}
}

func (p *process) signal(sig syscall.Signal) {
	select {
	case <-p.exited: // the number may already belong to another process
	default:
		_ = syscall.Kill(p.pid, sig) // fails only when the process has just ended, which is what is wanted
	}
}

// Interrupt stops the server but keeps the folder, for trying out how a program bears the loss of its database.
// It does nothing when the server is already down.
func (s *Server) Interrupt(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayControl(); err != nil {
		return fmt.Errorf("interrupt: %w", err)
	}
	s.halt(ctx)
	return nil
}

// Resume starts the server again after Interrupt and returns when it accepts connections.
// It does nothing when the server is up.
func (s *Server) Resume(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.mayControl()
	if err == nil && s.proc == nil {
		err = s.launch(ctx)
	}
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	return nil
}

// Restart is Interrupt and Resume in one; connections are lost, data is not.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Interrupt(ctx); err != nil {
		return err
	}
	return s.Resume(ctx)
}

// Close stops a server that this process owns, within some twenty seconds, and leaves an attached one alone. It reports
// when the server had ended by itself before. Closing twice does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.quit)
	err := s.crash()
	s.halt(context.Background())
	s.end()
	if s.attached {
		return nil // watchOwner closes the lock file
	}
	if s.socket != "" && s.socket != s.runFolder() {
		_ = os.Remove(s.socket) // a leftover of PostgreSQL in it is no reason to fail
	}
	return errors.Join(err, s.lock.Close())
}

func (s *Server) crash() error {
	if s.proc == nil {
		return nil
	}
	select {
	case <-s.proc.exited:
		return s.exitError(s.proc)
	default:
		return nil
	}
}

// halt stops the process, if there is one. The caller holds s.mu.
func (s *Server) halt(ctx context.Context) {
	p := s.proc
	s.proc = nil // tells watch that the end is wanted
	if p != nil {
		p.stop(ctx)
	}
}

func (s *Server) mayControl() error {
	switch {
	case s.attached:
		return ErrNotOwner
	case s.closed:
		return ErrClosed
	}
	return nil
}

// poll calls try at once and then at every interval until it is true or ctx ends.
func poll(ctx context.Context, every time.Duration, try func() bool) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for !try() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
