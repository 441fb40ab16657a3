package redact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// engine is the version of everything but rules: it changes whenever the same
// text and rules may give another result.
const engine = "3"

// Audience is who reads a redacted text.
type Audience struct{ name string }

// The audiences that every policy has; Pages makes the others.
var (
	Model  = Audience{"model"}
	Export = Audience{"export"}
)

// Pages is the audience of a role's pages.
func Pages(role string) Audience { return Audience{"pages." + role} }

// Policy says what is redacted for whom. It does not change after it was made
// and is safe for concurrent use.
type Policy struct {
	ID string
	// Reveal lists the roles that may see what is behind tags on pages. Whoever does
	// is noted.
	Reveal []string

	rules map[string]Rules
	pages Rules // of roles without rules of their own
}

// Roles are those that readers of pages can have, those that may least first.
var Roles = []string{"agent", "reviewer", "supervisor", "admin"}

// otherRoles is the key of the rules that hold for roles without their own.
const otherRoles = "default"

// AudienceOf returns the audience that a name means: model, export, a role, or
// default for roles without rules of their own. Another name is an error that
// lists these.
func AudienceOf(name string) (Audience, error) {
	known := append([]string{Model.name, Export.name, otherRoles}, Roles...)
	switch {
	case name == Model.name || name == Export.name:
		return Audience{name}, nil
	case slices.Contains(known, name):
		return Pages(name), nil
	}
	near := ""
	if w := scorecard.Nearest(name, known); w != "" {
		near = fmt.Sprintf("; did you mean %q?", w)
	}
	return Audience{}, fmt.Errorf("unknown audience %q%s; allowed: %s", name, near, strings.Join(known, ", "))
}

// For returns an audience's rules. Roles that the policy does not name have
// those of its key pages.default.
func (p Policy) For(a Audience) Rules {
	if r, ok := p.rules[a.name]; ok {
		return r
	}
	return p.pages
}

// Rules are what is redacted for one audience. The zero value redacts nothing.
// They are safe for concurrent use.
type Rules struct {
	Types []Type // what is redacted; patterns by their names
	// Least is the confidence from which on something is redacted, 0–1.
	Least float64
	// LastFour lists types whose tags keep the last four digits.
	LastFour []Type

	patterns []pattern
	allowed  map[string]bool // values and texts, folded
}

// pattern is a deployment's own type.
type pattern struct {
	Name       Type
	RE         string
	Confidence float64
	re         *regexp.Regexp
}

// DefaultLeast is the confidence from which on personal data is redacted where a
// policy does not say.
const DefaultLeast = 0.5

// DefaultPolicy redacts everything but links for the model and for exports, and
// what opens accounts on pages.
func DefaultPolicy() Policy {
	all := Rules{Types: slices.DeleteFunc(slices.Clone(Types), func(t Type) bool { return t == URL }), Least: DefaultLeast}
	pages := Rules{Types: []Type{BankCard, IBAN, IDCard, SSN, Passport, Permit, DriverLicense, Secret}, Least: DefaultLeast, LastFour: []Type{BankCard}}
	return Policy{
		ID: "default", Reveal: []string{"supervisor", "admin"},
		rules: map[string]Rules{Model.name: all, Export.name: all}, pages: pages,
	}
}

// Version is a hash of the rules and of what applies them.
func (r Rules) Version() string {
	allowed := make([]string, 0, len(r.allowed))
	for a := range r.allowed {
		allowed = append(allowed, a)
	}
	slices.Sort(allowed)
	src := []byte(engine)
	for _, p := range r.patterns {
		src = fmt.Appendf(src, "\n%q %q %v", p.Name, p.RE, p.Confidence)
	}
	src = fmt.Appendf(src, "\n%q %v %q %q", r.Types, r.Least, r.LastFour, allowed)
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:6])
}

