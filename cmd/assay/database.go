package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/pipeline/store"
	"assay/pipeline/store/cluster"
)

// database is an open store, with the private server that it may live on.
type database struct {
	*store.Store
	server *cluster.Server // nil when DATABASE_URL names the server
	folder string          // data folder; "" when DATABASE_URL names the server
	zone   *time.Location
}

// startTimeout bounds the start of the private PostgreSQL, recovery after a
// crash included.
const startTimeout = 2 * time.Minute

// openDatabase connects to the configured server, or starts the private one,
// and brings its schema up to date where the server is private.
func (p *program) openDatabase(c config.Database) (*database, error) {
	db, err := p.connect(c)
	if err != nil {
		return nil, err
	}
	if db.server != nil {
		err = store.Migrate(p.ctx, db.Pool())
	} else {
		err = store.CheckSchema(p.ctx, db.Pool())
	}
	if errors.Is(err, store.ErrOldSchema) {
		err = usageError{err}
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// leastConns is what migrations, River and the pages need at once.
const leastConns = 6

// connect opens the database whatever its schema is.
func (p *program) connect(c config.Database) (*database, error) {
	zone, err := c.Location()
	if err != nil {
		return nil, usageError{err}
	}
	if c.MaxConns < leastConns {
		return nil, usageError{fmt.Errorf("--max-conns: %d is too few; allowed: %d or more", c.MaxConns, leastConns)}
	}
	db := &database{zone: zone}
	url := c.URL
	if url == "" {
		if url, err = p.startPrivate(c, db); err != nil {
			return nil, err
		}
	}
	if db.Store, err = store.Open(p.ctx, url, store.Options{Zone: zone, MaxConns: c.MaxConns}); err != nil {
		return nil, errors.Join(usageError{err}, db.stopServer())
	}
	return db, nil
}

// Close closes the store and stops the private server if it is ours.
func (db *database) Close() error {
	if db.Store != nil {
		db.Store.Close()
	}
	return db.stopServer()
}

func (db *database) stopServer() error {
	if db.server == nil {
		return nil
	}
	return db.server.Close()
}

// startPrivate starts the private server, installing its programs if need be.
func (p *program) startPrivate(c config.Database, db *database) (string, error) {
	if _, err := cluster.Find(""); errors.Is(err, cluster.ErrNoPrograms) && c.Install {
		if err := p.installPostgres(err); err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithTimeout(p.ctx, startTimeout)
	defer cancel()
	var err error
	for _, folder := range dataFolders(c.Data) {
		if err = os.MkdirAll(folder, 0o755); err != nil {
			return "", usageError{fmt.Errorf("data folder: %w", err)}
		}
		db.folder = folder
		db.server, err = cluster.Start(ctx, cluster.Options{Dir: filepath.Join(folder, "pg"), Database: "assay", TakeOver: true})
		if !errors.Is(err, cluster.ErrClosedFolder) {
			break
		}
	}
	if err != nil {
		return "", usageError{fmt.Errorf("private PostgreSQL: %w", err)}
	}
	return db.server.URL(), nil
}

// watchServer returns an error when the private server is gone, or ctx's. The
// server of another process goes with that process, and is then taken over: the
// work goes on after a moment.
func (db *database) watchServer(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-db.server.Done():
		return errors.New("the private PostgreSQL stopped")
	}
}

// dataFolders are the folders to try. Root's PostgreSQL runs as another user,
// who cannot enter closed folders: then the data goes under /var/lib.
func dataFolders(given string) []string {
	if given != "" {
		return []string{given}
	}
	here, err := filepath.Abs(".assay")
	if err != nil || os.Getuid() != 0 {
		return []string{".assay"}
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(here)) // a hash never fails
	return []string{here, fmt.Sprintf("/var/lib/assay/%08x", h.Sum32())}
}

// installPostgres runs the system's package manager, where it may.
func (p *program) installPostgres(missing error) error {
	command, ok := cluster.InstallCommand()
	if !ok {
		return usageError{missing}
	}
	fmt.Fprintln(p.stderr, "PostgreSQL's programs are missing; installing them:", command)
	if command[0] == "apt-get" {
		if err := p.execute("apt-get", "update", "-q"); err != nil {
			return usageError{errors.Join(missing, err)}
		}
	}
	if err := p.execute(command[0], command[1:]...); err != nil {
		return usageError{errors.Join(missing, err)}
	}
	return nil
}

func (p *program) execute(name string, args ...string) error {
	cmd := exec.CommandContext(p.ctx, name, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = p.stderr, p.stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %v: %w", name, args, err)
	}
	return nil
}
