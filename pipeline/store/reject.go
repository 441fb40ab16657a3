package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/pipeline/transcript"
)

// Rejected is a record that was refused at import.
type Rejected struct {
	ID         int64
	File       string
	Line       int
	Record     string
	Field      string
	Reason     string
	Allowed    string
	Format     string
	RejectedAt time.Time
}

// SaveRejects keeps refused records with their reasons. What is known of the
// files that are read anew is forgotten first.
func (s *Store) SaveRejects(ctx context.Context, anew []string, rejects []transcript.Reject) error {
	for i, file := range anew {
		anew[i] = clean(file)
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM rejects WHERE file = ANY($1)`, anew); err != nil {
			return err
		}
		return copyRejects(ctx, tx, rejects)
	})
	if err != nil {
		return fmt.Errorf("save %d rejects: %w", len(rejects), err)
	}
	return nil
}

func copyRejects(ctx context.Context, tx pgx.Tx, rejects []transcript.Reject) error {
	columns := []string{"file", "line", "record", "field", "reason", "allowed", "format", "raw"}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"rejects"}, columns,
		pgx.CopyFromSlice(len(rejects), func(i int) ([]any, error) {
			r := rejects[i]
			return []any{
				clean(r.File), r.Line, clean(string(r.Record)), clean(r.Field), clean(reasons(r)), clean(r.Allowed), clean(string(r.Format)), r.Raw,
			}, nil
		}))
	return err
}

// reasons are a reject's reason and its further problems.
func reasons(r transcript.Reject) string {
	text := r.Reason
	for _, p := range r.More {
		text += "; also " + p.Error()
	}
	return text
}

// Rejects returns the newest refused records and how many there are in all.
func (s *Store) Rejects(ctx context.Context, limit int) ([]Rejected, int, error) {
	const query = `
		SELECT id, file, line, record, field, reason, allowed, format, rejected_at
		FROM rejects
		ORDER BY id DESC
		LIMIT $1`
	rows, err := s.pool.Query(ctx, query, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("load rejects: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Rejected])
	if err != nil {
		return nil, 0, fmt.Errorf("load rejects: %w", err)
	}
	var total int
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM rejects`).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count rejects: %w", err)
	}
	return list, total, nil
}

// Failing is a failure as people see it.
type Failing struct {
	Transcript TranscriptKey
	Session    SessionKey
	SourceID   string
	Reason     string
	Detail     string
	FailedAt   time.Time
}

// Failures returns the newest failures of inspection and how many there are in all.
func (s *Store) Failures(ctx context.Context, limit int) ([]Failing, int, error) {
	const query = `
		SELECT f.transcript_id AS transcript, f.session_id AS session, s.source_id, f.reason, f.detail, f.failed_at
		FROM failures f
		JOIN sessions s ON s.id = f.session_id
		ORDER BY f.failed_at DESC, f.transcript_id DESC
		LIMIT $1`
	rows, err := s.pool.Query(ctx, query, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("load failures: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Failing])
	if err != nil {
		return nil, 0, fmt.Errorf("load failures: %w", err)
	}
	var total int
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM failures`).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count failures: %w", err)
	}
	return list, total, nil
}

// FailedTranscripts returns the keys of all transcripts with a failure, for another try.
func (s *Store) FailedTranscripts(ctx context.Context, limit int) ([]TranscriptKey, error) {
	const query = `
		SELECT transcript_id
		FROM failures
		ORDER BY transcript_id
		LIMIT $1`
	rows, err := s.pool.Query(ctx, query, limit)
	if err != nil {
		return nil, fmt.Errorf("load failed transcripts: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[TranscriptKey])
}

// clean makes outside text, names of files among it, fit for PostgreSQL's text:
// what is no UTF-8 or has a NUL is quoted, so that different texts stay different.
func clean(s string) string {
	if utf8.ValidString(s) && !strings.ContainsRune(s, 0) {
		return s
	}
	return strconv.QuoteToGraphic(s)
}
