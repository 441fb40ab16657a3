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
		id, ok := b.literal(text)
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
	}
	return id, true
}

// match is an occurrence of a literal in a turn's folded text.
type match struct {
	id         int32
	start, end int
	whole      bool // begins and ends where words do
}

// matches returns all literals of the scorecard in a turn, by their start,
// longer ones first. The first call scans the whole session.
func (e *Evaluation) matches(turn int) []match {
	if e.found == nil {
		e.found = make([][]match, len(e.in.Folded))
		e.seen = make([]bool, len(e.set.literals.literals))
		for i := range e.found {
			e.found[i] = e.scan(i)
		}
	}
	return e.found[turn]
}

// occurs reports whether one of the literals is anywhere in the session, as a word or not.
func (e *Evaluation) occurs(literals []int32) bool {
	if len(e.in.Folded) == 0 {
		return false
	}
	e.matches(0)
	return slices.ContainsFunc(literals, func(id int32) bool { return e.seen[id] })
}

func (e *Evaluation) scan(turn int) []match {
	var found []match
	text := e.in.Folded[turn].Text
	a := e.set.literals
	a.scan(text, func(id int32, end int) {
		e.seen[id] = true
		start := a.start(text, id, end)
		found = append(found, match{id, start, end, !inWord(text, start) && !inWord(text, end)})
	})
	slices.SortFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	return found
}

// says reports whether a turn contains one of the phrases.
func (e *Evaluation) says(turn int, phrases []int32) bool {
	return e.occurs(phrases) && slices.ContainsFunc(e.matches(turn), func(m match) bool {
		return m.whole && among(phrases, m.id)
	})
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
