package knowledge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// sameAsk is how long the same question of the same person stays one.
	sameAsk = 10 * time.Minute
	// askOn is how long a question may be gone on with.
	askOn = 5 * time.Minute
	// maxRecent is how many of a person's questions are looked at for the recent ones.
	maxRecent = 200
)

// AskID is the key of a question that was asked.
type AskID int64

// AskMade says how a question came, from a closed list.
type AskMade string

// How questions come. The last two have earlier turns as context.
const (
	AskTyped  AskMade = "typed"
	AskPasted AskMade = "pasted" // a chat, of which the last question was asked
	AskTurns  AskMade = "turns"  // by a program that has the session
)

// Ask is a question that somebody put to the library, with what was shown. Personal
// data in its text is the caller's to replace, before.
type Ask struct {
	Person       string // "" where nothing says who asks
	Made         AskMade
	Query        Query // its context is not kept; of its products the first
	IndexVersion string
	Shown        []Shown // best first
	// Refines is an earlier question of which this one is the rest, 0 is none: where
	// it is the same person's, a few minutes old, and nothing was done about it yet,
	// this one takes its place.
	Refines AskID
}

// Shown is a suggestion that somebody saw.
type Shown struct {
	SolutionID string
	Revision   int // 0 is unknown
	Score      float64
}

// SaveAsk writes down a question and returns its key. What one person asks again
// within minutes is the same question.
func (l *Library) SaveAsk(ctx context.Context, a Ask) (AskID, error) {
	var id AskID
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) (err error) {
		for _, step := range []func(context.Context, pgx.Tx, *Ask) (AskID, error){refineAsk, repeatAsk, insertAsk} {
			if id, err = step(ctx, tx, &a); err != nil || id != 0 {
				break
			}
		}
		if err != nil {
			return err
		}
		return saveShown(ctx, tx, id, &a)
	})
	if err != nil {
		return 0, fmt.Errorf("save question: %w", err)
	}
	return id, nil
}

func (a *Ask) args() pgx.NamedArgs {
	product := ""
	if len(a.Query.Products) > 0 {
		product = a.Query.Products[0]
	}
	return pgx.NamedArgs{
		"refines": a.Refines, "person": a.Person, "made": a.Made, "text": a.Query.Text, "product": product,
		"region": a.Query.Region, "customer_type": a.Query.CustomerType,
		"language": cmp.Or(a.Query.Language, textLanguage(a.Query.Text)),
		"stage":    a.Query.Stage, "version": a.IndexVersion, "answered": len(a.Shown) > 0,
		"on": askOn, "again": sameAsk,
	}
}

// refineAsk puts a question in the place of the one that it goes on with; 0 where
// that may not be.
func refineAsk(ctx context.Context, tx pgx.Tx, a *Ask) (AskID, error) {
	if a.Refines == 0 {
		return 0, nil
	}
	return oneAsk(ctx, tx, `
		UPDATE asks SET
			text = @text, made = @made, product = @product, region = @region, customer_type = @customer_type,
			language = @language, stage = @stage, index_version = @version, answered = @answered, at = now(), gap_id = NULL, vague = false
		WHERE
			id = @refines AND person = @person AND at > now() - @on::interval
			AND NOT EXISTS (SELECT FROM suggestion_uses WHERE ask_id = asks.id AND action <> 'shown')
			AND NOT EXISTS (SELECT FROM feedback WHERE ask_id = asks.id)
		RETURNING id`, a)
}

// repeatAsk finds the same question, asked by the same person just before; 0 is none.
func repeatAsk(ctx context.Context, tx pgx.Tx, a *Ask) (AskID, error) {
	if a.Person == "" {
		return 0, nil
	}
	return oneAsk(ctx, tx, `
		UPDATE asks SET
			index_version = @version, answered = @answered, gap_id = CASE WHEN NOT @answered THEN gap_id END
		WHERE id = (
			SELECT id
			FROM asks
			WHERE
				person = @person AND at > now() - @again::interval AND text = @text AND product = @product
				AND region = @region AND customer_type = @customer_type AND language = @language AND stage = @stage
			ORDER BY at DESC
			LIMIT 1
		)
		RETURNING id`, a)
}

func insertAsk(ctx context.Context, tx pgx.Tx, a *Ask) (AskID, error) {
	return oneAsk(ctx, tx, `
		INSERT INTO asks
			(text, person, made, product, region, customer_type, language, stage, index_version, answered)
		VALUES
			(@text, @person, @made, @product, @region, @customer_type, @language, @stage, @version, @answered)
		RETURNING id`, a)
}

