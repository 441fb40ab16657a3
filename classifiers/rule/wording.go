package rule

import (
	"cmp"
	"slices"
	"strings"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// wording is a list of words with their synonyms, which count as the same word,
// and perhaps only as they are written.
type wording struct {
	ids     []int32  // sorted
	slots   []int    // by word: the one of the list that it stands for; nil: itself
	written []string // by word: with its capitals; nil: case does not matter
	asks    int      // how many words the list has without synonyms
}

// entry is a word of a wording.
type entry struct {
	id   int32
	slot int
	text string
}

// wording reads a list of words with the keys synonyms and case_sensitive that
// stand beside it.
func (b *builder) wording(n *scorecard.Node, m *scorecard.Map) wording {
	var list []entry
	for slot, id := range b.words(n) {
		list = append(list, entry{id, slot, b.texts[id]})
	}
	w := wording{asks: len(list)}
	synonyms, exact := m.Key("synonyms"), m.Key("case_sensitive")
	if synonyms != nil && synonyms.True() {
		list = b.withSynonyms(list, n, synonyms)
	}
	keepCase := exact != nil && exact.True()
	for _, e := range list {
		w.ids = append(w.ids, e.id)
		if len(list) > w.asks {
			w.slots = append(w.slots, e.slot)
		}
		if keepCase {
			w.written = append(w.written, oneBlank(transcript.FoldKeepingCase(e.text)))
		}
	}
	return w
}

// withSynonyms adds the synonyms of a list's words.
func (b *builder) withSynonyms(list []entry, n, key *scorecard.Node) []entry {
	all := slices.Clone(list)
	for _, e := range list {
		for _, synonym := range b.groups[b.literals[e.id]] {
			id, ok := b.word(synonym)
			switch same := slices.IndexFunc(all, func(o entry) bool { return o.id == id }); {
			case !ok || id == e.id:
			case same < 0:
				all = append(all, entry{id, e.slot, synonym})
			case e.slot < all[same].slot:
				n.Problem(nil, "%q and %q are synonyms: one of them is enough", e.text, all[same].text)
			}
		}
	}
	if len(all) == len(list) {
		key.Problem(nil, "no word of the list has synonyms that the list lacks")
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.id, b.id) })
	return all
}

// groups finds the synonyms of each folded word.
func groups(card *scorecard.Scorecard) map[string][]string {
	out := map[string][]string{}
	for _, group := range card.Synonyms {
		for _, word := range group {
			out[oneBlank(transcript.Fold(word).Text)] = group
		}
	}
	return out
}

func oneBlank(s string) string { return strings.Join(strings.Fields(s), " ") }

// slot is the word of the list that the i-th stands for.
func (w *wording) slot(i int) int {
	if w.slots == nil {
		return i
	}
	return w.slots[i]
}

// asWritten reports whether the i-th word stands at a place with its own capitals.
func (w *wording) asWritten(e *Evaluation, i, turn int, m match) bool {
	if w.written == nil {
		return true
	}
	said := e.in.Session.Quote(e.span(turn, int(m.start), int(m.end)))
	return oneBlank(transcript.FoldKeepingCase(said)) == w.written[i]
}
