package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/store"
)

// token makes a token, and returns its secret.
func (s *site) token(change func(*store.Token)) string {
	s.t.Helper()
	secret, prefix, hash := NewSecret()
	t := store.Token{
		Name: prefix, Prefix: prefix, Hash: hash, Scopes: texted(Scopes), Origins: []string{"https://crm.example.com"},
		Calls: 1000, PerSeconds: 1, CreatedBy: "li",
	}
	if change != nil {
		change(&t)
	}
	if err := s.store.CreateToken(s.t.Context(), t); err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// scoped makes a token for these scopes only.
func (s *site) scoped(scopes ...Scope) string {
	return s.token(func(t *store.Token) { t.Scopes = texted(scopes) })
}

// by is the header that carries a secret, with others after it.
func by(secret string, others ...string) []string {
	return append([]string{"Authorization", "Bearer " + secret}, others...)
}

// rereading is a site that does not remember tokens.
func rereading(t *testing.T) *site {
	return newSite(t, func(o *Options) { o.API.Reread = 1; o.Log = slog.New(slog.DiscardHandler) })
}

func TestTokensOpenTheAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	keys := s.seed()
	verdict := fmt.Sprintf("/api/v1/sessions/%d/verdict", keys.rude)
	past := time.Now().Add(-time.Hour)
	all := s.token(nil)
	suggest := s.scoped(ScopeSuggest)
	expired := s.token(func(t *store.Token) { t.ExpiresAt = &past })
	serverSide := s.token(func(t *store.Token) { t.Origins = nil })
	other := s.token(func(t *store.Token) { t.Origins = []string{"https://other.example.com"} })
	crm := "https://crm.example.com"
	tests := []struct {
		name, path string
		headers    []string
		status     int
		detail     string
		challenge  string
	}{
		{"the scope of the route", "/api/v1/suggest?q=x", by(suggest), 200, "", ""},
		{"the scheme in any case", "/api/v1/suggest?q=x", []string{"Authorization", "bEARER  " + suggest}, 200, "", ""},
		{"every scope", verdict, by(all), 200, "", ""},
		{"any token reads the description", "/api/v1/openapi.json", by(suggest), 200, "", ""},
		{"another scope", "/api/v1/flags", by(suggest), 403, "the token is not for this: it needs verdicts:read",
			`Bearer realm="assay", error="insufficient_scope", scope="verdicts:read"`},
		{"an expired one", "/api/v1/suggest?q=x", by(expired), 401, "the token is unknown, revoked or expired", `Bearer realm="assay", error="invalid_token"`},
		{"an unknown one", "/api/v1/suggest?q=x", by("assay_abcdefghij_ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 401, "the token is unknown, revoked or expired", `Bearer realm="assay", error="invalid_token"`},
		{"the right prefix with another secret", "/api/v1/suggest?q=x", by(prefixOf(all) + "_ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 401, "", `Bearer realm="assay", error="invalid_token"`},
		{"a secret and more", "/api/v1/suggest?q=x", by(all + "x"), 401, "", ""},
		{"a secret cut off", "/api/v1/suggest?q=x", by(all[:len(all)-1]), 401, "", ""},
		{"only the mark", "/api/v1/suggest?q=x", by("assay_"), 401, "", ""},
		{"a very long one", "/api/v1/suggest?q=x", by(all + strings.Repeat("x", 10_000)), 401, "", ""},
		{"two of them", "/api/v1/suggest?q=x", by(all, "Authorization", "Bearer "+all), 401, "", ""},
		{"one beside the proxy's", "/api/v1/suggest?q=x", []string{"Authorization", "Basic eA==", "Authorization", "Bearer " + all}, 401, "", ""},
		{"one that is not of our form", "/api/v1/suggest?q=x", []string{"Authorization", "Bearer eyJhbGciOi"}, 401, "", `Bearer realm="assay", error="invalid_token"`},
		{"an empty one", "/api/v1/suggest?q=x", []string{"Authorization", "Bearer"}, 401, "", ""},
		{"a secret without its mark", "/api/v1/suggest?q=x", by(strings.TrimPrefix(all, tokenMark)), 401, "", ""},
		{"another scheme is not ours to judge", "/api/v1/suggest?q=x", []string{"Authorization", "Basic eA=="}, 200, "", ""},
		{"a page of its site", "/api/v1/suggest?q=x", by(all, "Origin", crm, "Sec-Fetch-Site", "cross-site"), 200, "", ""},
		{"a page of our own", "/api/v1/suggest?q=x", by(serverSide, "Origin", s.URL, "Sec-Fetch-Site", "same-origin"), 200, "", ""},
		{"a page of another token's site", "/api/v1/suggest?q=x", by(other, "Origin", crm), 403, "the token is not for pages of this site", ""},
		{"a page of a site, and a token for servers", "/api/v1/suggest?q=x", by(serverSide, "Origin", crm), 403, "", ""},
		{"a page of a foreign site", "/api/v1/suggest?q=x", by(all, "Origin", "https://evil.example"), 403, "", ""},
		{"a site whose name begins so", "/api/v1/suggest?q=x", by(all, "Origin", crm+".evil.example"), 403, "", ""},
		{"a page without an origin", "/api/v1/suggest?q=x", by(all, "Origin", "null"), 403, "", ""},
		{"two origins", "/api/v1/suggest?q=x", by(all, "Origin", crm, "Origin", "https://evil.example"), 403, "", ""},
		{"an agent's id", "/api/v1/suggest?q=x", by(all, "Assay-Agent", "a102"), 200, "", ""},
		{"two agents", "/api/v1/suggest?q=x", by(all, "Assay-Agent", "a102", "Assay-Agent", "a103"), 400, "the header Assay-Agent must hold one agent's id", ""},
		{"an agent that is a token", "/api/v1/suggest?q=x", by(all, "Assay-Agent", "token:other"), 400, "", ""},
		{"an agent's id without a token", "/api/v1/suggest?q=x", []string{"Assay-Agent", "a102"}, 400, "the header Assay-Agent is taken from tokens only", ""},
		{"reveals are for people", fmt.Sprintf("/api/v1/sessions/%d/reveal", keys.rude), by(all), 403, "this is for people, not for tokens", ""},
		{"no token at all", "/api/v1/flags", nil, 200, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			method := http.MethodGet
			if strings.HasSuffix(tt.path, "/reveal") {
				method = http.MethodPost
			}
			a := s.ask(method, tt.path, tt.headers...)
			if a.status != tt.status || !strings.Contains(a.body, tt.detail) {
				t.Errorf("%d %s", a.status, a.body)
			}
			if got := a.header.Get("WWW-Authenticate"); tt.challenge != "" && got != tt.challenge {
				t.Errorf("the challenge is %q", got)
			}
		})
	}
	if a := s.get("/", by("assay_unknown")...); a.status != 200 {
		t.Errorf("pages go by tokens: %d", a.status)
	}
}

func TestTokensHaveTheRoleOfTheirScope(t *testing.T) {
	t.Parallel()
	s := newSite(t, behindProxy(t))
	keys := s.seed()
	models, verdicts := s.scoped(ScopeModelsRead), s.scoped(ScopeVerdictsRead)
	for _, c := range []struct {
		name, path, secret string
		status             int
	}{
		{"models", "/api/v1/models", models, 200},
		{"a verdict of any agent", fmt.Sprintf("/api/v1/sessions/%d/verdict", keys.hostile), verdicts, 200},
		{"no more than the scope", "/api/v1/models", verdicts, 403},
		{"not what the proxy's headers would give", "/api/v1/models", verdicts, 403},
	} {
		if a := s.get(c.path, by(c.secret, as("boss", Admin)...)...); a.status != c.status {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
	if a := s.get("/api/v1/flags", by("eyJhbGciOi", as("boss", Admin)...)...); a.status != 200 {
		t.Errorf("a bearer token that the proxy forwards: %d", a.status)
	}
	if a := s.get("/api/v1/flags", by("assay_x", as("boss", Admin)...)...); a.status != 401 {
		t.Errorf("a wrong token fell back to the proxy's headers: %d", a.status)
	}
	if a := s.get("/", as("boss", Admin)...); a.status != 200 {
		t.Errorf("pages without a token: %d", a.status)
	}
}

func TestTokenReader(t *testing.T) {
	t.Parallel()
	token := &store.Token{Name: "crm", Scopes: []string{"suggest", "sessions:write"}}
	for _, tt := range []struct {
		name, pattern, agent string
		want                 reader
	}{
		{"the token itself", "GET /api/v1/suggest", "", reader{"token:crm", Agent}},
		{"the agent for whom it asks", "GET /api/v1/suggest", "a102", reader{"a102", Agent}},
		{"the role of the scope", "POST /api/v1/sessions/{id}/turns", "", reader{"token:crm", Supervisor}},
		{"nobody without the scope", "GET /api/v1/models", "", reader{}},
		{"nobody where tokens are not taken", "POST /api/v1/sessions/{key}/reveal", "", reader{}},
	} {
		r := &http.Request{Pattern: tt.pattern, Header: http.Header{}}
		if tt.agent != "" {
			r.Header.Set(agentHeader, tt.agent)
		}
		if got := (&server{}).tokenReader(r, token); got != tt.want {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

func TestRevokedTokensEndOnEveryNode(t *testing.T) {
	t.Parallel()
	first := rereading(t)
	h, err := New(Options{Store: first.store, API: API{Reread: 1}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	second := &site{Server: serverOf(t, h), t: t, store: first.store}
	secret := first.token(func(t *store.Token) { t.Name = "crm" })
	for _, node := range []*site{first, second} {
		if a := node.get("/api/v1/flags", by(secret)...); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	list, err := first.store.Tokens(t.Context(), true)
	if err != nil || len(list) != 1 || list[0].LastUsedAt == nil {
		t.Errorf("the token's use is not noted: %+v, %v", list, err)
	}
	if err := first.store.RevokeToken(t.Context(), "crm", "wang"); err != nil {
		t.Fatal(err)
	}
	for _, node := range []*site{first, second} {
		if a := node.get("/api/v1/flags", by(secret)...); a.status != 401 {
			t.Errorf("a revoked token: %d", a.status)
		}
	}
}

func TestRequireToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.API.RequireToken = true })
	secret := s.token(nil)
	a := s.get("/api/v1/flags")
	if a.status != 401 || a.header.Get("WWW-Authenticate") != `Bearer realm="assay"` || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	for path, want := range map[string]int{"/": 200, "/healthz": 200, "/readyz": 200} {
		if a := s.get(path); a.status != want {
			t.Errorf("%s without a token: %d", path, a.status)
		}
	}
	if a := s.get("/api/v1/flags", by(secret)...); a.status != 200 {
		t.Errorf("with a token: %d", a.status)
	}
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	secret := s.token(nil)
	limited := s.token(func(t *store.Token) {
		t.Scopes = []string{"suggest"}
		t.Origins = []string{"https://other.example.com"}
	})
	preflight := func(origin, path string) answer {
		return s.ask("OPTIONS", path, "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization", "Sec-Fetch-Site", "cross-site")
	}
	for _, tt := range []struct {
		name   string
		a      answer
		status int
		origin string
	}{
		{"a page of a token's site may ask", preflight("https://crm.example.com", "/api/v1/suggest"), 204, "https://crm.example.com"},
		{"and so may one of another token's", preflight("https://other.example.com", "/api/v1/suggest"), 204, "https://other.example.com"},
		{"a page of another site may not", preflight("https://evil.example", "/api/v1/suggest"), 403, ""},
		{"nor one without an origin", preflight("null", "/api/v1/suggest"), 403, ""},
		{"pages are not for other sites", preflight("https://crm.example.com", "/suggest"), 405, ""},
		{"an answer", s.get("/api/v1/flags", by(secret, "Origin", "https://crm.example.com")...), 200, "https://crm.example.com"},
		{"a refusal can be read, too", s.get("/api/v1/flags", by(limited, "Origin", "https://other.example.com")...), 403, "https://other.example.com"},
		{"but not by a page of another token's site", s.get("/api/v1/flags", by(secret, "Origin", "https://other.example.com")...), 403, ""},
		{"without a token nothing is for other sites", s.get("/api/v1/flags", "Origin", "https://crm.example.com"), 200, ""},
		{"and nothing is written for them", s.ask("POST", "/api/v1/sessions/1/reveal", "Origin", "https://crm.example.com", "Sec-Fetch-Site", "cross-site"), 403, ""},
	} {
		h := tt.a.header
		if got := h.Get("Access-Control-Allow-Origin"); tt.a.status != tt.status || got != tt.origin {
			t.Errorf("%s: %d, allowed is %q: %s", tt.name, tt.a.status, got, tt.a.body)
		}
		if len(h.Values("Access-Control-Allow-Credentials")) > 0 {
			t.Errorf("%s: credentials are allowed", tt.name)
		}
		if tt.origin != "" && !strings.Contains(strings.Join(h.Values("Vary"), ", "), "Origin") {
			t.Errorf("%s: caches do not know that it varies: %v", tt.name, h)
		}
	}
	if got := preflight("https://crm.example.com", "/api/v1/suggest").header.Get("Access-Control-Allow-Headers"); !strings.Contains(got, "Authorization") || !strings.Contains(got, agentHeader) {
		t.Errorf("headers that may be sent are %q", got)
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.API.Rate = Rate{3, time.Hour} })
	slow := s.token(func(t *store.Token) { t.Calls, t.PerSeconds = 2, 3600 })
	quick := s.token(nil)
	want := []struct {
		status      int
		left, retry string
	}{{200, `"default";r=1;t=1800`, ""}, {200, `"default";r=0;t=3600`, ""}, {429, `"default";r=0;t=3600`, "1800"}}
	for i, w := range want {
		a := s.get("/api/v1/openapi.json", by(slow)...)
		if a.status != w.status || a.header.Get("RateLimit") != w.left || a.header.Get("Retry-After") != w.retry || a.header.Get("RateLimit-Policy") != `"default";q=2;w=3600` {
			t.Errorf("request %d: %d %v", i, a.status, a.header)
		}
	}
	if a := s.get("/api/v1/openapi.json", by(quick)...); a.status != 200 {
		t.Errorf("another token waits for it: %d", a.status)
	}
	for i, w := range []int{200, 401, 401, 429} { // one bucket for an address, also of wrong tokens
		headers := by("assay_wrong")
		if i == 0 {
			headers = nil
		}
		if a := s.get("/api/v1/openapi.json", headers...); a.status != w {
			t.Errorf("request %d of an address: %d, want %d", i, a.status, w)
		}
	}
	if a := s.get("/"); a.status != 200 {
		t.Errorf("pages are counted: %d", a.status)
	}
	if a := s.get("/api/v1/openapi.json", by(quick)...); a.status != 200 {
		t.Errorf("a token waits for its address: %d", a.status)
	}
}

func TestAgentsOfATokenHaveRatesOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	secret, other := s.token(func(t *store.Token) { t.Calls, t.PerSeconds = 2, 3600 }), s.token(nil)
	ask := func(agent string) answer { return s.get("/api/v1/openapi.json", by(secret, agentHeader, agent)...) }
	for i, c := range []struct {
		agent  string
		status int
	}{{"an", 200}, {"an", 200}, {"an", 429}, {"bo", 200}, {"an", 429}, {"bo", 200}, {"bo", 429}} {
		if a := ask(c.agent); a.status != c.status || a.header.Get("RateLimit-Policy") != `"default";q=2;w=3600` {
			t.Errorf("request %d, of %s: %d %v", i, c.agent, a.status, a.header)
		}
	}
	for i := range 2*allAgents - 4 { // what was refused is not counted
		if a := ask(fmt.Sprint("agent ", i)); a.status != 200 {
			t.Fatalf("agent %d: %d %v", i, a.status, a.header)
		}
	}
	a := ask("one too many")
	if a.status != 429 || a.header.Get("RateLimit-Policy") != `"token";q=40;w=3600` || a.header.Get("Retry-After") == "" {
		t.Errorf("beyond what all agents have: %d %v", a.status, a.header)
	}
	if a := s.get("/api/v1/openapi.json", by(other, agentHeader, "an")...); a.status != 200 {
		t.Errorf("an agent of another token waits for them: %d", a.status)
	}
}

func TestRatesOfReadersBehindAProxy(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) {
		behindProxy(t)(o)
		o.API.Rate = Rate{1, time.Hour}
	})
	for i, c := range []struct {
		who    string
		status int
	}{{"li", 200}, {"wang", 200}, {"li", 429}} {
		if a := s.get("/api/v1/openapi.json", as(c.who, Reviewer)...); a.status != c.status {
			t.Errorf("request %d: %d", i, a.status)
		}
	}
}

func TestLimitsForgetThoseNotSeenLately(t *testing.T) {
	t.Parallel()
	l := newLimits()
	for i := range 5 * maxBuckets {
		l.bucket(fmt.Sprint(i), Rate{1, time.Hour})
	}
	if n := len(l.now) + len(l.before); n > 2*maxBuckets {
		t.Errorf("%d askers are remembered", n)
	}
}

// Nothing of a token may stand in a log, nor in the database but for its prefix.
func TestSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := newSite(t, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.API.Reread = time.Hour
	})
	secret := s.token(nil)
	s.get("/api/v1/flags", by(secret)...)
	var row string
	if err := s.store.Pool().QueryRow(t.Context(), `SELECT row_to_json(t)::text FROM api_tokens t`).Scan(&row); err != nil {
		t.Fatal(err)
	}
	s.store.Close()
	if a := s.get("/api/v1/flags", by(secret)...); a.status != 500 || log.Len() == 0 {
		t.Errorf("%d, logged %q", a.status, log.String())
	}
	tail := secret[len(prefixOf(secret)):]
	for where, text := range map[string]string{"log": log.String(), "database": row} {
		if strings.Contains(text, tail) {
			t.Errorf("the %s holds the secret: %s", where, text)
		}
	}
}

func TestSecretsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		secret, prefix, hash := NewSecret()
		if seen[secret] || seen[prefix] || !strings.HasPrefix(secret, prefix+"_") || prefixOf(secret) != prefix || len(secret) > longestToken || len(hash) != 32 {
			t.Fatalf("%q %q", secret, prefix)
		}
		seen[secret], seen[prefix] = true, true
	}
}

