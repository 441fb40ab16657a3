package scorecard

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"assay/pipeline/transcript"
)

// Node is a value of a scorecard file that knows where it stands. Reading a
// node as something it is not adds a problem to the file's list and gives the
// zero value, so that one pass finds every mistake.
//
// Readers learn about a node only by its methods: then the JSON Schema of what
// they read comes of itself (see Explore).
type Node struct {
	file  *file
	node  ast.Node
	key   string
	probe *probe // nil: the node stands in a file
}

// file collects the problems of one scorecard file.
type file struct {
	name     string
	problems Problems
}

// Document is a file that is written and read like a scorecard, for the packages
// above: they read Root, and what they find wrong there is among the Problems.
type Document struct {
	Root *Node // nil when the file is no YAML at all
	file *file
}

// Open reads a YAML document. name stands for the file in problems.
func Open(name string, src []byte) *Document {
	f, root := parseYAML(name, src)
	return &Document{root, f}
}

// Problems returns the mistakes found so far, in the order of the file.
func (d *Document) Problems() Problems {
	d.file.problems.sort()
	return d.file.problems
}

// maxFile bounds a scorecard file: YAML of this size is a mistake or an attack.
const maxFile = 4 << 20

// parseYAML reads one YAML document; nil when it cannot be read at all.
func parseYAML(name string, src []byte) (*file, *Node) {
	f := &file{name: name}
	if len(src) > maxFile {
		f.add(1, 1, "", fmt.Sprintf("the file has %d bytes, more than %d", len(src), maxFile), nil)
		return f, nil
	}
	src = bytes.TrimPrefix(src, []byte("\uFEFF")) // some editors begin files with it
	if i := transcript.FirstInvalid(src); i >= 0 {
		f.add(1+bytes.Count(src[:i], []byte("\n")), 1, "", "the file is not UTF-8: save it so", nil)
		return f, nil
	}
	if line := tooDeep(src); line > 0 {
		f.add(line, 1, "", "lists or mappings are nested too deep", nil)
		return f, nil
	}
	tree, err := parser.ParseBytes(src, 0)
	if err != nil {
		f.syntax(err, src)
		return f, nil
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		f.add(1, 1, "", "the file must hold one YAML document", nil)
		return f, nil
	}
	return f, &Node{file: f, node: tree.Docs[0].Body}
}

// maxOpen bounds brackets that are open at once, also within texts, and list
// marks on one line: the parser's time grows with the square of the depth.
const maxOpen = 500

// tooDeep returns the line on which src is nested too deep, 0 when it is not.
func tooDeep(src []byte) int {
	line, open, marks := 1, 0, 0
	for i, c := range src {
		switch c {
		case '\n':
			line, marks = line+1, 0
		case '[', '{':
			open++
		case ']', '}':
			open = max(0, open-1)
		case '-', '?':
			if i+1 < len(src) && (src[i+1] == ' ' || src[i+1] == '\t') {
				marks++
			}
		}
		if open > maxOpen || marks > maxOpen {
			return line
		}
	}
	return 0
}

// bareStar is a star that stands for every value and was not quoted, so that
// YAML takes it for an alias.
var bareStar = regexp.MustCompile(`(?m)[:,\[]\s*\*\s*([,\]}]|$)`)

func (f *file) syntax(err error, src []byte) {
	hint := ""
	if bareStar.Match(src) {
		hint = `; write "*" in quotes`
	}
	var ye yaml.Error
	if errors.As(err, &ye) && ye.GetToken() != nil {
		p := ye.GetToken().Position
		f.add(p.Line, p.Column, "", ye.GetMessage()+hint, nil)
		return
	}
	f.add(1, 1, "", err.Error()+hint, nil)
}

func (f *file) add(line, column int, key, message string, allowed []string) {
	f.problems = append(f.problems, Problem{f.name, line, column, key, message, allowed})
}

