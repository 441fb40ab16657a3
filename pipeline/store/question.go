package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
)

// questionRow is a customer's question for jsonb_to_recordset.
type questionRow struct {
	Session    SessionKey    `json:"session_id"`
	Transcript TranscriptKey `json:"transcript_id"`
	Verdict    VerdictKey    `json:"verdict_id"`
	Turn       int           `json:"turn"`
	Solution   string        `json:"solution_id"`
	Score      *float64      `json:"score"`
	Outcome    string        `json:"outcome"`
	Library    string        `json:"library"`
}

// copyQuestions writes the questions of sessions whose current verdict is among
// the saved ones, and removes those that an earlier verdict had. A question that
// stays keeps its gap as long as nothing answers it.
func copyQuestions(ctx context.Context, tx pgx.Tx, saved []*verdictRow) error {
	verdicts := make([]int64, len(saved))
	rows := []questionRow{}
	for i, r := range saved {
		verdicts[i] = int64(r.ID)
		rows = append(rows, questionRows(r)...)
	}
	arg, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	const remove = `
		DELETE FROM questions q
		USING verdicts v
		WHERE v.id = ANY($1) AND v.current AND q.session_id = v.session_id AND NOT EXISTS (
			SELECT 1
			FROM jsonb_to_recordset($2) AS r(transcript_id bigint, turn integer)
			WHERE r.transcript_id = q.transcript_id AND r.turn = q.turn)`
	const write = `
		INSERT INTO questions (session_id, transcript_id, verdict_id, turn, day, language, product, team, solution_id,
			score, outcome, library)
		SELECT r.session_id, r.transcript_id, r.verdict_id, r.turn, s.day, s.language,
			coalesce(t.content::jsonb -> 'metadata' ->> 'product', ''), s.team, r.solution_id, r.score, r.outcome, r.library
		FROM jsonb_to_recordset($1) AS r(session_id bigint, transcript_id bigint, verdict_id bigint, turn integer,
			solution_id text, score double precision, outcome text, library text)
		JOIN verdicts v ON v.id = r.verdict_id AND v.current
		JOIN sessions s ON s.id = r.session_id
		JOIN transcripts t ON t.id = r.transcript_id
		ON CONFLICT (transcript_id, turn) DO UPDATE
		SET verdict_id = excluded.verdict_id, day = excluded.day, solution_id = excluded.solution_id, score = excluded.score,
			outcome = excluded.outcome, library = excluded.library, checked_solution = NULL, checked_score = NULL,
			vague = false, gap_id = CASE WHEN excluded.solution_id = '' THEN questions.gap_id END`
	batch := &pgx.Batch{}
	batch.Queue(remove, verdicts, arg)
	batch.Queue(write, arg)
	return tx.SendBatch(ctx, batch).Close()
}

func questionRows(r *verdictRow) []questionRow {
	var rows []questionRow
	seen := map[int]bool{}
	for _, q := range r.verdict.Questions {
		if seen[q.Turn] {
			continue
		}
		seen[q.Turn] = true
		row := questionRow{
			Session: r.Session, Transcript: r.Transcript, Verdict: r.ID, Turn: q.Turn, Library: r.verdict.Versions.Library,
		}
		if len(q.Suggestions) > 0 {
			row.Solution, row.Score = q.Suggestions[0].SolutionID, &q.Suggestions[0].Score
		}
		if q.Answered != nil {
			row.Outcome = string(q.Answered.Outcome)
		}
		rows = append(rows, row)
	}
	return rows
}