// Every route of the API is for tokens of one scope, or for people alone.
func TestEveryRouteHasItsScope(t *testing.T) {
	t.Parallel()
	forPeople := []string{"POST /api/v1/sessions/{key}/reveal"}
	for _, r := range (&server{}).routes() {
		scope := scopeOf(r.pattern)
		if !strings.Contains(r.pattern, " /api/v1/") {
			if scope != noScope {
				t.Errorf("%s is no route of the API, and has the scope %q", r.pattern, scope)
			}
			continue
		}
		if (scope == noScope) != slices.Contains(forPeople, r.pattern) {
			t.Errorf("%s has the scope %q", r.pattern, scope)
		}
		if scope != noScope && scope != anyScope && !slices.Contains(Scopes, scope) {
			t.Errorf("%s has the unknown scope %q", r.pattern, scope)
		}
		if who := (reader{role: scope.role()}); scope != noScope && !who.may(r.least) {
			t.Errorf("%s is for %s, and its scope %q gives %s", r.pattern, r.least, scope, scope.role())
		}
	}
}

func TestScopeOf(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]Scope{
		"GET /api/v1/suggest": ScopeSuggest, "POST /api/v1/suggest": ScopeSuggest, "POST /api/v1/suggest/used": ScopeFeedback,
		"PUT /api/v1/pins/{solution...}": ScopeSuggest, "DELETE /api/v1/feedback/{solution...}": ScopeFeedback,
		"GET /api/v1/sessions/{key}/verdict": ScopeVerdictsRead, "GET /api/v1/flags": ScopeVerdictsRead,
		"POST /api/v1/sessions/{id}/turns": ScopeSessionsWrite, "POST /api/v1/sessions/{id}/end": ScopeSessionsWrite,
		"GET /api/v1/sessions/{id}/events": ScopeLive, "POST /api/v1/sessions/{key}/reveal": noScope,
		"GET /api/v1/solutions": ScopeLibraryRead, "PUT /api/v1/solutions/{id}": ScopeLibraryWrite, "GET /api/v1/solutionsx": noScope,
		"GET /api/v1/coverage": noScope, "POST /api/v1/gaps/{id}/draft": noScope, "GET /api/v1/live": noScope,
		"GET /api/v1/models": ScopeModelsRead, "GET /api/v1/openapi.json": anyScope, "GET /suggest": noScope, "GET /healthz": noScope,
	} {
		if got := scopeOf(pattern); got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}

