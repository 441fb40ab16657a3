package main

import (
	"fmt"

	"assay/classifiers/tone"
	"assay/classifiers/tone/training"
)

type evalToneCmd struct {
	Paths []string `arg:"" name:"path" help:"Labelled turns (TSV, JSONL), comments, and sessions with labels (JSONL, .gz too), files or folders."`
	Folds int      `name:"folds" default:"5" help:"Parts of the cross-validation, 2–20."`
	JSON  bool     `name:"json" help:"Print figures as JSON."`
	steps
}

// Run learns from what may be learned from, by folds, and prints how the
// answers to the rest compare with the labels.
func (c *evalToneCmd) Run(p *program) error {
	if c.Folds < 2 || c.Folds > 20 {
		return usageError{fmt.Errorf("--folds is %d; allowed: 2 to 20", c.Folds)}
	}
	corpus, err := training.Read(c.Paths)
	if err != nil {
		return usageError{err}
	}
	shipped, err := tone.Shipped()
	if err != nil {
		return err
	}
	step, done := c.steps.to(p)
	figures, err := training.Evaluate(p.ctx, corpus, shipped, training.Options{Folds: c.Folds, Log: step})
	done()
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, figures)
		return nil
	}
	return figures.Write(p.stdout)
}

// steps says what long work is at: on a terminal in one line that changes, elsewhere
// only when all steps are wanted.
type steps struct {
	Verbose bool `name:"verbose" short:"v" help:"Say every step on standard error."`
}

// to gives what is told of each step, and what ends the telling.
func (s steps) to(p *program) (step func(format string, args ...any), done func()) {
	none := func() {}
	switch {
	case s.Verbose:
		return p.step, none
	case !terminal(p.stderr):
		return func(string, ...any) {}, none
	}
	return func(format string, args ...any) { fmt.Fprintf(p.stderr, "\r"+format+"\x1b[K", args...) },
		func() { fmt.Fprint(p.stderr, "\r\x1b[K") }
}

// step says on standard error what is being done.
func (p *program) step(format string, args ...any) {
	fmt.Fprintf(p.stderr, format+"\n", args...)
}
