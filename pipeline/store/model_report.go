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

// ModelReport is what asking models did and cost: today, and over the last 7 days
// with today, as days begin in the store's zone. Costs are in millionths of the
// currency's unit.
type ModelReport struct {
	From, Day time.Time // the first day and today
	Endpoints []ModelEndpoint
	Spending  []ModelSpending // all, then plans, then rules; the dearest first
	Criteria  []ModelCriterion
	Calls     []ModelCalls
	Latency   ModelLatency
	Queue     ModelQueue
	Answers   []ModelAnswers
	Unpriced  int // calls of these days whose price is not known
	Open      int // calls that are under way
	Reserved  ModelUse
}

// ModelUse is what was taken.
type ModelUse struct{ Tokens, Cost int64 }

// ModelEndpoint is what all processes know of a model at an endpoint.
type ModelEndpoint struct {
	Endpoint      string // host
	Model         string
	Failures      int        // in a row
	ClosedUntil   *time.Time // nobody asks before; nil is open
	Status        string     // of the failure that closed it
	NeedsSomebody bool       // waiting does not mend it
	ChangedAt     time.Time  // when it was closed or opened last
}

// ModelSpending is what a scope took.
type ModelSpending struct {
	Scope string // all, plan, rule
	Key   string // "", plan, plan/rule
	Today ModelUse
	Week  ModelUse
}

// ModelCriterion is what asking about a criterion took; a call's cost is shared by
// its criteria in equal parts.
type ModelCriterion struct {
	Scorecard string
	Criterion string
	Calls     int // over the week
	Today     ModelUse
	Week      ModelUse
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

// ModelQueue is what waits to be judged.
type ModelQueue struct {
	Waiting int
	Running int
	Oldest  *time.Time // when the one that waits longest was enqueued; nil when none does
}

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
			r.readEndpoints, r.readSpending, r.readCriteria, r.readCalls, r.readLatency, r.readQueue, r.readAnswers,
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

func (r *ModelReport) readEndpoints(ctx context.Context, tx pgx.Tx) error {
	const query = `
		SELECT endpoint, model, failures, CASE WHEN closed_until > now() THEN closed_until END AS closed_until, status,
			needs_somebody, changed_at
		FROM model_endpoints
		ORDER BY endpoint, model
		LIMIT 500`
	rows, err := tx.Query(ctx, query)
	if err == nil {
		r.Endpoints, err = pgx.CollectRows(rows, pgx.RowToStructByName[ModelEndpoint])
	}
	return err
}

func (r *ModelReport) readSpending(ctx context.Context, tx pgx.Tx) error {
	const query = `
		SELECT scope, key,
			coalesce(sum(tokens) FILTER (WHERE day = $2), 0)::bigint, coalesce(sum(cost) FILTER (WHERE day = $2), 0)::bigint,
			sum(tokens)::bigint, sum(cost)::bigint
		FROM model_spending
		WHERE day BETWEEN $1 AND $2 AND scope IN ('all', 'plan', 'rule')
		GROUP BY scope, key
		ORDER BY scope, sum(cost) DESC, sum(tokens) DESC, key
		LIMIT 500`
	rows, err := tx.Query(ctx, query, r.From, r.Day)
	if err != nil {
		return err
	}
	r.Spending, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (m ModelSpending, err error) {
		return m, row.Scan(&m.Scope, &m.Key, &m.Today.Tokens, &m.Today.Cost, &m.Week.Tokens, &m.Week.Cost)
	})
	return err
}

func (r *ModelReport) readCriteria(ctx context.Context, tx pgx.Tx) error {
	const query = `
		SELECT coalesce(s.slug, ''), m.criterion, count(*),
			coalesce(sum(m.tokens) FILTER (WHERE c.day = $2), 0)::bigint, coalesce(sum(m.cost) FILTER (WHERE c.day = $2), 0)::bigint,
			sum(m.tokens)::bigint, coalesce(sum(m.cost), 0)::bigint
		FROM model_calls c
		JOIN model_call_criteria m ON m.call_id = c.id
		LEFT JOIN scorecards s ON s.id = c.scorecard_id
		WHERE c.day BETWEEN $1 AND $2
		GROUP BY 1, 2
		ORDER BY 7 DESC, 6 DESC, 1, 2
		LIMIT 500`
	rows, err := tx.Query(ctx, query, r.From, r.Day)
	if err != nil {
		return err
	}
	r.Criteria, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (m ModelCriterion, err error) {
		return m, row.Scan(&m.Scorecard, &m.Criterion, &m.Calls, &m.Today.Tokens, &m.Today.Cost, &m.Week.Tokens, &m.Week.Cost)
	})
	return err
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
	if err != nil {
		return err
	}
	if r.Calls, err = pgx.CollectRows(rows, pgx.RowToStructByName[ModelCalls]); err != nil {
		return err
	}
	const now = `
		SELECT count(*) FILTER (WHERE status = 'ok' AND cost IS NULL AND day BETWEEN $1 AND $2),
			count(*) FILTER (WHERE status = 'open' AND expires_at > now()),
			coalesce(sum(reserved_tokens) FILTER (WHERE status = 'open' AND expires_at > now()), 0)::bigint,
			coalesce(sum(reserved_cost) FILTER (WHERE status = 'open' AND expires_at > now()), 0)::bigint
		FROM model_calls
		WHERE status = 'open' OR day BETWEEN $1 AND $2`
	return tx.QueryRow(ctx, now, r.From, r.Day).Scan(&r.Unpriced, &r.Open, &r.Reserved.Tokens, &r.Reserved.Cost)
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

func (r *ModelReport) readQueue(ctx context.Context, tx pgx.Tx) error {
	const query = `
		SELECT count(*) FILTER (WHERE state <> 'running'), count(*) FILTER (WHERE state = 'running'),
			min(created_at) FILTER (WHERE state <> 'running')
		FROM river_job
		WHERE kind = 'judge' AND state IN ('available', 'pending', 'retryable', 'scheduled', 'running')`
	return tx.QueryRow(ctx, query).Scan(&r.Queue.Waiting, &r.Queue.Running, &r.Queue.Oldest)
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
