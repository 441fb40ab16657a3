package rule

import (
	"slices"
	"strings"
	"unicode/utf8"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// maxLiterals bounds the bytes of a scorecard's literals: some two hundred
// thousand words. A literal costs the dictionary at most 120 bytes besides its
// text, and what looks in a session for it 8 more.
const maxLiterals = 2_000_000

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
	id, ok := b.add(text, asWord)
	if ok {
		b.texts[id] = text
	}
	return id, ok
}

// literal returns the id of a text's folded form, whose places count wherever
// they are; false when nothing is left of it.
func (b *builder) literal(text string) (int32, bool) { return b.add(text, asPart) }

func (b *builder) add(text string, u use) (int32, bool) {
	text = strings.Join(strings.Fields(transcript.Fold(text).Text), " ")
	if text == "" {
		return 0, false
	}
	id, ok := b.ids[text]
	if !ok {
		if b.size > maxLiterals {
			return 0, true // the caller has said so, or does
		}
		id = int32(len(b.literals))
		b.ids[text], b.literals = id, append(b.literals, text)
		b.size += len(text)
		b.uses = append(b.uses, useOf(text))
	}
	b.uses[id] |= u
	return id, true
}

// among reports whether a sorted list of literals has id.
func among(ids []int32, id int32) bool {
	_, ok := slices.BinarySearch(ids, id)
	return ok
}

// What a scorecard asks about a literal, and what the literal is like.
type use uint8

const (
	asWord     use = 1 << iota // its places as a word or phrase
	asPart                     // its places, as a word or not
	opensWord                  // it begins with a letter of an alphabetic script
	closesWord                 // it ends with one
)

// useOf is what a literal is like.
func useOf(literal string) use {
	u := use(0)
	if r, _ := utf8.DecodeRuneInString(literal); alphabetic(r) {
		u |= opensWord
	}
	if r, _ := utf8.DecodeLastRuneInString(literal); alphabetic(r) {
		u |= closesWord
	}
	return u
}
