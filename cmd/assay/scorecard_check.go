package main

import (
	"errors"
	"fmt"
	"os"

	"assay/classifiers"
	"assay/pipeline/scorecard"
)

type scorecardCheckCmd struct {
	Paths []string `arg:"" name:"file" type:"existingfile" help:"Scorecard files."`
	JSON  bool     `name:"json" help:"Print problems as JSONL."`
}

// Run prints one line for each problem.
func (c *scorecardCheckCmd) Run(p *program) error {
	bad := false
	for _, path := range c.Paths {
		src, err := os.ReadFile(path)
		if err != nil {
			return usageError{err}
		}
		card, err := classifiers.Load(path, src)
		problems, ok := errors.AsType[scorecard.Problems](err)
		switch {
		case err == nil && !c.JSON:
			fmt.Fprintf(p.stdout, "%s: scorecard %s, version %s, %d criteria: no mistakes\n", path, card.ID, card.Version, len(card.Criteria()))
		case err != nil && !ok:
			return err
		}
		for _, problem := range problems {
			bad = true
			if c.JSON {
				printJSON(p, problem)
			} else {
				fmt.Fprintln(p.stdout, problem)
			}
		}
	}
	if bad {
		return errProblems
	}
	return nil
}

