package jobs

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"assay/classifiers/llm"
	"assay/pipeline"
	"assay/pipeline/store"
)

// Batcher judges stored sessions by batches: their questions are handed in as a
// file and answered within a day, at half the price. Answers that come back are
// kept; ordinary jobs find them there and check them as they check all others.
type Batcher struct {
	Rehearsal
	Client *llm.Client
	Ledger llm.Ledger
	Insert *river.Client[pgx.Tx]
	Who    string
	// Progress is called with how many sessions were looked at; nil: not at all.
	Progress func(sessions int)
}

// BatchCount is what handing in came to.
type BatchCount struct {
	Batches  int `json:"batches"`
	Sessions int `json:"sessions"`
	Requests int `json:"requests"`
	// OverBudget: sessions that a limit left out.
	OverBudget int `json:"over_budget"`
}

// Submit hands in the questions about all sessions that a filter selects, and
// those of batches that were prepared before and interrupted.
func (b *Batcher) Submit(ctx context.Context, f store.JudgeFilter) (BatchCount, error) {
	if err := b.handIn(ctx); err != nil {
		return BatchCount{}, err
	}
	var n BatchCount
	var file batchFile
	looked := 0
	for after := store.VerdictKey(0); ; {
		keys, err := b.Store.ToJudge(ctx, f, after, runBatch)
		if err != nil {
			return n, err
		}
		if len(keys) == 0 {
			break
		}
		after = keys[len(keys)-1]
		err = b.Rehearse(ctx, keys, func(key store.VerdictKey, requests []llm.Request) error {
			if looked++; b.Progress != nil {
				b.Progress(looked)
			}
			return b.add(ctx, &n, &file, key, requests)
		})
		if err != nil {
			return n, errors.Join(err, b.release(ctx, file.requests))
		}
	}
	if err := b.prepare(ctx, &n, &file); err != nil {
		return n, err
	}
	return n, b.handIn(ctx)
}

// batchFile is a batch that is being filled.
type batchFile struct {
	requests []store.BatchRequest
	bytes    int
}

// add puts a session's questions into the file. All of them are reserved, or none.
func (b *Batcher) add(ctx context.Context, n *BatchCount, file *batchFile, key store.VerdictKey, requests []llm.Request) error {
	if len(requests) == 0 {
		return nil // all is known: an ordinary run takes it
	}
	var mine []store.BatchRequest
	bytes := 0
	for _, q := range requests {
		body, err := b.Client.BatchBody(ctx, q)
		if err != nil {
			return err
		}
		q.Call.Purpose, q.Call.Endpoint, q.Call.Model = llm.ForBatch, b.Client.Host(), b.Client.Model()
		ticket, err := b.Ledger.Open(ctx, q.Call)
		if u, ok := errors.AsType[*pipeline.Unavailable](err); ok && u.Reason == pipeline.OverBudget {
			n.OverBudget++
			return b.release(ctx, mine)
		}
		if err != nil {
			return errors.Join(err, b.release(ctx, mine))
		}
		mine = append(mine, store.BatchRequest{Verdict: key, Call: ticket, Body: string(body), Kept: b.Client.BatchKey(q)})
		bytes += len(body)
	}
	if len(file.requests)+len(mine) > llm.BatchRequests || file.bytes+bytes > llm.BatchBytes {
		if err := b.prepare(ctx, n, file); err != nil {
			return err
		}
	}
	file.requests, file.bytes = append(file.requests, mine...), file.bytes+bytes
	n.Sessions, n.Requests = n.Sessions+1, n.Requests+len(mine)
	return nil
}

// release frees what was reserved for requests that are not handed in.
func (b *Batcher) release(ctx context.Context, requests []store.BatchRequest) error {
	var err error
	for _, r := range requests {
		err = errors.Join(err, b.Ledger.Close(ctx, r.Call, llm.Call{Purpose: llm.ForBatch}, llm.Receipt{Status: llm.Cancelled}))
	}
	return err
}

// prepare stores the file, which is empty then.
func (b *Batcher) prepare(ctx context.Context, n *BatchCount, file *batchFile) error {
	if len(file.requests) == 0 {
		return nil
	}
	if _, err := b.Store.PrepareBatch(ctx, b.Client.Host(), b.Client.Model(), b.Who, file.requests); err != nil {
		return errors.Join(err, b.release(ctx, file.requests))
	}
	*file = batchFile{}
	n.Batches++
	return nil
}

