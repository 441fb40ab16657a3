package rule

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// index says where in a session the literals of a Set are. Its memory is used
// again for the next session.
type index struct {
	scanned bool
	text    []byte          // the folded turns, a line each, and padding
	begin   []int32         // by turn, in text; one more than there are turns
	at      int             // the turn that is scanned
	digits  []int           // by turn, how many digits stand together; empty when nobody asks
	longest int             // the most of them
	of      []group         // by literal
	present []int32         // the literals that were found, in the order of their first places
	n       int             // how many places were found
	found   []*[chunk]match // in the order found
	places  []match         // by literal, in the order found
	words   []match         // by their place, longer ones first, once that is asked for
	turn    []int32         // where in words each turn begins, and the last one ends
}

// chunk is how many places memory is made for at once: copying a growing list
// would take several times as much in the longest sessions.
const chunk = 512

// mostIndexed is how many places the memory is kept of for the next session.
const mostIndexed = 100_000

// group is where a literal's places are in index.places.
type group struct{ from, n int32 }

// match is a literal in a turn's folded text.
type match struct {
	id, turn   int32
	start, end int32
	word       bool // it stands as a word
}

// forget empties the index.
func (x *index) forget() {
	for _, id := range x.present {
		x.of[id] = group{}
	}
	if x.n > mostIndexed {
		*x = index{of: x.of, present: x.present[:0]}
	}
	*x = index{text: x.text[:0], begin: x.begin[:0], digits: x.digits[:0], of: x.of, present: x.present[:0], found: x.found, places: x.places[:0], words: x.words[:0], turn: x.turn[:0]}
}

// padding is what follows the last turn in index.text, so that eight bytes can be
// read from everywhere.
const padding = 8

// scanned is the index of the session: it is filled when it is first asked for.
func (e *Evaluation) scanned() *index {
	if !e.index.scanned {
		e.scan()
	}
	return &e.index
}

func (e *Evaluation) scan() {
	x := &e.index
	x.scanned = true
	if len(x.of) == 0 {
		x.of = make([]group, e.set.Literals())
	}
	if e.stopped() {
		return
	}
	x.begin = append(x.begin[:0], 0)
	for i := range e.in.Folded {
		x.text = append(append(x.text, e.in.Folded[i].Text...), '\n')
		x.begin = append(x.begin, int32(len(x.text)))
	}
	x.text = append(x.text, "\n\n\n\n\n\n\n\n"...)
	e.set.literals.scan(x, x.text)
	x.group()
	if len(e.set.runs) > 0 {
		x.count(e.set)
	}
}

// count finds the longest runs of digits, and notes those that somebody asks for.
func (x *index) count(s *Set) {
	run, most := 0, 0
	for _, c := range x.text[:len(x.text)-padding] {
		switch {
		case c-'0' < 10:
			run++
			most = max(most, run)
		case c == '\n':
			x.digits = append(x.digits, most)
			x.longest = max(x.longest, most)
			run, most = 0, 0
		default:
			run = 0
		}
	}
	for i, n := range s.runs {
		if n <= x.longest {
			x.present = append(x.present, int32(len(s.literals.literals)+i))
		}
	}
}

// note takes down a literal that stands at a place of the text, none before the
// last one noted.
func (x *index) note(id int32, start, end int, word bool) {
	for int(x.begin[x.at+1]) <= start {
		x.at++
	}
	g := &x.of[id]
	if g.n == 0 {
		x.present = append(x.present, id)
	}
	g.n++
	from := x.begin[x.at]
	m := match{id, int32(x.at), int32(start) - from, int32(end) - from, word}
	if x.n/chunk == len(x.found) {
		x.found = append(x.found, new([chunk]match))
	}
	x.found[x.n/chunk][x.n%chunk] = m
	x.n++
}

// all are the places in the order found.
func (x *index) all(yield func(match) bool) {
	for i := range x.n {
		if !yield(x.found[i/chunk][i%chunk]) {
			return
		}
	}
}

