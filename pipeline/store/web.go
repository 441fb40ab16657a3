package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// AgentName is an agent by id, with the name of one of the agent's sessions.
type AgentName struct {
	ID   string
	Name string // "" when no session names the agent
}

// AgentNames lists all agents that have sessions, by id, at most 1,000.
func (s *Store) AgentNames(ctx context.Context) ([]AgentName, error) {
	// Each step jumps to the next agent in the index instead of reading every session.
	const query = `
		WITH RECURSIVE a AS (
			(SELECT agent_id FROM sessions ORDER BY agent_id LIMIT 1)
			UNION ALL
			SELECT (SELECT agent_id FROM sessions WHERE agent_id > a.agent_id ORDER BY agent_id LIMIT 1)
			FROM a
			WHERE a.agent_id IS NOT NULL
		)
		SELECT a.agent_id AS id,
			(SELECT agent_name FROM sessions s WHERE s.agent_id = a.agent_id ORDER BY day DESC LIMIT 1) AS name
		FROM a
		WHERE a.agent_id <> ''
		LIMIT 1000`
	rows, err := s.pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("load agents: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[AgentName])
}
