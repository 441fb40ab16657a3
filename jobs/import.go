package jobs

import (
	"context"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// importSessions and importBytes bound what is held in memory and stored in one
// transaction.
const (
	importSessions = 500
	importBytes    = 8 << 20
)

// ImportCounts is what became of records.
type ImportCounts struct {
	store.Imported
	Rejected int
}

// Importer stores records of sources and enqueues their inspection.
type Importer struct {
	Store  *store.Store
	Client *river.Client[pgx.Tx]
	// Progress is called after each transaction with the counts so far; may be nil.
	Progress func(ImportCounts)
	// Rejected is called for each refused record; may be nil.
	Rejected func(*transcript.Reject) error
}

// batch is what the next transaction stores.
type batch struct {
	sessions []store.Incoming
	ids      map[transcript.SessionID]bool
	bytes    int
	rejects  []transcript.Reject
	files    []string // files whose reading began with this batch
}

// Import stores all records. What was counted before an error is stored; the
// rest is not, and importing the same again does no harm.
func (im *Importer) Import(ctx context.Context, records iter.Seq[transcript.Record]) (ImportCounts, error) {
	var n ImportCounts
	b := newBatch()
	file := ""
	for rec := range records {
		if b.full(rec) {
			if err := im.flush(ctx, b, &n); err != nil {
				return n, err
			}
			b = newBatch()
		}
		if rec.File != file {
			file = rec.File
			b.files = append(b.files, file)
		}
		if rec.Reject != nil && im.Rejected != nil {
			if err := im.Rejected(rec.Reject); err != nil {
				return n, err
			}
		}
		if err := b.add(rec); err != nil {
			return n, err
		}
	}
	if err := ctx.Err(); err != nil {
		return n, fmt.Errorf("import: %w", err)
	}
	return n, im.flush(ctx, b, &n)
}

func newBatch() *batch { return &batch{ids: map[transcript.SessionID]bool{}} }

// full reports whether the batch must be stored before the record: a session
// that stands twice in a source is two versions, one after the other.
func (b *batch) full(rec transcript.Record) bool {
	return len(b.sessions)+len(b.rejects) >= importSessions || b.bytes >= importBytes ||
		rec.Session != nil && b.ids[rec.Session.ID]
}

func (b *batch) add(rec transcript.Record) error {
	if rec.Reject != nil {
		b.rejects = append(b.rejects, *rec.Reject)
		b.bytes += len(rec.Reject.Raw)
		return nil
	}
	in, err := store.NewIncoming(rec.Session, fmt.Sprintf("%s:%d", rec.File, rec.Line))
	if err != nil {
		return err
	}
	b.ids[rec.Session.ID] = true
	b.sessions = append(b.sessions, in)
	b.bytes += in.Bytes()
	return nil
}

func (im *Importer) flush(ctx context.Context, b *batch, n *ImportCounts) error {
	if len(b.rejects)+len(b.files) > 0 {
		if err := im.Store.SaveRejects(ctx, b.files, b.rejects); err != nil {
			return err
		}
		n.Rejected += len(b.rejects)
	}
	if len(b.sessions) > 0 {
		got, err := im.Store.Import(ctx, b.sessions, Enqueuer(im.Client))
		if err != nil {
			return err
		}
		n.New, n.Changed, n.Same = n.New+got.New, n.Changed+got.Changed, n.Same+got.Same
	}
	if im.Progress != nil {
		im.Progress(*n)
	}
	return nil
}
