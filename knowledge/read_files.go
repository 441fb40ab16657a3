package knowledge

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// ReadFiles reads files and folders in the order given, one solution at a time.
// Of a folder and the folders in it, all files are read whose names end as those
// of a format do, in the order of their paths; hidden ones are passed over, and a
// symbolic link to a file is followed only within the folder. The id of a Markdown
// file that gives none is its path within the folder, or its name, without the end.
// A solution whose id stood in an earlier file is a reject.
func ReadFiles(paths []string, stdin io.Reader, o ReadOptions) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		in := newReader(o, yield)
		for _, p := range paths {
			if in.stopped {
				return
			}
			if p == Stdin {
				in.read(stdin, "standard input", "")
				continue
			}
			in.readPath(p)
		}
	}
}

// readPath reads a file or a folder.
func (in *reader) readPath(name string) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		in.rejectFile(name, err)
	case info.IsDir():
		in.readFolder(name)
	default:
		f, err := os.Open(name)
		if err != nil {
			in.rejectFile(name, err)
			return
		}
		in.readOpen(f, name, nameID(filepath.Base(name)))
	}
}

func (in *reader) readOpen(f fs.File, name, id string) {
	in.read(f, name, id)
	if err := f.Close(); err != nil {
		in.rejectFile(name, err)
	}
}

func (in *reader) rejectFile(name string, err error) {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	in.file = name
	in.reject(0, "", problem("", err.Error(), ""))
}

// readFolder reads the files of a folder. Opening them within the folder keeps
// links from leading out of it.
func (in *reader) readFolder(folder string) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		in.rejectFile(folder, err)
		return
	}
	any := false
	err = fs.WalkDir(root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		name := filepath.Join(folder, filepath.FromSlash(p))
		switch {
		case in.stopped:
			return fs.SkipAll
		case err != nil:
			in.rejectFile(name, err)
		case p != "." && strings.HasPrefix(path.Base(p), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
		case !e.IsDir() && in.wants(p):
			any = true
			in.readWithin(root, p, name)
		}
		return nil
	})
	if err != nil {
		in.rejectFile(folder, err)
	}
	if !any && !in.stopped {
		in.file = folder
		in.reject(0, "", problem("", "no file of solutions in the folder", strings.Join(in.extensions(), ", ")))
	}
	if err := root.Close(); err != nil {
		in.rejectFile(folder, err)
	}
}

// readWithin reads one file of a folder.
func (in *reader) readWithin(root *os.Root, p, name string) {
	info, err := root.Stat(p)
	switch {
	case err != nil:
		in.rejectFile(name, fmt.Errorf("not read: %w", pathCause(err)))
		return
	case info.IsDir():
		return // a link to a folder: its files are read where they stand
	case !info.Mode().IsRegular():
		in.rejectFile(name, errors.New("not read: it is no regular file"))
		return
	}
	f, err := root.Open(p)
	if err != nil {
		in.rejectFile(name, err)
		return
	}
	in.readOpen(f, name, nameID(p))
}

// pathCause is an error without the path in it, which stands before it already.
func pathCause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// wants reports whether a folder's file is to be read.
func (in *reader) wants(p string) bool {
	return slices.Contains(in.extensions(), path.Ext(strings.TrimSuffix(strings.ToLower(p), ".gz")))
}

// extensions lists how names of files end that are read.
func (in *reader) extensions() []string {
	if in.o.Format != "" {
		return extensionsOf(in.o.Format)
	}
	var all []string
	for _, f := range Formats {
		all = append(all, extensionsOf(f)...)
	}
	return all
}
