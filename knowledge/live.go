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
	need, err := x.Need(ctx, last.Query)
	if err != nil || need < LeastNeed {
		return LiveQuestion{}, false, err
	}
	suggestions, err := x.Suggest(ctx, last.Query)
	if err != nil {
		return LiveQuestion{}, false, fmt.Errorf("suggest for live session %q, turn %d: %w", s.ID, last.Turn, err)
	}
	return LiveQuestion{Turns: last.Turns, Turn: last.Turn, Suggestions: suggestions}, true, nil
}

// answeredAfter reports whether somebody has spoken to the customer since.
func answeredAfter(s *transcript.Session, burst []int) bool {
	return slices.ContainsFunc(s.Turns[burst[len(burst)-1]+1:], func(t transcript.Turn) bool {
		return t.IsMessage() && t.Speaker != transcript.Customer && t.Speaker != transcript.System
	})
}
