package rule

import (
	"fmt"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// talkRatio hits when a speaker's share of what agent and customer say is within
// bounds, both included:
//
//	talk_ratio: {of: agent, by: time, min: 20, max: 80}
//
// Bounds are percent. By says what is shared: the time of speaking, or the text
// (Han characters, and two letters of an alphabetic script for one). By default
// it is time in calls and text elsewhere, because messages take no time. Bots
// and the system have no share. The turns of both speakers in range count, so
// that the condition has no speaker of its own. By time it is not evaluable
// where turns have no end of their own, nor for recordings with one channel
// (metadata.audio: mono).
type talkRatio struct {
	of          transcript.Speaker
	by          string // time, text or "" for the channel's own
	least, most float64
}

func readTalkRatio(_ *builder, c *condition, m *scorecard.Map) test {
	c.twoSided()
	c.nowhere = true
	r := &talkRatio{of: transcript.Agent, most: 100}
	if n := m.Key("of"); n != nil {
		r.of = transcript.Speaker(n.OneOf(string(transcript.Agent), string(transcript.Customer)))
	}
	if n := m.Key("by"); n != nil {
		r.by = n.OneOf("time", "text")
	}
	low, high := m.Key("min"), m.Key("max")
	if low != nil {
		r.least = low.Number(0, 100)
	}
	if high != nil {
		r.most = high.Number(0, 100)
	}
	checkBounds(m, r.least <= r.most)
	return r
}

func (r *talkRatio) judge(e *Evaluation, turns []int) outcome {
	share, reason := r.share(e, turns)
	if reason != "" {
		return notEvaluable(reason)
	}
	return when(r.least <= share && share <= r.most)
}

// share is the speaker's part in percent, −1 when nobody says anything.
func (r *talkRatio) share(e *Evaluation, turns []int) (percent float64, reason pipeline.Reason) {
	byTime := r.by == "time" || r.by == "" && e.in.Session.Channel == transcript.Call
	if byTime && e.in.Session.MonoAudio() {
		return 0, pipeline.MonoAudio
	}
	own, all := 0.0, 0.0
	for _, t := range turns {
		by := e.in.Session.Turns[t].Speaker
		if by != transcript.Agent && by != transcript.Customer {
			continue
		}
		amount := float64(e.spokenLength(t))
		if byTime {
			length, ok := e.turnLength(t)
			if !ok {
				return 0, pipeline.NoTimestamps
			}
			amount = length.Seconds()
		}
		if all += amount; by == r.of {
			own += amount
		}
	}
	if all == 0 {
		return -1, ""
	}
	return 100 * own / all, ""
}

// nearest is the share that was out of bounds.
func (r *talkRatio) nearest(e *Evaluation, turns []int) (Near, bool) {
	share, reason := r.share(e, turns)
	near := Near{Turn: -1, Text: fmt.Sprintf("the %s's share is %.0f %% < %g %%", r.of, share, r.least)}
	if share > r.most {
		near.Text = fmt.Sprintf("the %s's share is %.0f %% > %g %%", r.of, share, r.most)
	}
	return near, reason == "" && share >= 0
}
