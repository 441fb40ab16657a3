package knowledge

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// takeFront reads front matter; false, with a problem, when it is no YAML at all.
func (d *draft) takeFront(front string) bool {
	if strings.TrimSpace(front) == "" {
		return true
	}
	tokens := lexer.Tokenize("\n" + front) // lines then count as in the file
	if line, reason := refused(tokens); line > 0 {
		d.frontFailed(line, reason)
		return false
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		line, reason := 1, err.Error()
		var syntax yaml.Error
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			line, reason = syntax.GetToken().Position.Line, syntax.GetMessage()
		}
		d.frontFailed(line, reason)
		return false
	}
	if len(file.Docs) != 1 {
		d.frontFailed(1, "the front matter must be one YAML document")
		return false
	}
	return d.takeMapping(file.Docs[0].Body)
}

// frontFailed notes a problem of the front matter as a whole, on one of its lines.
func (d *draft) frontFailed(line int, reason string) {
	p := problem("", "front matter: "+reason, "YAML, a key and its value on each line")
	p.Line = line
	d.problems = append(d.problems, p)
}

func (d *draft) takeMapping(node ast.Node) bool {
	var values []*ast.MappingValueNode
	switch n := node.(type) {
	case nil:
		return true // only comments
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		d.frontFailed(node.GetToken().Position.Line, "is "+yamlValue(node).is)
		return false
	}
	for _, v := range values {
		t := v.Key.GetToken()
		key := plainKey(t.Value)
		d.lines[key] = t.Position.Line
		d.take(key, yamlValue(v.Value))
	}
	return true
}

// plainKey is the key that a name of the front matter means: one of those of CSV
// columns, or the name itself.
func plainKey(name string) string {
	if isPrivate(name) {
		return name
	}
	if key := columnKey(name); key != "" {
		return key
	}
	return name
}

// yamlValue reads a value; numbers and truth values are taken as they are written.
func yamlValue(node ast.Node) value {
	switch n := node.(type) {
	case *ast.StringNode:
		return value{is: isText, text: n.Value}
	case *ast.LiteralNode:
		return value{is: isText, text: n.Value.Value}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return value{is: isText, text: n.GetToken().Value}
	case *ast.NullNode, nil:
		return value{is: isNothing}
	case *ast.SequenceNode:
		v := value{is: isList}
		for _, item := range n.Values {
			v.items = append(v.items, yamlValue(item))
		}
		return v
	case *ast.MappingNode, *ast.MappingValueNode:
		return value{is: "a mapping"}
	}
	return value{is: fmt.Sprintf("of the YAML type %s", node.Type())}
}

// The bounds of front matter: the parser's time grows with the square of each.
const (
	maxDepth = 200 // brackets that are open at once, marks of lists on one line
	maxKeys  = 200
)

// refused returns the line on which front matter has what is not parsed at all, and
// what that is; line 0 is none.
func refused(tokens token.Tokens) (line int, reason string) {
	open, keys, marks := 0, 0, map[int]int{}
	for _, t := range tokens {
		at := t.Position.Line
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open--
		case token.SequenceEntryType, token.MappingKeyType:
			marks[at]++
		case token.MappingValueType:
			keys++
		case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType:
			return at, fmt.Sprintf("has %q, an anchor, alias or tag: put a text with such marks in quotes", clip(t.Value, 60))
		}
		switch {
		case open > maxDepth || marks[at] > maxDepth:
			return at, "lists or mappings are nested too deep"
		case keys > maxKeys:
			return at, fmt.Sprintf("more than %d keys", maxKeys)
		}
	}
	return 0, ""
}
