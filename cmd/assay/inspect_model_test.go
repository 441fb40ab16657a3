package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"assay/classifiers/llm"
	"assay/cmd/assay/internal/web/text"
	"assay/pipeline"
)

// patient makes accounts with a clock of their own.
func patient(t *testing.T) (*asking, *strings.Builder, *time.Time) {
	t.Helper()
	ledger, err := llm.NewMemory(llm.MemoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	return &asking{Memory: ledger, texts: texts, tell: &told, now: func() time.Time { return now }}, &told, &now
}

func call(t *testing.T, a *asking, status llm.Status) error {
	t.Helper()
	ticket, err := a.Open(t.Context(), llm.Call{Model: "m"})
	if err != nil {
		return err
	}
	return a.Close(t.Context(), ticket, llm.Call{Model: "m"}, llm.Receipt{Status: status, Usage: llm.Usage{Input: 100, Output: 10}})
}

func TestAModelThatFailsIsWaitedForAndGivenUp(t *testing.T) {
	t.Parallel()
	a, told, now := patient(t)
	if err := call(t, a, llm.ServerFailed); err != nil {
		t.Fatal(err)
	}
	began := *now
	for {
		d := a.wait(nil, 10*time.Second)
		if d == 0 {
			break
		}
		if again := a.wait(nil, 10*time.Second); again == 0 {
			t.Fatal("another call does not wait for the same")
		}
		*now = now.Add(d)
	}
	const line = "the model does not answer (failed at the provider); trying again in 10 s\n"
	if waited := now.Sub(began); waited != mostTrouble || told.String() != strings.Repeat(line, 6) || a.waited != mostTrouble {
		t.Errorf("waited %s, %s:\n%s", waited, a.waited, told)
	}
	err := call(t, a, llm.Answered)
	if u, ok := errors.AsType[*pipeline.Unavailable](err); !ok || !u.Until.IsZero() || !a.unanswered(true) {
		t.Errorf("after it was given up: %v", err)
	}
	if got, want := a.why(err), "the model is not asked: it has not answered for 60 s (failed at the provider)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAModelThatAnswersAgainIsAskedOn(t *testing.T) {
	t.Parallel()
	a, told, now := patient(t)
	for range 3 {
		a.count(llm.Receipt{Status: llm.Limited})
		d := a.wait(nil, 5*time.Minute)
		if d != longestWait {
			t.Fatalf("waits %s", d)
		}
		*now = now.Add(d)
		a.count(llm.Receipt{Status: llm.Answered, Usage: llm.Usage{Input: 100, Output: 10}})
	}
	if a.unanswered(true) || strings.Count(told.String(), "the model does not answer (rate limit); trying again in 20 s\n") != 3 {
		t.Error(told)
	}
	if d := a.wait(nil, 7*time.Second); d != 7*time.Second || !strings.HasSuffix(told.String(), "are used up; going on in 7 s\n") {
		t.Errorf("%s for our own limit: %s", d, told)
	}
	if got, want := a.took("m", 2), "m: 6 calls (3 of them failed), 300 tokens sent, 30 answered, price unknown (--price-in, --price-out); 2 sessions judged, waited 67 s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
