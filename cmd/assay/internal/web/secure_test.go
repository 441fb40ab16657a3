package web

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	keys := s.seed()
	for _, path := range []string{"/", fmt.Sprintf("/sessions/%d", keys.rude), "/suggest", "/problems", "/nothing", "/api/v1/flags", "/api/v1/nothing", "/healthz"} {
		h := s.get(path).header
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy lacks %s", part)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("the policy allows too much: %s", policy)
	}
}

func TestStaticFilesAreKeptForEver(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	links := regexp.MustCompile(`"(/static/[^"]+)"`).FindAllStringSubmatch(s.get("/").body, -1)
	if len(links) != 4 {
		t.Fatalf("the page has %d static files", len(links))
	}
	for _, l := range links {
		if !regexp.MustCompile(`^/static/\w+\.[0-9a-f]{10}\.(css|js|svg)$`).MatchString(l[1]) {
			t.Errorf("%s has no hash in its name", l[1])
		}
		a := s.get(l[1])
		if a.status != http.StatusOK || a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || a.header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", l[1], a.status, a.header)
		}
	}
	if a := s.get("/static/app.css"); a.status != http.StatusNotFound {
		t.Errorf("a static file without a hash: %d", a.status)
	}
}

func TestLoopbackRefusesOtherHosts(t *testing.T) {
	t.Parallel()
	local, public := newSite(t, func(o *Options) { o.Loopback = true }), newSite(t, nil)
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "127.0.0.1:9": 200, "[::1]:80": 200, "[::1]": 200,
		"evil.example": 421, "evil.example:8080": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "10.0.0.1": 421,
	} {
		if got := local.get("/", "Host", host).status; got != want {
			t.Errorf("%q: %d, want %d", host, got, want)
		}
		if got := public.get("/", "Host", host).status; got != 200 {
			t.Errorf("%q on a server for all: %d", host, got)
		}
	}
}

func TestErrorsArePages(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.Loopback = true })
	for name, c := range map[string]struct {
		method, path string
		headers      []string
		status       int
		want         string
	}{
		"an unknown page":          {"GET", "/nothing", nil, 404, "There is nothing here"},
		"an unknown session":       {"GET", "/sessions/999", nil, 404, "There is nothing here"},
		"a session without number": {"GET", "/sessions/x", nil, 404, "There is nothing here"},
		"in Chinese":               {"GET", "/nothing?lang=zh", nil, 404, "这里什么也没有"},
		"a bad parameter":          {"GET", "/?severity=x", nil, 400, "<code>severity=x</code>"},
		"what is allowed":          {"GET", "/?severity=x", nil, 400, "<code>medium</code>"},
		"bytes that are no text":   {"GET", "/?team=%ff", nil, 400, "<code>text in UTF-8 without NUL</code>"},
		"a NUL in a filter":        {"GET", "/?agent=%00", nil, 400, "without NUL"},
		"days in the wrong order":  {"GET", "/?from=2026-12-02&to=2026-12-01", nil, 400, "2026-12-02 or later"},
		"a page below 1":           {"GET", "/?page=0", nil, 400, "<code>page=0</code>"},
		"too many suggestions":     {"GET", "/suggest?limit=21", nil, 400, "<code>1–20</code>"},
		"another method":           {"POST", "/", nil, 405, "This address can only be read"},
		"an id that is no text":    {"GET", "/live/%ff", nil, 404, "There is nothing here"},
		"a NUL in an id":           {"GET", "/solutions/%00", nil, 404, "There is nothing here"},
		"an address in an address": {"GET", "/%2Fevil.example", nil, 404, `href="/%2Fevil.example?lang=zh"`},
		"another host":             {"GET", "/", []string{"Host", "evil.example"}, 421, "machine it runs on"},
		"another site":             {"POST", "/", []string{"Sec-Fetch-Site", "cross-site"}, 403, "Requests of other sites"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.ask(c.method, c.path, c.headers...)
			if a.status != c.status || !strings.Contains(a.body, c.want) || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				t.Errorf("%d %s\n%s", a.status, a.header.Get("Content-Type"), a.body)
			}
		})
	}
}

func TestNewChecksItsOptions(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{}); err == nil {
		t.Error("without a store there are no pages")
	}
	s := newSite(t, withLibrary(t))
	o := Options{Store: s.store}
	withLibrary(t)(&o)
	o.Library = nil
	if _, err := New(o); err == nil {
		t.Error("an index without its library must be refused")
	}
}
