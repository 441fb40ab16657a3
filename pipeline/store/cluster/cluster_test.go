package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// ownerEnv names the folder that a re-run of this test binary owns until it is killed.
const ownerEnv = "ASSAY_TEST_CLUSTER_OWNER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerEnv); dir != "" {
		os.Exit(own(dir))
	}
	os.Exit(m.Run())
}

// own says "ready" once the server is up and stays until its standard input ends.
func own(dir string) int {
	if _, err := Start(context.Background(), testOptions(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return 1
	}
	return 0
}

func testOptions(dir string) Options {
	return Options{Dir: dir, Settings: map[string]string{
		"fsync":           "off",
		"shared_buffers":  "8MB",
		"max_connections": "10",
	}}
}

func TestStart(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)

	s := begin(t, testOptions(dir))
	if s.Attached() {
		t.Error("the first server says that it is attached")
	}
	remember(t, s, "cold")
	shut(t, s)

	s = begin(t, testOptions(dir))
	remember(t, s, "warm")
	if diff := cmp.Diff([]string{"cold", "warm"}, remembered(t, s)); diff != "" {
		t.Errorf("data after a second start (-want +got):\n%s", diff)
	}
	if got := query(t, s, `SELECT current_setting('listen_addresses') || current_setting('max_connections')`); got != "10" {
		t.Errorf("listen_addresses and max_connections are %q, want no address and 10", got)
	}
	shut(t, s)
	mustBeClosed(t, s.Done())
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestStartAttachesWhileAnotherOwns(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	owner := begin(t, testOptions(dir))
	remember(t, owner, "owner's")

	second := begin(t, Options{Dir: dir, Database: "another"})
	if !second.Attached() {
		t.Fatal("the second server is not attached")
	}
	if got := query(t, second, `SELECT current_database()::text`); got != "another" {
		t.Errorf("database is %q, want another", got)
	}
	for name, op := range map[string]func(context.Context) error{
		"Interrupt": second.Interrupt, "Resume": second.Resume, "Restart": second.Restart,
	} {
		if err := op(t.Context()); !errors.Is(err, ErrNotOwner) {
			t.Errorf("%s of an attached server: %v, want ErrNotOwner", name, err)
		}
	}
	shut(t, second)
	remember(t, owner, "still there")

	third := begin(t, testOptions(dir))
	shut(t, owner)
	mustBeClosed(t, third.Done())
	shut(t, third)
}

func TestStartTogether(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	servers := make(chan *Server, 3)
	for range cap(servers) {
		go func() {
			s, err := Start(t.Context(), testOptions(dir))
			if err != nil {
				t.Error(err)
			}
			servers <- s
		}()
	}
	owners := 0
	for range cap(servers) {
		s := <-servers
		if s == nil {
			continue
		}
		if !s.Attached() {
			owners++
		}
		defer shut(t, s)
	}
	if owners != 1 {
		t.Errorf("%d owners, want 1", owners)
	}
}

func TestStartAfterOwnerWasKilled(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	for i := range 3 {
		owner, attached := startOwner(t, dir)
		remember(t, attached, strconv.Itoa(i))
		if err := owner.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := owner.Wait(); err == nil {
			t.Fatal("the killed owner ended well")
		}
	}
	s := begin(t, testOptions(dir))
	if diff := cmp.Diff([]string{"0", "1", "2"}, remembered(t, s)); diff != "" {
		t.Errorf("data after the owner was killed (-want +got):\n%s", diff)
	}
	shut(t, s)
}

func TestStartEvictsOrphan(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	orphan := begin(t, testOptions(dir))
	remember(t, orphan, "orphan's")
	if err := orphan.lock.Close(); err != nil { // what a dead owner looks like without a parent death signal
		t.Fatal(err)
	}

	s := begin(t, testOptions(dir))
	if s.Attached() {
		t.Error("attached to a server without an owner")
	}
	mustBeClosed(t, orphan.Done())
	if diff := cmp.Diff([]string{"orphan's"}, remembered(t, s)); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	shut(t, s)
	if err := orphan.Close(); err == nil {
		t.Error("Close says nothing of a server that ended unasked")
	}
}

func TestStartAfterServerWasKilled(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	s := begin(t, testOptions(dir))
	remember(t, s, "kept")
	if err := syscall.Kill(s.proc.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	mustBeClosed(t, s.Done())
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("Close after the server was killed: %v, want its exit status", err)
	}
	s = begin(t, testOptions(dir))
	if diff := cmp.Diff([]string{"kept"}, remembered(t, s)); diff != "" {
		t.Errorf("data after the server was killed (-want +got):\n%s", diff)
	}
	shut(t, s)
}

func TestStartIgnoresStalePIDFile(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	shut(t, begin(t, testOptions(dir)))
	other := begin(t, testOptions(openFolder(t)))
	t.Cleanup(func() { shut(t, other) })

	for name, pid := range map[string]int{
		"of a process that is gone":         deadProcess(t),
		"of a zombie":                       zombie(t),
		"of a process that is no server":    stranger(t),
		"of a server on another folder":     other.proc.pid,
		"of this process, as in containers": os.Getpid(),
	} {
		t.Run(name, func(t *testing.T) {
			writePIDFile(t, dir, pid)
			s := begin(t, testOptions(dir))
			shut(t, s)
		})
	}
	if err := other.ping(t.Context()); err != nil {
		t.Errorf("the server on another folder was disturbed: %v", err)
	}
}

func TestInterruptAndResume(t *testing.T) {
	t.Parallel()
	s := begin(t, testOptions(openFolder(t)))
	remember(t, s, "before")
	for range 2 {
		if err := s.Interrupt(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if conn, err := pgx.Connect(t.Context(), s.URL()); err == nil {
		t.Error("an interrupted server answers", conn.Close(t.Context()))
	}
	for range 2 {
		if err := s.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"before"}, remembered(t, s)); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	select {
	case <-s.Done():
		t.Error("Done is closed by an interruption")
	default:
	}
	shut(t, s)
	if err := s.Resume(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Resume after Close: %v, want ErrClosed", err)
	}
}

func TestStartInUnusualFolders(t *testing.T) {
	t.Parallel()
	for name, sub := range map[string]string{
		"path longer than a socket address": strings.Repeat("long/", 40) + "pg",
		"spaces and Chinese":                "数据 库/pg",
		"characters of connection strings":  `it's "a", b\c`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, testOptions(filepath.Join(openFolder(t), sub)))
			remember(t, s, "x")
			second := begin(t, testOptions(s.Dir()))
			if !second.Attached() {
				t.Error("the second server is not attached")
			}
			shut(t, second)
			shut(t, s)
			if _, err := os.Stat(s.socket); s.socket != s.runFolder() && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("socket folder %q is left behind: %v", s.socket, err)
			}
		})
	}
}

func TestStartIgnoresPostgresEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"PGHOST": "/nowhere", "PGPORT": "1", "PGUSER": "nobody", "PGDATABASE": "none", "PGDATA": "/nowhere",
		"PGOPTIONS": "-c wrong=1", "PGTARGETSESSIONATTRS": "standby", "PGCHANNELBINDING": "require", "PGSSLMODE": "verify-full",
	} {
		t.Setenv(name, value)
	}
	s := begin(t, testOptions(openFolder(t)))
	remember(t, s, "x")
	shut(t, s)
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, dir string) Options
		want    []string
		is      error
	}{
		"data of another release": {
			prepare: func(t *testing.T, dir string) Options {
				writeFile(t, filepath.Join(dir, "data", "PG_VERSION"), "12\n")
				return Options{Dir: dir}
			},
			want: []string{"it needs release 12", "installed here: "},
			is:   ErrVersion,
		},
		"release that cannot be read": {
			prepare: func(t *testing.T, dir string) Options {
				writeFile(t, filepath.Join(dir, "data", "PG_VERSION"), "x")
				return Options{Dir: dir}
			},
			want: []string{`PG_VERSION": "x" is no PostgreSQL release`},
		},
		"something else in the data folder": {
			prepare: func(t *testing.T, dir string) Options {
				writeFile(t, filepath.Join(dir, "data", "letter.txt"), "Dear")
				return Options{Dir: dir}
			},
			want: []string{"not a PostgreSQL data folder"},
		},
		"no programs": {
			prepare: func(_ *testing.T, dir string) Options { return Options{Dir: dir, BinDir: dir} },
			want:    []string{"apt-get install postgresql", "brew install", "DATABASE_URL"},
			is:      ErrNoPrograms,
		},
		"setting that PostgreSQL refuses": {
			prepare: func(_ *testing.T, dir string) Options {
				return Options{Dir: dir, Settings: map[string]string{"max_connections": "many"}}
			},
			want: []string{"postgres ended by itself", `invalid value for parameter "max_connections": "many"`},
		},
		"no folder": {
			prepare: func(*testing.T, string) Options { return Options{} },
			want:    []string{"no folder given"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Start(t.Context(), tc.prepare(t, openFolder(t)))
			if err == nil {
				t.Fatal("no error", s.Close())
			}
			if tc.is != nil && !errors.Is(err, tc.is) {
				t.Errorf("error %q does not wrap %q", err, tc.is)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestStartKeepsDataItCannotUse(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	kept := filepath.Join(dir, "data", "base", "1")
	writeFile(t, filepath.Join(dir, "data", "PG_VERSION"), "12\n")
	writeFile(t, kept, "rows")
	if s, err := Start(t.Context(), testOptions(dir)); err == nil {
		t.Error("no error", s.Close())
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
}

func TestStartFinishesWhatInitdbLeft(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	left := filepath.Join(dir, "data.new-1")
	writeFile(t, filepath.Join(left, "base", "1"), "half")
	shut(t, begin(t, testOptions(dir)))
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a cluster is left: %v", err)
	}
}

func TestStartAfterOwnerWasKilledWhileItCreated(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	for _, progress := range []string{"data.new-*", "data.new-*/PG_VERSION", "data.new-*/base/1/PG_VERSION", "data.new-*/base/4"} {
		owner := ownerProcess(t, dir)
		if err := owner.Start(); err != nil {
			t.Fatal(err)
		}
		err := poll(t.Context(), time.Millisecond, func() bool {
			got, err := filepath.Glob(filepath.Join(dir, progress))
			return err != nil || len(got) > 0
		})
		if err := errors.Join(err, owner.Process.Kill()); err != nil {
			t.Fatal(err)
		}
		if err := owner.Wait(); err == nil {
			t.Fatal("the killed owner ended well")
		}
	}
	shut(t, begin(t, testOptions(dir)))
	left, err := filepath.Glob(filepath.Join(dir, "data.new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q is left: %v", left, err)
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, err := Start(ctx, testOptions(openFolder(t)))
	if err == nil {
		t.Fatal("no error", s.Close())
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}
