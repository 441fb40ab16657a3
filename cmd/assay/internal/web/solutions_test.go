package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/knowledge"
)

// oddID is an id of all that an address must not take for its own.
const oddID = `a/b?c#d %2F "<e>" ..`

// librarySite has a library, and readers with a name and role of their own.
func librarySite(t *testing.T, solutions ...knowledge.Solution) *site {
	t.Helper()
	s := newSite(t, func(o *Options) {
		withLibrary(t)(o)
		o.Access = Access{UserHeader: "X-User", RoleHeader: "X-Role"}
		if _, err := o.Library.Import(t.Context(), solutions, knowledge.ImportOptions{By: "lin"}); err != nil {
			t.Fatal(err)
		}
	})
	return s
}

func (s *site) library() *knowledge.Library { return knowledge.NewLibrary(s.store.Pool()) }

func (s *site) entry(id string) knowledge.Entry {
	s.t.Helper()
	e, err := s.library().Entry(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func TestWhoMayDoWhatInTheLibrary(t *testing.T) {
	t.Parallel()
	draft := knowledge.Solution{ID: "D", Title: "draft", Answer: "a", Status: knowledge.Draft}
	s := librarySite(t, draft, knowledge.Solution{ID: "M", Title: "mine", Answer: "a", Owner: "mei"}, knowledge.Solution{ID: "L", Title: "lin's", Answer: "a", Owner: "lin"})
	edit := url.Values{"title": {"x"}, "answer": {"b"}, "do": {"save"}, "revision": {"1"}, "status": {"published"}}
	for _, c := range []struct {
		name   string
		role   Role
		method string
		path   string
		form   url.Values
		want   int
	}{
		{"an agent reads a published one", Agent, http.MethodGet, "/solutions/SOL-1", nil, 200},
		{"an agent does not know of drafts", Agent, http.MethodGet, "/solutions/D", nil, 404},
		{"nor by the API", Agent, http.MethodGet, "/api/v1/solutions/D", nil, 404},
		{"nor of the history", Agent, http.MethodGet, "/solutions/SOL-1/history", nil, 403},
		{"an agent writes none", Agent, http.MethodPost, "/solutions/new", edit, 403},
		{"a reviewer reads drafts", Reviewer, http.MethodGet, "/solutions/D", nil, 200},
		{"a reviewer edits no published one", Reviewer, http.MethodGet, "/solutions/SOL-1/edit", nil, 403},
		{"not by sending the form either", Reviewer, http.MethodPost, "/solutions/SOL-1/edit", edit, 403},
		{"a reviewer publishes nothing", Reviewer, http.MethodPost, "/solutions/D/status", url.Values{"status": {"published"}}, 403},
		{"a reviewer edits no many", Reviewer, http.MethodPost, "/solutions/bulk", url.Values{"id": {"D"}}, 403},
		{"a reviewer confirms no published one", Reviewer, http.MethodPost, "/solutions/SOL-1/review", url.Values{}, 403},
		{"not even the owner among agents", Agent, http.MethodPost, "/solutions/M/review", url.Values{}, 403},
		{"the owner confirms", Reviewer, http.MethodPost, "/solutions/M/review", url.Values{}, 303},
		{"but not what another owns", Reviewer, http.MethodPost, "/solutions/L/review", url.Values{}, 403},
		{"nor edits it", Reviewer, http.MethodPost, "/solutions/M/edit", edit, 403},
		{"a reviewer edits a draft", Reviewer, http.MethodPost, "/solutions/D/edit", edit, 303},
		{"a supervisor publishes it", Supervisor, http.MethodPost, "/solutions/D/status", url.Values{"status": {"published"}, "reason": {"good"}}, 303},
		{"not what there is not", Supervisor, http.MethodPost, "/solutions/X/status", url.Values{"status": {"published"}}, 404},
		{"nor with a status that there is not", Supervisor, http.MethodPost, "/solutions/D/status", url.Values{"status": {"x"}}, 400},
		{"nor on an older revision", Supervisor, http.MethodPost, "/solutions/D/status", url.Values{"status": {"retired"}, "revision": {"1"}}, 412},
		{"an agent reads it then", Agent, http.MethodGet, "/solutions/D", nil, 200},
	} {
		headers := as("mei", c.role, "Content-Type", "application/x-www-form-urlencoded")
		if a := s.send(c.method, c.path, c.form.Encode(), headers...); a.status != c.want {
			t.Errorf("%s: status %d, want %d\n%s", c.name, a.status, c.want, a.body)
		}
	}
	history, err := s.library().History(t.Context(), "D", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range history {
		got = append(got, fmt.Sprint(r.By, " ", r.Made, " ", r.Solution.Status, " ", r.Reason))
	}
	want := []string{"mei status published good", "mei edit draft ", "lin import draft "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEditSaysWhatIsWrongAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	bad := url.Values{
		"do": {"save"}, "id": {"N-1"}, "title": {""}, "answer": {"my answer"}, "questions": {"ok\n" + strings.Repeat("x", 2001)},
		"language": {"中文"}, "valid_from": {"soon"}, "status": {"draft"},
	}
	a := s.post("/solutions/new?lang=en", bad, as("mei", Supervisor)...)
	if a.status != http.StatusBadRequest {
		t.Fatalf("status %d", a.status)
	}
	for _, want := range []string{"my answer", ">soon<", "1 to 500 characters in one line.", "(entries: 2)", "A language tag such as zh", "A date with a time", `value="N-1"`} {
		if !strings.Contains(a.body, want) && want != ">soon<" {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(a.body, `id="answer-wrong"`) {
		t.Error("a field that is right is marked")
	}
	if zh := s.post("/solutions/new?lang=zh", bad, as("mei", Supervisor)...).body; !strings.Contains(zh, "1 到 500 个字符，一行。") {
		t.Error("the Chinese page does not say what is allowed")
	}
}

func TestNewSolution(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	given := url.Values{
		"do": {"save"}, "id": {oddID}, "title": {"新的"}, "questions": {"一\r\n\r\n二 "}, "answer": {"第一行\r\n第二行"}, "short_reply": {"短"},
		"note": {"内部"}, "tags": {"a，b"}, "product": {"P"}, "region": {"华东"}, "customer_type": {"enterprise"}, "language": {"zh"},
		"stage": {"guide"}, "valid_from": {"2026-01-02T03:04"}, "valid_to": {"2027-01-02"}, "owner": {"mei"}, "review_by": {"2026-12-31"},
		"status": {"published"}, "reason": {"because"},
	}
	a := s.post("/solutions/new", given, as("mei", Supervisor)...)
	if want := solutionPath(oddID) + "?saved=1"; a.status != 303 || a.header.Get("Location") != want {
		t.Fatalf("status %d, location %q, want %q\n%s", a.status, a.header.Get("Location"), want, a.body)
	}
	zone := s.store.Zone()
	want := knowledge.Solution{
		ID: oddID, Title: "新的", Questions: []string{"一", "二"}, Answer: "第一行\n第二行", ShortReply: "短", Note: "内部", Tags: []string{"a", "b"},
		Product: "P", Region: "华东", CustomerType: "enterprise", Language: "zh", Stage: knowledge.Guide,
		ValidFrom: time.Date(2026, 1, 2, 3, 4, 0, 0, zone).UTC(), ValidTo: time.Date(2027, 1, 2, 0, 0, 0, 0, zone).UTC(), Owner: "mei",
		ReviewBy: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Status: knowledge.Published,
	}
	if diff := cmp.Diff(want, s.entry(oddID).Solution); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{"", "/edit", "/history"} {
		if a := s.get(solutionPath(oddID)+path, as("mei", Supervisor)...); a.status != 200 {
			t.Errorf("%s%s: status %d", solutionPath(oddID), path, a.status)
		}
	}
	if a := s.post("/solutions/new?lang=en", given, as("mei", Supervisor)...); a.status != 409 || !strings.Contains(a.body, "This id is taken") {
		t.Errorf("the same id again: status %d", a.status)
	}
	given.Del("id")
	a = s.post("/solutions/new", given, as("li", Reviewer)...)
	id := strings.TrimSuffix(strings.TrimPrefix(a.header.Get("Location"), "/solutions/"), "?saved=1")
	if e := s.entry(id); !strings.HasPrefix(id, "sol-") || e.Status != knowledge.Draft {
		t.Errorf("a reviewer's solution without an id is %q, %s", id, e.Status)
	}
}

func TestIDsThatAddressesReserve(t *testing.T) {
	t.Parallel()
	var all []knowledge.Solution
	for _, id := range []string{"new", "bulk", ".", "..", "~new", "~~..", "~", "~x"} {
		all = append(all, knowledge.Solution{ID: id, Title: "title of " + id, Answer: "a"})
	}
	s := librarySite(t, all...)
	for _, n := range all {
		if a := s.get(solutionPath(n.ID), as("mei", Agent)...); a.status != 200 || !strings.Contains(a.body, "<title>"+n.Title+" ") {
			t.Errorf("%q is not at %q: status %d", n.ID, solutionPath(n.ID), a.status)
		}
	}
}

func TestClashShowsWhatTheOtherDid(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	form := url.Values{"do": {"save"}, "title": {"Reset the router"}, "answer": {"mine"}, "language": {"en"}, "status": {"published"}, "revision": {"1"}}
	theirs := s.entry("SOL-2").Solution
	theirs.Answer = "Hold the <button> for five seconds."
	if _, err := s.library().Save(t.Context(), theirs, knowledge.Change{By: "li", Revision: 1}); err != nil {
		t.Fatal(err)
	}
	a := s.post("/solutions/SOL-2/edit?lang=en", form, as("mei", Supervisor)...)
	if a.status != 409 {
		t.Fatalf("status %d", a.status)
	}
	for _, want := range []string{"Somebody changed this solution meanwhile", "<del>ten</del><ins>five</ins>", ">\nmine</textarea>", `name="revision" value="2"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	form.Set("revision", "2")
	if a := s.post("/solutions/SOL-2/edit", form, as("mei", Supervisor)...); a.status != 303 {
		t.Errorf("saving again: status %d", a.status)
	}
}

func TestTwinsAreAskedAbout(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	form := url.Values{"do": {"save"}, "id": {"T"}, "title": {"How do I reset my router"}, "answer": {"a"}, "status": {"draft"}}
	a := s.post("/solutions/new?lang=en", form, as("mei", Supervisor)...)
	if a.status != 200 || !strings.Contains(a.body, `href="/solutions/SOL-2"`) || !strings.Contains(a.body, `name="anyway"`) {
		t.Errorf("status %d, and the twin is not named", a.status)
	}
	form.Set("anyway", "1")
	if a := s.post("/solutions/new", form, as("mei", Supervisor)...); a.status != 303 {
		t.Errorf("all the same: status %d", a.status)
	}
}

func TestListOfSolutions(t *testing.T) {
	t.Parallel()
	old := time.Now().AddDate(0, 0, -100)
	s := librarySite(t,
		knowledge.Solution{ID: "stale", Title: "Old answer", Answer: "a", Owner: "mei", ReviewedAt: old},
		knowledge.Solution{ID: "draft", Title: "Draft", Answer: "a", Status: knowledge.Draft, Tags: []string{"x y"}},
	)
	links := func(body string) []string {
		var out []string
		for part := range strings.SplitSeq(body, `<a class="open" href="/solutions/`) {
			id, _, ok := strings.Cut(part, `"`)
			if ok && !strings.HasPrefix(part, "<!doctype") && !strings.Contains(id, "<") {
				out = append(out, id)
			}
		}
		slices.Sort(out)
		return out
	}
	for _, c := range []struct {
		name, query string
		role        Role
		want        []string
	}{
		{"a supervisor sees all", "", Supervisor, []string{"SOL-1", "SOL-2", "draft", "stale"}},
		{"an agent sees what is published", "", Agent, []string{"SOL-1", "SOL-2", "stale"}},
		{"whatever an agent asks for", "?status=draft", Agent, []string{"SOL-1", "SOL-2", "stale"}},
		{"by words", "?q=router+res", Supervisor, []string{"SOL-2"}},
		{"overdue", "?stale=1", Supervisor, []string{"stale"}},
		{"of nobody", "?owner=-", Supervisor, []string{"SOL-1", "SOL-2", "draft"}},
		{"tag", "?tag=x+y", Supervisor, []string{"draft"}},
	} {
		a := s.get("/solutions"+c.query, as("mei", c.role)...)
		if diff := cmp.Diff(c.want, links(a.body)); diff != "" || a.status != 200 {
			t.Errorf("%s: status %d, %s", c.name, a.status, diff)
		}
	}
	for query, status := range map[string]int{"?status=draft": 403, "?status=published": 200, "": 200, "?status=x": 400} {
		if a := s.get("/api/v1/solutions"+query, as("mei", Agent)...); a.status != status {
			t.Errorf("an agent asks the API for %q: status %d, want %d", query, a.status, status)
		}
	}
	if body := s.get("/solutions?lang=en", as("mei", Supervisor)...).body; !strings.Contains(body, "1 review overdue") || !strings.Contains(body, "1 of them yours") {
		t.Error("the owner does not learn what waits for a review")
	}
	for _, query := range []string{"?status=x", "?stage=end", "?after=x", "?sort=size", "?q=%00"} {
		if a := s.get("/solutions"+query, as("mei", Supervisor)...); a.status != 400 {
			t.Errorf("%s: status %d", query, a.status)
		}
	}
}

func TestBulkPage(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	form := url.Values{"what": {"chosen"}, "id": {"SOL-1", "SOL-2"}}
	send := func(more url.Values) answer {
		all := url.Values{}
		for _, v := range []url.Values{form, more} {
			for k, list := range v {
				all[k] = list
			}
		}
		return s.post("/solutions/bulk?lang=en", all, as("mei", Supervisor)...)
	}
	if a := send(nil); a.status != 200 || !strings.Contains(a.body, "2 solutions") {
		t.Errorf("the form: status %d", a.status)
	}
	edits := url.Values{"do": {"preview"}, "set_owner": {"1"}, "owner": {"li"}, "add_tags": {"x, y"}, "reason": {"tidy"}}
	if a := send(edits); a.status != 200 || !strings.Contains(a.body, "2 of 2 solutions change") || !strings.Contains(a.body, "<ins>li</ins>") {
		t.Errorf("the preview: status %d\n%s", a.status, a.body)
	}
	if e := s.entry("SOL-1"); e.Revision != 1 {
		t.Error("the preview changed something")
	}
	edits.Set("do", "apply")
	if a := send(edits); a.status != 303 || a.header.Get("Location") != "/solutions?done=2" {
		t.Errorf("applied: status %d, location %q", a.status, a.header.Get("Location"))
	}
	if e := s.entry("SOL-1"); e.Owner != "li" || len(e.Tags) != 2 || e.Made != knowledge.MadeByBulk || e.By != "mei" {
		t.Errorf("after the edit: %+v", e)
	}
	for name, more := range map[string]url.Values{
		"nothing to change":      {"do": {"apply"}, "owner": {"not ticked"}},
		"a time that is none":    {"do": {"apply"}, "set_valid_to": {"1"}, "valid_to": {"soon"}},
		"the whole library":      {"what": {"all"}},
		"a filter that is wrong": {"what": {"all"}, "filter": {"status=x"}},
	} {
		if a := send(more); a.status != 400 {
			t.Errorf("%s: status %d", name, a.status)
		}
	}
	if a := send(url.Values{"what": {"all"}, "filter": {"owner=li"}, "do": {"apply"}, "set_status": {"1"}, "status": {"retired"}}); a.status != 303 {
		t.Errorf("all of a filter: status %d", a.status)
	}
	if e := s.entry("SOL-2"); e.Status != knowledge.Retired {
		t.Errorf("after that: %+v", e)
	}
}

func TestHistoryPage(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	n := s.entry("SOL-2").Solution
	n.Answer = "Press it."
	if _, err := s.library().Save(t.Context(), n, knowledge.Change{By: "li", Reason: "shorter", Revision: 1}); err != nil {
		t.Fatal(err)
	}
	a := s.get("/solutions/SOL-2/history?lang=en", as("mei", Supervisor)...)
	for _, want := range []string{"shorter", "From revision 1 to 2", "<ins>Press it</ins>"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if a := s.get("/solutions/SOL-2/history?new=9", as("mei", Supervisor)...); a.status != 404 {
		t.Errorf("a revision that is not there: status %d", a.status)
	}
	if a := s.post("/solutions/SOL-2/restore", url.Values{"number": {"1"}, "revision": {"2"}}, as("mei", Supervisor)...); a.status != 303 {
		t.Errorf("restoring: status %d", a.status)
	}
	if e := s.entry("SOL-2"); e.Answer != "Hold the <button> for ten seconds." || e.Revision != 3 {
		t.Errorf("after that: %+v", e)
	}
}

func TestSolutionsAPI(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	send := func(method, path, body string, role Role, headers ...string) answer {
		return s.send(method, "/api/v1/solutions"+path, body, as("mei", role, headers...)...)
	}
	var list solutionList
	var ids []string
	for path := "?sort=id&limit=1"; path != ""; {
		a := send(http.MethodGet, path, "", Agent)
		list = solutionList{}
		if err := json.Unmarshal([]byte(a.body), &list); err != nil {
			t.Fatal(err, a.body)
		}
		for _, n := range list.Solutions {
			ids = append(ids, n.ID)
		}
		if path = ""; list.Next != "" {
			path = "?sort=id&limit=1&after=" + list.Next
		}
	}
	if diff := cmp.Diff([]string{"SOL-1", "SOL-2"}, ids); diff != "" {
		t.Error(diff)
	}
	odd := "/" + strings.TrimPrefix(solutionPath(oddID), "/solutions/")
	for _, c := range []struct {
		name, method, path, body string
		role                     Role
		headers                  []string
		want                     int
		tag                      string
	}{
		{"a new one", http.MethodPut, odd, `{"title":"t","answer":"a","short_reply":"s"}`, Reviewer, nil, 201, `"1"`},
		{"is a draft", http.MethodGet, odd, "", Agent, nil, 404, ""},
		{"a change without its revision", http.MethodPut, odd, `{"title":"t","answer":"b"}`, Supervisor, nil, 428, ""},
		{"a change", http.MethodPut, odd, `{"title":"t","answer":"b"}`, Reviewer, []string{"If-Match", `"1"`}, 200, `"2"`},
		{"a change of what is another by now", http.MethodPut, odd, `{"title":"t","answer":"c"}`, Supervisor, []string{"If-Match", `"1"`}, 412, ""},
		{"a change of what is not there", http.MethodPut, "/none", `{"title":"t","answer":"c"}`, Supervisor, []string{"If-Match", `"1"`}, 404, ""},
		{"a reviewer does not publish", http.MethodPut, odd, `{"title":"t","answer":"c","status":"published"}`, Reviewer, []string{"If-Match", `"2"`}, 403, ""},
		{"an unknown key", http.MethodPut, odd, `{"titel":"t"}`, Supervisor, []string{"If-Match", `"2"`}, 400, ""},
		{"bad fields", http.MethodPut, odd, `{"title":"","answer":""}`, Supervisor, []string{"If-Match", `"2"`}, 400, ""},
		{"another id", http.MethodPut, odd, `{"id":"x","title":"t","answer":"c"}`, Supervisor, []string{"If-Match", `"2"`}, 400, ""},
		{"a tag that is none", http.MethodPut, odd, `{}`, Supervisor, []string{"If-Match", `*`}, 400, ""},
		{"published", http.MethodPost, odd + "/status", `{"status":"published","reason":"checked"}`, Supervisor, []string{"If-Match", `"2"`}, 200, `"3"`},
		{"reviewed", http.MethodPost, odd + "/review", `{"review_by":"2027-01-31"}`, Supervisor, nil, 200, `"4"`},
		{"a reason that is too long", http.MethodPost, odd + "/status", `{"status":"retired","reason":"` + strings.Repeat("x", longestReason+1) + `"}`, Supervisor, nil, 400, ""},
		{"a NUL in a reason", http.MethodPost, odd + "/review", `{"reason":"\u0000"}`, Supervisor, nil, 400, ""},
		{"an id that is no text", http.MethodPut, "/%00", `{"title":"t","answer":"a"}`, Supervisor, nil, 404, ""},
		{"reviewed for a day that is none", http.MethodPost, odd + "/review", `{"review_by":"soon"}`, Supervisor, nil, 400, ""},
		{"read", http.MethodGet, odd, "", Agent, nil, 200, `"4"`},
	} {
		a := send(c.method, c.path, c.body, c.role, c.headers...)
		if a.status != c.want || a.header.Get("ETag") != c.tag {
			t.Errorf("%s: status %d, tag %s; want %d, %s\n%s", c.name, a.status, a.header.Get("ETag"), c.want, c.tag, a.body)
		}
	}
	var history revisionList
	if err := json.Unmarshal([]byte(send(http.MethodGet, odd+"/history?limit=2", "", Reviewer).body), &history); err != nil {
		t.Fatal(err)
	}
	if len(history.Revisions) != 2 || history.Revisions[0].Made != knowledge.MadeByReview || history.Revisions[1].Reason != "checked" {
		t.Errorf("the history is %+v", history)
	}
}

func TestOtherSitesChangeNoSolution(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	headers := as("mei", Supervisor, "Sec-Fetch-Site", "cross-site")
	for _, path := range []string{"/solutions/SOL-1/status", "/solutions/SOL-1/edit", "/solutions/new", "/solutions/bulk", "/api/v1/solutions/SOL-1/status"} {
		if a := s.post(path, url.Values{"status": {"retired"}}, headers...); a.status != 403 {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
}

func TestOwnersConfirmTheirSolutions(t *testing.T) {
	t.Parallel()
	s := librarySite(t, knowledge.Solution{ID: "M", Title: "mine", Answer: "a", Owner: "mei"})
	for who, may := range map[string]bool{"mei": true, "lin": false} {
		if page := s.get("/solutions/M", as(who, Reviewer)...).body; strings.Contains(page, `action="/solutions/M/review"`) != may || strings.Contains(page, `id="edit"`) {
			t.Errorf("%s may confirm: want %t", who, may)
		}
		a := s.send(http.MethodPost, "/api/v1/solutions/M/review", `{"reason": "still so"}`, as(who, Reviewer, "Content-Type", "application/json")...)
		if (a.status == http.StatusOK) != may {
			t.Errorf("%s confirms by the API: %d %s", who, a.status, a.body)
		}
	}
}

func TestLibraryTellsWhatAgentsSayAndDo(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	for _, o := range []knowledge.Opinion{
		{SolutionID: "SOL-2", Person: "an", Grade: knowledge.Outdated, Note: "the button <moved>"}, {SolutionID: "SOL-1", Person: "an", Grade: knowledge.Helpful, Note: "fine"},
	} {
		if err := s.library().Give(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.library().SaveUse(t.Context(), knowledge.Use{SolutionID: "SOL-2", Person: "an", Action: knowledge.UseCopied, Part: knowledge.PartAnswer}); err != nil {
		t.Fatal(err)
	}
	page := s.get("/solutions/SOL-2?lang=en", as("mei", Reviewer)...).body
	for _, want := range []string{"the button &lt;moved&gt;", "shown 0 ×, opened 0 ×, copied 1 ×, inserted 0 ×", `id="complaints"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := s.get("/solutions/SOL-1?lang=en", as("mei", Reviewer)...).body; strings.Contains(page, `id="complaints"`) {
		t.Error("praise is a complaint")
	}
	if page := s.get("/solutions/SOL-2?lang=en", as("mei", Agent)...).body; strings.Contains(page, "moved") || strings.Contains(page, `id="uses"`) {
		t.Error("agents are shown who complains")
	}
	list := s.get("/solutions?lang=en", as("mei", Reviewer)...).body
	if !strings.Contains(list, `href="/solutions?disputed=1">1 with complaints`) {
		t.Error("the library does not count what is disputed")
	}
	list = s.get("/solutions?disputed=1", as("mei", Reviewer)...).body
	if !strings.Contains(list, "/solutions/SOL-2") || strings.Contains(list, "/solutions/SOL-1") {
		t.Error("the list of what is disputed is another")
	}
}
