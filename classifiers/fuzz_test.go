package classifiers_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// FuzzLoad holds that a scorecard that does not load says what is wrong and
// where in it, and that one that loads can judge any session without failing, and
// quotes what is there.
func FuzzLoad(f *testing.F) {
	for _, src := range scorecards(f) {
		f.Add(src, "您好，ＶＩＰ Hello  order\xff订单")
	}
	f.Fuzz(func(t *testing.T, src []byte, text string) {
		card, err := classifiers.Load("x", src)
		if err != nil {
			checkProblems(t, src, err)
			return
		}
		in := pipeline.NewInput(&transcript.Session{ID: "fuzz", Channel: transcript.Chat, Turns: []transcript.Turn{
			{Speaker: transcript.Customer, Text: text, StartMS: new(int64(1000))},
			{Speaker: transcript.Agent, Text: text + text, Agent: "a"},
		}})
		checkAnswers(t, in, card, card.Classifier.Classify(t.Context(), in))
	})
}

// scorecards are those of all cases and all broken ones.
func scorecards(f *testing.F) (all [][]byte) {
	f.Helper()
	cases, err1 := filepath.Glob("../testdata/cases/*.txtar")
	broken, err2 := filepath.Glob("../testdata/broken/scorecards/*.yaml")
	if err := errors.Join(err1, err2); err != nil {
		f.Fatal(err)
	}
	for _, file := range cases {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, part(archive, "scorecard.yaml"))
	}
	for _, file := range broken {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, src)
	}
	return all
}

// checkProblems holds that every problem stands in the file and says something.
func checkProblems(t *testing.T, src []byte, err error) {
	t.Helper()
	problems, ok := errors.AsType[scorecard.Problems](err)
	if !ok || len(problems) == 0 {
		t.Fatalf("error without problems: %v", err)
	}
	lines := 1 + bytes.Count(src, []byte("\n")) + bytes.Count(src, []byte("\r"))
	for _, p := range problems {
		if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Message == "" {
			t.Errorf("problem without a place in %d lines: %+v", lines, p)
		}
	}
}

// checkAnswers holds what is true of all answers to any session.
func checkAnswers(t *testing.T, in *pipeline.Input, card pipeline.Card, answers []pipeline.Answer) {
	t.Helper()
	for i, c := range card.Criteria() {
		a := answers[i]
		if a.Outcome == "" || a.Hits < 1 || a.Outcome == pipeline.Undetermined && a.Reason == "" {
			t.Errorf("%s: answer %+v", c.ID, a)
		}
		for _, e := range a.Evidence {
			checkEvidence(t, in.Session, a, e)
		}
	}
}

// checkEvidence holds that evidence quotes whole characters of a turn that its
// condition looked at.
func checkEvidence(t *testing.T, s *transcript.Session, a pipeline.Answer, e pipeline.Evidence) {
	t.Helper()
	if e.Turn < 0 || e.Turn >= len(s.Turns) || e.Start < 0 || e.Start > e.End || e.End > len(s.Turns[e.Turn].Text) {
		t.Fatalf("no such place: %+v", e)
	}
	text := s.Turns[e.Turn].Text
	if text[e.Start:e.End] != e.Quote {
		t.Errorf("quote %q is not at %+v", e.Quote, e.Span)
	}
	if utf8.ValidString(text) && !utf8.ValidString(e.Quote) {
		t.Errorf("%+v cuts a character", e)
	}
	for _, step := range a.Why {
		if step.Condition == e.Condition && step.Searched > 0 && (e.Turn < step.From || e.Turn > step.To) {
			t.Errorf("%s is shown in turn %d, looked for in %d to %d", e.Condition, e.Turn, step.From, step.To)
		}
	}
}

