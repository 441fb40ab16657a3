package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/transcript"
)

// askedIn puts a session in which a question that nothing answers is answered well.
func (s *site) askedIn(id, question, answer string) {
	s.t.Helper()
	score := 96.0
	s.put(&transcript.Session{
		ID: transcript.SessionID(id), Channel: transcript.Chat, Language: "en", StartedAt: time.Now(),
		Turns: []transcript.Turn{{Speaker: transcript.Customer, Text: question}, {Speaker: transcript.Agent, Text: answer}},
	}, &pipeline.Verdict{
		Result: pipeline.Pass, Score: &score, Unfailed: &score,
		Questions: []pipeline.Question{{Turn: 0, Text: question, Suggestions: []pipeline.Suggestion{}}},
	}, "")
}

// gapSite has a gap of two questions, with markup in one of them.
func gapSite(t *testing.T, change func(*Options)) *site {
	t.Helper()
	s := newSite(t, func(o *Options) {
		withLibrary(t)(o)
		if change != nil {
			change(o)
		}
	})
	s.publish()
	s.askedIn("g-1", "Do you sell gift cards <script>alert(1)</script>?", "Gift cards cost between 10 and 200, and are valid for three years.")
	s.askedIn("g-2", "can I buy gift cards", "We sell gift cards between 10 and 200, valid for three years.")
	gaps := newGaps(s.store, new(redact.DefaultPolicy()))
	if n, err := gaps.Cluster(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d questions put into gaps, %v", n, err)
	}
	return s
}

// gapPath is the path of the only gap in the list.
func (s *site) gapPath() string {
	s.t.Helper()
	list := s.get("/gaps").body
	_, rest, found := strings.Cut(list, `href="/gaps/`)
	if !found {
		s.t.Fatalf("no gap in the list: %s", list)
	}
	key, _, _ := strings.Cut(rest, `"`)
	return "/gaps/" + key
}

func TestGapPagesShowWhatWasAskedAndHowItWasAnswered(t *testing.T) {
	t.Parallel()
	s := gapSite(t, nil)
	page := s.get(s.gapPath())
	for _, want := range []string{"can I buy gift cards", "&lt;script&gt;alert(1)", "<blockquote>We sell gift cards between 10 and 200", "g-2"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("status %d, the page has no %q", page.status, want)
		}
	}
	if strings.Contains(page.body, "<script>alert") || strings.Contains(page.body, "worded by the model") {
		t.Error("the page has a script of a customer's, or offers a model that is not there")
	}
	for _, path := range []string{"/gaps/77", "/gaps/x", "/gaps?status=gone"} {
		if got := s.get(path).status; got != http.StatusNotFound && got != http.StatusBadRequest {
			t.Errorf("%s: status %d", path, got)
		}
	}
}

func TestDraftOfAGapIsASolutionForPeopleToPublish(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		word   func(context.Context, string, []string, []string) (string, error)
		form   url.Values
		answer string
		note   string
	}{
		{"verbatim", nil, nil, "valid for three years.", "g-"},
		{"worded by a model", func(context.Context, string, []string, []string) (string, error) { return "Cards from 10 to 200.", nil },
			url.Values{"words": {"1"}}, "Cards from 10 to 200.", "Worded by a model"},
		{"verbatim although there is a model", func(context.Context, string, []string, []string) (string, error) { return "never", nil },
			nil, "valid for three years.", "g-"},
		{"the model fails", func(context.Context, string, []string, []string) (string, error) { return "", errors.New("no credit") },
			url.Values{"words": {"1"}}, "valid for three years.", "no credit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := gapSite(t, func(o *Options) { o.Word = tt.word })
			path := s.gapPath()
			for range 2 { // a second click finds the draft of the first
				got := s.post(path+"/draft", tt.form)
				if where := got.header.Get("Location"); got.status != http.StatusSeeOther || !strings.HasPrefix(where, "/solutions/gap-") {
					t.Fatalf("status %d, location %q: %s", got.status, where, got.body)
				}
			}
			id := "gap-" + strings.TrimPrefix(path, "/gaps/")
			draft, err := knowledge.NewLibrary(s.store.Pool()).Solution(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if draft.Status != knowledge.Draft || !strings.Contains(draft.Answer, tt.answer) || !strings.Contains(draft.Note, tt.note) {
				t.Errorf("draft: %+v", draft)
			}
			if page := s.get(path).body; !strings.Contains(page, "/solutions/"+id) || !strings.Contains(page, "drafted") {
				t.Error("the gap does not lead to its draft")
			}
		})
	}
}

