package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"assay/pipeline/redact"
)

// Role is what a reader may see and do, from a closed list. There are no logins:
// a proxy that signs people in says who reads, or everybody has one role.
type Role string

// The roles; each may do what those before it may.
const (
	Agent      Role = "agent"      // suggestions, and the sessions of the agent whose id is the reader's name
	Reviewer   Role = "reviewer"   // all sessions, back-tests, problems
	Supervisor Role = "supervisor" // models and what they cost, who revealed personal data
	Admin      Role = "admin"
)

// Roles lists all roles, those that may least first.
var Roles = []Role{Agent, Reviewer, Supervisor, Admin}

// Access says who reads the pages. The zero value is everybody as a supervisor
// without a name, and the default policy of redaction.
type Access struct {
	// UserHeader and RoleHeader are headers that a proxy sets, and that nobody else
	// can: the reader's name and role. "" is none: then all have no name, or Role.
	UserHeader, RoleHeader string
	Role                   Role           // of everybody when there is no RoleHeader; default Supervisor
	User                   string         // name of everybody when there is no UserHeader; "" is none: such readers reveal nothing
	Policy                 *redact.Policy // what each role sees of personal data; nil is the default policy
}

// complete puts defaults in, and checks what is given.
func (a *Access) complete() error {
	if a.Policy == nil {
		a.Policy = new(redact.DefaultPolicy())
	}
	a.Role = cmp.Or(a.Role, Supervisor)
	switch {
	case !slices.Contains(Roles, a.Role):
		return fmt.Errorf("web: unknown role %q; allowed: %v", a.Role, Roles)
	case a.RoleHeader != "" && a.UserHeader == "":
		return errors.New("web: a header with the role needs one with the reader's name: who reveals personal data is noted")
	}
	return nil
}

// reader is who asks.
type reader struct {
	name string
	role Role // "" when the headers do not say: such a reader may do nothing
}

// Name is the reader's name; nobody's where nothing says.
func (r reader) Name() string { return r.name }

// nobody is the name of readers whom nothing names.
const nobody = "web"

// nameless reports whether nothing says who a reader is.
func (s *server) nameless() bool { return s.o.Access.UserHeader == "" && s.o.Access.User == "" }

// longestName bounds a reader's name, in characters.
const longestName = 200

// reader tells who sends a request. A header that is missing, or stands twice, as
// when a reader adds one to the proxy's, leaves the reader without a role.
func (s *server) reader(r *http.Request) reader {
	if secret, given := s.bearer(r); given && isAPI(r) {
		if t := s.tokens.find(secret); t != nil {
			return s.tokenReader(r, t)
		}
		return reader{}
	}
	a := s.o.Access
	who := reader{cmp.Or(a.User, nobody), a.Role}
	if a.UserHeader != "" {
		if who.name = single(r, a.UserHeader); who.name == "" {
			return reader{}
		}
	}
	if a.RoleHeader != "" {
		who.role = Role(strings.ToLower(single(r, a.RoleHeader)))
	}
	if !slices.Contains(Roles, who.role) {
		return reader{}
	}
	return who
}

// single is the value of a header that stands once; "" otherwise.
func single(r *http.Request, name string) string {
	values := r.Header.Values(name)
	if len(values) != 1 {
		return ""
	}
	value := strings.TrimSpace(values[0])
	if !utf8.ValidString(value) || utf8.RuneCountInString(value) > longestName {
		return ""
	}
	return value
}

// may reports whether the reader has a role, or one that may more.
func (r reader) may(least Role) bool {
	return r.role != "" && slices.Index(Roles, r.role) >= slices.Index(Roles, least)
}

// admit refuses readers who may not use a route.
func (s *server) admit(r *http.Request, least Role) error {
	switch who := s.reader(r); {
	case least == "" || who.may(least):
		return nil
	case who.role == "":
		return errNobody
	default:
		return errNotAllowed
	}
}

// rules say what a reader sees of personal data.
func (s *server) rules(who reader) redact.Rules {
	return s.o.Access.Policy.For(redact.Pages(string(who.role)))
}

// mayReveal refuses readers who may not look behind tags: whoever does is noted by
// name.
func (s *server) mayReveal(who reader) error {
	switch {
	case !slices.Contains(s.o.Access.Policy.Reveal, string(who.role)):
		return errMayNotReveal
	case s.nameless():
		return errNameless
	}
	return nil
}
