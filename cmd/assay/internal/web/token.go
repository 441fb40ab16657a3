package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/pipeline/store"
)

// Scope is what a token may be used for, from a closed list.
type Scope string

// The scopes of tokens.
const (
	ScopeSuggest       Scope = "suggest"        // ask for suggestions, and keep pinned ones
	ScopeFeedback      Scope = "feedback"       // say what was used, and whether it helped
	ScopeLive          Scope = "live"           // follow what running sessions are told
	ScopeSessionsWrite Scope = "sessions:write" // send turns of running sessions, and end them
	ScopeVerdictsRead  Scope = "verdicts:read"  // flagged sessions and verdicts
	ScopeLibraryRead   Scope = "library:read"   // solutions, and internal notes
	ScopeLibraryWrite  Scope = "library:write"  // change solutions
	ScopeModelsRead    Scope = "models:read"    // what the judging model does and costs
)

// Scopes lists all scopes.
var Scopes = []Scope{
	ScopeSuggest, ScopeFeedback, ScopeLive, ScopeSessionsWrite, ScopeVerdictsRead, ScopeLibraryRead, ScopeLibraryWrite, ScopeModelsRead,
}

// role is the role that a token has where this scope is needed.
func (s Scope) role() Role {
	switch s {
	case ScopeVerdictsRead, ScopeLibraryRead, ScopeLive: // a token is no agent, who follows the agent's own sessions
		return Reviewer
	case ScopeSessionsWrite, ScopeLibraryWrite, ScopeModelsRead:
		return Supervisor
	}
	return Agent
}

const (
	anyScope Scope = "any" // every token may use the route
	noScope  Scope = ""    // no token may: it is for people
)

// scopeOf is the scope that a route of the API needs.
func scopeOf(pattern string) Scope {
	method, path, _ := strings.Cut(pattern, " ")
	is := func(name string) bool { return path == name || strings.HasPrefix(path, name+"/") }
	switch rest, _ := strings.CutPrefix(path, "/api/v1"); {
	case rest == path:
		return noScope
	case rest == "/openapi.json":
		return anyScope
	case rest == "/suggest", is("/api/v1/pins"):
		return ScopeSuggest
	case is("/api/v1/suggest"), is("/api/v1/feedback"):
		return ScopeFeedback
	case rest == "/flags", strings.HasSuffix(rest, "/verdict"):
		return ScopeVerdictsRead
	case strings.HasSuffix(rest, "/events"):
		return ScopeLive
	case strings.HasSuffix(rest, "/turns"), strings.HasSuffix(rest, "/end"):
		return ScopeSessionsWrite
	case is("/api/v1/solutions") && method == http.MethodGet:
		return ScopeLibraryRead
	case is("/api/v1/solutions"):
		return ScopeLibraryWrite
	case is("/api/v1/models"):
		return ScopeModelsRead
	}
	return noScope
}

// tokenMark is how every secret begins, so that scanners of files know it.
const tokenMark = "assay_"

// longestToken bounds what is looked at as a token, in bytes.
const longestToken = 200

// NewSecret makes a token's secret of 130 random bits, and what is kept of it.
func NewSecret() (secret, prefix string, hash []byte) {
	prefix = tokenMark + strings.ToLower(rand.Text()[:10])
	secret = prefix + "_" + rand.Text()
	return secret, prefix, sum(secret)
}

func sum(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// prefixOf is the part of a secret that is no secret.
func prefixOf(secret string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(secret, tokenMark), "_")
	return tokenMark + id
}

// bearer is the secret that a request carries, given when it claims to have one.
// Where a proxy names readers, it may forward a bearer token of its own: only what
// begins as ours is taken for one there. A header that stands twice is never right.
func (s *server) bearer(r *http.Request) (secret string, given bool) {
	forwards := s.o.Access.UserHeader != ""
	values := r.Header.Values("Authorization")
	for _, v := range values {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(v), " ")
		if rest = strings.TrimSpace(rest); strings.EqualFold(scheme, "Bearer") && (!forwards || strings.HasPrefix(rest, tokenMark)) {
			secret, given = rest, true
		}
	}
	if len(values) > 1 || len(secret) > longestToken {
		secret = ""
	}
	return secret, given
}

// matches compares in a time that tells nothing of the sum.
func matches(t *store.Token, secret string) bool {
	return subtle.ConstantTimeCompare(t.Hash, sum(secret)) == 1
}

// Rate is how many requests somebody may make.
type Rate struct {
	Calls int           // in a row, and in Per; 0 is without limit
	Per   time.Duration // s, min or h
}

// ratePeriods are the periods of rates.
var ratePeriods = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}

// maxCalls bounds a rate.
const maxCalls = 1_000_000

// ParseRate reads a rate such as 10/s, 300/m or 1000/h; 0 is without limit.
func ParseRate(text string) (Rate, error) {
	if text == "0" {
		return Rate{}, nil
	}
	calls, per, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(calls)
	period, known := ratePeriods[per]
	if err != nil || !known || n < 1 || n > maxCalls {
		return Rate{}, fmt.Errorf("%q is no rate; allowed: 10/s, 300/m, 1000/h and similar, up to %d", text, maxCalls)
	}
	return Rate{n, period}, nil
}

var errOriginForm = errors.New("allowed: a scheme and a host, with a port where it is not the usual one, such as https://crm.example.com")

// ParseOrigin checks an origin, and returns it as browsers send it.
func ParseOrigin(text string) (string, error) {
	u, err := url.Parse(strings.ToLower(strings.TrimSpace(text)))
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", u.User != nil,
		u.Path != "" && u.Path != "/", u.RawQuery != "" || u.Fragment != "", strings.ContainsAny(u.Host, "*, \t"):
		return "", fmt.Errorf("%q is no origin; %w", text, errOriginForm)
	}
	host := u.Host
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host, nil
}

// addressOf is whose requests are counted together when they carry no token: the
// reader that the proxy names, else the address, of IPv6 the network.
func (s *server) addressOf(r *http.Request) string {
	if name := s.o.Access.UserHeader; name != "" {
		if who := single(r, name); who != "" {
			return "reader " + who
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return ip.Mask(net.CIDRMask(64, 128)).String()
	}
	return host
}

// holds reports whether a token has a scope.
func holds(t *store.Token, scope Scope) bool {
	return scope == anyScope || scope != noScope && slices.Contains(t.Scopes, string(scope))
}
