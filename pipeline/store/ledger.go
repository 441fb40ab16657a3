package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
)

// ModelCall is a request to a model that is about to be sent. Costs are in
// millionths of the currency's unit.
type ModelCall struct {
	Purpose   string
	Endpoint  string // host
	Model     string // as it is asked for
	SourceID  string // of the session; "" is none
	Ref       pipeline.Ref
	Criteria  []string
	Template  string // hash of the prompt's
	InputHash string
	Redacted  bool
	Attempt   int
	Tokens    int64 // the most that it may take
	Cost      int64 // likewise; 0 where the price is unknown
	// Timeout is the longest that it may take. Of which nothing was heard for a minute
	// more is lost.
	Timeout time.Duration
}

// CallLimits are what all processes keep to together.
type CallLimits struct {
	Day               pipeline.Cap // of all sessions
	RequestsPerMinute int          // 0 is no limit
	TokensPerMinute   int          // likewise
	Currency          string
	CostUnknown       bool // limits in money cannot be kept: they refuse every call
}

// CallRefusal says why a call must not be sent now.
type CallRefusal struct {
	Kind  RefusalKind
	Wait  time.Duration // until it may be asked for again; 0 is never, as things stand
	Scope string        // of the limit that is used up, or the status that closed the endpoint
}

// RefusalKind is the kind of a refusal, from a closed list.
type RefusalKind string

// The kinds of refusals.
const (
	EndpointClosed RefusalKind = "closed" // it failed, or wants to be left alone
	Paced          RefusalKind = "paced"  // the allowed rate is used up
	LimitReached   RefusalKind = "limit"  // tokens or money
)

// modelLock is the advisory lock under which calls are opened, one after the
// other: what is spent and reserved is then the same for all processes.
const modelLock = 0x617373_61790002

// inBatch is the purpose of calls that are sent in a batch: these have no part in
// the rate, and say nothing of how the endpoint answers others.
const inBatch = "batch"

// OpenCall writes a call into the ledger, which reserves what it may take at most,
// or says why it must not be sent. All clocks are the database's.
func (s *Store) OpenCall(ctx context.Context, c ModelCall, l CallLimits) (ticket int64, refused *CallRefusal, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(modelLock)); err != nil {
			return err
		}
		if err := loseCalls(ctx, tx); err != nil {
			return err
		}
		e, err := s.endpoint(ctx, tx, c.Endpoint, c.Model)
		if err != nil {
			return err
		}
		if c.Purpose != inBatch {
			if refused = e.refuses(l); refused != nil {
				return nil
			}
		}
		if refused, err = s.overspent(ctx, tx, e, c, l); err != nil || refused != nil {
			return err
		}
		if c.Purpose != inBatch {
			if err := e.claim(ctx, tx, c, l); err != nil {
				return err
			}
		}
		ticket, err = insertCall(ctx, tx, e, c, l)
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("ask model %q: open its account: %w", c.Model, err)
	}
	return ticket, refused, nil
}

// lostMargin is how long a call outlives its timeout: who has not settled it by
// then is taken for dead.
const lostMargin = time.Minute

// loseCalls gives up calls whose process died. They may have been answered, and
// are on the provider's bill then: they count as if they had taken the most, until
// their process settles them after all.
func loseCalls(ctx context.Context, tx pgx.Tx) error {
	const query = `
		UPDATE model_calls
		SET status = 'lost', closed_at = clock_timestamp(), input_tokens = reserved_tokens, estimated = true,
			cost = nullif(reserved_cost, 0)
		WHERE status = 'open' AND expires_at < clock_timestamp()
		RETURNING id, purpose, endpoint, asked, source_id, plan, rule, run, day, input_tokens AS tokens, cost, 0::bigint AS charged_tokens,
			0::bigint AS charged_cost`
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return err
	}
	lost, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[settledCall])
	if err != nil {
		return err
	}
	for _, call := range lost {
		if err := spend(ctx, tx, call); err != nil {
			return err
		}
		if err := share(ctx, tx, call, nil); err != nil {
			return err
		}
	}
	return nil
}

