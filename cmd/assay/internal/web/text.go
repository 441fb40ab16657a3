package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

//go:embed text/*.json
var textFiles embed.FS

// languages are those of the pages; the first is for whoever asks for neither.
var languages = []string{"en", "zh"}

// texts are all texts of the pages: by language, by key.
type texts map[string]map[string]string

func loadTexts() (texts, error) {
	all := texts{}
	for _, lang := range languages {
		b, err := textFiles.ReadFile("text/" + lang + ".json")
		if err != nil {
			return nil, fmt.Errorf("load texts: %w", err)
		}
		var list map[string]string
		if err := json.Unmarshal(b, &list); err != nil {
			return nil, fmt.Errorf("load texts %q: %w", lang, err)
		}
		all[lang] = list
	}
	return all, nil
}

// say returns a text with its arguments filled in. A key that is not there is
// returned as it is: tests keep that from happening.
func (t texts) say(lang, key string, args ...any) string {
	text, ok := t[lang][key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

const languageCookie = "lang"

// language chooses the language of a page: the address says, or the cookie
// that an earlier choice left, or the browser.
func language(r *http.Request) (lang string, chosen bool) {
	if l := r.URL.Query().Get("lang"); slices.Contains(languages, l) {
		return l, true
	}
	if c, err := r.Cookie(languageCookie); err == nil && slices.Contains(languages, c.Value) {
		return c.Value, false
	}
	return accepted(r.Header.Get("Accept-Language")), false
}

// accepted is the language that an Accept-Language header prefers.
func accepted(header string) string {
	best, most := languages[0], 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, weight, _ := strings.Cut(part, ";")
		base, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(tag)), "-")
		if q := quality(weight); q > most && slices.Contains(languages, base) {
			best, most = base, q
		}
	}
	return best
}

// quality reads q=0.8; 1 when it is not given or not a number.
func quality(weight string) float64 {
	text, ok := strings.CutPrefix(strings.TrimSpace(weight), "q=")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
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
