package knowledge

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Complaint is what somebody said against a solution, for its owner.
type Complaint struct {
	SolutionID string    `db:"solution_id" json:"solution_id"`
	Title      string    `db:"title" json:"title"`
	Owner      string    `db:"owner" json:"owner"`
	Revision   int       `db:"revision" json:"revision"` // that it is about, and that says what the solution says now
	Grade      Grade     `db:"grade" json:"grade"`       // Wrong or Outdated; with a note Partly as well
	Note       string    `db:"note" json:"note"`
	Person     string    `db:"person" json:"person"`
	Question   string    `db:"question" json:"question"` // for which it was shown, personal data replaced; "" is unknown
	At         time.Time `db:"at" json:"at"`
}

// ComplaintFilter selects complaints; "" is any.
type ComplaintFilter struct{ SolutionID, Owner string }

// complaintSQL selects complaints f of solutions s that stand: what is said of other
// words does not, nor what the same person took back since, and a review is an
// answer to all before it. Another tag or owner is none.
const complaintSQL = `
		FROM feedback AS f
		JOIN solutions AS s ON s.id = f.solution_id AND s.status <> 'retired'
		LEFT JOIN asks AS a ON a.id = f.ask_id
		WHERE
			(f.grade IN ('wrong', 'outdated') OR f.grade = 'partly' AND f.note <> '')
			AND f.at > COALESCE(s.reviewed_at, '-infinity') AND f.revision BETWEEN solution_said_since(s.id, s.revision) AND s.revision
			AND NOT EXISTS (
				SELECT
				FROM feedback AS later
				WHERE later.solution_id = f.solution_id AND later.person = f.person AND later.revision > f.revision
			)`

// Complaints returns what people say against what solutions say now, of those that
// are not retired, until a review answers it. They come the latest first, at most
// limit, and never more than 1,000.
func (l *Library) Complaints(ctx context.Context, f ComplaintFilter, limit int) ([]Complaint, error) {
	found, err := l.pool.Query(ctx, `
		SELECT
			s.id AS solution_id, s.title, s.owner, f.revision, f.grade, f.note, f.person,
			COALESCE(a.text, '') AS question, f.at`+complaintSQL+`
			AND (@solution = '' OR s.id = @solution) AND (@owner = '' OR s.owner = @owner)
		ORDER BY f.at DESC, f.id
		LIMIT @limit`,
		pgx.NamedArgs{"solution": f.SolutionID, "owner": f.Owner, "limit": min(max(limit, 0), maxList)})
	if err != nil {
		return nil, fmt.Errorf("list complaints: %w", err)
	}
	list, err := pgx.CollectRows(found, pgx.RowToStructByName[Complaint])
	if err != nil {
		return nil, fmt.Errorf("list complaints: %w", err)
	}
	return list, nil
}
