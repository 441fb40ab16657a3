package knowledge

import (
	"context"
	"fmt"
	"strings"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

const (
	// carriedScore is the score of a solution that a question was given for going on with
	// an earlier one: it was right for 23 of 28 in testdata/asking/follow_held_out.jsonl,
	// and for 46 of 54 in the demo, where the others had no solution or were no questions.
	carriedScore = 0.8
	// topicBursts is how many bursts without a question about it end a topic.
	topicBursts = 5
	// leastBroached is the score from which on few words, in the middle of a topic, are
	// taken for another one.
	leastBroached = 0.75
)

// topic is what the questions of a session are about: the solution for the last one.
type topic struct {
	solution pipeline.Suggestion // none while it is unknown
	unknown  bool                // there was a question, and no solution for it
	bursts   int                 // since the last question
}

// known reports whether the customer may still speak of a solution.
func (t *topic) known() bool { return t.solution.SolutionID != "" && t.bursts <= topicBursts }

// asked returns what a burst asks, nil when it asks for nothing, and moves the topic.
func (x *Index) asked(ctx context.Context, s *transcript.Session, b *Burst, t *topic) (*pipeline.Question, error) {
	h, err := x.listen(ctx, b.Query)
	if err != nil {
		return nil, err
	}
	t.bursts++
	q := &pipeline.Question{Turn: b.Turn, Text: b.Query.Text, Suggestions: []pipeline.Suggestion{}}
	on := newAskedOn(joinWords(s, b.Turns), h)
	needs := h.need() >= LeastNeed
	if !needs && !on.plainly {
		return nil, nil
	}
	carried, err := x.carried(ctx, b.Query, &on, t)
	if err != nil || !needs && carried == nil {
		return nil, err
	}
	if h.words > 0 {
		if q.Suggestions, err = x.suggest(ctx, b.Query, max(inspectWait, x.o.EmbedWait)); err != nil {
			return nil, fmt.Errorf("suggest: %w", err)
		}
	}
	t.choose(q, carried, &on)
	if !needs && !q.Carried {
		return nil, nil
	}
	t.move(q, &on)
	return q, nil
}

// carried returns the topic's solution for a burst that goes on with it; nil for another.
func (x *Index) carried(ctx context.Context, query Query, on *askedOn, t *topic) (*pipeline.Suggestion, error) {
	if !t.known() || len(on.asking) == 0 {
		return nil, nil
	}
	familiar := false
	out := t.solution
	out.Score = carriedScore
	query.Text = on.text
	err := x.search(ctx, func(g *generation) error {
		g.mu.RLock()
		defer g.mu.RUnlock()
		familiar = g.analyzers.familiar(on.asking, query.Context, &out)
		if q := g.newQuestion(query); q != nil {
			out.Passage = g.passage(q, out.Answer)
		}
		return nil
	}, func(f *fallback) error {
		familiar = f.analyzers.familiar(on.asking, query.Context, &out)
		return nil
	})
	if err != nil || !familiar {
		return nil, err
	}
	return &out, nil
}

// choose gives a question the topic's solution where nothing likely was found for it
// alone. Of an unknown topic, what a few words find is nothing.
func (t *topic) choose(q *pipeline.Question, carried *pipeline.Suggestion, on *askedOn) {
	found := q.Suggestions
	vague := len(found) > 0 && on.few && len(on.asking) > 0 && found[0].Score < leastBroached
	switch {
	case carried != nil && (len(found) == 0 || vague && found[0].SolutionID != carried.SolutionID):
		q.Carried, q.Suggestions = true, []pipeline.Suggestion{*carried}
		if q.Text == "" {
			q.Text = on.text
		}
	case vague && t.unknown:
		q.Suggestions = []pipeline.Suggestion{}
	}
}

// move takes note of a question. One that turns to something else, or that is the
// first, leaves the topic unknown when nothing answers it.
func (t *topic) move(q *pipeline.Question, on *askedOn) {
	t.bursts = 0
	switch {
	case len(q.Suggestions) > 0:
		t.solution, t.unknown = q.Suggestions[0], false
	case on.turns || !t.known():
		t.solution, t.unknown = pipeline.Suggestion{}, true
	}
}

// joinWords joins all that was said at turns, short words included.
func joinWords(s *transcript.Session, turns []int) string {
	parts := make([]string, len(turns))
	for i, turn := range turns {
		parts[i] = strings.TrimSpace(s.Turns[turn].Text)
	}
	return shorten(strings.Join(parts, " "))
}
