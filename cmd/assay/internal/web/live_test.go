package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"assay/jobs"
	"assay/knowledge"
)

func TestTurnsAreToldAsTheyComeIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	got := s.say("live 1/a", `{"session":{"channel":"chat","language":"zh"},"first":0,"turns":[{"speaker":"customer","text":"在吗"}]}`)
	if diff := cmp.Diff(map[string]any{"session_id": "live 1/a", "turns": 1.0, "last_event": 1.0, "added": 1.0, "replaced": 0.0}, got); diff != "" {
		t.Error(diff)
	}
	l := s.listen("live 1/a", "")
	if got := l.answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
	first := l.until("turn")[0]
	want := map[string]any{"turn": 0.0, "speaker": "customer", "text": "在吗", "final": true}
	if diff := cmp.Diff(want, first.told(t)); diff != "" || first.ID != "1" {
		t.Errorf("event %s: %s", first.ID, diff)
	}
	s.say("live 1/a", `{"first":1,"turns":[{"speaker":"agent","text":"卡号6222021234567890123对吗"}]}`)
	second := l.until("turn")[0]
	if text, _ := second.told(t)["text"].(string); strings.Contains(text, "6222021234567890") || !strings.Contains(text, "对吗") {
		t.Errorf("the reader is shown %q", text)
	}
}

func TestAdditionsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.say("a", `{"session":{"channel":"chat"},"turns":[{"speaker":"agent","text":"1"},{"speaker":"agent","text":"2"}]}`)
	s.say("over", `{"session":{"channel":"chat"},"turns":[{"speaker":"agent","text":"1"}]}`)
	if status, _ := s.add("/api/v1/sessions/over/end", `{"count":1}`); status != http.StatusOK {
		t.Fatalf("end: %d", status)
	}
	for name, c := range map[string]struct {
		path, body string
		status     int
		want       map[string]any
	}{
		"a gap":                    {"a/turns", `{"first":3,"turns":[{"speaker":"agent","text":"4"}]}`, 409, map[string]any{"expected": 2.0, "turn": 3.0}},
		"other words":              {"a/turns", `{"first":1,"turns":[{"speaker":"agent","text":"zwei"}]}`, 409, map[string]any{"expected": 2.0, "turn": 1.0}},
		"a beginning in the midst": {"b/turns", `{"session":{"channel":"chat"},"first":1,"turns":[{"speaker":"agent","text":"x"}]}`, 409, map[string]any{"expected": 0.0, "turn": 1.0}},
		"an end too early":         {"a/end", `{"count":3}`, 409, map[string]any{"expected": 2.0, "turn": 2.0}},
		"after the end":            {"over/turns", `{"first":1,"turns":[{"speaker":"agent","text":"2"}]}`, 409, map[string]any{"ended": true}},
		"no channel":               {"c/turns", `{"turns":[{"speaker":"agent","text":"1"}]}`, 400, nil},
		"another agent":            {"a/turns", `{"session":{"channel":"call"},"turns":[]}`, 400, nil},
		"no JSON":                  {"a/turns", `{"turns":`, 400, nil},
		"no such speaker":          {"a/turns", `{"turns":[{"speaker":"boss","text":"x"}]}`, 400, nil},
		"a NUL":                    {"a/turns", `{"turns":[{"speaker":"agent","text":"\u0000"}]}`, 400, nil},
		"half a character":         {"a/turns", `{"turns":[{"speaker":"agent","text":"\ud83d"}]}`, 400, nil},
		"an end of nothing":        {"nothing/end", ``, 404, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, got := s.add("/api/v1/sessions/"+c.path, c.body)
			if status != c.status || got["status"] != float64(c.status) {
				t.Fatalf("status %d, want %d: %v", status, c.status, got)
			}
			for key, want := range c.want {
				if diff := cmp.Diff(want, got[key]); diff != "" {
					t.Errorf("%s: %s", key, diff)
				}
			}
			if _, ok := got["problems"]; ok != (c.status == 400) {
				t.Errorf("problems: %v", got)
			}
		})
	}
}

// saying posts turns from to to of a session, one by one.
func (s *site) saying(id string, from, to int) {
	s.t.Helper()
	for i := from; i < to; i++ {
		s.say(id, fmt.Sprintf(`{"session":{"channel":"chat"},"first":%d,"turns":[{"speaker":"agent","text":"turn %d"}]}`, i, i))
	}
}

