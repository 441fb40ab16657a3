package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Worker is a process that works jobs.
type Worker struct {
	ID   string // of the River client
	Host string
	PID  int
}

// Beat says that the worker is alive.
func (s *Store) Beat(ctx context.Context, w Worker) error {
	const query = `
		INSERT INTO workers (id, host, pid)
		VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET seen_at = now()`
	if _, err := s.pool.Exec(ctx, query, w.ID, w.Host, w.PID); err != nil {
		return fmt.Errorf("worker %q: beat: %w", w.ID, err)
	}
	return nil
}

// Leave forgets a worker that stopped in order.
func (s *Store) Leave(ctx context.Context, id string) error {
	if _, err := s.pool.Exec(ctx, `DELETE FROM workers WHERE id = $1`, id); err != nil {
		return fmt.Errorf("worker %q: leave: %w", id, err)
	}
	return nil
}

// Rescued is a job that was taken from a worker.
type Rescued struct {
	ID        int64
	Kind      string
	Args      []byte // JSON
	Discarded bool   // it had no attempt left
}

// Rescue takes running jobs away from workers that were not seen for the given
// time or are unknown, and from worker self those that it is not working on
// (the database was away when it fetched or finished them). They become
// available again; a job that has no attempt left is discarded. finish joins
// the transaction. A worker that was only slow may finish such a job as well:
// its results are stored once, so nothing is done twice.
func (s *Store) Rescue(ctx context.Context, self string, working []int64, unseen time.Duration, finish func(pgx.Tx, []Rescued) error) ([]Rescued, error) {
	const query = `
		WITH dead AS (
			SELECT j.id
			FROM river_job j
			WHERE j.state = 'running'
				AND j.attempted_at < now() - @unseen::interval
				AND CASE WHEN j.attempted_by[array_upper(j.attempted_by, 1)] = @self THEN j.id <> ALL(@working)
					ELSE NOT EXISTS (
						SELECT 1
						FROM workers w
						WHERE w.id = j.attempted_by[array_upper(j.attempted_by, 1)] AND w.seen_at > now() - @unseen::interval
					) END
			ORDER BY j.id
			LIMIT 1000
			FOR UPDATE SKIP LOCKED
		)
		UPDATE river_job j
		SET state = CASE WHEN j.attempt >= j.max_attempts THEN 'discarded' ELSE 'available' END::river_job_state,
			finalized_at = CASE WHEN j.attempt >= j.max_attempts THEN now() END,
			scheduled_at = now(),
			errors = array_append(j.errors, jsonb_build_object('at', now(), 'attempt', j.attempt, 'error', @error::text, 'trace', ''))
		FROM dead
		WHERE j.id = dead.id
		RETURNING j.id, j.kind, j.args, j.state = 'discarded' AS discarded`
	args := pgx.StrictNamedArgs{"self": self, "working": append([]int64{}, working...), "unseen": unseen, "error": WorkerLost}
	var taken []Rescued
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, args)
		if err != nil {
			return err
		}
		if taken, err = pgx.CollectRows(rows, pgx.RowToStructByName[Rescued]); err != nil || len(taken) == 0 {
			return err
		}
		return finish(tx, taken)
	})
	if err != nil {
		return nil, fmt.Errorf("rescue jobs: %w", err)
	}
	return taken, nil
}

// WorkerLost is the error that a rescued job carries.
const WorkerLost = "its worker was lost"

// ForgetWorkers removes workers that were not seen for the given time.
func (s *Store) ForgetWorkers(ctx context.Context, unseen time.Duration) error {
	if _, err := s.pool.Exec(ctx, `DELETE FROM workers WHERE seen_at < now() - $1::interval`, unseen); err != nil {
		return fmt.Errorf("forget workers: %w", err)
	}
	return nil
}

// Progress counts transcripts and what became of them.
type Progress struct {
	Sessions    int
	Transcripts int
	Verdicts    int
	Failures    int
}

// Done reports whether every transcript has a verdict or a failure.
func (p Progress) Done() bool { return p.Verdicts+p.Failures >= p.Transcripts }

// Progress counts over the whole database. A transcript counts once, whatever
// number of scorecards it was inspected by.
func (s *Store) Progress(ctx context.Context) (Progress, error) {
	const query = `
		SELECT (SELECT count(*) FROM sessions) AS sessions,
			(SELECT count(*) FROM transcripts) AS transcripts,
			(SELECT count(DISTINCT transcript_id) FROM verdicts) AS verdicts,
			(SELECT count(*) FROM failures) AS failures`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return Progress{}, fmt.Errorf("count progress: %w", err)
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Progress])
}

// LiveWorkers counts the processes that were seen within the given time.
func (s *Store) LiveWorkers(ctx context.Context, seen time.Duration) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM workers WHERE seen_at > now() - $1::interval`, seen).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count workers: %w", err)
	}
	return n, nil
}
