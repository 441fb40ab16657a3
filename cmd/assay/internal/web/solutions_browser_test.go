package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"assay/cmd/assay/internal/web/text"
	"assay/knowledge"
)

// inject is what runs where anything of a solution is taken for HTML or script.
const inject = `"'><img src=x onerror="hacked=1"><script>hacked=1</script></textarea></title><svg onload="hacked=1">{{hacked}}`

// hostileSolution carries script in everything that somebody may write.
func hostileSolution() knowledge.Solution {
	return knowledge.Solution{
		ID: "H " + inject, Title: "title " + inject, Questions: []string{"question " + inject},
		Answer: "answer " + inject + "\n\n[a](javascript:hacked=1) [b](data:text/html,<script>hacked=1</script>) [c](java&#10;script:hacked=1)" +
			" <javascript:hacked=1> ![d](x\" onerror=\"hacked=1) [e](https://a.example/\" onmouseover=\"hacked=1)\n\n" +
			"- <b onclick=hacked=1>x</b>\n\n| a |\n|---|\n| " + strings.ReplaceAll(inject, "|", "") + " |\n\n```\n</code>" + inject + "\n```",
		ShortReply: "reply " + inject, Note: "note " + inject, Tags: []string{"tag " + inject, "javascript:hacked=1"},
		Product: "product " + inject, Region: "region " + inject, Owner: "owner " + inject,
	}
}

