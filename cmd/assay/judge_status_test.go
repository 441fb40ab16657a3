package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
)

func TestStatusSaysWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	s := store.New(pool, store.Options{})
	ticket, refused, err := s.OpenCall(t.Context(), store.ModelCall{
		Purpose: "judge", Endpoint: "models.example", Model: "m", SourceID: "S", Criteria: []string{"polite"}, Timeout: time.Minute,
	}, store.CallLimits{})
	if err != nil || refused != nil {
		t.Fatal(err, refused)
	}
	taken := map[string]string{"polite": "met"}
	if _, err := s.CloseCall(t.Context(), ticket, store.CallResult{Model: "m", Status: "ok", Input: 1200, Output: 34, Taken: taken}); err != nil {
		t.Fatal(err)
	}
	got := assay(t, "judge", "status", "--database-url="+pool.Config().ConnString())
	for _, want := range []string{
		`all +1 +0 +1 +1200 +0 +34 +unknown\n`, `\ntoday +calls +answers that count +tokens +cost\n`, `criterion +polite +1 +1 +1234 +unknown\n`,
	} {
		if !regexp.MustCompile(want).MatchString(got.stdout) {
			t.Errorf("exit status %d, no %q in\n%s%s", got.status, want, got.stdout, got.stderr)
		}
	}
	if strings.Contains(got.stdout, "0.0000") {
		t.Errorf("a price that nobody knows is printed:\n%s", got.stdout)
	}
}
