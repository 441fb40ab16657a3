package store

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	// Over: nothing is left to do. There is another verdict, or the model has answered
	// since.
	Over bool
	// Renewed: a newer transcript is still to be inspected. If that comes to nothing,
	// this verdict stands.
	Renewed bool
}

// Judging returns what is to be judged, by a verdict of any round; ErrNotFound
// when the verdict is gone.
func (s *Store) Judging(ctx context.Context, key VerdictKey) (Judging, error) {
	const query = `
		SELECT t.id, t.session_id, t.version, t.content, b.scorecard_id, b.reinspection_id, b.content::jsonb #> '{versions,plan}',
			c.id, c.judged, c.judged AND c.id <> b.id OR
				(c.transcript_id, c.scorecard_id, c.reinspection_id) <> (b.transcript_id, b.scorecard_id, b.reinspection_id),
			EXISTS (
				SELECT 1
				FROM transcripts n
				WHERE n.session_id = s.id AND n.version = s.version AND n.id <> t.id
					AND NOT EXISTS (SELECT 1 FROM failures f WHERE f.transcript_id = n.id)
					AND NOT EXISTS (SELECT 1 FROM left_out l WHERE l.transcript_id = n.id)
			)
		FROM verdicts b
		JOIN transcripts t ON t.id = b.transcript_id
		JOIN sessions s ON s.id = b.session_id
		JOIN verdicts c ON c.session_id = b.session_id AND c.current
		WHERE b.id = $1`
	var j Judging
	t := &j.Transcript
	err := s.pool.QueryRow(ctx, query, key).Scan(&t.Key, &t.Session, &t.Version, &t.Content, &j.Scorecard, &j.Reinspection, &j.Plan,
		&j.Current, &j.Judged, &j.Over, &j.Renewed)
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
		if err := noteTaken(ctx, tx, j, v); err != nil {
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
		_, err := tx.Exec(ctx, `UPDATE verdicts SET judged = true WHERE id = $1 AND $2 AND NOT judged`, j.Current, row.Judged)
		return err
	}
	_, err := saveVerdicts(ctx, tx, []*verdictRow{row})
	return err
}

// JudgeFilter says which stored sessions are to be judged: those whose current
// verdict has criteria that a model answers.
type JudgeFilter struct {
	Since     time.Time // day; zero is all
	Scorecard string    // id; "" is any
	Again     bool      // also those that are judged
}

// toJudge are the current verdicts that a filter selects, with keys above the last
// argument; that is said of the findings as well, which are read in this order.
const toJudge = `
	FROM verdicts v
	JOIN sessions s ON s.id = v.session_id
	JOIN scorecards k ON k.id = v.scorecard_id
	WHERE v.current AND v.id > $4 AND ($1::date IS NULL OR s.day >= $1) AND ($2 = '' OR k.slug = $2) AND EXISTS (
		SELECT 1
		FROM findings f
		WHERE f.verdict_id = v.id AND f.verdict_id > $4 AND f.answered_by = 'judge'
			AND ($3 OR f.reason IN ('pending', 'not_selected', 'budget', 'no_model', 'model_unavailable'))
	)`

// CountToJudge counts the sessions that a filter selects.
func (s *Store) CountToJudge(ctx context.Context, f JudgeFilter) (int, error) {
	var n int
	if err := s.pool.QueryRow(ctx, `SELECT count(*)`+toJudge, day(f.Since), f.Scorecard, f.Again, 0).Scan(&n); err != nil {
		return 0, fmt.Errorf("count sessions to judge: %w", err)
	}
	return n, nil
}

// SampleToJudge draws verdicts that a filter selects, at most limit, always the
// same ones.
func (s *Store) SampleToJudge(ctx context.Context, f JudgeFilter, limit int) ([]VerdictKey, error) {
	const query = `SELECT v.id` + toJudge + `
		ORDER BY md5(v.session_id::text)
		LIMIT $5`
	rows, err := s.pool.Query(ctx, query, day(f.Since), f.Scorecard, f.Again, 0, limit)
	if err != nil {
		return nil, fmt.Errorf("sample sessions to judge: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[VerdictKey])
}

// ToJudge lists verdicts that a filter selects, with keys above after, ascending,
// at most limit.
func (s *Store) ToJudge(ctx context.Context, f JudgeFilter, after VerdictKey, limit int) ([]VerdictKey, error) {
	const query = `SELECT v.id` + toJudge + `
		ORDER BY v.id
		LIMIT $5`
	rows, err := s.pool.Query(ctx, query, day(f.Since), f.Scorecard, f.Again, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load sessions to judge: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[VerdictKey])
}

// noteTaken says in the ledger how a verdict's answers were taken: its outcome or
// the reason why it has none, repaired where the answer had to be, and part for
// calls about another part of the session, or without some turns.
func noteTaken(ctx context.Context, tx pgx.Tx, j Judging, v *pipeline.Verdict) error {
	const query = `
		WITH n AS (
			SELECT c.id, r.criterion, CASE
				WHEN c.purpose <> 'repair' AND EXISTS (
					SELECT 1
					FROM model_calls l
					WHERE l.transcript_id = $1 AND l.purpose = 'repair' AND l.input_hash = c.input_hash AND l.id > c.id
				) THEN 'repaired'
				WHEN c.input_hash = r.input THEN r.taken
				ELSE 'part'
			END AS taken
			FROM jsonb_to_recordset($2) AS r(criterion text, input text, taken text)
			JOIN model_calls c ON c.transcript_id = $1 AND c.status = 'ok'
			JOIN model_call_criteria m ON m.call_id = c.id AND m.criterion = r.criterion AND m.taken = ''
		)
		UPDATE model_call_criteria m
		SET taken = n.taken
		FROM n
		WHERE m.call_id = n.id AND m.criterion = n.criterion`
	type row struct {
		Criterion string `json:"criterion"`
		Input     string `json:"input"`
		Taken     string `json:"taken"`
	}
	rows := []row{}
	for _, f := range v.Criteria {
		if f.Judge == nil {
			continue
		}
		taken := string(f.Outcome)
		if f.Outcome == pipeline.Undetermined {
			taken = string(f.Reason)
		}
		rows = append(rows, row{f.ID, f.Judge.Input, taken})
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, query, j.Transcript.Key, rows)
	return err
}
