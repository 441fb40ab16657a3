package redact

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"assay/pipeline/entity"
	"assay/pipeline/transcript"
)

// found is a place in a folded text that may be personal data.
type found struct {
	start, end int
	typ        Type
	value      string // normalised: the same for every way of writing it
	confidence float64
	reason     string
}

// turn is one text with what several finders need of it.
type turn struct {
	original string
	folded   transcript.Folded
	text     string // folded, with the line breaks of the original
	chinese  bool   // has ideographs
	cues     []cue
	asked    topic           // what the other speaker asked for before; "" is nothing
	besides  topic           // what was asked for with it
	named    bool            // the other speaker asked for a name before
	days     []entity.Entity // see dates
	dated    bool            // days were looked for
	rowsOf   []entity.Run    // see runs
	counted  bool            // rowsOf were looked for
	found    []found         // in the folded text
	placed   []found         // in the original
}

func newTurn(original string) *turn {
	t := &turn{original: original, folded: transcript.Fold(original)}
	t.text = withLines(original, t.folded)
	t.chinese = hasHan(t.text)
	t.cues = cuesOf(t.text)
	return t
}

// withLines is the folded text with line breaks where the original has them:
// numbers and names do not go on over them.
func withLines(original string, f transcript.Folded) string {
	if !strings.Contains(original, "\n") {
		return f.Text
	}
	b := []byte(f.Text)
	for i, c := range b {
		if c != ' ' {
			continue
		}
		if from, _ := f.Span(i, i+1); original[from] == '\n' {
			b[i] = '\n'
		}
	}
	return string(b)
}

// add proposes a place.
func (t *turn) add(start, end int, typ Type, value string, confidence float64, reason string) {
	t.found = append(t.found, found{start, end, typ, value, confidence, reason})
}

// source is the original of a folded range.
func (t *turn) source(start, end int) string {
	from, to := t.folded.Span(start, end)
	return t.original[from:to]
}

// glued reports whether a letter or digit of a word stands at the byte before at
// and another one at it.
func glued(text string, at int) bool {
	if at <= 0 || at >= len(text) {
		return false
	}
	return isWord(text[at-1]) && isWord(text[at])
}

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

// find runs all finders of single turns.
func (t *turn) find() {
	t.numbers()
	t.tokens()
	t.networks()
	t.secrets()
	t.births()
	t.addresses()
	t.names()
}

// resolve orders what was found and joins what overlaps: nothing that anybody
// found stays. The surer one, or the longer one of equals, gives type and value.
func resolve(list []found) []found {
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Or(a.start-b.start, b.end-a.end) })
	out := list[:0]
	for _, f := range list {
		if len(out) == 0 || f.start >= out[len(out)-1].end {
			out = append(out, f)
			continue
		}
		last := &out[len(out)-1]
		start, end := last.start, max(last.end, f.end)
		if f.confidence > last.confidence || f.confidence == last.confidence && f.end-f.start > last.end-last.start {
			*last = f
		}
		last.start, last.end = start, end
	}
	return out
}

// trimmed cuts blanks and marks off a range's ends.
func trimmed(text string, start, end int) (int, int) {
	for start < end {
		r, n := utf8.DecodeRuneInString(text[start:end])
		if !strings.ContainsRune(marks, r) {
			break
		}
		start += n
	}
	for start < end {
		r, n := utf8.DecodeLastRuneInString(text[start:end])
		if !strings.ContainsRune(marks, r) {
			break
		}
		end -= n
	}
	return start, end
}

const marks = " \n\t.,;:!?，。；：！？、…~\"“”()（）<>-—"
