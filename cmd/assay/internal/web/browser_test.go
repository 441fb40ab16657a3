package web

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"assay/cmd/assay/internal/web/text"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

//go:embed testdata/audit.js
var audit string

// chromium finds the browser. The pages are tested in a real one, so that its
// absence is a failure.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium to test the pages with: install it, for example by\n" +
		"\tapt-get install chromium fonts-noto-cjk\n\tdnf install chromium google-noto-sans-cjk-fonts\n\tbrew install --cask google-chrome")
	return ""
}

// browser starts a Chromium of the test's own.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en"))
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...) // tabs are looked at when tests end
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// tab is a page in the browser whose console must stay silent.
type tab struct {
	t    *testing.T
	ctx  context.Context
	site *site
	quit func() []string
}

// open opens a page in a tab of its own; at the test's end its console must be empty.
func open(t *testing.T, parent context.Context, s *site, path string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	ctx, stop := context.WithTimeout(ctx, 90*time.Second)
	b := &tab{t: t, ctx: ctx, site: s}
	messages := chromedp.Console(ctx)
	const end = "assay: end of test"
	b.quit = func() []string {
		b.eval(`console.info("` + end + `"), 0`)
		var said []string
		for m, err := range messages {
			if err != nil {
				t.Fatal(err)
			}
			if m.Text == end {
				break
			}
			said = append(said, m.String())
		}
		return said
	}
	t.Cleanup(func() {
		if said := b.quit(); len(said) > 0 && !t.Failed() {
			t.Errorf("the console says %q", said)
		}
		stop()
		cancel()
	})
	b.do(prefer("light"))
	b.size(1280, 900)
	b.visit(path)
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.site.URL + path))
	b.until(`document.readyState === "complete"`) // its script has run, also on a busy machine
}

func (b *tab) size(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// eval is the value of an expression that gives a number.
func (b *tab) eval(expression string) int {
	b.t.Helper()
	return value[int](b, expression)
}

func (b *tab) text(expression string) string {
	b.t.Helper()
	return value[string](b, expression)
}

func (b *tab) texts(expression string) []string {
	b.t.Helper()
	return value[[]string](b, expression)
}

func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to be true.
func (b *tab) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(25*time.Second))); err != nil {
		b.t.Fatalf("%s: %v; status %q", expression, err, b.text(`document.activeElement.outerHTML.slice(0, 200) + " | " + (document.getElementById("status")?.textContent || "") + " | " + (document.querySelector("#q")?.value || "")`))
	}
}

// through waits for the page that an action leads to.
func (b *tab) through(action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	loaded := func(devtools.EventLoadEventFired) bool { return true }
	if _, err := chromedp.Run(b.ctx, chromedp.WaitEvent(devtools.LoadEventFired, loaded, action)); err != nil {
		b.t.Fatal(err)
	}
}

// press types keys, each on the element that has the focus.
func (b *tab) press(keys string) {
	b.t.Helper()
	text, entered := strings.CutSuffix(keys, "\r")
	if text != "" {
		b.do(chromedp.KeyEvent(text))
	}
	if entered {
		b.do(enter())
	}
}

// enter presses Enter as a keyboard does: the page that takes the key gets no
// character, which a busy machine would let in when they come apart.
func enter() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
		if _, err := cdp.Call(ctx, target, input.DispatchKeyEvent, p); err != nil {
			return err
		}
		p.Type, p.Text = "keyUp", ""
		_, err := cdp.Call(ctx, target, input.DispatchKeyEvent, p)
		return err
	})
}

const focused = `document.activeElement.textContent.trim()`

func TestInBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	keys := s.seed()
	ctx := browser(t)
	for name, test := range map[string]func(*testing.T, context.Context, *site, seeded){
		"the queue by keyboard":          queueByKeyboard,
		"the navigation fits":            navigationFits,
		"the filter applies itself":      filterAppliesItself,
		"highlights are the quotes":      highlightsAreQuotes,
		"a criterion shows its evidence": criterionShowsEvidence,
		"evidence shows its criterion":   evidenceShowsCriterion,
		"the session by keyboard":        sessionByKeyboard,
		"a hostile transcript is text":   hostileIsText,
		"violations are noticed":         violationsAreNoticed,
	} {
		t.Run(name, func(t *testing.T) { test(t, ctx, s, keys) })
	}
}

