package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
)

// spendingKey is a row of model_spending.
type spendingKey struct {
	day   time.Time
	scope string
	key   string
}

// epoch is the day under which a run is counted: it may last several.
var epoch = time.Unix(0, 0).UTC()

// scopesOf are the scopes that a call counts in.
func scopesOf(day time.Time, source string, ref pipeline.Ref) []spendingKey {
	keys := []spendingKey{{day, "all", ""}}
	if source != "" {
		keys = append(keys, spendingKey{day, "session", source})
	}
	if ref.Plan != "" {
		keys = append(keys, spendingKey{day, "plan", ref.Plan}, spendingKey{day, "rule", ref.Plan + "/" + ref.Rule})
	}
	if ref.Run != "" {
		keys = append(keys, spendingKey{epoch, "run", ref.Run})
	}
	return keys
}

// limitOf is the limit of a scope.
func limitOf(scope string, c pipeline.Caps, all pipeline.Cap) pipeline.Cap {
	return map[string]pipeline.Cap{"all": all, "session": c.Session, "plan": c.Plan, "rule": c.Rule, "run": c.Run}[scope]
}

// overspent refuses a call that could go beyond a limit, with what is spent and
// what open calls have reserved.
func (s *Store) overspent(ctx context.Context, tx pgx.Tx, e *endpointState, c ModelCall, l CallLimits) (*CallRefusal, error) {
	for _, k := range scopesOf(e.Day, c.SourceID, c.Ref) {
		limit := limitOf(k.scope, c.Ref.Caps, l.Day)
		if limit == (pipeline.Cap{}) {
			continue
		}
		tokens, cost, err := spentIn(ctx, tx, k)
		if err != nil {
			return nil, err
		}
		over := limit.Tokens > 0 && tokens+c.Tokens > limit.Tokens ||
			limit.Money > 0 && (l.CostUnknown || cost+c.Cost > limit.Money)
		if !over {
			continue
		}
		r := &CallRefusal{Kind: LimitReached, Scope: k.scope}
		fits := (limit.Tokens == 0 || c.Tokens <= limit.Tokens) && (limit.Money == 0 || c.Cost <= limit.Money && !l.CostUnknown)
		if k.scope != "run" && k.scope != "session" && fits {
			r.Wait = e.NextDay.Sub(e.Now)
		}
		return r, nil
	}
	return nil, nil
}

// spentIn is what a scope has spent and reserved.
func spentIn(ctx context.Context, tx pgx.Tx, k spendingKey) (tokens, cost int64, err error) {
	const query = `
		SELECT coalesce(sum(tokens), 0)::bigint, coalesce(sum(cost), 0)::bigint
		FROM (
			SELECT tokens, cost
			FROM model_spending
			WHERE day = $1 AND scope = $2 AND key = $3
			UNION ALL
			SELECT reserved_tokens, reserved_cost
			FROM model_calls
			WHERE status = 'open' AND expires_at >= clock_timestamp() AND CASE $2
				WHEN 'all' THEN day = $1
				WHEN 'session' THEN day = $1 AND source_id = $3
				WHEN 'plan' THEN day = $1 AND plan = $3
				WHEN 'rule' THEN day = $1 AND plan || '/' || rule = $3
				WHEN 'run' THEN run = $3
			END
		) s`
	err = tx.QueryRow(ctx, query, k.day, k.scope, k.key).Scan(&tokens, &cost)
	return tokens, cost, err
}

// endpointState is what is known of a model at an endpoint, with the time.
type endpointState struct {
	Endpoint      string
	Model         string
	Failures      int
	ClosedUntil   *time.Time
	Status        string
	NeedsSomebody bool
	RequestsDue   time.Time
	TokensDue     time.Time
	Now           time.Time
	Day           time.Time
	NextDay       time.Time
}

// endpoint reads a model's state and locks it.
func (s *Store) endpoint(ctx context.Context, tx pgx.Tx, endpoint, model string) (*endpointState, error) {
	const insert = `
		INSERT INTO model_endpoints (endpoint, model)
		VALUES ($1, $2)
		ON CONFLICT DO NOTHING`
	const query = `
		WITH e AS MATERIALIZED (
			SELECT *
			FROM model_endpoints
			WHERE endpoint = $1 AND model = $2
			FOR UPDATE
		), c AS MATERIALIZED (
			SELECT clock_timestamp() AS now
			FROM e
		)
		SELECT e.endpoint, e.model, e.failures, e.closed_until, e.status, e.needs_somebody,
			greatest(e.requests_due, c.now) AS requests_due, greatest(e.tokens_due, c.now) AS tokens_due,
			c.now, (c.now AT TIME ZONE $3)::date AS day,
			(((c.now AT TIME ZONE $3)::date + 1)::timestamp AT TIME ZONE $3) AS next_day
		FROM e, c`
	if _, err := tx.Exec(ctx, insert, endpoint, model); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, query, endpoint, model, s.zone.String())
	if err != nil {
		return nil, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[endpointState])
}

// burst is how far the allowed rate may be run ahead of.
const burst = 6 * time.Second

// every is the time between two of so many a minute, such that no minute has
// more: those that may run ahead are paid for by the others.
func every(perMinute int) time.Duration { return (time.Minute + burst) / time.Duration(perMinute) }

