package knowledge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// bulkShown is of how many solutions a bulk edit returns what changes.
const bulkShown = 100

// Edits are what a bulk edit does to each of its solutions. Nil changes nothing;
// a pointer to a zero value empties the field.
type Edits struct {
	Owner        *string
	AddTags      []string
	RemoveTags   []string
	Status       *Status
	Product      *string
	Region       *string
	CustomerType *string
	ValidFrom    *time.Time
	ValidTo      *time.Time
	ReviewBy     *time.Time
}

// ErrNoEdits means that a bulk edit would do nothing whatever the solutions are.
var ErrNoEdits = errors.New("a bulk edit without edits")

// ErrNoFilter means that a bulk edit does not say which solutions it is for.
var ErrNoFilter = errors.New("a bulk edit of the whole library: name its solutions, or a filter")

// check finds what no solution may have.
func (e *Edits) check() error {
	var s Solution
	e.apply(&s)
	p := checkAll("tags", append(slices.Clone(e.AddTags), e.RemoveTags...), 2*maxTags, maxNameRunes)
	p = append(p, checkLine("owner", s.Owner, 0, maxNameRunes)...)
	p = append(p, checkLine("product", s.Product, 0, maxNameRunes)...)
	p = append(p, checkLine("region", s.Region, 0, maxNameRunes)...)
	p = append(p, checkCustomerType(s.CustomerType)...)
	p = append(p, checkValidity(&s)...)
	p = append(p, checkDay("review_by", s.ReviewBy)...)
	if e.Status != nil {
		p = append(p, checkStatus(*e.Status)...)
	}
	return problemsOf(p)
}

// none reports whether there is nothing to do.
func (e *Edits) none() bool {
	return e.Owner == nil && len(e.AddTags) == 0 && len(e.RemoveTags) == 0 && e.Status == nil && e.Product == nil &&
		e.Region == nil && e.CustomerType == nil && e.ValidFrom == nil && e.ValidTo == nil && e.ReviewBy == nil
}

