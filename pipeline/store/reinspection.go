package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ReinspectionKey is the key of a run that inspects old sessions again.
type ReinspectionKey int64

// ReinspectionState is how far a re-inspection is.
type ReinspectionState string

// The states of re-inspections.
const (
	ReinspectionRunning   ReinspectionState = "running"
	ReinspectionDone      ReinspectionState = "done" // all its sessions are enqueued
	ReinspectionCancelled ReinspectionState = "cancelled"
)

// Reinspection is a run over the newest transcripts of old sessions that
// enqueues their inspection again.
type Reinspection struct {
	Key       ReinspectionKey
	Scorecard *ScorecardKey // nil: what fits each session when it is inspected
	Slug      string        // of the scorecard; "" without one
	Version   string
	Since     *time.Time // day
	State     ReinspectionState
	Total     int // sessions when it began
	Enqueued  int
	Waiting   int // of those enqueued, how many are not inspected yet
	Who       string
	Why       string
	CreatedAt time.Time
	EndedAt   *time.Time
}

// Inspected is how many sessions are through.
func (r *Reinspection) Inspected() int { return max(r.Enqueued-r.Waiting, 0) }

// Finished reports whether nothing is left to do.
func (r *Reinspection) Finished() bool { return r.State != ReinspectionRunning && r.Waiting == 0 }

// Stage is how far it is for those who wait for it: running until nothing waits.
func (r *Reinspection) Stage() ReinspectionState {
	if r.State == ReinspectionDone && r.Waiting > 0 {
		return ReinspectionRunning
	}
	return r.State
}

// NewReinspection says what is to be inspected again.
type NewReinspection struct {
	Scorecard *ScorecardKey // nil: what fits each session then
	Since     time.Time     // day; zero is all sessions
	Act
}

// StartReinspection notes a re-inspection of the sessions that there are now;
// enqueue puts the job that works it into the same transaction.
func (s *Store) StartReinspection(ctx context.Context, n NewReinspection, enqueue func(pgx.Tx, ReinspectionKey) error) (ReinspectionKey, error) {
	const insert = `
		INSERT INTO reinspections (scorecard_id, since, total, last, who, why)
		SELECT $1, $2::date, count(*), coalesce(max(id), 0), $3, $4
		FROM sessions
		WHERE $2::date IS NULL OR day >= $2
		RETURNING id`
	var key ReinspectionKey
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, insert, n.Scorecard, day(n.Since), clean(n.By), clean(n.Why)).Scan(&key); err != nil {
			return err
		}
		return enqueue(tx, key)
	})
	if err != nil {
		return 0, fmt.Errorf("start re-inspection: %w", err)
	}
	return key, nil
}

// ReinspectionStep is what one step of a re-inspection enqueues.
type ReinspectionStep struct {
	Scorecard *ScorecardKey
	Stored    []Stored // newest transcripts, in the order of their sessions
}

// StepReinspection moves the cursor over the next sessions, at most limit. The
// function that it calls enqueues them in the transaction that moves the cursor.
// It is told the last step by an empty one: then the re-inspection is done or was
// cancelled. Steps of one re-inspection wait for each other.
func (s *Store) StepReinspection(ctx context.Context, key ReinspectionKey, limit int, enqueue func(pgx.Tx, ReinspectionStep) error) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		step, cursor, err := nextStep(ctx, tx, key, limit)
		if err != nil {
			return err
		}
		const move = `
			UPDATE reinspections
			SET cursor = $2, enqueued = enqueued + $3
			WHERE id = $1`
		const end = `
			UPDATE reinspections
			SET state = 'done', ended_at = now()
			WHERE id = $1 AND state = 'running'`
		if len(step.Stored) > 0 {
			_, err = tx.Exec(ctx, move, key, cursor, len(step.Stored))
		} else {
			_, err = tx.Exec(ctx, end, key)
		}
		if err != nil {
			return err
		}
		return enqueue(tx, step)
	})
	if err != nil {
		return fmt.Errorf("re-inspection %d: %w", key, err)
	}
	return nil
}

