package classifiers_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"assay/classifiers"
	"assay/classifiers/rule"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// What testdata/cases must show of every kind of condition. Hits, misses and
// languages are read from what the conditions say; edges are found by moving
// every limit by the least step, and what a key is for by leaving it out or
// giving it another value (see variants_test.go).

// wholeKinds judge the session as a whole: they have no window.
var wholeKinds = []string{"criterion", "duration", "late_answer", "late_hang_up", "metadata"}

// onlyByWindow are kinds that every session can be asked for; only a window in
// time, or one around a condition that is not evaluable, makes them so.
var onlyByWindow = map[string]string{
	"keywords":   "every turn has a text",
	"regex":      "every turn has a text",
	"pattern":    "every turn has a text",
	"repeat":     "every turn has a text",
	"tone":       "a turn without a tone is known to have none",
	"turn_count": "turns can always be counted",
	"speaker_at": "every turn has a speaker",
}

// notInCases are keys that a case cannot show.
var notInCases = map[string]string{
	"similarity.by=embedding": "a case has no model: embedding_test.go",
}

// shows is what the cases show, by kind or key: "keywords hit", "keywords.total
// at the edge".
type shows map[string]bool

// all reports whether nothing more is to be learned.
func (seen shows) all(facts ...string) bool {
	return !slices.ContainsFunc(facts, func(f string) bool { return !seen[f] })
}

func TestCasesShowEveryKind(t *testing.T) {
	t.Parallel()
	seen, kinds := shows{}, kindShapes(t)
	for file, c := range cases(t) {
		if c.Source() == nil {
			continue // packs have tests of their own
		}
		for _, s := range samplesOf(t, c) {
			seen.sample(s)
		}
		seen.variants(t, file, c, kinds)
	}
	var missing []string
	for _, want := range append(wantedOfKinds(), seen.wantedOfKeys(kinds)...) {
		if !seen[want] {
			missing = append(missing, want)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		t.Errorf("no case shows\n  %s", strings.Join(missing, "\n  "))
	}
	for kind, why := range onlyByWindow {
		if seen[kind+" not evaluable by itself"] {
			t.Errorf("%s is not evaluable by itself, although %s", kind, why)
		}
	}
}

func wantedOfKinds() []string {
	var out []string
	for _, kind := range rule.Kinds() {
		for _, aspect := range []string{"hit", "no hit", "not evaluable", "Chinese", "English", "mixed"} {
			out = append(out, kind+" "+aspect)
		}
		if onlyByWindow[kind] == "" {
			out = append(out, kind+" not evaluable by itself")
		}
		if !slices.Contains(wholeKinds, kind) {
			out = append(out, kind+" window at the edge", kind+" window just beyond")
		}
	}
	return out
}

// sample is a condition with what it says in a case.
type sample struct {
	classifiers.ExplainedCondition
	criterion string
	windowed  bool // it looks at a part of the session
	languages []string
}

// samplesOf are the conditions that a case's criteria ask.
func samplesOf(t *testing.T, c *classifiers.Case) []sample {
	t.Helper()
	return explained(t, c, c.Card.Scorecard)
}

func explained(t *testing.T, c *classifiers.Case, card *scorecard.Scorecard) []sample {
	t.Helper()
	set, err := classifiers.New(card)
	if err != nil {
		t.Fatal(err)
	}
	var out []sample
	for _, x := range set.Explain(t.Context(), c.Input()) {
		for _, cond := range x.Conditions {
			s := sample{ExplainedCondition: cond, criterion: x.Criterion.ID}
			s.windowed = limited(card, x.Criterion, cond.Name)
			s.languages = languagesOf(c.Input(), &cond)
			out = append(out, s)
		}
	}
	return out
}

// limited reports whether a condition has a limit in its where.
func limited(card *scorecard.Scorecard, of *scorecard.Criterion, name string) bool {
	for _, c := range slices.Concat(of.Conditions, card.Conditions) {
		if c.Name == name {
			w := c.Where
			return w.Leg != 0 || w.First != nil || w.Last != nil || w.Range != nil || w.Time != nil || len(w.Anchors) > 0
		}
	}
	return false
}

func (seen shows) sample(s sample) {
	switch {
	case s.State == scorecard.NotEvaluable:
		seen[s.Kind+" not evaluable"] = true
		if !s.windowed {
			seen[s.Kind+" not evaluable by itself"] = true
		}
	case s.State == scorecard.Hit:
		seen[s.Kind+" hit"] = true
		for _, l := range s.languages {
			seen[s.Kind+" "+l] = true
		}
	case s.Reason != pipeline.OutOfScope:
		seen[s.Kind+" no hit"] = true
	}
}

// languagesOf are those of what a condition hit: its quotes and the turns that
// they stand in or, where a hit has no place, the turns that it looked at.
func languagesOf(in *pipeline.Input, c *classifiers.ExplainedCondition) []string {
	var out []string
	add := func(quote, turn string) {
		switch han, latin := scripts(quote); {
		case han && !latin:
			out = append(out, "Chinese")
		case latin && !han:
			out = append(out, "English")
		}
		if han, latin := scripts(turn); han && latin {
			out = append(out, "mixed")
		}
	}
	for _, h := range c.Hits {
		add(h.Quote, in.Session.Turns[h.Turn].Text)
	}
	if len(c.Hits) == 0 {
		all := turnsTogether(in.Session, c)
		add(all, all)
	}
	return out
}

// turnsTogether are the texts between the first and the last turn in range, or of
// the whole session, with its fields.
func turnsTogether(s *transcript.Session, c *classifiers.ExplainedCondition) string {
	from, to := c.From, c.To
	if from < 0 {
		from, to = 0, len(s.Turns)-1
	}
	var b strings.Builder
	for i := from; i <= to; i++ {
		b.WriteString(s.Turns[i].Text)
	}
	if c.Kind == "metadata" {
		b.Reset()
		for _, key := range slices.Sorted(maps.Keys(s.Metadata)) {
			fmt.Fprint(&b, s.Metadata[key])
		}
	}
	return b.String()
}

func scripts(text string) (han, latin bool) {
	for _, r := range text {
		han = han || unicode.Is(unicode.Han, r)
		latin = latin || unicode.Is(unicode.Latin, r)
	}
	return han, latin
}
