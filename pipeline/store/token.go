package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Token lets a program use the API. Of its secret only a sum is kept.
type Token struct {
	ID         int64      `db:"id"`
	Name       string     `db:"name"`
	Prefix     string     `db:"prefix"` // how the secret begins
	Hash       []byte     `db:"hash"`   // SHA-256 of the whole secret
	Scopes     []string   `db:"scopes"`
	Origins    []string   `db:"origins"`     // of pages that may use it
	Calls      int        `db:"calls"`       // requests in PerSeconds for one agent, at most
	PerSeconds int        `db:"per_seconds"` // s
	CreatedBy  string     `db:"created_by"`
	CreatedAt  time.Time  `db:"created_at"` // the database's
	ExpiresAt  *time.Time `db:"expires_at"` // nil: never
	LastUsedAt *time.Time `db:"last_used_at"`
	RevokedAt  *time.Time `db:"revoked_at"`
	RevokedBy  *string    `db:"revoked_by"`
}

// ErrTokenName means that a token of that name is in force already.
var ErrTokenName = errors.New("a token of that name is in force already: revoke it, or choose another name")

const tokenColumns = `id, name, prefix, hash, scopes, origins, calls, per_seconds, created_by, created_at, expires_at,
			last_used_at, revoked_at, revoked_by`

// maxTokens is how many tokens are read at most.
const maxTokens = 10_000

// CreateToken keeps a new token; ErrTokenName when its name is taken.
func (s *Store) CreateToken(ctx context.Context, t Token) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO api_tokens (name, prefix, hash, scopes, origins, calls, per_seconds, created_by, expires_at)
		VALUES (@name, @prefix, @hash, @scopes, COALESCE(@origins::text[], '{}'), @calls, @per, @by, @expires)`,
		pgx.StrictNamedArgs{
			"name": t.Name, "prefix": t.Prefix, "hash": t.Hash, "scopes": t.Scopes, "origins": t.Origins,
			"calls": t.Calls, "per": t.PerSeconds, "by": clean(t.CreatedBy), "expires": t.ExpiresAt,
		})
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.ConstraintName == "api_tokens_name" {
		err = ErrTokenName
	}
	if err != nil {
		return fmt.Errorf("create token %q: %w", t.Name, err)
	}
	return nil
}

// Tokens returns all tokens, the newest first, those in force only where that is
// asked for: they are neither revoked nor expired.
func (s *Store) Tokens(ctx context.Context, inForce bool) ([]Token, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+tokenColumns+`
		FROM api_tokens
		WHERE NOT $1 OR revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
		ORDER BY id DESC
		LIMIT $2`, inForce, maxTokens)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	tokens, err := pgx.CollectRows(rows, pgx.RowToStructByName[Token])
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	return tokens, nil
}

// RevokeToken ends a token, which is named by its name or its prefix, for ever;
// ErrNotFound when none of that name is in force.
func (s *Store) RevokeToken(ctx context.Context, name, by string) error {
	tag, err := s.pool.Exec(ctx, `
		UPDATE api_tokens
		SET revoked_at = now(), revoked_by = $2
		WHERE revoked_at IS NULL AND (name = $1 OR prefix = $1)`, name, clean(by))
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("revoke token %q: %w", name, err)
	}
	return nil
}

// TokenUsed notes that a token was used, unless that was noted within the last minute.
func (s *Store) TokenUsed(ctx context.Context, id int64) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE api_tokens
		SET last_used_at = now()
		WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`, id)
	if err != nil {
		return fmt.Errorf("note use of token %d: %w", id, err)
	}
	return nil
}
