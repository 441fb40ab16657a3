package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// Errors that have a status of their own.
var (
	errNoPage       = errors.New("there is no such page")
	errMethod       = errors.New("this address is read with GET only")
	errHost         = errors.New("this server answers for the machine it runs on only")
	errCrossOrigin  = errors.New("requests of other sites are refused")
	errNoLibrary    = errors.New("there is no solution library")
	errNotReady     = errors.New("not ready")
	errNotInspected = errors.New("the session has no verdict yet")
	errNobody       = errors.New("the proxy does not say who asks, in one header each for name and role")
	errNotAllowed   = errors.New("your role may not see this")
	errMayNotReveal = errors.New("your role may not see personal data as it was said")
	errNameless     = errors.New("reveals are noted by name, and nothing says who asks: set --user-header behind a proxy that signs people in, or listen on a loopback address")
	errAnonymous    = errors.New("feedback and pins count by person, and nothing says who asks: set --user-header behind a proxy that signs people in, or listen on a loopback address")
	errRevealByGet  = errors.New("personal data is revealed by POST, with a reason")
	errNoToken      = errors.New("the API is used with a token here: Authorization: Bearer assay_…")
	errToken        = errors.New("the token is unknown, revoked or expired")
	errScope        = errors.New("the token is not for this")
	errPeopleOnly   = errors.New("this is for people, not for tokens")
	errOrigin       = errors.New("the token is not for pages of this site")
	errAgentHeader  = errors.New("the header Assay-Agent must hold one agent's id")
	errAgentAlone   = errors.New("the header Assay-Agent is taken from tokens only")
	errUnread       = errors.New("the answer was not read to its end")
	errNoRevision   = errors.New("a change of a solution names the revision that it was made to, in the header If-Match")
	errTooLarge     = errors.New("the request is too large")
	errUnsent       = errors.New("the request was not sent to its end")
)

// parameter is a query parameter that cannot be used.
type parameter struct {
	Name    string   `json:"parameter"`
	Value   string   `json:"value"`
	Allowed []string `json:"allowed"`
}

func (p parameter) String() string {
	return fmt.Sprintf("%s %q: allowed are %s", p.Name, p.Value, strings.Join(p.Allowed, ", "))
}

// badParameters are all parameters of a request that cannot be used.
type badParameters []parameter

func (b badParameters) Error() string {
	list := make([]string, len(b))
	for i, p := range b {
		list[i] = p.String()
	}
	return strings.Join(list, "; ")
}

// or returns nil when all parameters were right.
func (b badParameters) or() error {
	if len(b) == 0 {
		return nil
	}
	return b
}

// statusOf is the status that an error is answered with.
func statusOf(err error) int {
	if _, ok := errors.AsType[badParameters](err); ok {
		return http.StatusBadRequest
	}
	if _, ok := errors.AsType[transcript.Problems](err); ok {
		return http.StatusBadRequest
	}
	if _, ok := errors.AsType[*jobs.LiveConflict](err); ok {
		return http.StatusConflict
	}
	if _, ok := errors.AsType[tooMany](err); ok {
		return http.StatusTooManyRequests
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return http.StatusServiceUnavailable
	}
	if _, ok := errors.AsType[*knowledge.ClashError](err); ok {
		return http.StatusPreconditionFailed
	}
	for _, known := range []struct {
		err    error
		status int
	}{
		{errNoPage, http.StatusNotFound},
		{store.ErrNotFound, http.StatusNotFound},
		{knowledge.ErrNotFound, http.StatusNotFound},
		{knowledge.ErrExists, http.StatusConflict},
		{errNoRevision, http.StatusPreconditionRequired},
		{errNotInspected, http.StatusNotFound},
		{errMethod, http.StatusMethodNotAllowed},
		{errRevealByGet, http.StatusBadRequest},
		{errTooLarge, http.StatusRequestEntityTooLarge},
		{errUnsent, http.StatusBadRequest},
		{jobs.ErrLiveEnded, http.StatusConflict},
		{store.ErrLiveStored, http.StatusConflict},
		{errNoToken, http.StatusUnauthorized},
		{errToken, http.StatusUnauthorized},
		{errScope, http.StatusForbidden},
		{errPeopleOnly, http.StatusForbidden},
		{errOrigin, http.StatusForbidden},
		{errAgentHeader, http.StatusBadRequest},
		{errAgentAlone, http.StatusBadRequest},
		{errNobody, http.StatusForbidden},
		{errNotAllowed, http.StatusForbidden},
		{errMayNotReveal, http.StatusForbidden},
		{errNameless, http.StatusForbidden},
		{errAnonymous, http.StatusForbidden},
		{knowledge.ErrTooManyPins, http.StatusConflict},
		{errCrossOrigin, http.StatusForbidden},
		{errHost, http.StatusMisdirectedRequest},
		{errNoLibrary, http.StatusServiceUnavailable},
		{errStreams, http.StatusServiceUnavailable},
		{errStreamsEach, http.StatusTooManyRequests},
		{errNotReady, http.StatusServiceUnavailable},
		{context.DeadlineExceeded, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, known.err) {
			return known.status
		}
	}
	return http.StatusInternalServerError
}

