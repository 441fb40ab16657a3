package rule

import (
	"fmt"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// interruption finds who cuts in while the other one speaks:
//
//	interruption: {of: agent, overlap: 2s, min_length: 4, delay: 1s, times: 1}
//
// It hits at each turn of the agent (of: agent or customer) that begins at least
// overlap before the customer's turn before it ends. Overlap is 2s by default,
// the lower end of the 2 to 3 seconds that the documentation of Alibaba Cloud's
// conversation analysis advises. Turns shorter than min_length are signs of
// listening ("嗯", "好的", "okay") and do not count: by default 4, also as advised
// there, in Chinese characters; two letters of an alphabetic script count as
// one. Delay (default 1s) is how long the other one must have spoken before:
// who begins sooner began together with him. Times (default 1) is how many
// interruptions there must be in range.
//
// It is not evaluable where turns have no end of their own, and for recordings
// with one channel (metadata.audio: mono), in which overlaps are not heard.
type interruption struct {
	of             transcript.Speaker
	overlap, delay time.Duration
	least          int
	times          int
}

func readInterruption(_ *builder, c *condition, m *scorecard.Map) test {
	i := &interruption{overlap: 2 * time.Second, delay: time.Second, least: 4, times: readTimes(m)}
	c.speakerOf(m)
	i.of = c.speaker
	if n := m.Key("overlap"); n != nil {
		i.overlap = n.Duration()
	}
	if n := m.Key("delay"); n != nil {
		i.delay = n.Duration()
	}
	if n := m.Key("min_length"); n != nil {
		i.least = n.Int(1, 1000)
	}
	c.local, c.partial = i.times == 1, true
	return i
}

func (i *interruption) judge(e *Evaluation, turns []int) outcome {
	if e.in.Session.MonoAudio() {
		return notEvaluable(pipeline.MonoAudio)
	}
	var hits []transcript.Span
	var unknown []int
	i.each(e, turns, func(spoken, cut int) {
		overlap, known := i.overlapOf(e, spoken, cut)
		switch {
		case !known:
			unknown = append(unknown, cut)
		case overlap >= i.overlap:
			hits = append(hits, e.wholeTurn(cut))
		}
	})
	return often(i.times, hits, unknown)
}

// each calls look with every turn in range that is long enough and the other
// one's turn before it.
func (i *interruption) each(e *Evaluation, turns []int, look func(spoken, cut int)) {
	all, lo, hi := e.messagesOver(turns)
	for lo > 0 && e.in.Session.Turns[all[lo]].Speaker != other(i.of) {
		lo--
	}
	spoken := -1
	for _, t := range all[lo:hi] {
		switch e.in.Session.Turns[t].Speaker {
		case other(i.of):
			spoken = t
		case i.of:
			if spoken >= 0 && inTurns(turns, t) && e.spokenLength(t) >= i.least {
				look(spoken, t)
			}
		}
	}
}

// overlapOf is how long the first turn went on when the second had begun; 0 when
// it had only just begun itself, false when that is not known.
func (i *interruption) overlapOf(e *Evaluation, spoken, cut int) (time.Duration, bool) {
	began, known := e.start(cut)
	from, begun := e.start(spoken)
	if known && begun && began-from < i.delay {
		return 0, true
	}
	to, ended := e.end(spoken)
	return max(0, to-began), known && ended && e.in.Session.Turns[spoken].EndMS != nil
}

// nearest is the longest overlap that was too short.
func (i *interruption) nearest(e *Evaluation, turns []int) (Near, bool) {
	near, found := Near{Turn: -1}, 0
	var longest time.Duration
	i.each(e, turns, func(spoken, cut int) {
		overlap, known := i.overlapOf(e, spoken, cut)
		if known && overlap >= i.overlap {
			found++
		}
		if known && overlap > longest {
			longest, near.Turn = overlap, cut
		}
	})
	near.Text = fmt.Sprintf("overlap %s < %s", lasting(longest), lasting(i.overlap))
	if found > 0 {
		near.Text = fmt.Sprintf("%d of %d interruptions", found, i.times)
	}
	return near, near.Turn >= 0
}
