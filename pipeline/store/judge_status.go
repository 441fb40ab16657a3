package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
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
// somebody has done what was needed. It returns how many sessions slept.
func (s *Store) ReopenEndpoints(ctx context.Context) (sessions int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const reopen = `
			UPDATE model_endpoints
			SET closed_until = NULL, failures = 0, status = '', needs_somebody = false, changed_at = clock_timestamp()
			WHERE closed_until IS NOT NULL`
		if _, err := tx.Exec(ctx, reopen); err != nil {
			return err
		}
		const wake = `
			WITH woken AS (
				UPDATE river_job
				SET scheduled_at = now()
				WHERE kind = 'judge' AND state = 'scheduled' AND scheduled_at > now()
				RETURNING (args ->> 'verdict')::bigint AS verdict
			)
			SELECT count(DISTINCT v.session_id)
			FROM woken w
			JOIN verdicts v ON v.id = w.verdict`
		return tx.QueryRow(ctx, wake).Scan(&sessions)
	})
	if err != nil {
		return 0, fmt.Errorf("reopen endpoints: %w", err)
	}
	return sessions, nil
}

// JudgeQueue counts sessions that are to be judged, each once: where several jobs ask
// about one, the furthest counts.
type JudgeQueue struct {
	Waiting int
	Running int
	Asleep  int
	Budget  int           // of those asleep: until another day's budget, or prices are given
	Oldest  time.Duration // how long the first of those that wait has been waiting; 0 when none does
	Next    *time.Time    // when the first of those asleep goes on
}

// JudgeQueue counts what is to be judged.
func (s *Store) JudgeQueue(ctx context.Context) (JudgeQueue, error) {
	const query = `
		WITH sessions AS (
			SELECT v.session_id, bool_or(j.state = 'running') AS running,
				bool_or(j.state IN ('available', 'pending', 'retryable')) AS waiting,
				min(j.scheduled_at) FILTER (WHERE j.state = 'available' AND j.scheduled_at <= now()) AS since,
				min(j.scheduled_at) FILTER (WHERE j.state = 'scheduled') AS until
			FROM river_job j
			JOIN verdicts v ON v.id = (j.args ->> 'verdict')::bigint
			WHERE j.kind = 'judge' AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
			GROUP BY v.session_id
		)
		SELECT count(*) FILTER (WHERE waiting AND NOT running) AS waiting,
			count(*) FILTER (WHERE running) AS running,
			count(*) FILTER (WHERE NOT waiting AND NOT running) AS asleep,
			count(*) FILTER (WHERE NOT waiting AND NOT running AND EXISTS (
				SELECT 1
				FROM verdicts c
				JOIN findings f ON f.verdict_id = c.id AND f.reason = 'budget'
				WHERE c.session_id = sessions.session_id AND c.current
			)) AS budget,
			coalesce(now() - min(since), '0')::interval AS oldest,
			min(until) FILTER (WHERE NOT waiting AND NOT running) AS next
		FROM sessions`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return JudgeQueue{}, fmt.Errorf("count judging: %w", err)
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[JudgeQueue])
}

// JudgeRun is how far a run over stored sessions is.
type JudgeRun struct {
	Run     string
	Waiting int // sessions that wait, sleep or are asked about
	Done    int // in the last day; those that a limit ended are among them
	Failed  int // given up
	Tokens  int64
	Cost    int64        // in millionths of the currency's unit
	Cap     pipeline.Cap // the run's budget
}

// JudgeRuns lists runs that have jobs, the newest first, at most 20: those of the last
// day, and older ones that are not through. run chooses one; "" is all.
func (s *Store) JudgeRuns(ctx context.Context, run string) ([]JudgeRun, error) {
	const query = `
		SELECT j.run, count(*) FILTER (WHERE j.finalized_at IS NULL) AS waiting, count(*) FILTER (WHERE j.state = 'completed') AS done,
			count(*) FILTER (WHERE j.state IN ('discarded', 'cancelled')) AS failed,
			coalesce(max(m.tokens), 0)::bigint AS tokens, coalesce(max(m.cost), 0)::bigint AS cost, max(j.cap_tokens) AS cap_tokens, max(j.cap_money) AS cap_money
		FROM (
			SELECT args ->> 'run' AS run, state, finalized_at, coalesce((args #>> '{run_cap,Tokens}')::bigint, 0) AS cap_tokens,
				coalesce((args #>> '{run_cap,Money}')::bigint, 0) AS cap_money
			FROM river_job
			WHERE kind = 'judge' AND args ? 'run' AND ($1 = '' OR args ->> 'run' = $1)
		) j
		LEFT JOIN model_spending m ON m.scope = 'run' AND m.key = j.run
		GROUP BY j.run
		ORDER BY j.run DESC
		LIMIT 20`
	rows, err := s.pool.Query(ctx, query, run)
	if err != nil {
		return nil, fmt.Errorf("load runs: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r JudgeRun, err error) {
		err = row.Scan(&r.Run, &r.Waiting, &r.Done, &r.Failed, &r.Tokens, &r.Cost, &r.Cap.Tokens, &r.Cap.Money)
		return r, err
	})
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
