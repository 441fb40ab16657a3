package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/store"
)

// noted are the reveals of a session.
func (s *site) noted(key store.SessionKey) []string {
	s.t.Helper()
	list, err := s.store.Reveals(s.t.Context(), key, 10)
	if err != nil {
		s.t.Fatal(err)
	}
	out := []string{}
	for _, r := range list {
		turn := "all"
		if r.Turn != nil {
			turn = fmt.Sprint(*r.Turn)
		}
		out = append(out, r.Who+" "+turn+" "+r.Why)
	}
	return out
}

func TestPersonalDataIsHiddenByRole(t *testing.T) {
	t.Parallel()
	s := newSite(t, behindProxy(t))
	s.publish()
	key := s.putPersonal()
	for role, hides := range map[Role]bool{Agent: true, Reviewer: true, Supervisor: true, Admin: false} {
		for _, path := range []string{fmt.Sprintf("/sessions/%d", key), fmt.Sprintf("/api/v1/sessions/%d/verdict", key)} {
			a := s.get(path, as("a103", role)...)
			if a.status != 200 {
				t.Fatalf("%s as %s: %d", path, role, a.status)
			}
			for _, data := range []string{phone, card} {
				if strings.Contains(a.body, data) == hides {
					t.Errorf("%s as %s: %q hidden must be %v", path, role, data, hides)
				}
			}
		}
	}
	if name := "郑海燕"; strings.Contains(s.get(fmt.Sprintf("/sessions/%d", key), as("li", Reviewer)...).body, name) ||
		strings.Contains(s.get("/", as("li", Reviewer)...).body, name) || strings.Contains(s.get("/api/v1/flags", as("li", Reviewer)...).body, name) {
		t.Error("the agent's name is shown though the policy hides names")
	}
	if body := s.get("/", as("li", Admin)...).body; !strings.Contains(body, "郑海燕") {
		t.Error("the agent's name is hidden from whom the policy hides nothing")
	}
}

