package rule

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// arith is an arithmetic expression over numbers and fields of the session:
//
//	metadata.total * 0.9 + 10
//	(metadata.price - metadata.discount) / 2
//
// It has + - * /, a sign, and parentheses; * and / bind closer. A field is one
// that metadata knows (see lookUp), and must be written with "metadata." before
// it unless it is a field of the session itself.
type arith struct {
	op          byte // 0 for a number, 'f' for a field, else the operator
	number      float64
	field       string
	left, right *arith
}

// Bounds of an expression, so that reading and computing one is cheap.
const (
	arithDepth = 32
	arithBytes = 1000
)

// sessionFields are the fields that an expression may name without "metadata.".
var sessionFields = []string{
	"csat", "channel", "language", "business_type", "urgency", "agent.id", "agent.team", "customer.id", "customer.type",
}

// parseArith reads an expression. Errors name the place, in characters from 1.
func parseArith(s string) (*arith, error) {
	if len(s) > arithBytes {
		return nil, fmt.Errorf("the expression has %d bytes, more than %d", len(s), arithBytes)
	}
	p := &arithParser{text: s}
	p.next()
	x, err := p.sum()
	if err == nil && p.token != "" {
		err = p.unexpected("an operator: + - * /")
	}
	return x, err
}

type arithParser struct {
	text  string
	at    int    // where the token begins
	token string // "" at the end
	depth int
}

func (p *arithParser) next() {
	i := p.at + len(p.token)
	for i < len(p.text) && unicode.IsSpace(rune(p.text[i])) {
		i++
	}
	p.at, p.token = i, arithToken(p.text[i:])
}

// arithToken is the first token of s: a name, a number or a single character.
func arithToken(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || !wordRune(r) {
		return s[:size]
	}
	n := strings.IndexFunc(s, func(r rune) bool { return !wordRune(r) })
	if n < 0 {
		n = len(s)
	}
	return s[:n]
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.' }

func (p *arithParser) unexpected(want string) error {
	at := utf8.RuneCountInString(p.text[:p.at]) + 1
	if p.token == "" {
		return fmt.Errorf("expected %s at character %d, found the end", want, at)
	}
	return fmt.Errorf("expected %s at character %d, found %q", want, at, p.token)
}

func (p *arithParser) sum() (*arith, error)     { return p.chain("+-", p.product) }
func (p *arithParser) product() (*arith, error) { return p.chain("*/", p.term) }

// chain reads terms that operators join, from left to right.
func (p *arithParser) chain(operators string, term func() (*arith, error)) (*arith, error) {
	left, err := term()
	for err == nil && p.token != "" && strings.Contains(operators, p.token) {
		x := &arith{op: p.token[0], left: left}
		p.next()
		x.right, err = term()
		left = x
	}
	return left, err
}

func (p *arithParser) term() (*arith, error) {
	if p.depth++; p.depth > arithDepth {
		return nil, fmt.Errorf("nested deeper than %d", arithDepth)
	}
	defer func() { p.depth-- }()
	switch token := p.token; {
	case token == "-":
		p.next()
		x, err := p.term()
		return &arith{op: '-', left: &arith{}, right: x}, err
	case token == "(":
		p.next()
		x, err := p.sum()
		if err == nil && p.token != ")" {
			err = p.unexpected(`an operator or ")"`)
		}
		p.next()
		return x, err
	case token != "" && '0' <= token[0] && token[0] <= '9':
		v, err := strconv.ParseFloat(token, 64)
		if err != nil || math.IsInf(v, 0) {
			return nil, p.unexpected("a number")
		}
		p.next()
		return &arith{number: v}, nil
	case isField(token):
		p.next()
		return &arith{op: 'f', field: token}, nil
	}
	return nil, p.unexpected("a number or a field such as metadata.total")
}

func isField(s string) bool {
	return strings.HasPrefix(s, "metadata.") && len(s) > len("metadata.") || slices.Contains(sessionFields, s)
}

// compute is the expression's value for a session; a reason when a field is
// missing, is no number, or what comes out is none.
func (x *arith) compute(s *transcript.Session) (float64, pipeline.Reason) {
	switch x.op {
	case 0:
		return x.number, ""
	case 'f':
		v, ok := lookUp(s, x.field)
		if !ok {
			return 0, pipeline.NoMetadata
		}
		f, ok := asNumber(v)
		if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
			return 0, pipeline.WrongType
		}
		return f, ""
	}
	a, reason := x.left.compute(s)
	if reason != "" {
		return 0, reason
	}
	b, reason := x.right.compute(s)
	if reason != "" {
		return 0, reason
	}
	v := operate(x.op, a, b)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, pipeline.WrongType
	}
	return v, ""
}

