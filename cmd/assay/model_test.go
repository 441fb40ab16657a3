package main

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"assay/classifiers/llm"
	"assay/classifiers/llm/llmtest"
	"assay/cmd/assay/internal/config"
	"assay/pipeline"
)

func TestEmbeddingIsOnTheLedger(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{Vectors: [][]float32{{1, 2}}}))
	ledger, err := llm.NewMemory(llm.MemoryOptions{Budget: llm.Budget{DayTokens: 20}})
	if err != nil {
		t.Fatal(err)
	}
	p := &program{ctx: t.Context(), log: slog.New(slog.DiscardHandler)}
	var i pipeline.Inspector
	if err := p.addEmbedder(&i, config.Model{BaseURL: server.URL, Embedding: "e", Timeout: time.Minute}, ledger); err != nil {
		t.Fatal(err)
	}
	if _, err := i.Embed.Embed(t.Context(), []string{"a sentence"}); err != nil || ledger.Spent().Tokens == 0 {
		t.Errorf("%+v, %v", ledger.Spent(), err)
	}
	_, err = i.Embed.Embed(t.Context(), []string{"another sentence that is too long for what is left of the day"})
	if u, ok := errors.AsType[*pipeline.Unavailable](err); !ok || u.Reason != pipeline.OverBudget || server.Count() != 1 {
		t.Errorf("beyond the limit: %v, %d requests", err, server.Count())
	}
}
