package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
)

// reportDays is how many days the report on models is about, today included.
const reportDays = 7

// ModelReport is what asking models did: today, and over the last 7 days with
// today, as days begin in the store's zone. What it cost is in Spending.
type ModelReport struct {
	From, Day time.Time // the first day and today
	Calls     []ModelCalls
	Latency   ModelLatency
	Answers   []ModelAnswers
	Open      int   // calls that are under way
	Tokens    int64 // that they have reserved
	Cost      int64 // likewise, in millionths of the currency's unit
}

// ModelCalls counts calls that ended alike.
type ModelCalls struct {
	Status string
	Today  int
	Week   int
}

// ModelLatency is how long answers took, over the week; nil without any. Batches
// are not in it.
type ModelLatency struct{ Median, P95 *time.Duration }

// ModelAnswers counts the current verdicts of the week by what they say about a
// criterion that a model is to answer.
type ModelAnswers struct {
	Scorecard string
	Criterion string
	Outcome   pipeline.Outcome
	Reason    pipeline.Reason // of undetermined ones; "" otherwise
	Sessions  int
}

// ModelReport reads the ledger. Lists have at most 500 entries.
func (s *Store) ModelReport(ctx context.Context) (*ModelReport, error) {
	r := &ModelReport{}
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		const day = `SELECT (now() AT TIME ZONE $1)::date, (now() AT TIME ZONE $1)::date - ($2::integer - 1)`
		if err := tx.QueryRow(ctx, day, s.zone.String(), reportDays).Scan(&r.Day, &r.From); err != nil {
			return err
		}
		for _, read := range []func(context.Context, pgx.Tx) error{
			r.readCalls, r.readOpen, r.readLatency, r.readAnswers,
		} {
			if err := read(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("report on models: %w", err)
	}
	return r, nil
}

func (r *ModelReport) readCalls(ctx context.Context, tx pgx.Tx) error {
	const query = `
		SELECT status, count(*) FILTER (WHERE day = $2) AS today, count(*) AS week
		FROM model_calls
		WHERE day BETWEEN $1 AND $2
		GROUP BY status
		ORDER BY count(*) DESC, status
		LIMIT 500`
	rows, err := tx.Query(ctx, query, r.From, r.Day)
	if err == nil {
		r.Calls, err = pgx.CollectRows(rows, pgx.RowToStructByName[ModelCalls])
	}
	return err
}

func (r *ModelReport) readOpen(ctx context.Context, tx pgx.Tx) error {
	const query = `
		SELECT count(*), coalesce(sum(reserved_tokens), 0)::bigint, coalesce(sum(reserved_cost), 0)::bigint
		FROM model_calls
		WHERE status = 'open' AND expires_at > now()`
	return tx.QueryRow(ctx, query).Scan(&r.Open, &r.Tokens, &r.Cost)
}

func (r *ModelReport) readLatency(ctx context.Context, tx pgx.Tx) error {
	const query = `
		SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM latency)),
			percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM latency))
		FROM model_calls
		WHERE day BETWEEN $1 AND $2 AND status = 'ok' AND purpose <> 'batch' AND latency IS NOT NULL`
	var median, p95 *float64
	if err := tx.QueryRow(ctx, query, r.From, r.Day).Scan(&median, &p95); err != nil || median == nil {
		return err
	}
	r.Latency = ModelLatency{new(time.Duration(*median * float64(time.Second))), new(time.Duration(*p95 * float64(time.Second)))}
	return nil
}

func (r *ModelReport) readAnswers(ctx context.Context, tx pgx.Tx) error {
	const query = `
		SELECT f.scorecard, f.criterion, f.outcome, CASE WHEN f.outcome = 'undetermined' THEN f.reason ELSE '' END AS reason,
			count(*) AS sessions
		FROM findings f
		JOIN verdicts v ON v.id = f.verdict_id AND v.current
		WHERE f.answered_by = 'judge' AND v.inspected_at >= now() - make_interval(days => $1)
		GROUP BY 1, 2, 3, 4
		ORDER BY 1, 2, 3, 5 DESC, 4
		LIMIT 500`
	rows, err := tx.Query(ctx, query, reportDays)
	if err == nil {
		r.Answers, err = pgx.CollectRows(rows, pgx.RowToStructByName[ModelAnswers])
	}
	return err
}
