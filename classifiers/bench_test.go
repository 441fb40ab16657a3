package classifiers_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

// workload is 300 sessions in both languages, and a scorecard of 1,000
// keywords in 100 conditions and of 200 regular expressions.
type workload struct {
	card     pipeline.Card
	inputs   []*pipeline.Input
	bytes    int64
	patterns []*regexp.Regexp // the same conditions, one expression each
}

const (
	syllables = "ka lo mi ren tas vel dor pin sul gat neb ori fex hum jas"
	ideograms = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
)

func newWorkload(b *testing.B) *workload {
	b.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	w := &workload{}
	var y strings.Builder
	y.WriteString("scorecard: bench\nname: Bench\nsections:\n- id: s\n  name: S\n  criteria:\n")
	for i := range 100 {
		words := make([]string, 10)
		for j := range words {
			words[j] = phrase(r, 2+r.IntN(3))
		}
		first, second := phrase(r, 2)+".{0,6}"+phrase(r, 2), "("+phrase(r, 3)+"|"+phrase(r, 2)+`)\s?\d{2,}`
		fmt.Fprintf(&y, "  - {id: c%d, name: C, met_when: k || p || q, conditions: {k: {keywords: {any: ['%s']}}, p: {regex: {pattern: '%s'}}, q: {regex: {pattern: '%s'}}}}\n",
			i, strings.Join(words, "', '"), first, second)
		for _, p := range []string{strings.Join(words, "|"), first, second} {
			w.patterns = append(w.patterns, regexp.MustCompile("(?i)"+p))
		}
	}
	var err error
	if w.card, err = classifiers.Load("bench.yaml", []byte(y.String())); err != nil {
		b.Fatal(err)
	}
	for range 300 {
		s := &transcript.Session{ID: "b", Channel: transcript.Chat}
		for i := range 30 {
			text := phrase(r, 10+r.IntN(30)) + "，" + phrase(r, 10)
			s.Turns = append(s.Turns, transcript.Turn{Speaker: transcript.Speakers[i%2], Text: text})
			w.bytes += int64(len(text))
		}
		w.inputs = append(w.inputs, pipeline.NewInput(s))
	}
	return w
}

// phrase is n syllables of made-up words, or n ideograms.
func phrase(r *rand.Rand, n int) string {
	var b strings.Builder
	latin, han := strings.Fields(syllables), []rune(ideograms)
	chinese := r.IntN(2) == 0
	for i := range n {
		if chinese {
			b.WriteRune(han[r.IntN(len(han))])
			continue
		}
		b.WriteString(latin[r.IntN(len(latin))])
		if i%3 == 2 && i < n-1 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func BenchmarkClassify(b *testing.B) {
	w := newWorkload(b)
	b.SetBytes(w.bytes)
	for b.Loop() {
		for _, in := range w.inputs {
			w.card.Classifier.Classify(b.Context(), in)
		}
	}
}

// BenchmarkLoopOfRegexps is what Classify is measured against.
func BenchmarkLoopOfRegexps(b *testing.B) {
	w := newWorkload(b)
	b.SetBytes(w.bytes)
	for b.Loop() {
		for _, in := range w.inputs {
			for _, f := range in.Folded {
				for _, p := range w.patterns {
					p.FindStringIndex(f.Text)
				}
			}
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	w := newWorkload(b)
	b.SetBytes(int64(len(w.card.Source)))
	for b.Loop() {
		if _, err := classifiers.Load("bench.yaml", w.card.Source); err != nil {
			b.Fatal(err)
		}
	}
}
