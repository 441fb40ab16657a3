package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/knowledge"
)

// json sends a JSON body.
func (s *site) json(method, path, body string, headers ...string) answer {
	s.t.Helper()
	return s.send(method, path, body, append([]string{"Content-Type", "application/json"}, headers...)...)
}

// suggested asks the API, and returns what it answers.
func (s *site) suggested(body string, headers ...string) suggestions {
	s.t.Helper()
	a := s.json("POST", "/api/v1/suggest", body, headers...)
	var got suggestions
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != http.StatusOK {
		s.t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return got
}

// number is that of a question as texts have it.
func (s suggestions) number() string {
	if s.Ask == nil {
		return "0"
	}
	return strconv.FormatInt(int64(*s.Ask), 10)
}

func TestAPIAsk(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	for name, c := range map[string]struct {
		body, query string
		context     int
		made        knowledge.AskMade
		first       string // solution; "" is none
	}{
		"a text":             {`{"text": "how do I reset my router"}`, "how do I reset my router", 0, knowledge.AskTyped, "ROUTER-1"},
		"a pasted chat":      {`{"text": "Customer: my router is slow\nAgent: I see.\nCustomer: how do I reset my router?"}`, "how do I reset my router?", 2, knowledge.AskPasted, "ROUTER-1"},
		"turns":              {`{"turns": [{"speaker": "customer", "text": "水壶漏水怎么办"}, {"speaker": "agent", "text": "请稍等"}]}`, "水壶漏水怎么办", 0, knowledge.AskTurns, "KETTLE-3"},
		"a text after turns": {`{"text": "how do I reset it", "turns": [{"speaker": "customer", "text": "my router lost the line"}]}`, "how do I reset it", 1, knowledge.AskTurns, "-"},
		"another product":    {`{"text": "how do I reset my router", "products": ["电水壶"]}`, "how do I reset my router", 0, knowledge.AskTyped, ""},
		"nothing fits":       {`{"text": "xylophone"}`, "xylophone", 0, knowledge.AskTyped, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.suggested(c.body)
			first := ""
			if len(got.Suggestions) > 0 {
				first = got.Suggestions[0].SolutionID
			}
			if got.Query != c.query || got.Context != c.context || got.Ask == nil || c.first != "-" && first != c.first {
				t.Errorf("asked %q with %d before, found %q", got.Query, got.Context, first)
			}
			if n := s.count("asks WHERE made = '" + string(c.made) + "' AND id = " + got.number() + " AND person = 'wang' AND answered = " + strconv.FormatBool(first != "")); n != 1 {
				t.Error("it is not written down as it was")
			}
		})
	}
	if got := s.suggested(`{"text": "how do I reset my router", "typing": true}`); got.Ask != nil || len(got.Suggestions) == 0 {
		t.Errorf("what is being typed is question %s with %d answers", got.number(), len(got.Suggestions))
	}
	if timing := s.get("/api/v1/suggest?q=router+restart").header.Get("Server-Timing"); !strings.Contains(timing, "search;dur=") || !strings.Contains(timing, "total;dur=") {
		t.Errorf("Server-Timing is %q", timing)
	}
}

func TestQuestionsAreKeptWithoutPersonalData(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	s.suggested(`{"text": "水壶漏水怎么办，我的手机号是13800138000"}`)
	a := s.json("POST", "/api/v1/feedback", `{"solution_id": "KETTLE-3", "grade": "wrong", "note": "call 13800138000"}`)
	if a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if n := s.count("asks WHERE text LIKE '%13800138000%'") + s.count("feedback WHERE note LIKE '%13800138000%'"); n > 0 {
		t.Error("a phone number is kept")
	}
	if s.count("asks WHERE text LIKE '水壶漏水%'") != 1 || s.count("feedback WHERE note LIKE 'call <%'") != 1 {
		t.Error("the rest is not kept")
	}
}

func TestWhatSuggestionsTell(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	got := s.suggested(`{"text": "水壶里有水垢怎么洗"}`)
	if len(got.Suggestions) == 0 || got.Suggestions[0].SolutionID != "KETTLE-7" || !got.Suggestions[0].Stale {
		t.Fatalf("a solution whose review is overdue is not stale: %+v", got)
	}
	got = s.suggested(`{"text": "水壶漏水怎么办"}`)
	h := got.Suggestions[0]
	if h.Stale || h.ValidUntil != "2035-12-31" || h.Owner != "李娜" || h.Revision != 1 || h.Note == "" || !strings.Contains(string(h.AnswerHTML), "<strong>30 天内</strong>") || strings.Contains(h.Passage, "**") {
		t.Errorf("the source is %+v", h)
	}
	joined := ""
	for _, p := range h.Parts {
		joined += p.Text
	}
	if joined != h.Passage {
		t.Errorf("the parts are %q, the passage %q", joined, h.Passage)
	}
	if _, err := s.store.Pool().Exec(t.Context(), `UPDATE solutions SET status = 'retired' WHERE id = 'KETTLE-3'`); err != nil {
		t.Fatal(err)
	}
	for _, h := range s.suggested(`{"text": "水壶漏水怎么办"}`).Suggestions {
		if h.SolutionID == "KETTLE-3" {
			t.Error("what was taken back is suggested until the index follows")
		}
	}
}

