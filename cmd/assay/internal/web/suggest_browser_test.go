package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"assay/cmd/assay/internal/web/text"
)

func TestSuggestInBrowser(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	for name, test := range map[string]func(*testing.T, context.Context, *site){
		"answers while one types":           answersWhileOneTypes,
		"everything by keyboard":            suggestByKeyboard,
		"keys are no theft of letters":      keysLeaveTypingAlone,
		"input methods keep their keys":     inputMethodsKeepTheirKeys,
		"answers in the order of questions": answersInOrder,
		"hostile contents are text":         hostileSuggestionsAreText,
		"whom it is for is kept":            filtersAreKept,
		"a pasted chat is read":             pastedChatIsRead,
		"scripts by stage":                  scriptsByStage,
		"what was asked and pinned":         askedAndPinned,
		"fits beside another window":        suggestFits,
	} {
		t.Run(name, func(t *testing.T) { test(t, ctx, newSite(t, withShelf(t))) })
	}
}

const (
	shownIDs   = `[...document.querySelectorAll(".suggestion")].map((s) => s.dataset.id)`
	oneShown   = `document.querySelectorAll(".suggestion").length === 1`
	wasAsked   = `document.querySelector(".found").dataset.ask !== "0"`
	chosenItem = `document.activeElement.matches(".suggestion.chosen")`
	handled    = `document.getElementById("status").textContent`
	// keepCopies has what is copied kept where the test reads it.
	keepCopies = `window.copies = [], navigator.clipboard.writeText = async (text) => { window.copies.push(text); }, 0`
)