// Problem adds a mistake at the node's place; allowed lists what may stand there instead.
func (n *Node) Problem(allowed []string, format string, args ...any) {
	if n.probe != nil {
		n.probe.wrongText(allowed)
	}
	if n.file == nil {
		return
	}
	line, column := n.position()
	n.file.add(line, column, n.key, fmt.Sprintf(format, args...), allowed)
}

func (n *Node) position() (line, column int) {
	t := n.node.GetToken()
	switch v := n.node.(type) {
	case *ast.MappingNode:
		if len(v.Values) > 0 && !v.IsFlowStyle {
			t = v.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		t = v.Key.GetToken()
	}
	if t == nil || t.Position == nil {
		return 1, 1
	}
	return t.Position.Line, t.Position.Column
}

// String reads a scalar as text. Numbers and booleans are taken as they are written.
func (n *Node) String() string {
	s, _ := n.scalar()
	return s
}

// scalar reads a scalar as text; false, with a problem, when the node is none.
func (n *Node) scalar() (string, bool) {
	if n.probe != nil {
		return n.probe.readText(), true
	}
	switch v := n.node.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return v.GetToken().Value, true
	}
	n.Problem(nil, "expected text, found %s", kindOf(n.node))
	return "", false
}

// NonEmpty reads text that must not be blank.
func (n *Node) NonEmpty() string {
	s, ok := n.scalar()
	if n.probe != nil {
		n.probe.shape.notBlank = true
	}
	if ok && strings.TrimSpace(s) == "" {
		n.Problem(nil, "must not be empty")
	}
	return s
}

// OneOf reads one of a closed list of words; "" when it is none of them.
func (n *Node) OneOf(allowed ...string) string {
	if n.probe != nil {
		return n.probe.oneOf(allowed)
	}
	s, ok := n.scalar()
	if !ok || slices.Contains(allowed, s) {
		return s
	}
	n.Problem(allowed, "unknown value %q%s", s, meant(s, allowed))
	return ""
}

func meant(s string, known []string) string {
	if near := Nearest(s, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

var identifier = regexp.MustCompile(`^[\p{L}][\p{L}\p{N}_.-]{0,63}$`)

// ID reads an identifier: a letter, then letters, digits, "_", "-" or ".", at most 64.
func (n *Node) ID() string {
	if n.probe != nil {
		n.probe.scalar(schema{"type": "string", "pattern": identifier.String()})
		return textSamples[0]
	}
	s, ok := n.scalar()
	if ok && !identifier.MatchString(s) {
		n.Problem([]string{"a letter, then letters, digits, _ - ."}, "%q is no identifier", s)
	}
	return s
}

// Number reads a number in [low, high].
func (n *Node) Number(low, high float64) float64 {
	if n.probe != nil {
		n.probe.scalar(schema{"type": "number", "minimum": low, "maximum": high})
		return low
	}
	switch n.node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		v, err := strconv.ParseFloat(n.node.GetToken().Value, 64)
		if err == nil && v >= low && v <= high {
			return v
		}
	}
	n.Problem([]string{fmt.Sprintf("a number from %g to %g", low, high)}, "%s is out of range or no number", n.raw())
	return low
}

// Int reads a whole number in [low, high].
func (n *Node) Int(low, high int) int {
	if n.probe != nil {
		n.probe.scalar(schema{"type": "integer", "minimum": low, "maximum": high})
		return low
	}
	if _, ok := n.node.(*ast.IntegerNode); ok {
		if v, err := strconv.Atoi(n.node.GetToken().Value); err == nil && v >= low && v <= high {
			return v
		}
	}
	n.Problem([]string{fmt.Sprintf("a whole number from %d to %d", low, high)}, "%s is out of range or no whole number", n.raw())
	return low
}

// Bool reads true or false.
func (n *Node) Bool() bool {
	if n.probe != nil {
		n.probe.scalar(schema{"type": "boolean"})
		return n.probe.choose("truth", 2) == 1
	}
	if v, ok := n.node.(*ast.BoolNode); ok {
		return v.Value
	}
	n.Problem([]string{"true", "false"}, "%s is neither", n.raw())
	return false
}

// True reads the word true, for keys that say something by standing there.
func (n *Node) True() bool {
	if n.probe != nil {
		n.probe.scalar(schema{"const": true})
		return true
	}
	if v, ok := n.node.(*ast.BoolNode); ok && v.Value {
		return true
	}
	n.Problem([]string{"true"}, "%s says nothing here: leave the key out", n.raw())
	return false
}

// Duration reads a positive length of time such as 30s, 3m or 1h30m.
func (n *Node) Duration() time.Duration {
	if n.probe != nil {
		return n.probe.duration()
	}
	d, err := time.ParseDuration(n.raw())
	if err == nil && d > 0 {
		return d
	}
	n.Problem([]string{"a positive duration such as 1.5s, 30s, 3m"}, "%q is no duration", n.raw())
	return 0
}

// Expr reads an expression over conditions; nil, with a problem, when it is none.
func (n *Node) Expr() *Expr {
	s := n.NonEmpty()
	if strings.TrimSpace(s) == "" {
		return nil // reported
	}
	e, err := ParseExpr(s)
	if err != nil {
		n.Problem(nil, "%v", err)
		return nil
	}
	return e
}

// Value reads any scalar as string, float64 or bool.
func (n *Node) Value() any {
	if n.probe != nil {
		return n.probe.value()
	}
	switch v := n.node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		f, err := strconv.ParseFloat(v.GetToken().Value, 64)
		if err != nil {
			n.Problem(nil, "%s is no number", n.raw())
		}
		return f
	case *ast.BoolNode:
		return v.Value
	}
	return n.String()
}

