package tone

import (
	"embed"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"assay/pipeline"
)

//go:embed lexicon
var lexicons embed.FS

var lexiconFiles = []string{"zh.txt", "en.txt"}

// kind is what a phrase does to a turn.
type kind string

const (
	tells       kind = "label"       // gives a label of tone
	pleased     kind = "pleased"     // tells of the mood only, for the better
	displeased  kind = "displeased"  // tells of the mood only, for the worse
	negator     kind = "negator"     // turns round what follows within its reach, in words
	breaker     kind = "breaker"     // ends the reach of a negator
	intensifier kind = "intensifier" // strengthens its neighbour
	softener    kind = "softener"    // weakens its neighbour
	denial      kind = "denial"      // after a phrase: it does not hold
	reporter    kind = "reporter"    // what follows are somebody else's words
	conditional kind = "conditional" // the sentence has a condition
	supposed    kind = "supposed"    // what follows at once is only supposed
	help        kind = "help"        // the agent takes care of the matter
	polite      kind = "polite"      // a question is asked politely
	joke        kind = "joke"        // trouble in the same turn is not meant so
	contrast    kind = "contrast"    // what comes after differs from what came before
	question    kind = "question"    // asks, even without a question mark
	brushoff    kind = "brushoff"    // as a whole turn: an answer that is none
	neutral     kind = "neutral"     // tells nothing, and hides the phrases inside it
)

// kinds lists the kinds that a section may name, and whether they take a number.
var kinds = map[kind]bool{
	pleased: true, displeased: true, negator: true, brushoff: true, breaker: false, intensifier: false, softener: false,
	denial: false, reporter: false, conditional: false, supposed: false, help: false, polite: false, joke: false, question: false, contrast: false, neutral: false,
}

// entry is one phrase of a lexicon.
type entry struct {
	kind   kind
	label  pipeline.Label
	side   side
	weight float64  // for labels and moods in (0, 1]; for negators their reach in words
	plain  bool     // negation does not touch it
	alone  bool     // counts only where nothing else is in the clause
	unless []string // nothing of this is in the same clause
}

// lexicon holds all phrases.
type lexicon struct {
	entries []entry
	heads   *trie
}

func newLexicon() *lexicon { return &lexicon{heads: newTrie()} }

// A lexicon is read line by line. A section begins with a head in brackets:
// a label or a kind, its weight, and perhaps "plain" or "alone". Lines below it
// hold phrases between commas; alternatives stand in parentheses between bars, groups inside
// one another too; " .. " is a gap of some words within the clause; what follows "~" are words, between bars, that
// must not be in the clause. A line that begins with a tab continues the one
// before; "#" begins a comment.
func (l *lexicon) read(name, src string) error {
	var problems []error
	var section *entry
	for at, line := range lines(src) {
		var err error
		if strings.HasPrefix(line, "[") {
			if section, err = parseSection(line); err != nil {
				section = &entry{} // one error is enough for the section
			}
		} else {
			err = l.addLine(section, line)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("lexicon %s:%d: %w", name, at, err))
		}
	}
	return errors.Join(problems...)
}

// lines gives the lines of src that say something, with their numbers. A line
// that begins with a tab goes on with the one before.
func lines(src string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		at, line := 0, ""
		for i, next := range strings.Split(src+"\n", "\n") {
			next, _, _ = strings.Cut(next, "#")
			if rest, ok := strings.CutPrefix(next, "\t"); ok {
				line += rest
				continue
			}
			if line = strings.TrimSpace(line); line != "" && !yield(at, line) {
				return
			}
			at, line = i+1, next
		}
	}
}

func parseSection(line string) (*entry, error) {
	body, ok := strings.CutSuffix(line[1:], "]")
	if !ok {
		return nil, fmt.Errorf("section %q has no closing bracket", line)
	}
	words := strings.Fields(body)
	if len(words) == 0 {
		return nil, errors.New("section has no name")
	}
	e := &entry{kind: kind(words[0])}
	numbered, known := kinds[e.kind]
	if !known {
		if e.side = sideOfLabel(pipeline.Label(words[0])); e.side == nobody {
			return nil, fmt.Errorf("section %q is no label and no kind of phrase", words[0])
		}
		e.kind, e.label, numbered = tells, pipeline.Label(words[0]), true
	}
	return e, e.parseRest(words[1:], numbered)
}

func (e *entry) parseRest(words []string, numbered bool) error {
	words = slices.DeleteFunc(words, func(w string) bool {
		e.plain = e.plain || w == "plain"
		e.alone = e.alone || w == "alone"
		return w == "plain" || w == "alone"
	})
	if !numbered && len(words) == 0 {
		return nil
	}
	if !numbered || len(words) != 1 {
		return fmt.Errorf("section %q: unexpected %q", e.kind, words)
	}
	w, err := strconv.ParseFloat(words[0], 64)
	if err != nil {
		return fmt.Errorf("section %q: weight %q is no number", e.kind, words[0])
	}
	if w <= 0 || e.kind != negator && w > 1 {
		return fmt.Errorf("section %q: weight %q is not in (0, 1]", e.kind, words[0])
	}
	e.weight = w
	return nil
}

func sideOfLabel(l pipeline.Label) side {
	switch {
	case slices.Contains(pipeline.AgentLabels, l):
		return agent
	case slices.Contains(pipeline.CustomerLabels, l):
		return customer
	}
	return nobody
}

func (l *lexicon) addLine(section *entry, line string) error {
	if section == nil {
		return errors.New("phrase without a section")
	}
	var problems []error
	for p := range strings.SplitSeq(line, ",") {
		phrase, unless, _ := strings.Cut(p, "~")
		if strings.TrimSpace(phrase) == "" {
			continue
		}
		e := *section
		for u := range strings.SplitSeq(unless, "|") {
			if u = level(u); u != "" {
				e.unless = append(e.unless, u)
			}
		}
		problems = append(problems, l.addPhrase(e, phrase))
	}
	return errors.Join(problems...)
}

func (l *lexicon) addPhrase(e entry, phrase string) error {
	start, err := compile(phrase)
	if err != nil {
		return err
	}
	l.entries = append(l.entries, e)
	beginnings := heads(start, "")
	if len(beginnings) > mostHeads {
		return fmt.Errorf("phrase %q has %d beginnings, more than %d", phrase, len(beginnings), mostHeads)
	}
	for _, h := range beginnings {
		l.heads.add(h.text, end{len(l.entries) - 1, h.next})
	}
	return nil
}

// mostHeads bounds the beginnings of one phrase.
const mostHeads = 1000
