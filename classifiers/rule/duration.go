package rule

import (
	"math"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
)

// duration hits when the session's length, from its beginning to the end of its
// last turn, is within bounds, both included:
//
//	duration: {min: 30s, max: 15m}
type duration struct{ least, most time.Duration }

func readDuration(_ *builder, c *condition, m *scorecard.Map) test {
	c.whole, c.nowhere = true, true
	d := &duration{most: math.MaxInt64}
	low, high := m.Key("min"), m.Key("max")
	if low != nil {
		d.least = low.Duration()
	}
	if high != nil {
		d.most = high.Duration()
	}
	checkBounds(m, d.least <= d.most || d.most == 0)
	return d
}

func (d *duration) judge(e *Evaluation, _ []int) outcome {
	length, ok := e.length()
	if !ok {
		return notEvaluable(pipeline.NoTimestamps)
	}
	return when(d.least <= length && length <= d.most)
}
