package storetest_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"assay/pipeline/store/storetest"
)

func TestMain(m *testing.M) {
	os.Exit(storetest.Run(m, storetest.Options{Migrate: migrate}))
}

func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, `
		CREATE TABLE note (
			text text PRIMARY KEY
		)`)
	return err
}

func TestNewGivesEveryTestItsOwnMigratedDatabase(t *testing.T) {
	t.Parallel()
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			pool := storetest.New(t)
			if _, err := pool.Exec(t.Context(), `INSERT INTO note (text) VALUES ('the same key everywhere')`); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNewGivesAConnectionString(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	conn, err := pgx.Connect(t.Context(), pool.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	var inPool, direct string
	const which = `SELECT current_database()::text`
	if err := pool.QueryRow(t.Context(), which).Scan(&inPool); err != nil {
		t.Error(err)
	}
	if err := conn.QueryRow(t.Context(), which).Scan(&direct); err != nil {
		t.Error(err)
	}
	if inPool != direct {
		t.Errorf("the pool uses %q, its connection string leads to %q", inPool, direct)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDatabasesAreDropped(t *testing.T) {
	var gone string
	t.Run("a test that ends", func(t *testing.T) {
		gone = storetest.New(t).Config().ConnConfig.Database
	})
	var left bool
	err := storetest.New(t).QueryRow(t.Context(), `
		SELECT EXISTS (
			SELECT
			FROM pg_database
			WHERE datname = $1
		)`, gone).Scan(&left)
	if err != nil {
		t.Fatal(err)
	}
	if left {
		t.Errorf("database %q is left", gone)
	}
}

func TestClusterCanBeTakenDownAndUp(t *testing.T) {
	pool := storetest.New(t)
	server := storetest.Cluster(t)
	if err := server.Interrupt(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := pool.Ping(t.Context()); err == nil {
		t.Error("the pool answers without a server")
	}
	if err := server.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `INSERT INTO note (text) VALUES ('after')`); err != nil {
		t.Error(err)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		storetest.New(b)
	}
}
