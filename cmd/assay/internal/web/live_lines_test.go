package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"assay/pipeline/store"
)

func TestOpenStreamsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.LiveStreams, o.LiveStreamsEach = 3, 2 })
	s.saying("s", 0, 1)
	crm := s.token(func(k *store.Token) { k.Name = "crm" })
	refused := func(name string, status int, retry string, headers ...string) {
		t.Helper()
		a := s.listen("s", "", headers...).answer
		if a.StatusCode != status || a.Header.Get("Retry-After") != retry || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v", name, a.StatusCode, a.Header)
		}
	}
	opened := func(headers ...string) *line {
		t.Helper()
		l := s.listen("s", "", headers...)
		if l.answer.StatusCode != http.StatusOK {
			t.Fatalf("status %d", l.answer.StatusCode)
		}
		l.until("turn")
		return l
	}
	first, _ := opened(), opened()
	refused("a third of one reader", http.StatusTooManyRequests, "15")
	opened(by(crm)...)
	refused("a fourth of the process", http.StatusServiceUnavailable, "5", by(crm, agentHeader, "a102")...)
	refused("a reader with too many hears so first", http.StatusTooManyRequests, "15")
	first.close()
	for range 200 { // the server learns of it by and by
		l := s.listen("s", "")
		if l.answer.StatusCode == http.StatusOK {
			return
		}
		l.close()
	}
	t.Error("a place is not free again when its stream ends")
}

func TestFollowersAreCountedByReader(t *testing.T) {
	t.Parallel()
	l := newOpenLines(10, 1)
	w := httptest.NewRecorder()
	leave, err := l.open(w, "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.open(w, "b"); err != nil {
		t.Errorf("another reader: %v", err)
	}
	if _, err := l.open(w, "a"); err != errStreamsEach {
		t.Errorf("the same reader: %v", err)
	}
	leave()
	if _, err := l.open(w, "a"); err != nil {
		t.Errorf("after it left: %v", err)
	}
	if len(l.each) != 2 || l.all != 2 {
		t.Errorf("%d streams of %d readers", l.all, len(l.each))
	}
}