// count is how many rows a query selects.
func (s *site) count(from string) int {
	s.t.Helper()
	var n int
	if err := s.store.Pool().QueryRow(s.t.Context(), `SELECT count(*) FROM `+from).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// has waits until rows are written that the page does not wait for.
func (b *tab) has(from string) {
	b.t.Helper()
	for b.site.count(from) == 0 {
		if b.ctx.Err() != nil {
			b.t.Fatalf("there is no row in %s", from)
		}
	}
}

func answersWhileOneTypes(t *testing.T, ctx context.Context, s *site) {
	b := open(t, ctx, s, "/suggest?lang=en")
	b.do(chromedp.SendKeys("#q", "how do I reset my router"))
	b.until(oneShown)
	if n := s.count("asks"); n != 0 {
		t.Errorf("%d questions are written down while they are typed", n)
	}
	want := []string{"Reset the router", "very likely", "Internal: not for the customer", "valid until 2036-06-30", "owner Ann Lee", "revision 1"}
	card := b.text(`document.querySelector(".suggestion").innerText`)
	for _, w := range want {
		if !strings.Contains(card, w) {
			t.Errorf("%q is not in %q", w, card)
		}
	}
	if diff := cmp.Diff([]string{"router"}, b.texts(`[...document.querySelectorAll(".passage mark")].map((m) => m.textContent)`)); diff != "" {
		t.Error(diff)
	}
	b.until(wasAsked)
	b.do(chromedp.SendKeys("#q", " please"))
	b.until(`document.querySelector(".found").dataset.text.endsWith("please") && ` + wasAsked)
	if n := s.count("asks WHERE answered"); n != 1 {
		t.Errorf("a question and the rest of it are %d", n)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("q").select()`), chromedp.SendKeys("#q", "xylophone"))
	b.until(`document.querySelector(".nothing")?.textContent.includes("noted as a gap")`)
	if n := s.count("asks WHERE NOT answered AND text = 'xylophone' AND person = 'wang'"); n != 1 {
		t.Errorf("the gap is written down %d times", n)
	}
}

func suggestByKeyboard(t *testing.T, ctx context.Context, s *site) {
	b := open(t, ctx, s, "/suggest?lang=en")
	b.eval(keepCopies)
	b.press("router restarts\r")
	b.until(chosenItem)
	if got := b.texts(shownIDs); len(got) != 2 {
		t.Fatalf("shown are %q", got)
	}
	b.press("2")
	if got := b.text(`document.activeElement.dataset.id`); got != b.texts(shownIDs)[1] {
		t.Errorf("2 chooses %q", got)
	}
	b.press(strconv.Itoa(1 + slices.Index(b.texts(shownIDs), "ROUTER-1")))
	b.press("c")
	b.until(`document.getElementById("status").textContent === "Copied"`)
	b.press("\r")
	b.until(`window.copies.length === 2`)
	if got := b.texts(`window.copies`); !strings.HasPrefix(got[0], "Please hold the small button") || got[0] != got[1] {
		t.Errorf("copied is %q", got)
	}
	b.has("suggestion_uses WHERE action = 'copied' AND ask_id IS NOT NULL AND solution_id = 'ROUTER-1' AND part = 'short_reply'")
	b.press("h")
	b.until(`document.querySelector('.chosen [value="helpful"]').getAttribute("aria-pressed") === "true"`)
	b.press("w")
	b.until(`document.activeElement.name === "note"`)
	b.press("the button is in front\r")
	b.until(chosenItem)
	if n := s.count(`feedback WHERE grade = 'wrong' AND note = 'the button is in front' AND person = 'wang' AND ask_id IS NOT NULL`); n != 1 || s.count("feedback") != 1 {
		t.Errorf("the feedback is written down %d times", n)
	}
	b.press("w")
	b.until(`document.getElementById("status").textContent === "Taken back"`)
	if n := s.count("feedback"); n != 0 {
		t.Errorf("%d stay after it was taken back", n)
	}
	b.press("s")
	b.until(`document.getElementById("status").textContent === "Pinned"`)
	b.press("a")
	b.has("suggestion_uses WHERE action = 'opened'")
	b.press("/")
	if got := b.text(`document.activeElement.id + getSelection().toString()`); !strings.HasPrefix(got, "q") {
		t.Errorf("/ leads to %q", got)
	}
	b.press("\x1b")
	b.until(`document.getElementById("q").value === "" && document.querySelector(".recent") !== null`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	b.press("?")
	b.until(`document.getElementById("keys").open`)
}

func keysLeaveTypingAlone(t *testing.T, ctx context.Context, s *site) {
	b := open(t, ctx, s, "/suggest?lang=en")
	b.press("router restart ")
	b.until(`document.querySelectorAll(".suggestion").length > 0`)
	const letters = "c h p w o s a 1 2 / ?"
	b.press(letters)
	if got := b.text(`document.getElementById("q").value`); got != "router restart "+letters {
		t.Errorf("the field has %q", got)
	}
	if value[bool](b, `document.getElementById("keys").open`) || s.count("feedback")+s.count("pins") > 0 {
		t.Error("letters in the field did something else")
	}
	b.press("\r")
	b.until(`document.querySelector(".found").dataset.text.endsWith("?") && ` + wasAsked)
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".tools [hreflang]").focus()`))
	b.do(key("h", 2)) // with Ctrl it is the browser's
	if s.count("feedback") > 0 {
		t.Error("Ctrl H gave feedback")
	}
}

// key presses one key, with modifiers as the protocol numbers them.
func key(name string, modifiers int64) chromedp.Action[chromedp.Void] {
	return rawKey(input.DispatchKeyEventParams{Type: "rawKeyDown", Key: name, Modifiers: modifiers})
}

func rawKey(p input.DispatchKeyEventParams) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.DispatchKeyEvent, p)
		return err
	})
}

func compose(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.ImeSetComposition, input.ImeSetCompositionParams{Text: text, SelectionStart: int64(len(text)), SelectionEnd: int64(len(text))})
		return err
	})
}

