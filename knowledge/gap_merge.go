package knowledge

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// gapLockWait is how long a merge waits for questions that others write: less
// than PostgreSQL waits before it ends one of two that wait for each other.
const gapLockWait = "500ms"

// Merge makes one of gaps that have grown alike: the larger one keeps its number
// and takes over the other's questions. It returns how many were merged;
// ErrGapsBusy while another process changes gaps. Before, it takes the words of
// sessions that are gone out of gaps.
func (g *Gaps) Merge(ctx context.Context) (n int, err error) {
	err = g.alone(ctx, func(conn *pgx.Conn) error {
		if err := g.sweep(ctx, conn); err != nil {
			return err
		}
		c, err := g.load(ctx, conn)
		if err != nil {
			return err
		}
		for m := range c.clusterer.Merges(c.mayMerge) {
			done, err := c.merge(ctx, conn, m)
			if err != nil {
				return err
			}
			if done {
				n++
				continue
			}
			// Of these two nothing is known until the next run reads them again.
			c.decided[m.From], c.decided[m.Into] = true, true
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("merge gaps: %w", err)
	}
	return n, err
}

// mayMerge keeps apart what somebody has decided about.
func (c *clustering) mayMerge(from, into int64) bool { return !c.decided[from] && !c.decided[into] }

// lockTaken is PostgreSQL's code for a lock that was waited for too long.
const lockTaken = "55P03"

// merge writes one merge, unless somebody has decided about either gap since
// they were read, or writes its questions.
func (c *clustering) merge(ctx context.Context, conn *pgx.Conn, m Merge) (done bool, err error) {
	const undecided = `
		SELECT id
		FROM gaps
		WHERE id IN ($1, $2) AND status = 'open'
		ORDER BY id
		FOR UPDATE`
	const into = `
		UPDATE gaps g
		SET terms = $3, questions = $4::integer - $6::integer, heat = $5,
			first_asked = least(g.first_asked, f.first_asked), last_asked = greatest(g.last_asked, f.last_asked)
		FROM gaps f
		WHERE g.id = $2 AND f.id = $1`
	const from = `
		UPDATE gaps
		SET status = 'merged', merged_into = $2, terms = '{}', title = '', title_question = NULL, title_ask = NULL, changed_at = now()
		WHERE id = $1`
	const questions = `
		UPDATE questions
		SET gap_id = $2
		WHERE gap_id = $1`
	const asks = `
		UPDATE asks
		SET gap_id = $2
		WHERE gap_id = $1`
	const sessions = `
		UPDATE gap_sessions moved
		SET gap_id = $2
		WHERE gap_id = $1 AND NOT EXISTS (
			SELECT 1
			FROM gap_sessions there
			WHERE there.gap_id = $2 AND there.session_id = moved.session_id)`
	const both = `DELETE FROM gap_sessions WHERE gap_id = $1` // what is left was counted for either
	c.heat[m.Into] = warmer(c.heat[m.Into], c.heat[m.From])
	var twice int
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '`+gapLockWait+`'`); err != nil {
			return err
		}
		open, err := tx.Exec(ctx, undecided, m.From, m.Into)
		if done = open.RowsAffected() == 2; err != nil || !done {
			return err
		}
		if _, err := tx.Exec(ctx, sessions, m.From, m.Into); err != nil {
			return err
		}
		left, err := tx.Exec(ctx, both, m.From)
		if err != nil {
			return err
		}
		twice = int(left.RowsAffected())
		g := c.clusterer.Terms(m.Into)
		batch := &pgx.Batch{}
		batch.Queue(gapsChanged)
		batch.Queue(into, m.From, m.Into, g.Terms, g.Questions, c.heat[m.Into], twice)
		batch.Queue(from, m.From, m.Into)
		batch.Queue(questions, m.From, m.Into)
		batch.Queue(asks, m.From, m.Into)
		return tx.SendBatch(ctx, batch).Close()
	})
	if late, ok := errors.AsType[*pgconn.PgError](err); ok && late.Code == lockTaken {
		return false, nil
	}
	if err != nil || !done {
		return false, err
	}
	c.clusterer.uncount(m.Into, twice)
	return true, nil
}
