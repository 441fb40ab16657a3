package rule

import "math"

// automaton finds all occurrences of many literals in one pass over a text: the
// automaton of Aho and Corasick (1975) with its failure links compiled away,
// one table look-up for each byte. Bytes that no literal uses share a class.
//
// A run of blanks in a text counts as one blank, as it does in literals.
type automaton struct {
	literals []string
	class    [256]uint8
	classes  int
	next     []uint32  // row + class → row of the next state; the high bit says it has output
	out      [][]int32 // by state: the literals that end there, longest first
}

const hasOutput = 1 << 31

// newAutomaton builds the automaton of folded, non-empty, distinct literals;
// their index is their id.
func newAutomaton(literals []string) *automaton {
	a := &automaton{literals: literals, classes: 1}
	for _, l := range literals {
		for i := range len(l) {
			// UTF-8 leaves bytes unused, so that classes stay below 256.
			if c := &a.class[l[i]]; *c == 0 {
				*c = uint8(a.classes)
				a.classes++
			}
		}
	}
	a.addState()
	for id, l := range literals {
		a.insert(int32(id), l)
	}
	a.link()
	return a
}

// none marks a missing edge while the trie is built.
const none = math.MaxUint32

func (a *automaton) addState() uint32 {
	state := uint32(len(a.out))
	for range a.classes {
		a.next = append(a.next, none)
	}
	a.out = append(a.out, nil)
	return state
}

func (a *automaton) insert(id int32, literal string) {
	state := uint32(0)
	for i := range len(literal) {
		edge := int(state)*a.classes + int(a.class[literal[i]])
		if a.next[edge] == none {
			to := a.addState()
			a.next[edge] = to
		}
		state = a.next[edge]
	}
	a.out[state] = append(a.out[state], id)
}

// link fills the missing edges breadth first: where a state has no edge, the
// state of its longest proper suffix has one already.
func (a *automaton) link() {
	suffix := make([]uint32, len(a.out))
	queue := []uint32{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		row := a.next[int(state)*a.classes:][:a.classes]
		back := a.next[int(suffix[state])*a.classes:][:a.classes]
		for c, to := range row {
			switch {
			case to == none && state == 0:
				row[c] = 0
			case to == none:
				row[c] = back[c]
			default:
				if state != 0 {
					suffix[to] = back[c]
				}
				queue = append(queue, to)
			}
		}
		if state != 0 {
			a.out[state] = append(a.out[state], a.out[suffix[state]]...)
		}
	}
	for i, to := range a.next {
		row := to * uint32(a.classes)
		if len(a.out[to]) > 0 {
			row |= hasOutput
		}
		a.next[i] = row
	}
}

// scan calls found for every occurrence, by its end.
func (a *automaton) scan(text string, found func(id int32, end int)) {
	row := uint32(0)
	for i := range len(text) {
		b := text[i]
		if b == ' ' && i > 0 && text[i-1] == ' ' {
			continue
		}
		to := a.next[row+uint32(a.class[b])]
		row = to &^ hasOutput
		if to != row {
			for _, id := range a.out[int(row)/a.classes] {
				found(id, i+1)
			}
		}
	}
}

// start returns where the occurrence of a literal that ends at end begins.
func (a *automaton) start(text string, id int32, end int) int {
	literal, i := a.literals[id], end
	for k := len(literal) - 1; k >= 0; k-- {
		i--
		for literal[k] == ' ' && text[i-1] == ' ' {
			i--
		}
	}
	return i
}
