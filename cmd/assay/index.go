package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/knowledge"
)

// indexFolder is where the index of the database's solutions is kept, "" for in memory.
func (p *program) indexFolder(c config.Index, db *database) (string, error) {
	switch {
	case c.Index == config.InMemory:
		return "", nil
	case c.Index != "":
		folder, err := filepath.Abs(c.Index)
		if err != nil {
			return "", usageError{fmt.Errorf("--index: %w", err)}
		}
		return folder, nil
	case db.folder != "":
		return filepath.Abs(filepath.Join(db.folder, "index"))
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		p.log.WarnContext(p.ctx, "solutions are indexed in memory: there is no cache folder; say --index", "error", err)
		return "", nil
	}
	return filepath.Join(cache, "assay", "index"), nil
}

// openIndex opens the index of the database's solutions in its folder.
func (p *program) openIndex(ctx context.Context, db *database, c config.Index, o knowledge.Options) (*knowledge.Index, error) {
	folder, err := p.indexFolder(c, db)
	if err != nil {
		return nil, err
	}
	o.Folder, o.Log = folder, p.log
	return knowledge.Open(ctx, knowledge.NewLibrary(db.Pool()), o)
}

type solutionReindexCmd struct {
	JSON bool `name:"json" help:"Print what was done as JSON."`
	config.Database
	config.Index
}

// Run has the processes that use an index in the folder build it anew, or does so
// itself when there is none.
func (c *solutionReindexCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	folder, err := p.indexFolder(c.Index, db)
	if err == nil && folder == "" {
		err = usageError{errors.New("--index: an index in memory is built whenever a process starts; name a folder")}
	}
	if err != nil {
		return err
	}
	busy, err := c.ask(p, db, folder)
	if busy > 0 || err != nil {
		return err
	}
	index, err := p.openIndex(p.ctx, db, c.Index, knowledge.Options{Postpone: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	done, err := index.Rebuild(p.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, done)
		return nil
	}
	fmt.Fprintf(p.stdout, "%d solutions indexed in %s, %s in %s\n", done.Solutions, done.Took.Round(time.Millisecond), size(done.Bytes), done.Folder)
	return nil
}

// ask tells the processes that use an index in the folder, and returns how many there are.
func (c *solutionReindexCmd) ask(p *program, db *database, folder string) (int, error) {
	library := knowledge.NewLibrary(db.Pool())
	slots, err := knowledge.Slots(p.ctx, library, folder)
	if err != nil {
		return 0, err
	}
	busy := 0
	for _, s := range slots {
		if s.Busy {
			busy++
		}
	}
	if busy == 0 {
		return 0, nil
	}
	if err := library.AskRebuild(p.ctx); err != nil {
		return busy, err
	}
	if c.JSON {
		printJSON(p, map[string]int{"asked": busy})
		return busy, nil
	}
	fmt.Fprintf(p.stdout, "%d processes use an index in %s: they were asked to build it anew, and answer from the old one meanwhile\n", busy, folder)
	return busy, nil
}

// size writes a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes >= 10<<30:
		return fmt.Sprintf("%d GiB", bytes>>30)
	case bytes >= 10<<20:
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d KiB", bytes>>10)
}

// indexed looks at the folder of the index.
func (c *doctorCmd) indexed(p *program, db *database) (check, error) {
	k := check{Name: "solution index", State: "ok"}
	folder, err := p.indexFolder(c.Index, db)
	if err != nil {
		return k, err
	}
	library := knowledge.NewLibrary(db.Pool())
	if folder == "" {
		k.Detail = "in memory"
		n, err := library.Count(p.ctx)
		if n > knowledge.MaxInMemory {
			k.State, k.Detail = "warn", fmt.Sprintf("in memory, which takes up to %d solutions: PostgreSQL searches these; give it a folder (--index)", knowledge.MaxInMemory)
		}
		return k, err
	}
	slots, err := knowledge.Slots(p.ctx, library, folder)
	if err != nil {
		return k, err
	}
	busy, bytes := 0, int64(0)
	for _, s := range slots {
		bytes += s.Bytes
		if s.Busy {
			busy++
		}
		if s.Problem != "" {
			k.State, k.Detail = "warn", fmt.Sprintf("%s: %s: it will be built anew; ", s.Folder, s.Problem)
		}
	}
	k.Detail += fmt.Sprintf("%d of %d in use, %s in %s", busy, len(slots), size(bytes), folder)
	if len(slots) == 0 {
		k.Detail = "none yet in " + folder + ": \"assay serve\" or \"assay solution reindex\" builds it"
	}
	return k, nil
}
