package transcript

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Options say how to read files. The zero value recognises every file by its content.
type Options struct {
	Format  Format         // "" is recognised file by file
	Limits  Limits         // zero fields mean their defaults
	Mapping *Mapping       // for CSV; nil maps columns by their names only
	Zone    *time.Location // of times that name none; nil is Asia/Shanghai
	Stdin   io.Reader      // what the path "-" reads; nil makes that path a reject
	Channel Channel        // for formats that do not say; "" is call where turns have a length, chat elsewhere
}

// shanghai stands in for Asia/Shanghai on machines without a zone database;
// the zone has had no other offset since 1991.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func (o Options) orDefault() Options {
	o.Limits = o.Limits.orDefault()
	o.Zone = cmp.Or(o.Zone, shanghai)
	return o
}

// channel is that of a session whose format does not say.
func (o Options) channel(turns []Turn) Channel {
	spoken := slices.ContainsFunc(turns, func(t Turn) bool { return t.StartMS != nil && t.EndMS != nil && *t.EndMS > *t.StartMS })
	if o.Channel == "" && spoken {
		return Call
	}
	return cmp.Or(o.Channel, Chat)
}

// Record is one result of reading: either a session that passed its checks or a
// reject; the other one is nil.
type Record struct {
	Session *Session
	Reject  *Reject
	File    string // path, as in Reject
	Line    int    // line on which the record begins, counting from 1; 0 is the whole file
}

// Read reads sessions from files, from the files of folders (recursively, in
// the order of their names, hidden ones left out) and from standard input
// ("-"), one record at a time. What cannot be read becomes a reject, and the
// rest goes on. Read ends early, without a record, when ctx does.
func Read(ctx context.Context, paths []string, o Options) iter.Seq[Record] {
	o = o.orDefault()
	return func(yield func(Record) bool) {
		for _, path := range paths {
			if err := readPath(ctx, path, o, yield); err != nil {
				return
			}
		}
	}
}

// errStop ends the reading because nobody wants more.
var errStop = errors.New("reading stopped")

// readPath reads one path. Its only errors are errStop and the end of ctx.
func readPath(ctx context.Context, path string, o Options, yield func(Record) bool) error {
	in := &input{ctx: ctx, file: path, o: o, yield: yield}
	if path == Stdin {
		if o.Stdin == nil {
			return in.rejectFile("there is no standard input to read", "")
		}
		return in.read(o.Stdin)
	}
	info, err := os.Stat(path)
	if err != nil {
		return in.rejectFile(pathError(err), "")
	}
	if info.IsDir() {
		return readFolder(ctx, path, o, yield)
	}
	return in.readFile()
}

func readFolder(ctx context.Context, root string, o Options, yield func(Record) bool) error {
	root = strings.TrimRight(root, "/") + "/" // so that a link to a folder is followed
	return filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		in := &input{ctx: ctx, file: path, o: o, yield: yield}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return in.rejectFile(pathError(err), "")
		case path != root && strings.HasPrefix(e.Name(), "."):
			return skip(e)
		case e.IsDir():
			return nil
		case !slices.Contains(extensions(), extension(path)):
			return in.rejectFile(fmt.Sprintf("no format has the extension %q", extension(path)),
				strings.Join(extensions(), ", ")+", each also with .gz")
		}
		return in.readFile()
	})
}

func skip(e fs.DirEntry) error {
	if e.IsDir() {
		return filepath.SkipDir
	}
	return nil
}

// readFile opens the input's file and reads it.
func (in *input) readFile() error {
	info, err := os.Stat(in.file)
	if err != nil {
		return in.rejectFile(pathError(err), "")
	}
	if !info.Mode().IsRegular() {
		return in.rejectFile(fmt.Sprintf("not a regular file (mode %s)", info.Mode()), "")
	}
	f, err := os.Open(in.file)
	if err != nil {
		return in.rejectFile(pathError(err), "")
	}
	defer f.Close() // it was only read: closing loses nothing
	return in.read(f)
}

// pathError is the text of err without the path, which the reject names already.
func pathError(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Op + ": " + e.Err.Error()
	}
	return err.Error()
}

// extension is the lower-case extension of a path, without .gz.
func extension(path string) string {
	return strings.ToLower(filepath.Ext(withoutGzip(path)))
}

func withoutGzip(path string) string {
	if strings.EqualFold(filepath.Ext(path), ".gz") {
		return path[:len(path)-len(".gz")]
	}
	return path
}

// stem is the file's name without folder, extension and .gz.
func stem(path string) string {
	name := filepath.Base(withoutGzip(path))
	return strings.TrimSuffix(name, filepath.Ext(name))
}