func TestSuggestionsAreStaleWhenTheLibrarySays(t *testing.T) {
	t.Parallel()
	shelf := withShelf(t)
	s := newSite(t, func(o *Options) { shelf(o); o.StaleAfter = time.Nanosecond })
	if list := s.suggested(`{"text": "how do I reset my router"}`).Suggestions; len(list) != 1 || !list[0].Stale {
		t.Errorf("after a nanosecond: %+v", list)
	}
}

// Agents and programs are told which search answered.
func TestAnswersSayWhereTheyComeFrom(t *testing.T) {
	t.Parallel()
	const asked = `{"text": "how do I reset my router"}`
	lines := map[string]string{"en": "PostgreSQL searches: misspelled", "zh": "现由 PostgreSQL 查找"}
	for source, s := range map[knowledge.Source]*site{
		knowledge.FromIndex:      newSite(t, withShelf(t)),
		knowledge.FromPostgreSQL: newSite(t, withOpened(t, shelf(), knowledge.Options{Postpone: true})),
	} {
		if got := s.suggested(asked); got.Source != source || len(got.Suggestions) == 0 {
			t.Errorf("%d suggestions are from %q, want %q", len(got.Suggestions), got.Source, source)
		}
		if got := s.suggested(`{"text": "", "stage": "guide"}`); got.Source != "" {
			t.Errorf("scripts are from %q", got.Source)
		}
		for lang, line := range lines {
			page := s.get("/suggest?q=router+restart&lang=" + lang).body
			if got := strings.Contains(page, line); got != (source == knowledge.FromPostgreSQL) {
				t.Errorf("%s, answers from %s: the page says so: %t", lang, source, got)
			}
		}
		if got := strings.Contains(s.get("/suggest").body, lines["en"]); got {
			t.Error("the page says so before anything is asked")
		}
	}
}

func TestSuggestionsWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	s.store.Close()
	got := s.suggested(`{"text": "how do I reset my router"}`)
	if !got.Degraded || got.Ask != nil || len(got.Suggestions) == 0 || got.Suggestions[0].Answer == "" {
		t.Errorf("without the database: %+v", got)
	}
	for name, a := range map[string]answer{
		"the page":                   s.get("/suggest?lang=en"),
		"a question":                 s.get("/suggest?lang=en&q=how+do+I+reset+my+router"),
		"scripts":                    s.get("/suggest?lang=en&stage=guide"),
		"the page, once it is empty": s.post("/suggest?lang=en", url.Values{}),
	} {
		if a.status != http.StatusOK || !strings.Contains(a.body, "The database is away") || strings.Contains(name, "question") != strings.Contains(a.body, `data-id="ROUTER-1"`) {
			t.Errorf("%s without the database: %d", name, a.status)
		}
	}
}

// TestStagesHaveScriptsOnly holds what is said of stages: the page's choice is
// between answers and the scripts of one stage.
func TestStagesHaveScriptsOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	for body, want := range map[string]string{
		`{"text": "greeting good morning", "stage": "guide"}`:    "HELLO-1",
		`{"text": "how do I reset my router", "stage": "guide"}`: "",
		`{"text": "how do I reset my router"}`:                   "ROUTER-1",
	} {
		got := ""
		for _, h := range s.suggested(body).Suggestions {
			got += h.SolutionID
		}
		if got != want {
			t.Errorf("%s finds %q", body, got)
		}
	}
	page := s.get("/suggest?lang=en&stage=guide&q=how+do+I+reset+my+router").body
	if !strings.Contains(page, "Only scripts of this stage") || strings.Contains(page, "noted as a gap") {
		t.Error("the page does not say that scripts alone were searched")
	}
}

