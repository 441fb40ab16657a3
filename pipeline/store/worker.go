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
	// Judging says as JSON how the process judges; empty: it has no model.
	Judging string
}

// Beat says that the worker is alive.
func (s *Store) Beat(ctx context.Context, w Worker) error {
	const query = `
		INSERT INTO workers (id, host, pid, judging)
		VALUES ($1, $2, $3, nullif($4, '')::jsonb)
		ON CONFLICT (id) DO UPDATE SET seen_at = now()`
	if _, err := s.pool.Exec(ctx, query, w.ID, w.Host, w.PID, w.Judging); err != nil {
		return fmt.Errorf("worker %q: beat: %w", w.ID, err)
	}
	return nil
}

// Leave forgets a worker that stopped in order. Of one that judges it is still
// known how, since it may come back: see JudgingSeen.
func (s *Store) Leave(ctx context.Context, id string) error {
	const forget = `DELETE FROM workers WHERE id = $1 AND judging IS NULL`
	const leave = `UPDATE workers SET seen_at = now() - interval '1 minute' WHERE id = $1`
	_, err := s.pool.Exec(ctx, forget, id)
	if err == nil {
		_, err = s.pool.Exec(ctx, leave, id)
	}
	if err != nil {
		return fmt.Errorf("worker %q: leave: %w", id, err)
	}
	return nil
}

// JudgingSeen lists how processes judge that were seen within the given time, each
// way once: that of the one seen last is the first.
func (s *Store) JudgingSeen(ctx context.Context, seen time.Duration) ([]string, error) {
	const query = `
		SELECT judging::text
		FROM workers
		WHERE judging IS NOT NULL AND seen_at > now() - $1::interval
		GROUP BY judging
		ORDER BY max(seen_at) DESC
		LIMIT 100`
	rows, err := s.pool.Query(ctx, query, seen)
	if err != nil {
		return nil, fmt.Errorf("load how processes judge: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// judgeKind is the kind of the jobs of judging.
const judgeKind = "judge"

// Rescue takes running jobs of the given kinds away from workers that were not
// seen for the given time or are unknown, and from worker self those that it is
// not working on (the database was away when it fetched or finished them). They
// become available again; a job that has no attempt left is discarded, but for one
// of judging: its worker says in the verdict that it is given up. It returns
// how many were taken. A worker that was only slow may finish such a job as well:
// its results are stored once, so nothing is done twice.
func (s *Store) Rescue(ctx context.Context, self string, kinds []string, working []int64, unseen time.Duration) (int, error) {
	const query = `
		WITH dead AS (
			SELECT j.id
			FROM river_job j
			WHERE j.state = 'running' AND j.kind = ANY(@kinds)
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
		SET state = CASE WHEN j.attempt >= j.max_attempts AND j.kind <> @last THEN 'discarded' ELSE 'available' END::river_job_state,
			finalized_at = CASE WHEN j.attempt >= j.max_attempts AND j.kind <> @last THEN now() END,
			max_attempts = greatest(j.max_attempts, j.attempt + 1),
			scheduled_at = now(),
			errors = array_append(j.errors, jsonb_build_object('at', now(), 'attempt', j.attempt, 'error', @error::text, 'trace', ''))
		FROM dead
		WHERE j.id = dead.id`
	tag, err := s.pool.Exec(ctx, query, pgx.StrictNamedArgs{
		"self": self, "kinds": kinds, "working": append([]int64{}, working...), "unseen": unseen, "error": WorkerLost, "last": judgeKind,
	})
	if err != nil {
		return 0, fmt.Errorf("rescue jobs: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// RecordDiscarded notes a failure for every transcript that a discarded job of
// this kind left without verdict or failure and the plan did not leave out, and returns how many there were.
// One of a re-inspection has a verdict from before, which stands: it is noted all
// the same. The job's arguments list the transcripts' keys under "transcripts", and
// its re-inspection; each job is looked at once.
func (s *Store) RecordDiscarded(ctx context.Context, kind string) (int, error) {
	const query = `
		WITH j AS (
			UPDATE river_job
			SET metadata = metadata || '{"assay:recorded": true}'
			WHERE state = 'discarded' AND kind = $1 AND NOT metadata ? 'assay:recorded'
			RETURNING id, args, errors
		)
		INSERT INTO failures (transcript_id, session_id, reason, detail)
		SELECT DISTINCT ON (t.id) t.id, t.session_id, CASE WHEN e.error = $2 THEN 'worker_died' ELSE 'error' END,
			coalesce('re-inspection ' || (j.args ->> 'reinspection') || ': ', '') || e.error
		FROM j
		CROSS JOIN LATERAL jsonb_array_elements_text(j.args -> 'transcripts') AS a(id)
		CROSS JOIN LATERAL (SELECT coalesce(j.errors[array_upper(j.errors, 1)] ->> 'error', '') AS error) e
		JOIN transcripts t ON t.id = a.id::bigint
		WHERE (j.args ? 'reinspection' OR NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.transcript_id = t.id))
			AND NOT EXISTS (SELECT 1 FROM failures f WHERE f.transcript_id = t.id)
			AND NOT EXISTS (SELECT 1 FROM left_out l WHERE l.transcript_id = t.id)
		ORDER BY t.id, j.id DESC
		ON CONFLICT (transcript_id) DO NOTHING`
	tag, err := s.pool.Exec(ctx, query, kind, WorkerLost)
	if err != nil {
		return 0, fmt.Errorf("record discarded jobs: %w", err)
	}
	return int(tag.RowsAffected()), nil
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
	LeftOut     int // by the plan
}

// Waiting is how many transcripts have no verdict, did not fail and were not left out.
func (p Progress) Waiting() int { return max(0, p.Transcripts-p.Verdicts-p.Failures-p.LeftOut) }

// Done reports whether no transcript waits.
func (p Progress) Done() bool { return p.Waiting() == 0 }

// Progress counts over the whole database. A transcript counts once, whatever
// number of scorecards it was inspected by.
func (s *Store) Progress(ctx context.Context) (Progress, error) {
	const query = `
		SELECT (SELECT count(*) FROM sessions) AS sessions,
			(SELECT count(*) FROM transcripts) AS transcripts,
			(SELECT count(DISTINCT transcript_id) FROM verdicts) AS verdicts,
			(SELECT count(*) FROM failures f
				WHERE NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.transcript_id = f.transcript_id)) AS failures,
			(SELECT count(*) FROM left_out l
				WHERE NOT EXISTS (SELECT 1 FROM failures f WHERE f.transcript_id = l.transcript_id)) AS left_out`
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
