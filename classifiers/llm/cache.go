package llm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"assay/pipeline"
)

// goodAnswer is an answer that was found good.
type goodAnswer struct {
	Answer claim  `json:"answer"`
	Model  string `json:"model"`
	Input  string `json:"input"`
}

// key names an answer by all that it depends on.
func (s *sitting) key(lines []promptLine, q *query) (string, error) {
	of, err := json.Marshal([]any{s.o.Client.Name(), s.o.Client.o.Extra, s.prompts.hash, s.reasons, lines, q, q.speaker, s.q.Vote})
	if err != nil {
		return "", fmt.Errorf("key of %q: %w", q.ID, err)
	}
	sum := sha256.Sum256(of)
	return "judge " + hex.EncodeToString(sum[:]), nil
}

// known is the judgement that an answer kept before gives.
func (s *sitting) known(ctx context.Context, w window, lines []promptLine, q *query) (pipeline.Judgement, bool, error) {
	key, err := s.key(lines, q)
	if err != nil {
		return pipeline.Judgement{}, false, err
	}
	value, ok, err := s.o.Ledger.Known(ctx, key)
	if err != nil || !ok {
		return pipeline.Judgement{}, false, err
	}
	var k goodAnswer
	if err := json.Unmarshal(value, &k); err != nil {
		return pipeline.Judgement{}, false, fmt.Errorf("answer kept for %q: %w", q.ID, err)
	}
	f := s.view.check(w, q, k.Answer)
	return s.judgement(&inquiry{model: k.Model, input: k.Input}, f), true, nil
}

// keep keeps an answer that was found good. Others may be better next time.
func (s *sitting) keep(ctx context.Context, c *inquiry, q *query) error {
	a, ok := c.answers[q.ID]
	if !ok {
		return nil
	}
	key, err := s.key(c.lines, q)
	if err != nil {
		return err
	}
	value, err := json.Marshal(goodAnswer{a, c.model, c.input})
	if err != nil {
		return fmt.Errorf("keep answer to %q: %w", q.ID, err)
	}
	return s.o.Ledger.Keep(ctx, key, value)
}
