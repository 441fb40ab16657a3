package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"assay/knowledge"
)

type solutionExportCmd struct {
	Format knowledge.Format `name:"format" default:"jsonl" help:"jsonl, csv or markdown."`
	Out    string           `name:"out" required:"" placeholder:"PATH" help:"File to write or replace, packed when its name ends with .gz; - is standard output. Of markdown the folder, which must be empty or new."`
	solutionFilter
	libraryReader
}

// Run writes the solutions in the order of their ids, one at a time.
func (c *solutionExportCmd) Run(p *program) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	if c.Format == knowledge.Markdown && c.Out == knowledge.Stdin {
		return usageError{errors.New("--out: markdown is a folder of files, and cannot go to standard output")}
	}
	return c.with(p, func(l *knowledge.Library) error {
		bar := newProgress(p.stderr, "solutions")
		n := 0
		solutions := func(yield func(knowledge.Solution, error) bool) {
			for e, err := range l.Each(p.ctx, f) {
				if !yield(e.Solution, err) {
					return
				}
				n++
				bar.show(n, 0)
			}
		}
		if err := c.write(p, solutions); err != nil {
			if errors.Is(err, knowledge.ErrNotEmpty) {
				err = usageError{err}
			}
			return err
		}
		switch {
		case c.Out == knowledge.Stdin:
		case c.JSON:
			printJSON(p, map[string]any{"exported": n, "out": c.Out})
		default:
			fmt.Fprintf(p.stdout, "%d solutions in %s\n", n, c.Out)
		}
		return nil
	})
}

func (c *solutionExportCmd) write(p *program, solutions iter.Seq2[knowledge.Solution, error]) error {
	write := knowledge.WriteJSONL
	switch c.Format {
	case knowledge.Markdown:
		_, err := knowledge.WriteMarkdown(c.Out, solutions)
		return err
	case knowledge.CSV:
		write = knowledge.WriteCSV
	}
	if c.Out == knowledge.Stdin {
		_, err := write(p.stdout, solutions)
		return err
	}
	return replaceFile(c.Out, func(w io.Writer) error {
		_, err := write(w, solutions)
		return err
	})
}

// replaceFile writes a file beside its place and moves it there when it is whole.
func replaceFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return usageError{fmt.Errorf("--out: %w", err)}
	}
	err = errors.Join(writeFile(f, strings.HasSuffix(path, ".gz"), write), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func writeFile(f *os.File, packed bool, write func(io.Writer) error) error {
	b := bufio.NewWriter(f)
	if !packed {
		return errors.Join(write(b), b.Flush())
	}
	z := gzip.NewWriter(b)
	return errors.Join(write(z), z.Close(), b.Flush())
}
