package testdata

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// The sentences of tone/LANGUAGE/LABEL.tsv, by which the tone classifier is
// trained and judged where no public data has the label: columns split (train
// or test), labels (with commas, or -), text, the turn before by the other
// speaker (may be empty), speaker. Lines that begin with # are comments.

// sentence is one line of such a file.
type sentence struct {
	place        string // file:line
	file         string // its name without .tsv
	split        string
	labels       []pipeline.Label
	text, before string
	speaker      string
	columns      int
}

// toneLanguages are the folders there must be.
var toneLanguages = []string{"zh", "en"}

// scarceLabels are those that no public data has.
var scarceLabels = []pipeline.Label{
	pipeline.Shirking, pipeline.Perfunctory, pipeline.Impatient, pipeline.Interrogating,
	pipeline.Escalation, pipeline.Churn, pipeline.Publicity,
}

// How many sentences of a scarce label each language has at least: those that
// carry it, and those of its file that do not.
const (
	leastCarrying   = 150
	leastNearMisses = 50
	leastOfASplit   = 15 // of either kind in the training or in the test split
)

func TestToneSentencesAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, language := range toneLanguages {
		for _, s := range toneSentences(t, language) {
			if problem := s.problem(); problem != "" {
				t.Errorf("%s: %s", s.place, problem)
			}
		}
	}
}

func TestToneSentencesAreAllDifferent(t *testing.T) {
	t.Parallel()
	for _, language := range toneLanguages {
		said, splits := map[string]string{}, map[string]sentence{}
		for _, s := range toneSentences(t, language) {
			text := lettersOf(s.text)
			key := strings.Join([]string{s.speaker, text, lettersOf(s.before)}, "\t")
			if first, ok := said[key]; ok {
				t.Errorf("%s: the same as %s", s.place, first)
			}
			said[key] = s.place
			if other, ok := splits[text]; ok && other.split != s.split {
				t.Errorf("%s: %s has the text in the other split", s.place, other.place)
			}
			splits[text] = s
		}
	}
}

// TestToneSentencesSuffice needs the folders of all languages.
func TestToneSentencesSuffice(t *testing.T) {
	t.Parallel()
	for _, language := range toneLanguages {
		sentences := toneSentences(t, language)
		if sentences == nil {
			t.Errorf("tone/%s: no files", language)
			continue
		}
		for _, label := range scarceLabels {
			for _, missing := range missingOf(label, sentences) {
				t.Errorf("tone/%s/%s.tsv: %s", language, label, missing)
			}
		}
	}
}

// missingOf says what a language's sentences of a label lack.
func missingOf(label pipeline.Label, sentences []sentence) []string {
	carrying, near := map[string]int{}, map[string]int{} // by split
	for _, s := range sentences {
		switch {
		case slices.Contains(s.labels, label):
			carrying[s.split]++
		case s.file == string(label):
			near[s.split]++
		}
	}
	var missing []string
	for _, kind := range []struct {
		name  string
		by    map[string]int
		least int
	}{{"carry the label", carrying, leastCarrying}, {"are near misses", near, leastNearMisses}} {
		if n := kind.by["train"] + kind.by["test"]; n < kind.least {
			missing = append(missing, fmt.Sprintf("%d sentences %s, want %d", n, kind.name, kind.least))
		}
		for _, split := range []string{"train", "test"} {
			if n := kind.by[split]; n < leastOfASplit {
				missing = append(missing, fmt.Sprintf("%d of %s %s, want %d", n, split, kind.name, leastOfASplit))
			}
		}
	}
	return missing
}

// problem says what is wrong with the form of s, if anything.
func (s sentence) problem() string {
	switch {
	case s.columns != 5:
		return fmt.Sprintf("%d columns, want 5", s.columns)
	case !utf8.ValidString(s.text + s.before):
		return "invalid UTF-8"
	case s.split != "train" && s.split != "test":
		return fmt.Sprintf("split %q, want train or test", s.split)
	case s.text == "" || s.text != strings.TrimSpace(s.text) || s.before != strings.TrimSpace(s.before):
		return "no text, or blanks at its ends"
	case s.speaker != string(transcript.Agent) && s.speaker != string(transcript.Customer):
		return fmt.Sprintf("speaker %q, want %s or %s", s.speaker, transcript.Agent, transcript.Customer)
	}
	known := pipeline.AgentLabels
	if s.speaker == string(transcript.Customer) {
		known = pipeline.CustomerLabels
	}
	for i, label := range s.labels {
		if !slices.Contains(known, label) || slices.Contains(s.labels[:i], label) {
			return fmt.Sprintf("label %q, want each once of %q for %s", label, known, s.speaker)
		}
	}
	return ""
}

// toneSentences reads the files of a language; nil when it has no folder.
func toneSentences(t *testing.T, language string) []sentence {
	t.Helper()
	files, err := fs.Glob(os.DirFS("tone"), path.Join(language, "*.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var sentences []sentence
	for _, file := range files {
		src, err := os.ReadFile(path.Join("tone", file))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(strings.TrimSuffix(string(src), "\n"), "\n") {
			if !strings.HasPrefix(line, "#") {
				s := sentenceOf(line)
				s.place = fmt.Sprintf("tone/%s:%d", file, i+1)
				s.file = strings.TrimSuffix(path.Base(file), ".tsv")
				sentences = append(sentences, s)
			}
		}
	}
	return sentences
}

// sentenceOf reads a line, as far as it has columns.
func sentenceOf(line string) sentence {
	columns := strings.Split(line, "\t")
	s := sentence{columns: len(columns)}
	if s.columns != 5 {
		return s
	}
	s.split, s.text, s.before, s.speaker = columns[0], columns[2], columns[3], columns[4]
	if columns[1] != "-" {
		for label := range strings.SplitSeq(columns[1], ",") {
			s.labels = append(s.labels, pipeline.Label(label))
		}
	}
	return s
}

// lettersOf is the folded text without punctuation and blanks, in which two
// sentences that differ by a comma are the same; the whole of it when it has
// no letters.
func lettersOf(text string) string {
	folded := transcript.Fold(text).Text
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, folded)
	if letters == "" {
		return folded
	}
	return letters
}
