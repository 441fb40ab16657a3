package knowledge

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// segmentSuffix ends the names of bleve's segment files. They are written once;
// their last four bytes are the CRC-32 of all before, which bleve itself never compares.
const segmentSuffix = ".zap"

// seen is a file as it was looked at.
type seen struct {
	size     int64
	modified time.Time
	sound    bool
	suspect  bool // its sum was not that of its bytes when it was looked at last
}

// verifier finds segment files that are damaged. It is used by one goroutine at a time.
type verifier struct {
	files map[string]seen
}

// look compares the sums of the segment files below a folder that did not change
// since the look before, each once: a file that changes is being written, or it
// was damaged and will be looked at again. The error is errBroken for a file that
// is found damaged twice, since one may be written so slowly that it seems whole.
func (v *verifier) look(ctx context.Context, folder string) error {
	files := map[string]seen{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != segmentSuffix {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files[path], err = v.lookAt(ctx, path, info)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // merged into another one, or the whole index is gone, which others notice
	}
	if err == nil {
		v.files = files
	}
	return err
}

// lookAt looks at one file.
func (v *verifier) lookAt(ctx context.Context, path string, info fs.FileInfo) (seen, error) {
	now := seen{size: info.Size(), modified: info.ModTime()}
	before, ok := v.files[path]
	if !ok || before.size != now.size || !before.modified.Equal(now.modified) {
		return now, nil
	}
	if before.sound {
		return before, nil
	}
	err := verifySegment(ctx, path)
	if errors.Is(err, errBroken) && !before.suspect {
		now.suspect = true
		return now, nil
	}
	now.sound = err == nil
	return now, err
}

// looks is how many looks it takes to find a file damaged.
const looks = 3

// verifyFolder compares the sums of all segment files below a folder that nobody uses.
func verifyFolder(ctx context.Context, folder string) error {
	var v verifier
	for range looks {
		if err := v.look(ctx, folder); err != nil {
			return err
		}
	}
	return nil
}

// verifySegment returns errBroken when the file's sum is not that of its bytes.
func verifySegment(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	const sumSize = 4
	if info.Size() < sumSize {
		return fmt.Errorf("%w: segment %q has %d bytes", errBroken, filepath.Base(path), info.Size())
	}
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, &inContext{ctx, io.LimitReader(f, info.Size()-sumSize)}); err != nil {
		return fmt.Errorf("read segment %q: %w", filepath.Base(path), err)
	}
	var want [sumSize]byte
	if _, err := io.ReadFull(f, want[:]); err != nil {
		return fmt.Errorf("read segment %q: %w", filepath.Base(path), err)
	}
	if binary.BigEndian.Uint32(want[:]) != sum.Sum32() {
		return fmt.Errorf("%w: segment %q is damaged: its checksum differs", errBroken, filepath.Base(path))
	}
	return nil
}

// inContext reads until its context ends.
type inContext struct {
	ctx context.Context
	r   io.Reader
}

func (r *inContext) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}
