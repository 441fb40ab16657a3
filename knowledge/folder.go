package knowledge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// maxSlots is how many processes of one machine may have an index of one
	// database on disk.
	maxSlots = 64
	// abandonedAfter is how long nobody may have used a slot before others remove
	// what is in it: it would be further behind than a new index takes to build.
	abandonedAfter = 30 * 24 * time.Hour

	lockName         = "lock"
	markerName       = "current"
	generationPrefix = "gen-"
	slotPrefix       = "slot-"
)

var (
	errSlotsTaken = errors.New("other processes use all slots")
	errSlotLost   = errors.New("the folder was removed or replaced")
	errNoCurrent  = errors.New("no index was finished there")
)

// slot is a folder that belongs to this process for as long as it holds the
// lock, which the kernel drops however the process ends. In it are
//
//	lock      held by flock
//	current   names the generation that is whole; replaced by rename, so that
//	          there is always the old or the new one
//	gen-N/    generations; those that current does not name are leftovers
type slot struct {
	path string
	lock *os.File

	mu   sync.Mutex
	last uint64 // number of the generation that was made last
}

// marker is what the file current says.
type marker struct {
	Generation string `json:"generation"`
	Database   string `json:"database"` // the identity of the one that it was built from
}

// takeSlot locks a slot below root, rather one that has an index than an empty
// one, and makes one when none is free.
func takeSlot(root string) (*slot, error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("take a slot: %w", err)
	}
	for _, wanted := range []func(path string) bool{hasMarker, anySlot} {
		for n := range maxSlots {
			path := filepath.Join(root, slotPrefix+strconv.Itoa(n))
			if !wanted(path) {
				continue
			}
			s, err := lockSlot(path)
			if err != nil {
				return nil, fmt.Errorf("take slot %q: %w", path, err)
			}
			if s != nil {
				return s, nil
			}
		}
	}
	return nil, fmt.Errorf("take a slot of %q: %w", root, errSlotsTaken)
}

func anySlot(string) bool { return true }

func hasMarker(path string) bool { return exists(filepath.Join(path, markerName)) }

// lockSlot returns nil when another process, or another index of this one, has the slot.
func lockSlot(path string) (*slot, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, f.Close()
		}
		return nil, closed(f, fmt.Errorf("lock: %w", err))
	}
	s := &slot{path: path, lock: f}
	if !s.intact() { // removed between opening and locking
		return nil, s.release()
	}
	return s, nil
}

// intact reports whether the slot's folder is still the one that was locked.
func (s *slot) intact() bool {
	there, err := os.Stat(filepath.Join(s.path, lockName))
	if err != nil {
		return false
	}
	ours, err := s.lock.Stat()
	return err == nil && os.SameFile(there, ours)
}

// release leaves the slot to others, with what is in it.
func (s *slot) release() error { return s.lock.Close() }

// current returns the path of the generation that is whole, built from the
// database; errNoCurrent when there is none.
func (s *slot) current(database string) (string, error) {
	b, err := os.ReadFile(filepath.Join(s.path, markerName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", errNoCurrent
	}
	if err != nil {
		return "", fmt.Errorf("read the marker: %w", err)
	}
	var m marker
	if err := json.Unmarshal(b, &m); err != nil {
		return "", fmt.Errorf("%w: the marker is damaged: %w", errBroken, err)
	}
	if m.Database != database {
		return "", fmt.Errorf("%w: it is of another database", errBroken)
	}
	if !isGeneration(m.Generation) {
		return "", fmt.Errorf("%w: the marker names %q", errBroken, m.Generation)
	}
	return filepath.Join(s.path, m.Generation), nil
}

// isGeneration reports whether a name is one that next gives out.
func isGeneration(name string) bool {
	n, ok := strings.CutPrefix(name, generationPrefix)
	_, err := strconv.ParseUint(n, 10, 63)
	return ok && err == nil
}

// next returns the path of a new generation, which nothing uses: what closes an
// old one later removes that one's folder.
func (s *slot) next() (string, error) {
	if !s.intact() {
		return "", fmt.Errorf("slot %q: %w", s.path, errSlotLost)
	}
	entries, err := os.ReadDir(s.path)
	if err != nil {
		return "", fmt.Errorf("new generation: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range entries {
		if n, ok := strings.CutPrefix(e.Name(), generationPrefix); ok && isGeneration(e.Name()) {
			number, err := strconv.ParseUint(n, 10, 63)
			if err != nil {
				return "", fmt.Errorf("new generation: %w", err)
			}
			s.last = max(s.last, number)
		}
	}
	s.last++
	return filepath.Join(s.path, generationPrefix+strconv.FormatUint(s.last, 10)), nil
}

// adopt makes the generation the current one, at once and for good.
func (s *slot) adopt(generation, database string) error {
	if !s.intact() {
		return fmt.Errorf("slot %q: %w", s.path, errSlotLost)
	}
	b, err := json.Marshal(marker{filepath.Base(generation), database})
	if err != nil {
		return fmt.Errorf("write the marker: %w", err)
	}
	path := filepath.Join(s.path, markerName)
	if err := writeFileSynced(path+".new", append(b, '\n')); err != nil {
		return fmt.Errorf("write the marker: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write the marker: %w", err)
	}
	return syncFolder(s.path)
}

func writeFileSynced(path string, b []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		return closed(f, err)
	}
	return errors.Join(f.Sync(), f.Close())
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// sweep removes what builds left that were killed: everything but the lock, the
// marker and the generation to keep, if any.
func (s *slot) sweep(keep string) error {
	entries, err := os.ReadDir(s.path)
	if err != nil {
		return fmt.Errorf("sweep slot: %w", err)
	}
	var errs []error
	for _, e := range entries {
		switch name := e.Name(); {
		case keep != "" && name == filepath.Base(keep):
		case isGeneration(name), name == markerName+".new":
			errs = append(errs, os.RemoveAll(filepath.Join(s.path, name)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sweep slot: %w", err)
	}
	return nil
}

// sweepAbandoned empties the slots below root that nobody has used for long.
func sweepAbandoned(root string, now time.Time) error {
	for n := range maxSlots {
		path := filepath.Join(root, slotPrefix+strconv.Itoa(n))
		at, err := os.Stat(filepath.Join(path, markerName))
		if err != nil || now.Sub(at.ModTime()) < abandonedAfter {
			continue
		}
		s, err := lockSlot(path)
		if err != nil {
			return fmt.Errorf("sweep slot %q: %w", path, err)
		}
		if s == nil {
			continue
		}
		err = errors.Join(os.Remove(filepath.Join(path, markerName)), s.sweep(""), s.release())
		if err != nil {
			return fmt.Errorf("sweep slot %q: %w", path, err)
		}
	}
	return nil
}

// touch notes that the slot is in use.
func (s *slot) touch(now time.Time) error {
	err := os.Chtimes(filepath.Join(s.path, markerName), now, now)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing in it is worth keeping yet
	}
	return err
}

// disown removes the marker when it names the generation.
func (s *slot) disown(generation string) error {
	if !s.intact() {
		return nil
	}
	path := filepath.Join(s.path, markerName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var m marker
	if err := json.Unmarshal(b, &m); err == nil && m.Generation != filepath.Base(generation) {
		return nil
	}
	return os.Remove(path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
