// Package storetest gives tests an empty, migrated database each, on a real PostgreSQL.
//
// A package that wants them hands its tests over in TestMain:
//
//	func TestMain(m *testing.M) {
//		os.Exit(storetest.Run(m, storetest.Options{Migrate: store.Migrate}))
//	}
//
// and asks for a pool in each test with [New]. One private cluster serves the test process. It starts with the first
// call of New, so that a run that needs no database, such as a fuzzing worker, pays nothing. It gives up durability for
// speed and is deleted at the end.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"assay/pipeline/store/cluster"
)

const (
	template     = "assay_template"
	startTimeout = 2 * time.Minute // a cold start on a machine that compiles at the same time
	dropTimeout  = 30 * time.Second
)

// Options says how the databases of a test process are made.
type Options struct {
	Migrate  func(ctx context.Context, pool *pgxpool.Pool) error // brings the template up to date, once; nil leaves it empty
	Settings map[string]string                                   // server settings on top of the fast ones
}

// current is the harness of the running tests. Tests have no other way to get at what TestMain made; only Run sets it.
var current atomic.Pointer[harness]

type harness struct {
	options Options
	start   func() (*cluster.Server, error) // sync.OnceValues: every test learns why the start failed
	dir     string
	server  *cluster.Server
	create  string     // CREATE DATABASE's options
	copying sync.Mutex // a template can be copied by one connection at a time
	made    atomic.Int64
}

// Run runs the tests of m and returns the status for os.Exit. It can be used once per process.
func Run(m *testing.M, o Options) int {
	h := &harness{options: o}
	h.start = sync.OnceValues(h.up)
	if !current.CompareAndSwap(nil, h) {
		fmt.Fprintln(os.Stderr, "storetest: Run was called twice")
		return 2
	}
	status := m.Run()
	if err := h.down(); err != nil {
		fmt.Fprintln(os.Stderr, "storetest:", err)
		return max(status, 1)
	}
	return status
}

// New returns a pool on a migrated database of the test's own. Both are gone when the test ends. Tests may use it in
// parallel. The connection string for other users of the database is in the pool's Config().ConnString().
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	h := running(t)
	name := fmt.Sprintf("test_%d", h.made.Add(1))
	if err := h.copyTemplate(t.Context(), name); err != nil {
		t.Fatalf("storetest: %v", err)
	}
	pool, err := pgxpool.New(t.Context(), h.server.URLOf(name))
	if err != nil {
		t.Fatalf("storetest: connect to %q: %v", name, err)
	}
	t.Cleanup(func() {
		pool.Close()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), dropTimeout)
		defer cancel()
		if err := h.execute(ctx, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("storetest: %v", err)
		}
	})
	return pool
}

// Cluster returns the server under all databases of this process, for tests that take it down and up again. Such a test
// must not run in parallel with others, and must leave the server up.
func Cluster(t testing.TB) *cluster.Server {
	t.Helper()
	return running(t).server
}

func running(t testing.TB) *harness {
	t.Helper()
	h := current.Load()
	if h == nil {
		t.Fatal("storetest: TestMain of this package must call storetest.Run")
	}
	if _, err := h.start(); err != nil {
		t.Fatalf("storetest: %v", err)
	}
	return h
}

func (h *harness) up() (*cluster.Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	programs, err := cluster.Find("")
	if err != nil {
		return nil, err
	}
	if h.dir, err = makeFolder(); err != nil {
		return nil, err
	}
	if programs.Major >= 15 { // older ones always copy files
		h.create = ` STRATEGY file_copy`
	}
	h.server, err = cluster.Start(ctx, cluster.Options{
		Dir:      filepath.Join(h.dir, "pg"),
		Database: template,
		BinDir:   programs.Dir,
		Settings: h.settings(),
	})
	if err != nil {
		return nil, err
	}
	return h.server, h.migrate(ctx)
}

func (h *harness) settings() map[string]string {
	s := map[string]string{
		"fsync":              "off",
		"synchronous_commit": "off",
		"full_page_writes":   "off",
		"max_connections":    "200",
		"autovacuum":         "off",
		"max_wal_size":       "128MB", // it may live in memory
		"min_wal_size":       "32MB",
	}
	maps.Copy(s, h.options.Settings)
	return s
}

func (h *harness) migrate(ctx context.Context) error {
	if h.options.Migrate == nil {
		return nil
	}
	pool, err := pgxpool.New(ctx, h.server.URL())
	if err != nil {
		return err
	}
	defer pool.Close() // a template with connections cannot be copied
	if err := h.options.Migrate(ctx, pool); err != nil {
		return fmt.Errorf("migrate the template: %w", err)
	}
	return nil
}

func (h *harness) down() error {
	if h.dir == "" {
		return nil
	}
	var err error
	if h.server != nil {
		err = h.server.Close()
	}
	return errors.Join(err, os.RemoveAll(h.dir))
}

// copyTemplate copies files rather than pages through the log: the cluster does not survive a crash anyway.
func (h *harness) copyTemplate(ctx context.Context, name string) error {
	h.copying.Lock()
	defer h.copying.Unlock()
	return h.execute(ctx, `CREATE DATABASE `+name+` TEMPLATE `+template+h.create)
}

// execute uses a connection of its own, which a restart of the server cannot have broken.
func (h *harness) execute(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, h.server.URLOf("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}
