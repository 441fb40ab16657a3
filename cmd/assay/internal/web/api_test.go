package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

func TestAPIFlags(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	keys := s.seed()
	a := s.get("/api/v1/flags?severity=high")
	want := fmt.Sprintf(`{"total":1,"offset":0,"sessions":[{"key":%d,"session_id":"S-rude","channel":"call","language":"zh",`+
		`"started_at":"2026-11-04T09:30:00+08:00","day":"2026-11-04","agent":{"id":"a102","name":"周启明","team":"电商一组"},`+
		`"scorecard":"desk","result":"fail","score":0,"not_met":["polite","patient","greeting"],"flags":[`+
		`{"reason":"critical_failed","severity":"high","criterion":"polite","turn":2},`+
		`{"reason":"score_below_pass","severity":"medium"},{"reason":"tone_fell","severity":"low"}]}]}`+"\n", keys.rude)
	if diff := cmp.Diff(want, a.body); diff != "" {
		t.Error(diff)
	}
	var list flaggedList
	if err := json.Unmarshal([]byte(s.get("/api/v1/flags?limit=1&offset=1").body), &list); err != nil {
		t.Fatal(err)
	}
	if list.Total != 2 || list.Offset != 1 || len(list.Sessions) != 1 || list.Sessions[0].SessionID != "S-hostile" {
		t.Errorf("the second of two sessions is %+v", list)
	}
}

func TestAPIVerdictIsTheStoredOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	keys := s.seed()
	session := rudeSession()
	v := rudeVerdict(session)
	v.SessionID, v.Scorecard = session.ID, s.ref
	want, err := v.JSON()
	if err != nil {
		t.Fatal(err)
	}
	a := s.get(fmt.Sprintf("/api/v1/sessions/%d/verdict", keys.rude))
	if diff := cmp.Diff(string(want), a.body); diff != "" {
		t.Error(diff)
	}
}

func TestAPISuggest(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	var got suggestions
	if err := json.Unmarshal([]byte(s.get("/api/v1/suggest?q=加湿器没有雾&language=zh&limit=1").body), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Suggestions) != 1 || got.Suggestions[0].SolutionID != "SOL-1" || got.Suggestions[0].Answer != "先清洗雾化片，再换纯净水。" {
		t.Errorf("got %+v", got)
	}
	if body := s.get("/api/v1/suggest?q=zebra").body; body != `{"ask":null,"query":"zebra","context":0,"suggestions":[],"source":"index"}`+"\n" {
		t.Errorf("a question without an answer gave %s", body)
	}
	if body := s.get("/api/v1/suggest").body; body != `{"ask":null,"query":"","context":0,"suggestions":[]}`+"\n" {
		t.Errorf("no question gave %s", body)
	}
}

