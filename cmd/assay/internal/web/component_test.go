package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"assay/knowledge"
	"assay/pipeline/store"
)

func TestComponentIsServedToAnybody(t *testing.T) {
	t.Parallel()
	s := newSite(t, behindProxy(t))
	a := s.get("/component/assay-suggest.js")
	for header, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
		"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=600",
	} {
		if got := a.header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	if a.status != http.StatusOK || !strings.Contains(a.body, `customElements.define("assay-suggest"`) || !strings.Contains(a.body, "方案库中没有足够合适的答案") {
		t.Errorf("%d, %d bytes", a.status, len(a.body))
	}
	if a := s.get("/component/assay-suggest.js", "If-None-Match", a.header.Get("ETag")); a.status != http.StatusNotModified || a.body != "" {
		t.Errorf("the same again: %d", a.status)
	}
}

// foreign is a page of another site that holds the component.
type foreign struct {
	*tab
	origin string
}

// strict is what a careful page allows: our script and our answers.
const strict = "default-src 'none'; script-src %[1]s; connect-src %[1]s; img-src data:; require-trusted-types-for 'script'"

// abroad opens a page of another site with the component, under the policy. TOKEN in
// the element is a token for that page and these scopes.
func abroad(t *testing.T, ctx context.Context, s *site, policy, element string, scopes ...Scope) *foreign {
	t.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if policy != "" {
			w.Header().Set("Content-Security-Policy", fmt.Sprintf(policy, s.URL))
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Desk</title><link rel="icon" href="data:,">
			<script type="module" src="%s/component/assay-suggest.js"></script>%s<p id="outside" class="status hit">text</p>`, s.URL, element)
	}))
	t.Cleanup(page.Close)
	secret := s.token(func(k *store.Token) {
		k.Origins = []string{page.URL}
		k.Scopes = texted(append(scopes, ScopeSuggest, ScopeFeedback))
	})
	element = strings.ReplaceAll(element, "TOKEN", secret)
	f := *s
	f.Server = page
	b := open(t, ctx, &f, "/")
	b.until(`customElements.get("assay-suggest") !== undefined`)
	b.eval(`window.events = [], window.el = document.querySelector("assay-suggest"), window.root = el.shadowRoot,
		["assay-answered", "assay-error", "assay-copy"].forEach((n) => el.addEventListener(n, (e) => events.push(n + " " + JSON.stringify(e.detail)))), 0`)
	return &foreign{b, page.URL}
}

const (
	hitsAbroad = `[...root.querySelectorAll("li.hit h3")].map((h) => h.textContent)`
	oneAbroad  = `root.querySelectorAll("li.hit").length === 1`
	saidAbroad = `root.querySelector(".status").textContent`
	onHit      = `root.activeElement !== null && root.activeElement.matches("li.hit.chosen")`
)

func TestComponentInAForeignPage(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	for name, test := range map[string]func(*testing.T, context.Context, *site){
		"under a strict policy":      componentUnderStrictPolicy,
		"by keyboard":                componentByKeyboard,
		"turns of a desktop":         componentTakesTurns,
		"turns wait for the agent":   componentLeavesTyping,
		"copies without Markdown":    componentCopiesPlainText,
		"hostile contents are text":  componentShowsText,
		"errors in words":            componentTellsErrors,
		"internal notes stay inside": componentKeepsNotes,
		"styles stay where they are": componentKeepsStyles,
	} {
		shelf, proxy := withShelf(t), behindProxy(t)
		t.Run(name, func(t *testing.T) {
			test(t, ctx, newSite(t, func(o *Options) { shelf(o); proxy(o); o.API.Reread = 1 }))
		})
	}
}

func componentUnderStrictPolicy(t *testing.T, ctx context.Context, s *site) {
	b := abroad(t, ctx, s, strict, `<assay-suggest token="TOKEN" agent="安娜" language="zh"></assay-suggest>`, ScopeLibraryRead)
	b.do(chromedp.Evaluate[chromedp.Void](`root.querySelector("textarea").focus()`))
	b.press("how do I reset my router")
	b.until(oneAbroad)
	if n := s.count("asks"); n != 0 {
		t.Errorf("%d questions are written down while they are typed", n)
	}
	b.until(`events.some((e) => /^assay-answered {"ask":[0-9]+,"count":1}$/.test(e))`)
	card := b.text(`root.querySelector("li.hit").textContent`)
	for _, want := range []string{"1. Reset the router", "很可能", "快捷回复", "内部备注：不得告知客户", "有效期至 2036-06-30", "Ann Lee", "EU", "企业"} {
		if !strings.Contains(card, want) {
			t.Errorf("%q is not in %q", want, card)
		}
	}
	b.do(chromedp.Evaluate[chromedp.Void](`root.querySelector("details").open = true`))
	b.until(`root.querySelector(".answer")?.textContent.includes("ten seconds")`)
	if n := s.count("asks WHERE person = '安娜' AND answered"); n != 1 {
		t.Errorf("the question is written down %d times", n)
	}
	b.quitWithout("TrustedHTML")
}

// quitWithout ends the tab; the console may say what holds one of the words.
func (f *foreign) quitWithout(words ...string) {
	f.t.Helper()
	said := f.quit()
	f.quit = func() []string { return nil }
	for _, line := range said {
		known := false
		for _, word := range words {
			known = known || strings.Contains(line, word)
		}
		if !known {
			f.t.Errorf("the console says %q", line)
		}
	}
}

func TestComponentSaysWhenPostgreSQLAnswers(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	plain, proxy := withOpened(t, shelf(), knowledge.Options{Postpone: true}), behindProxy(t)
	s := newSite(t, func(o *Options) { plain(o); proxy(o); o.API.Reread = 1 })
	for lang, want := range map[string]string{"en": "PostgreSQL searches", "zh": "现由 PostgreSQL 查找"} {
		b := abroad(t, ctx, s, strict, fmt.Sprintf(`<assay-suggest token="TOKEN" language=%q></assay-suggest>`, lang))
		b.eval(`el.ask("how do I reset my router"), 0`)
		b.until(oneAbroad)
		if got := b.text(saidAbroad); !strings.Contains(got, want) {
			t.Errorf("%s: it says %q", lang, got)
		}
	}
}

func componentByKeyboard(t *testing.T, ctx context.Context, s *site) {
	b := abroad(t, ctx, s, "", `<assay-suggest token="TOKEN" agent="an"></assay-suggest>`)
	b.eval(keepCopies)
	b.do(chromedp.Evaluate[chromedp.Void](`root.querySelector("textarea").focus()`))
	b.press("router restart h p w 1 c\x1b")
	if got := b.text(`root.querySelector("textarea").value`); got != "" || s.count("feedback") > 0 {
		t.Errorf("after Escape the field has %q", got)
	}
	b.press("router restart\r")
	b.until(onHit)
	b.press("2")
	if got := b.text(`root.activeElement.querySelector("h3").textContent`); !strings.HasPrefix(got, "2. ") {
		t.Errorf("2 chooses %q", got)
	}
	b.press("1c")
	b.until(`window.copies.length === 1 && ` + saidAbroad + ` === "Copied"`)
	b.has("suggestion_uses WHERE action = 'copied' AND person = 'an'")
	b.press("w")
	b.until(`root.activeElement.matches("input")`)
	b.press("wrong lamp\r")
	b.until(onHit)
	if n := s.count("feedback WHERE grade = 'wrong' AND note = 'wrong lamp' AND person = 'an'"); n != 1 {
		t.Errorf("the feedback is written down %d times", n)
	}
	b.press("w")
	b.until(saidAbroad + ` === "Taken back."`)
	b.eval(`el.addEventListener("assay-copy", (e) => { e.preventDefault(); window.put = e.detail; }), 0`)
	b.press("\r")
	b.until(saidAbroad + ` === "Inserted"`)
	b.has("suggestion_uses WHERE action = 'inserted'")
	if n := b.eval(`window.copies.length`); n != 1 || b.text(`window.put.solutionId`) == "" {
		t.Errorf("what the desktop inserts is copied as well: %d", n)
	}
}

func componentTakesTurns(t *testing.T, ctx context.Context, s *site) {
	b := abroad(t, ctx, s, "", `<assay-suggest token="TOKEN" language="zh" product="电水壶"></assay-suggest>`)
	b.eval(`el.token = el.getAttribute("token"), el.removeAttribute("token"), el.agent = "an", el.turns = [{speaker: "customer", text: "我的水壶底部漏水怎么办"}, {speaker: "agent", text: "请稍等"}], 0`)
	b.until(oneAbroad)
	if diff := cmp.Diff([]string{"1. 水壶漏水怎么处理"}, b.texts(hitsAbroad)); diff != "" {
		t.Error(diff)
	}
	if n := s.count("asks WHERE made = 'turns' AND product = '电水壶'"); n != 1 {
		t.Errorf("the question is written down %d times", n)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`el.setAttribute("product", "R7 router")`))
	b.until(`root.querySelectorAll("li.hit").length === 0`)
	if n := value[int](b.tab, `el.clear(), el.turns.length`); n != 0 {
		t.Errorf("cleared, it has %d turns", n)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`el.ask("how do I reset my router").then((n) => { window.n = n; })`, chromedp.EvalAwaitPromise))
	if n := b.eval(`window.n`); n != 1 {
		t.Errorf("ask returns %d", n)
	}
}

// componentLeavesTyping sets turns while the agent types: each message of the
// customer comes so.
func componentLeavesTyping(t *testing.T, ctx context.Context, s *site) {
	b := abroad(t, ctx, s, "", `<assay-suggest token="TOKEN" agent="an"></assay-suggest>`)
	b.eval(`window.plain = window.fetch, window.searched = 0, window.fetch = (...a) => {
		searched += a[0].pathname === "/api/v1/suggest" ? 1 : 0;
		return plain(...a);
	}, 0`)
	const turns = `window.before = searched, el.turns = [{speaker: "customer", text: "how do I reset my router"}], searched - before`
	b.do(chromedp.Evaluate[chromedp.Void](`root.querySelector("textarea").focus()`))
	b.press("zeb")
	if n := b.eval(turns); n != 0 || b.text(`root.querySelector("textarea").value`) != "zeb" {
		t.Errorf("what is typed becomes %q, after %d searches", b.text(`root.querySelector("textarea").value`), n)
	}
	b.press("\b\b\b")
	b.until(`root.querySelector("h3")?.textContent === "1. Reset the router"`)
	if n := b.eval(turns); n != 1 {
		t.Errorf("an empty field keeps turns from being searched: %d", n)
	}
	b.until(`root.querySelector("h3")?.textContent === "1. Reset the router"`)
	b.do(chromedp.Evaluate[chromedp.Void](`root.querySelector("li.hit").focus()`))
	b.press("w")
	b.until(`root.activeElement.matches("input")`)
	b.press("the lamp")
	b.eval(`window.before = searched, el.turns = [{speaker: "customer", text: "水壶底部漏水怎么办"}], 0`)
	if n := b.eval(`searched - before`); n != 0 {
		t.Errorf("while a note is written the suggestions are searched again: %d", n)
	}
	b.press(" is wrong\r")
	b.until(`root.querySelector("h3")?.textContent === "1. 水壶漏水怎么处理"`)
	if n := s.count("feedback WHERE grade = 'wrong' AND note = 'the lamp is wrong' AND person = 'an'"); n != 1 {
		t.Errorf("the feedback is written down %d times", n)
	}
}

// componentCopiesPlainText copies a script, which has no passage, as pages can that
// are no secure context.
func componentCopiesPlainText(t *testing.T, ctx context.Context, s *site) {
	b := abroad(t, ctx, s, "", `<assay-suggest token="TOKEN" agent="an" stage="guide" answer-language="en"></assay-suggest>`)
	b.eval(`window.copies = [], document.execCommand = (command) => copies.push(command + ": " + root.activeElement.value),
		Object.defineProperty(navigator, "clipboard", { value: undefined }), 0`)
	b.do(chromedp.Evaluate[chromedp.Void](`root.querySelector("textarea").focus()`))
	b.press("\r")
	b.until(onHit)
	b.press("c")
	b.until(saidAbroad + ` === "Copied" && ` + onHit)
	if diff := cmp.Diff([]string{"copy: Good morning, you are talking to NAME. How can I help you?"}, b.texts(`window.copies`)); diff != "" {
		t.Error(diff)
	}
	b.has("suggestion_uses WHERE action = 'copied' AND part = 'answer' AND person = 'an'")
}

func componentShowsText(t *testing.T, ctx context.Context, s *site) {
	b := abroad(t, ctx, s, "", `<assay-suggest token="TOKEN" agent="an"></assay-suggest>`, ScopeLibraryRead)
	b.do(chromedp.Evaluate[chromedp.Void](`root.querySelector("textarea").focus()`))
	b.do(commit("how does the zebra cross " + evil)) // at once: of so many keys one may be lost
	b.press("\r")
	b.until(onHit)
	b.do(chromedp.Evaluate[chromedp.Void](`root.querySelector("details").open = true`))
	b.until(`root.querySelector(".answer") !== null`)
	if n := strings.Count(b.text(`root.querySelector("li.hit").textContent`), "<script>window.hacked=1</script>"); n < 5 {
		t.Errorf("of the markup %d pieces are shown as text", n)
	}
	// An answer that is no longer what Assay sends: the component looks at it again.
	b.eval(`window.plain = window.fetch, window.fetch = async (...a) => {
		const answer = await plain(...a);
		const body = await answer.json();
		body.suggestions[0].answer_html = '<p onclick="hacked=1">a<img src=x onerror="window.hacked=1"><script>window.hacked=1<\/script><svg onload="window.hacked=1"></svg><a href="javascript:window.hacked=1">b</a><a href="https://a.example/" onclick="x">c</a></p>';
		return new Response(JSON.stringify(body), { status: 200 });
	}, 0`)
	b.do(chromedp.Evaluate[chromedp.Void](`el.ask("how does the zebra cross the road").then(() => { root.querySelector("details").open = true; })`, chromedp.EvalAwaitPromise))
	b.until(`root.querySelector(".answer p") !== null`)
	if got := b.text(`root.querySelector(".answer").innerHTML`); got != `<p>ab<a href="https://a.example/" rel="noopener noreferrer" target="_blank">c</a></p>` {
		t.Errorf("the answer is %s", got)
	}
	if value[bool](b.tab, `"hacked" in window`) {
		t.Error("an answer ran as script")
	}
}

func componentTellsErrors(t *testing.T, ctx context.Context, s *site) {
	b := abroad(t, ctx, s, "", `<assay-suggest token="assay_unknown" language="en" data-right="TOKEN"></assay-suggest>`)
	spent := s.token(func(k *store.Token) { k.Origins = []string{b.origin}; k.Calls, k.PerSeconds = 1, 3600 })
	narrow := s.token(func(k *store.Token) { k.Origins = []string{b.origin}; k.Scopes = texted([]Scope{ScopeFeedback}) })
	other := s.token(func(k *store.Token) { k.Origins = []string{"https://crm.example.com"} })
	s.get("/api/v1/suggest?q=x", by(spent)...)
	for _, step := range []struct{ do, want string }{
		{`el.ask("a router")`, "The token is missing, unknown or no longer valid."},
		{`el.token = "` + spent + `", el.ask("a router")`, "Too many questions."},
		{`el.token = "` + narrow + `", el.ask("a router")`, "The token does not allow this."},
		{`el.token = "` + other + `", el.ask("a router")`, "Assay cannot be reached, or the token is not for this page."},
		{`el.setAttribute("server", "http://127.0.0.1:9"), el.setAttribute("language", "zh"), el.ask("a router")`, "无法连接 Assay"},
		{`el.removeAttribute("server"), el.token = el.dataset.right, el.ask("xylophone")`, "方案库中没有足够合适的答案"},
	} {
		b.do(chromedp.Evaluate[chromedp.Void](step.do, chromedp.EvalAwaitPromise))
		if got := b.text(saidAbroad); !strings.HasPrefix(got, step.want) {
			t.Errorf("%s says %q", step.do, got)
		}
	}
	if diff := cmp.Diff([]string{`assay-error {"status":401}`, `assay-error {"status":429}`, `assay-error {"status":403}`, `assay-error {"status":0}`, `assay-error {"status":0}`},
		b.texts(`events.filter((e) => e.startsWith("assay-error"))`)); diff != "" {
		t.Error(diff)
	}
	b.quitWithout("Failed to load resource", "has been blocked by CORS policy")
}

// componentKeepsNotes shows internal notes only where the token may read the library.
func componentKeepsNotes(t *testing.T, ctx context.Context, s *site) {
	b := abroad(t, ctx, s, "", `<assay-suggest token="TOKEN" agent="an"></assay-suggest>`)
	b.do(chromedp.Evaluate[chromedp.Void](`el.ask("how do I reset my router")`, chromedp.EvalAwaitPromise))
	if card := b.text(`root.querySelector("li.hit").textContent`); strings.Contains(card, "Firmware") || strings.Contains(card, "Internal") {
		t.Errorf("the note is shown: %q", card)
	}
}

func componentKeepsStyles(t *testing.T, ctx context.Context, s *site) {
	b := abroad(t, ctx, s, "", `<style>* { color: rgb(1, 2, 3) !important; font-size: 33px } .hit { border: 9px solid }</style><assay-suggest token="TOKEN" agent="an"></assay-suggest>`)
	b.do(chromedp.Evaluate[chromedp.Void](`el.ask("how do I reset my router")`, chromedp.EvalAwaitPromise))
	b.size(300, 700)
	if got := b.text(`getComputedStyle(root.querySelector("h3")).fontSize + getComputedStyle(root.querySelector("li.hit")).borderTopWidth`); got != "14px1px" {
		t.Errorf("the page's styles reach in: %s", got)
	}
	if got := b.text(`getComputedStyle(document.getElementById("outside")).borderLeftWidth`); got != "9px" {
		t.Errorf("ours reach out: %s", got)
	}
	if over := b.eval(`el.scrollWidth - el.clientWidth`); over > 0 {
		t.Errorf("in 300 pixels it is %d too wide", over)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`el.style.setProperty("--assay-accent", "rgb(9, 9, 9)")`))
	if got := b.text(`getComputedStyle(root.querySelector("li.hit.chosen")).borderLeftColor`); got != "rgb(9, 9, 9)" {
		t.Errorf("the theme's colour is %s", got)
	}
}
