package knowledge

import (
	"context"
	"fmt"
	"slices"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// LiveQuestion is what the customer of a running session needs now.
type LiveQuestion struct {
	Turns       []int // of the customer's last messages, joined to one question
	Turn        int   // the one that asks
	Suggestions []pipeline.Suggestion
}

// Live finds the question in the customer's last messages, as far as nobody has
// answered them, and the solutions for it. False when they ask for nothing, or
// nothing waits for an answer.
func (x *Index) Live(ctx context.Context, s *transcript.Session) (LiveQuestion, bool, error) {
	all := Bursts(s)
	if len(all) == 0 || answeredAfter(s, all[len(all)-1].Turns) {
		return LiveQuestion{}, false, nil
	}
	last := all[len(all)-1]
	found := LiveQuestion{Turns: last.Turns, Turn: last.Turn}
	asked := false
	for _, query := range wholeAndPart(last.Query) {
		need, err := x.Need(ctx, query)
		if err != nil {
			return LiveQuestion{}, false, fmt.Errorf("live session %q, turn %d: %w", s.ID, last.Turn, err)
		}
		if need < LeastNeed {
			continue
		}
		asked = true
		if found.Suggestions, err = x.Suggest(ctx, query); err != nil {
			return LiveQuestion{}, false, fmt.Errorf("suggest for live session %q, turn %d: %w", s.ID, last.Turn, err)
		}
		if len(found.Suggestions) > 0 {
			break
		}
	}
	if !asked {
		return LiveQuestion{}, false, nil
	}
	return found, true, nil
}

// wholeAndPart are all words, and, where only one of several sentences has a question
// mark, that one alone: who threatens to complain, and asks how to be refunded, asks for the latter,
// but the whole looks like neither.
func wholeAndPart(q Query) []Query {
	parts := sentences(q.Text)
	var asking []Query
	for _, part := range parts {
		alone := q
		alone.Text = q.Text[part.start:part.end]
		_, marked := flatten(alone.Text)
		if _, n := askingOf(alone.Text); marked && n > 0 {
			asking = append(asking, alone)
		}
	}
	if len(parts) < 2 || len(asking) != 1 {
		return []Query{q}
	}
	return append([]Query{q}, asking...)
}

// answeredAfter reports whether somebody has spoken to the customer since.
func answeredAfter(s *transcript.Session, burst []int) bool {
	return slices.ContainsFunc(s.Turns[burst[len(burst)-1]+1:], func(t transcript.Turn) bool {
		return t.IsMessage() && t.Speaker != transcript.Customer && t.Speaker != transcript.System
	})
}
