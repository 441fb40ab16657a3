package main

import (
	"fmt"

	"assay/pipeline/scorecard"
)

type scorecardCmd struct {
	Check     scorecardCheckCmd     `cmd:"" help:"Report every mistake in scorecard files, and what is hardly meant."`
	Test      scorecardTestCmd      `cmd:"" help:"Run the examples of scorecards, and case files."`
	Backtest  scorecardBacktestCmd  `cmd:"" help:"Compare a scorecard with another over all stored sessions; touches no verdict."`
	Publish   scorecardPublishCmd   `cmd:"" help:"Store a scorecard version and inspect by it from now on."`
	Retire    scorecardRetireCmd    `cmd:"" help:"Inspect no more sessions by a scorecard."`
	List      scorecardListCmd      `cmd:"" help:"List the active scorecards in the order in which they are tried."`
	Log       scorecardLogCmd       `cmd:"" help:"List what was published and retired, by whom and why."`
	Reinspect scorecardReinspectCmd `cmd:"" help:"Inspect stored sessions again; their old verdicts are kept."`
	Show      scorecardShowCmd      `cmd:"" help:"Print a shipped scorecard, as a starting point: bank, public-service-hotline, retail-chat or telecom-call."`
	Import    scorecardImportCmd    `cmd:"" help:"Turn the rules of another system into a scorecard."`
	Explain   scorecardExplainCmd   `cmd:"" help:"Say how every criterion of a session came about: what hit where, or why not and the nearest miss."`
	New       scorecardNewCmd       `cmd:"" help:"Print a commented scorecard to start from."`
	Diff      scorecardDiffCmd      `cmd:"" help:"Say what differs in meaning between two scorecards."`
	Schema    scorecardSchemaCmd    `cmd:"" help:"Print the JSON Schema of scorecards, for editors."`
}

type scorecardShowCmd struct {
	Name string `arg:"" help:"Name of a shipped scorecard, e.g. retail-chat."`
}

// Run prints the file's source.
func (c *scorecardShowCmd) Run(p *program) error {
	var names []string
	for _, pack := range scorecard.Packs() {
		if pack.Name == c.Name || pack.Name == c.Name+".yaml" {
			_, err := p.stdout.Write(pack.Source)
			return err
		}
		names = append(names, pack.Name)
	}
	return usageError{fmt.Errorf("no shipped scorecard %q; allowed: %v", c.Name, names)}
}