// nextStep reads the next sessions and the cursor behind them; the step is empty
// when the re-inspection is not running or has come to its end.
func nextStep(ctx context.Context, tx pgx.Tx, key ReinspectionKey, limit int) (ReinspectionStep, SessionKey, error) {
	var step ReinspectionStep
	var state ReinspectionState
	const lock = `
		SELECT scorecard_id, state
		FROM reinspections
		WHERE id = $1
		FOR UPDATE`
	if err := tx.QueryRow(ctx, lock, key).Scan(&step.Scorecard, &state); err != nil {
		return step, 0, noRows(err)
	}
	if state != ReinspectionRunning {
		return step, 0, nil
	}
	const query = `
		SELECT t.id, octet_length(t.content), s.id
		FROM reinspections r
		JOIN sessions s ON s.id > r.cursor AND s.id <= r.last AND (r.since IS NULL OR s.day >= r.since)
		JOIN transcripts t ON t.session_id = s.id AND t.version = s.version
		WHERE r.id = $1
		ORDER BY s.id
		LIMIT $2`
	rows, err := tx.Query(ctx, query, key, limit)
	if err != nil {
		return step, 0, err
	}
	var one Stored
	var cursor SessionKey
	_, err = pgx.ForEachRow(rows, []any{&one.Key, &one.Bytes, &cursor}, func() error {
		step.Stored = append(step.Stored, one)
		return nil
	})
	return step, cursor, err
}

// CancelReinspection ends a re-inspection: nothing more is enqueued, and what
// waits is taken back. What was inspected keeps its new verdict. ErrNotFound when
// there is none with something left to do.
func (s *Store) CancelReinspection(ctx context.Context, key ReinspectionKey) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const cancel = `
			UPDATE reinspections
			SET state = 'cancelled', ended_at = now()
			WHERE id = $1 AND (state = 'running' OR state = 'done' AND EXISTS (
				SELECT 1
				FROM river_job
				WHERE kind = 'inspect' AND args @> jsonb_build_object('reinspection', $1::bigint)
					AND state IN ('available', 'pending', 'scheduled', 'retryable')))`
		tag, err := tx.Exec(ctx, cancel, key)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		const takeBack = `
			UPDATE river_job
			SET state = 'cancelled', finalized_at = now()
			WHERE kind = 'inspect' AND args @> jsonb_build_object('reinspection', $1::bigint)
				AND state IN ('available', 'pending', 'scheduled', 'retryable')`
		_, err = tx.Exec(ctx, takeBack, key)
		return err
	})
	if err != nil {
		return fmt.Errorf("cancel re-inspection %d: %w", key, err)
	}
	return nil
}

// reinspectionRows reads re-inspections with what waits of each.
const reinspectionRows = `
	SELECT r.id AS key, r.scorecard_id AS scorecard, coalesce(c.slug, '') AS slug, coalesce(c.version, '') AS version,
		r.since, r.state, r.total, r.enqueued, r.who, r.why, r.created_at, r.ended_at,
		(SELECT coalesce(sum(jsonb_array_length(j.args -> 'transcripts')), 0)
			FROM river_job j
			WHERE j.kind = 'inspect' AND j.args @> jsonb_build_object('reinspection', r.id)
				AND j.state IN ('available', 'pending', 'running', 'scheduled', 'retryable')) AS waiting
	FROM reinspections r
	LEFT JOIN scorecards c ON c.id = r.scorecard_id`

// Reinspections returns re-inspections, the newest first, at most limit.
func (s *Store) Reinspections(ctx context.Context, limit int) ([]Reinspection, error) {
	const query = reinspectionRows + `
		ORDER BY r.id DESC
		LIMIT $1`
	rows, err := s.pool.Query(ctx, query, min(max(limit, 1), 1000))
	if err != nil {
		return nil, fmt.Errorf("load re-inspections: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Reinspection])
}

// Reinspection returns one re-inspection, or ErrNotFound.
func (s *Store) Reinspection(ctx context.Context, key ReinspectionKey) (Reinspection, error) {
	const query = reinspectionRows + `
		WHERE r.id = $1`
	rows, err := s.pool.Query(ctx, query, key)
	if err != nil {
		return Reinspection{}, fmt.Errorf("load re-inspection %d: %w", key, err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Reinspection])
	if err != nil {
		return Reinspection{}, fmt.Errorf("load re-inspection %d: %w", key, noRows(err))
	}
	return r, nil
}
