package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
)

// Inspected is a verdict with what it was made of.
type Inspected struct {
	Transcript Transcript
	Scorecard  ScorecardKey
	Verdict    *pipeline.Verdict
	// Reinspection is the run that asked for this verdict; 0 is inspection as usual.
	Reinspection ReinspectionKey
}

// Failure is a transcript that could not be inspected.
type Failure struct {
	Transcript TranscriptKey
	Reason     FailureReason
	Detail     string
}

// FailureReason says why inspection gave up, from a closed list.
type FailureReason string

// The reasons of failures.
const (
	NoScorecard FailureReason = "no_scorecard" // no active scorecard is for this session, or not the one that the plan names
	Unreadable  FailureReason = "unreadable"   // the stored transcript cannot be decoded
	Panicked    FailureReason = "panic"
	TimedOut    FailureReason = "timeout"
	Failed      FailureReason = "error"
	WorkerDied  FailureReason = "worker_died" // its worker died with it, again and again
)

// SaveInspections stores verdicts with their findings and flags, failures, and
// what the plan left out, in one transaction that finish joins: it is told which
// of the saved verdicts wait for a model. A verdict that is already stored for the
// same transcript, scorecard and re-inspection is left as it is, and so is a
// current one, or what it was before a model was asked, that a re-inspection comes
// to again. A session's newest transcript has the current verdict; flags of older
// ones are closed.
func (s *Store) SaveInspections(ctx context.Context, done []Inspected, failed []Failure, left []LeftOut, finish Finish) error {
	rows, err := verdictRows(done)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockSessions(ctx, tx, concerned(done, failed, left)); err != nil {
			return err
		}
		saved, err := saveVerdicts(ctx, tx, rows)
		if err != nil {
			return err
		}
		if err := saveFailures(ctx, tx, failed); err != nil {
			return err
		}
		if err := saveLeftOut(ctx, tx, left); err != nil {
			return err
		}
		if err := forget(ctx, tx, done, left); err != nil {
			return err
		}
		return finish(tx, pending(saved))
	})
	if err != nil {
		return fmt.Errorf("save %d verdicts: %w", len(done), err)
	}
	return nil
}

// Finish joins the transaction of a save; pending are those of its verdicts that
// wait for a model.
type Finish func(tx pgx.Tx, pending []VerdictKey) error

func pending(saved []*verdictRow) []VerdictKey {
	var keys []VerdictKey
	for _, r := range saved {
		if r.verdict.Pending() {
			keys = append(keys, r.ID)
		}
	}
	return keys
}

// verdictRow is a verdict for jsonb_to_recordset.
type verdictRow struct {
	ID         VerdictKey    `json:"id"`
	Session    SessionKey    `json:"session_id"`
	Transcript TranscriptKey `json:"transcript_id"`
	Scorecard  ScorecardKey  `json:"scorecard_id"`
	Result     string        `json:"result"`
	Score      *float64      `json:"score"`
	Unfailed   *float64      `json:"unfailed_score"`
	Severity   *int          `json:"severity"`
	Content    string        `json:"content"`

	Reinspection ReinspectionKey `json:"reinspection_id"`
	Round        int             `json:"round"`
	Judged       bool            `json:"judged"`

	verdict *pipeline.Verdict
}

func verdictRows(done []Inspected) ([]*verdictRow, error) {
	rows := make([]*verdictRow, len(done))
	for i, d := range done {
		content, err := d.Verdict.JSON()
		if err != nil {
			return nil, err
		}
		rows[i] = &verdictRow{
			Session: d.Transcript.Session, Transcript: d.Transcript.Key, Scorecard: d.Scorecard,
			Result: string(d.Verdict.Result), Score: d.Verdict.Score, Unfailed: d.Verdict.Unfailed,
			Severity: gravest(d.Verdict.Flags), Content: string(content), Reinspection: d.Reinspection, verdict: d.Verdict,
		}
	}
	return rows, nil
}

// severityNumber is a severity as the database has it: 1 is the gravest.
func severityNumber(s pipeline.FlagSeverity) int {
	for i, known := range pipeline.FlagSeverities {
		if s == known {
			return i + 1
		}
	}
	return len(pipeline.FlagSeverities)
}

func gravest(flags []pipeline.Flag) *int {
	var least *int
	for _, f := range flags {
		if n := severityNumber(f.Severity); least == nil || n < *least {
			least = new(n)
		}
	}
	return least
}

