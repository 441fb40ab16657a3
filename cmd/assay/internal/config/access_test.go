package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAHeaderForRolesNeedsOneForNames(t *testing.T) {
	t.Parallel()
	for a, wrong := range map[Access]bool{
		{Role: "supervisor"}: false, {UserHeader: "X-User"}: false, {UserHeader: "X-User", RoleHeader: "X-Role"}: false, {RoleHeader: "X-Role"}: true,
	} {
		if err := a.Check(); (err != nil) != wrong {
			t.Errorf("%+v: %v", a, err)
		}
	}
}

func TestPolicyOfRedactionIsRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	for name, c := range map[string]struct {
		src    string
		reveal []string
		wrong  string
	}{
		"roles that may look behind tags": {"redaction: a\nreveal: [reviewer, admin]\n", []string{"reviewer", "admin"}, ""},
		"nobody may":                      {"redaction: a\nreveal: []\n", nil, ""},
		"by default those who supervise":  {"redaction: a\n", []string{"supervisor", "admin"}, ""},
		"an unknown role":                 {"redaction: a\nreveal: [boss]\n", nil, `"boss"`},
		"no list":                         {"redaction: a\nreveal: admin\n", nil, "expected a list"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(c.src), 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := Redaction(path)
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Errorf("error %v, want %q in it", err, c.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.reveal, p.Reveal); diff != "" {
				t.Error(diff)
			}
		})
	}
	if p, err := Redaction(""); err != nil || len(p.Reveal) != 2 {
		t.Errorf("the default policy: %v, %v", p.Reveal, err)
	}
}
