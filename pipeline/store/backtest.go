package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline/backtest"
)

// BacktestKey is the key of a back-test.
type BacktestKey int64

// BacktestState is how far a back-test is.
type BacktestState string

// The states of back-tests.
const (
	BacktestRunning BacktestState = "running"
	BacktestDone    BacktestState = "done"
	BacktestFailed  BacktestState = "failed"

	// What a running one is that nobody works on: see Backtest.Stage.
	BacktestWaiting     BacktestState = "waiting"
	BacktestInterrupted BacktestState = "interrupted"
)

// CardSource is a version of a scorecard with its file; all "" is none.
type CardSource struct {
	ID      string
	Version string
	Source  string
}

// NewBacktest says what is to be compared.
type NewBacktest struct {
	New   CardSource
	Old   CardSource // none: what each session was inspected by
	Since time.Time  // day; zero is all sessions
	Seed  uint64     // of the samples
	By    string
}

// Backtest is a comparison of two scorecards over stored sessions.
type Backtest struct {
	Key        BacktestKey
	New, Old   CardSource
	Since      *time.Time // day
	Seed       uint64
	State      BacktestState
	Error      string
	Total      int // sessions to go through
	Done       int
	Cursor     SessionKey
	Last       SessionKey
	Tally      *backtest.Tally // of the sessions up to Cursor; nil before the first are saved
	Seconds    float64         // of work
	Who        string
	CreatedAt  time.Time
	SeenAt     time.Time
	FinishedAt *time.Time
}

// silentAfter is how long a back-test may be silent before it is taken for interrupted.
const silentAfter = 20 * time.Second

// Stage is the back-test's state, where nobody works on it whether it waits to be
// begun or was interrupted.
func (b *Backtest) Stage(now time.Time) BacktestState {
	switch {
	case b.State != BacktestRunning || now.Sub(b.SeenAt) <= silentAfter:
		return b.State
	case b.Done == 0:
		return BacktestWaiting
	}
	return BacktestInterrupted
}

// StartBacktest notes a back-test of the sessions that there are now. enqueue
// joins its transaction; nil when the caller works it.
func (s *Store) StartBacktest(ctx context.Context, n NewBacktest, enqueue func(pgx.Tx, BacktestKey) error) (BacktestKey, error) {
	const insert = `
		INSERT INTO backtests (new_id, new_version, new_source, old_id, old_version, old_source, since, seed, who, total, last)
		SELECT @new_id, @new_version, @new_source, @old_id, @old_version, @old_source, @since::date, @seed, @who,
			count(*), coalesce(max(id), 0)
		FROM sessions
		WHERE @since::date IS NULL OR day >= @since
		RETURNING id`
	var key BacktestKey
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, insert, pgx.StrictNamedArgs{
			"new_id": n.New.ID, "new_version": n.New.Version, "new_source": n.New.Source,
			"old_id": n.Old.ID, "old_version": n.Old.Version, "old_source": n.Old.Source,
			"since": day(n.Since), "seed": int64(n.Seed), "who": clean(n.By),
		}).Scan(&key)
		if err != nil || enqueue == nil {
			return err
		}
		return enqueue(tx, key)
	})
	if err != nil {
		return 0, fmt.Errorf("start back-test: %w", err)
	}
	return key, nil
}

// Backtest returns a back-test, or ErrNotFound.
func (s *Store) Backtest(ctx context.Context, key BacktestKey) (Backtest, error) {
	const query = `
		SELECT new_id, new_version, new_source, old_id, old_version, old_source, since, seed, state, error, total, done,
			cursor, last, tally, seconds, who, created_at, seen_at, finished_at
		FROM backtests
		WHERE id = $1`
	b := Backtest{Key: key}
	var seed int64
	err := s.pool.QueryRow(ctx, query, key).Scan(&b.New.ID, &b.New.Version, &b.New.Source, &b.Old.ID, &b.Old.Version, &b.Old.Source,
		&b.Since, &seed, &b.State, &b.Error, &b.Total, &b.Done, &b.Cursor, &b.Last, &b.Tally, &b.Seconds, &b.Who,
		&b.CreatedAt, &b.SeenAt, &b.FinishedAt)
	if err != nil {
		return Backtest{}, fmt.Errorf("load back-test %d: %w", key, noRows(err))
	}
	b.Seed = uint64(seed)
	return b, nil
}