// saveVerdicts saves what is not stored yet, and returns it with keys.
func saveVerdicts(ctx context.Context, tx pgx.Tx, rows []*verdictRow) ([]*verdictRow, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	saved, err := insertVerdicts(ctx, tx, rows)
	if err != nil || len(saved) == 0 {
		return nil, err
	}
	if err := markCurrent(ctx, tx, saved); err != nil {
		return nil, err
	}
	if err := copyFindings(ctx, tx, saved); err != nil {
		return nil, err
	}
	if err := copyFlags(ctx, tx, saved); err != nil {
		return nil, err
	}
	return saved, copyQuestions(ctx, tx, saved)
}

// lockSessions makes saves of the same session wait for each other, in an order
// in which they cannot wait in a circle.
func lockSessions(ctx context.Context, tx pgx.Tx, keys []int64) error {
	const query = `
		SELECT 1
		FROM sessions
		WHERE id IN (SELECT session_id FROM transcripts WHERE id = ANY($1))
		ORDER BY id
		FOR UPDATE`
	_, err := tx.Exec(ctx, query, keys)
	return err
}

// concerned are the keys of all transcripts of a save.
func concerned(done []Inspected, failed []Failure, left []LeftOut) []int64 {
	var keys []int64
	for _, d := range done {
		keys = append(keys, int64(d.Transcript.Key))
	}
	for _, f := range failed {
		keys = append(keys, int64(f.Transcript))
	}
	for _, l := range left {
		keys = append(keys, int64(l.Transcript))
	}
	return keys
}