// group sorts the places by literal.
func (x *index) group() {
	at := int32(0)
	for _, id := range x.present {
		x.of[id].from = at
		at += x.of[id].n
	}
	x.places = slices.Grow(x.places[:0], x.n)[:x.n]
	for m := range x.all {
		g := &x.of[m.id]
		x.places[g.from] = m
		g.from++
	}
	for _, id := range x.present {
		x.of[id].from -= x.of[id].n
	}
}

// placesOf are a literal's places in the session, as a word or not, in its order.
func (e *Evaluation) placesOf(id int32) []match {
	x := e.scanned()
	g := x.of[id]
	return x.places[g.from:][:g.n]
}

// inTurn are the part of a literal's places in one turn.
func inTurn(places []match, turn int) []match {
	places = places[firstFrom(places, turn):]
	return places[:firstFrom(places, turn+1)]
}

// firstFrom is the index of the first place in a turn or a later one.
func firstFrom(places []match, turn int) int {
	if len(places) == 0 || int(places[0].turn) >= turn {
		return 0
	}
	i, _ := slices.BinarySearchFunc(places, int32(turn), func(m match, turn int32) int { return cmp.Compare(m.turn, turn) })
	return i
}

// matches returns all words of the scorecard in a turn, by their start, longer
// ones first.
func (e *Evaluation) matches(turn int) []match {
	x := e.scanned()
	if len(x.turn) == 0 {
		for m := range x.all {
			if m.word {
				x.words = append(x.words, m)
			}
		}
		slices.SortFunc(x.words, byPlace)
		for t := range len(e.in.Folded) + 1 {
			x.turn = append(x.turn, int32(firstFrom(x.words, t)))
		}
	}
	return x.words[x.turn[turn]:x.turn[turn+1]]
}

// byPlace orders matches by turn and start, longer ones first.
func byPlace(a, b match) int {
	return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
}

// occurs reports whether one of the literals is anywhere in the session, as a word or not.
func (e *Evaluation) occurs(literals []int32) bool {
	return e.scanned().has(literals)
}

func (x *index) has(literals []int32) bool {
	for _, id := range literals {
		if x.of[id].n > 0 {
			return true
		}
	}
	return false
}

// blockBytes is how large a block of a text with n bytes is: there are at most 64.
func blockBytes(n int) int { return max(64, (n+63)/64) }

// blocksOf says where in a turn a list's literals are: bit i stands for the i-th
// block of its folded text.
func (e *Evaluation) blocksOf(turn int, list []int32) uint64 {
	blocks, size := uint64(0), blockBytes(len(e.in.Folded[turn].Text))
	for _, id := range list {
		for _, m := range inTurn(e.placesOf(id), turn) {
			blocks |= blockMask(int(m.start)/size, int(m.end-1)/size)
		}
	}
	return blocks
}

// blockMask has the bits from first to last; a bit out of range is the nearest in it.
func blockMask(first, last int) uint64 {
	first, last = max(first, 0), min(last, 63)
	return ^uint64(0) >> (63 - last + first) << first
}

// says reports whether a turn contains one of the phrases.
func (e *Evaluation) says(turn int, phrases []int32) bool {
	return e.occurs(phrases) && slices.ContainsFunc(e.matches(turn), func(m match) bool { return among(phrases, m.id) })
}

// continues reports whether a word of an alphabetic script that begins at i has
// begun before.
func continues(text []byte, i int) bool {
	if i == 0 || text[i-1] < utf8.RuneSelf {
		return i > 0 && byteKinds[text[i-1]] == letterByte
	}
	r, _ := utf8.DecodeLastRune(text[:i])
	return alphabetic(r)
}

// goesOn reports whether a word of an alphabetic script that ends at i goes on.
func goesOn(text []byte, i int) bool {
	if kind := byteKinds[text[i]]; kind != maybeByte {
		return kind == letterByte
	}
	r, _ := utf8.DecodeRune(text[i:])
	return alphabetic(r)
}

// inWord reports whether a word of an alphabetic script goes on across i.
func inWord(text string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i:])
	return i > 0 && i < len(text) && alphabetic(before) && alphabetic(after)
}

// alphabetic reports whether r belongs to a script that parts words by blanks:
// those before the block of CJK radicals.
func alphabetic(r rune) bool {
	return r < 0x2e80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}
