package storetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	folderPattern = "assay-storetest-*"
	memoryFolder  = "/dev/shm"
	memoryNeeded  = 2 << 30          // bytes free; a run with big tables in several packages at once stays below
	leftoverAge   = 10 * time.Minute // younger folders may belong to a run that has not taken its lock yet
)

// makeFolder makes the cluster's folder, open to the other user that PostgreSQL runs as when the tests run as root.
func makeFolder() (string, error) {
	parent := parentFolder()
	if err := sweep(parent, time.Now()); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(parent, folderPattern)
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// parentFolder prefers memory where Linux offers enough of it: a database is some three hundred files, and making them
// takes a tenth of the time there. TMPDIR overrides it.
func parentFolder() string {
	var fs syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memoryFolder, &fs) == nil &&
		fs.Bavail*uint64(fs.Bsize) >= memoryNeeded && writable(memoryFolder) {
		return memoryFolder
	}
	return os.TempDir()
}

func writable(dir string) bool {
	probe, err := os.MkdirTemp(dir, "assay-probe-*")
	return err == nil && os.Remove(probe) == nil
}

// sweep deletes what test runs left that were killed. A run that lives holds its cluster's lock.
func sweep(parent string, now time.Time) error {
	dirs, err := filepath.Glob(filepath.Join(parent, folderPattern))
	if err != nil {
		return err
	}
	var failures []error
	for _, dir := range dirs {
		st, err := os.Stat(dir)
		if err != nil || now.Sub(st.ModTime()) < leftoverAge || !abandoned(dir) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			failures = append(failures, fmt.Errorf("delete an old test cluster: %w", err))
		}
	}
	return errors.Join(failures...)
}

// abandoned is false in doubt, also for folders of other users.
func abandoned(dir string) bool {
	lock, err := os.OpenFile(filepath.Join(dir, "pg", "lock"), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer func() { _ = lock.Close() }() // only probed
	return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
