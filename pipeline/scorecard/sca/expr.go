package sca

import (
	"fmt"
	"strings"
	"unicode"
)

// expression reads a logical expression of ids, left to right with ! first, and
// writes it with parentheses. name says how an id is written here; it is asked
// for each id in order.
func expression(text string, name func(id string) (string, error)) (string, error) {
	r := &exprReader{rest: text, name: name}
	out, err := r.chain()
	if err == nil && r.peek() != "" {
		err = fmt.Errorf("unexpected %q", r.peek())
	}
	if err != nil {
		return "", fmt.Errorf("expression %q: %w", text, err)
	}
	return out.text, nil
}

// exprDepth bounds the nesting of an expression.
const exprDepth = 30

type exprReader struct {
	rest  string
	name  func(string) (string, error)
	depth int
}

// written is an expression and its outermost operator, "" for none.
type written struct{ text, op string }

func (w written) within(op string) string {
	if w.op != "" && w.op != op {
		return "(" + w.text + ")"
	}
	return w.text
}

// peek is the next token: an id, an operator, a parenthesis, or "" at the end.
func (r *exprReader) peek() string {
	r.rest = strings.TrimSpace(r.rest)
	for _, op := range []string{"&&", "||", "!", "(", ")", "（", "）", "&", "|"} {
		if strings.HasPrefix(r.rest, op) {
			return op
		}
	}
	n := strings.IndexFunc(r.rest, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '_' && c != '-'
	})
	switch {
	case r.rest == "":
		return ""
	case n < 0:
		return r.rest
	case n == 0:
		return string([]rune(r.rest)[:1])
	}
	return r.rest[:n]
}

func (r *exprReader) take() string {
	t := r.peek()
	r.rest = r.rest[len(t):]
	switch t {
	case "&":
		return "&&"
	case "|":
		return "||"
	case "（":
		return "("
	case "）":
		return ")"
	}
	return t
}

func (r *exprReader) chain() (written, error) {
	if r.depth++; r.depth > exprDepth {
		return written{}, fmt.Errorf("nested deeper than %d", exprDepth)
	}
	defer func() { r.depth-- }()
	left, err := r.term()
	for err == nil {
		op := r.peek()
		if !strings.ContainsAny(op, "&|") {
			break
		}
		op = r.take()
		var right written
		if right, err = r.term(); err == nil {
			left = written{left.within(op) + " " + op + " " + right.within(op), op}
		}
	}
	return left, err
}

func (r *exprReader) term() (written, error) {
	switch t := r.take(); t {
	case "":
		return written{}, fmt.Errorf("something is missing at the end")
	case "!":
		w, err := r.term()
		return written{"!" + w.within("!"), ""}, err
	case "(":
		w, err := r.chain()
		if err == nil && r.take() != ")" {
			err = fmt.Errorf(`")" is missing`)
		}
		return w, err
	case ")", "&&", "||":
		return written{}, fmt.Errorf("unexpected %q", t)
	default:
		s, err := r.name(t)
		return written{s, ""}, err
	}
}