// wheres are all forms of where that a condition may have.
var wheres = []string{
	"speaker: agent, ", "speaker: customer, turns: all, ", "leg: 1, ", "leg: 2, ", "leg: last, speaker: agent, ",
	"first: 1, ", "last: 2, ", "first: 1500ms, ", "last: 2s, ", "first: 30%, ", "last: 30%, ", "first: 30% time, ", "last: 30% time, ",
	"range: {from: 2}, ", "range: {to: -2}, ", "range: {from: -3, to: 4}, ", "speaker: agent, first: 50%, last: 3, range: {from: 2}, ",
	"before: x, ", "after: {condition: x, hit: 2}, ", "around: {condition: x, within: 1}, ", "after: {condition: x, hit: every, within: 2}, ",
	"before: {condition: x, hit: every, within: 2s}, turns: all, ", "around: {condition: x, hit: last, within: 1500ms}, ",
	"time: {from: 2s, to: 9s}, ", "range: {from: 2, to: 3, of: session}, speaker: agent, ", "at: {condition: x, hit: every}, ", "after: {condition: x, from: 2, within: 3}, ", "before: {condition: x, hit: last, from: 3}, ",
	"leg: 2, after: {condition: x, hit: first}, last: 2s, ",
}

// windowed is a scorecard with every where on some kinds, and criteria that
// depend on each other.
func windowed() string {
	var b strings.Builder
	b.WriteString("scorecard: s\nname: S\nsynonyms: {a: [b, 的]}\nconditions:\n  x: {keywords: {any: [a], synonyms: true}}\nsections:\n- id: s\n  name: S\n  criteria:\n" +
		"  - {id: judged, name: C, judge: Is it?, applies_when: x}\n")
	kinds := []string{
		"keywords: {any: [a, 'a b'], total: 2, case_sensitive: true}", "keywords: {none: [a]}", "regex: {pattern: 'a.?b|的+'}",
	}
	more := []string{"turn_count: {min: 2}", "silence: {more_than: 1s}"}
	for i, w := range wheres {
		for j, k := range append(kinds[:3:3], more...) {
			if strings.Contains(w, "turns: all") && j >= len(kinds) {
				continue
			}
			fmt.Fprintf(&b, "  - {id: c%d-%d, name: C, met_when: k, conditions: {k: {%s%s}}}\n", i, j, w, k)
			fmt.Fprintf(&b, "  - {id: d%d-%d, name: C, requires: c%d-%d, met_when: k, conditions: {k: {criterion: {id: judged, is: not_applicable}}}}\n", i, j, i, j)
		}
	}
	return b.String()
}

// FuzzWhere holds that every window of any session can be judged, and that what
// is quoted stands in it.
func FuzzWhere(f *testing.F) {
	card, err := classifiers.Load("x", []byte(windowed()))
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", "0a", "03xa b\n14ya\n25za的B\n03wab", "00 a\n11 b\n02 a\n13 的的\n04 a b a b", "0\xffqa\xff的", "35\u212aa\n03ﬁa"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, talk string) {
		in := pipeline.NewInput(fuzzed(talk))
		checkAnswers(t, in, card, card.Classifier.Classify(t.Context(), in))
	})
}

// fuzzed makes a session of any text: of each line the first byte is the speaker,
// the second what is known of its time, the third the agent.
func fuzzed(talk string) *transcript.Session {
	s := &transcript.Session{ID: "fuzz", Channel: transcript.Channels[len(talk)%2]}
	for i, line := range strings.Split(talk, "\n") {
		head := append([]byte(line), 0, 0, 0)
		turn := transcript.Turn{Speaker: transcript.Speakers[head[0]%4], Text: line[min(3, len(line)):], Kind: transcript.Kinds[head[0]/4%2]}
		at := int64(i)*700 + int64(head[1]%5)*100
		if head[1]%7 > 0 {
			turn.StartMS = &at
		}
		if head[1]%7 > 2 {
			turn.EndMS = new(at + int64(head[1])*20)
		}
		if head[2] > ' ' {
			turn.Agent = string(rune(head[2]%3 + 'x'))
		}
		if head[1]%7 == 2 {
			turn.StartMS, turn.At = nil, time.Unix(int64(i), 0)
		}
		s.Turns = append(s.Turns, turn)
	}
	return s
}
