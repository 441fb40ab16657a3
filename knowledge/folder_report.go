package knowledge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Slot is the folder of one index, as it is found.
type Slot struct {
	Folder  string    `json:"folder"`
	Busy    bool      `json:"busy"` // a process uses it
	Bytes   int64     `json:"bytes"`
	UsedAt  time.Time `json:"used_at,omitzero"`
	Problem string    `json:"problem,omitempty"` // why it cannot be used
}

// Slots returns the indexes of the library's database in a folder, and reads all
// files of those that no process uses to find damaged ones. It changes nothing.
func Slots(ctx context.Context, l *Library, folder string) ([]Slot, error) {
	database, err := l.identity(ctx)
	if err != nil {
		return nil, err
	}
	var out []Slot
	for n := range maxSlots {
		path := filepath.Join(folder, database, slotPrefix+strconv.Itoa(n))
		if !exists(filepath.Join(path, lockName)) {
			continue
		}
		s, err := describeSlot(ctx, path, database)
		if err != nil {
			return nil, fmt.Errorf("look at slot %q: %w", path, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// describeSlot holds the slot only to see whether it is free: a process that
// starts while the files are read is to get it.
func describeSlot(ctx context.Context, path, database string) (Slot, error) {
	out := Slot{Folder: path, Bytes: folderBytes(path)}
	if at, err := os.Stat(filepath.Join(path, markerName)); err == nil {
		out.UsedAt = at.ModTime()
	}
	var err error
	if out.Busy, err = isBusy(path); out.Busy || err != nil { // its owner verifies it
		return out, err
	}
	current, err := (&slot{path: path}).current(database)
	if err == nil {
		err = verifyFolder(ctx, current)
	}
	if err == nil || errors.Is(err, errNoCurrent) || ctx.Err() != nil {
		return out, ctx.Err()
	}
	problem := err.Error()
	if out.Busy, err = isBusy(path); !out.Busy { // or else somebody changed it meanwhile
		out.Problem = problem
	}
	return out, err
}

// isBusy reports whether a process has the slot.
func isBusy(path string) (bool, error) {
	s, err := lockSlot(path)
	if s == nil || err != nil {
		return err == nil, err
	}
	return false, s.release()
}
