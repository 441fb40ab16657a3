package main

import (
	"fmt"

	"assay/classifiers/rule"
)

type scorecardSchemaCmd struct{}

// Run prints the schema.
func (c *scorecardSchemaCmd) Run(p *program) error {
	schema, err := rule.Schema()
	if err != nil {
		return err
	}
	if _, err := p.stdout.Write(schema); err != nil {
		return fmt.Errorf("print schema: %w", err)
	}
	return nil
}