// forget removes what no longer holds of transcripts: that they failed, once
// they have a verdict or are left out, and that they were left out, once they
// have a verdict.
func forget(ctx context.Context, tx pgx.Tx, done []Inspected, left []LeftOut) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM failures WHERE transcript_id = ANY($1)`, concerned(done, nil, left))
	batch.Queue(`DELETE FROM left_out WHERE transcript_id = ANY($1)`, concerned(done, nil, nil))
	return tx.SendBatch(ctx, batch).Close()
}

// insertVerdicts inserts what is not stored yet, and returns it with keys.
func insertVerdicts(ctx context.Context, tx pgx.Tx, rows []*verdictRow) ([]*verdictRow, error) {
	const query = `
		INSERT INTO verdicts (session_id, transcript_id, scorecard_id, result, score, unfailed_score, severity, content,
			reinspection_id, round, judged, current)
		SELECT session_id, transcript_id, scorecard_id, result, score, unfailed_score, severity, content, reinspection_id,
			round, judged, false
		FROM jsonb_to_recordset($1) AS r(session_id bigint, transcript_id bigint, scorecard_id bigint, result text,
			score double precision, unfailed_score double precision, severity smallint, content text, reinspection_id bigint,
			round integer, judged boolean)
		WHERE r.reinspection_id = 0 OR r.round > 0 OR NOT EXISTS (
			SELECT 1
			FROM verdicts v
			JOIN verdicts b ON b.transcript_id = v.transcript_id AND b.scorecard_id = v.scorecard_id
				AND b.reinspection_id = v.reinspection_id AND (b.id = v.id OR b.round = 0)
			WHERE v.session_id = r.session_id AND v.current AND v.transcript_id = r.transcript_id AND b.content = r.content
		)
		ON CONFLICT (transcript_id, scorecard_id, reinspection_id, round) DO NOTHING
		RETURNING id, transcript_id`
	arg, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	found, err := tx.Query(ctx, query, arg)
	if err != nil {
		return nil, err
	}
	keys := map[TranscriptKey]VerdictKey{}
	var key VerdictKey
	var of TranscriptKey
	_, err = pgx.ForEachRow(found, []any{&key, &of}, func() error { keys[of] = key; return nil })
	var saved []*verdictRow
	for _, r := range rows {
		if k, ok := keys[r.Transcript]; ok {
			r.ID = k
			saved = append(saved, r)
		}
	}
	return saved, err
}

// markCurrent makes a session's verdict on its newest inspected transcript the
// current one, and closes the flags of the others.
func markCurrent(ctx context.Context, tx pgx.Tx, saved []*verdictRow) error {
	const newest = `
		SELECT DISTINCT ON (v.session_id) v.id
		FROM verdicts v
		JOIN transcripts t ON t.id = v.transcript_id
		WHERE v.session_id = ANY($1)
		ORDER BY v.session_id, t.version DESC, v.id DESC`
	statements := []string{
		`UPDATE verdicts SET current = false WHERE session_id = ANY($1) AND current AND id NOT IN (` + newest + `)`,
		`UPDATE verdicts SET current = true WHERE session_id = ANY($1) AND NOT current AND id IN (` + newest + `)`,
		`UPDATE flags SET open = false WHERE session_id = ANY($1) AND open AND verdict_id NOT IN (` + newest + `)`,
	}
	sessions := make([]int64, len(saved))
	for i, r := range saved {
		sessions[i] = int64(r.Session)
	}
	batch := &pgx.Batch{}
	for _, sql := range statements {
		batch.Queue(sql, sessions)
	}
	return tx.SendBatch(ctx, batch).Close()
}

// copyFindings writes the findings with the session's agent, team and day beside them.
func copyFindings(ctx context.Context, tx pgx.Tx, saved []*verdictRow) error {
	of, err := dimensions(ctx, tx, saved)
	if err != nil {
		return err
	}
	var values [][]any
	for _, r := range saved {
		d := of[r.Session]
		for _, f := range r.verdict.Criteria {
			values = append(values, []any{
				int64(r.ID), f.ID, f.Section, string(f.Outcome), string(f.Reason), string(f.By), f.Points, f.Weight,
				f.Critical, int64(r.Session), r.verdict.Scorecard.ID, d.AgentID, d.Team, d.Day,
			})
		}
	}
	columns := []string{
		"verdict_id", "criterion", "section", "outcome", "reason", "answered_by", "points", "weight",
		"critical", "session_id", "scorecard", "agent_id", "team", "day",
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"findings"}, columns, pgx.CopyFromRows(values))
	return err
}

// dimension is what findings are counted by.
type dimension struct {
	ID      SessionKey
	AgentID string
	Team    string
	Day     any
}

func dimensions(ctx context.Context, tx pgx.Tx, saved []*verdictRow) (map[SessionKey]dimension, error) {
	const query = `
		SELECT id, agent_id, team, day
		FROM sessions
		WHERE id = ANY($1)`
	ids := make([]int64, len(saved))
	for i, r := range saved {
		ids[i] = int64(r.Session)
	}
	rows, err := tx.Query(ctx, query, ids)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[dimension])
	of := make(map[SessionKey]dimension, len(list))
	for _, d := range list {
		of[d.ID] = d
	}
	return of, err
}

// copyFlags writes the flags; those of a verdict that is not current are closed.
func copyFlags(ctx context.Context, tx pgx.Tx, saved []*verdictRow) error {
	var values [][]any
	for _, r := range saved {
		for _, f := range r.verdict.Flags {
			values = append(values, []any{
				int64(r.ID), int64(r.Session), string(f.Reason), severityNumber(f.Severity), f.Criterion, f.Turn, true,
			})
		}
	}
	columns := []string{"verdict_id", "session_id", "reason", "severity", "criterion", "turn", "open"}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"flags"}, columns, pgx.CopyFromRows(values)); err != nil {
		return err
	}
	const shut = `
		UPDATE flags f
		SET open = false
		FROM verdicts v
		WHERE v.id = f.verdict_id AND v.id = ANY($1) AND NOT v.current AND f.open`
	keys := make([]int64, len(saved))
	for i, r := range saved {
		keys[i] = int64(r.ID)
	}
	_, err := tx.Exec(ctx, shut, keys)
	return err
}

// saveFailures notes failures of transcripts.
func saveFailures(ctx context.Context, tx pgx.Tx, failed []Failure) error {
	const query = `
		INSERT INTO failures (transcript_id, session_id, reason, detail)
		SELECT id, session_id, $2, $3
		FROM transcripts
		WHERE id = $1
		ON CONFLICT (transcript_id) DO UPDATE
		SET reason = excluded.reason, detail = excluded.detail, failed_at = now()`
	batch := &pgx.Batch{}
	for _, f := range failed {
		batch.Queue(query, int64(f.Transcript), string(f.Reason), clean(f.Detail))
	}
	return tx.SendBatch(ctx, batch).Close()
}

func noRows(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	return err
}
