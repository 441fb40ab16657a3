package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"assay/cmd/assay/internal/web/text"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

// pages are the parsed templates by page.
type pages map[string]*template.Template

// loadPages parses each page together with the layout and the shared parts.
func loadPages() (pages, error) {
	functions := template.FuncMap{"pieces": pieces, "number": number, "signed": signed, "percent": percent, "grouped": grouped, "float": func(n int64) float64 { return float64(n) }}
	all := pages{}
	for _, name := range []string{"queue", "session", "suggest", "problems", "backtests", "backtest", "sample", "models", "reveals", "lives", "live", "gaps", "gap", "coverage",
		"solutions", "solution", "solution_edit", "solution_history", "solutions_bulk", "error"} {
		t, err := template.New("layout").Funcs(functions).ParseFS(templateFiles,
			"templates/layout.tmpl", "templates/parts.tmpl", "templates/"+name+".tmpl")
		if err != nil {
			return nil, fmt.Errorf("load page %q: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

// page is what the layout needs. Every page's struct embeds it.
type page struct {
	Lang    string
	Title   string
	Section string            // of the navigation, or none
	Reader  reader            // who reads
	Scripts []string          // static files besides app.js
	Others  map[string]string // this page's address in the other languages

	texts  text.Texts
	assets *assets
	zone   *time.Location
	runs   bool // there are pages of running sessions
}

// navigation are the sections that there are links to, with who may read them.
var navigation = []struct {
	Name, URL string
	least     Role
}{
	{"queue", "/", Agent}, {"suggest", "/suggest", Agent}, {"live", "/live", Agent}, {"solutions", "/solutions", Agent}, {"gaps", "/gaps", Reviewer}, {"coverage", "/coverage", Reviewer}, {"backtests", "/backtests", Reviewer},
	{"models", "/models", Supervisor}, {"reveals", "/reveals", Supervisor}, {"problems", "/problems", Reviewer},
}

// Nav are the links of the navigation.
func (p *page) Nav() []link {
	var out []link
	for _, n := range navigation {
		if p.Reader.may(n.least) && (n.Name != "live" || p.runs) {
			out = append(out, link{p.T("nav." + n.Name), n.URL, n.Name == p.Section})
		}
	}
	return out
}

// page makes the common part of a page, and keeps a language that was chosen.
func (s *server) page(w http.ResponseWriter, r *http.Request, section string, scripts ...string) page {
	lang, chosen := language(r)
	if chosen {
		remember(w, r, lang)
	}
	w.Header().Add("Vary", "Accept-Language, Cookie")
	p := page{
		Lang: lang, Section: section, Scripts: scripts, Others: map[string]string{},
		Reader: s.reader(r), texts: s.texts, assets: s.assets, zone: s.o.Zone, runs: s.o.Live != nil,
	}
	for _, other := range text.Languages {
		if other != lang {
			p.Others[other] = inLanguage(r.URL, other)
		}
	}
	return p
}

// inLanguage is an address with a language. Its path stays as it was written: one with
// %2F in it is another, and may be another site.
func inLanguage(u *url.URL, lang string) string {
	q := u.Query()
	q.Set("lang", lang)
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: q.Encode()}).String()
}

// render writes a page, or nothing when its template fails.
func (s *server) render(w http.ResponseWriter, name string, status int, p any) error {
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, "layout", p); err != nil {
		return fmt.Errorf("render page %q: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	return write(w, b.Bytes())
}

// T is a text in the page's language, with arguments as fmt.Sprintf has them.
func (p *page) T(key string, args ...any) string { return p.texts.Say(p.Lang, key, args...) }

// N is a text about n things: key.one or key.other, with n as its first argument.
func (p *page) N(key string, n int, args ...any) string {
	if n == 1 {
		return p.T(key+".one", append([]any{n}, args...)...)
	}
	return p.T(key+".other", append([]any{n}, args...)...)
}

// Known is the text of a value of a list, or the value itself when the list
// has no text for it, as with values that the source is free to choose.
func (p *page) Known(list, value string) string {
	if text, ok := p.texts[p.Lang][list+"."+value]; ok {
		return text
	}
	return value
}

// Asset is the address of a static file.
func (p *page) Asset(name string) string { return "/static/" + p.assets.hashed[name] }

// Time is a time in the page's zone, to the minute.
func (p *page) Time(t time.Time) string { return t.In(p.zone).Format("2006-01-02 15:04") }

// Zoned is a time with its zone, for where it stands within a sentence.
func (p *page) Zoned(t time.Time) string { return p.Time(t) + " " + p.Zone(t) }

// Zone is the zone's distance from UTC at a time.
func (p *page) Zone(t time.Time) string { return t.In(p.zone).Format("-07:00") }

// number prints a score or points: two decimals at most, and no negative zero.
func number(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100+0, 'f', -1, 64) }

// signed prints a number with its sign, a real minus.
func signed(v float64) string {
	switch v = math.Round(v*100) / 100; {
	case v < 0:
		return "−" + number(-v)
	case v > 0:
		return "+" + number(v)
	}
	return "0"
}

// percent prints a share of 1.
func percent(v float64) string { return strconv.Itoa(int(math.Round(v*100))) + " %" }
