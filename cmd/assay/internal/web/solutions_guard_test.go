package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestPreviewReadsNothingThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	for name, form := range map[string]url.Values{
		"an answer": {"do": {"preview"}, "title": {"t"}, "answer": {strings.Repeat("> ", 100_000)}}, // its Markdown takes ten seconds
		"a title":   {"do": {"preview"}, "title": {strings.Repeat("reset the router ", 100)}, "answer": {"<i>"}},
	} {
		a := s.post("/solutions/new?lang=en", form, as("mei", Reviewer)...)
		if a.status != http.StatusOK || strings.Contains(a.body, "<blockquote>") || !strings.Contains(a.body, `<section id="twins" hidden`) {
			t.Errorf("%s that is too long: status %d", name, a.status)
		}
	}
}

func TestAddressSaysHowManyWereChanged(t *testing.T) {
	t.Parallel()
	s := librarySite(t)
	for done, want := range map[string]bool{"3": true, "your+password": false, "-1": false} {
		if got := strings.Contains(s.get("/solutions?lang=en&done="+done, as("mei", Supervisor)...).body, "Changed: "); got != want {
			t.Errorf("%s: told is %v", done, got)
		}
	}
}
