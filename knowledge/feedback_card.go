package knowledge

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Card is what agents are told of a solution, so that they can trust it, or not.
type Card struct {
	Entry
	Grade  Grade // the reader's of what it says now; "" is none
	Pinned bool  // by the reader
}

// cardSQL reads cardRows; a condition may follow.
const cardSQL = `
	SELECT ` + rowColumns + `, s.revision, s.updated_at, s.vouched_at, r.by, r.made, s.edited,
		COALESCE((
			SELECT f.grade
			FROM feedback AS f
			WHERE
				@person <> '' AND f.solution_id = s.id AND f.person = @person
				AND f.revision BETWEEN solution_said_since(s.id, s.revision) AND s.revision
			ORDER BY f.revision DESC
			LIMIT 1
		), '') AS grade,
		EXISTS (SELECT FROM pins AS p WHERE p.person = @person AND p.solution_id = s.id) AS pinned
	FROM solutions AS s
	JOIN solution_revisions AS r ON r.solution_id = s.id AND r.revision = s.revision`

type cardRow struct {
	entryRow
	Grade  Grade `db:"grade"`
	Pinned bool  `db:"pinned"`
}

// Cards returns solutions by their ids, for a reader ("" has no grades and pins).
// Those that there are not are missing.
func (l *Library) Cards(ctx context.Context, ids []string, person string) (map[string]Card, error) {
	list, err := l.cards(ctx, cardSQL+`
		WHERE s.id = ANY(@ids)
		LIMIT @limit`, pgx.NamedArgs{"ids": ids, "person": person, "limit": maxList})
	if err != nil {
		return nil, fmt.Errorf("read %d solutions: %w", len(ids), err)
	}
	cards := make(map[string]Card, len(list))
	for _, c := range list {
		cards[c.ID] = c
	}
	return cards, nil
}

// Scripts returns the published scripts of a stage that the query's filters let
// through, in the order of their titles, at most limit.
func (l *Library) Scripts(ctx context.Context, q Query, person string, limit int) ([]Card, error) {
	list, err := l.cards(ctx, cardSQL+`
		WHERE
			s.stage = @stage AND s.stage <> '' AND s.status = 'published'
			AND (s.valid_from IS NULL OR s.valid_from <= now()) AND (s.valid_to IS NULL OR s.valid_to > now())
			AND (cardinality(@products::text[]) = 0 OR s.product = '' OR s.product = ANY(@products))
			AND (@region = '' OR s.region IN ('', @region))
			AND (@customer_type = '' OR s.customer_type IN ('', @customer_type))
			AND (@language = '' OR s.language = '' OR split_part(s.language, '-', 1) = @language)
		ORDER BY s.title, s.id
		LIMIT @limit`,
		pgx.NamedArgs{
			"person": person, "stage": q.Stage, "products": append([]string{}, q.Products...), "region": q.Region,
			"customer_type": q.CustomerType, "language": baseLanguage(q.Language), "limit": min(max(limit, 0), maxList),
		})
	if err != nil {
		return nil, fmt.Errorf("list scripts of stage %q: %w", q.Stage, err)
	}
	return list, nil
}

func (l *Library) cards(ctx context.Context, query string, args pgx.NamedArgs) ([]Card, error) {
	found, err := l.pool.Query(ctx, query, args)
	if err != nil {
		return nil, err
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByName[cardRow])
	if err != nil {
		return nil, err
	}
	cards := make([]Card, len(rows))
	for i := range rows {
		cards[i] = Card{rows[i].entry(), rows[i].Grade, rows[i].Pinned}
	}
	return cards, nil
}

// Choices are what agents can choose from to say whom a question is for.
type Choices struct {
	Products, Regions []string // in their order, at most 500 of each
	Scripts           bool     // there are scripts for stages
}

// maxChoices bounds each list of Choices.
const maxChoices = 500

// Choices returns what the library's published solutions are for. It steps from value to
// value through indexes, so that its cost does not grow with the library.
func (l *Library) Choices(ctx context.Context) (Choices, error) {
	var c Choices
	err := l.pool.QueryRow(ctx, `
		SELECT
			ARRAY(
				WITH RECURSIVE steps AS (
					(SELECT product FROM solutions WHERE product > '' AND status = 'published' ORDER BY product LIMIT 1)
					UNION ALL
					SELECT (SELECT product FROM solutions WHERE product > steps.product AND status = 'published' ORDER BY product LIMIT 1)
					FROM steps
					WHERE product IS NOT NULL
				)
				SELECT product FROM steps WHERE product IS NOT NULL LIMIT $1
			),
			ARRAY(
				WITH RECURSIVE steps AS (
					(SELECT region FROM solutions WHERE region > '' AND status = 'published' ORDER BY region LIMIT 1)
					UNION ALL
					SELECT (SELECT region FROM solutions WHERE region > steps.region AND status = 'published' ORDER BY region LIMIT 1)
					FROM steps
					WHERE region IS NOT NULL
				)
				SELECT region FROM steps WHERE region IS NOT NULL LIMIT $1
			),
			EXISTS (SELECT FROM solutions WHERE stage <> '' AND status = 'published')`, maxChoices).Scan(&c.Products, &c.Regions, &c.Scripts)
	if err != nil {
		return Choices{}, fmt.Errorf("list what solutions are for: %w", err)
	}
	return c, nil
}