// refuses says why nobody asks now; nil when a call may be sent.
func (e *endpointState) refuses(l CallLimits) *CallRefusal {
	if e.ClosedUntil != nil && e.ClosedUntil.After(e.Now) {
		wait := e.ClosedUntil.Sub(e.Now)
		if e.Status == probing { // which ends sooner, as a rule
			wait = min(wait, probeWait)
		}
		return &CallRefusal{Kind: EndpointClosed, Wait: wait, Scope: e.Status}
	}
	var wait time.Duration
	if l.RequestsPerMinute > 0 {
		wait = e.RequestsDue.Add(-burst).Sub(e.Now)
	}
	if l.TokensPerMinute > 0 {
		wait = max(wait, e.TokensDue.Add(-burst).Sub(e.Now))
	}
	if wait > 0 {
		return &CallRefusal{Kind: Paced, Wait: wait}
	}
	return nil
}

// claim takes the call's part of the rate. Where the endpoint was closed the call
// is a probe: the others wait for its end.
func (e *endpointState) claim(ctx context.Context, tx pgx.Tx, c ModelCall, l CallLimits) error {
	if l.RequestsPerMinute > 0 {
		e.RequestsDue = e.RequestsDue.Add(every(l.RequestsPerMinute))
	}
	if l.TokensPerMinute > 0 {
		e.TokensDue = e.TokensDue.Add(every(l.TokensPerMinute) * time.Duration(c.Tokens))
	}
	if e.ClosedUntil != nil {
		e.ClosedUntil, e.Status = new(e.Now.Add(c.Timeout+probeMargin)), probing
	}
	return e.save(ctx, tx)
}

// probeMargin is how long the others wait for a probe beyond its timeout, in case
// its process died.
const probeMargin = 5 * time.Second

// probeWait is after how long the others look whether a probe has ended.
const probeWait = 500 * time.Millisecond

// probing is the status of an endpoint that one call tries again; limited that of
// one that wants to be left alone.
const (
	probing = "probing"
	limited = "limited"
)

func (e *endpointState) save(ctx context.Context, tx pgx.Tx) error {
	const query = `
		UPDATE model_endpoints
		SET failures = @failures, status = @status, needs_somebody = @needs, requests_due = @requests, tokens_due = @tokens,
			changed_at = CASE WHEN (closed_until IS NULL) = (@closed::timestamptz IS NULL) THEN changed_at ELSE clock_timestamp() END,
			closed_until = @closed
		WHERE endpoint = @endpoint AND model = @model`
	_, err := tx.Exec(ctx, query, pgx.StrictNamedArgs{
		"endpoint": e.Endpoint, "model": e.Model, "failures": e.Failures, "closed": e.ClosedUntil, "status": e.Status,
		"needs": e.NeedsSomebody, "requests": e.RequestsDue, "tokens": e.TokensDue,
	})
	return err
}

// An endpoint is closed after trip failures in a row, at first for shut, then
// twice as long each time up to longest. Where somebody must do something it is
// tried again after patience, in case he did.
const (
	trip     = 3
	shut     = 5 * time.Second
	longest  = 5 * time.Minute
	patience = 10 * time.Minute
	// relent is the longest that an endpoint may ask to be left alone.
	relent = 24 * time.Hour
)

// learn keeps what the end of a call says of the endpoint.
func (e *endpointState) learn(ctx context.Context, tx pgx.Tx, status string, retryAfter time.Duration) error {
	e.after(status, retryAfter)
	return e.save(ctx, tx)
}

func (e *endpointState) after(status string, retryAfter time.Duration) {
	switch status {
	case "cancelled": // nothing was found out; who tried it again lets others try
		if e.Status == probing {
			e.ClosedUntil = new(e.Now)
		}
	case "ok", "rejected": // it is there, though it may have taken no liking to this one request
		if status == "ok" || !e.NeedsSomebody {
			e.answered(retryAfter)
		}
	case "unauthorised", "not_found", "no_credit":
		e.NeedsSomebody = true
		e.failed(status, max(patience, min(retryAfter, relent)))
	default: // not reached, too late, broken, or an answer that is none
		if retryAfter > 0 { // it is there, and knows for how long
			e.Failures = 0
			e.close(limited, min(retryAfter, relent))
		} else if !e.closed() || e.Status == probing {
			e.failed(status, e.pause(status))
		}
		// What was under way when the endpoint was closed says nothing new: many calls
		// that fail at once must not close it for as long as many in a row.
	}
}

func (e *endpointState) closed() bool { return e.ClosedUntil != nil && e.ClosedUntil.After(e.Now) }

// pause is how long a further failure closes the endpoint.
func (e *endpointState) pause(status string) time.Duration {
	switch n := e.Failures + 1 - trip; {
	case status == limited:
		return min(time.Second<<min(e.Failures, 6), time.Minute)
	case n >= 0:
		return min(shut<<min(n, 10), longest)
	}
	return 0
}

func (e *endpointState) failed(status string, wait time.Duration) {
	e.Failures++
	if wait > 0 {
		e.close(status, wait)
	}
}

// close closes the endpoint, at least as long as it is.
func (e *endpointState) close(status string, wait time.Duration) {
	if until := e.Now.Add(wait); !e.closed() || e.ClosedUntil.Before(until) || e.Status == probing {
		e.ClosedUntil = &until
	}
	e.Status = status
}

// answered opens an endpoint, unless it wants to be left alone: it may have answered
// what it had taken before.
func (e *endpointState) answered(retryAfter time.Duration) {
	e.Failures, e.NeedsSomebody = 0, false
	waits := e.Status == limited && e.closed()
	switch {
	case retryAfter > 0:
		e.close(limited, min(retryAfter, relent))
	case !waits:
		e.ClosedUntil, e.Status = nil, ""
	}
}
