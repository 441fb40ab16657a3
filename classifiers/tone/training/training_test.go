package training

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/classifiers/tone"
	"assay/pipeline"
	"assay/pipeline/review"
	"assay/pipeline/transcript"

	"github.com/google/go-cmp/cmp"
)

var sentences = filepath.Join("..", "..", "..", "testdata", "tone")

func own(tb testing.TB) *Corpus {
	tb.Helper()
	c, err := Read([]string{sentences})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestEqualDataGiveEqualWeights(t *testing.T) {
	t.Parallel()
	var first []byte
	for range 2 {
		m, _, err := Train(t.Context(), own(t), Options{Small: true})
		if err != nil {
			t.Fatal(err)
		}
		src, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(first, src) {
			t.Error("the same data gave other bytes")
		}
		first = src
	}
}

// wanted is the least F1 of the shipped weights on the sentences that were
// held out. weights.md has the figures; these are the lower ends of their intervals.
var wanted = map[pipeline.Label]map[string]float64{
	pipeline.Shirking:      {"zh": 0.66, "en": 0.69},
	pipeline.Perfunctory:   {"zh": 0.59, "en": 0.54},
	pipeline.Impatient:     {"zh": 0.50, "en": 0.42},
	pipeline.Interrogating: {"zh": 0.62, "en": 0.66},
	pipeline.Escalation:    {"zh": 0.72, "en": 0.66},
	pipeline.Churn:         {"zh": 0.53, "en": 0.50},
	pipeline.Publicity:     {"zh": 0.57, "en": 0.64},
}

func TestShippedWeightsKnowSentencesTheyNeverSaw(t *testing.T) {
	t.Parallel()
	held := own(t).filter(func(it *Item) bool { return it.Split == HeldOut })
	shipped, err := tone.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Evaluate(t.Context(), held, shipped, Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, r := range f.Rows {
		least, ok := wanted[r.Label][r.Language]
		if !ok || r.Part != Test {
			continue
		}
		seen++
		if f1 := *r.Given.F1().Value; f1 < least {
			t.Errorf("%s in %s: F1 %.3f, want at least %.2f", r.Label, r.Language, f1, least)
		}
	}
	if seen != 2*len(wanted) {
		t.Errorf("%d figures, want %d", seen, 2*len(wanted))
	}
}

func TestReadKnowsItsForms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a.tsv", "# comment\ntrain\trude\t快点\t你好\tagent\ntest\t-\tHello\t\tcustomer\n")
	write(t, dir, "b.jsonl", `{"text":"滚","offensive":1,"split":"dev"}`+"\n\n"+
		`{"text":"Go away","speaker":"agent","labels":{"rude":true,"shirking":false},"group":"g"}`+"\n")
	write(t, dir, "c.jsonl", `{"id":"x-en","language":"en","turns":[{"speaker":"customer","text":"Hi"},{"speaker":"agent","text":"Sorry"}],`+
		`"labels":{"agent_conduct":[{"turn":1,"conduct":"apologetic"}]}}`+"\n"+
		`{"id":"s","turns":[{"speaker":"customer","text":"Hi"}],"labels":{"survey":{"customer_aggressive":true}}}`+"\n")
	write(t, dir, "d.jsonl", `{"name":"of another form"}`+"\n")
	write(t, dir, "e.txt", "ignored")
	c, err := Read([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Source    Source
		Language  string
		Split     Split
		Group     string
		Turns     int
		Known     int
		Is        string
		Learnable bool
	}
	var got []seen
	for i := range c.Items {
		it := &c.Items[i]
		s := seen{Source: it.Source, Language: it.Language, Split: it.Split, Group: it.Group, Turns: len(it.Session.Turns), Learnable: it.learnable()}
		for turn := range it.Session.Turns {
			for _, l := range append(labelsOf(it.Session.Turns[turn].Speaker), offends) {
				is, known := it.Truth[turn][l]
				if known {
					s.Known++
				}
				if is {
					s.Is += string(l)
				}
			}
		}
		got = append(got, s)
	}
	want := []seen{
		{Own, "zh", ToTrain, "快点", 2, 5, "rude", true},
		{Own, "en", HeldOut, "Hello", 1, 6, "", false},
		{Offence, "zh", ToChoose, "滚", 1, 1, "offence", false},
		{Reviews, "en", NoSplit, "g", 1, 2, "rude", true},
		{Conduct, "en", NoSplit, "x", 2, 14, "apologetic", true},
		{Survey, "", NoSplit, "s", 1, 0, "", true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadNamesEveryMistake(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"a.tsv", "train\trude", "a.tsv:1: 2 columns; wanted: split, labels, text, turn before, speaker"},
		{"a.tsv", "\nlearn\trude\tx\t\tagent", `a.tsv:2: unknown split "learn"; allowed: train, dev, test`},
		{"a.tsv", "train\tgrumpy\tx\t\tagent", `a.tsv:1: unknown label "grumpy"; allowed: rude,`},
		{"a.tsv", "train\t-\tx\t\t", `a.tsv:1: unknown speaker ""; allowed: agent, customer`},
		{"a.tsv", "train\trude\tx\t\tcustomer", `a.tsv:1: label "rude" is none of the customer's`},
		{"a.jsonl", `{"text":"x","offensive":2}`, "a.jsonl:1: offensive is 2; allowed: 0, 1"},
		{"a.jsonl", `{"text":"x","speaker":"agent","labels":{}}`, "a.jsonl:1: labels are empty"},
		{"a.jsonl", `{"text":"x","speaker":"agent","labels":{"grumpy":true}}`, `a.jsonl:1: unknown label "grumpy"`},
		{"a.jsonl", `{"id":"x","turns":[{"speaker":"agent","text":"x"}],"labels":{"agent_conduct":[{"turn":3,"conduct":"neutral"}]}}`, "agent_conduct names turn 3 of 1"},
		{"a.jsonl", `{"name":"x"}`, `a.jsonl:1: no labelled turn, comment or session: "text" or "turns" is missing`},
		{"a.jsonl", `{`, "a.jsonl:1: unexpected end"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			path := write(t, t.TempDir(), tc.name, tc.src)
			if _, err := Read([]string{path}); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
	if _, err := Read([]string{filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a file that is not there is read")
	}
}

func write(t *testing.T, dir, name, src string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNothingToLearnFromIsAnError(t *testing.T) {
	t.Parallel()
	few := &Corpus{Items: []Item{turnItem(Own, transcript.Agent, "快点", "", ToTrain, Truth{pipeline.Rude: true})}}
	for name, c := range map[string]*Corpus{"no item": {}, "few items": few} {
		if _, _, err := Train(t.Context(), c, Options{}); err == nil {
			t.Errorf("%s: a model was trained", name)
		}
	}
}

func TestAreaUnderCurve(t *testing.T) {
	t.Parallel()
	f := &Figures{Rankings: rankings([]surveyed{
		{aggressive: new(true), customer: 2, customerFirm: true}, {aggressive: new(false), customer: 1},
		{aggressive: new(false)}, {aggressive: new(true)}, {unhelpful: new(false)},
	})}
	if got, want := *f.Rankings[0].AUC.Value, 0.625; got != want {
		t.Errorf("AUC %v, want %v", got, want)
	}
	if f.Rankings[1].AUC.Value != nil {
		t.Error("there is an AUC without both kinds")
	}
	if diff := cmp.Diff(review.Table{TP: 1, FN: 1, TN: 2}, f.Rankings[0].Table); diff != "" {
		t.Error(diff)
	}
}

func TestAlarmsAreCountedApart(t *testing.T) {
	t.Parallel()
	calm := Item{
		Source: Calm, Language: "en", Group: "1", Truth: map[int]Truth{0: falseOf(transcript.Customer, troubles)},
		Session: &transcript.Session{Channel: transcript.Chat, Turns: []transcript.Turn{{Speaker: transcript.Customer, Text: "You useless idiot, I am furious"}}},
	}
	f, err := Evaluate(t.Context(), &Corpus{Items: []Item{calm}}, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	given := map[pipeline.Label]int{}
	for _, a := range f.Alarms {
		given[a.Label] = a.Given
	}
	if len(f.Rows) != 0 || given[pipeline.Abuse] != 1 || given[pipeline.Angry] != 1 || given[pipeline.Churn] != 0 {
		t.Errorf("rows %v, alarms %v", f.Rows, given)
	}
}

// TestOrdinaryTalkRaisesNoFlag: in the dialogues that were held out nothing is
// wrong. A turn in fifty may have a faint label, none a firm one.
func TestOrdinaryTalkRaisesNoFlag(t *testing.T) {
	t.Parallel()
	held := own(t).filter(func(it *Item) bool { return it.Source == Calm && it.Split == HeldOut })
	shipped, err := tone.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Evaluate(t.Context(), held, shipped, Options{})
	if err != nil {
		t.Fatal(err)
	}
	turns, given := map[string]int{}, map[string]int{}
	for _, a := range f.Alarms {
		if a.Firm > 0 {
			t.Errorf("%s in %s: %d firm labels", a.Label, a.Language, a.Firm)
		}
		given[a.Language] += a.Given
		if a.Label == pipeline.Rude || a.Label == pipeline.Angry {
			turns[a.Language] += a.Turns
		}
	}
	for _, language := range []string{"zh", "en"} {
		if turns[language] < 180 || given[language]*25 > turns[language] {
			t.Errorf("%s: %d labels in %d turns", language, given[language], turns[language])
		}
	}
}

func TestCopiesOfACommentStayTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a.jsonl", `{"text":"今天的天气真不错我们一起去公园散步吧","offensive":0,"split":"train"}`+"\n"+
		`{"text":"转发：“今天的天气，真不错！我们一起去公园散步吧”","offensive":0,"split":"dev"}`+"\n"+
		`{"text":"今天的天气真不错","offensive":0,"split":"dev"}`+"\n"+
		`{"text":"今天的天气，真不错。","offensive":0,"split":"dev"}`+"\n")
	c, err := Read([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	var groups []string
	for i := range c.Items {
		groups = append(groups, c.Items[i].Group)
	}
	long, short := "今天的天气真不错我们一起去公园散步吧", "今天的天气真不错"
	if diff := cmp.Diff([]string{long, long, short, short}, groups); diff != "" {
		t.Error(diff)
	}
}

func TestCalmDialoguesAreLearnedFromWhereTheySaySo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	turns := `"turns":[{"speaker":"customer","text":"Hi"}]}` + "\n"
	write(t, dir, "a.jsonl", `{"id":"a",`+turns+`{"id":"b","split":"train",`+turns+`{"id":"c","split":"test",`+turns)
	c, err := Read([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	var got []bool
	for i := range c.Items {
		got = append(got, c.Items[i].learnable())
	}
	if diff := cmp.Diff([]bool{false, true, false}, got); diff != "" {
		t.Error(diff)
	}
	write(t, dir, "b.jsonl", `{"id":"a","split":"trian",`+turns)
	if _, err := Read([]string{dir}); err == nil || !strings.Contains(err.Error(), `b.jsonl:1: unknown split "trian"`) {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("train\trude\t快点\t你好\tagent\n", "a.tsv")
	f.Add(`{"text":"滚","offensive":1}`, "a.jsonl")
	f.Add(`{"text":"Go away","speaker":"agent","labels":{"rude":true}}`, "a.jsonl")
	f.Add(`{"turns":[{"speaker":"agent","text":"Sorry"}],"labels":{"agent_conduct":[{"turn":-1,"conduct":"apologetic"}]}}`, "a.jsonl")
	f.Fuzz(func(t *testing.T, src, name string) {
		if name != "a.tsv" {
			name = "a.jsonl"
		}
		dir := t.TempDir()
		write(t, dir, name, src)
		c, err := Read([]string{dir})
		if err != nil {
			return
		}
		for i := range c.Items {
			for turn := range c.Items[i].Truth {
				if turn < 0 || turn >= len(c.Items[i].Session.Turns) {
					t.Errorf("labels of turn %d of %d", turn, len(c.Items[i].Session.Turns))
				}
			}
		}
	})
}
