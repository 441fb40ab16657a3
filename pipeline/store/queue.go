package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
)

// QueueFilter selects flagged sessions; zero fields select all.
type QueueFilter struct {
	Reason    pipeline.FlagReason
	Severity  pipeline.FlagSeverity
	Criterion string // a criterion that is not met
	Team      string
	Agent     string // id or name
	Own       string // the agent's id alone: an agent sees no other's sessions
	Channel   string
	From, To  time.Time // days, both inclusive
	Sort      QueueSort
	Offset    int
	Limit     int // default 50, at most 500
}

// QueueSort orders the queue.
type QueueSort string

// The orders of the queue: gravest first (the default), newest first, worst score first.
const (
	BySeverity QueueSort = "severity"
	ByNewest   QueueSort = "newest"
	ByScore    QueueSort = "score"
)

// QueueSorts lists the orders.
var QueueSorts = []QueueSort{BySeverity, ByNewest, ByScore}

// queueOrders are the orders as SQL; the key makes each total.
var queueOrders = map[QueueSort]string{
	BySeverity: `v.severity, s.day DESC, s.id DESC`,
	ByNewest:   `s.started_at DESC NULLS LAST, s.id DESC`,
	ByScore:    `v.score NULLS FIRST, s.id DESC`,
}

// Queued is a flagged session in the queue.
type Queued struct {
	Session   SessionKey
	SourceID  string
	Channel   string
	Language  string
	StartedAt *time.Time
	Day       time.Time
	AgentID   string
	AgentName string
	Team      string
	Scorecard string
	Result    pipeline.Result
	Score     *float64
	NotMet    []string // criteria that are not met
	Flags     json.RawMessage
	Total     int // flagged sessions that the filter selects, over all pages
}

// OpenFlags are the row's flags, gravest first.
func (q *Queued) OpenFlags() ([]pipeline.Flag, error) {
	var flags []struct {
		Reason    pipeline.FlagReason `json:"reason"`
		Severity  int                 `json:"severity"`
		Criterion string              `json:"criterion"`
		Turn      *int                `json:"turn"`
	}
	if err := json.Unmarshal(q.Flags, &flags); err != nil {
		return nil, fmt.Errorf("flags of session %d: %w", q.Session, err)
	}
	out := make([]pipeline.Flag, len(flags))
	for i, f := range flags {
		out[i] = pipeline.Flag{Reason: f.Reason, Severity: pipeline.FlagSeverities[f.Severity-1], Criterion: f.Criterion, Turn: f.Turn}
	}
	return out, nil
}

// Queue returns one page of flagged sessions.
func (s *Store) Queue(ctx context.Context, f QueueFilter) ([]Queued, error) {
	order, ok := queueOrders[f.Sort]
	if !ok {
		order = queueOrders[BySeverity]
	}
	query := `
		SELECT s.id AS session, s.source_id, s.channel, s.language, s.started_at, s.day, s.agent_id, s.agent_name, s.team,
			c.slug AS scorecard, v.result, v.score,
			ARRAY(SELECT criterion FROM findings n WHERE n.verdict_id = v.id AND n.outcome = 'not_met' ORDER BY n.weight DESC, criterion) AS not_met,
			(SELECT json_agg(json_build_object('reason', g.reason, 'severity', g.severity, 'criterion', g.criterion, 'turn', g.turn)
				ORDER BY g.severity, g.id) FROM flags g WHERE g.verdict_id = v.id) AS flags,
			count(*) OVER () AS total
		FROM verdicts v
		JOIN sessions s ON s.id = v.session_id
		JOIN scorecards c ON c.id = v.scorecard_id
		WHERE v.current AND v.severity IS NOT NULL
			AND (@reason = '' OR EXISTS (SELECT 1 FROM flags g WHERE g.verdict_id = v.id AND g.reason = @reason
				AND (@severity = 0 OR g.severity = @severity)))
			AND (@severity = 0 OR @reason <> '' OR v.severity = @severity)
			AND (@criterion = '' OR EXISTS (SELECT 1 FROM findings n WHERE n.verdict_id = v.id AND n.criterion = @criterion AND n.outcome = 'not_met'))
			AND (@team = '' OR s.team = @team)
			AND (@agent = '' OR s.agent_id = @agent OR s.agent_name = @agent)
			AND (@own = '' OR s.agent_id = @own)
			AND (@channel = '' OR s.channel = @channel)
			AND (@from::date IS NULL OR s.day >= @from)
			AND (@to::date IS NULL OR s.day <= @to)
		ORDER BY ` + order + `
		LIMIT @limit OFFSET @offset`
	rows, err := s.pool.Query(ctx, query, f.args())
	if err != nil {
		return nil, fmt.Errorf("load queue: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Queued])
}

func (f QueueFilter) args() pgx.StrictNamedArgs {
	severity := 0
	if f.Severity != "" {
		severity = severityNumber(f.Severity)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	return pgx.StrictNamedArgs{
		"reason": string(f.Reason), "severity": severity, "criterion": f.Criterion, "team": f.Team, "agent": f.Agent, "own": f.Own,
		"channel": f.Channel, "from": day(f.From), "to": day(f.To), "limit": min(limit, 500), "offset": max(f.Offset, 0),
	}
}

func day(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(t.Format(time.DateOnly))
}

// Teams lists all teams that have sessions, by name, at most 1,000.
func (s *Store) Teams(ctx context.Context) ([]string, error) {
	// Each step jumps to the next team in the index instead of reading every session.
	const query = `
		WITH RECURSIVE t AS (
			(SELECT team FROM sessions ORDER BY team LIMIT 1)
			UNION ALL
			SELECT (SELECT team FROM sessions WHERE team > t.team ORDER BY team LIMIT 1)
			FROM t
			WHERE t.team IS NOT NULL
		)
		SELECT team
		FROM t
		WHERE team <> ''
		LIMIT 1000`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("load teams: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Tally counts the verdicts, flags and findings that stand now.
type Tally struct {
	Scorecard string
	Sessions  int
	Pass      int
	Fail      int
	Review    int
	Withheld  int
	Flagged   int
	MeanScore *float64
}

// Tallies counts current verdicts by scorecard.
func (s *Store) Tallies(ctx context.Context) ([]Tally, error) {
	const query = `
		SELECT c.slug AS scorecard,
			count(*) AS sessions,
			count(*) FILTER (WHERE v.result = 'pass') AS pass,
			count(*) FILTER (WHERE v.result = 'fail') AS fail,
			count(*) FILTER (WHERE v.result = 'needs_review') AS review,
			count(*) FILTER (WHERE v.result = 'withheld') AS withheld,
			count(*) FILTER (WHERE v.severity IS NOT NULL) AS flagged,
			avg(v.score)::double precision AS mean_score
		FROM verdicts v
		JOIN scorecards c ON c.id = v.scorecard_id
		WHERE v.current
		GROUP BY c.slug
		ORDER BY c.slug
		LIMIT 1000`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("tally verdicts: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Tally])
}

// FlagCount is how many sessions have an open flag of a reason.
type FlagCount struct {
	Reason   pipeline.FlagReason
	Sessions int
}

// FlagCounts counts open flags by reason, most frequent first.
func (s *Store) FlagCounts(ctx context.Context) ([]FlagCount, error) {
	const query = `
		SELECT reason, count(DISTINCT session_id) AS sessions
		FROM flags
		WHERE open
		GROUP BY reason
		ORDER BY sessions DESC, reason
		LIMIT 100`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("count flags: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[FlagCount])
}
