package web

import (
	"net"
	"net/http"
	"strings"
)

// policy lets a page load nothing but our own files, and nobody frame it.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-ancestors 'none'; form-action 'self'; base-uri 'none'"

// guard stands before all routes: headers, the host, the origin.
func (s *server) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // personal data; static files say otherwise
		switch {
		case s.o.Loopback && !isLoopback(r.Host):
			s.fail(w, r, kindOf(r), errHost)
		case isPreflight(r):
			if err := s.preflight(w, r); err != nil {
				s.fail(w, r, programs, err)
			}
		case !s.carriesToken(r) && origin.Check(r) != nil:
			s.fail(w, r, kindOf(r), errCrossOrigin)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// carriesToken reports whether a request to the API claims to have a token: then
// enter looks at its origin. Browsers add no token by themselves, as they do what
// a proxy goes by.
func (s *server) carriesToken(r *http.Request) bool {
	_, given := s.bearer(r)
	return given && isAPI(r)
}

// isLoopback reports whether a Host header names this machine. A page of
// another site whose name was rebound to 127.0.0.1 still sends its own name.
func isLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	return name == "localhost" || name == "127.0.0.1" || name == "::1"
}

// kindOf tells who reads the answer to a request that reached no route.
func kindOf(r *http.Request) kind {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return programs
	}
	return people
}

// serve finds the route. Unknown addresses and methods get our own errors
// instead of the mux's plain text.
func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	if !isText(r.URL.Path) { // nothing is called so, and the database does not take it
		s.fail(w, r, kindOf(r), errNoPage)
		return
	}
	if _, pattern := s.mux.Handler(r); pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	lost := unrouted{header: w.Header()}
	s.mux.ServeHTTP(&lost, r)
	w.Header().Del("Content-Type")
	if lost.status == http.StatusMethodNotAllowed {
		s.fail(w, r, kindOf(r), errMethod)
		return
	}
	s.fail(w, r, kindOf(r), errNoPage)
}

// unrouted takes the mux's status and headers (Allow), and drops its text.
type unrouted struct {
	header http.Header
	status int
}

func (u *unrouted) Header() http.Header         { return u.header }
func (u *unrouted) WriteHeader(status int)      { u.status = status }
func (u *unrouted) Write(b []byte) (int, error) { return len(b), nil }
