package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"assay/pipeline/plan"
	"assay/pipeline/store"
)

// planned makes a plan whose content is its version.
func planned(id, version string) *plan.Plan {
	return &plan.Plan{ID: id, Version: version, Source: []byte("source of " + version)}
}

func publishPlan(t *testing.T, s *store.Store, p *plan.Plan, why string) store.PlanKey {
	t.Helper()
	key, err := s.PublishPlan(t.Context(), p, "li", why)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestThePlanPublishedLastIsInForce(t *testing.T) {
	t.Parallel()
	s := open(t)
	if _, err := s.PlanInForce(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before any plan: %v, want ErrNotFound", err)
	}
	if err := s.RetirePlan(t.Context(), "li", "nothing there"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("retire no plan: %v, want ErrNotFound", err)
	}
	a := publishPlan(t, s, planned("shop", "1"), "first")
	b := publishPlan(t, s, planned("bank", "2"), "second")
	if again := publishPlan(t, s, planned("shop", "1"), "back"); again != a || a == b {
		t.Errorf("keys %d, %d and again %d", a, b, again)
	}
	got, err := s.PlanInForce(t.Context())
	if err != nil || got.Key != a || got.Source != "source of 1" {
		t.Errorf("in force %+v, %v", got, err)
	}
	if err := s.RetirePlan(t.Context(), "wu", "no more"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PlanInForce(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after the plan was retired: %v, want ErrNotFound", err)
	}
	history, err := s.Publications(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	want := []store.Publication{
		{By: "wu", Why: "no more"},
		{Key: a, Slug: "shop", Version: "1", Source: "source of 1", By: "li", Why: "back"},
		{Key: b, Slug: "bank", Version: "2", Source: "source of 2", By: "li", Why: "second"},
	}
	if diff := cmp.Diff(want, history, cmpopts.IgnoreTypes(time.Time{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := s.PublishPlan(t.Context(), planned("shop", "3"), "li", ""); err == nil {
		t.Error("published without a reason")
	}
}

func TestLeftOutTranscriptsAreRecordedOnceUntilTheyHaveAVerdict(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	first, second := publishPlan(t, s, planned("shop", "1"), "x"), publishPlan(t, s, planned("shop", "2"), "x")
	_, stored := imported(t, s, session("a", "x"), session("b", "x"), session("c", "x"))
	leave := func(key store.PlanKey, rule string, stored ...store.Stored) {
		t.Helper()
		var left []store.LeftOut
		for _, st := range stored {
			left = append(left, store.LeftOut{Transcript: st.Key, Plan: key, Rule: rule, Reason: plan.ByShare})
		}
		if err := s.SaveInspections(t.Context(), nil, nil, left, func(pgx.Tx, []store.VerdictKey) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	failure := []store.Failure{{Transcript: stored[0].Key, Reason: store.NoScorecard, Detail: "x"}}
	if err := s.SaveInspections(t.Context(), nil, failure, nil, func(pgx.Tx, []store.VerdictKey) error { return nil }); err != nil {
		t.Fatal(err)
	}
	leave(first, "loans", stored[0], stored[1])
	leave(first, "loans", stored[0])
	counts := func() []store.LeftOutCount {
		t.Helper()
		got, err := s.LeftOutCounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := []store.LeftOutCount{{Slug: "shop", Version: "1", Rule: "loans", Reason: plan.ByShare, Transcripts: 2}}
	if diff := cmp.Diff(want, counts()); diff != "" {
		t.Errorf("recorded twice, or not (-want +got)\n%s", diff)
	}
	if p := progressOf(t, s); p.LeftOut != 2 || p.Failures != 0 || p.Waiting() != 1 || p.Done() {
		t.Errorf("progress %+v, want two left out and one waiting", p)
	}
	again, err := s.OtherwiseLeftOut(t.Context(), 10)
	if err != nil || len(again) != 2 {
		t.Errorf("left out by another version: %v, %v, want 2", again, err)
	}
	leave(second, "rest", stored[0])
	if again, err = s.OtherwiseLeftOut(t.Context(), 10); err != nil || len(again) != 1 || again[0] != stored[1].Key {
		t.Errorf("left out by another version: %v, %v, want the second transcript", again, err)
	}
	save(t, s, card, stored[1:], verdict("b", 50), verdict("c", 50))
	leave(second, "rest", stored[2])
	want = []store.LeftOutCount{{Slug: "shop", Version: "2", Rule: "rest", Reason: plan.ByShare, Transcripts: 1}}
	if diff := cmp.Diff(want, counts()); diff != "" {
		t.Errorf("after verdicts (-want +got)\n%s", diff)
	}
	if p := progressOf(t, s); p.LeftOut != 1 || p.Verdicts != 2 || !p.Done() {
		t.Errorf("progress %+v, want done with one left out", p)
	}
	key, err := s.FindSession(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Session(t.Context(), key); err != nil || v.LeftOutBy == nil || *v.LeftOutBy != "shop 2 rest" {
		t.Errorf("session %+v, %v", v, err)
	}
}
