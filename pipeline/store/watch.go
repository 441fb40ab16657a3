package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// WatchedFile is a file of a watched folder as it was when it was read.
type WatchedFile struct {
	Path       string
	Bytes      int64
	ModifiedAt time.Time
	Sessions   int
	Rejects    int
}

// Unread returns those of the files that were not read in this state before.
func (s *Store) Unread(ctx context.Context, files []WatchedFile) ([]WatchedFile, error) {
	const query = `
		SELECT path, bytes, modified_at, sessions, rejects
		FROM watched_files
		WHERE path = ANY($1)`
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = clean(f.Path)
	}
	rows, err := s.pool.Query(ctx, query, paths)
	if err != nil {
		return nil, fmt.Errorf("load watched files: %w", err)
	}
	known, err := pgx.CollectRows(rows, pgx.RowToStructByName[WatchedFile])
	if err != nil {
		return nil, fmt.Errorf("load watched files: %w", err)
	}
	read := make(map[string]WatchedFile, len(known))
	for _, f := range known {
		read[f.Path] = f
	}
	var unread []WatchedFile
	for _, f := range files {
		old, ok := read[clean(f.Path)]
		if !ok || old.Bytes != f.Bytes || !old.ModifiedAt.Equal(f.ModifiedAt.Truncate(time.Microsecond)) {
			unread = append(unread, f)
		}
	}
	return unread, nil
}

// MarkRead notes that a file was read in this state.
func (s *Store) MarkRead(ctx context.Context, f WatchedFile) error {
	const query = `
		INSERT INTO watched_files (path, bytes, modified_at, sessions, rejects)
		VALUES (@path, @bytes, @modified, @sessions, @rejects)
		ON CONFLICT (path) DO UPDATE
		SET bytes = excluded.bytes, modified_at = excluded.modified_at, sessions = excluded.sessions,
			rejects = excluded.rejects, imported_at = now()`
	_, err := s.pool.Exec(ctx, query, pgx.StrictNamedArgs{
		"path": clean(f.Path), "bytes": f.Bytes, "modified": f.ModifiedAt.Truncate(time.Microsecond),
		"sessions": f.Sessions, "rejects": f.Rejects,
	})
	if err != nil {
		return fmt.Errorf("mark %q read: %w", f.Path, err)
	}
	return nil
}
