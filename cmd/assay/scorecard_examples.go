package main

import (
	"fmt"
	"slices"

	"assay/classifiers"
	"assay/classifiers/tone"
)

type scorecardTestCmd struct {
	Paths []string `arg:"" optional:"" name:"file" type:"existingfile" help:"Scorecard files; default: the shipped ones."`
	JSON  bool     `name:"json" help:"Print failing examples as JSONL."`
	quiet bool     // print failing examples only
}

// Run runs all examples and prints those whose outcome is another.
func (c *scorecardTestCmd) Run(p *program) error {
	cards, err := loadCards(c.Paths)
	if err != nil {
		return err
	}
	t, err := tone.New()
	if err != nil {
		return err
	}
	bad := false
	for _, card := range cards {
		results := classifiers.CheckExamples(p.ctx, card, t)
		failing := slices.DeleteFunc(slices.Clone(results), classifiers.ExampleResult.OK)
		bad = bad || len(failing) > 0
		for _, f := range failing {
			if c.JSON {
				printJSON(p, f)
			} else {
				fmt.Fprintln(p.stdout, f)
			}
		}
		if !c.JSON && !c.quiet {
			fmt.Fprintf(p.stdout, "%s: %d of %d examples hold\n", card.ID, len(results)-len(failing), len(results))
		}
	}
	if bad {
		return errProblems
	}
	return nil
}
