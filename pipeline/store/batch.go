package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// BatchKey is the key of a batch of requests to a model.
type BatchKey int64

// BatchState is how far a batch is.
type BatchState string

// The states of batches.
const (
	BatchPreparing BatchState = "preparing" // it may be handed in or not: its tag tells
	BatchSubmitted BatchState = "submitted"
	BatchFetched   BatchState = "fetched"
	BatchFailed    BatchState = "failed"
)

// ModelBatch is a batch of requests to a model.
type ModelBatch struct {
	Key         BatchKey
	Endpoint    string
	Model       string
	Remote      string // the endpoint's id; "" is not handed in yet
	State       BatchState
	RemoteState string // as the endpoint said last
	Error       string
	Who         string
	CreatedAt   time.Time
	EndedAt     *time.Time
	Requests    int
	Answered    int
	Failed      int
}

// BatchRequest is a request of a batch.
type BatchRequest struct {
	Verdict VerdictKey `json:"verdict"`
	Call    int64      `json:"call"` // its place in the ledger
	Body    string     `json:"body"` // JSON
	Kept    string     `json:"kept"` // under what its answer is kept
}

// PrepareBatch stores a batch before it is handed in.
func (s *Store) PrepareBatch(ctx context.Context, endpoint, model, who string, requests []BatchRequest) (BatchKey, error) {
	const batch = `
		INSERT INTO model_batches (endpoint, model, who)
		VALUES ($1, $2, $3)
		RETURNING id`
	const lines = `
		INSERT INTO model_batch_requests (batch_id, verdict_id, call_id, body, kept)
		SELECT $1, verdict, call, body, kept
		FROM jsonb_to_recordset($2) AS r(verdict bigint, call bigint, body text, kept text)`
	var key BatchKey
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, batch, endpoint, model, clean(who)).Scan(&key); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, lines, key, requests)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("prepare a batch of %d requests: %w", len(requests), err)
	}
	return key, nil
}