// wrap answers a route, and maps its error.
func (s *server) wrap(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := s.enter(w, r)
		if err == nil {
			err = s.admit(r, rt.least)
		}
		if err == nil {
			err = rt.handle(w, r)
		}
		if err != nil {
			s.fail(w, r, rt.kind, err)
		}
	})
}

// fail answers with an error. Only what is our own fault is logged; the query
// is not, because it may hold personal data.
func (s *server) fail(w http.ResponseWriter, r *http.Request, k kind, err error) {
	if r.Context().Err() != nil || errors.Is(err, errUnread) {
		return // nobody reads the answer
	}
	status := statusOf(err)
	if status >= http.StatusInternalServerError {
		s.o.Log.ErrorContext(r.Context(), "request failed", "method", r.Method, "route", r.Pattern, "status", status, "error", err)
	}
	tell := s.writeErrorPage
	if k == programs || k == scripts {
		tell = writeProblem
	}
	if err := tell(w, r, status, err); err != nil && !errors.Is(err, errUnread) {
		s.o.Log.ErrorContext(r.Context(), "error not shown", "error", err)
		http.Error(w, http.StatusText(status), status)
	}
}

// problem is an error as RFC 9457 writes it.
type problem struct {
	Type       string        `json:"type"`
	Title      string        `json:"title"`
	Status     int           `json:"status"`
	Detail     string        `json:"detail,omitempty"`
	Parameters badParameters `json:"parameters,omitempty"`

	// Of additions to running sessions: what is wrong with one, or how many turns
	// there are (the place of the next one) and where one does not fit, or that it
	// is too late.
	Problems transcript.Problems `json:"problems,omitempty"`
	Expected *int                `json:"expected,omitempty"`
	Turn     *int                `json:"turn,omitempty"`
	Ended    bool                `json:"ended,omitempty"`
}

// detail is what the asker may know of an error. What is our own fault is for
// the log: it may name hosts and users of the database.
func detail(status int, err error) string {
	for _, plain := range []error{errNoLibrary, errNotReady, errStreams} {
		if errors.Is(err, plain) {
			return plain.Error()
		}
	}
	if status >= http.StatusInternalServerError {
		return ""
	}
	return err.Error()
}

func writeProblem(w http.ResponseWriter, _ *http.Request, status int, err error) error {
	p := problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail(status, err)}
	p.Parameters, _ = errors.AsType[badParameters](err)
	p.Problems, _ = errors.AsType[transcript.Problems](err)
	if c, ok := errors.AsType[*jobs.LiveConflict](err); ok {
		p.Expected, p.Turn = &c.Expected, &c.Turn
	}
	p.Ended = errors.Is(err, jobs.ErrLiveEnded) || errors.Is(err, store.ErrLiveStored)
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode problem: %w", err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	return write(w, append(body, '\n'))
}

// refusals are errors whose page says more than their status does.
var refusals = map[error]string{errNobody: "nobody", errNotAllowed: "role", errMayNotReveal: "reveal", errNameless: "nameless", errAnonymous: "feedback", errRevealByGet: "post"}

// errorPage is the page of an error.
type errorPage struct {
	page
	Status     int
	Message    string
	Parameters badParameters
}

func (s *server) writeErrorPage(w http.ResponseWriter, r *http.Request, status int, err error) error {
	p := errorPage{page: s.page(w, r, ""), Status: status}
	p.Message = p.Known("error", strconv.Itoa(status))
	for refusal, key := range refusals {
		if errors.Is(err, refusal) {
			p.Message = p.T("refused." + key)
		}
	}
	p.Title = p.Message
	p.Parameters, _ = errors.AsType[badParameters](err)
	return s.render(w, "error", status, &p)
}