func TestDraftingAgainLeadsToThePublishedSolution(t *testing.T) {
	t.Parallel()
	s := gapSite(t, nil)
	path := s.gapPath()
	id := "gap-" + strings.TrimPrefix(path, "/gaps/")
	for _, step := range []struct{ status, want string }{
		{"", "/solutions/" + id + "/edit"},
		{"draft", "/solutions/" + id + "/edit"},
		{"published", "/solutions/" + id},
	} {
		if step.status == "published" {
			library := knowledge.NewLibrary(s.store.Pool())
			if _, err := library.SetStatus(t.Context(), id, knowledge.Published, knowledge.Change{By: "li"}); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.post(path+"/draft", nil); got.status != http.StatusSeeOther || got.header.Get("Location") != step.want {
			t.Errorf("%q: status %d, location %q", step.status, got.status, got.header.Get("Location"))
		}
	}
}

func TestGapIsClosedByASolution(t *testing.T) {
	t.Parallel()
	s := gapSite(t, nil)
	path := s.gapPath()
	for _, step := range []struct {
		form url.Values
		want int
	}{
		{url.Values{"status": {"closed"}, "solution": {"SOL-404"}}, http.StatusBadRequest},
		{url.Values{"status": {"merged"}}, http.StatusBadRequest},
		{url.Values{}, http.StatusBadRequest},
		{url.Values{"status": {"closed"}, "solution": {"SOL-2"}}, http.StatusSeeOther},
	} {
		if got := s.post(path, step.form); got.status != step.want {
			t.Errorf("%v: status %d, want %d", step.form, got.status, step.want)
		}
	}
	if page := s.get("/gaps").body; strings.Contains(page, `href="`+path+`"`) {
		t.Error("a closed gap is listed among those to do")
	}
}

func TestCoveragePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	if page := s.get("/coverage"); !strings.Contains(page.body, "No questions yet") {
		t.Errorf("status %d: an empty page does not say what to do", page.status)
	}
	s = gapSite(t, nil)
	for _, path := range []string{"/coverage?days=3650", "/coverage?days=3650&lang=zh"} {
		if page := s.get(path); page.status != http.StatusOK || !strings.Contains(page.body, "0.0 %") {
			t.Errorf("%s: status %d: %s", path, page.status, page.body)
		}
	}
	if got := s.get("/coverage?days=x").status; got != http.StatusBadRequest {
		t.Errorf("status %d of a bad number of days", got)
	}
}

// drafted presses the button of the only gap and returns its draft.
func (s *site) drafted() knowledge.Solution {
	s.t.Helper()
	path := s.gapPath()
	got := s.post(path+"/draft", nil)
	if where := got.header.Get("Location"); got.status != http.StatusSeeOther || !strings.HasSuffix(where, "/edit") {
		s.t.Fatalf("status %d, location %q: %s", got.status, where, got.body)
	}
	draft, err := knowledge.NewLibrary(s.store.Pool()).Solution(s.t.Context(), "gap-"+strings.TrimPrefix(path, "/gaps/"))
	if err != nil {
		s.t.Fatal(err)
	}
	return draft
}

func TestDraftWithoutAGoodAnswerWaitsForOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	s.publish()
	s.askedIn("g-1", "Do you sell gift cards?", "Let me see?")
	s.askedIn("g-2", "can I buy gift cards", "One moment.")
	if n, err := newGaps(s.store, new(redact.DefaultPolicy())).Cluster(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d questions put into gaps, %v", n, err)
	}
	draft := s.drafted()
	if draft.Answer != "" || draft.Status != knowledge.Draft || len(draft.Questions) != 1 {
		t.Errorf("draft: %+v", draft)
	}
	page := s.get("/solutions/" + draft.ID).body
	if !strings.Contains(page, "no answer yet") || strings.Contains(page, `value="published"`) || !strings.Contains(page, `value="retired"`) {
		t.Error("the draft is offered for publishing, or does not say what it lacks")
	}
	publish := url.Values{"status": {"published"}, "revision": {"1"}}
	if got := s.post("/solutions/"+draft.ID+"/status", publish); got.status != http.StatusBadRequest {
		t.Errorf("published without an answer: status %d", got.status)
	}
}

