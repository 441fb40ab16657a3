package rule

import (
	"slices"
	"strings"
	"time"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// silence finds stretches in which nobody says anything:
//
//	silence: {more_than: 20s, except: [请稍等, one moment]}
//
// It hits at each turn that begins more than the limit after the turn before it
// ended, whoever spoke. A stretch does not count when one of the two turns
// before it contained one of the excepted phrases, or the agent's last turn did
// and the customer has only acknowledged it since ("okay", "好的", "嗯").
type silence struct {
	limit  time.Duration
	except []int32
}

func readSilence(b *builder, c *condition, m *scorecard.Map) test {
	c.local = true
	s := &silence{}
	if n := m.Must("more_than"); n != nil {
		s.limit = n.Duration()
	}
	if n := m.Key("except"); n != nil {
		s.except = b.words(n)
	}
	return s
}

func (s *silence) judge(e *Evaluation, turns []int) outcome {
	var hits []transcript.Span
	var unknown []int
	all := e.messages("")
	told := false // the agent asked to wait, and nobody has said anything of weight since
	for i := 1; i < len(all); i++ {
		from, to := all[i-1], all[i]
		announced := e.says(from, s.except)
		switch {
		case e.in.Session.Turns[from].Speaker == transcript.Agent:
			told = announced
		case !e.nods(from):
			told = false
		}
		excused := announced || told || i > 1 && e.says(all[i-2], s.except)
		if _, in := slices.BinarySearch(turns, to); !in || excused {
			continue
		}
		gap, known := e.gap(from, to)
		switch {
		case known && gap > s.limit:
			hits = append(hits, e.wholeTurn(to))
		case !known && !e.surelyWithin(from, to, s.limit):
			unknown = append(unknown, to)
		}
	}
	return timed(hits, unknown)
}

// nodBytes is how long an acknowledgement may be: a few Chinese characters or
// two or three English words.
const nodBytes = 16

// nods reports whether a turn is a customer's short acknowledgement.
func (e *Evaluation) nods(turn int) bool {
	text := e.in.Folded[turn].Text
	return e.in.Session.Turns[turn].Speaker == transcript.Customer && len(text) <= nodBytes && !strings.ContainsRune(text, '?')
}
