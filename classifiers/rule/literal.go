package rule

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// maxLiterals bounds the bytes of a scorecard's literals: some ten thousand
// words. Each byte costs the automaton at most 1 KB.
const maxLiterals = 100_000

// words reads a list of words and phrases into the sorted ids of their literals.
// A word that folds to nothing, or to the same as another one, is a problem.
func (b *builder) words(n *scorecard.Node) []int32 {
	var ids []int32
	nodes := []*scorecard.Node{n}
	if n.IsList() {
		nodes = n.List()
	}
	if len(nodes) == 0 {
		n.Problem(nil, "the list is empty")
	}
	for _, e := range nodes {
		text := e.NonEmpty()
		id, ok := b.word(text)
		switch {
		case !ok && strings.TrimSpace(text) != "":
			e.Problem(nil, "nothing of %q is left to look for", text)
		case ok && slices.Contains(ids, id):
			e.Problem(nil, "%q stands twice in the list", text)
		case ok:
			ids = append(ids, id)
		}
		if b.size > maxLiterals {
			n.Problem(nil, "the scorecard's words have more than %d bytes up to here", maxLiterals)
			break
		}
	}
	slices.Sort(ids)
	return ids
}

// word returns the id of a literal whose places are asked for as a word's.
func (b *builder) word(text string) (int32, bool) {
	id, ok := b.literal(text)
	if ok {
		b.isWord[id], b.texts[id] = true, text
	}
	return id, ok
}

// literal returns the id of a text's folded form; false when nothing is left of it.
func (b *builder) literal(text string) (int32, bool) {
	text = strings.Join(strings.Fields(transcript.Fold(text).Text), " ")
	if text == "" {
		return 0, false
	}
	id, ok := b.ids[text]
	if !ok && b.size <= maxLiterals {
		id = int32(len(b.literals))
		b.ids[text], b.literals = id, append(b.literals, text)
		b.size += len(text)
		b.isWord = append(b.isWord, false)
	}
	return id, true
}

// match is a word or phrase in a turn's folded text, where it stands as one.
type match struct {
	id         int32
	start, end int32
}

// presence says where in a turn a literal is, as a word or not: bit i stands for
// the i-th block of its folded text.
type presence struct {
	id     int32
	blocks uint64
}

// blockBytes is how large a block of a text with n bytes is: there are at most 64.
func blockBytes(n int) int { return max(64, (n+63)/64) }

// matches returns all words of the scorecard in a turn, by their start, longer
// ones first. The first call scans the whole session.
func (e *Evaluation) matches(turn int) []match {
	e.scanAll()
	return e.found[turn]
}

// presences returns the literals in a turn, by their id.
func (e *Evaluation) presences(turn int) []presence {
	e.scanAll()
	return e.present[turn]
}

// occurs reports whether one of the literals is anywhere in the session, as a word or not.
func (e *Evaluation) occurs(literals []int32) bool {
	e.scanAll()
	return slices.ContainsFunc(literals, func(id int32) bool { return e.seen[id] })
}

func (e *Evaluation) scanAll() {
	if e.found != nil {
		return
	}
	e.found = make([][]match, len(e.in.Folded))
	e.present = make([][]presence, len(e.in.Folded))
	e.seen = make([]bool, len(e.set.literals.literals))
	s := scanner{e: e, blocks: make([]uint64, len(e.seen))}
	for i := range e.found {
		if e.stopped() {
			return
		}
		e.found[i], e.present[i] = s.scan(e.in.Folded[i].Text)
	}
}

// scanner scans turn after turn with the same scratch memory.
type scanner struct {
	e      *Evaluation
	blocks []uint64 // by literal
	here   []int32  // literals of the turn
	found  []match
}

func (s *scanner) scan(text string) ([]match, []presence) {
	s.here, s.found = s.here[:0], s.found[:0]
	a, size := s.e.set.literals, blockBytes(len(text))
	a.scan(text, func(id int32, end int) {
		s.e.seen[id] = true
		start := a.start(text, id, end)
		if s.blocks[id] == 0 {
			s.here = append(s.here, id)
		}
		s.blocks[id] |= blockMask(start/size, (end-1)/size)
		if s.e.set.isWord[id] && !inWord(text, start) && !inWord(text, end) {
			s.found = append(s.found, match{id, int32(start), int32(end)})
		}
	})
	slices.SortFunc(s.found, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	slices.Sort(s.here)
	present := make([]presence, len(s.here))
	for i, id := range s.here {
		present[i] = presence{id, s.blocks[id]}
		s.blocks[id] = 0
	}
	return slices.Clone(s.found), present
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

// among reports whether a sorted list of literals has id.
func among(ids []int32, id int32) bool {
	_, ok := slices.BinarySearch(ids, id)
	return ok
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