func insertCall(ctx context.Context, tx pgx.Tx, e *endpointState, c ModelCall, l CallLimits) (int64, error) {
	const insert = `
		INSERT INTO model_calls (purpose, endpoint, asked, template, input_hash, redacted, attempt, source_id, session_id, transcript_id,
			scorecard_id, plan, rule, run, reserved_tokens, reserved_cost, currency, expires_at, day)
		SELECT @purpose, @endpoint, @asked, @template, @input_hash, @redacted, @attempt, @source_id,
			(SELECT session_id FROM transcripts WHERE id = @transcript), (SELECT id FROM transcripts WHERE id = @transcript),
			nullif(@scorecard::bigint, 0), @plan, @rule, @run, @tokens, @cost, @currency, clock_timestamp() + @timeout::interval, @day::date
		RETURNING id`
	var id int64
	err := tx.QueryRow(ctx, insert, pgx.StrictNamedArgs{
		"purpose": c.Purpose, "endpoint": c.Endpoint, "asked": c.Model, "template": c.Template, "input_hash": c.InputHash,
		"redacted": c.Redacted, "attempt": max(c.Attempt, 1), "source_id": c.SourceID, "transcript": c.Ref.Transcript,
		"scorecard": c.Ref.Scorecard, "plan": c.Ref.Plan, "rule": c.Ref.Rule, "run": c.Ref.Run, "tokens": c.Tokens, "cost": c.Cost,
		"currency": l.Currency, "timeout": c.Timeout + lostMargin, "day": e.Day,
	}).Scan(&id)
	if err != nil {
		return 0, err
	}
	const about = `
		INSERT INTO model_call_criteria (call_id, criterion)
		SELECT DISTINCT $1::bigint, c
		FROM unnest($2::text[]) AS c`
	_, err = tx.Exec(ctx, about, id, append([]string{}, c.Criteria...))
	return id, err
}

// CallResult is what became of a call.
type CallResult struct {
	Model      string // that answered
	Parameters string
	Input      int64
	Cached     int64
	Output     int64
	Reasoning  int64
	Estimated  bool
	Uncounted  bool   // nobody counted the tokens: they are the most that was reserved, and the cost is that
	Cost       *int64 // nil: the price is unknown
	Latency    time.Duration
	Status     string
	RetryAfter time.Duration // 0: the endpoint did not say
	Taken      map[string]string
}

// CloseCall settles a call, once: it frees what was reserved, counts what was
// taken, and keeps what the end says of the endpoint. It reports whether the call
// was open, or lost.
func (s *Store) CloseCall(ctx context.Context, ticket int64, r CallResult) (settled bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		call, err := settle(ctx, tx, ticket, r)
		if err != nil || call == nil {
			return err
		}
		settled = true
		if err := spend(ctx, tx, call); err != nil {
			return err
		}
		if err := share(ctx, tx, call, r.Taken); err != nil {
			return err
		}
		if call.Purpose == inBatch {
			return nil
		}
		e, err := s.endpoint(ctx, tx, call.Endpoint, call.Asked)
		if err != nil {
			return err
		}
		return e.learn(ctx, tx, r.Status, r.RetryAfter)
	})
	if err != nil {
		return false, fmt.Errorf("close the account of model call %d: %w", ticket, err)
	}
	return settled, nil
}

// settledCall is what settling needs to know of a call.
type settledCall struct {
	ID       int64
	Purpose  string
	Endpoint string
	Asked    string
	SourceID string
	Plan     string
	Rule     string
	Run      string
	Day      time.Time
	Tokens   int64
	Cost     *int64 // nil: the price is unknown
	// What was counted of it when it was taken for lost.
	ChargedTokens int64
	ChargedCost   int64
}

