package knowledge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPassageRunes is the length of a passage, enough for an agent to read at a glance.
const maxPassageRunes = 200

// passage returns the part of the answer that says most about the question:
// whole sentences that stand together, or the beginning of one that is too long
// by itself. It is a piece of the answer as it is read, without Markdown's signs.
func (g *generation) passage(q *question, markdown string) string {
	answer := PlainText(markdown)
	if utf8.RuneCountInString(answer) <= maxPassageRunes {
		return answer
	}
	all := sentences(answer)
	weights := make([]float64, len(all))
	for i, s := range all {
		weights[i] = g.told(q, answer[s.start:s.end])
	}
	best := bestRun(answer, all, weights)
	return cutWords(strings.TrimSpace(answer[best.start:best.end]))
}

// told is the weight of the question's terms in a text.
func (g *generation) told(q *question, text string) float64 {
	in := map[int32]bool{}
	for _, w := range g.analyzers.singles(canonical(text)) {
		in[termID(w)] = true
	}
	sum := 0.0
	for _, t := range q.terms {
		if in[t.id] {
			sum += t.weight
		}
	}
	return sum
}

// stretch is a half-open byte range of a text.
type stretch struct{ start, end int }

// bestRun returns the neighbouring sentences of at most maxPassageRunes with the
// greatest weight; of equals the first. One sentence may be longer.
func bestRun(text string, all []stretch, weights []float64) stretch {
	best, most := all[0], -1.0
	for i := range all {
		runes, sum := 0, 0.0
		for j := i; j < len(all); j++ {
			runes += utf8.RuneCountInString(text[all[j].start:all[j].end])
			if runes > maxPassageRunes && j > i {
				break
			}
			if sum += weights[j]; sum > most {
				best, most = stretch{all[i].start, all[j].end}, sum
			}
		}
	}
	return best
}

// sentences cuts a text behind its full stops, question and exclamation marks,
// semicolons in Chinese, and line ends. The parts make up the text again.
func sentences(text string) []stretch {
	var out []stretch
	start, end := 0, 0
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		end += n
		if !endsSentence(r, text[end:]) {
			continue
		}
		end = len(text) - len(strings.TrimLeft(text[end:], "”’\"')）」』"))
		out = append(out, stretch{start, end})
		start = end
	}
	if start < len(text) {
		out = append(out, stretch{start, len(text)})
	}
	return out
}

// endsSentence reports whether r ends a sentence before rest. A Latin mark does
// so only before a space, because it also stands in numbers and addresses.
func endsSentence(r rune, rest string) bool {
	switch r {
	case '。', '！', '？', '；', '\n':
		return true
	case '.', '!', '?':
		return rest == "" || unicode.IsSpace(first(rest)) || isHan(first(rest)) && r != '.'
	}
	return false
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// cutWords shortens a text to maxPassageRunes, behind its last comma or blank
// where there is one in the second half.
func cutWords(s string) string {
	cut := clip(s, maxPassageRunes)
	if len(cut) == len(s) {
		return s
	}
	i := strings.LastIndexAny(cut, " ,，、；;：")
	if i < len(cut)/2 {
		return cut
	}
	return strings.TrimSpace(cut[:i])
}