func TestAPIFeedbackAndPins(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	ask := s.suggested(`{"text": "how do I reset my router"}`).number()
	for _, step := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/api/v1/suggest/used", `{"ask": ` + ask + `, "solution_id": "ROUTER-1", "action": "inserted", "part": "short_reply"}`, 204},
		{"POST", "/api/v1/feedback", `{"ask": ` + ask + `, "solution_id": "ROUTER-1", "revision": 1, "grade": "helpful"}`, 204},
		{"PUT", "/api/v1/pins/ROUTER-1", "", 204},
		{"PUT", "/api/v1/pins/NOTHING", "", 404},
		{"PUT", "/api/v1/pins/%00", "", 404},
		{"POST", "/api/v1/feedback", `{"solution_id": "ROUTER-1", "revision": 99999999999, "grade": "helpful"}`, 400},
		{"POST", "/api/v1/feedback", `{"solution_id": "NOTHING", "grade": "helpful"}`, 404},
		{"POST", "/api/v1/suggest/used", `{"ask": 99, "solution_id": "ROUTER-1", "action": "opened"}`, 404},
	} {
		if a := s.json(step.method, step.path, step.body); a.status != step.status {
			t.Errorf("%s %s %s: %d %s", step.method, step.path, step.body, a.status, a.body)
		}
	}
	h := s.suggested(`{"text": "how do I reset my router"}`).Suggestions[0]
	if h.Grade != knowledge.Helpful || !h.Pinned {
		t.Errorf("the reader's grade is %q, pinned %v", h.Grade, h.Pinned)
	}
	if n := s.count("solutions WHERE id = 'ROUTER-1' AND helpful = 1"); n != 1 {
		t.Error("the first feedback does not count at once")
	}
	if body := s.get("/api/v1/pins").body; !strings.Contains(body, `"solution_id":"ROUTER-1"`) {
		t.Errorf("pinned are %s", body)
	}
	s.json("DELETE", "/api/v1/pins/ROUTER-1", "")
	s.json("DELETE", "/api/v1/feedback/ROUTER-1", "")
	if n := s.count("pins") + s.count("feedback"); n != 0 {
		t.Errorf("%d rows stay", n)
	}
}

func TestPersonsAreTold(t *testing.T) {
	t.Parallel()
	shelf := withShelf(t)
	s := newSite(t, func(o *Options) { shelf(o); behindProxy(t)(o) })
	ask := s.suggested(`{"text": "how do I reset my router"}`, as("an", Agent)...).number()
	if a := s.json("POST", "/api/v1/suggest/used", `{"ask": `+ask+`, "solution_id": "ROUTER-1", "action": "opened"}`, as("bo", Agent)...); a.status != http.StatusNotFound {
		t.Errorf("another person's question: %d", a.status)
	}
	for _, person := range []string{"an", "bo", "an"} {
		if a := s.json("POST", "/api/v1/feedback", `{"solution_id": "ROUTER-1", "grade": "helpful"}`, as(person, Agent)...); a.status != http.StatusNoContent {
			t.Errorf("%s: %d %s", person, a.status, a.body)
		}
	}
	if n := s.count("feedback"); n != 2 {
		t.Errorf("two persons gave %d", n)
	}
}

func TestNamelessReadersCannotRate(t *testing.T) {
	t.Parallel()
	shelf := withShelf(t)
	s := newSite(t, func(o *Options) { shelf(o); o.Access = Access{} })
	ask := s.suggested(`{"text": "how do I reset my router"}`).number()
	if a := s.json("POST", "/api/v1/suggest/used", `{"ask": `+ask+`, "solution_id": "ROUTER-1", "action": "copied", "part": "passage"}`); a.status != http.StatusNoContent {
		t.Errorf("copying: %d %s", a.status, a.body)
	}
	for _, c := range [][3]string{
		{"POST", "/api/v1/feedback", `{"solution_id": "ROUTER-1", "grade": "helpful"}`}, {"DELETE", "/api/v1/feedback/ROUTER-1", ""},
		{"PUT", "/api/v1/pins/ROUTER-1", ""}, {"DELETE", "/api/v1/pins/ROUTER-1", ""},
	} {
		if a := s.json(c[0], c[1], c[2]); a.status != http.StatusForbidden || !strings.Contains(a.body, "nothing says who asks") {
			t.Errorf("%s %s: %d %s", c[0], c[1], a.status, a.body)
		}
	}
	if a := s.post("/suggest/feedback", url.Values{"solution_id": {"ROUTER-1"}, "grade": {"helpful"}}); a.status != http.StatusForbidden || !strings.Contains(a.body, "Ratings and pins count by person") {
		t.Errorf("the form: %d", a.status)
	}
	body := s.get("/suggest?q=how+do+I+reset+my+router").body
	if strings.Contains(body, `class="grades"`) || !strings.Contains(body, "data-copy") {
		t.Error("the page offers what is refused, or not what is allowed")
	}
	if s.count("feedback")+s.count("pins") > 0 {
		t.Error("it is written down")
	}
}

