package knowledge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// ImportOptions say how to import solutions.
type ImportOptions struct {
	By        string // who imports; required
	Reason    string // for the history
	Overwrite bool   // replaces also what people edited since the last import
	DryRun    bool   // changes nothing, and counts what it would change
}

// Imported is what an import did.
type Imported struct {
	Added   int `json:"new"`
	Changed int `json:"changed"`
	Same    int `json:"same"`
	// Kept are the ids of solutions whose file is the same as at the last import,
	// and that people edited since: the edits stay.
	Kept []string `json:"kept,omitempty"`
	// Conflicts are the ids of solutions that changed in the file and that people
	// edited: the edits stay, until an import overwrites them.
	Conflicts []string `json:"conflicts,omitempty"`
}

// errDry ends a transaction that was only tried.
var errDry = errors.New("dry run")

// Import adds solutions and replaces those of the same id whose content differs,
// all or none; those that are there with the same content are left alone, and so
// is what people edited since the last import, unless o says otherwise. Of
// solutions with one id the last counts.
func (l *Library) Import(ctx context.Context, solutions []Solution, o ImportOptions) (Imported, error) {
	var done Imported
	change := Change{By: o.By, Reason: o.Reason, made: MadeByImport}
	rows, err := newRows(lastOfEach(solutions))
	if err != nil {
		return done, fmt.Errorf("import %d solutions: %w", len(solutions), err)
	}
	err = l.write(ctx, change, func(tx pgx.Tx) error {
		for part := range slices.Chunk(rows, writeBatch) {
			if err := importRows(ctx, tx, part, change, o.Overwrite, &done); err != nil {
				return err
			}
		}
		if o.DryRun {
			return errDry
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDry) {
		return Imported{}, fmt.Errorf("import %d solutions: %w", len(solutions), err)
	}
	return done, nil
}

// standing is what the table has of a solution.
type standing struct {
	ID       string `db:"id"`
	Hash     []byte `db:"hash"`
	Imported []byte `db:"imported"`
	Edited   bool   `db:"edited"`
}

// importRows writes the rows that the table lacks or has with another content.
func importRows(ctx context.Context, tx pgx.Tx, rows []newRow, c Change, overwrite bool, done *Imported) error {
	known, err := readStanding(ctx, tx, rows)
	if err != nil {
		return err
	}
	var write []newRow
	var agreed []string
	for _, r := range rows {
		old, ok := known[r.id]
		switch {
		case !ok:
			done.Added++
			write = append(write, r)
		case slices.Equal(old.Hash, r.hash[:]):
			done.Same++
			if old.Edited {
				agreed = append(agreed, r.id)
			}
		case old.Edited && !overwrite && slices.Equal(old.Imported, r.hash[:]):
			done.Kept = append(done.Kept, r.id)
		case old.Edited && !overwrite:
			done.Conflicts = append(done.Conflicts, r.id)
		case !old.Edited && slices.Equal(old.Imported, r.hash[:]): // only reviewed since
			done.Same++
		default:
			done.Changed++
			write = append(write, r)
		}
	}
	if err := agree(ctx, tx, agreed); err != nil {
		return err
	}
	_, err = writeRows(ctx, tx, write, c)
	return err
}

func readStanding(ctx context.Context, tx pgx.Tx, rows []newRow) (map[string]standing, error) {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].id
	}
	found, err := tx.Query(ctx, `
		SELECT id, hash, imported, edited
		FROM solutions
		WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	list, err := pgx.CollectRows(found, pgx.RowToStructByName[standing])
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	out := make(map[string]standing, len(list))
	for _, s := range list {
		out[s.ID] = s
	}
	return out, nil
}

// agree notes that a file says by now what people made of its solutions.
func agree(ctx context.Context, tx pgx.Tx, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `
		UPDATE solutions
		SET imported = hash, edited = false
		WHERE id = ANY($1)`, ids)
	if err != nil {
		return fmt.Errorf("note %d solutions as imported: %w", len(ids), err)
	}
	return nil
}
