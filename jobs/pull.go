package jobs

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// PullArgs asks for the import of what is new in a folder of a machine.
type PullArgs struct {
	Host   string `json:"host" river:"unique"`
	Folder string `json:"folder" river:"unique"`
}

// Kind is the job's name.
func (PullArgs) Kind() string { return "pull" }

// InsertOpts lets one pull of a folder wait or run at a time.
func (PullArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

// watch enqueues a pull of the folder now and then, until ctx ends. Every
// process that watches does so: River's periodic jobs run on one leader, which
// may be a machine without the folder.
func (r *Runner) watch(ctx context.Context, folder string) {
	tick := time.NewTicker(r.o.WatchEvery)
	defer tick.Stop()
	for {
		args := PullArgs{r.alive.worker.Host, folder}
		if _, err := r.client.Insert(ctx, args, &river.InsertOpts{Queue: r.pullQueue(folder)}); err != nil && ctx.Err() == nil {
			r.o.Log.WarnContext(ctx, "pull not enqueued", "folder", folder, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

type pullWorker struct {
	river.WorkerDefaults[PullArgs]
	store   *store.Store
	read    transcript.Options
	settle  time.Duration
	metrics *Metrics
	log     *slog.Logger
}

// Timeout gives a folder with much in it the time that it needs.
func (*pullWorker) Timeout(*river.Job[PullArgs]) time.Duration { return time.Hour }

// Work imports the folder's files that are new or changed since they were last
// read. A file that was read is noted after its sessions are stored; one that
// was cut short is read again, which changes nothing that is stored. What cannot
// be looked at is kept with the refused records, and the rest is read.
func (w *pullWorker) Work(ctx context.Context, job *river.Job[PullArgs]) error {
	found, broken := settled(job.Args.Folder, time.Now().Add(-w.settle))
	for _, r := range broken {
		if err := w.store.SaveRejects(ctx, []string{r.File}, []transcript.Reject{r}); err != nil {
			return err
		}
	}
	unread, err := w.store.Unread(ctx, found)
	if err != nil {
		return err
	}
	im := &Importer{Store: w.store, Client: river.ClientFromContext[pgx.Tx](ctx)}
	for _, f := range unread {
		n, err := im.Import(ctx, transcript.Read(ctx, []string{f.Path}, w.read))
		if err != nil {
			return fmt.Errorf("pull %q: %w", f.Path, err)
		}
		w.metrics.imported(n)
		f.Sessions, f.Rejects = n.New+n.Changed+n.Same, n.Rejected
		if err := w.store.MarkRead(ctx, f); err != nil {
			return err
		}
		w.log.InfoContext(ctx, "file imported", "path", f.Path, "new", n.New, "changed", n.Changed, "same", n.Same, "rejected", n.Rejected)
	}
	return nil
}

// settled lists the folder's files that were not changed since before, and what
// could not be looked at. Hidden files, and those that writers name as
// unfinished (.tmp, .part), are not read.
func settled(folder string, before time.Time) (files []store.WatchedFile, broken []transcript.Reject) {
	refuse := func(path string, err error) {
		broken = append(broken, transcript.Reject{File: path, Reason: err.Error()})
	}
	root, err := filepath.EvalSymlinks(folder)
	if err != nil {
		refuse(folder, err)
		return nil, broken
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			refuse(path, err)
			return nil
		case path != root && hidden(d.Name()) && d.IsDir():
			return filepath.SkipDir
		case d.IsDir() || hidden(d.Name()) || unfinished(d.Name()):
			return nil
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			refuse(path, err)
		case info.Mode().IsRegular() && info.ModTime().Before(before):
			files = append(files, store.WatchedFile{Path: path, Bytes: info.Size(), ModifiedAt: info.ModTime()})
		}
		return nil
	})
	if err != nil {
		refuse(root, err)
	}
	return files, broken
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func unfinished(name string) bool {
	return strings.HasSuffix(name, ".tmp") || strings.HasSuffix(name, ".part")
}
