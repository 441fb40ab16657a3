package main

import (
	"fmt"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

type scorecardNewCmd struct {
	ID       string `arg:"" optional:"" default:"my-scorecard" help:"Id of the scorecard."`
	Channel  string `name:"channel" default:"chat" enum:"call,chat,email" help:"Channel of the sessions: ${enum}."`
	Language string `name:"language" default:"en" enum:"zh,en" help:"Language of the sessions and of the comments: ${enum}."`
}

// Run prints a scorecard that passes check and test.
func (c *scorecardNewCmd) Run(p *program) error {
	src, err := scorecard.New(scorecard.Start{ID: c.ID, Channel: transcript.Channel(c.Channel), Language: c.Language})
	if err != nil {
		return usageError{err}
	}
	if _, err := p.stdout.Write(src); err != nil {
		return fmt.Errorf("print scorecard: %w", err)
	}
	return nil
}
