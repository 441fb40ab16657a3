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

// InsertOpts lets one pull of a folder wait or run at a time. A pull that fails
// is not tried again: the next one comes anyway.
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
		if _, err := r.client.Insert(ctx, args, &river.InsertOpts{Queue: r.pullQueue()}); err != nil && ctx.Err() == nil {
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
// was cut short is read again, which changes nothing that is stored.
func (w *pullWorker) Work(ctx context.Context, job *river.Job[PullArgs]) error {
	found, err := settled(job.Args.Folder, time.Now().Add(-w.settle))
	if err != nil {
		return fmt.Errorf("pull %q: %w", job.Args.Folder, err)
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

// settled lists the folder's files that were not changed since before. Hidden
// files, and those that writers name as unfinished (.tmp, .part), are not read.
func settled(folder string, before time.Time) ([]store.WatchedFile, error) {
	var out []store.WatchedFile
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if strings.HasPrefix(name, ".") && path != folder {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if d.IsDir() || strings.HasSuffix(name, ".tmp") || strings.HasSuffix(name, ".part") {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() && info.ModTime().Before(before) {
			out = append(out, store.WatchedFile{Path: path, Bytes: info.Size(), ModifiedAt: info.ModTime()})
		}
		return nil
	})
	return out, err
}

// queueName makes a host's name fit for the name of a queue.
func queueName(host string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(host))
}
