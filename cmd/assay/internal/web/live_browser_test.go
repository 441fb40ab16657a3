package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

func TestLiveInBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	ctx := browser(t)
	for name, test := range map[string]func(*testing.T, context.Context, *site){
		"the page goes on by itself":       livePageGoesOn,
		"hostile turns are text":           liveHostileIsText,
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
	s.say("b 1", `{"first":1,"turns":[{"speaker":"customer","text":"加湿","final":false}]}`)
	b.until(`document.querySelector("#t1.open .said")?.textContent === "加湿"`)
	s.say("b 1", `{"first":1,"turns":[{"speaker":"customer","text":"加湿器不出雾怎么办"}]}`)
	b.until(`document.querySelector("#t1:not(.open) .said")?.textContent === "加湿器不出雾怎么办" && document.querySelectorAll("#turns li").length === 2`)
	b.until(`document.querySelectorAll(".hits .suggestion").length === 1`)
	if got := b.text(`document.querySelector(".suggestion [data-f=answer]").textContent`); got != "先清洗雾化片，再换纯净水。" {
		t.Errorf("the answer is %q", got)
	}
	b.until(`/^[0-9]:[0-9]{2}$/.test(document.querySelector("#clock b").textContent) && !document.getElementById("clock").hidden`)
	b.press("c")
	b.until(`document.querySelector("[data-copy]").textContent === "Copied"`)
	until(t, func() bool {
		return s.count("suggestion_uses WHERE action = 'copied' AND part = 'answer' AND person = 'wang'") == 1
	})
	b.press("h")
	b.until(`document.querySelector('.hits [data-grade=helpful][aria-pressed=true]') !== null`)
	if n := s.count("feedback WHERE grade = 'helpful' AND person = 'wang'"); n != 1 {
		t.Errorf("%d grades are kept", n)
	}
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
	s.say("n", `{"session":{"channel":"chat","language":"zh","business_type":"inquiry","customer":{"type":"individual"}},"turns":[{"speaker":"agent","text":"这事不归我管，你爱找谁找谁，烦死了"},{"speaker":"customer","text":"加湿器不出雾怎么办"}]}`)
	b := open(t, ctx, s, "/")
	b.size(360, 740)
	for _, lang := range []string{"zh", "en"} {
		b.visit("/live/n?lang=" + lang)
		b.until(`document.getElementById("line").textContent !== ""`)
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
