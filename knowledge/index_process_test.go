package knowledge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"assay/pipeline/store/storetest"
)

// The variables that make the test program be a process with an index.
const (
	processEnv       = "ASSAY_TEST_INDEX" // what it does
	processURLEnv    = "ASSAY_TEST_INDEX_URL"
	processFolderEnv = "ASSAY_TEST_INDEX_FOLDER"
)

// runProcess opens an index and does what the environment says until it is killed.
func runProcess(what string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	pool, err := pgxpool.New(ctx, os.Getenv(processURLEnv))
	if err != nil {
		return err
	}
	defer pool.Close()
	x, err := Open(ctx, NewLibrary(pool), Options{Folder: os.Getenv(processFolderEnv), Now: atToday})
	if err != nil {
		return err
	}
	for ctx.Err() == nil && err == nil {
		switch what {
		case "rebuild":
			_, err = x.Rebuild(ctx)
		case "put":
			_, err = x.Refresh(ctx)
		default:
			<-ctx.Done()
		}
	}
	return errors.Join(err, x.Close())
}

// spawn starts a process with an index in the folder.
func spawn(t *testing.T, l *Library, folder, what string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), processEnv+"="+what, processURLEnv+"="+l.pool.Config().ConnString(), processFolderEnv+"="+folder)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err == nil {
			_ = cmd.Wait() // killed is what it is meant to be
		}
	})
	return cmd
}

// kill ends a process as a crash does, and waits for its end.
func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil { // kill -9
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the process had ended before it was killed")
	}
}

// generations are the folders of generations in the slots of a folder.
func generations(t *testing.T, folder string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*", slotPrefix+"*", generationPrefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAProcessIsKilledInTheMiddleOfARebuild(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the race detector sees nothing of other processes")
	}
	l, folder := demoLibrary(t), t.TempDir()
	imports(t, l, synthetic(1_500)...)
	before := tablesOf(t, l)
	all := append(demoSolutions(t), synthetic(1_500)...)
	for round := range 4 {
		child := spawn(t, l, folder, "rebuild")
		await(t, "two generations", func() bool { return len(generations(t, folder)) > 1 })
		for range round { // each time at another moment
			await(t, "another generation", func() func() bool {
				seen := generations(t, folder)
				return func() bool { return !cmp.Equal(seen, generations(t, folder)) }
			}())
		}
		kill(t, child)
		x, log := openDisk(t, l, folder)
		if s := x.Status(); s.State != Ready || s.Solutions != len(all) {
			t.Errorf("round %d: %+v", round, s)
		}
		if n := log.count("index built"); n > 0 {
			t.Errorf("round %d: the index that was whole was not used", round)
		}
		if left := generations(t, folder); len(left) != 1 || left[0] != x.Status().Folder {
			t.Errorf("round %d: what is left: %v", round, left)
		}
		answersLike(t, x, all)
		closeIndex(t, x)
	}
	if diff := cmp.Diff(before, tablesOf(t, l)); diff != "" {
		t.Errorf("PostgreSQL changed: %s", diff)
	}
}

func TestAProcessIsKilledInTheMiddleOfPuts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the race detector sees nothing of other processes")
	}
	l, folder := demoLibrary(t), t.TempDir()
	all := demoSolutions(t)
	for round := range 4 {
		child := spawn(t, l, folder, "put")
		await(t, "an index", func() bool { return len(generations(t, folder)) > 0 })
		for i := range 5 + round {
			for n := range all {
				all[n].Answer += fmt.Sprintf(" %d.%d", round, i)
			}
			imports(t, l, all...)
		}
		kill(t, child)
		before := tablesOf(t, l)
		x, _ := openDisk(t, l, folder)
		if s := x.Status(); s.State != Ready || s.Solutions != len(all) {
			t.Errorf("round %d: %+v", round, s)
		}
		if err := x.complete(t.Context(), x.current); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		memory := newTestIndex(t, Options{}, all...)
		if x.Version() != memory.Version() {
			t.Errorf("round %d: the index has another content than the library", round)
		}
		closeIndex(t, x)
		if diff := cmp.Diff(before, tablesOf(t, l)); diff != "" {
			t.Errorf("round %d: PostgreSQL changed: %s", round, diff)
		}
	}
}

