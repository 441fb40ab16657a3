package web

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

var openLink = regexp.MustCompile(`class="open" href="([^"]*)">([^<]*)<`)

// queued are the sessions that a queue page shows.
func queued(body string) []string {
	ids := []string{}
	for _, m := range openLink.FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[2])
	}
	return ids
}

func TestQueueFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.seed()
	for name, c := range map[string]struct {
		query string
		want  []string
	}{
		"gravest first without a filter": {"", []string{"S-rude", "S-hostile"}},
		"newest first":                   {"?sort=newest", []string{"S-hostile", "S-rude"}},
		"lowest score first":             {"?sort=score", []string{"S-rude", "S-hostile"}},
		"by reason":                      {"?reason=customer_complaint", []string{"S-hostile"}},
		"by severity":                    {"?severity=high", []string{"S-rude"}},
		"by a criterion that is not met": {"?criterion=polite", []string{"S-rude"}},
		"by a criterion of no scorecard": {"?criterion=unlisted", []string{"S-hostile"}},
		"by team":                        {"?team=Retail+East", []string{"S-hostile"}},
		"by the agent's id":              {"?agent=a102", []string{"S-rude"}},
		"by the agent's name":            {"?agent=%E5%91%A8%E5%90%AF%E6%98%8E", []string{"S-rude"}},
		"by channel":                     {"?channel=call", []string{"S-rude"}},
		"from a day on":                  {"?from=2026-11-05", []string{"S-hostile"}},
		"to a day, that day included":    {"?to=2026-11-04", []string{"S-rude"}},
		"everything at once":             {"?severity=high&criterion=patient&channel=call&from=2026-11-04&to=2026-11-04", []string{"S-rude"}},
		"nothing fits":                   {"?team=nobody", []string{}},
		"empty parameters are none":      {"?reason=&severity=&team=&from=", []string{"S-rude", "S-hostile"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.get("/" + c.query)
			if a.status != http.StatusOK {
				t.Fatalf("status %d", a.status)
			}
			if diff := cmp.Diff(c.want, queued(a.body)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestQueueKeepsTheFilterInItsLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.seed()
	body := s.get("/?severity=high&sort=score").body
	for _, want := range []string{
		`href="/?severity=high"`, `href="/?sort=score"`, `at=0&amp;severity=high&amp;sort=score`,
		`<option value="high" selected>`, `<option value="a102">周启明</option>`, `<input type="hidden" name="sort" value="score">`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in the page", want)
		}
	}
}

func TestQueuePages(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.publish()
	for i := range pageSize + 2 {
		v := quietVerdict()
		v.Flags = []pipeline.Flag{{Reason: pipeline.CustomerAngry, Severity: pipeline.Low}}
		session := quietSession(transcript.SessionID(fmt.Sprintf("S-%02d", i)))
		session.StartedAt = time.Date(2026, 11, 2, 0, i, 0, 0, time.UTC)
		s.put(session, v, "")
	}
	first, second := s.get("/"), s.get("/?page=2")
	if n := len(queued(first.body)); n != pageSize {
		t.Errorf("the first page shows %d sessions", n)
	}
	if !strings.Contains(first.body, `rel="next" href="/?page=2"`) || strings.Contains(first.body, `rel="prev"`) {
		t.Error("the first page must lead to the second, and to none before")
	}
	if diff := cmp.Diff([]string{"S-01", "S-00"}, queued(second.body)); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(second.body, "51–52 of 52") || !strings.Contains(second.body, `rel="prev" href="/"`) {
		t.Error("the second page must say where it is, and lead back")
	}
	if a := s.get("/?page=9&severity=low"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/?severity=low" {
		t.Errorf("a page behind the end: %d to %q", a.status, a.header.Get("Location"))
	}
	link := openLink.FindStringSubmatch(second.body)[1]
	page := s.get(strings.ReplaceAll(link, "&amp;", "&")).body
	for _, want := range []string{`class="back" href="/?page=2"`, `at=49"`, `at=51"`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not in the session's page", want)
		}
	}
}

func TestEmptyQueueSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fill func(s *site)
		path string
		want string
	}{
		"nothing is imported":      {func(*site) {}, "/", "assay import PATH"},
		"sessions wait":            {func(s *site) { s.put(quietSession("S"), nil, "") }, "/", "assay work"},
		"all failed":               {func(s *site) { s.put(quietSession("S"), nil, "error") }, "/", "See why on the page of problems"},
		"all are left out":         {func(s *site) { s.leaveOut(quietSession("S")) }, "/?lang=en", "The plan leaves all sessions out"},
		"how many are left out":    {func(s *site) { s.leaveOut(quietSession("S")) }, "/?lang=en", "The plan leaves 1 session out."},
		"nothing is flagged":       {func(s *site) { s.publish(); s.put(quietSession("S"), quietVerdict(), "") }, "/", "1 session is inspected, and it has no flag."},
		"the filter is too narrow": {func(s *site) { s.seed() }, "/?team=nobody", "2 sessions are flagged. Remove a condition to see more."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			c.fill(s)
			if body := s.get(c.path).body; !strings.Contains(body, c.want) {
				t.Errorf("%q is not in the page:\n%s", c.want, body)
			}
		})
	}
}

func TestSessionPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	keys := s.seed()
	page := func(key any, query string) string { return s.get(fmt.Sprintf("/sessions/%v%s", key, query)).body }
	rude := page(keys.rude, "?lang=en")
	for name, c := range map[string]struct{ body, want string }{
		"names criteria in English":              {rude, "Is polite"},
		"names criteria in Chinese":              {page(keys.rude, "?lang=zh"), "有礼貌"},
		"names sections":                         {rude, "<h2>Attitude</h2>"},
		"shows the score":                        {rude, `<span class="figure">0</span>`},
		"shows the score without failures":       {rude, "20.5 without critical failures"},
		"shows advice where it is not met":       {rude, "Greet first"},
		"shows why, with the turns searched":     {rude, "<code>says_hello</code></td><td>not hit</td><td>3 turns"},
		"shows hours in late turns":              {rude, "1:02:05"},
		"shows what the source says":             {rude, "周启明 (a102)"},
		"shows metadata that is not text":        {rude, "<dd>2</dd>"},
		"shows times in the zone":                {rude, "2026-11-04 09:30 &#43;08:00"},
		"dims events":                            {rude, `class="turn system aside"`},
		"shows suggestions":                      {rude, "加湿器不出雾"},
		"shows versions":                         {rude, "<code>t1</code>"},
		"shows the plan and its rule":            {rude, "desk-plan <code>p1</code> day &amp; night"},
		"counts the transcript's versions":       {rude, "version 1 of 1"},
		"says where it was read":                 {rude, "inbox/day.jsonl:7"},
		"marks the language of the transcript":   {rude, `<ol lang="zh">`},
		"names a criterion without a name by id": {page(keys.hostile, ""), ">unlisted<"},
		"numbers turns without times":            {page(keys.hostile, ""), ">#1<"},
		"shows a failure plainly":                {page(keys.failed, "?lang=en"), "The inspection broke off"},
		"shows a failure's detail":               {page(keys.failed, ""), "index out of range"},
		"says that it is not inspected":          {page(keys.waiting, "?lang=en"), "Not inspected yet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(c.body, c.want) {
				t.Errorf("%q is not in the page", c.want)
			}
		})
	}
}

func TestSessionThatIsLeftOutSaysByWhat(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	body := s.get(fmt.Sprintf("/sessions/%d?lang=en", s.leaveOut(quietSession("S")))).body
	for _, want := range []string{"the plan leaves this session out", "desk-plan p1 night &lt;shift&gt;"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	if strings.Contains(body, "Not inspected yet") {
		t.Error("the page says that the session waits")
	}
}

func TestLeftOutSessionsAreFound(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	key := s.leaveOut(quietSession("S"))
	for lang, reason := range map[string]string{"en": "not in the rule&#39;s share", "zh": "不在规则的抽检比例内"} {
		body := s.get("/problems?lang=" + lang).body
		for _, want := range []string{fmt.Sprintf(`<a href="/sessions/%d">`, key), "desk-plan <code>p1</code> night &lt;shift&gt;", reason} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is not in the page", lang, want)
			}
		}
	}
	if body := s.get("/?lang=en").body; !strings.Contains(body, `href="/problems#left-out"`) {
		t.Error("the queue does not lead to them")
	}
}

func TestSessionOfANewerTranscriptSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	keys := s.seed()
	changed := rudeSession()
	changed.Turns[0].Text = "喂？"
	s.put(changed, nil, "")
	body := s.get(fmt.Sprintf("/sessions/%d?lang=en", keys.rude)).body
	if !strings.Contains(body, "This is about transcript version 1. Version 2 has arrived") {
		t.Error("the page must say that its verdict is about an older transcript")
	}
}