func queueByKeyboard(t *testing.T, ctx context.Context, s *site, keys seeded) {
	b := open(t, ctx, s, "/?lang=en")
	for _, step := range []struct{ key, want string }{
		{"j", "S-rude"}, {"j", "S-hostile"}, {"j", "S-hostile"}, {"k", "S-rude"}, {"k", "S-rude"},
	} {
		b.press(step.key)
		if got := b.text(focused); got != step.want {
			t.Fatalf("after %q the focus is on %q, want %q", step.key, got, step.want)
		}
	}
	b.press("?")
	b.until(`document.getElementById("keys").open`)
	b.press("j\x1b")
	b.until(`!document.getElementById("keys").open`)
	b.press("/")
	if got := b.text(`document.activeElement.name`); got != "reason" {
		t.Fatalf("the focus is on %q", got)
	}
	b.do(chromedp.Focus("a.open"))
	b.through(chromedp.KeyEvent("\r"))
	if got, want := b.text(`location.pathname + location.search`), fmt.Sprintf("/sessions/%d?at=0", keys.rude); got != want {
		t.Errorf("Enter opened %q, want %q", got, want)
	}
}

func filterAppliesItself(t *testing.T, ctx context.Context, s *site, _ seeded) {
	b := open(t, ctx, s, "/?sort=newest")
	b.through(chromedp.SetValue(`select[name="severity"]`, "high"))
	if got := b.text(`location.search`); got != "?severity=high&sort=newest" {
		t.Errorf("the address is %q", got)
	}
	if diff := cmp.Diff([]string{"S-rude"}, b.texts(`[...document.querySelectorAll("a.open")].map((a) => a.textContent)`)); diff != "" {
		t.Error(diff)
	}
}

// marked joins the marks of each piece of evidence, in the order of their numbers.
const marked = `(() => {
	const parts = {};
	for (const mark of document.querySelectorAll("mark[data-e]")) {
		for (const number of mark.dataset.e.split(" ")) {
			parts[number] = (parts[number] || "") + mark.textContent;
		}
	}
	return Object.keys(parts).sort((a, b) => a - b).map((number) => parts[number]);
})()`

func highlightsAreQuotes(t *testing.T, ctx context.Context, s *site, keys seeded) {
	rude, hostile := rudeSession(), hostileSession()
	for _, c := range []struct {
		path string
		v    *pipeline.Verdict
	}{
		{fmt.Sprintf("/sessions/%d", keys.rude), rudeVerdict(rude)},
		{fmt.Sprintf("/sessions/%d", keys.hostile), hostileVerdict(hostile)},
	} {
		var want []string
		for _, f := range c.v.Criteria {
			for _, e := range f.Evidence {
				want = append(want, visible(e.Quote))
			}
		}
		b := open(t, ctx, s, c.path)
		if diff := cmp.Diff(want, b.texts(marked)); diff != "" {
			t.Error(diff)
		}
	}
}

// visible is a text without the characters that the page shows by their codes.
func visible(text string) string {
	var b strings.Builder
	for _, p := range pieces(text) {
		b.WriteString(p.Text)
	}
	return b.String()
}

const chosenMarks = `[...document.querySelectorAll("mark.chosen")].map((m) => m.textContent)`

func criterionShowsEvidence(t *testing.T, ctx context.Context, s *site, keys seeded) {
	b := open(t, ctx, s, fmt.Sprintf("/sessions/%d", keys.rude))
	b.size(1280, 300)
	b.do(chromedp.Click("#c-patient .line"))
	if diff := cmp.Diff([]string{"不会看", "说明书", "行了行了"}, b.texts(chosenMarks)); diff != "" {
		t.Error(diff)
	}
	if got := b.text(`location.hash`); got != "#t2" {
		t.Errorf("the address ends in %q", got)
	}
	b.until(inView("#t2"))
	b.do(chromedp.Click(`#c-polite .evidence li:nth-child(2) a`))
	if diff := cmp.Diff([]string{"你自己", "不会看", "听不懂人话"}, b.texts(chosenMarks)); diff != "" {
		t.Error(diff)
	}
	b.until(inView("#t5"))
	b.press("\x1b")
	if got := b.texts(chosenMarks); len(got) > 0 {
		t.Errorf("after Escape %q are still marked", got)
	}
}

// inView is true when an element is within the window.
func inView(selector string) string {
	return fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; })()`, selector)
}

func evidenceShowsCriterion(t *testing.T, ctx context.Context, s *site, keys seeded) {
	b := open(t, ctx, s, fmt.Sprintf("/sessions/%d", keys.rude))
	b.do(chromedp.Click(`#t5 mark[data-c="patient"] a`))
	if got := b.text(`document.querySelector(".criterion.chosen").id`); got != "c-patient" {
		t.Errorf("%q is chosen", got)
	}
	b.until(inView("#c-patient"))
	b.do(chromedp.Click(`.flags a[href="#c-polite"]`))
	if got := b.text(`document.querySelector(".criterion.chosen").id`); got != "c-polite" {
		t.Errorf("%q is chosen", got)
	}
}

