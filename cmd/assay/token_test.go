package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"assay/pipeline/store/storetest"
)

func TestTokenCommands(t *testing.T) {
	t.Parallel()
	url := storetest.New(t).Config().ConnString()
	token := func(args ...string) result {
		t.Helper()
		return assay(t, append(append([]string{"token"}, args...), "--database-url", url)...)
	}
	r := token("create", "crm", "--scope", "suggest", "--scope", "feedback", "--origin", "HTTPS://crm.example.com/", "--expires", "90d", "--rate", "300/m", "--by", "li")
	if r.status != exitDone || !regexp.MustCompile(`^assay_[a-z2-7]{10}_[A-Z2-7]{26}\n$`).MatchString(r.stdout) || !strings.Contains(r.stderr, "not shown again") {
		t.Fatalf("%+v", r)
	}
	if !strings.Contains(r.stderr, `<assay-suggest token="SECRET"`) || strings.Contains(r.stderr, strings.TrimSpace(r.stdout)) || strings.Contains(r.stderr, "takes --") {
		t.Errorf("how to use it in a page: %s", r.stderr)
	}
	secret := strings.TrimSpace(r.stdout)
	list := token("list")
	day := time.Now().AddDate(0, 0, 90).Local().Format(time.DateOnly)
	for _, part := range []string{"crm  ", secret[:16] + "…", "feedback,suggest", "300/m", "https://crm.example.com", "used never", "ends " + day} {
		if !strings.Contains(list.stdout, part) {
			t.Errorf("the list lacks %q: %s", part, list.stdout)
		}
	}
	if strings.Contains(list.stdout, secret[17:]) {
		t.Errorf("the list shows the secret: %s", list.stdout)
	}
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"a name that is taken": {[]string{"create", "crm", "--scope", "suggest"}, exitUsage, "is in force already"},
		"everything wrong at once": {[]string{"create", "a b", "--scope", "root", "--origin", "*", "--expires", "yesterday", "--rate", "0"}, exitUsage,
			"assay: --rate: a token needs a limit; allowed: 10/s, 300/m, 1000/h and similar\n" +
				"name: \"a b\" is no name; allowed: up to 64 letters, digits, \"_\", \"-\", \".\"\n" +
				"--scope: \"root\" is unknown; allowed: suggest, feedback, live, sessions:write, verdicts:read, library:read, library:write, models:read\n" +
				"--origin: \"*\" is no origin; allowed: a scheme and a host, with a port where it is not the usual one, such as https://crm.example.com\n" +
				"--expires: \"yesterday\" is no time to come; allowed: 90d, 12h, 2026-12-31 and similar, up to 3650d\n"},
		"no scope":     {[]string{"create", "x"}, exitUsage, "--scope"},
		"unknown name": {[]string{"revoke", "nobody"}, exitProblems, `no token in force is called "nobody"`},
	} {
		if r := token(c.args...); r.status != c.status || !strings.Contains(r.stderr, c.want) || r.stdout != "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := token("revoke", secret[:16]); r.status != exitDone || r.stdout != secret[:16]+" is revoked\n" {
		t.Errorf("%+v", r)
	}
	if r := token("list"); r.stdout != "" {
		t.Errorf("a revoked token is listed: %s", r.stdout)
	}
	var line tokenLine
	if err := json.Unmarshal([]byte(token("list", "--all", "--json").stdout), &line); err != nil || line.RevokedAt == nil || *line.RevokedBy != systemUser() || line.CreatedBy != "li" {
		t.Errorf("%+v, %v", line, err)
	}
	if r := token("create", "crm", "--scope", "suggest", "--json"); r.status != exitDone || !json.Valid([]byte(r.stdout)) {
		t.Errorf("a name is not free again: %+v", r)
	}
	if r := token("create", "bare", "--scope", "suggest"); !strings.Contains(r.stderr, "takes --origin") || !strings.Contains(r.stderr, "takes --scope feedback") {
		t.Errorf("what it lacks for a page: %s", r.stderr)
	}
	if r := token("create", "models", "--scope", "models:read"); strings.Contains(r.stderr, "assay-suggest") {
		t.Errorf("a token that suggests nothing: %s", r.stderr)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"90d": now.AddDate(0, 0, 90), "12h": now.Add(12 * time.Hour), "2026-03-01": time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
	} {
		if got, err := expiry(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"0d", "-1d", "3651d", "2026-02-28", "x", "1y", "99999999999d", "2026-13-01"} {
		if got, err := expiry(text, now); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
