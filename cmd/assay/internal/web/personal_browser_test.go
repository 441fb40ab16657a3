package web

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

func TestPersonalDataInBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.publish()
	ctx := browser(t)
	for name, test := range map[string]func(*testing.T, context.Context, *site){
		"revealed by keyboard":    revealByKeyboard,
		"one turn without script": revealTurnWithoutScript,
		"a judged criterion":      judgedCriterion,
	} {
		t.Run(name, func(t *testing.T) { test(t, ctx, s) })
	}
}

func revealByKeyboard(t *testing.T, ctx context.Context, s *site) {
	key := s.putPersonal()
	b := open(t, ctx, s, fmt.Sprintf("/sessions/%d?lang=en", key))
	const tags = `[...document.querySelectorAll(".said .tag")].map((e) => e.textContent)`
	if diff := cmp.Diff([]string{"<银行卡1:1111>"}, b.texts(tags)); diff != "" {
		t.Error(diff)
	}
	b.press("r")
	if got := b.text(`document.activeElement.name`); got != "why" {
		t.Fatalf("r leads to %q", got)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#reveal input").value = ""`)) // what presses keys here types them, too
	b.press("\r")                                                                                // without a reason nothing is sent
	if got := b.text(`location.pathname`); got != fmt.Sprintf("/sessions/%d", key) {
		t.Fatalf("a form without a reason went to %q", got)
	}
	b.press("customer called")
	b.through(chromedp.KeyEvent("\r"))
	if diff := cmp.Diff([]string{card}, b.texts(tags)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"wang all customer called"}, s.noted(key)); diff != "" {
		t.Error(diff)
	}
	b.through(chromedp.Click("a.hide-again"))
	if got := b.texts(tags); got[0] == card {
		t.Error("it is still shown")
	}
}

func revealTurnWithoutScript(t *testing.T, ctx context.Context, s *site) {
	session := personalSession()
	session.ID = "S-unscripted"
	session.Turns[0].Text = "卡号 5555555555554444 收到"
	key := s.put(session, nil, "")
	b := open(t, ctx, s, "/")
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.visit(fmt.Sprintf("/sessions/%d", key))
	b.do(chromedp.SendKeys("#reveal input", "check"))
	b.through(chromedp.Click("#t2 .reveal-turn"))
	want := []string{"<银行卡1:4444>", card}
	if diff := cmp.Diff(want, b.texts(`[...document.querySelectorAll(".said .tag")].map((e) => e.textContent)`)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"wang 2 check"}, s.noted(key)); diff != "" {
		t.Error(diff)
	}
}

func judgedCriterion(t *testing.T, ctx context.Context, s *site) {
	session := personalSession()
	session.ID = "S-judged"
	b := open(t, ctx, s, fmt.Sprintf("/sessions/%d?lang=en", s.put(session, personalVerdict(session), "")))
	b.do(chromedp.Click("#c-solution .evidence a"))
	if diff := cmp.Diff([]string{"联系 " + phone + "，请"}, b.texts(chosenMarks)); diff != "" {
		t.Error(diff)
	}
	b.do(chromedp.Click("#c-solution summary"))
	if got := b.text(`document.querySelector("#c-solution .judged").innerText`); !strings.Contains(got, "qwen-plus-2025") || !strings.Contains(got, "2 of 3") {
		t.Errorf("the model is not named in %q", got)
	}
	b.do(chromedp.Click(`.flags .evidence a`))
	b.until(inView("#t3 .injected"))
	if value[bool](b, `"hacked" in window`) || b.eval(`document.querySelectorAll(".rationale img, .rationale script").length`) > 0 {
		t.Error("a model's reason became markup")
	}
}
