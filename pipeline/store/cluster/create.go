package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// create makes the data folder. It works beside the final place and renames, so that a crash never leaves half a cluster
// behind.
func (s *Server) create(ctx context.Context) error {
	if err := s.sweepUnfinished(ctx); err != nil {
		return err
	}
	var failures []string
	for _, locale := range locales() {
		unfinished, err := os.MkdirTemp(s.opt.Dir, "data.new-*") // closed to others
		if err != nil {
			return err
		}
		if err := s.account.own(unfinished); err != nil {
			return err
		}
		out, err := s.initdb(ctx, unfinished, locale)
		if err == nil {
			return os.Rename(unfinished, s.data())
		}
		failures = append(failures, fmt.Sprintf("with locale %q: %v\n%s", locale, err, strings.TrimSpace(out)))
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(fmt.Errorf("initdb %s", strings.Join(failures, "\n")), ctx.Err())
}

// sweepUnfinished removes what an owner left that was killed while it created the cluster. A last child of its initdb may
// still be writing there, for which reason the folders have names that are not used twice.
func (s *Server) sweepUnfinished(ctx context.Context) error {
	entries, err := os.ReadDir(s.opt.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "data.new-") {
			continue
		}
		var last error
		err := poll(ctx, 20*time.Millisecond, func() bool {
			last = os.RemoveAll(filepath.Join(s.opt.Dir, e.Name()))
			return last == nil
		})
		if err != nil {
			return errors.Join(err, last)
		}
	}
	return nil
}

// locales compare bytewise, both of them; C.UTF-8 also knows the case of letters outside ASCII, but not every system
// has it.
func locales() []string {
	if runtime.GOOS == "darwin" {
		return []string{"C"}
	}
	return []string{"C.UTF-8", "C"}
}

func (s *Server) initdb(ctx context.Context, data, locale string) (string, error) {
	cmd := s.command(ctx, "initdb", "-D", data, "-U", user, "-E", "UTF8", "--locale="+locale,
		"--auth-local=trust", "--auth-host=reject", "--data-checksums", "--no-sync", "--no-instructions")
	setParentDeathSignal(cmd.SysProcAttr, syscall.SIGKILL)
	runtime.LockOSThread() // see spawn
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// command prepares a PostgreSQL program to run under the account. It runs in the cluster's folder, because the caller's
// may be closed to that account; in a process group of its own, so that Ctrl-C reaches only us; and with none of the
// caller's environment, which may hold PG variables and secrets.
func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.programs.Dir, name), args...)
	cmd.Dir = s.opt.Dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account.credential, Setpgid: true}
	return cmd
}
