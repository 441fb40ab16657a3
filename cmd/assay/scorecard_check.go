package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/scorecard"
)

type scorecardCheckCmd struct {
	Paths  []string         `arg:"" name:"file" type:"existingfile" help:"Scorecard files."`
	JSON   bool             `name:"json" help:"Print problems and warnings as JSONL; warnings have a code."`
	Strict bool             `name:"strict" help:"Exit with 1 on warnings, too."`
	Allow  []scorecard.Code `name:"allow" placeholder:"CODE" help:"Warn of all but this; in a file: '# lint: allow CODE reason' above the line, or at the very top."`
}

// Run prints one line for each problem and each warning.
func (c *scorecardCheckCmd) Run(p *program) error {
	for _, code := range c.Allow {
		if !slices.Contains(scorecard.Codes(), code) {
			return usageError{fmt.Errorf("--allow: unknown code %q; allowed: %v", code, scorecard.Codes())}
		}
	}
	bad := false
	for _, path := range c.Paths {
		src, err := os.ReadFile(path)
		if err != nil {
			return usageError{err}
		}
		card, err := classifiers.Load(path, src)
		problems, ok := errors.AsType[scorecard.Problems](err)
		switch {
		case err == nil:
			bad = c.warn(p, path, card) && c.Strict || bad
		case !ok:
			return err
		}
		bad = printProblems(p, problems, c.JSON) || bad
	}
	if bad {
		return errProblems
	}
	return nil
}

// printProblems prints one line for each problem, and reports whether there is any.
func printProblems(p *program, problems scorecard.Problems, asJSON bool) bool {
	for _, problem := range problems {
		if asJSON {
			printJSON(p, problem)
		} else {
			fmt.Fprintln(p.stdout, problem)
		}
	}
	return len(problems) > 0
}

// warn prints what is questionable in a file without mistakes, and reports
// whether anything is.
func (c *scorecardCheckCmd) warn(p *program, path string, card pipeline.Card) bool {
	warnings := slices.DeleteFunc(classifiers.Lint(card.Scorecard), func(w scorecard.Warning) bool { return slices.Contains(c.Allow, w.Code) })
	if !c.JSON {
		fmt.Fprintf(p.stdout, "%s: scorecard %s, version %s, %d criteria: no mistakes, %d warnings\n",
			path, card.ID, card.Version, len(card.Criteria()), len(warnings))
	}
	for _, w := range warnings {
		if c.JSON {
			printJSON(p, w)
		} else {
			fmt.Fprintln(p.stdout, w)
		}
	}
	return len(warnings) > 0
}
