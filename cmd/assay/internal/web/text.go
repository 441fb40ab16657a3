package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"assay/cmd/assay/internal/web/text"
)

const languageCookie = "lang"

// language chooses the language of a page: the address says, or the cookie
// that an earlier choice left, or the browser.
func language(r *http.Request) (lang string, chosen bool) {
	if l := r.URL.Query().Get("lang"); slices.Contains(text.Languages, l) {
		return l, true
	}
	if c, err := r.Cookie(languageCookie); err == nil && slices.Contains(text.Languages, c.Value) {
		return c.Value, false
	}
	return accepted(r.Header.Get("Accept-Language")), false
}

// accepted is the language that an Accept-Language header prefers.
func accepted(header string) string {
	best, most := text.Languages[0], 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, weight, _ := strings.Cut(part, ";")
		base, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(tag)), "-")
		if q := quality(weight); q > most && slices.Contains(text.Languages, base) {
			best, most = base, q
		}
	}
	return best
}

// quality reads q=0.8; 1 when it is not given or not a number.
func quality(weight string) float64 {
	number, ok := strings.CutPrefix(strings.TrimSpace(weight), "q=")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 1
	}
	return q
}

// remember keeps the choice of a language for a year.
func remember(w http.ResponseWriter, r *http.Request, lang string) {
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
}
