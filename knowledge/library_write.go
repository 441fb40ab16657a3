package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cause says what made a revision, from a closed list.
type Cause string

// The causes of revisions.
const (
	MadeByImport  Cause = "import"
	MadeByEdit    Cause = "edit"
	MadeByStatus  Cause = "status"  // published, retired or taken back
	MadeByReview  Cause = "review"  // found right as it stood
	MadeByBulk    Cause = "bulk"    // with many others at once
	MadeByRestore Cause = "restore" // of an older revision
	MadeByDraft   Cause = "draft"   // from a gap
)

// Causes lists all causes.
var Causes = []Cause{MadeByImport, MadeByEdit, MadeByStatus, MadeByReview, MadeByBulk, MadeByRestore, MadeByDraft}

// Change says who changes a solution and why.
type Change struct {
	By     string // required
	Reason string
	// Revision is the one that the change was made to. When there is a later one,
	// the change is refused by a ClashError. Zero of Save means a new solution,
	// elsewhere whatever is there.
	Revision int
	made     Cause
}

// errNobody means that a change does not say who makes it.
var errNobody = errors.New("nothing says who changes it")

// write runs do in a transaction of its own, after all other writers.
func (l *Library) write(ctx context.Context, c Change, do func(pgx.Tx) error) error {
	if strings.TrimSpace(c.By) == "" {
		return errNobody
	}
	return pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if err := startWriting(ctx, tx); err != nil {
			return err
		}
		return do(tx)
	})
}

// read runs do in a transaction that sees one state of the library and writes nothing.
func (l *Library) read(ctx context.Context, _ Change, do func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, do)
}

// startWriting waits for other writers, and has the commit tell who listens.
func startWriting(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(importLock)); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	if _, err := tx.Exec(ctx, `SELECT pg_notify($1, '')`, changeChannel); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// newRow is a solution on its way to the table.
type newRow struct {
	id       string
	solution Solution
	content  json.RawMessage
	hash     Hash
}

func newRows(solutions []Solution) ([]newRow, error) {
	rows := make([]newRow, len(solutions))
	for i := range solutions {
		s := solutions[i].normal()
		hash, err := s.Hash()
		if err != nil {
			return nil, err
		}
		content, err := json.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("encode solution %q: %w", s.ID, err)
		}
		rows[i] = newRow{s.ID, s, content, hash}
	}
	return rows, nil
}

