package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"

	"assay/classifiers/tone"
	"assay/cmd/assay/internal/web/text"
	"assay/jobs"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

const helpOld = `
scorecard: help
name: {zh: 帮助台, en: Help desk}
pass: 60
conditions:
  greets: {speaker: agent, first: 1, keywords: {any: [您好, hello]}}
  sorry: {speaker: agent, keywords: {any: [sorry, 抱歉]}}
  closes: {speaker: agent, last: 1, keywords: {any: [bye, 再见]}}
sections:
  - id: opening
    name: {zh: 开场, en: Opening}
    criteria:
      - {id: greeting, name: {zh: 主动问候, en: Greets the customer}, weight: 2, met_when: greets}
      - {id: apology, name: {zh: 致歉, en: Apologises}, weight: 1, met_when: sorry}
      - {id: closing, name: {zh: 结束语, en: Closes the session}, weight: 1, critical: section, met_when: closes}
      - {id: solved, name: {zh: 问题解决, en: The problem is solved}, judge: Is the customer's problem solved?}
`

// helpNew asks for other words.
var helpNew = strings.NewReplacer("[您好, hello]", "[您好, good morning]", "[sorry, 抱歉]", "[sorry, 抱歉, regret]", "pass: 60", "pass: 70").Replace(helpOld)

func helpSource(t *testing.T, src string) store.CardSource {
	t.Helper()
	card, problems := scorecard.Parse("help", []byte(src))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return store.CardSource{ID: card.ID, Version: card.Version, Source: src}
}

// withBacktests lets the site start back-tests and show evidence.
func withBacktests(t *testing.T) func(*Options) {
	t.Helper()
	return func(o *Options) {
		c, err := jobs.NewInserter(o.Store)
		if err != nil {
			t.Fatal(err)
		}
		tones, err := tone.New()
		if err != nil {
			t.Fatal(err)
		}
		o.Jobs, o.Backtest = c, &jobs.Backtester{Store: o.Store, Tone: tones}
	}
}