func TestStreamsResumeWhereTheyBrokeOff(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.saying("s", 0, 3)
	l := s.listen("s", "")
	if _, err := l.next(); err != nil {
		t.Fatal(err)
	}
	second, err := l.next()
	if err != nil || second.ID != "2" {
		t.Fatalf("second event %v, %v", second, err)
	}
	l.close()
	s.saying("s", 3, 5)
	l = s.listen("s", second.ID)
	if status, got := s.add("/api/v1/sessions/s/end", ""); status != http.StatusOK || got["url"] == nil {
		t.Fatalf("end: %d %v", status, got)
	}
	rest := l.until("ended")
	if got, want := kindsOf(rest), "3 turn, 4 turn, 5 turn, 6 ended"; got != want {
		t.Errorf("the rest is %s, want %s", got, want)
	}
	if _, err := l.next(); err == nil {
		t.Error("the stream goes on after the end")
	}
	if again := s.listen("s", "6"); again.answer.StatusCode != http.StatusNoContent {
		t.Errorf("who has been told all: status %d", again.answer.StatusCode)
	}
	if late := s.listen("s", "4"); kindsOf(late.until("ended")) != "5 turn, 6 ended" {
		t.Error("who comes after the end is not told the rest")
	}
	for after, want := range map[string]int{"x": 400, "-1": 400, "7": 400} {
		if got := s.listen("s", after).answer.StatusCode; got != want {
			t.Errorf("after %q: status %d, want %d", after, got, want)
		}
	}
	if got := s.listen("nothing", "").answer.StatusCode; got != http.StatusNotFound {
		t.Errorf("no such session: status %d", got)
	}
}

// onServer is the site with other options on another server.
func onServer(t *testing.T, s *site, o Options, make func(http.Handler) *httptest.Server) *site {
	t.Helper()
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := make(h)
	server.Start()
	t.Cleanup(server.Close)
	return &site{Server: server, t: t, store: s.store, options: o}
}

// impatient makes a server whose answers may take 300 ms.
func impatient(h http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	return server
}

func TestStreamsOutliveTheServersLimits(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.LiveBeat = 50 * time.Millisecond })
	short := onServer(t, s, s.options, impatient)
	s.saying("s", 0, 1)
	l := short.listen("s", "")
	for beats := 0; beats < 20; { // a second: three times the limit
		text, err := l.read.ReadString('\n')
		if err != nil {
			t.Fatalf("after %d beats: %v", beats, err)
		}
		if strings.HasPrefix(text, ":") {
			beats++
		}
	}
	s.saying("s", 1, 2)
	if got := kindsOf(l.until("turn")); got != "2 turn" {
		t.Errorf("then it is told %s", got)
	}
}

func TestSlowReadersAreCutAndComeAgain(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	proxied := behindProxy(t)
	s := newSite(t, func(o *Options) {
		proxied(o)
		o.LiveStall, o.Metrics = 200*time.Millisecond, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	})
	metrics, err := jobs.NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	o := s.options
	o.Live = runningLive(t, s.store, nil, metrics)
	s = onServer(t, s, o, func(h http.Handler) *httptest.Server {
		server := httptest.NewUnstartedServer(h)
		server.Listener = narrow{server.Listener}
		return server
	})
	admin := as("chen", Admin) // who is shown all: redacting so much would take long
	sent := func(body string) {
		t.Helper()
		if status, got := s.add("/api/v1/sessions/s/turns", body, admin...); status != http.StatusOK {
			t.Fatalf("status %d: %v", status, got)
		}
	}
	sent(`{"session":{"channel":"chat"},"turns":[{"speaker":"system","text":"0"}]}`)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "GET /api/v1/sessions/s/events HTTP/1.1\r\nHost: x\r\nX-User: chen\r\nX-Role: admin\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	says := func(metric string) bool { return strings.Contains(s.get("/metrics").body, "\n"+metric+"\n") }
	until(t, func() bool { return says("assay_live_readers 1") })
	const turns = 60 // of 19,000 bytes: more than the buffers hold
	for i := 1; i < turns; i += 30 {
		var list []string
		for k := i; k < min(i+30, turns); k++ {
			list = append(list, fmt.Sprintf(`{"speaker":"system","kind":"note","text":"%05d %s"}`, k, strings.Repeat("x", 19_000)))
		}
		sent(fmt.Sprintf(`{"first":%d,"turns":[%s]}`, i, strings.Join(list, ",")))
	}
	until(t, func() bool { return says("assay_live_cut_total 1") && says("assay_live_readers 0") })
	l := s.listen("s", "1", admin...)
	for i := 1; i < turns; i++ {
		e, err := l.next()
		for err != nil && t.Context().Err() == nil { // on a busy machine this one may be cut off as well
			l = s.listen("s", fmt.Sprint(i), admin...)
			e, err = l.next()
		}
		if err != nil || e.ID != fmt.Sprint(i+1) || !strings.Contains(e.Data, fmt.Sprintf("%05d ", i)) {
			t.Fatalf("turn %d: event %s, %v", i, e.ID, err)
		}
	}
}