// writeRows adds or replaces solutions, each with a revision, and returns the
// numbers of these by id. All go as one JSON value, because arrays of arrays
// would be flattened on the way.
func writeRows(ctx context.Context, tx pgx.Tx, rows []newRow, c Change) (map[string]int, error) {
	written := make(map[string]int, len(rows))
	if len(rows) == 0 {
		return written, nil
	}
	contents, sums := make([]string, len(rows)), make([][]byte, len(rows))
	for i := range rows {
		contents[i], sums[i] = string(rows[i].content), rows[i].hash[:]
	}
	found, err := tx.Query(ctx, writeSQL, pgx.StrictNamedArgs{
		"content": "[" + strings.Join(contents, ",") + "]", "contents": contents, "hashes": sums,
		"by": c.By, "reason": c.Reason, "made": c.made,
		"from_file": c.made == MadeByImport, "reviewed": c.made == MadeByReview,
	})
	if err != nil {
		return nil, fmt.Errorf("write %d solutions: %w", len(rows), err)
	}
	var id string
	var revision int
	_, err = pgx.ForEachRow(found, []any{&id, &revision}, func() error {
		written[id] = revision
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("write %d solutions: %w", len(rows), err)
	}
	return written, writeTermsOf(ctx, tx, rows)
}

// writeSQL takes the solutions' JSON twice: as one list, which gives the columns,
// and each by itself, which is what the revision keeps. What people think of a
// solution holds until it says something else. Reviews change neither the
// time of the last change nor whether people edited what files said.
const writeSQL = `
	WITH given AS (
		SELECT *
		FROM ROWS FROM (
			json_to_recordset(@content::json) AS (
				id text, title text, questions text[], answer text, short_reply text, note text, tags text[], product text,
				region text, customer_type text, language text, stage text, valid_from timestamptz, valid_to timestamptz,
				owner text, review_by timestamptz, reviewed_at timestamptz, status text),
			unnest(@contents::jsonb[]),
			unnest(@hashes::bytea[])
		) AS g (id, title, questions, answer, short_reply, note, tags, product, region, customer_type, language, stage,
			valid_from, valid_to, owner, review_by, reviewed_at, status, content, hash)
	), written AS (
		INSERT INTO solutions AS s
			(id, title, questions, answer, short_reply, note, tags, product, region, customer_type, language, stage,
			valid_from, valid_to, owner, review_by, reviewed_at, vouched_at, status, hash, imported, edited, revision)
		SELECT
			id, title, COALESCE(questions, '{}'), answer, COALESCE(short_reply, ''), COALESCE(note, ''), COALESCE(tags, '{}'),
			COALESCE(product, ''), COALESCE(region, ''), COALESCE(customer_type, ''), COALESCE(language, ''),
			COALESCE(stage, ''), valid_from, valid_to, COALESCE(owner, ''), (review_by AT TIME ZONE 'UTC')::date, reviewed_at,
			COALESCE(reviewed_at, now()), status, hash, CASE WHEN @from_file THEN hash END, NOT @from_file, 1
		FROM given
		ON CONFLICT (id) DO UPDATE SET
			title = excluded.title, questions = excluded.questions, answer = excluded.answer,
			short_reply = excluded.short_reply, note = excluded.note, tags = excluded.tags, product = excluded.product,
			region = excluded.region, customer_type = excluded.customer_type, language = excluded.language,
			stage = excluded.stage, valid_from = excluded.valid_from, valid_to = excluded.valid_to, owner = excluded.owner,
			review_by = excluded.review_by, reviewed_at = excluded.reviewed_at, status = excluded.status,
			hash = excluded.hash, imported = COALESCE(excluded.imported, s.imported),
			edited = CASE WHEN @reviewed THEN s.edited ELSE excluded.edited END,
			helpful = CASE WHEN (s.title, s.answer, s.short_reply) = (excluded.title, excluded.answer, excluded.short_reply) THEN s.helpful ELSE 0 END,
			partly = CASE WHEN (s.title, s.answer, s.short_reply) = (excluded.title, excluded.answer, excluded.short_reply) THEN s.partly ELSE 0 END,
			wrong = CASE WHEN (s.title, s.answer, s.short_reply) = (excluded.title, excluded.answer, excluded.short_reply) THEN s.wrong ELSE 0 END,
			outdated = CASE WHEN (s.title, s.answer, s.short_reply) = (excluded.title, excluded.answer, excluded.short_reply) THEN s.outdated ELSE 0 END,
			vouched_at = CASE
				WHEN excluded.reviewed_at <> s.reviewed_at OR s.reviewed_at IS NULL AND excluded.reviewed_at IS NOT NULL THEN excluded.reviewed_at
				WHEN (s.title, s.questions, s.answer, s.short_reply)
					<> (excluded.title, excluded.questions, excluded.answer, excluded.short_reply) THEN now()
				ELSE s.vouched_at
			END,
			revision = s.revision + 1, seq = nextval('solutions_seq'),
			updated_at = CASE WHEN @reviewed THEN s.updated_at ELSE now() END
		RETURNING id, revision
	)
	INSERT INTO solution_revisions (solution_id, revision, content, hash, status, by, reason, made)
	SELECT w.id, w.revision, g.content, g.hash, g.status, @by, @reason, @made
	FROM written w
	JOIN given g USING (id)
	RETURNING solution_id, revision`

// Save writes a new solution, or a change of the one that c.Revision names, and
// returns its revision. Its error is transcript.Problems when the content cannot
// be used, ErrExists when a new one has the id of another, a *ClashError when
// somebody else was faster. What changes nothing makes no revision.
func (l *Library) Save(ctx context.Context, s Solution, c Change) (int, error) {
	c.made = MadeByEdit
	return l.save(ctx, s, c)
}

// SaveDraft writes a new solution that was drafted from a gap, as a draft, which
// may have no answer yet.
func (l *Library) SaveDraft(ctx context.Context, s Solution, c Change) (int, error) {
	s.Status = Draft
	c.Revision, c.made = 0, MadeByDraft
	return l.save(ctx, s, c)
}

func (l *Library) save(ctx context.Context, s Solution, c Change) (revision int, err error) {
	if err := s.Check(); err != nil {
		return 0, fmt.Errorf("save solution %q: %w", s.ID, err)
	}
	err = l.write(ctx, c, func(tx pgx.Tx) error {
		old, err := readEntry(ctx, tx, s.ID)
		isNew := errors.Is(err, ErrNotFound)
		switch {
		case isNew && c.Revision > 0:
			return err
		case err != nil && !isNew:
			return err
		case !isNew && c.Revision == 0:
			return ErrExists
		case !isNew && old.Revision != c.Revision:
			return &ClashError{old}
		}
		revision, err = writeOne(ctx, tx, s, old, c)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("save solution %q: %w", s.ID, err)
	}
	return revision, nil
}

// writeOne writes a solution whose last revision is old, unless they are equal.
func writeOne(ctx context.Context, tx pgx.Tx, s Solution, old Entry, c Change) (int, error) {
	rows, err := newRows([]Solution{s})
	if err != nil {
		return 0, err
	}
	before, err := old.Hash()
	if err != nil {
		return 0, err
	}
	if old.Revision > 0 && before == rows[0].hash {
		return old.Revision, nil
	}
	written, err := writeRows(ctx, tx, rows, c)
	return written[s.ID], err
}

// change replaces one solution by what do makes of it, and returns its revision.
// Nothing becomes published without an answer.
func (l *Library) change(ctx context.Context, id string, c Change, do func(pgx.Tx, *Solution) error) (revision int, err error) {
	err = l.write(ctx, c, func(tx pgx.Tx) error {
		old, err := readEntry(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.Revision > 0 && c.Revision != old.Revision {
			return &ClashError{old}
		}
		s := old.Solution
		if err := do(tx, &s); err != nil {
			return err
		}
		if err := problemsOf(checkAnswer(&s)); err != nil {
			return err
		}
		revision, err = writeOne(ctx, tx, s, old, c)
		return err
	})
	return revision, err
}

// SetStatus publishes or retires a solution or takes it back to draft, and
// returns its revision. Its error is transcript.Problems when what is to be
// published has no answer.
func (l *Library) SetStatus(ctx context.Context, id string, status Status, c Change) (int, error) {
	c.made = MadeByStatus
	revision, err := l.change(ctx, id, c, func(_ pgx.Tx, s *Solution) error {
		s.Status = status
		return problemsOf(checkStatus(status))
	})
	if err != nil {
		return 0, fmt.Errorf("set status of solution %q to %q: %w", id, status, err)
	}
	return revision, nil
}

// Review notes that a solution was found right now, and the day by which it is to
// be reviewed next; a zero day is none. It returns the solution's revision.
func (l *Library) Review(ctx context.Context, id string, next time.Time, c Change) (int, error) {
	c.made = MadeByReview
	revision, err := l.change(ctx, id, c, func(_ pgx.Tx, s *Solution) error {
		s.ReviewedAt, s.ReviewBy = time.Now(), next
		return problemsOf(checkDay("review_by", next))
	})
	if err != nil {
		return 0, fmt.Errorf("review solution %q: %w", id, err)
	}
	return revision, nil
}

// SetOpinions writes what distinct persons think of a solution, in the caller's
// transaction. Indexes take it over as they do a change, but it makes no revision.
func (l *Library) SetOpinions(ctx context.Context, tx pgx.Tx, id string, o Opinions) error {
	if err := startWriting(ctx, tx); err != nil {
		return fmt.Errorf("set opinions of solution %q: %w", id, err)
	}
	done, err := tx.Exec(ctx, `
		UPDATE solutions
		SET helpful = @helpful, partly = @partly, wrong = @wrong, outdated = @outdated, seq = nextval('solutions_seq')
		WHERE id = @id`,
		pgx.StrictNamedArgs{"id": id, "helpful": o.Helpful, "partly": o.Partly, "wrong": o.Wrong, "outdated": o.Outdated})
	if err == nil && done.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("set opinions of solution %q: %w", id, err)
	}
	return nil
}