// oneAsk runs a statement that returns a question's key, or no row: 0.
func oneAsk(ctx context.Context, tx pgx.Tx, query string, a *Ask) (AskID, error) {
	var id AskID
	err := tx.QueryRow(ctx, query, a.args()).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// saveShown keeps what was shown last; what was done with it stays.
func saveShown(ctx context.Context, tx pgx.Tx, id AskID, a *Ask) error {
	if _, err := tx.Exec(ctx, `DELETE FROM suggestion_uses WHERE ask_id = $1 AND action = 'shown'`, id); err != nil {
		return err
	}
	if len(a.Shown) == 0 {
		return nil
	}
	ids, revisions, scores := make([]string, len(a.Shown)), make([]int, len(a.Shown)), make([]float64, len(a.Shown))
	for i, s := range a.Shown {
		ids[i], revisions[i], scores[i] = s.SolutionID, s.Revision, s.Score
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO suggestion_uses (ask_id, solution_id, revision, action, rank, score, person)
		SELECT @ask, s.id, s.revision, 'shown', s.rank, s.score, @person
		FROM unnest(@ids::text[], @revisions::integer[], @scores::real[]) WITH ORDINALITY AS s (id, revision, score, rank)`,
		pgx.NamedArgs{"ask": id, "ids": ids, "revisions": revisions, "scores": scores, "person": a.Person})
	return err
}

// UseAction is what somebody did with a suggestion, from a closed list.
type UseAction string

// What is done with suggestions, besides showing them.
const (
	UseOpened   UseAction = "opened" // the whole answer was looked at
	UseCopied   UseAction = "copied"
	UseInserted UseAction = "inserted" // by the agent's desktop, into the reply
)

// UseActions lists all of them.
var UseActions = []UseAction{UseOpened, UseCopied, UseInserted}

// UsePart is the part of a solution that was copied, from a closed list.
type UsePart string

// The parts that can be copied.
const (
	PartShortReply UsePart = "short_reply"
	PartPassage    UsePart = "passage"
	PartAnswer     UsePart = "answer"
)

// UseParts lists all of them.
var UseParts = []UsePart{PartShortReply, PartPassage, PartAnswer}

// Use is something that was done with a solution.
type Use struct {
	Ask        AskID // 0: without a question, as with what is pinned
	SolutionID string
	Person     string // as in the question
	Action     UseAction
	Part       UsePart // "" for what was opened
}

// SaveUse writes down a use; the same one again changes nothing, without a question
// within the hour. The question of
// another person, or a solution that there is not, is ErrNotFound.
func (l *Library) SaveUse(ctx context.Context, u Use) error {
	var known bool
	err := l.pool.QueryRow(ctx, `
		WITH known AS (
			SELECT s.id, COALESCE(shown.revision, s.revision) AS revision
			FROM solutions AS s
			LEFT JOIN suggestion_uses AS shown ON shown.ask_id = @ask AND shown.solution_id = s.id AND shown.action = 'shown'
			WHERE s.id = @solution AND (@ask = 0 OR EXISTS (SELECT FROM asks WHERE id = @ask AND person = @person))
		), saved AS (
			INSERT INTO suggestion_uses (ask_id, solution_id, revision, action, part, person)
			SELECT NULLIF(@ask::bigint, 0), id, revision, @action, @part, @person
			FROM known
			ON CONFLICT DO NOTHING
		)
		SELECT EXISTS (SELECT FROM known)`,
		pgx.NamedArgs{"ask": u.Ask, "solution": u.SolutionID, "person": u.Person, "action": u.Action, "part": u.Part}).Scan(&known)
	if err == nil && !known {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("save use of solution %q: %w", u.SolutionID, err)
	}
	return nil
}

// Recent is a question that a person asked.
type Recent struct {
	Text     string    `db:"text" json:"text"`
	Answered bool      `db:"answered" json:"answered"`
	At       time.Time `db:"at" json:"at"` // the last time
}

// RecentAsks returns what a person asked lately, the latest first, each text once,
// at most limit of them.
func (l *Library) RecentAsks(ctx context.Context, person string, limit int) ([]Recent, error) {
	found, err := l.pool.Query(ctx, `
		SELECT text, (array_agg(answered ORDER BY at DESC))[1] AS answered, max(at) AS at
		FROM (
			SELECT text, answered, at
			FROM asks
			WHERE person = $1 AND person <> ''
			ORDER BY at DESC
			LIMIT $2
		) AS latest
		GROUP BY text
		ORDER BY max(at) DESC
		LIMIT $3`, person, maxRecent, limit)
	if err != nil {
		return nil, fmt.Errorf("list recent questions: %w", err)
	}
	recent, err := pgx.CollectRows(found, pgx.RowToStructByName[Recent])
	if err != nil {
		return nil, fmt.Errorf("list recent questions: %w", err)
	}
	return recent, nil
}

// forgetAtOnce is how many rows ForgetAsks removes at once.
const forgetAtOnce = 5_000

// ForgetAsks removes questions, and what was done with their answers, of more than
// so many days ago, some thousands at once. It reports whether there may be more.
// Feedback stays, without its question.
func (l *Library) ForgetAsks(ctx context.Context, days int) (more bool, err error) {
	for _, query := range []string{`
		DELETE FROM asks
		WHERE id IN (
			SELECT id
			FROM asks
			WHERE at < now() - make_interval(days => $1)
			ORDER BY at, id
			LIMIT $2
			FOR UPDATE SKIP LOCKED
		)`, `
		DELETE FROM suggestion_uses
		WHERE id IN (
			SELECT id
			FROM suggestion_uses
			WHERE ask_id IS NULL AND at < now() - make_interval(days => $1)
			ORDER BY at, id
			LIMIT $2
			FOR UPDATE SKIP LOCKED
		)`,
	} {
		tag, err := l.pool.Exec(ctx, query, days, forgetAtOnce)
		if err != nil {
			return false, fmt.Errorf("forget questions: %w", err)
		}
		more = more || tag.RowsAffected() == forgetAtOnce
	}
	return more, nil
}