// handIn hands in what is prepared. A batch that was handed in before an
// interruption is found by its tag.
func (b *Batcher) handIn(ctx context.Context) error {
	open, err := b.mine(ctx)
	if err != nil {
		return err
	}
	for _, batch := range open {
		if batch.State != store.BatchPreparing {
			continue
		}
		lines, err := b.Store.BatchLines(ctx, batch.Key)
		if err != nil {
			return err
		}
		items := make([]llm.BatchItem, len(lines))
		for i, l := range lines {
			items[i] = llm.BatchItem{ID: strconv.FormatInt(l.ID, 10), Body: []byte(l.Body)}
		}
		tag := fmt.Sprintf("%d-%d", batch.Key, batch.CreatedAt.UnixMicro())
		state, err := b.Client.SubmitBatch(ctx, tag, items)
		if err != nil {
			return err
		}
		if err := b.Store.SubmittedBatch(ctx, batch.Key, state.ID, state.Status); err != nil {
			return err
		}
	}
	return nil
}

// mine are the batches of this model that have not ended.
func (b *Batcher) mine(ctx context.Context) ([]store.ModelBatch, error) {
	open, err := b.Store.ModelBatches(ctx, true, 1000)
	if err != nil {
		return nil, err
	}
	var out []store.ModelBatch
	for _, batch := range open {
		if batch.Endpoint == b.Client.Host() && batch.Model == b.Client.Model() {
			out = append(out, batch)
		}
	}
	return out, nil
}

// Fetch takes the answers of batches that have ended, and enqueues the sessions
// all of whose questions were answered. It returns how many batches were fetched.
// It may be interrupted anywhere, and repeated.
func (b *Batcher) Fetch(ctx context.Context) (fetched int, err error) {
	open, err := b.mine(ctx)
	if err != nil {
		return 0, err
	}
	for _, batch := range open {
		if batch.State != store.BatchSubmitted {
			continue
		}
		state, err := b.Client.Batch(ctx, batch.Remote)
		if err != nil {
			return fetched, err
		}
		if err := b.Store.SubmittedBatch(ctx, batch.Key, state.ID, state.Status); err != nil {
			return fetched, err
		}
		if !state.Ended {
			continue
		}
		if err := b.fetch(ctx, batch, state); err != nil {
			return fetched, err
		}
		fetched++
	}
	return fetched, nil
}

func (b *Batcher) fetch(ctx context.Context, batch store.ModelBatch, state llm.BatchState) error {
	for _, file := range []string{state.Output, state.Errors} {
		if file == "" {
			continue
		}
		err := b.Client.BatchAnswers(ctx, file, func(a llm.BatchAnswer) error { return b.take(ctx, batch.Key, a) })
		if err != nil {
			return err
		}
	}
	left, err := b.Store.WaitingRequests(ctx, batch.Key)
	if err != nil {
		return err
	}
	for _, id := range left { // it ended before their turn
		if err := b.take(ctx, batch.Key, llm.BatchAnswer{ID: strconv.FormatInt(id, 10), Status: llm.Cancelled}); err != nil {
			return err
		}
	}
	end := store.BatchFetched
	if state.Output == "" {
		end = store.BatchFailed
	}
	return b.Store.FinishBatch(ctx, batch.Key, end, state.Why, func(tx pgx.Tx, answered []store.VerdictKey) error {
		return enqueueJudging(ctx, b.Insert, tx, answered, JudgeArgs{}, &river.InsertOpts{Priority: behind})
	})
}

// take keeps one answer and settles its account. Lines that are not of the batch,
// or were taken before, are passed over.
func (b *Batcher) take(ctx context.Context, batch store.BatchKey, a llm.BatchAnswer) error {
	id, err := strconv.ParseInt(a.ID, 10, 64)
	if err != nil {
		return nil
	}
	waiting, ok, err := b.Store.WaitingRequest(ctx, batch, id)
	if err != nil || !ok {
		return err
	}
	problem := ""
	if a.Body == nil {
		problem = string(a.Status)
	} else if err := b.Store.Keep(ctx, waiting.Kept, a.Body); err != nil {
		return err
	}
	receipt := llm.Receipt{Model: a.Model, Parameters: "{}", Usage: a.Usage, Status: a.Status}
	if err := b.Ledger.Close(ctx, waiting.Call, llm.Call{Purpose: llm.ForBatch}, receipt); err != nil {
		return err
	}
	return b.Store.EndRequest(ctx, id, problem)
}