// DropBatch forgets a batch that was never handed in, with what its calls have
// reserved: nothing of them is counted.
func (s *Store) DropBatch(ctx context.Context, key BatchKey) error {
	const calls = `
		DELETE FROM model_calls c
		USING model_batch_requests r
		WHERE r.batch_id = $1 AND c.id = r.call_id AND c.status = 'open'`
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, calls, key); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM model_batches WHERE id = $1 AND state = 'preparing'`, key)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop batch %d: %w", key, err)
	}
	return nil
}

// ModelBatch returns a batch; ErrNotFound without one.
func (s *Store) ModelBatch(ctx context.Context, key BatchKey) (ModelBatch, error) {
	rows, err := s.pool.Query(ctx, modelBatches+`WHERE b.id = $1 GROUP BY b.id`, key)
	if err != nil {
		return ModelBatch{}, fmt.Errorf("load batch %d: %w", key, err)
	}
	b, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[ModelBatch])
	if err != nil {
		return b, fmt.Errorf("load batch %d: %w", key, noRows(err))
	}
	return b, nil
}

// BatchLine is a request as it stands in a batch's file.
type BatchLine struct {
	ID   int64
	Body string
}

// BatchLines lists a batch's requests.
func (s *Store) BatchLines(ctx context.Context, key BatchKey) ([]BatchLine, error) {
	const query = `
		SELECT id, body
		FROM model_batch_requests
		WHERE batch_id = $1
		ORDER BY id`
	rows, err := s.pool.Query(ctx, query, key)
	if err != nil {
		return nil, fmt.Errorf("load batch %d: %w", key, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[BatchLine])
}

// SubmittedBatch notes that a batch is handed in, and how far it is.
func (s *Store) SubmittedBatch(ctx context.Context, key BatchKey, remote, state string) error {
	const query = `
		UPDATE model_batches
		SET remote = $2, remote_state = $3, state = CASE state WHEN 'preparing' THEN 'submitted' ELSE state END
		WHERE id = $1`
	if _, err := s.pool.Exec(ctx, query, key, remote, clean(state)); err != nil {
		return fmt.Errorf("batch %d: %w", key, err)
	}
	return nil
}

// WaitingRequest is a request of a batch whose answer was not fetched yet.
type WaitingRequest struct {
	Call int64
	Kept string
}

// WaitingRequest finds a request by its id in the batch; false when it has been
// answered, or is of another batch.
func (s *Store) WaitingRequest(ctx context.Context, key BatchKey, id int64) (WaitingRequest, bool, error) {
	const query = `
		SELECT call_id AS call, kept
		FROM model_batch_requests
		WHERE batch_id = $1 AND id = $2 AND state = 'waiting'`
	rows, err := s.pool.Query(ctx, query, key, id)
	if err != nil {
		return WaitingRequest{}, false, fmt.Errorf("batch %d: %w", key, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[WaitingRequest])
	if err != nil || len(found) == 0 {
		return WaitingRequest{}, false, err
	}
	return found[0], true, nil
}

// WaitingRequests lists the ids of a batch's requests that were not answered.
func (s *Store) WaitingRequests(ctx context.Context, key BatchKey) ([]int64, error) {
	const query = `
		SELECT id
		FROM model_batch_requests
		WHERE batch_id = $1 AND state = 'waiting'
		ORDER BY id`
	rows, err := s.pool.Query(ctx, query, key)
	if err != nil {
		return nil, fmt.Errorf("batch %d: %w", key, err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// EndRequest notes what became of a request; "" is an answer.
func (s *Store) EndRequest(ctx context.Context, id int64, problem string) error {
	const query = `
		UPDATE model_batch_requests
		SET state = CASE $2 WHEN '' THEN 'answered' ELSE 'failed' END, error = $2
		WHERE id = $1 AND state = 'waiting'`
	if _, err := s.pool.Exec(ctx, query, id, clean(problem)); err != nil {
		return fmt.Errorf("batch request %d: %w", id, err)
	}
	return nil
}

// FinishBatch ends a batch. enqueue is given the verdicts all of whose requests
// were answered, and joins its transaction.
func (s *Store) FinishBatch(ctx context.Context, key BatchKey, state BatchState, problem string, enqueue func(pgx.Tx, []VerdictKey) error) error {
	const finish = `
		UPDATE model_batches
		SET state = $2, error = $3, ended_at = clock_timestamp()
		WHERE id = $1 AND ended_at IS NULL`
	const answered = `
		SELECT verdict_id
		FROM model_batch_requests
		WHERE batch_id = $1
		GROUP BY verdict_id
		HAVING bool_and(state = 'answered')
		ORDER BY verdict_id`
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, finish, key, state, clean(problem))
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		rows, err := tx.Query(ctx, answered, key)
		if err != nil {
			return err
		}
		verdicts, err := pgx.CollectRows(rows, pgx.RowTo[VerdictKey])
		if err != nil {
			return err
		}
		return enqueue(tx, verdicts)
	})
	if err != nil {
		return fmt.Errorf("finish batch %d: %w", key, err)
	}
	return nil
}

// modelBatches are batches, to be grouped by their id.
const modelBatches = `
		SELECT b.id AS key, b.endpoint, b.model, b.remote, b.state, b.remote_state, b.error, b.who, b.created_at, b.ended_at,
			count(r.id) AS requests, count(*) FILTER (WHERE r.state = 'answered') AS answered,
			count(*) FILTER (WHERE r.state = 'failed') AS failed
		FROM model_batches b
		LEFT JOIN model_batch_requests r ON r.batch_id = b.id
		`

// ModelBatches lists batches, the newest first, at most limit; only those that
// have not ended where open says so.
func (s *Store) ModelBatches(ctx context.Context, open bool, limit int) ([]ModelBatch, error) {
	const query = modelBatches + `
		WHERE NOT $1 OR b.ended_at IS NULL
		GROUP BY b.id
		ORDER BY b.id DESC
		LIMIT $2`
	rows, err := s.pool.Query(ctx, query, open, limit)
	if err != nil {
		return nil, fmt.Errorf("load batches: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[ModelBatch])
}