// settle returns nil when the call was settled before.
func settle(ctx context.Context, tx pgx.Tx, ticket int64, r CallResult) (*settledCall, error) {
	const query = `
		WITH was AS MATERIALIZED (
			SELECT id, CASE status WHEN 'lost' THEN input_tokens ELSE 0 END AS charged_tokens,
				CASE status WHEN 'lost' THEN coalesce(cost, 0) ELSE 0 END AS charged_cost
			FROM model_calls
			WHERE id = @id AND status IN ('open', 'lost')
			FOR UPDATE
		)
		UPDATE model_calls c
		SET answered = @answered, parameters = @parameters, input_tokens = CASE WHEN @uncounted THEN reserved_tokens ELSE @input END,
			cached_tokens = @cached, output_tokens = @output, reasoning_tokens = @reasoning, estimated = @estimated OR @uncounted,
			cost = CASE WHEN @uncounted THEN nullif(reserved_cost, 0) ELSE @cost END, latency = @latency::interval, status = @status,
			closed_at = clock_timestamp()
		FROM was
		WHERE c.id = was.id
		RETURNING c.id, purpose, endpoint, asked, source_id, plan, rule, run, day, input_tokens + output_tokens AS tokens, cost,
			charged_tokens, charged_cost`
	rows, err := tx.Query(ctx, query, pgx.StrictNamedArgs{
		"id": ticket, "answered": clean(r.Model), "parameters": clean(r.Parameters), "input": r.Input, "cached": r.Cached,
		"output": r.Output, "reasoning": r.Reasoning, "estimated": r.Estimated, "cost": r.Cost, "latency": r.Latency, "status": r.Status, "uncounted": r.Uncounted,
	})
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[settledCall])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// spend adds a call to what is spent in all its scopes.
func spend(ctx context.Context, tx pgx.Tx, c *settledCall) error {
	const query = `
		INSERT INTO model_spending (day, scope, key, tokens, cost)
		SELECT day, scope, key, $4, $5
		FROM unnest($1::date[], $2::text[], $3::text[]) AS s(day, scope, key)
		ORDER BY scope, key, day
		ON CONFLICT (day, scope, key) DO UPDATE
		SET tokens = model_spending.tokens + excluded.tokens, cost = model_spending.cost + excluded.cost`
	var days []time.Time
	var scopes, keys []string
	for _, k := range scopesOf(c.Day, c.SourceID, pipeline.Ref{Plan: c.Plan, Rule: c.Rule, Run: c.Run}) {
		days, scopes, keys = append(days, k.day), append(scopes, k.scope), append(keys, k.key)
	}
	var cost int64
	if c.Cost != nil {
		cost = *c.Cost
	}
	_, err := tx.Exec(ctx, query, days, scopes, keys, c.Tokens-c.ChargedTokens, cost-c.ChargedCost)
	return err
}

// share gives each criterion its part of a call, the first ones what is left over.
func share(ctx context.Context, tx pgx.Tx, c *settledCall, taken map[string]string) error {
	const query = `
		WITH c AS (
			SELECT criterion, row_number() OVER (ORDER BY criterion) AS place, count(*) OVER () AS n
			FROM model_call_criteria
			WHERE call_id = $1
		)
		UPDATE model_call_criteria m
		SET tokens = $2::bigint / c.n + (c.place <= $2::bigint % c.n)::integer,
			cost = $3::bigint / c.n + (c.place <= $3::bigint % c.n)::integer,
			taken = coalesce($4::jsonb ->> m.criterion, '')
		FROM c
		WHERE m.call_id = $1 AND c.criterion = m.criterion`
	cleaned := map[string]string{}
	for id, how := range taken {
		cleaned[id] = clean(how)
	}
	_, err := tx.Exec(ctx, query, c.ID, c.Tokens, c.Cost, cleaned)
	return err
}

// Kept returns what was kept under a key; false when nothing is.
func (s *Store) Kept(ctx context.Context, key string) ([]byte, bool, error) {
	const query = `
		UPDATE model_kept
		SET used_at = CASE WHEN used_at < now() - interval '1 day' THEN now() ELSE used_at END
		WHERE key = $1
		RETURNING value`
	rows, err := s.pool.Query(ctx, query, key)
	if err != nil {
		return nil, false, fmt.Errorf("look up kept answer: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, false, fmt.Errorf("look up kept answer: %w", err)
	}
	if len(found) == 0 {
		return nil, false, nil
	}
	return found[0], true, nil
}

// Keep keeps a value under a key, in place of any other.
func (s *Store) Keep(ctx context.Context, key string, value []byte) error {
	const query = `
		INSERT INTO model_kept (key, value)
		VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, used_at = now()`
	if _, err := s.pool.Exec(ctx, query, key, append([]byte{}, value...)); err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return nil
}