func (e *Edits) apply(s *Solution) {
	assign(&s.Owner, e.Owner)
	assign(&s.Status, e.Status)
	assign(&s.Product, e.Product)
	assign(&s.Region, e.Region)
	assign(&s.CustomerType, e.CustomerType)
	assign(&s.ValidFrom, e.ValidFrom)
	assign(&s.ValidTo, e.ValidTo)
	assign(&s.ReviewBy, e.ReviewBy)
	tags := slices.DeleteFunc(slices.Clone(s.Tags), func(t string) bool { return slices.Contains(e.RemoveTags, t) })
	for _, t := range e.AddTags {
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	s.Tags = some(tags)
}

func assign[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// BulkChange is what a bulk edit changes of one solution.
type BulkChange struct {
	ID     string
	Title  string
	Fields []FieldDiff
}

// BulkResult is what a bulk edit did, or would do.
type BulkResult struct {
	Matched int // solutions that it is for
	Changed int // of them, those that are not already as they should be
	// Problems are the solutions that cannot be changed so; with any of them nothing is.
	Problems []BulkProblem
	Shown    []BulkChange // of the first 100 that change
}

// BulkProblem is why a solution cannot be changed.
type BulkProblem struct {
	ID  string
	Err error
}

// Bulk edits all solutions that fit the filter, all or none, each with a revision
// of its own. An id of the filter that no solution has is a problem, too. A dry run
// changes nothing and tells the same. The filter's order,
// limit and cursor do not count; one that fits everything is ErrNoFilter.
func (l *Library) Bulk(ctx context.Context, f Filter, e Edits, c Change, dry bool) (BulkResult, error) {
	c.made = MadeByBulk
	var result BulkResult
	f = f.orDefault()
	switch err := e.check(); {
	case err != nil:
		return result, fmt.Errorf("edit solutions: %w", err)
	case e.none():
		return result, fmt.Errorf("edit solutions: %w", ErrNoEdits)
	case len(f.conditions().parts) == 0:
		return result, fmt.Errorf("edit solutions: %w", ErrNoFilter)
	}
	run := l.write
	if dry {
		run = l.read
	}
	err := run(ctx, c, func(tx pgx.Tx) error {
		ids, err := matching(ctx, tx, &f)
		if err != nil {
			return err
		}
		result.Matched = len(ids)
		if err := result.missing(ctx, tx, f.IDs); err != nil {
			return err
		}
		for part := range slices.Chunk(ids, writeBatch) {
			if err := result.edit(ctx, tx, part, &e, writerOf(c, dry)); err != nil {
				return err
			}
		}
		if dry || len(result.Problems) > 0 {
			return errDry
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDry) {
		return BulkResult{}, fmt.Errorf("edit solutions: %w", err)
	}
	return result, nil
}

// missing notes the ids that no solution has.
func (b *BulkResult) missing(ctx context.Context, tx pgx.Tx, ids []string) error {
	const query = `
		SELECT DISTINCT id
		FROM unnest($1::text[]) AS named(id)
		WHERE NOT EXISTS (SELECT 1 FROM solutions s WHERE s.id = named.id)
		ORDER BY id
		LIMIT $2`
	found, err := tx.Query(ctx, query, ids, bulkShown)
	if err != nil {
		return fmt.Errorf("find solutions: %w", err)
	}
	unknown, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("find solutions: %w", err)
	}
	for _, id := range unknown {
		b.problem(id, ErrNotFound)
	}
	return nil
}

// matching are the ids of all solutions that fit the filter, before any changes.
func matching(ctx context.Context, tx pgx.Tx, f *Filter) ([]string, error) {
	c := f.conditions()
	found, err := tx.Query(ctx, `
		SELECT s.id
		FROM solutions s`+c.where()+`
		ORDER BY s.id`, c.args)
	if err != nil {
		return nil, fmt.Errorf("find solutions: %w", err)
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("find solutions: %w", err)
	}
	return ids, nil
}

// writerOf writes the solutions that a bulk edit changed; a dry one writes none.
func writerOf(c Change, dry bool) func(context.Context, pgx.Tx, []Solution) error {
	return func(ctx context.Context, tx pgx.Tx, changed []Solution) error {
		if dry {
			return nil
		}
		rows, err := newRows(changed)
		if err != nil {
			return err
		}
		_, err = writeRows(ctx, tx, rows, c)
		return err
	}
}

func (b *BulkResult) edit(
	ctx context.Context, tx pgx.Tx, ids []string, e *Edits, save func(context.Context, pgx.Tx, []Solution) error,
) error {
	entries, err := collectEntries(ctx, tx, entrySQL+` WHERE s.id = ANY($1) ORDER BY s.id`, ids)
	if err != nil {
		return fmt.Errorf("read solutions: %w", err)
	}
	var changed []Solution
	for _, old := range entries {
		s := old.Solution
		e.apply(&s)
		diff := Diff(&old.Solution, &s)
		if len(diff) == 0 {
			continue
		}
		if p := slices.Concat(checkValidity(&s), checkAll("tags", s.Tags, maxTags, maxNameRunes), checkAnswer(&s)); len(p) > 0 {
			b.problem(s.ID, p)
			continue
		}
		if b.Changed++; len(b.Shown) < bulkShown {
			b.Shown = append(b.Shown, BulkChange{s.ID, s.Title, diff})
		}
		changed = append(changed, s)
	}
	return save(ctx, tx, changed)
}

// problem keeps as many as are shown.
func (b *BulkResult) problem(id string, err error) {
	if len(b.Problems) < bulkShown {
		b.Problems = append(b.Problems, BulkProblem{id, err})
	}
}

// ParseTags reads tags that people wrote in one line, with commas of either script
// between them. Empty ones and repetitions are left out.
func ParseTags(line string) []string {
	var out []string
	for t := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(",，、;；", r) }) {
		if t = strings.TrimSpace(t); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