func commit(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

func inputMethodsKeepTheirKeys(t *testing.T, ctx context.Context, s *site) {
	b := open(t, ctx, s, "/suggest?lang=zh")
	b.eval(`window.sent = [], window.plain = window.fetch, window.fetch = (...a) => { sent.push(String(a[1].body)); return plain(...a); }, 0`)
	b.do(compose("shuihu"))
	b.do(rawKey(input.DispatchKeyEventParams{Type: "rawKeyDown", Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 229}))
	b.do(rawKey(input.DispatchKeyEventParams{Type: "rawKeyDown", Key: "1", Code: "Digit1", WindowsVirtualKeyCode: 229}))
	b.do(compose("水壶漏水"))
	if got := b.texts(`window.sent`); len(got) > 0 {
		t.Errorf("what is being composed is searched: %q", got)
	}
	b.do(commit("水壶漏水"))
	b.until(`document.querySelectorAll(".suggestion").length > 0`)
	if got := b.text(`document.querySelector(".suggestion").dataset.id + document.activeElement.id`); got != "KETTLE-3q" {
		t.Errorf("shown and focused are %q", got)
	}
	for _, sent := range b.texts(`window.sent`) {
		if q, _ := url.ParseQuery(sent); q.Get("q") != "水壶漏水" {
			t.Errorf("searched is %q", q.Get("q"))
		}
	}
	b.do(rawKey(input.DispatchKeyEventParams{Type: "rawKeyDown", Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}))
	b.until(chosenItem)
	b.do(rawKey(input.DispatchKeyEventParams{Type: "rawKeyDown", Key: "h", Code: "KeyH", WindowsVirtualKeyCode: 229}))
	if s.count("feedback") > 0 {
		t.Error("a key that an input method has gave feedback")
	}
}

func answersInOrder(t *testing.T, ctx context.Context, s *site) {
	arrived, late := make(chan struct{}), make(chan struct{})
	arrive := sync.OnceFunc(func() { close(arrived) })
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.Contains(formOf(t, r), "zebra") {
			arrive()
			<-late
		}
		s.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	f := *s
	f.Server = front
	b := open(t, ctx, &f, "/suggest?lang=en")
	b.press("zebra\r")
	<-arrived
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("q").select()`))
	b.press("how do I reset my router\r")
	b.until(oneShown + ` && document.querySelector(".suggestion").dataset.id === "ROUTER-1"`)
	close(late)
	b.do(chromedp.Evaluate[chromedp.Void](`fetch("/suggest").then((a) => a.text())`, chromedp.EvalAwaitPromise))
	if got := b.texts(shownIDs); len(got) != 1 || got[0] != "ROUTER-1" {
		t.Errorf("a late answer shows %q", got)
	}
}

// formOf reads a form, and leaves it to be read again.
func formOf(t *testing.T, r *http.Request) string {
	t.Helper()
	if err := r.ParseForm(); err != nil {
		t.Error(err)
	}
	return r.PostForm.Get("q")
}

func hostileSuggestionsAreText(t *testing.T, ctx context.Context, s *site) {
	b := open(t, ctx, s, "/suggest?lang=en&product="+url.QueryEscape(evil))
	b.do(commit("how does the zebra cross " + evil)) // at once: of so many keys one may be lost
	b.press("\r")
	b.until(chosenItem)
	b.press("a")
	b.until(`document.querySelector(".whole").open`)
	b.press("o")
	b.until(`document.activeElement.name === "note"`)
	b.press(evil + "\r")
	b.until(chosenItem)
	b.press("s")
	b.until(`document.querySelector(".chosen .pin button").value === "0"`)
	card := b.text(`document.querySelector(".suggestion").innerText`)
	if n := strings.Count(card, "<script>window.hacked=1</script>"); n < 6 {
		t.Errorf("of the markup %d pieces are shown as text:\n%s", n, card)
	}
	b.press("\x1b")
	b.until(`document.querySelector(".recent") !== null`)
	b.visit("/suggest?lang=zh&q=" + url.QueryEscape("zebra "+evil))
	for _, found := range []string{`"hacked" in window`, `document.querySelector("main img, main script, main [onerror], main [href^='javascript:']") !== null`} {
		if value[bool](b, found) {
			t.Errorf("%s", found)
		}
	}
}

func filtersAreKept(t *testing.T, ctx context.Context, s *site) {
	b := open(t, ctx, s, "/suggest?lang=en")
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("about").open = true`), chromedp.SetValue(`[name="product"]`, "R7 router"))
	b.until(`location.search === "?product=R7+router"`)
	b.visit("/suggest?lang=en")
	if got := b.text(`document.querySelector('[name="product"]').value + " " + document.getElementById("chosen").textContent`); got != "R7 router R7 router" {
		t.Errorf("kept is %q", got)
	}
	b.press("how does the zebra cross\r")
	b.until(`document.querySelector(".nothing [data-unfilter]") !== null && ` + wasAsked)
	b.do(chromedp.Click("[data-unfilter]"))
	b.until(oneShown + ` && location.search === ""`)
	b.do(chromedp.SetValue(`[name="product"]`, "R7 router"))
	b.visit("/suggest?lang=en&product=" + url.QueryEscape("电水壶"))
	if got := b.text(`document.querySelector('[name="product"]').value`); got != "电水壶" {
		t.Errorf("the address says another product than %q", got)
	}
	b.press("router")
	b.through(chromedp.Click(".tools [hreflang]"))
	if got := b.text(`document.getElementById("q").value + document.documentElement.lang + document.querySelector('[name="product"]').value`); got != "routerzh-CN电水壶" {
		t.Errorf("in the other language there is %q", got)
	}
}

