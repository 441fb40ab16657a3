package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"assay/knowledge"
)

func TestLiveInBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	ctx := browser(t)
	for name, test := range map[string]func(*testing.T, context.Context, *site){
		"the page goes on by itself":       livePageGoesOn,
		"hostile turns are text":           liveHostileIsText,
		"everything by keyboard":           liveByKeyboard,
		"beside another window":            liveIsNarrow,
		"the line is lost and comes again": liveComesAgain,
		"the list shows who waits":         livesInBrowser,
	} {
		t.Run(name, func(t *testing.T) { test(t, ctx, s) })
	}
}

func livePageGoesOn(t *testing.T, ctx context.Context, s *site) {
	s.say("b 1", `{"session":{"channel":"chat","language":"zh","business_type":"inquiry","customer":{"type":"individual"}},"first":0,"turns":[{"speaker":"agent","text":"您好"}]}`)
	b := open(t, ctx, s, "/live/b%201?lang=en")
	b.until(`document.getElementById("line").textContent === "Live"`)
	s.say("b 1", `{"first":1,"turns":[{"speaker":"customer","text":"水壶","final":false}]}`)
	b.until(`document.querySelector("#t1.open .said")?.textContent === "水壶"`)
	s.say("b 1", `{"first":1,"turns":[{"speaker":"customer","text":"水壶底部漏水怎么办"}]}`)
	b.until(`document.querySelector("#t1:not(.open) .said")?.textContent === "水壶底部漏水怎么办" && document.querySelectorAll("#turns li").length === 2`)
	b.until(`document.querySelectorAll(".hits .suggestion").length === 1`)
	b.until(`/^[0-9]:[0-9]{2}$/.test(document.querySelector("#clock b").textContent) && !document.getElementById("clock").hidden`)
	s.say("b 1", `{"first":2,"turns":[{"speaker":"agent","text":"这事不归我管，你爱找谁找谁，烦死了"}]}`)
	b.until(`document.querySelectorAll("#warnings .warning").length >= 1 && document.getElementById("clock").hidden`)
	if got := b.text(`document.querySelector("#warnings a").getAttribute("href")`); got != "#t2" {
		t.Errorf("the warning leads to %q", got)
	}
	picture(t, b, "live-en")
	if wrong := b.texts(audit); len(wrong) > 0 {
		t.Errorf("the page:\n%s", strings.Join(wrong, "\n"))
	}
	if status, _ := s.add("/api/v1/sessions/b%201/end", ""); status != http.StatusOK {
		t.Fatalf("end: %d", status)
	}
	b.until(`!document.getElementById("ended").hidden && /^\/sessions\/\d+$/.test(document.querySelector("#ended a").getAttribute("href"))`)
}

// liveByKeyboard does with suggestions what agents do with those of their own questions.
func liveByKeyboard(t *testing.T, ctx context.Context, s *site) {
	s.say("k", `{"session":{"channel":"chat","language":"en"},"turns":[{"speaker":"agent","text":"Hello"}]}`)
	if _, err := s.options.Library.Review(t.Context(), "ROUTER-1", time.Time{}, knowledge.Change{By: "li"}); err != nil {
		t.Fatal(err)
	}
	b := open(t, ctx, s, "/live/k?lang=en")
	b.until(`document.getElementById("line").textContent === "Live"`)
	b.eval(keepCopies)
	s.say("k", `{"turns":[{"speaker":"customer","text":"router restarts?"}]}`)
	b.until(`document.querySelectorAll(".hits .suggestion").length === 2`)
	at := strconv.Itoa(1 + slices.Index(b.texts(shownIDs), "ROUTER-1"))
	if got := b.text(`document.querySelector('[data-id="ROUTER-1"] .source').innerText`); !strings.Contains(got, "reviewed "+time.Now().In(s.options.Zone).Format(time.DateOnly)) || !strings.Contains(got, "valid until 2036-06-30") {
		t.Errorf("the source is %q", got)
	}
	b.press("12" + at)
	b.until(chosenItem + ` && document.activeElement.dataset.id === "ROUTER-1"`)
	b.press("c")
	b.until(handled + ` === "Copied"`)
	if got := b.texts(`window.copies`); len(got) != 1 || !strings.HasPrefix(got[0], "Please hold the small button") {
		t.Errorf("copied is %q", got)
	}
	b.has("suggestion_uses WHERE action = 'copied' AND part = 'short_reply' AND person = 'wang' AND solution_id = 'ROUTER-1'")
	b.press("h")
	b.until(`document.querySelector('.chosen [value=helpful]').getAttribute("aria-pressed") === "true"`)
	b.press("w")
	b.until(`document.activeElement.name === "note"`)
	b.press("the lamp")
	s.say("k", `{"turns":[{"speaker":"customer","text":"And how does the zebra cross?"}]}`)
	b.until(`document.querySelectorAll("#turns li").length === 3`)
	b.press(" is red\r")
	b.until(`document.querySelector(".hits .suggestion").dataset.id === "EVIL-1"`)
	if s.count("feedback WHERE grade = 'wrong' AND note = 'the lamp is red' AND person = 'wang' AND solution_id = 'ROUTER-1'") != 1 || s.count("feedback") != 1 {
		t.Error("the note is not kept")
	}
	b.eval(`window.fetch = async () => new Response("", { status: 500 }), 0`)
	b.press("o")
	b.until(handled + ` === "The search failed. Try again."`)
}