func sessionByKeyboard(t *testing.T, ctx context.Context, s *site, keys seeded) {
	b := open(t, ctx, s, fmt.Sprintf("/sessions/%d?at=0", keys.rude))
	for _, step := range []struct{ key, want string }{{"j", "t2"}, {"j", "t5"}, {"j", "t5"}, {"k", "t2"}} {
		b.press(step.key)
		if got := b.text(`document.querySelector(".reached").id`); got != step.want {
			t.Fatalf("after %q turn %q is reached, want %q", step.key, got, step.want)
		}
	}
	for _, step := range []struct {
		key  string
		want string
	}{{"]", fmt.Sprintf("/sessions/%d?at=1", keys.hostile)}, {"[", fmt.Sprintf("/sessions/%d?at=0", keys.rude)}, {"u", "/"}} {
		b.through(chromedp.KeyEvent(step.key))
		if got := b.text(`location.pathname + location.search`); got != step.want {
			t.Fatalf("%q leads to %q, want %q", step.key, got, step.want)
		}
	}
}

func hostileIsText(t *testing.T, ctx context.Context, s *site, keys seeded) {
	b := open(t, ctx, s, fmt.Sprintf("/sessions/%d", keys.hostile))
	got := b.texts(`[...document.querySelectorAll(".said")].map((p) => p.textContent)`)
	if diff := cmp.Diff([]string{markup, visible(bidi), visible(unseen + " " + family)}, got); diff != "" {
		t.Error(diff)
	}
	if value[bool](b, `"hacked" in window`) {
		t.Error("a transcript ran as script")
	}
	if n := b.eval(`document.querySelectorAll(".said img, .said script, .facts i, .said b").length`); n > 0 {
		t.Errorf("%d elements came from the transcript", n)
	}
	if got := b.text(`getComputedStyle(document.querySelector(".unseen"), "::before").content`); got != `"202E"` && got != `attr(data-code)` {
		t.Errorf("the hidden character shows as %s", got)
	}
}

func TestEveryPageInEverySizeAndColour(t *testing.T) {
	t.Parallel()
	library := withLibrary(t)
	s := newSite(t, func(o *Options) { library(o); withJudge(o) })
	keys := s.seed()
	b := open(t, browser(t), s, "/")
	long := &transcript.Session{ID: transcript.SessionID(strings.Repeat("long", 40)), Channel: transcript.Chat, Turns: []transcript.Turn{{Speaker: transcript.Bot, Text: strings.Repeat("长", 400) + strings.Repeat("w", 400)}}}
	v := quietVerdict()
	v.Flags = []pipeline.Flag{{Reason: pipeline.CustomerChurn, Severity: pipeline.Low}}
	last := s.put(long, v, "")
	s.asked()
	s.post(fmt.Sprintf("/sessions/%d/reveal", keys.rude), url.Values{"why": {"Rückruf " + strings.Repeat("很长", 100)}})
	paths := []string{"/models", "/reveals", "/models", fmt.Sprintf("/sessions/%d", keys.rude+5), "/", "/?team=nobody", "/?reason=critical_failed&severity=high", "/suggest", "/suggest?q=reset+my+router", "/suggest?q=zebra", "/problems", fmt.Sprintf("/sessions/%d", last)}
	for _, key := range []any{keys.rude, keys.hostile, keys.clean, keys.failed, keys.waiting} {
		paths = append(paths, fmt.Sprintf("/sessions/%d?at=0", key))
	}
	for _, colour := range []string{"light", "dark"} {
		b.do(prefer(colour))
		for _, width := range []int64{1280, 390} {
			b.size(width, 844)
			for i, path := range paths {
				b.visit(withLanguage(path, text.Languages[i%2]))
				if wrong := b.texts(audit); len(wrong) > 0 {
					t.Errorf("%s, %s, %d wide:\n%s", path, colour, width, strings.Join(wrong, "\n"))
				}
			}
		}
	}
}

func withLanguage(path, lang string) string {
	if strings.Contains(path, "?") {
		return path + "&lang=" + lang
	}
	return path + "?lang=" + lang
}

// prefer sets the colours that the reader prefers. Nothing moves, so that clicks hit.
func prefer(colour string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: colour}, {Name: "prefers-reduced-motion", Value: "reduce"},
			},
		})
		return err
	})
}

// violationsAreNoticed shows that the other tests would see a violation.
func violationsAreNoticed(t *testing.T, ctx context.Context, s *site, _ seeded) {
	b := open(t, ctx, s, "/")
	b.do(chromedp.Evaluate[chromedp.Void](`document.body.setAttribute("style", "color: red")`))
	said := b.quit()
	b.quit = func() []string { return nil }
	if len(said) == 0 || !strings.Contains(said[0], "Content Security Policy") {
		t.Errorf("the console says %q", said)
	}
}
