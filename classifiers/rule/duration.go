package rule

import (
	"fmt"
	"math"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// duration hits when a length of time is within bounds, both included:
//
//	duration: {min: 30s, max: 15m}
//	duration: {max: 2m, from: asks_identity, to: confirms_identity}
//
// Without from and to it is the session's length: its duration_ms or, where it
// has none, the time to the end of its last turn. From and to are conditions;
// then it is the length of a stage, from the beginning of the turn of from's
// first hit to the end of the turn of to's first hit in a later turn. Without
// from a stage begins with the session, without to it ends with it. When one of
// the two does not hit there is no such stage: the condition does not hit, with
// reason out_of_scope. The hits of a stage are those that it begins and ends with.
type duration struct {
	least, most time.Duration
	from, to    *reference // nil: the session's beginning, its end
}

func readDuration(_ *builder, c *condition, m *scorecard.Map) test {
	c.whole = true
	d := &duration{most: math.MaxInt64}
	low, high := m.Key("min"), m.Key("max")
	if low != nil {
		d.least = low.Duration()
	}
	if high != nil {
		d.most = high.Duration()
	}
	if n := m.Key("from"); n != nil {
		d.from = c.referPlace(n)
	}
	if n := m.Key("to"); n != nil {
		d.to = c.referPlace(n)
	}
	c.nowhere = d.from == nil && d.to == nil
	checkBounds(m, d.least <= d.most || d.most == 0)
	return d
}

func (d *duration) judge(e *Evaluation, _ []int) outcome {
	length, ends, o := d.length(e)
	if o.state != scorecard.Hit {
		return o
	}
	if length < d.least || length > d.most {
		return notHit()
	}
	return hit(ends...)
}

// length is how long the session or the stage took, with the places that the
// stage begins and ends with; the outcome is the condition's unless it is a hit.
func (d *duration) length(e *Evaluation) (time.Duration, []transcript.Span, outcome) {
	began, from, o := d.begin(e)
	if o.state != scorecard.Hit {
		return 0, nil, o
	}
	ends := from
	var ended time.Duration
	known := true
	if d.to == nil {
		ended, known = e.sessionLength()
	} else {
		to, o := d.end(e, from)
		if o.state != scorecard.Hit {
			return 0, nil, o
		}
		ends = append(ends, to)
		ended, known = e.end(to.Turn)
	}
	if !known {
		return 0, nil, notEvaluable(pipeline.NoTimestamps)
	}
	return max(0, ended-began), ends, hit()
}

func (d *duration) begin(e *Evaluation) (time.Duration, []transcript.Span, outcome) {
	if d.from == nil {
		return 0, nil, hit()
	}
	r := e.result(d.from.to)
	if r.State != scorecard.Hit {
		return 0, nil, missing(r)
	}
	began, known := e.start(r.Hits[0].Turn)
	if !known {
		return 0, nil, notEvaluable(pipeline.NoTimestamps)
	}
	return began, r.Hits[:1:1], hit()
}

// end is the first place of to after the stage's beginning.
func (d *duration) end(e *Evaluation, from []transcript.Span) (transcript.Span, outcome) {
	r := e.result(d.to.to)
	if r.State != scorecard.Hit {
		return transcript.Span{}, missing(r)
	}
	for _, h := range r.Hits {
		if len(from) == 0 || h.Turn > from[0].Turn {
			return h, hit()
		}
	}
	return transcript.Span{}, outcome{state: scorecard.NotHit, reason: pipeline.OutOfScope}
}

// missing is the outcome of a condition when another one, that it needs the
// places of, has none.
func missing(r *Result) outcome {
	if r.State == scorecard.NotEvaluable {
		return notEvaluable(r.Reason)
	}
	return outcome{state: scorecard.NotHit, reason: pipeline.OutOfScope}
}

// sessionLength is the session's length as the source tells it, else to the end
// of its last turn.
func (e *Evaluation) sessionLength() (time.Duration, bool) {
	if length, ok := e.in.Session.Length(); ok {
		return length, true
	}
	return e.length()
}

// nearest is the length that was out of bounds.
func (d *duration) nearest(e *Evaluation, _ []int) (Near, bool) {
	length, ends, o := d.length(e)
	near := Near{Turn: -1, Text: fmt.Sprintf("took %s < %s", lasting(length), lasting(d.least))}
	if length > d.most {
		near.Text = fmt.Sprintf("took %s > %s", lasting(length), lasting(d.most))
	}
	if len(ends) > 0 {
		near.Turn = ends[0].Turn
	}
	return near, o.state == scorecard.Hit
}
