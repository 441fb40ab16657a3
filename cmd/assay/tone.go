package main

import (
	"fmt"
	"os"

	"assay/classifiers/tone/training"
)

type toneCmd struct {
	Train toneTrainCmd `cmd:"" help:"Learn the weights of the tone classifier from labelled turns."`
}

type toneTrainCmd struct {
	Paths []string `arg:"" name:"path" help:"Labelled turns (TSV, JSONL), comments, and sessions with labels (JSONL, .gz too), files or folders."`
	Out   string   `name:"out" short:"o" default:"weights.bin" placeholder:"FILE" help:"File that the weights are written to."`
}

// Run trains and writes the weights.
func (c *toneTrainCmd) Run(p *program) error {
	corpus, err := training.Read(c.Paths)
	if err != nil {
		return usageError{err}
	}
	model, err := training.Train(p.ctx, corpus, training.Options{Log: p.step})
	if err != nil {
		return err
	}
	src, err := model.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, src, 0o644); err != nil {
		return fmt.Errorf("write weights: %w", err)
	}
	p.step("%d bytes written to %s", len(src), c.Out)
	return nil
}
