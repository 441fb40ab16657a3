package knowledge

import (
	"slices"
	"strings"
	"unicode"

	"assay/pipeline"
)

const (
	// mostAskedOn is the substance of a sentence that asks on, at most: one that says more
	// says what it is about.
	mostAskedOn = 12
	// fewAskedOn is the substance of a burst that says little by itself.
	fewAskedOn = 6
	// leastHinted is the need from which on a sentence is a question that asks how or
	// what without a mark.
	leastHinted = 0.1
	// mostNew is how much a sentence that asks on may say that was not spoken of, as
	// halfWords counts. It may say as much more as it shares with the solution, and
	// leadMore where it goes on in words.
	mostNew  = 4
	leadMore = 2
	// openingWords is how many words of an English sentence ask without a mark.
	openingWords = 2
)

// askedOn is how a burst goes on with what was asked before it.
type askedOn struct {
	text    string   // all that was said
	asking  []string // the sentences that may go on
	plainly bool     // one asks even where Need sees no question
	few     bool     // words
	turns   bool     // to something else
}

// newAskedOn looks for a sentence that asks on in what was said and heard.
func newAskedOn(text string, h *heard) askedOn {
	flat, _ := flatten(text)
	out := askedOn{text: text, few: h.words <= fewAskedOn, turns: h.offers || containsAny(flat, turnings)}
	if out.turns || containsAny(flat, personal) {
		return out
	}
	parts := sentences(text)
	for i, part := range parts {
		sentence := text[part.start:part.end]
		s := newAskingSentence(sentence)
		if s.substance > mostAskedOn || !s.asks(i == len(parts)-1) {
			continue
		}
		out.asking = append(out.asking, sentence)
		out.plainly = out.plainly || !h.replies && (s.marked || s.whether || h.need() >= leastHinted)
	}
	return out
}

// askingSentence is a sentence as it may go on with a topic.
type askingSentence struct {
	marked       bool
	whether, how bool // asks so in words
	words        int  // without fillers
	substance    int
}

func newAskingSentence(text string) askingSentence {
	flat, marked := flatten(text)
	rest := nothingReplacer.Replace(fillerReplacer.Replace(flat))
	s := askingSentence{marked: marked, words: countWords(rest), substance: substance(rest)}
	if !marked && !strings.ContainsFunc(rest, isHan) {
		rest = openingOf(rest)
	}
	s.whether = containsAny(rest, asksWhether)
	s.how = containsAny(rest, asksHow) || containsAny(rest, asksWhich)
	return s
}

// asks reports whether it asks for something: what only echoes does not, as in "What?
// I sent it!" and "Fifty? Nobody told me."
func (s *askingSentence) asks(last bool) bool {
	switch {
	case s.words < 2, s.words < 3 && !s.marked:
		return false
	case s.whether, s.how:
		return true
	}
	return s.marked && last && s.substance > 0
}

var (
	// turnings turn to something else, a complaint included.
	turnings = []string{
		" by the way ", " btw ", " another question ", " another thing ", " one more thing ", " something else ", " different question ", " unrelated ",
		" complain ", " complaint ",
		"对了", "顺便", "顺带", "另一个问题", "另一件事", "还有个事", "还有件事", "再问", "换个话题", "题外话", "投诉", "举报你",
	}
	// nothings ask in other places.
	nothings        = []string{"没啥", "没什么", "什么都", "是吧"}
	nothingReplacer = strings.NewReplacer(blanked(nothings)...)
	// leadIns may stand before an English question.
	leadIns = setOf("so and but then also or well hmm oh ah ok okay right fine good great cool nice fair haha lol please sorry anyway now um uh er")
	// refusals begin English sentences that ask only with a mark.
	refusals = []string{"do not", "can not", "does not", "did not", "will not", "is not", "are not", "was not"}
	// goOns begin sentences that go on with something.
	goOns = []string{"  so ", "  and ", "  then ", "  but ", "  or ", "  那", "  所以", "  然后", "  要是", "  如果", "  万一", "  还"}
)

// openingOf returns the words behind the lead-ins of an English sentence, where
// question words ask; "" when they refuse.
func openingOf(rest string) string {
	words := strings.Fields(rest)
	for len(words) > 0 && leadIns[words[0]] {
		words = words[1:]
	}
	opening := strings.Join(words[:min(len(words), openingWords)], " ")
	if slices.Contains(refusals, opening) {
		return ""
	}
	return "  " + opening + " "
}

// countWords counts words, and Chinese characters one by one.
func countWords(flat string) int {
	n := 0
	for word := range strings.FieldsSeq(flat) {
		han := 0
		for _, r := range word {
			if isHan(r) {
				han++
			}
		}
		n += max(1, han)
	}
	return n
}

// familiar reports whether one of the sentences says little that neither the solution
// nor the turns before it speak of.
func (a analyzers) familiar(asking []string, before []Said, s *pipeline.Suggestion) bool {
	solved, spoken := map[string]bool{}, map[string]bool{}
	for _, w := range a.singles(canonical(s.Title + " " + s.Answer)) {
		solved[w] = true
	}
	for _, turn := range before {
		for _, w := range a.singles(canonical(clip(turn.Text, maxQuestionRunes))) {
			spoken[w] = true
		}
	}
	return slices.ContainsFunc(asking, func(sentence string) bool {
		left := mostNew
		if leadsOn(sentence) {
			left += leadMore
		}
		for _, w := range a.singles(canonical(sentence)) {
			switch {
			case strings.ContainsFunc(w, unicode.IsDigit):
			case solved[w]:
				left += halfWords(w)
			case !spoken[w]:
				left -= halfWords(w)
			}
		}
		return left >= 0
	})
}

func leadsOn(sentence string) bool {
	flat, _ := flatten(sentence)
	rest := "  " + strings.TrimSpace(fillerReplacer.Replace(flat)) + " "
	return slices.ContainsFunc(goOns, func(lead string) bool { return strings.HasPrefix(rest, lead) })
}
