package knowledge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"assay/pipeline/store"
)

const (
	// gapLock is the advisory lock of what changes gaps: one process at a time, so
	// that two do not make the same gap.
	gapLock = 0x617373_67617073
	// gapStep is how many questions one transaction puts into gaps.
	gapStep = 1_000
	// gapKeep is for how long gaps are kept in memory from one run to the next, up to
	// gapsKept of them, some 350 MiB, so that not each run reads all.
	gapKeep, gapsKept = time.Hour, 300_000
	// sweepEvery is how often a process looks for words whose sessions are gone.
	sweepEvery = 5 * time.Minute
)

// ErrGapsBusy means that another process changes gaps just now.
var ErrGapsBusy = errors.New("another process changes gaps")

// GapStatus says what became of a gap, from a closed list.
type GapStatus string

// The statuses of gaps.
const (
	GapOpen         GapStatus = "open"
	GapDrafted      GapStatus = "drafted"      // a solution was drafted from it
	GapClosed       GapStatus = "closed"       // a solution answers it; a question that comes to it still opens it again
	GapUnanswerable GapStatus = "unanswerable" // no solution can, as when each customer's own data is asked for: its questions do not count
	GapMerged       GapStatus = "merged"       // it turned out to be a part of another
)

// Gaps are the gaps of a library, in PostgreSQL. It is safe to share.
type Gaps struct {
	pool *pgxpool.Pool
	// clean takes personal data out of a text.
	clean func(string) string

	mu    sync.Mutex
	kept  *clustering // as the last run left it; nil: to be read anew
	swept time.Time   // when this process looked for words whose sessions are gone
}

// NewGaps returns the gaps in a migrated database. Clean takes personal data out
// of a text before a gap is called by it or recognised by its words.
func NewGaps(pool *pgxpool.Pool, clean func(string) string) *Gaps {
	return &Gaps{pool: pool, clean: clean}
}

// Cluster puts all questions that have none into a gap, and returns how many
// those were; ErrGapsBusy while another process does. A process that dies meanwhile
// loses at most a step, which the next one does again. Words of sessions that are
// gone go from gaps within minutes.
func (g *Gaps) Cluster(ctx context.Context) (n int, err error) {
	err = g.alone(ctx, func(conn *pgx.Conn) error {
		if g.isToSweep() {
			if err := g.sweep(ctx, conn); err != nil {
				return err
			}
		}
		n, err = g.clusterOn(ctx, conn)
		return err
	})
	if err != nil {
		err = fmt.Errorf("put questions into gaps: %w", err)
	}
	return n, err
}

// alone runs do, or returns ErrGapsBusy while another process changes gaps. Its error
// is store.ErrLockLost when others may have changed gaps meanwhile.
func (g *Gaps) alone(ctx context.Context, do func(*pgx.Conn) error) (err error) {
	conn, err := g.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var locked bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(gapLock)).Scan(&locked); err != nil {
		return err
	}
	if !locked {
		return ErrGapsBusy
	}
	defer func() { err = errors.Join(err, store.Unlock(ctx, conn.Conn(), gapLock)) }()
	return do(conn.Conn())
}

func (g *Gaps) clusterOn(ctx context.Context, conn *pgx.Conn) (int, error) {
	if err := closePublished(ctx, conn); err != nil {
		return 0, err
	}
	var c *clustering
	for all := 0; ; {
		n := 0
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			loose, err := g.loose(ctx, tx)
			if err != nil {
				return fmt.Errorf("read questions without a gap: %w", err)
			}
			if n = len(loose); n == 0 {
				return nil
			}
			if c == nil {
				if c, err = g.current(ctx, tx); err != nil {
					return fmt.Errorf("read gaps: %w", err)
				}
			}
			return c.put(ctx, tx, loose)
		})
		if err != nil {
			return all, err
		}
		if n == 0 {
			g.keep(c)
			return all, nil
		}
		all += n
	}
}

// current returns the gaps as this process left them, unless another one has
// changed them since: who does takes a number for a gap.
func (g *Gaps) current(ctx context.Context, tx pgx.Tx) (*clustering, error) {
	g.mu.Lock()
	c := g.kept
	g.kept = nil // until it is known that what is done to it is stored
	g.mu.Unlock()
	if c == nil || time.Since(c.read) > gapKeep {
		return g.load(ctx, tx)
	}
	var last int64
	if err := tx.QueryRow(ctx, `SELECT last_value FROM gaps_id_seq`).Scan(&last); err != nil {
		return nil, err
	}
	if last != c.last {
		return g.load(ctx, tx)
	}
	return c, nil
}

// keep has the next run begin with what this one ends with, unless it takes much memory.
func (g *Gaps) keep(c *clustering) {
	if c == nil || len(c.titles) > gapsKept {
		return
	}
	g.mu.Lock()
	g.kept = c
	g.mu.Unlock()
}