func TestTwoProcessesDoNotFightOverAFolder(t *testing.T) {
	t.Parallel()
	l, folder := demoLibrary(t), t.TempDir()
	child := spawn(t, l, folder, "wait")
	marker := func(slot string) bool {
		found, err := filepath.Glob(filepath.Join(folder, "*", slotPrefix+slot, markerName))
		return len(found) == 1 && err == nil
	}
	await(t, "the child's index", func() bool { return marker("0") })
	ours, _ := openDisk(t, l, folder)
	if s := ours.Status(); s.State != Ready || filepath.Base(filepath.Dir(s.Folder)) != slotPrefix+"1" {
		t.Errorf("beside another process: %+v", s)
	}
	answersLike(t, ours, demoSolutions(t))
	kill(t, child)
	imports(t, l, Solution{ID: "new", Title: "Where is my parcel?", Answer: "On its way."})
	third, log := openDisk(t, l, folder)
	if s := third.Status(); log.count("index built") > 0 || filepath.Base(filepath.Dir(s.Folder)) != slotPrefix+"0" {
		t.Errorf("the freed slot was not taken over: %+v", s)
	}
	if got := suggestedIDs(t, third, Query{Text: "where is my parcel?", Limit: 1}); !cmp.Equal(got, []string{"new"}) {
		t.Errorf("what came since is not found: %v", got)
	}
}

// A disk of its own fills up; the index answers on and catches up once there is room.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	folder := smallDisk(t, "4m")
	l := demoLibrary(t)
	x, log := openDisk(t, l, folder)
	where := x.Status().Folder
	stop := searchAlways(t, x)
	defer stop()
	ballast := filepath.Join(folder, "ballast")
	fill(t, ballast)
	follow(t, x)
	before := tablesOf(t, l)
	parcel := Solution{ID: "new", Title: "Where is my parcel?", Answer: "On its way."}
	imports(t, l, append(synthetic(300), parcel)...)
	await(t, "a problem", func() bool { return x.Status().Problem != "" })
	if s := x.Status(); s.State != Behind && s.State != Fallback && s.State != Rebuilding {
		t.Errorf("on a full disk: %+v", s)
	}
	if _, err := x.Rebuild(t.Context()); err == nil {
		t.Error("an index was built on a full disk")
	}
	if before["solution_terms"] == "" {
		t.Error("there are no terms")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	await(t, "the changes", func() bool {
		return x.Status().State == Ready && cmp.Equal(suggestedIDs(t, x, Query{Text: "where is my parcel?", Limit: 1}), []string{"new"})
	})
	if n := log.count("level=ERROR"); n == 0 || n > 4 {
		t.Errorf("logged %d errors", n)
	}
	t.Log(where, x.Status())
}

// smallDisk mounts a file system of the size, or skips the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for part := make([]byte, 1<<16); err == nil; {
		_, err = f.Write(part)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
}

func TestChangesArriveByNotification(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	x, err := Open(t.Context(), l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIndex(t, x) })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.Follow(ctx, time.Hour) }() // polls but once
	for i := range 3 {
		await(t, "a listener", func() bool { return listeners(t, l) == 1 })
		imports(t, l, Solution{ID: fmt.Sprint("n", i), Title: "Where is my parcel?", Answer: "On its way."})
		await(t, "the new solution", func() bool { return x.Len() == i+1 })
		if i == 1 { // the connection breaks, and what is sent meanwhile is lost
			if _, err := l.pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`); err != nil {
				t.Fatal(err)
			}
			await(t, "the end of the listener", func() bool { return listeners(t, l) == 0 })
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("follow ended with %v", err)
	}
}

// listeners counts the connections that listen.
func listeners(t *testing.T, l *Library) int {
	t.Helper()
	var n int
	err := l.pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND state = 'idle' AND datname = current_database()`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
