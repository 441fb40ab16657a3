package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline/plan"
)

// PlanKey is the database's key of a plan version.
type PlanKey int64

// Publication is a plan that was put in force, or the end of planning.
type Publication struct {
	Key         PlanKey // 0: no plan from then on; then the next three are empty
	Slug        string  // the plan's id
	Version     string
	Source      string // YAML
	By          string // who published it
	Why         string
	PublishedAt time.Time
}

// PublishPlan stores a plan version and puts it in force in place of any other.
// by and why must not be empty.
func (s *Store) PublishPlan(ctx context.Context, p *plan.Plan, by, why string) (PlanKey, error) {
	var key PlanKey
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const insert = `
			INSERT INTO plans (slug, version, source)
			VALUES ($1, $2, $3)
			ON CONFLICT (slug, version) DO NOTHING`
		if _, err := tx.Exec(ctx, insert, p.ID, p.Version, string(p.Source)); err != nil {
			return err
		}
		const publish = `
			INSERT INTO plan_publications (plan_id, published_by, why)
			SELECT id, $3, $4
			FROM plans
			WHERE slug = $1 AND version = $2
			RETURNING plan_id`
		return tx.QueryRow(ctx, publish, p.ID, p.Version, by, why).Scan(&key)
	})
	if err != nil {
		return 0, fmt.Errorf("publish plan %q version %s: %w", p.ID, p.Version, err)
	}
	return key, nil
}

// RetirePlan ends planning: from now on a session is inspected by the scorecard
// published last that fits it. ErrNotFound when no plan is in force.
func (s *Store) RetirePlan(ctx context.Context, by, why string) error {
	const query = `
		INSERT INTO plan_publications (plan_id, published_by, why)
		SELECT NULL, $1, $2
		WHERE (SELECT plan_id FROM plan_publications ORDER BY id DESC LIMIT 1) IS NOT NULL`
	tag, err := s.pool.Exec(ctx, query, by, why)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("retire the plan: %w", err)
	}
	return nil
}

// PlanInForce returns the newest publication. ErrNotFound when it is no plan, or
// there never was one.
func (s *Store) PlanInForce(ctx context.Context) (Publication, error) {
	list, err := s.Publications(ctx, 1)
	if err != nil {
		return Publication{}, err
	}
	if len(list) == 0 || list[0].Key == 0 {
		return Publication{}, fmt.Errorf("plan in force: %w", ErrNotFound)
	}
	return list[0], nil
}

// Publications returns what was put in force, the newest first.
func (s *Store) Publications(ctx context.Context, limit int) ([]Publication, error) {
	const query = `
		SELECT coalesce(p.id, 0) AS key, coalesce(p.slug, '') AS slug, coalesce(p.version, '') AS version,
			coalesce(p.source, '') AS source, n.published_by AS by, n.why, n.published_at
		FROM plan_publications n
		LEFT JOIN plans p ON p.id = n.plan_id
		ORDER BY n.id DESC
		LIMIT $1`
	rows, err := s.pool.Query(ctx, query, limit)
	if err != nil {
		return nil, fmt.Errorf("load plans: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Publication])
}

// LeftOut is a transcript that the plan in force does not inspect.
type LeftOut struct {
	Transcript TranscriptKey
	Plan       PlanKey
	Rule       string
	Reason     plan.LeftOut
}

// saveLeftOut notes transcripts that were left out, each once, by the plan that
// left it out last; those that some scorecard has inspected are not.
func saveLeftOut(ctx context.Context, tx pgx.Tx, left []LeftOut) error {
	const query = `
		INSERT INTO left_out (transcript_id, session_id, plan_id, rule, reason)
		SELECT id, session_id, $2, $3, $4
		FROM transcripts t
		WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.transcript_id = t.id)
		ON CONFLICT (transcript_id) DO UPDATE
		SET plan_id = excluded.plan_id, rule = excluded.rule, reason = excluded.reason, left_out_at = now()
		WHERE (left_out.plan_id, left_out.rule, left_out.reason) IS DISTINCT FROM (excluded.plan_id, excluded.rule, excluded.reason)`
	batch := &pgx.Batch{}
	for _, l := range left {
		batch.Queue(query, int64(l.Transcript), int64(l.Plan), l.Rule, string(l.Reason))
	}
	return tx.SendBatch(ctx, batch).Close()
}

// OtherwiseLeftOut returns transcripts that were left out by another plan
// version than the one now in force, for another try.
func (s *Store) OtherwiseLeftOut(ctx context.Context, limit int) ([]TranscriptKey, error) {
	const query = `
		SELECT transcript_id
		FROM left_out
		WHERE plan_id IS DISTINCT FROM (SELECT plan_id FROM plan_publications ORDER BY id DESC LIMIT 1)
		ORDER BY transcript_id
		LIMIT $1`
	rows, err := s.pool.Query(ctx, query, limit)
	if err != nil {
		return nil, fmt.Errorf("load transcripts left out: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[TranscriptKey])
}

// LeftOutCount is how many transcripts a rule of a plan version left out.
type LeftOutCount struct {
	Slug        string // the plan's id
	Version     string
	Rule        string
	Reason      plan.LeftOut
	Transcripts int
}

// LeftOutCounts counts by rule what stands left out now, most first.
func (s *Store) LeftOutCounts(ctx context.Context) ([]LeftOutCount, error) {
	const query = `
		SELECT p.slug, p.version, l.rule, l.reason, count(*) AS transcripts
		FROM left_out l
		JOIN plans p ON p.id = l.plan_id
		GROUP BY p.slug, p.version, l.rule, l.reason
		ORDER BY transcripts DESC, p.slug, p.version, l.rule
		LIMIT 1000`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("count transcripts left out: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[LeftOutCount])
}

// LeftOutSession is a session of which the plan left a transcript out.
type LeftOutSession struct {
	Session  SessionKey
	SourceID string
	Plan     string // id
	Version  string // of the plan
	Rule     string
	Reason   plan.LeftOut
	At       time.Time
}

// LeftOutSessions lists what stands left out now, what was left out last first,
// at most limit.
func (s *Store) LeftOutSessions(ctx context.Context, limit int) ([]LeftOutSession, error) {
	const query = `
		SELECT l.session_id AS session, s.source_id, p.slug AS plan, p.version, l.rule, l.reason, l.left_out_at AS at
		FROM left_out l
		JOIN sessions s ON s.id = l.session_id
		JOIN plans p ON p.id = l.plan_id
		ORDER BY l.left_out_at DESC, l.transcript_id DESC
		LIMIT $1`
	rows, err := s.pool.Query(ctx, query, min(max(limit, 1), 10_000))
	if err != nil {
		return nil, fmt.Errorf("load sessions left out: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[LeftOutSession])
}
