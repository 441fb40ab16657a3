package classifiers

import "assay/pipeline"

// Input is the case's session with what stands beside it.
func (c *Case) Input() *pipeline.Input { return c.in }

// Source is the scorecard in the file; nil when it names another one.
func (c *Case) Source() []byte {
	src, _ := c.part("scorecard.yaml")
	return src
}
