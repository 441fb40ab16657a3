package rule

import (
	"fmt"
	"math"
	"strings"
	"time"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// silence finds stretches in which nobody says anything:
//
//	silence: {more_than: 20s, less_than: 2m, of: any, between: any, except: [请稍等, one moment], times: 1}
//
// It hits at each turn that begins more than a limit, or less than another one,
// after the turn before it ended. At least one of the two limits is needed; a
// turn that begins while the one before it goes on follows no silence. Of (any,
// agent, customer; default any) says whose turn breaks the silence. Between
// (any, different; default any) says whether one speaker's own pauses count, or
// only those in which the turn goes from one speaker to another. Times (default
// 1) is how many such silences there must be in range.
//
// A stretch does not count when one of the two turns before it contained one of
// the excepted phrases, or the agent's last turn did and the customer has only
// acknowledged it since ("okay", "好的", "嗯").
type silence struct {
	more, less time.Duration
	different  bool // only between turns of different speakers
	except     []int32
	times      int
}

func readSilence(b *builder, c *condition, m *scorecard.Map) test {
	s := &silence{more: -1, less: math.MaxInt64, times: readTimes(m)}
	more, less := m.Key("more_than"), m.Key("less_than")
	if more != nil {
		s.more = more.Duration()
	}
	if less != nil {
		s.less = less.Duration()
	}
	checkLimits(m, s.more < s.less || s.less == 0)
	if of := c.speakerOrAny(m, ""); of != "" {
		c.speaker = of
	}
	if n := m.Key("between"); n != nil {
		s.different = n.OneOf("any", "different") == "different"
	}
	if n := m.Key("except"); n != nil {
		s.except = b.words(n)
	}
	c.local, c.partial = s.times == 1, true
	return s
}

// checkLimits demands at least one of more_than and less_than, with something between them.
func checkLimits(m *scorecard.Map, ordered bool) {
	if m.Key("more_than") == nil && m.Key("less_than") == nil && m.Node.IsMap() {
		m.Node.Problem([]string{"more_than", "less_than"}, "at least one of the limits is needed")
	}
	if !ordered {
		m.Node.Problem(nil, "more_than is not less than less_than")
	}
}

func (s *silence) judge(e *Evaluation, turns []int) outcome {
	var hits []transcript.Span
	var unknown []int
	s.each(e, turns, func(from, to int) {
		gap, known := e.gap(from, to)
		switch {
		case known && gap >= 0 && gap > s.more && gap < s.less:
			hits = append(hits, e.wholeTurn(to))
		case !known && !(s.more >= 0 && e.surelyWithin(from, to, s.more)):
			unknown = append(unknown, to)
		}
	})
	return often(s.times, hits, unknown)
}

// each calls look with the turns before and after every stretch that counts and
// that a turn in range breaks.
func (s *silence) each(e *Evaluation, turns []int, look func(from, to int)) {
	all, lo, hi := e.messagesOver(turns)
	for lo > 1 && e.in.Session.Turns[all[lo-1]].Speaker != transcript.Agent {
		lo-- // what the agent said last may excuse a stretch
	}
	told := false // the agent asked to wait, and nobody has said anything of weight since
	for i := max(1, lo); i < hi; i++ {
		from, to := all[i-1], all[i]
		announced := e.says(from, s.except)
		switch {
		case e.in.Session.Turns[from].Speaker == transcript.Agent:
			told = announced
		case !e.nods(from):
			told = false
		}
		excused := announced || told || i > 1 && e.says(all[i-2], s.except)
		same := e.in.Session.Turns[from].Speaker == e.in.Session.Turns[to].Speaker
		if inTurns(turns, to) && !excused && !(s.different && same) {
			look(from, to)
		}
	}
}

// nearest is the longest stretch that was not long enough or, where only a least
// one is asked for, the shortest that was too long.
func (s *silence) nearest(e *Evaluation, turns []int) (Near, bool) {
	near, found := Near{Turn: -1}, 0
	var best time.Duration
	s.each(e, turns, func(from, to int) {
		gap, known := e.gap(from, to)
		switch {
		case !known || gap < 0:
			return
		case gap > s.more && gap < s.less:
			found++
		}
		if near.Turn < 0 || s.more >= 0 && gap > best || s.more < 0 && gap < best {
			best, near.Turn = gap, to
		}
	})
	switch {
	case found > 0:
		near.Text = fmt.Sprintf("%d of %d silences", found, s.times)
	case s.more >= 0 && best <= s.more:
		near.Text = fmt.Sprintf("gap %s ≤ %s", lasting(best), lasting(s.more))
	default:
		near.Text = fmt.Sprintf("gap %s ≥ %s", lasting(best), lasting(s.less))
	}
	return near, near.Turn >= 0
}

// nodBytes is how long an acknowledgement may be: a few Chinese characters or
// two or three English words.
const nodBytes = 16

// nods reports whether a turn is a customer's short acknowledgement.
func (e *Evaluation) nods(turn int) bool {
	text := e.in.Folded[turn].Text
	return e.in.Session.Turns[turn].Speaker == transcript.Customer && len(text) <= nodBytes && !strings.ContainsRune(text, '?')
}
