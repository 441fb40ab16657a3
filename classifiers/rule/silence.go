package rule

import (
	"slices"
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
// before it contained one of the excepted phrases: a request to wait is often
// acknowledged.
type silence struct {
	limit  time.Duration
	except []int32
}

func readSilence(b *builder, _ *condition, m *scorecard.Map) test {
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
	unknown := false
	all := e.messages("")
	for i := 1; i < len(all); i++ {
		from, to := all[i-1], all[i]
		excused := e.says(from, s.except) || i > 1 && e.says(all[i-2], s.except)
		if _, in := slices.BinarySearch(turns, to); !in || excused {
			continue
		}
		gap, known := e.gap(from, to)
		switch {
		case known && gap > s.limit:
			hits = append(hits, e.wholeTurn(to))
		case !known && !e.surelyWithin(from, to, s.limit):
			unknown = true
		}
	}
	return timed(hits, unknown)
}
