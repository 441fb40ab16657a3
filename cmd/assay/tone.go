package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"assay/classifiers/tone"
	"assay/classifiers/tone/training"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

type toneCmd struct {
	Explain toneExplainCmd `cmd:"" help:"Say which tones a turn has, and which words weighed how much."`
	Train   toneTrainCmd   `cmd:"" help:"Learn the weights of the tone classifier from labelled turns."`
}

type toneTrainCmd struct {
	Paths []string `arg:"" name:"path" help:"Labelled turns (TSV, JSONL), comments, and sessions with labels (JSONL, .gz too), files or folders."`
	Out   string   `name:"out" short:"o" default:"weights.bin" placeholder:"FILE" help:"File that the weights are written to."`
	JSON  bool     `name:"json" help:"Print the report as JSON."`
	steps
}

// Run trains, writes the weights and prints how each label does by cross-validation.
func (c *toneTrainCmd) Run(p *program) error {
	corpus, err := training.Read(c.Paths)
	if err != nil {
		return usageError{err}
	}
	step, done := c.steps.to(p)
	model, learned, err := training.Train(p.ctx, corpus, training.Options{Log: step})
	done()
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
	if c.JSON {
		printJSON(p, map[string]any{"bytes": len(src), "labels": learned})
		return nil
	}
	return training.WriteLearned(p.stdout, learned)
}

type toneExplainCmd struct {
	Text    string `arg:"" help:"Text of the turn."`
	Speaker string `name:"speaker" enum:"agent,customer" default:"customer" help:"Whose turn it is: agent or customer."`
	Before  string `name:"before" placeholder:"TEXT" help:"The other side's turn before."`
	Top     int    `name:"top" default:"12" help:"Weights to print of each tone."`
	All     bool   `name:"all" help:"Explain the tones, too, that the turn is not near to."`
	JSON    bool   `name:"json" help:"Print explanations as JSON, all tones and all weights."`
}

// Run explains one turn.
func (c *toneExplainCmd) Run(p *program) error {
	if strings.TrimSpace(c.Text) == "" {
		return usageError{errors.New("the turn has no text")}
	}
	classifier, err := tone.New()
	if err != nil {
		return err
	}
	s := &transcript.Session{Channel: transcript.Chat}
	speaker, other := transcript.Customer, transcript.Agent
	if c.Speaker == string(transcript.Agent) {
		speaker, other = other, speaker
	}
	if c.Before != "" {
		s.Turns = append(s.Turns, transcript.Turn{Speaker: other, Text: c.Before})
	}
	s.Turns = append(s.Turns, transcript.Turn{Speaker: speaker, Text: c.Text})
	found := classifier.Explain(pipeline.NewInput(s), len(s.Turns)-1)
	if c.JSON {
		printJSON(p, map[string]any{"version": classifier.Version(), "tones": found})
		return nil
	}
	return c.print(p.stdout, found)
}

// nearTone is the confidence from which on a tone that is not given is worth a word.
const nearTone = 0.1

func (c *toneExplainCmd) print(out io.Writer, found []tone.Explanation) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	none := true
	for _, e := range found {
		if c.All || e.Confidence > 0 || e.Learned != nil && *e.Learned >= nearTone {
			c.printOne(w, e)
			none = false
		}
	}
	if none {
		fmt.Fprintln(w, "no tone")
	}
	return w.Flush()
}

func (c *toneExplainCmd) printOne(w io.Writer, e tone.Explanation) {
	given := "not given"
	if e.Confidence > 0 {
		given = fmt.Sprintf("%.2f", e.Confidence)
	}
	var quotes []string
	for _, m := range e.Marks {
		quotes = append(quotes, fmt.Sprintf("%q", m.Quote))
	}
	fmt.Fprintf(w, "%s\t%s\t%s\n", e.Label, given, strings.Join(quotes, " "))
	if e.Learned == nil {
		return
	}
	fmt.Fprintf(w, "  learned\t%.2f\tgiven from %.2f\n", *e.Learned, *e.From)
	for _, x := range e.Weights[:min(len(e.Weights), c.Top)] {
		fmt.Fprintf(w, "  %s\t%+.3f\t\n", x.Feature, x.Weight)
	}
	fmt.Fprintf(w, "  (bias)\t%+.3f\t\n", e.Bias)
}