// ReadPolicy reads a policy:
//
//	redaction: shop
//	model: {types: all, except: [plate], least: 0.6}
//	export: all                                        # or a list, or none
//	pages:
//	  default: [bank_card, id_card, secret]
//	  supervisor: {types: [bank_card, id_card, secret], last_four: [bank_card]} # in place of default's
//	reveal: [supervisor, admin]                        # roles that may look behind tags
//	patterns:
//	  - {name: member_no, re: 'VIP[0-9]{8}', confidence: 0.9}
//	allow: [400-820-8820, help@shop.example]
//
// An audience that is not named has the default policy's rules. name stands for
// the file in problems; a policy with problems must be refused.
func ReadPolicy(name string, src []byte) (Policy, scorecard.Problems) {
	p := DefaultPolicy()
	doc := scorecard.Open(name, src)
	if doc.Root == nil {
		return p, doc.Problems()
	}
	m := doc.Root.Map()
	if n := m.Must("redaction"); n != nil {
		p.ID = n.ID()
	}
	reader := policyReader{types: slices.Clone(Types), allowed: map[string]bool{}}
	if n := m.Key("patterns"); n != nil {
		reader.readPatterns(n)
	}
	if n := m.Key("allow"); n != nil {
		for _, a := range n.Strings() {
			reader.allowed[transcript.Fold(a).Text] = true
		}
	}
	for _, a := range []Audience{Model, Export} {
		p.rules[a.name] = reader.complete(p.rules[a.name])
		if n := m.Key(a.name); n != nil {
			p.rules[a.name] = reader.rules(n)
		}
	}
	p.pages = reader.complete(p.pages)
	if n := m.Key("pages"); n != nil {
		reader.pages(n.Map(), &p)
	}
	if n := m.Key("reveal"); n != nil {
		p.Reveal = nil
		for _, role := range n.List() {
			p.Reveal = append(p.Reveal, role.OneOf(Roles...))
		}
	}
	m.Done()
	return p, doc.Problems()
}

// policyReader has what all audiences of a policy share.
type policyReader struct {
	types    []Type
	patterns []pattern
	allowed  map[string]bool
}

func (r *policyReader) pages(m *scorecard.Map, p *Policy) {
	if n := m.Key(otherRoles); n != nil {
		p.pages = r.rules(n)
	}
	for _, role := range Roles {
		if n := m.Key(role); n != nil {
			p.rules[Pages(role).name] = r.rules(n)
		}
	}
	m.Done()
}

// complete adds a policy's patterns and allowed values to default rules.
func (r *policyReader) complete(rules Rules) Rules {
	rules.Types = slices.Clone(rules.Types)
	for _, p := range r.patterns {
		rules.Types = append(rules.Types, p.Name)
	}
	rules.patterns, rules.allowed = r.patterns, r.allowed
	return rules
}

// rules reads one audience's: all, none, a list of types, or a mapping.
func (r *policyReader) rules(n *scorecard.Node) Rules {
	out := Rules{Least: DefaultLeast, patterns: r.patterns, allowed: r.allowed}
	if !n.IsMap() {
		out.Types = r.readTypes(n)
		return out
	}
	m := n.Map()
	if t := m.Must("types"); t != nil {
		out.Types = r.readTypes(t)
	}
	if e := m.Key("except"); e != nil {
		except := r.readTypes(e)
		out.Types = slices.DeleteFunc(out.Types, func(t Type) bool { return slices.Contains(except, t) })
	}
	if l := m.Key("least"); l != nil {
		out.Least = l.Number(0, 1)
	}
	if l := m.Key("last_four"); l != nil {
		for _, e := range l.List() {
			out.LastFour = append(out.LastFour, Type(e.OneOf(string(Phone), string(BankCard), string(IDCard), string(Account), string(IBAN))))
		}
	}
	m.Done()
	return out
}

func (r *policyReader) readTypes(n *scorecard.Node) []Type {
	names := make([]string, len(r.types))
	for i, t := range r.types {
		names[i] = string(t)
	}
	if !n.IsList() {
		if n.OneOf("all", "none") == "all" {
			return slices.Clone(r.types)
		}
		return nil
	}
	var out []Type
	for _, e := range n.List() {
		t := Type(e.OneOf(names...))
		if slices.Contains(out, t) {
			e.Problem(nil, "%q stands twice", t)
		}
		out = append(out, t)
	}
	return out
}

// mostPatterns bounds a policy's patterns: each is tried on every text.
const mostPatterns = 100

func (r *policyReader) readPatterns(n *scorecard.Node) {
	list := n.List()
	if len(list) > mostPatterns {
		n.Problem([]string{"at most 100 patterns"}, "the policy has %d patterns", len(list))
		return
	}
	for _, e := range list {
		m := e.Map()
		p := pattern{Confidence: 0.9}
		if n := m.Must("name"); n != nil {
			p.Name = Type(n.ID())
			if slices.Contains(r.types, p.Name) {
				n.Problem(nil, "there is a type %q already", p.Name)
			}
		}
		if n := m.Must("re"); n != nil {
			p.RE = n.NonEmpty()
			re, err := regexp.Compile(p.RE)
			switch {
			case err != nil:
				n.Problem(nil, "%v", err)
			case re.MatchString(""):
				n.Problem(nil, "the pattern matches the empty text")
			}
			p.re = re
		}
		if n := m.Key("confidence"); n != nil {
			p.Confidence = n.Number(0, 1)
		}
		m.Done()
		if p.re != nil {
			r.types = append(r.types, p.Name)
			r.patterns = append(r.patterns, p)
		}
	}
}
