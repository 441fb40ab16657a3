package scorecard

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// Map reads a mapping key by key. The keys that were asked for are the allowed
// ones; Done adds a problem for every other.
type Map struct {
	Node  *Node
	keys  []string
	nodes map[string]*Node
	key   map[string]*Node // the keys' own places
	asked []string
}

// Map reads the node as a mapping; an empty one, with a problem, when it is none.
func (n *Node) Map() *Map {
	m := &Map{Node: n, nodes: map[string]*Node{}, key: map[string]*Node{}}
	if n.probe != nil {
		n.probe.mapping()
		return m
	}
	var values []*ast.MappingValueNode
	switch v := n.node.(type) {
	case *ast.MappingNode:
		values = v.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{v}
	default:
		n.Problem(nil, "expected a mapping, found %s", kindOf(n.node))
	}
	for _, v := range values {
		m.add(v)
	}
	return m
}

func (m *Map) add(v *ast.MappingValueNode) {
	name := v.Key.GetToken().Value
	path := name
	if m.Node.key != "" {
		path = m.Node.key + "." + name
	}
	m.keys = append(m.keys, name)
	m.nodes[name] = &Node{file: m.Node.file, node: v.Value, key: path}
	m.key[name] = &Node{file: m.Node.file, node: v.Key, key: path}
}

// Key returns the value of an optional key, nil when it is absent.
func (m *Map) Key(name string) *Node {
	if !slices.Contains(m.asked, name) {
		m.asked = append(m.asked, name)
	}
	if p := m.Node.probe; p != nil {
		return p.keyed(name, false)
	}
	return m.nodes[name]
}

// Must returns the value of a required key; when it is absent, a problem is
// added and the result is nil. What is no mapping at all has been reported.
func (m *Map) Must(name string) *Node {
	if p := m.Node.probe; p != nil {
		return p.keyed(name, true)
	}
	n := m.Key(name)
	if n == nil && m.Node.IsMap() {
		m.Node.Problem(nil, "%q is missing", name)
	}
	return n
}

// Place returns the place of a key itself, for problems about the key.
func (m *Map) Place(name string) *Node {
	if p := m.Node.probe; p != nil {
		return p.place(name)
	}
	if n := m.key[name]; n != nil {
		return n
	}
	return m.Node
}

// Rest returns the keys that were not asked for, in the order of the file:
// where a mapping has one key of its own choice, the kind of a condition.
func (m *Map) Rest() []string {
	if p := m.Node.probe; p != nil {
		p.shape.kinded = true
		return nil
	}
	var rest []string
	for _, k := range m.keys {
		if !slices.Contains(m.asked, k) {
			rest = append(rest, k)
		}
	}
	return rest
}

// Names returns all keys in the order of the file.
func (m *Map) Names() []string {
	if m.Node.probe != nil {
		return []string{anyKey}
	}
	return m.keys
}

// Done adds a problem for every key that was not asked for, naming the nearest known one.
func (m *Map) Done() {
	if p := m.Node.probe; p != nil {
		p.shape.closed = true
		return
	}
	for _, k := range m.Rest() {
		m.key[k].Problem(slices.Sorted(slices.Values(m.asked)), "unknown key%s", meant(k, m.asked))
	}
}
