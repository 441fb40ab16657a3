package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// EndpointStatus is what all processes know of a model at an endpoint.
type EndpointStatus struct {
	Endpoint      string
	Model         string
	Failures      int        // in a row
	ClosedUntil   *time.Time // nil: it is asked
	Status        string     // how the call ended that closed it; "probing": one call tries it again
	NeedsSomebody bool       // waiting does not mend it: a key, a name, credit
	ChangedAt     time.Time
}

// Endpoints lists the models that were asked.
func (s *Store) Endpoints(ctx context.Context) ([]EndpointStatus, error) {
	const query = `
		SELECT endpoint, model, failures, CASE WHEN closed_until > now() THEN closed_until END AS closed_until, status, needs_somebody,
			changed_at
		FROM model_endpoints
		ORDER BY needs_somebody DESC, endpoint, model
		LIMIT 1000`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("load endpoints: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[EndpointStatus])
}

// ReopenEndpoints lets all endpoints be asked, and jobs that sleep go on, at once:
// somebody has done what was needed. It returns how many jobs slept.
func (s *Store) ReopenEndpoints(ctx context.Context) (jobs int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const reopen = `
			UPDATE model_endpoints
			SET closed_until = NULL, failures = 0, status = '', needs_somebody = false, changed_at = clock_timestamp()
			WHERE closed_until IS NOT NULL`
		if _, err := tx.Exec(ctx, reopen); err != nil {
			return err
		}
		const wake = `
			UPDATE river_job
			SET scheduled_at = now()
			WHERE kind = 'judge' AND state = 'scheduled' AND scheduled_at > now()`
		tag, err := tx.Exec(ctx, wake)
		jobs = int(tag.RowsAffected())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("reopen endpoints: %w", err)
	}
	return jobs, nil
}

// JudgeQueue counts the jobs of judging.
type JudgeQueue struct {
	Waiting int
	Running int
	Asleep  int
	Oldest  time.Duration // how long the first of those that wait has been waiting; 0 when none does
	Next    *time.Time    // when the first of those asleep goes on
}

// JudgeQueue counts what is to be judged.
func (s *Store) JudgeQueue(ctx context.Context) (JudgeQueue, error) {
	const query = `
		SELECT count(*) FILTER (WHERE state IN ('available', 'pending', 'retryable')) AS waiting,
			count(*) FILTER (WHERE state = 'running') AS running,
			count(*) FILTER (WHERE state = 'scheduled') AS asleep,
			coalesce(now() - min(scheduled_at) FILTER (WHERE state = 'available' AND scheduled_at <= now()), '0')::interval AS oldest,
			min(scheduled_at) FILTER (WHERE state = 'scheduled') AS next
		FROM river_job
		WHERE kind = 'judge' AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return JudgeQueue{}, fmt.Errorf("count judging: %w", err)
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[JudgeQueue])
}

// Spending is what models took, of one plan, scorecard or criterion, or of all.
type Spending struct {
	Name     string // "" is of all, or of none in particular
	Calls    int
	Failed   int // of the calls: without an answer
	Sessions int
	Input    int64 // tokens
	Cached   int64
	Output   int64
	Cost     int64 // in millionths of the currency's unit
	Unpriced int   // calls whose price is not known
	Currency string
}

// SpendingBy says by what spending is counted.
type SpendingBy string

// What spending is counted by.
const (
	SpentInAll       SpendingBy = "''"
	SpentByPlan      SpendingBy = "c.plan"
	SpentByScorecard SpendingBy = "coalesce(k.slug, '')"
	SpentByPurpose   SpendingBy = "c.purpose"
	SpentByModel     SpendingBy = "c.asked || '@' || c.endpoint"
)

// Spending counts calls of the given day and later, most expensive first, at most
// 200 rows. Currencies are not added up.
func (s *Store) Spending(ctx context.Context, by SpendingBy, since time.Time) ([]Spending, error) {
	query := `
		SELECT ` + string(by) + ` AS name, count(*) AS calls, count(*) FILTER (WHERE c.status NOT IN ('ok', 'open')) AS failed,
			count(DISTINCT nullif(c.source_id, '')) AS sessions, coalesce(sum(c.input_tokens), 0)::bigint AS input,
			coalesce(sum(c.cached_tokens), 0)::bigint AS cached, coalesce(sum(c.output_tokens), 0)::bigint AS output,
			coalesce(sum(c.cost), 0)::bigint AS cost, count(*) FILTER (WHERE c.cost IS NULL AND c.status = 'ok') AS unpriced, c.currency
		FROM model_calls c
		LEFT JOIN scorecards k ON k.id = c.scorecard_id
		WHERE c.day >= $1::date
		GROUP BY 1, c.currency
		ORDER BY cost DESC, input DESC, name
		LIMIT 200`
	rows, err := s.pool.Query(ctx, query, since)
	if err != nil {
		return nil, fmt.Errorf("count spending: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Spending])
}

// CriterionSpending is what a criterion took, in its parts of calls.
type CriterionSpending struct {
	Scorecard string
	Criterion string
	Calls     int
	Taken     int // answers that count
	Tokens    int64
	Cost      int64
	Unpriced  int // calls whose price is not known
	Currency  string
}

// SpendingByCriterion counts calls of the given day and later by criterion, most
// expensive first, at most 200 rows.
func (s *Store) SpendingByCriterion(ctx context.Context, since time.Time) ([]CriterionSpending, error) {
	const query = `
		SELECT coalesce(k.slug, '') AS scorecard, m.criterion, count(*) AS calls,
			count(*) FILTER (WHERE m.taken IN ('met', 'not_met', 'not_applicable')) AS taken,
			coalesce(sum(m.tokens), 0)::bigint AS tokens, coalesce(sum(m.cost), 0)::bigint AS cost,
			count(*) FILTER (WHERE c.cost IS NULL AND c.status = 'ok') AS unpriced, c.currency
		FROM model_call_criteria m
		JOIN model_calls c ON c.id = m.call_id
		LEFT JOIN scorecards k ON k.id = c.scorecard_id
		WHERE c.day >= $1::date
		GROUP BY 1, 2, c.currency
		ORDER BY cost DESC, tokens DESC, 1, 2
		LIMIT 200`
	rows, err := s.pool.Query(ctx, query, since)
	if err != nil {
		return nil, fmt.Errorf("count spending by criterion: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[CriterionSpending])
}
