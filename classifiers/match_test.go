package classifiers_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// FuzzMatching compares words and expressions made from a seed, in texts made
// from it or given, with package regexp over the folded turns: every criterion
// has the same outcome, and every piece of evidence is what was looked for.
func FuzzMatching(f *testing.F) {
	f.Add(uint64(1), "")
	f.Add(uint64(2), "Ｒefund the  ORDER 退款!\nno refunds, 退 款")
	f.Add(uint64(3), "a a b\n订单号12345678")
	f.Fuzz(func(t *testing.T, seed uint64, given string) {
		if len(given) < 2000 && !strings.ContainsRune(given, 'İ') {
			checkMatching(t, seed, given)
		}
	})
}

func TestMatchingFindsWhatLookingEverywhereFinds(t *testing.T) {
	t.Parallel()
	seeds := uint64(150)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		checkMatching(t, seed, "")
	}
}

func checkMatching(t *testing.T, seed uint64, given string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 11))
	finders := randomFinders(r)
	set := pairs(t, finders)
	m := set.Matcher()
	for range 3 {
		in := pipeline.NewInput(randomSession(r, given))
		quick := m.Outcomes(t.Context(), in)
		for i, a := range set.Classify(t.Context(), in) {
			checkFound(t, finders[i], in, a)
			if quick[i].Outcome != a.Outcome || quick[i].Hits != a.Hits {
				t.Errorf("seed %d, %+v: quick answer %s (%d), %s (%d)", seed, finders[i], quick[i].Outcome, quick[i].Hits, a.Outcome, a.Hits)
			}
		}
	}
}

// checkFound compares an answer with what looking at every place finds.
func checkFound(t *testing.T, f finder, in *pipeline.Input, a pipeline.Answer) {
	t.Helper()
	finds := f.plainly()
	want := slices.ContainsFunc(turnsOf(in), finds)
	if (a.Outcome == pipeline.Met) != want {
		t.Errorf("%+v: %s in %q", f, a.Outcome, turnsOf(in))
	}
	for _, e := range a.Evidence {
		if text := in.Session.Turns[e.Turn].Text; e.Quote != text[e.Start:e.End] || f.word != "" && !finds(transcript.Fold(e.Quote).Text) {
			t.Errorf("%+v: evidence %q of %q", f, e.Quote, text)
		}
	}
}

// plainly reports whether a folded text has what is looked for, place by place.
func (f finder) plainly() func(text string) bool {
	if f.word == "" {
		return regexp.MustCompile("(?i)" + f.regex).MatchString
	}
	p := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(f.word), " ", " +"))
	letter := func(s string, last bool) bool {
		r, _ := utf8.DecodeRuneInString(s)
		if last {
			r, _ = utf8.DecodeLastRuneInString(s)
		}
		return r < 0x2e80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
	}
	return func(text string) bool {
		for i := range text {
			at := p.FindString(text[i:])
			before, after := text[:i], text[i+len(at):]
			if at != "" && !(letter(before, true) && letter(at, false)) && !(letter(at, true) && letter(after, false)) {
				return true
			}
		}
		return false
	}
}

func turnsOf(in *pipeline.Input) []string {
	var out []string
	for _, f := range in.Folded {
		out = append(out, f.Text)
	}
	return out
}

var fuzzPieces = strings.Split("a|b|ab|refund|order|re|the|退|款|退款|订单|号|the order|no refund|order 号|don't|x@y.z|5g", "|")

// randomFinders are some words and expressions, each once.
func randomFinders(r *rand.Rand) []finder {
	piece := func() string { return fuzzPieces[r.IntN(len(fuzzPieces))] }
	shapes := []string{"%s.{0,3}%s", "(?:%s|%s)+", `%s\s+%s`, `\b%s%s?`, "%s[^ ]*%s", "%s(?:x|y)?%s", `%s\d{2,}|%s!`}
	var out []finder
	seen := map[string]bool{}
	for range 12 {
		w := piece()
		if r.IntN(2) == 0 {
			w += piece()
		}
		s := fmt.Sprintf(shapes[r.IntN(len(shapes))], regexp.QuoteMeta(piece()), regexp.QuoteMeta(piece()))
		if !seen[w] && !strings.Contains(w, "'") {
			out = append(out, finder{word: w})
		}
		if !seen[s] && !strings.Contains(s, "'") {
			out = append(out, finder{regex: s})
		}
		seen[w], seen[s] = true, true
	}
	return out
}

// randomSession has turns of pieces, and the lines of given.
func randomSession(r *rand.Rand, given string) *transcript.Session {
	s := &transcript.Session{ID: "f", Channel: transcript.Chat}
	lines := strings.Split(given, "\n")
	for range r.IntN(6) {
		var b strings.Builder
		for range r.IntN(40) {
			b.WriteString(fuzzPieces[r.IntN(len(fuzzPieces))])
			b.WriteString([]string{"", " ", "  ", ", ", "。", "12345678", "Ａ", "é"}[r.IntN(8)])
		}
		lines = append(lines, b.String())
	}
	for i, line := range lines {
		s.Turns = append(s.Turns, transcript.Turn{Speaker: transcript.Speakers[i%2], Text: line})
	}
	return s
}