// narrow are connections that hold little of what is written to them.
type narrow struct{ net.Listener }

// Accept takes a connection.
func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = tcp.SetWriteBuffer(4 << 10)
	}
	return conn, err
}

// until waits for something, at most 20 s.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-limit.C:
			t.Fatal("waited in vain")
		case <-tick.C:
		}
	}
}

func TestStoppingEndsStreams(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	o := s.options
	client, err := jobs.NewInserter(s.store)
	if err != nil {
		t.Fatal(err)
	}
	if o.Live, err = jobs.NewLive(jobs.LiveOptions{Store: s.store, Client: client, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- o.Live.Run(ctx) }()
	other := onServer(t, s, o, impatient)
	s.saying("s", 0, 1)
	l := other.listen("s", "")
	if _, err := l.next(); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	shutdown, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := other.Config.Shutdown(shutdown); err != nil {
		t.Errorf("the server does not stop: %v", err)
	}
	if e, err := l.next(); err == nil {
		t.Errorf("the stream goes on: %v", e)
	}
}

func TestLiveSuggestionsAreToldWithoutTheirMarkdown(t *testing.T) {
	t.Parallel()
	list := []jobs.LiveSuggestion{{Passage: "First wait.", Answer: "**First** wait.\n\n[Then](https://a.example) call."}}
	got := (&liveView{s: &server{}}).asked(t.Context(), jobs.LiveSuggestions{Suggestions: list}).Suggestions[0]
	want := liveHit{
		LiveSuggestion: jobs.LiveSuggestion{Passage: "First wait.", Answer: "First wait.\n\nThen (https://a.example) call."},
		Reply:          "First wait.", ReplyPart: knowledge.PartPassage,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadersAreAskedAgainWhoTheyAre(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.LiveLongest, o.LiveBeat = 50*time.Millisecond, 20*time.Millisecond })
	s.saying("s", 0, 1)
	l := s.listen("s", "")
	l.until("turn")
	if e, err := l.next(); !errors.Is(err, io.EOF) {
		t.Fatalf("the stream goes on: %v, %v", e, err)
	}
	s.saying("s", 1, 2)
	if got := kindsOf(s.listen("s", "1").until("turn")); got != "2 turn" {
		t.Errorf("then it is told %s", got)
	}
}

func TestWhoMayFollowAndWriteRunningSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, behindProxy(t))
	const turn = `{"session":{"channel":"chat","agent":{"id":"li","name":"李雷"}},"first":0,"turns":[{"speaker":"customer","text":"我电话13812345678"}]}`
	for role, want := range map[Role]int{Agent: 403, Reviewer: 403, Supervisor: 200, Admin: 200} {
		if status, got := s.add("/api/v1/sessions/s/turns", turn, as("li", role)...); status != want {
			t.Errorf("%s writes: status %d, want %d: %v", role, status, want, got)
		}
	}
	for name, c := range map[string]struct {
		who    []string
		status int
		shows  string
	}{
		"the agent's own session":   {as("li", Agent), 200, "我电话<手机1>"},
		"another agent":             {as("wang", Agent), 403, ""},
		"a reviewer":                {as("wang", Reviewer), 200, "我电话<手机1>"},
		"a role that sees all data": {as("chen", Admin), 200, "我电话13812345678"},
		"nobody":                    {nil, 403, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := s.listen("s", "", c.who...)
			if l.answer.StatusCode != c.status {
				t.Fatalf("status %d, want %d", l.answer.StatusCode, c.status)
			}
			page, list := s.get("/live/s", c.who...), s.get("/live", c.who...)
			if page.status != c.status {
				t.Errorf("the page: status %d, want %d", page.status, c.status)
			}
			if c.status != http.StatusOK {
				if strings.Contains(list.body, `href="/live/s"`) {
					t.Error("it is listed")
				}
				return
			}
			if got := l.until("turn")[0].told(t)["text"]; got != c.shows {
				t.Errorf("the stream shows %q, want %q", got, c.shows)
			}
			if raw := strings.Contains(page.body, "13812345678"); raw != strings.Contains(c.shows, "13812345678") {
				t.Errorf("the page shows the number: %v", raw)
			}
			if !strings.Contains(list.body, `href="/live/s"`) {
				t.Error("it is not listed")
			}
		})
	}
}

func TestLivePageShowsTheStateWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLibrary(t))
	s.say("s", `{"session":{"channel":"chat","language":"zh","business_type":"inquiry","customer":{"type":"individual"}},"turns":[{"speaker":"agent","text":"这事不归我管，你爱找谁找谁，烦死了"},{"speaker":"customer","text":"加湿器不出雾怎么办"}]}`)
	page := s.get("/live/s?lang=zh").body
	for _, want := range []string{"加湿器不出雾怎么办", "先清洗雾化片", "语气：", `<noscript>`, `href="">重新加载`, `class="clock running"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if list := s.get("/live?lang=en").body; !strings.Contains(list, "until the answer is due") {
		t.Error("the list does not say that the customer waits")
	}
	if status, _ := s.add("/api/v1/sessions/s/end", ""); status != http.StatusOK {
		t.Fatalf("end: %d", status)
	}
	if page = s.get("/live/s").body; !strings.Contains(page, `href="/sessions/1"`) || strings.Contains(page, "<noscript>") {
		t.Error("the page of an ended session does not lead to its inspection")
	}
	if list := s.get("/live").body; strings.Contains(list, "/live/s") {
		t.Error("an ended session is listed")
	}
}

func TestLiveSuggestionsTellTheirSources(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	s.say("k", `{"session":{"channel":"chat","language":"zh"},"turns":[{"speaker":"customer","text":"我的快递到了，那我要投诉你们！水壶底部漏水怎么办？"}]}`)
	for name, tt := range map[string]struct {
		secret string
		note   bool
	}{
		"a program":                           {s.scoped(ScopeLive), false},
		"a program that may read the library": {s.scoped(ScopeLive, ScopeLibraryRead), true},
	} {
		list, _ := s.listen("k", "", by(tt.secret)...).until("suggestions")[1].told(t)["suggestions"].([]any)
		if len(list) == 0 {
			t.Fatalf("%s: nothing is suggested", name)
		}
		got, _ := list[0].(map[string]any)
		reply, _ := got["short_reply"].(string)
		if got["solution_id"] != "KETTLE-3" || got["valid_until"] != "2035-12-31" || got["revision"] != 1.0 || !strings.HasPrefix(reply, "很抱歉") {
			t.Errorf("%s: %v", name, got)
		}
		if _, ok := got["note"]; ok != tt.note {
			t.Errorf("%s: note %v", name, got["note"])
		}
	}
}

// What was told stays told; what an agent is shown of it still holds.
func TestLiveSuggestionsThatHoldNoMore(t *testing.T) {
	t.Parallel()
	s := newSite(t, withShelf(t))
	s.say("k", `{"session":{"channel":"chat","language":"zh"},"turns":[{"speaker":"customer","text":"水壶底部漏水怎么办？"}]}`)
	shown := func() bool { return strings.Contains(s.get("/live/k").body, `data-id="KETTLE-3"`) }
	if !shown() {
		t.Fatal("nothing is suggested")
	}
	for name, change := range map[string]string{
		"retired": `status = 'retired'`, "expired": `valid_to = now() - interval '1 minute'`, "of another time": `valid_from = now() + interval '1 hour'`,
	} {
		if _, err := s.store.Pool().Exec(t.Context(), `UPDATE solutions SET `+change+` WHERE id = 'KETTLE-3'`); err != nil {
			t.Fatal(err)
		}
		if shown() {
			t.Errorf("%s, it is still shown", name)
		}
		if _, err := s.store.Pool().Exec(t.Context(), `UPDATE solutions SET status = 'published', valid_to = NULL, valid_from = NULL WHERE id = 'KETTLE-3'`); err != nil {
			t.Fatal(err)
		}
		if !shown() {
			t.Fatal("it is not shown again")
		}
	}
}
