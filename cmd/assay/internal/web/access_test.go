package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRolesOpenPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, behindProxy(t))
	keys := s.seed()
	for path, least := range map[string]Role{
		"/": Agent, "/suggest": Agent, "/problems": Reviewer, "/backtests": Reviewer, "/models": Supervisor, "/reveals": Supervisor,
		"/api/v1/flags": Agent, "/api/v1/models": Supervisor, "/api/v1/openapi.json": Agent, fmt.Sprintf("/sessions/%d", keys.rude): Reviewer,
		fmt.Sprintf("/api/v1/sessions/%d/verdict", keys.rude): Reviewer,
	} {
		for i, role := range Roles {
			want := 403
			if i >= slices.Index(Roles, least) {
				want = 200
			}
			if a := s.get(path, as("somebody", role)...); a.status != want {
				t.Errorf("%s as %s: %d, want %d", path, role, a.status, want)
			}
		}
		if a := s.get(path); a.status != 403 {
			t.Errorf("%s past the proxy: %d", path, a.status)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/static/nothing"} {
		if a := s.get(path); a.status == 403 {
			t.Errorf("%s needs a role", path)
		}
	}
}

func TestAgentsSeeTheirOwnSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, behindProxy(t))
	keys := s.seed()
	own := as("a102", Agent)
	body := s.get("/", own...).body
	if diff := cmp.Diff([]string{"S-rude"}, queued(body)); diff != "" {
		t.Error(diff)
	}
	for _, other := range []string{"b201", "Retail East", `href="/problems"`, `href="/models"`, "queue.inspected", `name="team"`} {
		if strings.Contains(body, other) {
			t.Errorf("the queue of an agent holds %q", other)
		}
	}
	if got := s.get("/api/v1/flags?agent=b201", own...).body; strings.Contains(got, "S-hostile") || !strings.Contains(got, `"total":0`) {
		t.Errorf("the API shows %s", got)
	}
	for key, want := range map[any]int{keys.rude: 200, keys.hostile: 403, keys.clean: 403, keys.waiting: 403} {
		if a := s.get(fmt.Sprintf("/sessions/%v", key), own...); a.status != want {
			t.Errorf("session %v: %d, want %d", key, a.status, want)
		}
		if a := s.get(fmt.Sprintf("/api/v1/sessions/%v/verdict", key), own...); a.status != want {
			t.Errorf("verdict of %v: %d, want %d", key, a.status, want)
		}
	}
	if got := queued(s.get("/", as("周启明", Agent)...).body); len(got) > 0 {
		t.Errorf("an agent whose id is another's name sees %q", got)
	}
}

func TestOneRoleForAll(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.Access.Role = Reviewer })
	for path, want := range map[string]int{"/": 200, "/problems": 200, "/models": 403} {
		if a := s.get(path, as("li", Admin)...); a.status != want { // headers that nobody trusts
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
	for name, a := range map[string]Access{"an unknown role": {Role: "root"}, "a role without a name": {RoleHeader: "X-Role"}} {
		if _, err := New(Options{Store: s.store, Access: a}); err == nil {
			t.Errorf("%s must be refused", name)
		}
	}
}
