package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay/pipeline/store"
)

// API says who may use the API, and how often. The zero value means the defaults.
type API struct {
	RequireToken bool // refuse requests to /api/v1 that carry no token, whatever a proxy says
	// Rate bounds requests to /api/v1 without a token, by address, or by reader where a
	// proxy names them; zero is without limit.
	Rate Rate
	// Reread is how long tokens are remembered, and so how long a revoked one works on;
	// default 2 s.
	Reread time.Duration
}

// entrance is what decides who may use the API.
type entrance struct {
	described []byte // the description of the API
	tokens    *knownTokens
	limits    *limits
}

func newEntrance(o *Options) entrance {
	return entrance{tokens: newKnownTokens(o.Store, cmp.Or(o.API.Reread, rereadEvery)), limits: newLimits()}
}

// rereadEvery is the default of API.Reread.
const rereadEvery = 2 * time.Second

// agentHeader is how a program that has a token says for which agent it asks.
const agentHeader = "Assay-Agent"

// tokenName is how readers are called that are a token.
const tokenName = "token:"

// isAPI reports whether a request is for the API, where tokens count.
func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/v1/") }

// enter decides whether a request to the API may go on: its token, the site it
// comes from, and how often its sender asks.
func (s *server) enter(w http.ResponseWriter, r *http.Request) error {
	if !isAPI(r) {
		return nil
	}
	secret, given := s.bearer(r)
	if !given {
		return s.enterWithout(w, r)
	}
	if err := s.tokens.refresh(r.Context()); err != nil {
		return err
	}
	origin := foreignOrigin(r)
	s.allow(w, origin)
	t := s.tokens.find(secret)
	if t == nil {
		return s.unauthorized(w, r, `error="invalid_token"`, errToken)
	}
	agent, isAgent := agentOf(r)
	whose := agent
	if !isAgent {
		whose = ""
	}
	if err := s.limits.takeToken(w, t.Prefix, whose, Rate{t.Calls, time.Duration(t.PerSeconds) * time.Second}); err != nil {
		return err
	}
	if origin != "" && !slices.Contains(t.Origins, origin) {
		w.Header().Del("Access-Control-Allow-Origin")
		return errOrigin
	}
	if scope := scopeOf(r.Pattern); !holds(t, scope) {
		return refuseScope(w, scope)
	}
	if !isAgent {
		return fmt.Errorf("%w: %q", errAgentHeader, agent)
	}
	if err := s.tokens.note(r.Context(), t); err != nil {
		s.o.Log.WarnContext(r.Context(), "use of a token not noted", "token", t.Name, "error", err)
	}
	return nil
}

// enterWithout is enter for requests without a token.
func (s *server) enterWithout(w http.ResponseWriter, r *http.Request) error {
	if s.o.API.RequireToken {
		return s.unauthorized(w, r, "", errNoToken)
	}
	if err := s.limits.take(w, s.addressOf(r), s.o.API.Rate); err != nil {
		return err
	}
	if len(r.Header.Values(agentHeader)) > 0 {
		return errAgentAlone
	}
	return nil
}

// unauthorized refuses, and counts by address: so nobody tries many secrets.
func (s *server) unauthorized(w http.ResponseWriter, r *http.Request, attributes string, err error) error {
	if err := s.limits.take(w, s.addressOf(r), s.o.API.Rate); err != nil {
		return err
	}
	challenge := `Bearer realm="assay"`
	if attributes != "" {
		challenge += ", " + attributes
	}
	w.Header().Set("WWW-Authenticate", challenge)
	return err
}

// refuseScope says which scope the token lacks, where any would do.
func refuseScope(w http.ResponseWriter, scope Scope) error {
	if scope == noScope {
		return errPeopleOnly
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="assay", error="insufficient_scope", scope=%q`, string(scope)))
	return fmt.Errorf("%w: it needs %s", errScope, scope)
}

// agentOf is the agent for whom a program asks, "" when it does not say; false when
// what it says is no agent's id.
func agentOf(r *http.Request) (string, bool) {
	values := r.Header.Values(agentHeader)
	if len(values) == 0 {
		return "", true
	}
	agent := single(r, agentHeader)
	return cmp.Or(agent, strings.Join(values, ", ")), agent != "" && !strings.HasPrefix(agent, tokenName)
}

// tokenReader is who a request with a token is: the agent for whom it asks, else
// the token, in the role that the route's scope gives.
func (s *server) tokenReader(r *http.Request, t *store.Token) reader {
	scope := scopeOf(r.Pattern)
	agent, ok := agentOf(r)
	if !ok || !holds(t, scope) {
		return reader{}
	}
	return reader{name: cmp.Or(agent, tokenName+t.Name), role: scope.role()}
}

// foreignOrigin is the site whose page sends the request, "" when it is our own or
// none. What browsers send for pages without one is a site of its own: null.
func foreignOrigin(r *http.Request) string {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return ""
	}
	origin := strings.Join(origins, ", ")
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" || origin == "https://"+r.Host || origin == "http://"+r.Host {
		return ""
	}
	return origin
}

// allow lets pages of a site read the answer when any token is for them; enter
// takes that back when the request's own token is not.
func (s *server) allow(w http.ResponseWriter, origin string) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if origin == "" || !s.tokens.allows(origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate")
}

// isPreflight reports whether a browser asks what a page of another site may send.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && isAPI(r) && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight answers such a question, which carries no token: pages may send a
// token from all sites that any token is for.
func (s *server) preflight(w http.ResponseWriter, r *http.Request) error {
	if err := s.limits.take(w, s.addressOf(r), s.o.API.Rate); err != nil {
		return err
	}
	if err := s.tokens.refresh(r.Context()); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
	origin := foreignOrigin(r)
	if !s.tokens.allows(origin) {
		return errOrigin
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID, "+agentHeader)
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
