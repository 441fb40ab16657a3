package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
)

// Judging is a verdict that waits for a model, with what judging needs.
type Judging struct {
	Transcript   Transcript
	Scorecard    ScorecardKey
	Reinspection ReinspectionKey
	Plan         *pipeline.PlanRef // nil: none chose the scorecard
	// Current is the newest round of the verdict, and Judged whether it is done with.
	Current VerdictKey
	Judged  bool
	// Over: nothing is left to do. There is a newer transcript or another verdict, or
	// the model has answered since.
	Over bool
}

// Judging returns what is to be judged, by a verdict of any round; ErrNotFound
// when the verdict is gone.
func (s *Store) Judging(ctx context.Context, key VerdictKey) (Judging, error) {
	const query = `
		SELECT t.id, t.session_id, t.version, t.content, b.scorecard_id, b.reinspection_id, b.content::jsonb #> '{versions,plan}',
			c.id, c.judged, t.version <> s.version OR c.judged AND c.id <> b.id OR
				(c.transcript_id, c.scorecard_id, c.reinspection_id) <> (b.transcript_id, b.scorecard_id, b.reinspection_id)
		FROM verdicts b
		JOIN transcripts t ON t.id = b.transcript_id
		JOIN sessions s ON s.id = b.session_id
		JOIN verdicts c ON c.session_id = b.session_id AND c.current
		WHERE b.id = $1`
	var j Judging
	t := &j.Transcript
	err := s.pool.QueryRow(ctx, query, key).Scan(&t.Key, &t.Session, &t.Version, &t.Content, &j.Scorecard, &j.Reinspection, &j.Plan,
		&j.Current, &j.Judged, &j.Over)
	if err != nil {
		return Judging{}, fmt.Errorf("load verdict %d: %w", key, noRows(err))
	}
	return j, nil
}

// SaveJudged stores a verdict as a further round of the one that was judged, with
// its findings and flags, in one transaction that finish joins. judged says that
// the model's part is done with. Where the session got another verdict meanwhile,
// nothing is stored; where it is what stands already, no round is made of it.
func (s *Store) SaveJudged(ctx context.Context, j Judging, v *pipeline.Verdict, judged bool, finish func(pgx.Tx) error) error {
	rows, err := verdictRows([]Inspected{{Transcript: j.Transcript, Scorecard: j.Scorecard, Verdict: v, Reinspection: j.Reinspection}})
	if err != nil {
		return err
	}
	rows[0].Judged = judged
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockSessions(ctx, tx, []int64{int64(j.Transcript.Key)}); err != nil {
			return err
		}
		if err := nextRound(ctx, tx, j, rows[0]); err != nil {
			return err
		}
		return finish(tx)
	})
	if err != nil {
		return fmt.Errorf("save judged verdict of session %d: %w", j.Transcript.Session, err)
	}
	return nil
}

func nextRound(ctx context.Context, tx pgx.Tx, j Judging, row *verdictRow) error {
	const query = `
		SELECT c.content = $2, (SELECT max(round) + 1
			FROM verdicts v
			WHERE v.transcript_id = c.transcript_id AND v.scorecard_id = c.scorecard_id AND v.reinspection_id = c.reinspection_id)
		FROM verdicts c
		WHERE c.id = $1 AND c.current`
	var same bool
	switch err := tx.QueryRow(ctx, query, j.Current, row.Content).Scan(&same, &row.Round); {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	case same:
		_, err := tx.Exec(ctx, `UPDATE verdicts SET judged = judged OR $2 WHERE id = $1`, j.Current, row.Judged)
		return err
	}
	_, err := saveVerdicts(ctx, tx, []*verdictRow{row})
	return err
}