func TestBadQuestionsAreProblems(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	for name, c := range map[string]struct{ path, body, detail string }{
		"no JSON":              {"/api/v1/suggest", `text`, `body "invalid character`},
		"an unknown key":       {"/api/v1/suggest", `{"question": "x"}`, `unknown field`},
		"an unknown speaker":   {"/api/v1/suggest", `{"turns": [{"speaker": "robot", "text": "x"}]}`, `turns[0].speaker "robot": allowed are`},
		"no speaker":           {"/api/v1/suggest", `{"turns": [{"text": "x"}]}`, `turns[0].speaker "": allowed are`},
		"all mistakes at once": {"/api/v1/suggest", `{"text": "x", "limit": 99, "stage": "end", "customer_type": "vip"}`, `customer_type "vip": allowed are individual, enterprise; stage "end": allowed are guide, confirm_need, explain_solution, feedback; limit "99": allowed are 1–20`},
		"NUL":                  {"/api/v1/suggest", `{"text": "a\u0000b"}`, `text "a\x00b": allowed are text in UTF-8 without NUL`},
		"no grade":             {"/api/v1/feedback", `{"solution_id": "ROUTER-1"}`, `grade "": allowed are helpful, partly, wrong, outdated`},
		"a long note":          {"/api/v1/feedback", `{"solution_id": "ROUTER-1", "grade": "wrong", "note": "` + strings.Repeat("长", 1001) + `"}`, `note "": allowed are up to 1000 characters`},
		"no action":            {"/api/v1/suggest/used", `{"solution_id": "ROUTER-1"}`, `action "": allowed are opened, copied, inserted`},
		"copied what":          {"/api/v1/suggest/used", `{"solution_id": "ROUTER-1", "action": "copied"}`, `part "": allowed are short_reply, passage, answer, none with opened`},
	} {
		a := s.json("POST", c.path, c.body)
		var p problem
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.status != http.StatusBadRequest || !strings.Contains(p.Detail, c.detail) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := s.send("POST", "/api/v1/suggest", `{"text": "x"}`, "Content-Type", "text/plain"); a.status != http.StatusBadRequest {
		t.Errorf("a form that other sites could send: %d", a.status)
	}
}

func TestSuggestWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	body := s.get("/suggest?q=how+do+I+reset+my+router&product=R7+router").body
	for _, want := range []string{`name="grade" value="helpful"`, `name="pin" value="1"`, `<option selected>R7 router</option>`, "Firmware 2.1"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	s.get("/suggest?q=how+do+I+reset+my+router&product=R7+router")
	s.get("/suggest?q=how+do+I+win+a+router", "Sec-Fetch-Site", "cross-site")
	if n := s.count("asks"); n != 1 {
		t.Errorf("loaded twice, and another asked by a link elsewhere, %d questions are written down", n)
	}
	back := "/suggest?product=R7+router&q=how+do+I+reset+my+router"
	for path, form := range map[string]url.Values{
		"/suggest/feedback": {"solution_id": {"ROUTER-1"}, "grade": {"partly"}, "ask": {"1"}, "revision": {"1"}, "back": {back}},
		"/suggest/pins":     {"solution_id": {"ROUTER-1"}, "pin": {"1"}, "back": {back}},
	} {
		if a := s.post(path, form); a.status != http.StatusSeeOther || a.header.Get("Location") != back {
			t.Errorf("%s: %d to %q", path, a.status, a.header.Get("Location"))
		}
	}
	body = s.get(back).body
	for _, want := range []string{`value="partly" aria-pressed="true"`, `name="pin" value="0" aria-pressed="true"`} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	for _, elsewhere := range []string{"https://evil.example/suggest", "//evil.example/suggest", "/sessions/1", "javascript:alert(1)"} {
		a := s.post("/suggest/pins", url.Values{"solution_id": {"ROUTER-1"}, "pin": {"0"}, "back": {elsewhere}})
		if got := a.header.Get("Location"); got != "/suggest" {
			t.Errorf("%q leads to %q", elsewhere, got)
		}
	}
}

func TestConfidenceInWords(t *testing.T) {
	t.Parallel()
	var got []confidence
	for _, score := range []float64{0.5, 0.649, 0.65, 0.849, 0.85, 1} {
		got = append(got, confidenceOf(score))
	}
	if diff := cmp.Diff([]confidence{possible, possible, likely, likely, veryLikely, veryLikely}, got); diff != "" {
		t.Error(diff)
	}
}