func TestSessionLeadsToItsNeighbours(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	keys := s.seed()
	for name, c := range map[string]struct {
		path       string
		prev, next string
	}{
		"the first has one after": {fmt.Sprintf("/sessions/%d?at=0", keys.rude), "", fmt.Sprintf("/sessions/%d?at=1", keys.hostile)},
		"the last has one before": {fmt.Sprintf("/sessions/%d?at=1", keys.hostile), fmt.Sprintf("/sessions/%d?at=0", keys.rude), ""},
		"the queue moved":         {fmt.Sprintf("/sessions/%d?at=7", keys.rude), "", fmt.Sprintf("/sessions/%d?at=1", keys.hostile)},
		"the filter is kept":      {fmt.Sprintf("/sessions/%d?at=0&sort=newest", keys.hostile), "", fmt.Sprintf("/sessions/%d?at=1&amp;sort=newest", keys.rude)},
		"a filter of one":         {fmt.Sprintf("/sessions/%d?at=0&severity=high", keys.rude), "", ""},
		"it came from nowhere":    {fmt.Sprintf("/sessions/%d", keys.rude), "", ""},
		"it is not in the queue":  {fmt.Sprintf("/sessions/%d?at=0", keys.clean), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := s.get(c.path).body
			for rel, want := range map[string]string{"prev": c.prev, "next": c.next} {
				m := regexp.MustCompile(`rel="` + rel + `" href="([^"]*)"`).FindStringSubmatch(body)
				got := ""
				if m != nil {
					got = m[1]
				}
				if got != want {
					t.Errorf("%s is %q, want %q", rel, got, want)
				}
			}
		})
	}
}

func TestOutsideTextIsText(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	keys := s.seed()
	for _, path := range []string{"/", fmt.Sprintf("/sessions/%d", keys.hostile), "/suggest?q=%3Cscript%3Ewindow.hacked=1%3C/script%3E", "/?severity=%3Cscript%3E", "/problems"} {
		body := s.get(path).body
		for _, bad := range []string{"<script>window", "<img", "<b>Eve", "<i>", "\u202e", "\u200b", "\U000e0041", " style=", " onclick="} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %q", path, bad)
			}
		}
	}
	body := s.get(fmt.Sprintf("/sessions/%d", keys.hostile)).body
	for _, want := range []string{"&lt;script&gt;", "{{.}} &amp;lt;b&amp;gt;", `data-code="202E"`, `data-code="200B"`, `data-code="E0041"`, family, "&lt;i&gt;key&lt;/i&gt;"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
}

func TestSuggestPage(t *testing.T) {
	t.Parallel()
	full, none := newSite(t, withLibrary(t)), newSite(t, nil)
	for name, c := range map[string]struct {
		s          *site
		path, want string
	}{
		"answers without script":        {full, "/suggest?q=how+do+I+reset+my+router", "Hold the &lt;button&gt; for ten seconds."},
		"names the solution":            {full, "/suggest?q=how+do+I+reset+my+router", `<code>SOL-2</code>`},
		"says that nothing fits":        {full, "/suggest?q=zebra", "Nothing in the solution library fits well enough."},
		"says what to do then":          {full, "/suggest?q=zebra", "Say it in other words"},
		"asks for a question":           {full, "/suggest", `id="q" name="q"`},
		"says that there is no library": {none, "/suggest?q=x", "assay solution import PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a := c.s.get(c.path); a.status != http.StatusOK || !strings.Contains(a.body, c.want) {
				t.Errorf("status %d, and %q is not in the page:\n%s", a.status, c.want, a.body)
			}
		})
	}
}

func TestProblemsPage(t *testing.T) {
	t.Parallel()
	s, empty := newSite(t, nil), newSite(t, nil)
	keys := s.seed()
	body := s.get("/problems").body
	for _, want := range []string{
		fmt.Sprintf(`<a href="/sessions/%d">S-failed</a>`, keys.failed), "The inspection broke off", "index out of range",
		"inbox/day.jsonl:14", "S-bad", "turns[3].speaker", "&#34;robot&#34; is not a speaker", "agent, customer, bot, system",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	if body := empty.get("/problems").body; !strings.Contains(body, "No problems") {
		t.Error("without problems the page must say so")
	}
}

func TestModelsThatDoNotAnswerAreProblems(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	const closed = `
		INSERT INTO model_endpoints (endpoint, model, closed_until, status, needs_somebody)
		VALUES ('host.example', 'm-1', now() + interval '10 minutes', 'unauthorised', true), ('host.example', 'm-2', NULL, '', false)`
	if _, err := s.store.Pool().Exec(t.Context(), closed); err != nil {
		t.Fatal(err)
	}
	page := s.get("/problems", "Accept-Language", "en").body
	for _, want := range []string{"m-1", "host.example", "The key is refused", "somebody must mend this"} {
		if !strings.Contains(page, want) {
			t.Errorf("does not say %q", want)
		}
	}
	if strings.Contains(page, "m-2") {
		t.Error("a model that answers is shown as a problem")
	}
}