// BacktestRow is a back-test in a list.
type BacktestRow struct {
	Key        BacktestKey
	NewID      string
	NewVersion string
	OldID      string // "" is what each session was inspected by
	OldVersion string
	Since      *time.Time
	State      BacktestState
	Total      int
	Done       int
	Who        string
	CreatedAt  time.Time
	SeenAt     time.Time
	Changed    *int // sessions that come out differently; nil before the first are counted
	Labelled   int  // samples that people have labelled
	Samples    int
}

// Stage is as Backtest's.
func (b *BacktestRow) Stage(now time.Time) BacktestState {
	return (&Backtest{State: b.State, Done: b.Done, SeenAt: b.SeenAt}).Stage(now)
}

// Backtests returns back-tests, the newest first, at most limit.
func (s *Store) Backtests(ctx context.Context, limit int) ([]BacktestRow, error) {
	const query = `
		SELECT b.id AS key, b.new_id, b.new_version, b.old_id, b.old_version, b.since, b.state, b.total, b.done, b.who,
			b.created_at, b.seen_at, (b.tally ->> 'changed')::integer AS changed,
			(SELECT count(*) FROM backtest_samples x WHERE x.backtest_id = b.id AND x.label IN ('right', 'wrong')) AS labelled,
			(SELECT count(*) FROM backtest_samples x WHERE x.backtest_id = b.id) AS samples
		FROM backtests b
		ORDER BY b.id DESC
		LIMIT $1`
	rows, err := s.pool.Query(ctx, query, min(max(limit, 1), 1000))
	if err != nil {
		return nil, fmt.Errorf("load back-tests: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[BacktestRow])
}

// SeeBacktest says that a process is at work on a back-test.
func (s *Store) SeeBacktest(ctx context.Context, key BacktestKey) error {
	if _, err := s.pool.Exec(ctx, `UPDATE backtests SET seen_at = now() WHERE id = $1`, key); err != nil {
		return fmt.Errorf("back-test %d: say that it is worked on: %w", key, err)
	}
	return nil
}

// BacktestStep is what a part of the work adds to a back-test.
type BacktestStep struct {
	Cursor  SessionKey      // the last session that was counted
	Tally   *backtest.Tally // of all sessions up to it
	Seconds float64         // of work since the step before
}

// SaveBacktest keeps a back-test's state, so that it can go on from there.
func (s *Store) SaveBacktest(ctx context.Context, key BacktestKey, step BacktestStep) error {
	const save = `
		UPDATE backtests
		SET cursor = $2, tally = $3, done = $4, seconds = seconds + $5, seen_at = now()
		WHERE id = $1`
	_, err := s.pool.Exec(ctx, save, key, step.Cursor, step.Tally, step.Tally.Sessions, step.Seconds)
	if err != nil {
		return fmt.Errorf("save back-test %d: %w", key, err)
	}
	return nil
}

// FinishBacktest keeps the last state and the samples, for people to label.
func (s *Store) FinishBacktest(ctx context.Context, key BacktestKey, step BacktestStep, finish func(pgx.Tx) error) error {
	const save = `
		UPDATE backtests
		SET cursor = $2, tally = $3, done = $4, seconds = seconds + $5, seen_at = now(), finished_at = now(), state = 'done'
		WHERE id = $1 AND state = 'running'`
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, save, key, step.Cursor, step.Tally, step.Tally.Sessions, step.Seconds)
		if err != nil {
			return err
		}
		if tag.RowsAffected() > 0 {
			if err := copySamples(ctx, tx, key, step.Tally); err != nil {
				return err
			}
		}
		return finish(tx)
	})
	if err != nil {
		return fmt.Errorf("finish back-test %d: %w", key, err)
	}
	return nil
}

// FailBacktest ends a back-test that cannot go on.
func (s *Store) FailBacktest(ctx context.Context, key BacktestKey, reason error) error {
	const fail = `
		UPDATE backtests
		SET state = 'failed', error = $2, finished_at = now()
		WHERE id = $1 AND state = 'running'`
	if _, err := s.pool.Exec(ctx, fail, key, clean(reason.Error())); err != nil {
		return fmt.Errorf("end back-test %d: %w", key, err)
	}
	return nil
}

// ErrBusy means that another process works on it.
var ErrBusy = errors.New("another process works on it")

// backtestLock is the class of the advisory locks of back-tests that are worked on.
const backtestLock = 0x617373

// lockBacktest makes a connection the only one that works on a back-test, until
// it is closed or unlocks.
func lockBacktest(ctx context.Context, conn *pgx.Conn, key BacktestKey) error {
	var ok bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, $2)`, backtestLock, int32(key)).Scan(&ok); err != nil {
		return err
	}
	if !ok {
		return ErrBusy
	}
	return nil
}
