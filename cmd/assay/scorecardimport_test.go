package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportedRulesGiveTheirDocumentedOutcome imports rules whose embedded
// dialogues say whether the rule hits: they are the scorecard's examples.
func TestImportedRulesGiveTheirDocumentedOutcome(t *testing.T) {
	t.Parallel()
	got := assay(t, "scorecard", "import", "--from", "sca", "../../testdata/sca/rules.json")
	if got.status != 1 || !strings.Contains(got.stderr, "people answer the criterion") {
		t.Errorf("status %d, want 1 because something is left behind; standard error:\n%s", got.status, got.stderr)
	}
	card := filepath.Join(t.TempDir(), "imported.yaml")
	if err := os.WriteFile(card, []byte(got.stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := assay(t, "scorecard", "check", card); got.status != 0 || !strings.Contains(got.stdout, "38 criteria: no mistakes") {
		t.Errorf("check: status %d\n%s%s", got.status, got.stdout, got.stderr)
	}
	if got := assay(t, "scorecard", "test", card); got.status != 0 || !strings.Contains(got.stdout, "65 of 65 examples hold") {
		t.Errorf("test: status %d\n%s%s", got.status, got.stdout, got.stderr)
	}
}

func TestImportOfFilesThatAreNoRules(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none.json")
	if err := os.WriteFile(none, []byte(`{"tickets": []}`), 0o600); err != nil {
		t.Fatal(err)
	}
	got := assay(t, "scorecard", "import", "--from", "sca", none)
	if got.status != 2 || got.stdout != "" || !strings.Contains(got.stderr, "no rules found") {
		t.Errorf("status %d, %q, %q", got.status, got.stdout, got.stderr)
	}
}