func liveHostileIsText(t *testing.T, ctx context.Context, s *site) {
	s.say("h", `{"session":{"channel":"chat"},"turns":[{"speaker":"customer","text":"x"}]}`)
	b := open(t, ctx, s, "/live/h")
	b.until(`document.getElementById("line").textContent !== ""`)
	for i, text := range []string{markup, bidi, unseen + " " + family} {
		s.say("h", `{"turns":[{"speaker":"customer","text":`+quoted(t, text)+`}]}`)
		b.until(`document.querySelectorAll("#turns li").length === ` + string(rune('2'+i)))
	}
	got := b.texts(`[...document.querySelectorAll("#turns .said")].slice(1).map((p) => p.textContent)`)
	if diff := cmp.Diff([]string{markup, visible(bidi), visible(unseen + " " + family)}, got); diff != "" {
		t.Error(diff)
	}
	b.visit("/live/h") // and as the server shows it
	if diff := cmp.Diff(got, b.texts(`[...document.querySelectorAll("#turns .said")].slice(1).map((p) => p.textContent)`)); diff != "" {
		t.Error(diff)
	}
	if value[bool](b, `"hacked" in window`) {
		t.Error("a turn ran as script")
	}
}

func liveIsNarrow(t *testing.T, ctx context.Context, s *site) {
	s.say("n", `{"session":{"channel":"chat","language":"zh","business_type":"inquiry","customer":{"type":"individual"}},"turns":[{"speaker":"agent","text":"这事不归我管，你爱找谁找谁，烦死了"},{"speaker":"customer","text":"水壶底部漏水怎么办"}]}`)
	b := open(t, ctx, s, "/")
	b.size(360, 740)
	for _, lang := range []string{"zh", "en"} {
		b.visit("/live/n?lang=" + lang)
		b.until(`document.getElementById("line").textContent !== "" && [".suggestion", "#warnings li", "#turns li"].every((e) => document.querySelector(e) !== null)`)
		if n := b.eval(`document.documentElement.scrollWidth`); n > 360 {
			t.Errorf("%s: the page is %d wide", lang, n)
		}
		tops := b.texts(`[".suggestion", "#warnings li", "#turns li"].map((e) => String(Math.round(document.querySelector(e).getBoundingClientRect().top)).padStart(5, "0"))`)
		if tops[0] >= tops[1] || tops[1] >= tops[2] {
			t.Errorf("%s: suggestion, warning and turn stand at %v", lang, tops)
		}
		if wrong := b.texts(audit); len(wrong) > 0 {
			t.Errorf("%s:\n%s", lang, strings.Join(wrong, "\n"))
		}
		picture(t, b, "live-360-"+lang)
	}
}

func liveComesAgain(t *testing.T, ctx context.Context, s *site) {
	s.say("r", `{"session":{"channel":"chat"},"turns":[{"speaker":"customer","text":"0"}]}`)
	b := open(t, ctx, s, "/live/r?lang=en")
	b.until(`document.getElementById("line").textContent === "Live"`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("line").textContent = "?"`))
	s.CloseClientConnections()
	http.DefaultClient.CloseIdleConnections() // else a turn may be posted on one that is closed
	s.say("r", `{"turns":[{"speaker":"agent","text":"1"},{"speaker":"agent","text":"2"}]}`)
	b.until(`document.getElementById("line").textContent === "Live" && document.querySelectorAll("#turns li").length === 3`)
	said := b.quit() // the browser says that the line was lost
	b.quit = func() []string { return nil }
	for _, m := range said {
		if !strings.Contains(m, "net::ERR") {
			t.Errorf("the console says %q", m)
		}
	}
}

func livesInBrowser(t *testing.T, ctx context.Context, s *site) {
	s.say("w", `{"session":{"channel":"chat","agent":{"id":"a1","name":"Li"},"business_type":"inquiry","customer":{"type":"individual"}},"turns":[{"speaker":"customer","text":"?"}]}`)
	b := open(t, ctx, s, "/live?lang=en")
	b.until(`document.querySelector('a[href="/live/w"]').closest("tr").querySelector(".clock.running") !== null`)
	s.say("later", `{"session":{"channel":"call"},"turns":[{"speaker":"customer","text":"?"}]}`)
	b.until(`document.querySelector('a[href="/live/later"]') !== null`)
	picture(t, b, "lives")
	if wrong := b.texts(audit); len(wrong) > 0 {
		t.Errorf("the list:\n%s", strings.Join(wrong, "\n"))
	}
}

// quoted is a text as JSON.
func quoted(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
