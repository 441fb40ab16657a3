package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	user = "assay" // superuser of the cluster; no system user of that name is needed
	port = "5432"  // only part of the socket's name
)

// dsn sets everything that a PG environment variable could otherwise turn into a failed connection.
func (s *Server) dsn(database string) string {
	return fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=disable sslnegotiation=postgres channel_binding=disable target_session_attrs=any options='' timezone=UTC",
		quoteValue(s.socket), port, user, quoteValue(database))
}

func quoteValue(v string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
}

func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func (s *Server) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		return err
	}
	err = createDatabase(ctx, conn, s.opt.Database)
	return errors.Join(err, conn.Close(ctx))
}

func createDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	var exists bool
	err := conn.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT
			FROM pg_database
			WHERE datname = $1
		)`, name).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize())
	}
	if err != nil && !lostRace(err) {
		return fmt.Errorf("create database %q: %w", name, err)
	}
	return nil
}

// refused recognises a server that answered, and not merely that it is starting or stopping (class 57).
func refused(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && !strings.HasPrefix(pgErr.Code, "57")
}

// lostRace recognises that another process has created the database in the same moment.
func lostRace(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pgErr.Code == "42P04" || pgErr.Code == "23505")
}
