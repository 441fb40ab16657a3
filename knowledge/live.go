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
	all := bursts(s)
	if len(all) == 0 || answeredAfter(s, all[len(all)-1]) {
		return LiveQuestion{}, false, nil
	}
	burst := all[len(all)-1]
	a, how := weighBurst(s, burst)
	if how == notAsking {
		return LiveQuestion{}, false, nil
	}
	query := Query{Text: a.text, Context: earlier(s, a.first), Language: s.Language}
	if product, _ := s.Metadata["product"].(string); product != "" {
		query.Products = []string{product}
	}
	suggestions, err := x.Suggest(ctx, query)
	if err != nil {
		return LiveQuestion{}, false, fmt.Errorf("suggest for live session %q, turn %d: %w", s.ID, a.turn, err)
	}
	return LiveQuestion{Turns: burst, Turn: a.turn, Suggestions: suggestions}, true, nil
}

// answeredAfter reports whether somebody has spoken to the customer since.
func answeredAfter(s *transcript.Session, burst []int) bool {
	return slices.ContainsFunc(s.Turns[burst[len(burst)-1]+1:], func(t transcript.Turn) bool {
		return t.IsMessage() && t.Speaker != transcript.Customer && t.Speaker != transcript.System
	})
}
