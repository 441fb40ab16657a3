package rule

import (
	"fmt"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// speakerAt hits when a certain turn in range is somebody's:
//
//	speaker_at: {position: 1, is: agent}
//
// Position counts from 1, or from −1 backwards. The system's turns count only
// when it is the one asked for.
type speakerAt struct {
	position int
	is       transcript.Speaker
}

func readSpeakerAt(_ *builder, c *condition, m *scorecard.Map) test {
	s := &speakerAt{}
	if n := m.Must("position"); n != nil {
		s.position = n.Int(-10_000, 10_000)
		if s.position == 0 {
			n.Problem([]string{"1, 2, … from the beginning", "-1, -2, … from the end"}, "there is no position 0")
		}
	}
	if n := m.Must("is"); n != nil {
		var allowed []string
		for _, speaker := range transcript.Speakers {
			allowed = append(allowed, string(speaker))
		}
		s.is = transcript.Speaker(n.OneOf(allowed...))
	}
	if c.Where.Speaker != "" {
		c.Place.Problem([]string{"is"}, "speaker_at counts the turns of all speakers: leave the condition's speaker out")
	}
	return s
}

func (s *speakerAt) judge(e *Evaluation, turns []int) outcome {
	t := s.turn(e, turns)
	if t < 0 || e.in.Session.Turns[t].Speaker != s.is {
		return notHit()
	}
	return hit(e.wholeTurn(t))
}

// turn is the one at the position, −1 when there are not so many.
func (s *speakerAt) turn(e *Evaluation, turns []int) int {
	left := max(s.position, -s.position)
	for i := range turns {
		t := turns[i]
		if s.position < 0 {
			t = turns[len(turns)-1-i]
		}
		by := e.in.Session.Turns[t].Speaker
		if by == transcript.System && s.is != transcript.System {
			continue
		}
		if left--; left == 0 {
			return t
		}
	}
	return -1
}

// nearest is whose turn it is, or that there are not so many.
func (s *speakerAt) nearest(e *Evaluation, turns []int) (Near, bool) {
	t := s.turn(e, turns)
	if t < 0 {
		return Near{-1, fmt.Sprintf("only %d turns, position %d asked for", len(turns), s.position)}, true
	}
	return Near{t, fmt.Sprintf("turn %d in range is of %s, not %s", s.position, e.in.Session.Turns[t].Speaker, s.is)}, true
}