func TestSolutionsExecuteNothing(t *testing.T) {
	t.Parallel()
	var index *knowledge.Index
	s := newSite(t, func(o *Options) {
		withLibrary(t)(o)
		index = o.Index
	})
	hostile := hostileSolution()
	if _, err := s.library().Save(t.Context(), hostile, knowledge.Change{By: "by " + inject, Reason: "reason " + inject}); err != nil {
		t.Fatal(err)
	}
	changed := hostile
	changed.Answer += inject
	if _, err := s.library().Save(t.Context(), changed, knowledge.Change{By: inject, Reason: inject, Revision: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := index.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := solutionPath(hostile.ID)
	b := open(t, browser(t), s, "/solutions")
	check := func(name string) {
		t.Helper()
		if value[bool](b, `"hacked" in window`) {
			t.Errorf("%s: script of a solution ran", name)
		}
		const strange = `document.querySelectorAll('main img, main script, main svg:not([aria-hidden]), main [onclick], main [onerror], main [onmouseover], main a[href^="javascript" i], main a[href^="data" i]').length`
		if n := b.eval(strange); n > 0 {
			t.Errorf("%s: %d elements came from a solution", name, n)
		}
	}
	for _, page := range []string{"/solutions", "/solutions?q=hacked&tag=" + url.QueryEscape(hostile.Tags[0]), path, path + "/edit", path + "/history", path + "/history?old=0&new=1", "/suggest?q=" + url.QueryEscape("title "+inject)} {
		b.visit(page)
		check(page)
	}
	b.visit(path)
	if got := b.text(`document.querySelector("h1").textContent`); got != hostile.Title {
		t.Errorf("the title reads %q", got)
	}
	for i := range b.eval(`document.querySelectorAll(".markdown a").length`) {
		if href := value[string](b, `document.querySelectorAll(".markdown a")[`+string(rune('0'+i))+`].href`); !strings.HasPrefix(href, "https://a.example/") {
			t.Errorf("a link leads to %q", href)
		}
	}
	b.visit("/solutions")
	b.do(chromedp.Click(`input[name="id"]`))
	b.through(chromedp.Click(`button[value="chosen"]`))
	check("bulk")
	b.do(chromedp.SetValue("#owner", inject))
	b.through(chromedp.Click(`button[value="preview"]`))
	check("bulk preview")
	b.visit("/solutions/new")
	b.do(chromedp.SetValue("#title", hostile.Title), chromedp.SetValue("#answer", hostile.Answer), chromedp.SendKeys("#owner", "x"))
	b.until(`document.querySelector("#preview .markdown") !== null && document.querySelectorAll("#twins li").length > 0`)
	check("preview")
}

func TestLibraryByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	b := open(t, browser(t), s, "/solutions?sort=id&lang=en")
	for _, step := range []struct{ key, want string }{
		{"j", "加湿器不出雾怎么办"}, {"j", "Reset the router"}, {"j", "Reset the router"}, {"k", "加湿器不出雾怎么办"},
	} {
		b.press(step.key)
		if got := b.text(focused); got != step.want {
			t.Fatalf("after %q the focus is on %q, want %q", step.key, got, step.want)
		}
	}
	b.press("x")
	if got := b.texts(`[...document.querySelectorAll("input[name=id]:checked")].map((box) => box.value)`); !cmp.Equal([]string{"SOL-1"}, got) {
		t.Errorf("chosen are %q", got)
	}
	b.through(chromedp.KeyEvent("\r"))
	b.through(chromedp.KeyEvent("e"))
	if got := b.text(`location.pathname`); got != "/solutions/SOL-1/edit" {
		t.Fatalf("e leads to %q", got)
	}
	b.do(chromedp.SetValue("#answer", "先清洗。\n**Fett**"), chromedp.SendKeys("#owner", "x"))
	b.until(`document.querySelector("#preview strong")?.textContent === "Fett"`)
	b.through(chromedp.Click(`button[value="save"]`))
	if got := s.entry("SOL-1"); !strings.HasSuffix(got.Answer, "\n**Fett**") || got.Revision != 2 {
		t.Errorf("saved is %+v", got)
	}
	b.through(chromedp.KeyEvent("h"))
	if got := b.texts(`[...document.querySelectorAll(".diff ins")].map((e) => e.textContent.trim())`); !cmp.Equal([]string{"**Fett**", "x"}, got) {
		t.Errorf("the history shows %q", got)
	}
	b.through(chromedp.KeyEvent("u"))
	b.through(chromedp.KeyEvent("u"))
	b.press("/")
	if got := b.text(`document.activeElement.name`); got != "q" {
		t.Errorf("/ leads to %q", got)
	}
}

func TestLibraryInEverySizeAndColour(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	b := open(t, browser(t), s, "/solutions")
	for _, path := range fillLibrary(t, s) {
		for i, colour := range []string{"light", "dark"} {
			b.do(prefer(colour))
			for _, width := range []int64{1280, 800, 390} {
				b.size(width, 844)
				b.visit(withLanguage(path, text.Languages[i]))
				if wrong := b.texts(audit); len(wrong) > 0 {
					t.Errorf("%s, %s, %d wide:\n%s", path, colour, width, strings.Join(wrong, "\n"))
				}
			}
		}
	}
}

// fillLibrary adds solutions of every kind, and returns the pages to look at.
func fillLibrary(t *testing.T, s *site) []string {
	t.Helper()
	long := knowledge.Solution{
		ID: strings.Repeat("long-id/", 20), Title: strings.Repeat("很长的标题", 60), Questions: []string{strings.Repeat("w", 300), "退款多久到账"},
		Answer: "**注意：**请先登录。\n\n1. 打开“我的订单”\n2. 点*退款*\n   - 原路退回\n   - 到余额\n\n| 方式 | 时间 |\n|---|---|\n| 银行卡 | 3~5 天 |\n\n> 节假日顺延\n\n```\n" +
			strings.Repeat("code ", 60) + "\n```\n\n[官网](https://shop.example/refund) " + strings.Repeat("长", 300),
		ShortReply: "三到五个工作日。", Note: "超过五天的转财务。", Tags: []string{"退款", strings.Repeat("tag", 40)}, Product: "商城", Region: "华东",
		CustomerType: "individual", Language: "zh-CN", Stage: knowledge.ExplainSolution, Owner: "mei", ReviewedAt: time.Now().AddDate(0, 0, -120),
		ValidFrom: time.Now().AddDate(0, -1, 0), ValidTo: time.Now().AddDate(0, 0, -1), ReviewBy: day(t, "2026-01-31"),
	}
	imports := []knowledge.Solution{
		long,
		{ID: "draft", Title: "A draft", Answer: "To be written.", Status: knowledge.Draft, Language: "en"},
		{ID: "gone", Title: "Gone", Answer: "No longer.", Status: knowledge.Retired, ValidFrom: time.Now().AddDate(1, 0, 0)},
	}
	if _, err := s.library().Import(t.Context(), imports, knowledge.ImportOptions{By: "lin"}); err != nil {
		t.Fatal(err)
	}
	shorter := long
	shorter.Answer, shorter.Product, shorter.Tags = "请先登录。", "", nil
	if _, err := s.library().Save(t.Context(), shorter, knowledge.Change{By: "mei", Reason: "太长", Revision: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.library().Restore(t.Context(), long.ID, 1, knowledge.Change{By: "lin"}); err != nil {
		t.Fatal(err)
	}
	path := solutionPath(long.ID)
	return []string{
		"/solutions", "/solutions?stale=1", "/solutions?q=nothing", path, path + "/edit", path + "/history", path + "/history?old=1&new=2",
		"/solutions/draft", "/solutions/gone", "/solutions/new",
	}
}

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