// compared stores sessions and a back-test of them, which is done, and returns its key.
func (s *site) compared(b *jobs.Backtester) store.BacktestKey {
	s.t.Helper()
	greetings := []string{"hello, how can I help?", "good morning, please go on", "您好，请讲", "what is it?"}
	for i := range 80 {
		day := time.Date(2026, 11, 1+i%9, 9, i%60, 0, 0, time.UTC)
		s.put(&transcript.Session{
			ID: transcript.SessionID(fmt.Sprintf("H-%03d", i)), Channel: transcript.Chat, StartedAt: day, Language: "en",
			Agent: &transcript.AgentRef{ID: fmt.Sprint("a", i%7), Team: []string{"North", "热线一组", "South"}[i%3]},
			Turns: []transcript.Turn{
				{Speaker: transcript.Customer, Text: "My order has not arrived. I paid by card " + card + ".", StartMS: new(int64(0))},
				{Speaker: transcript.Agent, Text: greetings[i%len(greetings)], StartMS: new(int64(4000))},
				{Speaker: transcript.Agent, Text: []string{"I am sorry for that.", "We regret the delay.", "抱歉让您久等了"}[i%3], StartMS: new(int64(9000))},
				{Speaker: transcript.Agent, Text: []string{"Bye!", "Anything else?"}[i%2], StartMS: new(int64(15000))},
			},
		}, nil, "")
	}
	key, err := s.store.StartBacktest(s.t.Context(), store.NewBacktest{New: helpSource(s.t, helpNew), Old: helpSource(s.t, helpOld), Seed: 1, By: "wei"}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := b.Run(s.t.Context(), key, func(pgx.Tx) error { return nil }); err != nil {
		s.t.Fatal(err)
	}
	return key
}

func backtestSite(t *testing.T) (*site, store.BacktestKey) {
	t.Helper()
	var o Options
	with := withBacktests(t)
	s := newSite(t, func(given *Options) { with(given); o = *given })
	key := s.compared(o.Backtest)
	for _, src := range []string{helpOld, helpNew} {
		c := helpSource(t, src)
		if _, err := s.store.PublishBy(t.Context(), store.Act{By: "wei", Why: "first try"}, c.ID, c.Version, c.Source); err != nil {
			t.Fatal(err)
		}
	}
	return s, key
}

func TestSamplesHidePersonalData(t *testing.T) {
	t.Parallel()
	s, key := backtestSite(t)
	body := s.get(fmt.Sprintf("/backtests/%d/samples?criterion=greeting&bucket=only_new&lang=en", key)).body
	if strings.Contains(body, card) || !strings.Contains(body, `<span class="tag" title="Bank card">&lt;CARD_1:1111&gt;</span>`) {
		t.Error("the card's number must be behind a tag")
	}
}

func TestBacktestPageShowsWhatChanged(t *testing.T) {
	t.Parallel()
	s, key := backtestSite(t)
	body := s.get(fmt.Sprintf("/backtests/%d?lang=en", key)).body
	for _, want := range []string{
		"Help desk", "Greets the customer", "Apologises", "criteria come out the same everywhere", "热线一组", "2026-11-03", "judge would be asked 80 questions on 80 sessions",
		`data-live="false"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	if zh := s.get(fmt.Sprintf("/backtests/%d?lang=zh", key)).body; !strings.Contains(zh, "主动问候") || !strings.Contains(zh, "仅新卡") {
		t.Error("the page is not in Chinese")
	}
	none, err := s.store.StartBacktest(t.Context(), store.NewBacktest{New: helpSource(t, helpNew), Since: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), By: "wei"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body := s.get(fmt.Sprintf("/backtests/%d?lang=en", none)).body; !strings.Contains(body, "Nothing to compare") {
		t.Error("a back-test of no session is an empty page")
	}
	if a := s.get("/backtests/999"); a.status != http.StatusNotFound {
		t.Errorf("an unknown back-test: status %d", a.status)
	}
}

func TestBacktestPageIsLiveWithoutScript(t *testing.T) {
	t.Parallel()
	s, _ := backtestSite(t)
	c := helpSource(t, helpNew)
	key, err := s.store.StartBacktest(t.Context(), store.NewBacktest{New: c, By: "wei"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/backtests/%d?lang=en", key)
	if body := s.get(path).body; !strings.Contains(body, `<noscript><meta http-equiv="refresh"`) || !strings.Contains(body, `data-live="true"`) {
		t.Error("a running back-test does not refresh")
	}
	if _, err := s.store.Pool().Exec(t.Context(), `UPDATE backtests SET seen_at = now() - interval '1 hour' WHERE id = $1`, key); err != nil {
		t.Fatal(err)
	}
	if body := s.get(path).body; !strings.Contains(body, ">waiting<") || !strings.Contains(body, `data-live="true"`) {
		t.Error("a back-test that waits to be begun does not say so, or is not live")
	}
	if _, err := s.store.Pool().Exec(t.Context(), `UPDATE backtests SET done = 1 WHERE id = $1`, key); err != nil {
		t.Fatal(err)
	}
	if body := s.get(path).body; !strings.Contains(body, "scorecard backtest --resume") || strings.Contains(body, `http-equiv="refresh"`) {
		t.Error("an interrupted back-test does not say how to go on")
	}
}

func TestLabelsBecomePrecision(t *testing.T) {
	t.Parallel()
	s, key := backtestSite(t)
	path := fmt.Sprintf("/backtests/%d", key)
	form := url.Values{"criterion": {"greeting"}, "bucket": {"only_new"}}
	for place, label := range []string{"right", "right", "wrong", "skip"} {
		form.Set("place", fmt.Sprint(place+1))
		form.Set("label", label)
		resp := s.post(path+"/samples", form)
		want := fmt.Sprintf("%s/samples?bucket=only_new&criterion=greeting&place=%d", path, place+2)
		if resp.status != http.StatusSeeOther || resp.header.Get("Location") != want {
			t.Fatalf("%d: to %q, want %q", resp.status, resp.header.Get("Location"), want)
		}
	}
	if body := s.get(path + "?lang=en").body; !strings.Contains(body, "<b>4/20</b>") || !strings.Contains(body, "67 % (21–94)") {
		t.Error("the page lacks the precision of the labels")
	}
	form.Set("place", "1")
	form.Set("label", "wrong")
	resp := s.post(path+"/samples", form) // by somebody who saw it without a label
	if want := fmt.Sprintf("%s/samples?bucket=only_new&criterion=greeting&place=1&taken=1", path); resp.header.Get("Location") != want {
		t.Errorf("labelled meanwhile: %d to %q, want %q", resp.status, resp.header.Get("Location"), want)
	}
	if body := s.get(resp.header.Get("Location") + "&lang=en").body; !strings.Contains(body, "Another person has labelled") || !strings.Contains(body, `name="was" value="right"`) {
		t.Error("the page does not say that it is labelled, or not what was seen")
	}
	form.Set("was", "right")
	if resp := s.post(path+"/samples", form); strings.Contains(resp.header.Get("Location"), "taken") {
		t.Error("a label that was seen cannot be changed")
	}
	if body := s.get(path + "?lang=en").body; !strings.Contains(body, "<b>4/20</b>") || !strings.Contains(body, "33 % (6–79)") {
		t.Error("the changed label does not count")
	}
	form.Del("was")
	form.Set("label", "maybe")
	if resp := s.post(path+"/samples", form); resp.status != http.StatusBadRequest {
		t.Errorf("an unknown label: %d", resp.status)
	}
	form.Set("label", "right")
	form.Set("place", "500")
	if resp := s.post(path+"/samples", form); resp.status != http.StatusNotFound {
		t.Errorf("an unknown sample: %d", resp.status)
	}
}

func TestBacktestIsStartedFromThePage(t *testing.T) {
	t.Parallel()
	s, key := backtestSite(t)
	list := s.get("/backtests?lang=en").body
	c := helpSource(t, helpNew)
	if !strings.Contains(list, "first try") {
		t.Error("the page does not say why it was published")
	}
	if !strings.Contains(list, `<option value="help@`+c.Version+`">`) {
		t.Error("the published version cannot be chosen")
	}
	resp := s.post("/backtests", url.Values{"new": {"help@" + c.Version}, "old": {""}, "since": {"2026-11-04"}})
	if want := fmt.Sprintf("/backtests/%d", key+1); resp.status != http.StatusSeeOther || resp.header.Get("Location") != want {
		t.Fatalf("%d to %q, want %q", resp.status, resp.header.Get("Location"), want)
	}
	bt, err := s.store.Backtest(t.Context(), key+1)
	if err != nil {
		t.Fatal(err)
	}
	if bt.Total == 0 || bt.Total >= 80 || bt.Old.ID != "" {
		t.Errorf("%+v", bt)
	}
	for name, form := range map[string]url.Values{
		"no version": {"new": {"help"}}, "an unknown one": {"new": {"help@0"}}, "a bad day": {"new": {"help@" + c.Version}, "since": {"yesterday"}},
	} {
		if resp := s.post("/backtests", form); resp.status != http.StatusBadRequest && resp.status != http.StatusNotFound {
			t.Errorf("%s: %d", name, resp.status)
		}
	}
}

func TestBacktestsInBrowser(t *testing.T) {
	t.Parallel()
	s, key := backtestSite(t)
	ctx := browser(t)
	samples := fmt.Sprintf("/backtests/%d/samples?criterion=greeting&bucket=only_new", key)
	t.Run("labelling by keyboard", func(t *testing.T) { labellingByKeyboard(t, ctx, s, samples) })
	t.Run("every size and colour", func(t *testing.T) {
		b := open(t, ctx, s, "/backtests")
		for _, colour := range []string{"light", "dark"} {
			b.do(prefer(colour))
			for _, width := range []int64{1440, 1280, 390} {
				b.size(width, 900)
				for i, path := range []string{"/backtests", fmt.Sprintf("/backtests/%d", key), samples} {
					b.visit(withLanguage(path, text.Languages[i%2]))
					if wrong := b.texts(audit); len(wrong) > 0 {
						t.Errorf("%s, %s, %d wide:\n%s", path, colour, width, strings.Join(wrong, "\n"))
					}
					picture(t, b, fmt.Sprintf("backtest-%d-%s-%d", i, colour, width))
				}
			}
		}
	})
	t.Run("a running one is shown as it goes on", func(t *testing.T) { liveAsItGoes(t, ctx, s) })
}

// picture keeps a picture of the page in the folder that ASSAY_PICTURES names.
func picture(t *testing.T, b *tab, name string) {
	t.Helper()
	folder := os.Getenv("ASSAY_PICTURES")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder+"/"+name+".png", png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func labellingByKeyboard(t *testing.T, ctx context.Context, s *site, path string) {
	b := open(t, ctx, s, path+"&lang=en")
	here := `document.querySelector(".places [aria-current]").textContent.trim()`
	if got := b.text(here); got != "1" {
		t.Fatalf("begins at %q", got)
	}
	if got := b.eval(`[...document.querySelectorAll(".places a")].filter((a) => a.getBoundingClientRect().left < 0).length`); got > 0 {
		t.Errorf("%d places cannot be seen", got)
	}
	for _, step := range []struct{ key, want string }{{"r", "2"}, {"w", "3"}, {"s", "4"}, {"k", "3 Skip"}, {"j", "4"}} {
		b.through(chromedp.KeyEvent(step.key))
		if got := b.text(here); got != step.want {
			t.Fatalf("after %q at %q, want %q", step.key, got, step.want)
		}
	}
	if got := b.texts(`[...document.querySelectorAll(".judge .side .outcome")].map((e) => e.textContent)`); strings.Join(got, " ") != "Met Not met" {
		t.Errorf("the sides say %q", got)
	}
	if got := b.text(`document.querySelector(".judge .evidence q").textContent`); !strings.HasPrefix(got, "hello") {
		t.Errorf("the old scorecard's evidence is %q", got)
	}
	b.through(chromedp.KeyEvent("o"))
	if got := b.text(`location.pathname`); !strings.HasPrefix(got, "/sessions/") {
		t.Errorf("o leads to %q", got)
	}
}

func liveAsItGoes(t *testing.T, ctx context.Context, s *site) {
	c := helpSource(t, helpNew)
	key, err := s.store.StartBacktest(t.Context(), store.NewBacktest{New: c, Old: helpSource(t, helpOld), Seed: 1, By: "wei"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, ctx, s, fmt.Sprintf("/backtests/%d?lang=en", key))
	b.until(`document.querySelector(".back-state").textContent === "running"`)
	o := Options{Store: s.store}
	withBacktests(t)(&o)
	tester := &jobs.Backtester{Store: s.store, Tone: o.Backtest.Tone}
	if err := tester.Run(t.Context(), key, func(pgx.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelector(".back-state").textContent === "done" && document.querySelector(".changes") !== null`)
}