func TestDescriptionSaysWhatTokensNeed(t *testing.T) {
	t.Parallel()
	type operation struct {
		Security  []map[string][]string `json:"security"`
		Responses map[string]any        `json:"responses"`
	}
	read := func(o Options) (doc struct {
		Paths map[string]map[string]operation `json:"paths"`
	}) {
		s := newSite(t, func(given *Options) { given.API = o.API })
		if err := json.Unmarshal([]byte(s.get("/api/v1/openapi.json", by(s.token(nil))...).body), &doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	doc := read(Options{})
	if diff := cmp.Diff([]map[string][]string{{"token": {"suggest"}}, {}}, doc.Paths["/api/v1/suggest"]["get"].Security); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]map[string][]string{{}}, doc.Paths["/api/v1/sessions/{key}/reveal"]["post"].Security); diff != "" {
		t.Error(diff)
	}
	for path, operations := range doc.Paths {
		for method, o := range operations {
			for _, status := range []string{"401", "403", "429"} {
				if _, ok := o.Responses[status]; ok != strings.HasPrefix(path, "/api/v1/") {
					t.Errorf("%s %s: status %s is described: %t", method, path, status, ok)
				}
			}
		}
	}
	doc = read(Options{API: API{RequireToken: true}})
	if diff := cmp.Diff([]map[string][]string{{"token": {"suggest"}}}, doc.Paths["/api/v1/suggest"]["get"].Security); diff != "" {
		t.Errorf("where a token is required: %s", diff)
	}
}

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Rate{"10/s": {10, time.Second}, "300/m": {300, time.Minute}, "1/h": {1, time.Hour}, "0": {}} {
		if got, err := ParseRate(text); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "10", "0/s", "-1/s", "10/d", "x/s", "10/", "10000000/s", "1.5/s", "10 / s"} {
		if got, err := ParseRate(text); err == nil {
			t.Errorf("%q is the rate %v", text, got)
		}
	}
}

func TestParseOrigin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://crm.example.com": "https://crm.example.com", "HTTPS://CRM.Example.com/": "https://crm.example.com",
		"https://crm.example.com:443": "https://crm.example.com", "http://10.0.0.1:8080": "http://10.0.0.1:8080", "http://[::1]:80": "http://[::1]",
	} {
		if got, err := ParseOrigin(text); got != want || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "*", "null", "crm.example.com", "https://", "https://*.example.com", "https://a.example/path", "https://u@a.example", "ftp://a", "https://a.example?x", "https://a b"} {
		if got, err := ParseOrigin(text); err == nil {
			t.Errorf("%q is the origin %q", text, got)
		}
	}
}

// serverOf starts a server for the time of the test.
func serverOf(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}
