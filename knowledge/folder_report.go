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

func describeSlot(ctx context.Context, path, database string) (Slot, error) {
	out := Slot{Folder: path, Bytes: folderBytes(path)}
	if at, err := os.Stat(filepath.Join(path, markerName)); err == nil {
		out.UsedAt = at.ModTime()
	}
	s, err := lockSlot(path)
	if err != nil {
		return out, err
	}
	if s == nil { // its owner verifies it
		out.Busy = true
		return out, nil
	}
	current, err := s.current(database)
	if err == nil {
		err = verifyFolder(ctx, current)
	}
	if err != nil && !errors.Is(err, errNoCurrent) {
		out.Problem = err.Error()
	}
	return out, errors.Join(ctx.Err(), s.release())
}
