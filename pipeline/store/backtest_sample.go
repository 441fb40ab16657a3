package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
	"assay/pipeline/backtest"
)

// SampleLabel is what a person says about the new outcome of a sample.
type SampleLabel string

// The labels of samples; Unlabelled is none yet.
const (
	Unlabelled SampleLabel = ""
	Right      SampleLabel = "right"
	Wrong      SampleLabel = "wrong"
	Skipped    SampleLabel = "skip" // cannot be told
)

// SampleLabels lists what people can say.
var SampleLabels = []SampleLabel{Right, Wrong, Skipped}

// SampleRef names a sample within its back-test.
type SampleRef struct {
	Criterion string
	Bucket    backtest.Bucket
	Place     int // from 1
}

// Sample is a session on which two scorecards differ about a criterion.
type Sample struct {
	SampleRef
	Session    SessionKey
	SourceID   string
	Transcript TranscriptKey
	Scorecard  ScorecardKey     // the old one, where each session has its own; else 0
	Old        pipeline.Outcome // "" was not asked
	New        pipeline.Outcome
	Label      SampleLabel
	LabelBy    string
	LabelledAt *time.Time
}

// copySamples writes a tally's samples.
func copySamples(ctx context.Context, tx pgx.Tx, key BacktestKey, t *backtest.Tally) error {
	var values [][]any
	for _, r := range t.Criteria {
		for b, samples := range r.Samples {
			for i, s := range samples {
				values = append(values, []any{
					int64(key), r.Criterion, string(backtest.Buckets[b]), i + 1, s.Session, s.Transcript, s.Scorecard,
					string(s.Old.Pipeline()), string(s.New.Pipeline()),
				})
			}
		}
	}
	columns := []string{
		"backtest_id", "criterion", "bucket", "place", "session_id", "transcript_id", "scorecard_id", "old_outcome", "new_outcome",
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"backtest_samples"}, columns, pgx.CopyFromRows(values))
	return err
}

// BacktestSamples returns the samples of one bucket of a criterion in their
// random order.
func (s *Store) BacktestSamples(ctx context.Context, key BacktestKey, criterion string, bucket backtest.Bucket) ([]Sample, error) {
	const query = `
		SELECT x.criterion, x.bucket, x.place, x.session_id AS session, s.source_id, x.transcript_id AS transcript, x.scorecard_id AS scorecard,
			x.old_outcome AS old, x.new_outcome AS new, coalesce(x.label, '') AS label, x.label_by, x.labelled_at
		FROM backtest_samples x
		JOIN sessions s ON s.id = x.session_id
		WHERE x.backtest_id = $1 AND x.criterion = $2 AND x.bucket = $3
		ORDER BY x.place
		LIMIT 1000`
	rows, err := s.pool.Query(ctx, query, key, criterion, bucket)
	if err != nil {
		return nil, fmt.Errorf("load samples of back-test %d: %w", key, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Sample])
}

// SampleCount is how many samples of a bucket there are, and what people said.
type SampleCount struct {
	Criterion string
	Bucket    backtest.Bucket
	Samples   int
	Right     int
	Wrong     int
	Skipped   int
}

// SampleCounts counts the samples of a back-test by criterion and bucket.
func (s *Store) SampleCounts(ctx context.Context, key BacktestKey) ([]SampleCount, error) {
	const query = `
		SELECT criterion, bucket, count(*) AS samples, count(*) FILTER (WHERE label = 'right') AS right,
			count(*) FILTER (WHERE label = 'wrong') AS wrong, count(*) FILTER (WHERE label = 'skip') AS skipped
		FROM backtest_samples
		WHERE backtest_id = $1
		GROUP BY criterion, bucket
		ORDER BY criterion, bucket
		LIMIT 10000`
	rows, err := s.pool.Query(ctx, query, key)
	if err != nil {
		return nil, fmt.Errorf("count samples of back-test %d: %w", key, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[SampleCount])
}

// ErrLabelled means that another person has labelled a sample meanwhile.
var ErrLabelled = errors.New("another person has labelled it meanwhile")

// Relabel is what a person says about a sample that had the label Was when they
// looked at it; New Unlabelled takes it back.
type Relabel struct {
	SampleRef
	Was, New SampleLabel
	By       string
}

// LabelSample keeps what a person says about a sample. ErrLabelled when it has
// neither the label that they saw nor the one that they give; ErrNotFound when
// there is no such sample.
func (s *Store) LabelSample(ctx context.Context, key BacktestKey, l Relabel) error {
	const update = `
		WITH sample AS (
			SELECT ctid, coalesce(label, '') IN (@was, @new) AS free
			FROM backtest_samples
			WHERE backtest_id = @key AND criterion = @criterion AND bucket = @bucket AND place = @place
			FOR UPDATE
		), labelled AS (
			UPDATE backtest_samples x
			SET label = nullif(@new, ''), label_by = @by, labelled_at = CASE WHEN @new <> '' THEN now() END
			FROM sample
			WHERE x.ctid = sample.ctid AND sample.free
		)
		SELECT free
		FROM sample`
	var free bool
	err := s.pool.QueryRow(ctx, update, pgx.StrictNamedArgs{
		"was": string(l.Was), "new": string(l.New), "by": clean(l.By),
		"key": key, "criterion": l.Criterion, "bucket": l.Bucket, "place": l.Place,
	}).Scan(&free)
	if err == nil && !free {
		err = ErrLabelled
	}
	if err = noRows(err); err != nil {
		return fmt.Errorf("label sample %d of %q: %w", l.Place, l.Criterion, err)
	}
	return nil
}
