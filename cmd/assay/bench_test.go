package main

import (
	"testing"

	"assay/classifiers/tone"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// BenchmarkInspect inspects the demo's sessions by the shipped scorecards, one
// session an iteration.
func BenchmarkInspect(b *testing.B) {
	cards, err := shippedCards(scorecard.FirstPacks())
	if err != nil {
		b.Fatal(err)
	}
	t, err := tone.New()
	if err != nil {
		b.Fatal(err)
	}
	var sessions []*transcript.Session
	for rec := range transcript.Read(b.Context(), []string{demoSessions}, transcript.Options{}) {
		sessions = append(sessions, rec.Session)
	}
	inspector := &pipeline.Inspector{Tone: t}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s := sessions[i%len(sessions)]
		card, ok := cardFor(cards, s)
		if !ok {
			b.Fatalf("no scorecard for %q", s.ID)
		}
		if _, err := inspector.Inspect(b.Context(), s, card); err != nil {
			b.Fatal(err)
		}
	}
}