// Strings reads a list of non-empty texts; a single text is a list of one.
func (n *Node) Strings() []string {
	if !n.IsList() {
		return []string{n.NonEmpty()}
	}
	var out []string
	for _, e := range n.List() {
		out = append(out, e.NonEmpty())
	}
	return out
}

// List reads a list.
func (n *Node) List() []*Node {
	if n.probe != nil {
		return n.probe.list()
	}
	seq, ok := n.node.(*ast.SequenceNode)
	if !ok {
		n.Problem(nil, "expected a list, found %s", kindOf(n.node))
		return nil
	}
	out := make([]*Node, len(seq.Values))
	for i, v := range seq.Values {
		out[i] = &Node{file: n.file, node: v, key: fmt.Sprintf("%s[%d]", n.key, i)}
	}
	return out
}

// Filled reads a list that must not be empty.
func (n *Node) Filled() []*Node {
	list := n.List()
	if n.IsList() && len(list) == 0 {
		n.Problem(nil, "the list is empty")
	}
	return list
}

// IsList reports whether the node is a list.
func (n *Node) IsList() bool {
	if n.probe != nil {
		return n.probe.isList()
	}
	_, ok := n.node.(*ast.SequenceNode)
	return ok
}

// IsMap reports whether the node is a mapping.
func (n *Node) IsMap() bool {
	if n.probe != nil {
		return n.probe.isMap()
	}
	switch n.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// raw is the scalar as written.
func (n *Node) raw() string {
	if n.probe != nil {
		return n.probe.readText()
	}
	switch n.node.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.node.GetToken().Value
	}
	return kindOf(n.node)
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "an anchor or alias (scorecards have none)"
	}
	if n.GetToken() != nil && n.GetToken().Type == token.StringType {
		return "text"
	}
	return strings.ToLower(n.Type().String())
}

// At returns where the node stands: the name given to Parse, and the line from 1.
func (n *Node) At() (file string, line int) {
	if n.file == nil {
		return "", 0
	}
	line, _ = n.position()
	return n.file.name, line
}
