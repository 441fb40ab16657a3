package web

import (
	"net/http"
	"testing"
)

func TestPagesWorkWhereTheAPIRequiresTokens(t *testing.T) {
	t.Parallel()
	shelf := withShelf(t)
	s := newSite(t, func(o *Options) {
		shelf(o)
		o.API.RequireToken = true
	})
	ctx := browser(t)
	b := open(t, ctx, s, "/suggest?lang=en&q=how+do+I+reset+my+router")
	b.until(`document.activeElement.id === "q"`)
	b.press("\r")
	b.until(chosenItem)
	for _, c := range []struct{ key, says string }{
		{"h", "Thank you, noted: Helpful"}, {"h", "Taken back"}, {"s", "Pinned"}, {"s", "No longer pinned"},
	} {
		b.press(c.key)
		b.until(`document.getElementById("status").textContent === "` + c.says + `"`)
	}
	if a := s.json(http.MethodPut, "/api/v1/pins/ROUTER-1", ""); a.status != http.StatusUnauthorized {
		t.Errorf("without a token the API answers %d", a.status)
	}
	if a := s.json(http.MethodPut, "/suggest/pins/ROUTER-1", "", "Sec-Fetch-Site", "cross-site"); a.status != http.StatusForbidden {
		t.Errorf("another site's page is answered %d", a.status)
	}
}
