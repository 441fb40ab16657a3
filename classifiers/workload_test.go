package classifiers_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// dialogues names the files and folders whose sessions the benchmarks read,
// parted like PATH; without it they read the demo's and the packs' examples.
const dialogues = "ASSAY_BENCH_DIALOGUES"

// mostSessions are taken, evenly spread, so that a benchmark takes seconds.
const mostSessions = 1000

// sessions reads what the benchmarks run over.
func sessions(tb testing.TB) []*transcript.Session {
	tb.Helper()
	paths := filepath.SplitList(os.Getenv(dialogues))
	if len(paths) == 0 {
		paths = []string{"../testdata/demo/sessions"}
	}
	var all []*transcript.Session
	for r := range transcript.Read(tb.Context(), paths, transcript.Options{}) {
		if r.Session != nil {
			all = append(all, r.Session)
		}
	}
	if os.Getenv(dialogues) == "" {
		all = append(all, exampleSessions(tb)...)
	}
	if len(all) == 0 {
		tb.Fatalf("%s: no session in %q", dialogues, paths)
	}
	var out []*transcript.Session
	for i := range min(len(all), mostSessions) {
		out = append(out, all[i*len(all)/min(len(all), mostSessions)])
	}
	return out
}

// exampleSessions are the examples of all packs.
func exampleSessions(tb testing.TB) []*transcript.Session {
	tb.Helper()
	var out []*transcript.Session
	for _, pack := range scorecard.Packs() {
		card, err := classifiers.Load(pack.Name, pack.Source)
		if err != nil {
			tb.Fatal(err)
		}
		for _, c := range card.Criteria() {
			for _, x := range c.Examples {
				out = append(out, x.Session)
			}
		}
	}
	return out
}

// workload is sessions and the patterns that are looked for in them: of ten
// criteria's fifty words and five regular expressions.
type workload struct {
	inputs   []*pipeline.Input
	joined   [][]byte // by session: its folded turns, a line each
	bytes    int64    // of the folded turns of all sessions
	criteria [][]finder
}

// finder is one word or regular expression in the dialects that are compared.
type finder struct {
	word  string // as keywords has it; "" for regular expressions
	regex string // as regex has it
	hyper string // as Hyperscan has it
}

// loop is the finder as one has it who knows nothing but package regexp.
func (f finder) loop() string {
	s := cmp.Or(f.regex, regexp.QuoteMeta(f.word))
	switch {
	case strings.ContainsFunc(s, unicode.IsLower) && f.word != "":
		return `(?i)\b` + s + `\b`
	case strings.ContainsFunc(s, unicode.IsLower):
		return "(?i)" + s
	}
	return s
}

// newWorkload makes n criteria of five words each, and every other one with a
// regular expression. The same sessions and n give the same.
func newWorkload(tb testing.TB, n int) *workload {
	tb.Helper()
	return newWorkloadOf(tb, n, n)
}

// newWorkloadOf makes n criteria, of which those after the first few are about
// pairs of words that hardly ever occur together: what is said about the others'
// matters does not become more with n.
func newWorkloadOf(tb testing.TB, n, few int) *workload {
	tb.Helper()
	w := &workload{}
	for _, s := range sessions(tb) {
		in := pipeline.NewInput(s)
		w.inputs = append(w.inputs, in)
		var lines []byte
		for i, f := range in.Folded {
			if s.Turns[i].IsMessage() {
				lines = append(append(lines, f.Text...), '\n')
			}
		}
		w.joined, w.bytes = append(w.joined, lines), w.bytes+int64(len(lines))
	}
	g := newGenerator(w.inputs)
	if len(g.english) == 0 || len(g.chinese) == 0 {
		tb.Skip("the texts must have words of both languages")
	}
	for i := range n {
		g.pairs = i >= few
		var of []finder
		for range 5 {
			of = append(of, g.keyword(i%2 == 0))
		}
		if i%4 < 2 {
			of = append(of, g.expression(i%2 == 0))
		}
		w.criteria = append(w.criteria, of)
	}
	return w
}

// finders are all words, or all words and regular expressions.
func (w *workload) finders(words, expressions bool) []finder {
	var out []finder
	for _, c := range w.criteria {
		for _, f := range c {
			if words && f.word != "" || expressions && f.word == "" {
				out = append(out, f)
			}
		}
	}
	return out
}

// card is the scorecard of the criteria.
func (w *workload) card(tb testing.TB, expressions bool) *classifiers.Set {
	tb.Helper()
	var list []string
	for _, c := range w.criteria {
		words, decide, regex := []string{}, "k", ""
		for _, f := range c {
			if f.word != "" {
				words = append(words, "'"+f.word+"'")
			} else if expressions {
				decide, regex = "k || p", ", p: {regex: {pattern: '"+f.regex+"'}}"
			}
		}
		list = append(list, "met_when: "+decide+", conditions: {k: {keywords: {any: ["+strings.Join(words, ", ")+"]}}"+regex+"}")
	}
	return set(tb, list)
}

