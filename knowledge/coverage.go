package knowledge

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// CoverageTarget is the share of answerable questions that the library should answer.
const CoverageTarget = 0.8

// CoverageBy says what coverage is counted by, from a closed list.
type CoverageBy string

// What coverage is counted by.
const (
	CoverageAll      CoverageBy = "all"
	CoverageDay      CoverageBy = "day"
	CoverageWeek     CoverageBy = "week" // named by its Monday
	CoverageProduct  CoverageBy = "product"
	CoverageLanguage CoverageBy = "language"
)

// Covered counts the answerable questions of customers in inspected sessions.
type Covered struct {
	Name         string // day as 2026-11-03, product, language; "" for all and where a session names none
	Questions    int
	Suggested    int // had a suggestion above the threshold
	InLine       int // of those suggested, as far as answers were compared with solutions
	Contradicted int
	NotAnswered  int
}

// maxCovered is how many rows a coverage has at most, those with most questions.
const maxCovered = 400

// Coverage counts questions of sessions from a day on until before another, in
// the order of days, else those asked most first. Questions of gaps that no
// solution can answer are left out.
func (g *Gaps) Coverage(ctx context.Context, from, to time.Time, by CoverageBy) ([]Covered, error) {
	name, order := coverageName(by)
	query := `
		SELECT ` + name + ` AS name, count(*) AS questions,
			count(*) FILTER (WHERE q.solution_id <> '') AS suggested,
			count(*) FILTER (WHERE q.outcome = 'in_line') AS in_line,
			count(*) FILTER (WHERE q.outcome = 'contradicted') AS contradicted,
			count(*) FILTER (WHERE q.outcome = 'not_answered') AS not_answered
		FROM questions q
		LEFT JOIN gaps g ON g.id = q.gap_id
		WHERE q.day >= @from AND q.day < @to AND g.status IS DISTINCT FROM 'unanswerable'
		GROUP BY 1
		ORDER BY ` + order + `
		LIMIT @limit`
	rows, err := g.pool.Query(ctx, query, pgx.StrictNamedArgs{"from": from, "to": to, "limit": maxCovered})
	if err != nil {
		return nil, fmt.Errorf("count coverage: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Covered])
	if err != nil {
		return nil, fmt.Errorf("count coverage: %w", err)
	}
	return list, nil
}

// coverageName is the SQL of a row's name and of the order of rows.
func coverageName(by CoverageBy) (name, order string) {
	switch by {
	case CoverageDay:
		return `to_char(q.day, 'YYYY-MM-DD')`, `1`
	case CoverageWeek:
		return `to_char(date_trunc('week', q.day), 'YYYY-MM-DD')`, `1`
	case CoverageProduct:
		return `q.product`, `2 DESC, 1`
	case CoverageLanguage:
		return `split_part(lower(q.language), '-', 1)`, `2 DESC, 1`
	}
	return `''`, `1`
}
