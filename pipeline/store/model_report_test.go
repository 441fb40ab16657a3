package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/store"
)

func TestReportOnModels(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, c := range []store.CallResult{
		{Status: "ok", Latency: time.Second, Input: 10}, {Status: "ok", Latency: 3 * time.Second}, {Status: "timeout", Latency: time.Hour},
	} {
		ticket, _ := openCall(t, s, call(100), store.CallLimits{})
		closeCall(t, s, ticket, c)
	}
	batch := call(100)
	batch.Purpose = "batch"
	ticket, _ := openCall(t, s, batch, store.CallLimits{})
	closeCall(t, s, ticket, store.CallResult{Status: "ok", Latency: 20 * time.Hour})
	openCall(t, s, call(70), store.CallLimits{})
	old, _ := openCall(t, s, call(100), store.CallLimits{})
	closeCall(t, s, old, store.CallResult{Status: "ok", Latency: time.Minute})
	if _, err := s.Pool().Exec(t.Context(), `UPDATE model_calls SET day = day - 7 WHERE id = $1`, old); err != nil {
		t.Fatal(err)
	}
	got, err := s.ModelReport(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Day.Sub(got.From) != 6*24*time.Hour {
		t.Errorf("the report is of %v to %v, want seven days", got.From, got.Day)
	}
	got.From, got.Day = time.Time{}, time.Time{}
	want := &store.ModelReport{
		Calls:   []store.ModelCalls{{Status: "ok", Today: 3, Week: 3}, {Status: "open", Today: 1, Week: 1}, {Status: "timeout", Today: 1, Week: 1}},
		Latency: store.ModelLatency{Median: new(2 * time.Second), P95: new(2900 * time.Millisecond)},
		Answers: []store.ModelAnswers{}, Open: 1, Tokens: 70, Cost: 70,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