func TestAPIErrorsAreProblems(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.Loopback = true })
	keys := s.seed()
	for name, c := range map[string]struct {
		method, path string
		headers      []string
		status       int
		detail       string
	}{
		"all bad parameters at once": {"GET", "/api/v1/flags?severity=x&from=y&limit=0", nil, 400,
			`severity "x": allowed are high, medium, low; from "y": allowed are YYYY-MM-DD`},
		"an unknown session":        {"GET", "/api/v1/sessions/999/verdict", nil, 404, "load session 999: not found"},
		"a key that is no number":   {"GET", "/api/v1/sessions/x/verdict", nil, 404, `session "x": not found`},
		"no verdict yet":            {"GET", fmt.Sprintf("/api/v1/sessions/%d/verdict", keys.waiting), nil, 404, fmt.Sprintf("session %d: the session has no verdict yet", keys.waiting)},
		"a failure instead":         {"GET", fmt.Sprintf("/api/v1/sessions/%d/verdict", keys.failed), nil, 404, fmt.Sprintf("session %d: the session has no verdict yet: inspection failed: panic", keys.failed)},
		"no library":                {"GET", "/api/v1/suggest?q=x", nil, 503, "there is no solution library"},
		"an unknown address":        {"GET", "/api/v1/nothing", nil, 404, "there is no such page"},
		"another method":            {"DELETE", "/api/v1/flags", nil, 405, "this address is read with GET only"},
		"a request of another site": {"POST", "/api/v1/flags", []string{"Sec-Fetch-Site", "cross-site"}, 403, "requests of other sites are refused"},
		"another host":              {"GET", "/api/v1/flags", []string{"Host", "evil.example"}, 421, "this server answers for the machine it runs on only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.ask(c.method, c.path, c.headers...)
			var p problem
			if err := json.Unmarshal([]byte(a.body), &p); err != nil {
				t.Fatalf("%v in %s", err, a.body)
			}
			if a.status != c.status || p.Status != c.status || p.Title != http.StatusText(c.status) || p.Type != "about:blank" {
				t.Errorf("status %d, problem %+v", a.status, p)
			}
			if !strings.HasPrefix(p.Detail, c.detail) {
				t.Errorf("detail is %q, want %q", p.Detail, c.detail)
			}
			if got := a.header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("content type is %q", got)
			}
		})
	}
	if got := s.ask("DELETE", "/api/v1/flags").header.Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow is %q", got)
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	up := newSite(t, func(o *Options) {
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "assay_up 1\n") })
	})
	down := newSite(t, func(o *Options) {
		o.Ready = func(ctx context.Context) error { return errors.New("the schema is old") }
	})
	for name, c := range map[string]struct {
		s      *site
		path   string
		status int
		body   string
	}{
		"healthy":               {up, "/healthz", 200, `{"status":"ok"}` + "\n"},
		"ready":                 {up, "/readyz", 200, `{"status":"ok"}` + "\n"},
		"ready with a library":  {newSite(t, withLibrary(t)), "/readyz", 200, `{"index":"ready","status":"ok"}` + "\n"},
		"metrics":               {up, "/metrics", 200, "assay_up 1\n"},
		"healthy but not ready": {down, "/healthz", 200, `{"status":"ok"}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a := c.s.get(c.path); a.status != c.status || a.body != c.body {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	if a := down.get("/readyz"); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, `"detail":"not ready"}`) {
		t.Errorf("not ready: %d %s", a.status, a.body)
	}
	if a := down.get("/metrics"); a.status != http.StatusNotFound {
		t.Errorf("metrics without a handler: %d", a.status)
	}
}

func TestOurOwnFaultsAreNotShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.store.Close()
	for _, path := range []string{"/", "/api/v1/flags"} {
		if a := s.get(path); a.status != http.StatusInternalServerError || strings.Contains(a.body, "closed pool") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestStatusOfErrors(t *testing.T) {
	t.Parallel()
	_, away := pgx.Connect(t.Context(), "host="+t.TempDir()+" user=nobody")
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"a database that is away": {away, 503},
		"too slow":                {context.DeadlineExceeded, 503},
		"a missing row":           {store.ErrNotFound, 404},
		"bad parameters":          {badParameters{{Name: "a"}}.or(), 400},
		"anything else":           {errors.New("x"), 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := statusOf(fmt.Errorf("load queue: %w", c.err)); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	if err := (badParameters{}).or(); err != nil {
		t.Errorf("no bad parameter is an error: %v", err)
	}
}

// described are the operations of the description: "GET /path".
func described(t *testing.T) []string {
	t.Helper()
	var doc struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(description, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Errorf("the description is of version %q", doc.OpenAPI)
	}
	var out []string
	for path, methods := range doc.Paths {
		for method := range methods {
			out = append(out, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(out)
	return out
}

func TestDescriptionHasEveryRouteAndNoOther(t *testing.T) {
	t.Parallel()
	s := &server{o: Options{Metrics: http.NotFoundHandler(), Live: new(jobs.Live)}}
	var want []string
	for _, r := range s.routes() {
		if r.kind == programs {
			want = append(want, r.pattern)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, described(t)); diff != "" {
		t.Error(diff)
	}
}

func TestDescriptionListsTheClosedLists(t *testing.T) {
	t.Parallel()
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Enum []string `json:"enum"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(description, &doc); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"FlagReason": texted(pipeline.FlagReasons), "Severity": texted(pipeline.FlagSeverities), "Outcome": texted(pipeline.Outcomes),
		"Result": texted(pipeline.Results), "Channel": texted(transcript.Channels), "EndpointState": texted(endpointStates),
		"Stage": texted(knowledge.Stages), "Grade": texted(knowledge.Grades), "CustomerType": transcript.CustomerTypes,
		"SolutionStatus": texted(knowledge.Statuses), "Validity": texted(knowledge.Validities), "RevisionCause": texted(knowledge.Causes), "SuggestionSource": texted(knowledge.Sources),
	} {
		if diff := cmp.Diff(want, doc.Components.Schemas[name].Enum); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func texted[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func TestDescriptionResolves(t *testing.T) {
	t.Parallel()
	var doc map[string]any
	if err := json.Unmarshal([]byte(newSite(t, nil).get("/api/v1/openapi.json").body), &doc); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok && !resolves(doc, ref) {
				t.Errorf("%s leads nowhere", ref)
			}
			for _, e := range v {
				walk(e)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(doc)
}

func resolves(doc any, ref string) bool {
	for _, key := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		m, ok := doc.(map[string]any)
		if !ok {
			return false
		}
		doc = m[key]
	}
	return doc != nil
}
