package storetest

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestSweepDeletesOnlyAbandonedFolders(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	leave := func(name string) (dir, lock string) {
		dir = filepath.Join(parent, name)
		lock = filepath.Join(dir, "pg", "lock")
		if err := errors.Join(os.MkdirAll(filepath.Dir(lock), 0o755), os.WriteFile(lock, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		return dir, lock
	}
	abandoned, _ := leave("assay-storetest-1")
	used, lock := leave("assay-storetest-2")
	foreign, _ := leave("something-else")
	starting := filepath.Join(parent, "assay-storetest-3")
	if err := os.Mkdir(starting, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(lock)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}

	if err := sweep(parent, time.Now()); err != nil {
		t.Fatal(err)
	}
	if !exists(abandoned) {
		t.Error("a young folder is deleted")
	}
	if err := sweep(parent, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{abandoned: false, used: true, starting: true, foreign: true} {
		if got := exists(dir); got != want {
			t.Errorf("%s exists: %v, want %v", filepath.Base(dir), got, want)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
