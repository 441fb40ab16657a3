package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// maxHistory is how many revisions History returns at most.
const maxHistory = 200

// Revision is one form of a solution.
type Revision struct {
	Number   int       `db:"revision"`
	Solution Solution  `db:"-"`
	At       time.Time `db:"at"`
	By       string    `db:"by"`
	Reason   string    `db:"reason"`
	Made     Cause     `db:"made"`
}

const revisionSQL = `
	SELECT revision, content, at, by, reason, made
	FROM solution_revisions`

func collectRevisions(rows pgx.Rows) ([]Revision, error) {
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		Revision
		Content json.RawMessage `db:"content"`
	}])
	if err != nil {
		return nil, err
	}
	out := make([]Revision, len(found))
	for i, f := range found {
		out[i] = f.Revision
		out[i].At = f.At.UTC()
		if err := json.Unmarshal(f.Content, &out[i].Solution); err != nil {
			return nil, fmt.Errorf("revision %d: %w", f.Number, err)
		}
	}
	return out, nil
}

// History returns the revisions of a solution that are older than the number
// before (0: all), the latest first, at most 200, or ErrNotFound when there is no
// such solution.
func (l *Library) History(ctx context.Context, id string, before, limit int) ([]Revision, error) {
	found, err := l.pool.Query(ctx, revisionSQL+`
		WHERE solution_id = @id
			AND (@before = 0 OR revision < @before)
		ORDER BY revision DESC
		LIMIT @limit`,
		pgx.StrictNamedArgs{"id": id, "before": before, "limit": min(max(limit, 0), maxHistory)})
	if err != nil {
		return nil, fmt.Errorf("read history of solution %q: %w", id, err)
	}
	list, err := collectRevisions(found)
	if err == nil && len(list) == 0 && before == 0 && limit > 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read history of solution %q: %w", id, err)
	}
	return list, nil
}

// Revision returns one form of a solution, or ErrNotFound.
func (l *Library) Revision(ctx context.Context, id string, number int) (Revision, error) {
	r, err := readRevision(ctx, l.pool, id, number)
	if err != nil {
		return Revision{}, fmt.Errorf("read revision %d of solution %q: %w", number, id, err)
	}
	return r, nil
}

func readRevision(ctx context.Context, q querier, id string, number int) (Revision, error) {
	found, err := q.Query(ctx, revisionSQL+`
		WHERE solution_id = $1 AND revision = $2`, id, number)
	if err != nil {
		return Revision{}, err
	}
	list, err := collectRevisions(found)
	if err != nil {
		return Revision{}, err
	}
	if len(list) == 0 {
		return Revision{}, ErrNotFound
	}
	return list[0], nil
}

// Restore makes an older revision of a solution the latest again, but for its
// status, and returns the number that it gets: nothing of what came between is lost.
func (l *Library) Restore(ctx context.Context, id string, number int, c Change) (int, error) {
	c.made = MadeByRestore
	revision, err := l.change(ctx, id, c, func(tx pgx.Tx, s *Solution) error {
		r, err := readRevision(ctx, tx, id, number)
		if errors.Is(err, ErrNotFound) {
			return fmt.Errorf("revision %d: %w", number, err)
		}
		if err != nil {
			return err
		}
		status := s.Status
		*s = r.Solution
		s.Status = status
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("restore revision %d of solution %q: %w", number, id, err)
	}
	return revision, nil
}