func TestDefaultPolicyHidesWhatOpensAccounts(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.publish()
	body := s.get(fmt.Sprintf("/sessions/%d?lang=en", s.putPersonal())).body
	for _, want := range []string{
		phone, "郑海燕", `<span class="tag" title="Bank card">&lt;银行卡1:1111&gt;</span>`, "Personal data is hidden in 1 place.", "Reveal 1 place in this turn",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	if strings.Contains(body, card) {
		t.Error("the card's number is in the page")
	}
}

func TestRevealIsNotedAndShows(t *testing.T) {
	t.Parallel()
	s := newSite(t, behindProxy(t))
	s.publish()
	key := s.putPersonal()
	path := fmt.Sprintf("/sessions/%d/reveal", key)
	all := s.post(path+"?lang=en&at=0", url.Values{"why": {" call back <b> "}}, as("li", Supervisor)...)
	if all.status != 200 || !strings.Contains(all.body, phone) || !strings.Contains(all.body, card) || !strings.Contains(all.body, "郑海燕 (a103)") {
		t.Errorf("%d: the session is not shown as it was said", all.status)
	}
	for _, want := range []string{
		"The whole session is shown as it was said, to li, this once.", "call back &lt;b&gt;", fmt.Sprintf(`href="/sessions/%d?at=0&amp;lang=zh"`, key),
		fmt.Sprintf(`class="hide-again" href="/sessions/%d?lang=en&amp;at=0"`, key), `<span class="tag shown" title="Phone number · &lt;手机1&gt;">` + phone,
		fmt.Sprintf(`<a href="/reveals?session=%d">1 time</a>`, key),
	} {
		if !strings.Contains(all.body, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	turn := s.post(path, url.Values{"why": {"check"}, "turn": {"1"}}, as("li", Supervisor)...)
	if !strings.Contains(turn.body, ">5678</span>") || strings.Contains(turn.body, card) || !strings.Contains(turn.body, "&lt;手机1&gt;") {
		t.Error("one turn is to be shown, and no other")
	}
	if diff := cmp.Diff([]string{"li 1 check", "li all call back <b>"}, s.noted(key)); diff != "" {
		t.Error(diff)
	}
	if body := s.get(fmt.Sprintf("/sessions/%d", key), as("li", Supervisor)...).body; strings.Contains(body, phone) {
		t.Error("the next view still shows it")
	}
}

func TestWhatIsNotRevealedIsNotNoted(t *testing.T) {
	t.Parallel()
	s := newSite(t, behindProxy(t))
	s.publish()
	key := s.putPersonal()
	path := fmt.Sprintf("/sessions/%d/reveal", key)
	for name, c := range map[string]struct {
		path    string
		values  url.Values
		headers []string
		status  int
	}{
		"a role without the permission": {path, url.Values{"why": {"x"}}, as("li", Reviewer), 403},
		"admins, if the policy says so": {path, url.Values{"why": {"x"}}, as("li", Admin), 403},
		"no role":                       {path, url.Values{"why": {"x"}}, nil, 403},
		"a role of the reader's own":    {path, url.Values{"why": {"x"}}, as("li", Agent, "X-Role", "supervisor"), 403},
		"an unknown role":               {path, url.Values{"why": {"x"}}, as("li", "root"), 403},
		"no name":                       {path, url.Values{"why": {"x"}}, as("", Supervisor), 403},
		"no reason":                     {path, nil, as("li", Supervisor), 400},
		"a blank reason":                {path, url.Values{"why": {" \n "}}, as("li", Supervisor), 400},
		"a reason beyond all bounds":    {path, url.Values{"why": {strings.Repeat("原", 501)}}, as("li", Supervisor), 400},
		"a reason that is no text":      {path, url.Values{"why": {"a\x00b"}}, as("li", Supervisor), 400},
		"a body beyond all bounds":      {path, url.Values{"why": {strings.Repeat("a", 1<<20)}}, as("li", Supervisor), 400},
		"a turn that is not there":      {path, url.Values{"why": {"x"}, "turn": {"4"}}, as("li", Supervisor), 400},
		"a turn that is no number":      {path, url.Values{"why": {"x"}, "turn": {"-1"}}, as("li", Supervisor), 400},
		"no such session":               {"/sessions/99/reveal", url.Values{"why": {"x"}}, as("li", Supervisor), 404},
		"another site":                  {path, url.Values{"why": {"x"}}, as("li", Supervisor, "Sec-Fetch-Site", "cross-site"), 403},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.post(c.path, c.values, c.headers...)
			if a.status != c.status || strings.Contains(a.body, phone) || !strings.Contains(a.header.Get("Content-Type"), "text/html") {
				t.Errorf("status %d, want %d:\n%s", a.status, c.status, a.body)
			}
		})
	}
	for _, get := range []string{path + "?why=x", fmt.Sprintf("/sessions/%d?reveal=1", key), fmt.Sprintf("/api/v1/sessions/%d/verdict?reveal=x", key)} {
		if a := s.get(get, as("li", Supervisor)...); a.status == 200 || strings.Contains(a.body, phone) {
			t.Errorf("%s: %d", get, a.status)
		}
	}
	if got := s.noted(key); len(got) > 0 {
		t.Errorf("%q is noted", got)
	}
}

func TestRevealsHaveAName(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.publish()
	key := s.putPersonal()
	path := fmt.Sprintf("/sessions/%d", key)
	if body := s.get(path + "?lang=en").body; !strings.Contains(body, `placeholder="It is noted, with the name wang"`) {
		t.Error("the page does not say by which name the reveal is noted")
	}
	s.post(path+"/reveal", url.Values{"why": {"x"}})
	if diff := cmp.Diff([]string{"wang all x"}, s.noted(key)); diff != "" {
		t.Error(diff)
	}
	s = newSite(t, func(o *Options) { o.Access.User = "" })
	s.publish()
	key = s.putPersonal()
	path = fmt.Sprintf("/sessions/%d", key)
	if body := s.get(path + "?lang=en").body; !strings.Contains(body, "nobody says who you are. Start the server with --user-header") || strings.Contains(body, `name="why"`) {
		t.Error("the page offers a reveal that is refused")
	}
	a := s.post(path+"/reveal?lang=en", url.Values{"why": {"x"}})
	if a.status != 403 || strings.Contains(a.body, card) || !strings.Contains(a.body, "--user-header") {
		t.Errorf("%d %s", a.status, a.body)
	}
	a = s.send("POST", "/api/v1"+path+"/reveal", `{"why":"x"}`, "Content-Type", "application/json")
	if a.status != 403 || strings.Contains(a.body, card) || !strings.Contains(a.body, "--user-header") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := s.noted(key); len(got) > 0 {
		t.Errorf("%q is noted", got)
	}
}

func TestAPIReveals(t *testing.T) {
	t.Parallel()
	s := newSite(t, behindProxy(t))
	s.publish()
	key := s.putPersonal()
	path := fmt.Sprintf("/api/v1/sessions/%d/reveal", key)
	ask := func(body string, headers ...string) (answer, revealedSession) {
		a := s.send("POST", path, body, append([]string{"Content-Type", "application/json"}, headers...)...)
		var got revealedSession
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatal(err)
		}
		return a, got
	}
	a, got := ask(`{"why":"audit"}`, as("li", Supervisor)...)
	stored, err := s.store.Session(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if a.status != 200 || len(got.Turns) != 4 || got.Turns[1].Text != phone || string(got.Verdict) != *stored.Verdict {
		t.Errorf("%d %s", a.status, a.body)
	}
	if _, got := ask(`{"why":"audit","turn":1}`, as("li", Supervisor)...); len(got.Turns) != 1 || got.Turns[0].Text != phone || strings.Contains(string(got.Verdict), card) {
		t.Errorf("one turn gave %+v", got)
	}
	if diff := cmp.Diff([]string{"li 1 audit", "li all audit"}, s.noted(key)); diff != "" {
		t.Error(diff)
	}
	for body, status := range map[string]int{`{}`: 400, `{"why":"x","turn":9}`: 400, `{"why":"x","turn":-1}`: 400, `{"why":"x","who":"y"}`: 400, `{"why":"x"} {}`: 400, `[`: 400} {
		if a, _ := ask(body, as("li", Supervisor)...); a.status != status || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a, _ := ask(`{"why":"x"}`, as("li", Reviewer)...); a.status != 403 {
		t.Errorf("a reviewer: %d %s", a.status, a.body)
	}
	if a := s.send("POST", path, `{"why":"x"}`, as("li", Supervisor, "Content-Type", "text/plain")...); a.status != 400 {
		t.Errorf("text: %d %s", a.status, a.body)
	}
	if got := s.noted(key); len(got) != 2 {
		t.Errorf("%q is noted", got)
	}
}

func TestRevealsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, behindProxy(t))
	s.publish()
	if body := s.get("/reveals?lang=en", as("li", Supervisor)...).body; !strings.Contains(body, "Nobody has looked") {
		t.Error("an empty list must say so")
	}
	key := s.putPersonal()
	s.post(fmt.Sprintf("/sessions/%d/reveal", key), url.Values{"why": {"<i>why</i>"}, "turn": {"0"}}, as("李 <b>", Supervisor)...)
	body := s.get("/reveals?lang=en", as("li", Supervisor)...).body
	for _, want := range []string{"李 &lt;b&gt;", "&lt;i&gt;why&lt;/i&gt;", fmt.Sprintf(`href="/sessions/%d#t0"`, key), "Turn 1", "&#43;08:00"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page:\n%s", want, body)
		}
	}
	if body := s.get(fmt.Sprintf("/reveals?lang=en&session=%d", key+1), as("li", Supervisor)...).body; strings.Contains(body, "S-personal") {
		t.Error("another session's reveals are listed")
	}
	if a := s.get("/reveals?session=x", as("li", Supervisor)...); a.status != 400 {
		t.Errorf("a session that is no number: %d", a.status)
	}
}