// pairs is a scorecard with a criterion for each finder.
func pairs(tb testing.TB, finders []finder) *classifiers.Set {
	tb.Helper()
	var list []string
	for _, f := range finders {
		kind := "keywords: {any: ['" + f.word + "']}"
		if f.word == "" {
			kind = "regex: {pattern: '" + f.regex + "'}"
		}
		list = append(list, "met_when: k, conditions: {k: {"+kind+"}}")
	}
	return set(tb, list)
}

// set compiles a scorecard of criteria given by their keys.
func set(tb testing.TB, criteria []string) *classifiers.Set {
	tb.Helper()
	var y strings.Builder
	y.WriteString("scorecard: bench\nname: Bench\nsections:\n- id: s\n  name: S\n  criteria:\n")
	for i, keys := range criteria {
		fmt.Fprintf(&y, "  - {id: c%d, name: C, %s}\n", i, keys)
	}
	card, err := classifiers.Load("bench.yaml", []byte(y.String()))
	if err != nil {
		tb.Fatal(err)
	}
	return card.Classifier.(*classifiers.Set)
}

// generator makes words and expressions out of the words that occur in
// sessions, and out of pairs of them that occur nowhere.
type generator struct {
	r       *rand.Rand
	english []string // each once
	chinese []string // runs of two to four characters, each once
	spoken  []string // words and runs as often as they occur
	made    map[string]bool
	pairs   bool // only pairs are made
}

func newGenerator(inputs []*pipeline.Input) *generator {
	g := &generator{r: rand.New(rand.NewPCG(5, 5)), made: map[string]bool{}}
	for _, in := range inputs {
		for _, f := range in.Folded {
			g.hear(f.Text)
		}
	}
	slices.Sort(g.english)
	slices.Sort(g.chinese)
	g.english, g.chinese = slices.Compact(g.english), slices.Compact(g.chinese)
	return g
}

// hear takes up the words of a turn.
func (g *generator) hear(text string) {
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		latin := !strings.ContainsFunc(run, func(r rune) bool { return r < 'a' || r > 'z' })
		if latin && len(run) > 2 {
			g.english, g.spoken = append(g.english, run), append(g.spoken, run)
		}
		if strings.ContainsFunc(run, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
			continue
		}
		runes := []rune(run)
		for i := 0; i+2 <= len(runes); {
			n := min(2+g.r.IntN(3), len(runes)-i)
			g.chinese, g.spoken = append(g.chinese, string(runes[i:i+n])), append(g.spoken, string(runes[i:i+n]))
			i += n
		}
	}
}

// word is one that occurs, rare ones as likely as common ones.
func (g *generator) word(english bool) string {
	if english {
		return g.english[g.r.IntN(len(g.english))]
	}
	return g.chinese[g.r.IntN(len(g.chinese))]
}

// common is a word as likely as it occurs.
func (g *generator) common() string { return g.spoken[g.r.IntN(len(g.spoken))] }

// keyword is a word that occurs, or two that may not occur together.
func (g *generator) keyword(english bool) finder {
	for {
		w := g.word(english)
		kind := g.r.IntN(12)
		if g.pairs {
			kind = 1
		}
		switch kind {
		case 0:
			w = g.common()
		case 1, 2, 3, 4, 5:
			w += map[bool]string{true: " "}[english] + g.word(english)
		}
		if g.made[w] {
			continue
		}
		g.made[w] = true
		return finder{word: w, hyper: map[bool]string{true: `\b` + w + `\b`, false: w}[w[0] < 0x80]}
	}
}

// bare are expressions that no word rules out.
var bare = []string{`\b1[3-9]\d{9}\b`, `\b\d{17}[\dx]`, `\b\d{16,19}\b`, `[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}`, `\b[a-z]{2}\d{8,}\b`, `\d{3,4}-\d{7,8}`}

// expression is a regular expression over words that occur.
func (g *generator) expression(english bool) finder {
	w := func() string { return g.word(english) }
	s, kind := "", g.r.IntN(24)
	if g.pairs {
		kind = max(4, kind%19)
		w = func() string { return g.word(english) + map[bool]string{true: " "}[english] + g.word(english) }
	}
	switch kind {
	case 0:
		s = bare[g.r.IntN(len(bare))]
	case 1, 2, 3:
		s = g.common() + ".{0,4}" + g.common()
	case 4, 5, 6, 7, 8:
		s = w() + ".{0,6}" + w()
	case 9, 10, 11, 12, 13:
		s = "(?:" + w() + "|" + w() + "|" + w() + ")(?:了|过|s|ed)?" + w()
	case 14, 15, 16, 17, 18:
		s = w() + "[^。！？]{0,10}(?:" + w() + "|" + w() + ")"
	default:
		s = `\b` + g.word(true) + `\s+(?:the\s+)?` + g.word(true) + `\b`
	}
	hyper := strings.NewReplacer(`\s`, " ", "[^。！？]", `[^。！？\n]`).Replace(s)
	return finder{regex: s, hyper: hyper}
}
