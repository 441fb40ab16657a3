package tone

import "sort"

// trie finds all phrases that begin at a place. Node 0 is the root.
type trie struct {
	nodes []node
}

type node struct {
	edges []edge // by byte
	ends  []end
}

type edge struct {
	b  byte
	to int32
}

// end is an entry whose beginning ends here, and its ways on.
type end struct {
	entry int
	next  []*step
}

func newTrie() *trie { return &trie{nodes: make([]node, 1)} }

// add lets e be found at head.
func (t *trie) add(head string, e end) {
	at := int32(0)
	for i := range len(head) {
		at = t.child(at, head[i])
	}
	t.nodes[at].ends = append(t.nodes[at].ends, e)
}

// child returns the node behind b, made if need be.
func (t *trie) child(at int32, b byte) int32 {
	edges := t.nodes[at].edges
	i := sort.Search(len(edges), func(i int) bool { return edges[i].b >= b })
	if i < len(edges) && edges[i].b == b {
		return edges[i].to
	}
	to := int32(len(t.nodes))
	edges = append(edges, edge{})
	copy(edges[i+1:], edges[i:])
	edges[i] = edge{b, to}
	t.nodes[at].edges = edges
	t.nodes = append(t.nodes, node{})
	return to
}

// walk calls found for each head at the beginning of s, with the head's length.
func (t *trie) walk(s string, found func(e end, size int)) {
	at := int32(0)
	for i := range len(s) {
		edges := t.nodes[at].edges
		lo, hi := 0, len(edges)
		for lo < hi {
			if mid := (lo + hi) / 2; edges[mid].b < s[i] {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		if lo == len(edges) || edges[lo].b != s[i] {
			return
		}
		at = edges[lo].to
		for _, e := range t.nodes[at].ends {
			found(e, i+1)
		}
	}
}