func TestDraftOfWhatWasAskedInSeveralLines(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	s.publish()
	_, err := s.store.Pool().Exec(t.Context(), `
		INSERT INTO asks (text, made, index_version, answered, at)
		VALUES (E'Do you sell\ngift cards?', 'pasted', 'v', false, now() - interval '1 hour'),
			(E'can I buy\r\n\tgift cards', 'pasted', 'v', false, now() - interval '1 hour')`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := newGaps(s.store, new(redact.DefaultPolicy())).Cluster(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d questions put into gaps, %v", n, err)
	}
	draft := s.drafted()
	for _, text := range append(draft.Questions, draft.Title) {
		if text != "Do you sell gift cards?" && text != "can I buy gift cards" {
			t.Errorf("%q is no line", text)
		}
	}
}

func TestGapOffersWhatAnswersItByNow(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	s.publish()
	s.askedIn("g-1", "Reset the router", "One moment.")
	s.askedIn("g-2", "Reset the router", "One moment.")
	if n, err := newGaps(s.store, new(redact.DefaultPolicy())).Cluster(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d questions put into gaps, %v", n, err)
	}
	path := s.gapPath()
	page := s.get(path).body
	now, near, _ := strings.Cut(page, "Near, below the threshold")
	if !strings.Contains(now, "Suggested for it by now") || !strings.Contains(now, `name="solution" value="SOL-2"`) || strings.Contains(near, ">SOL-2<") {
		t.Errorf("the page does not offer to close the gap with what answers it: %s", page)
	}
	if got := s.post(path, url.Values{"status": {"closed"}, "solution": {"SOL-2"}}); got.status != http.StatusSeeOther {
		t.Fatalf("status %d", got.status)
	}
	if page := s.get(path).body; strings.Contains(page, "Close with this one") {
		t.Error("a closed gap is offered to be closed")
	}
}

func TestGapWithoutQuestionsHasAPage(t *testing.T) {
	t.Parallel()
	s := gapSite(t, nil)
	path := s.gapPath()
	if _, err := s.store.Pool().Exec(t.Context(), `UPDATE gaps SET title = ''`); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{path, "/gaps", path + "?lang=zh"} {
		got := s.get(page)
		if want := map[bool]string{false: "Its questions are gone", true: "其问题已不在"}[strings.HasSuffix(page, "zh")]; !strings.Contains(got.body, want) {
			t.Errorf("%s: status %d, no %q", page, got.status, want)
		}
	}
}

func TestCoverageTellsHowTheLibraryAnswersNow(t *testing.T) {
	t.Parallel()
	s := gapSite(t, nil)
	if page := s.get("/coverage?days=3650").body; strings.Contains(page, "Newest questions, asked again") {
		t.Error("there is a share of now before the first check")
	}
	_, err := s.store.Pool().Exec(t.Context(), `
		INSERT INTO library_checks (library, questions, before, after) VALUES ('0123456789abcdef', 40, 0, 0), ('123456789abcdef0', 40, 0, 30)`)
	if err != nil {
		t.Fatal(err)
	}
	page := s.get("/coverage?days=3650").body
	for _, want := range []string{"Newest questions, asked again", "75.0 %", "59.8–85.8 %", "n = 40", "when its session was inspected", "first ten questions"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

// While nothing was asked twice, the list begins with what was asked once; who asks
// for the others alone gets these.
func TestGapsThatWereAskedOnceAreBetterThanNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	s.publish()
	s.askedIn("g-1", "Do you sell gift cards?", "One moment.")
	if n, err := newGaps(s.store, new(redact.DefaultPolicy())).Cluster(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d questions put into gaps, %v", n, err)
	}
	for path, want := range map[string]bool{"/gaps": true, "/gaps?once=1": true, "/gaps?status=": false} {
		if page := s.get(path).body; strings.Contains(page, "Do you sell gift cards?") != want || strings.Contains(page, `value="1" checked`) != want {
			t.Errorf("%s: shown is not %v: %s", path, want, page)
		}
	}
}
