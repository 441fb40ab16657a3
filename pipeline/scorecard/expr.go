package scorecard

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// State is one of the three values of a condition or an expression over conditions.
type State int8

// The three values, in Kleene's order: false, unknown, true.
const (
	NotHit State = iota - 1
	NotEvaluable
	Hit
)

func (s State) String() string {
	return [...]string{"not_hit", "not_evaluable", "hit"}[s+1]
}

// MarshalText writes the state as hit, not_hit or not_evaluable.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *State) UnmarshalText(b []byte) error {
	i := slices.Index([]string{"not_hit", "not_evaluable", "hit"}, string(b))
	if i < 0 {
		return fmt.Errorf("unknown state %q; allowed: hit, not_hit, not_evaluable", b)
	}
	*s = State(i - 1)
	return nil
}

// Expr is a boolean expression over named conditions with Kleene's logic: a
// name, !x, or terms joined all by && or all by ||.
type Expr struct {
	op    string // "" for a name, "!", "&&", "||"
	name  string
	terms []*Expr
}

// Eval computes the expression's value from its conditions' values.
func (e *Expr) Eval(value func(name string) State) State {
	switch e.op {
	case "!":
		return -e.terms[0].Eval(value)
	case "&&":
		out := Hit
		for _, t := range e.terms {
			out = min(out, t.Eval(value))
		}
		return out
	case "||":
		out := NotHit
		for _, t := range e.terms {
			out = max(out, t.Eval(value))
		}
		return out
	}
	return value(e.name)
}

// Names lists the conditions of the expression, each once, in order.
func (e *Expr) Names() []string {
	if e.op == "" {
		return []string{e.name}
	}
	var names []string
	for _, t := range e.terms {
		for _, n := range t.Names() {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

// IsAny reports whether the expression is a name, or names joined by ||.
func (e *Expr) IsAny() bool {
	isName := func(t *Expr) bool { return t.op == "" }
	return isName(e) || e.op == "||" && !slices.ContainsFunc(e.terms, func(t *Expr) bool { return !isName(t) })
}

// Deciding lists the conditions that can make the expression's value v, Hit or
// NotHit, by hitting themselves: for Hit those under no negation or an even
// number of them, for NotHit the others. Each stands once, in order.
func (e *Expr) Deciding(v State) []string {
	switch {
	case e.op == "!":
		return e.terms[0].Deciding(-v)
	case e.op == "" && v == Hit:
		return []string{e.name}
	}
	var names []string
	for _, t := range e.terms {
		for _, n := range t.Deciding(v) {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

func (e *Expr) String() string {
	switch e.op {
	case "":
		return e.name
	case "!":
		return "!" + e.terms[0].group()
	}
	parts := make([]string, len(e.terms))
	for i, t := range e.terms {
		parts[i] = t.group()
	}
	return strings.Join(parts, " "+e.op+" ")
}

func (e *Expr) group() string {
	if e.op == "&&" || e.op == "||" {
		return "(" + e.String() + ")"
	}
	return e.String()
}

// ParseExpr reads an expression such as "asks && !(refuses || leaves)". The
// words and, or, not may be used. && and || may not be mixed without parentheses.
func ParseExpr(s string) (*Expr, error) {
	p := &exprParser{rest: s}
	p.next()
	e, err := p.chain()
	if err == nil && p.token != "" {
		err = fmt.Errorf("unexpected %q", p.token)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// operatorWords cannot be names of conditions.
var operatorWords = []string{"and", "or", "not"}

// exprDepth bounds the nesting of an expression.
const exprDepth = 32

type exprParser struct {
	rest  string
	token string // "" at the end
	depth int
}

func (p *exprParser) next() {
	p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	n := tokenLen(p.rest)
	p.token, p.rest = p.rest[:n], p.rest[n:]
	switch p.token {
	case "and":
		p.token = "&&"
	case "or":
		p.token = "||"
	case "not":
		p.token = "!"
	}
}

func tokenLen(s string) int {
	if s == "" {
		return 0
	}
	if strings.HasPrefix(s, "&&") || strings.HasPrefix(s, "||") {
		return 2
	}
	n := strings.IndexFunc(s, func(r rune) bool { return !nameRune(r) })
	switch n {
	case -1:
		return len(s)
	case 0:
		_, n = utf8.DecodeRuneInString(s)
	}
	return n
}

func nameRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-' || r == '.'
}

func (p *exprParser) chain() (*Expr, error) {
	if p.depth++; p.depth > exprDepth {
		return nil, fmt.Errorf("nested deeper than %d", exprDepth)
	}
	defer func() { p.depth-- }()
	first, err := p.term()
	if err != nil || p.token != "&&" && p.token != "||" {
		return first, err
	}
	e := &Expr{op: p.token, terms: []*Expr{first}}
	for p.token == "&&" || p.token == "||" {
		if p.token != e.op {
			return nil, fmt.Errorf("&& and || are mixed: put parentheses around one of them")
		}
		p.next()
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		e.terms = append(e.terms, t)
	}
	return e, nil
}

func (p *exprParser) term() (*Expr, error) {
	switch t := p.token; {
	case t == "":
		return nil, fmt.Errorf("a condition's name is missing at the end")
	case t == "!":
		p.next()
		if p.depth++; p.depth > exprDepth {
			return nil, fmt.Errorf("nested deeper than %d", exprDepth)
		}
		defer func() { p.depth-- }()
		e, err := p.term()
		return &Expr{op: "!", terms: []*Expr{e}}, err
	case t == "(":
		p.next()
		e, err := p.chain()
		if err == nil && p.token != ")" {
			err = fmt.Errorf("%q is missing", ")")
		}
		p.next()
		return e, err
	case identifier.MatchString(t):
		p.next()
		return &Expr{name: t}, nil
	default:
		return nil, fmt.Errorf("expected a condition's name, found %q", t)
	}
}