func pastedChatIsRead(t *testing.T, ctx context.Context, s *site) {
	b := open(t, ctx, s, "/suggest?lang=zh")
	b.do(commit("客户：我上周买了水壶\n坐席：请问有什么问题？\n客户：底部漏水怎么办？\n坐席：我看一下"))
	b.until(wasAsked)
	if got := b.text(`document.querySelector(".read q").textContent + document.querySelector(".suggestion").dataset.id`); got != "底部漏水怎么办？KETTLE-3" {
		t.Errorf("read is %q", got)
	}
	if n := s.count("asks WHERE made = 'pasted' AND text = '底部漏水怎么办？'"); n != 1 {
		t.Errorf("the question is written down %d times", n)
	}
}

func scriptsByStage(t *testing.T, ctx context.Context, s *site) {
	b := open(t, ctx, s, "/suggest?lang=en")
	b.do(chromedp.Click(`[value="guide"]`))
	b.until(`document.querySelectorAll(".suggestion").length === 2`)
	if got := b.text(`location.search`); got != "?stage=guide" {
		t.Errorf("the address is %q", got)
	}
	b.do(chromedp.Click(`[value="feedback"][name="stage"]`))
	b.until(`document.querySelector(".nothing") !== null`)
}

func askedAndPinned(t *testing.T, ctx context.Context, s *site) {
	b := open(t, ctx, s, "/suggest?lang=en")
	b.eval(keepCopies)
	b.press("how do I reset my router\r")
	b.until(chosenItem)
	b.press("s")
	b.until(`document.getElementById("status").textContent === "Pinned"`)
	b.visit("/suggest?lang=en")
	b.eval(keepCopies)
	if got := b.text(`document.querySelector(".suggestion").dataset.id + document.querySelector("[data-again]").textContent`); got != "ROUTER-1how do I reset my router" {
		t.Errorf("at hand is %q", got)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	b.press("1c")
	b.until(`window.copies.length === 1`)
	b.has("suggestion_uses WHERE ask_id IS NULL AND action = 'copied'")
	b.do(chromedp.Click("[data-again]"))
	b.until(chosenItem)
	if got := b.text(`document.getElementById("q").value`); got != "how do I reset my router" {
		t.Errorf("asked again is %q", got)
	}
	if n := s.count("asks"); n != 1 {
		t.Errorf("the same question is written down %d times", n)
	}
}

func suggestFits(t *testing.T, ctx context.Context, s *site) {
	b := open(t, ctx, s, "/suggest")
	long := strings.Repeat("w", 300) + " zebra"
	s.post("/suggest/pins", url.Values{"solution_id": {"EVIL-1"}, "pin": {"1"}})
	for _, colour := range []string{"light", "dark"} {
		b.do(prefer(colour))
		for i, width := range []int64{360, 800} {
			b.size(width, 740)
			for _, path := range []string{"/suggest", "/suggest?stage=guide", "/suggest?q=" + url.QueryEscape("how does the zebra cross"), "/suggest?q=router+restarts", "/suggest?q=" + long, "/suggest?q=xylophone&product=x"} {
				b.visit(withLanguage(path, text.Languages[i]))
				b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach((d) => { d.open = true; })`))
				if wrong := b.texts(audit); len(wrong) > 0 {
					t.Errorf("%s, %s, %d wide:\n%s", path, colour, width, strings.Join(wrong, "\n"))
				}
			}
		}
	}
}
