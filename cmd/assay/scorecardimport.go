package main

import (
	"encoding/json"
	"fmt"
	"os"

	"assay/classifiers"
	"assay/pipeline/scorecard/sca"
)

type scorecardImportCmd struct {
	File string `arg:"" type:"existingfile" help:"File of rules."`
	From string `name:"from" required:"" enum:"sca" help:"Form of the file: sca, the rule JSON of Alibaba Cloud's conversation analysis."`
	ID   string `name:"id" default:"imported" help:"Id of the scorecard."`
	JSON bool   `name:"json" help:"Print what could not be carried over as JSONL, to standard error."`
}

// Run writes the scorecard to standard output, and what could not be carried
// over to standard error.
func (c *scorecardImportCmd) Run(p *program) error {
	src, err := os.ReadFile(c.File)
	if err != nil {
		return usageError{err}
	}
	card, left, err := sca.Import(c.ID, src)
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", c.File, err)}
	}
	if _, err := p.stdout.Write(card); err != nil {
		return err
	}
	for _, l := range left {
		if c.JSON {
			if err := json.NewEncoder(p.stderr).Encode(l); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(p.stderr, "%s: %s\n", c.File, l)
	}
	_, err = classifiers.Load(c.ID+".yaml", card)
	if err != nil {
		fmt.Fprintln(p.stderr, err)
	}
	if err != nil || len(left) > 0 {
		return errProblems
	}
	return nil
}