func operate(op byte, a, b float64) float64 {
	switch op {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return a * b
	}
	return a / b
}

// rounding is how a computed value is rounded before it is compared:
//
//	round: {digits: 2, mode: half_up}
//
// Digits (0–6, default 0) are those after the point. Mode up rounds away from
// zero, down towards it, half_up (the default) to the nearest, halves away from
// zero.
type rounding struct {
	digits int
	mode   string
}

func readRounding(n *scorecard.Node) *rounding {
	r := &rounding{mode: "half_up"}
	m := n.Map()
	if d := m.Key("digits"); d != nil {
		r.digits = d.Int(0, 6)
	}
	if d := m.Key("mode"); d != nil {
		r.mode = d.OneOf("up", "down", "half_up")
	}
	m.Done()
	return r
}

// apply rounds v. What is a whole number but for the error of binary fractions
// counts as one: 1.1 * 100 is 110, also rounded up.
func (r *rounding) apply(v float64) float64 {
	if r == nil {
		return v
	}
	scale := math.Pow10(r.digits)
	x := math.Abs(v) * scale
	if nearest := math.Round(x); alikeNumbers(x, nearest) {
		x = nearest
	}
	switch r.mode {
	case "up":
		x = math.Ceil(x)
	case "down":
		x = math.Floor(x)
	default:
		x = math.Floor(x + 0.5 + 1e-9)
	}
	return math.Copysign(x/scale, v)
}

// alikeNumbers reports whether two numbers are equal but for the error of
// binary fractions.
func alikeNumbers(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b))
}

// compareNumbers orders two numbers; those that are alike are equal.
func compareNumbers(a, b float64) int {
	switch {
	case alikeNumbers(a, b):
		return 0
	case a < b:
		return -1
	}
	return 1
}

// operand is what a field or an entity is compared with: a fixed value, or an
// expression over the session's fields.
type operand struct {
	fixed any // string, float64 or bool; unless expr
	expr  *arith
	round *rounding // of the expression
}

// readOperand reads a value. With numeric a text must be an expression; else it
// is one when it names a field of the metadata.
func readOperand(n *scorecard.Node, numeric bool) operand {
	v := n.Value()
	s, isText := v.(string)
	if !isText || !numeric && !strings.Contains(s, "metadata.") {
		return operand{fixed: v}
	}
	x, err := parseArith(s)
	if _, date := asMoment(s); date && numeric {
		err = fmt.Errorf("%q is a date, not a number", s) // and not 2026 - 1 - 31
	}
	if err != nil {
		n.Problem([]string{"a number", "an expression such as metadata.total * 0.9"}, "%s", err)
	}
	return operand{fixed: v, expr: x}
}

// value is the operand's value for a session. An expression that is nothing but
// a field has the field's value, whatever its type.
func (o *operand) value(s *transcript.Session) (any, pipeline.Reason) {
	if o.expr == nil {
		return o.fixed, ""
	}
	if o.expr.op == 'f' && o.round == nil {
		v, ok := lookUp(s, o.expr.field)
		if !ok {
			return nil, pipeline.NoMetadata
		}
		return v, ""
	}
	v, reason := o.expr.compute(s)
	if reason != "" {
		return nil, reason
	}
	return o.round.apply(v), ""
}

// operandValues are the values of all operands, or why one has none.
func operandValues(operands []operand, s *transcript.Session) ([]any, pipeline.Reason) {
	values := make([]any, len(operands))
	for i := range operands {
		v, reason := operands[i].value(s)
		if reason != "" {
			return nil, reason
		}
		values[i] = v
	}
	return values, ""
}
