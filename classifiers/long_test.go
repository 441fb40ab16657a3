package classifiers_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"assay/classifiers"
	"assay/classifiers/tone"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// one makes a scorecard of one criterion from the keys of its conditions.
func one(decide, conditions string) string {
	return "scorecard: s\nname: S\nsections: [{id: s, name: S, criteria: [{id: c, name: C, " + decide + "}]}]\nconditions: {" + conditions + "}\n"
}

// long is a session of n turns by turns of customer and agent, a second each.
func long(n int, text string) *pipeline.Input {
	s := &transcript.Session{ID: "long", Channel: transcript.Chat}
	for i := range n {
		s.Turns = append(s.Turns, transcript.Turn{Speaker: transcript.Speakers[i%2], Text: text, StartMS: new(int64(i) * 1000)})
	}
	return pipeline.NewInput(s)
}

// TestMemoryDoesNotGrowWithTheSquare holds what judging the longest sessions
// takes from memory: work that grows with the square takes gigabytes here.
func TestMemoryDoesNotGrowWithTheSquare(t *testing.T) { // not parallel: it measures all allocations
	if testing.Short() {
		t.Skip("the race detector's own memory would be measured")
	}
	const x = "x: {keywords: {any: [ok]}}, "
	const turns = 5000
	tests := []struct {
		name, card string
		in         *pipeline.Input
		most       uint64 // MB
	}{
		{"negations in a long turn", one("not_met_when: k", "k: {keywords: {any: [退款], unless_negated: true}}"), long(2, strings.Repeat("要 退款", 4900)), 20},
		{"after any", one("met_when: k", x+"k: {after: x, regex: {pattern: ok}}"), long(turns, "ok"), 30},
		{"near any in time", one("met_when: k", x+"k: {around: {condition: x, within: 20m}, keywords: {any: [ok]}}"), long(turns, "ok"), 30},
		{"after every", one("met_when: k", x+"k: {around: {condition: x, hit: every}, regex: {pattern: ok}}"), long(turns, "ok"), 30},
		{"repeats", one("met_when: k", "k: {repeat: {of: agent}}"), long(turns, "the same again and again"), 30},
		{"sequences", one("met_when: k", x+"k: {sequence: {steps: [x, x, x], within: 3}}"), long(turns, "ok"), 30},
		{"walks in circles", one("met_when: k", x+"n: {keywords: {any: [never]}}, k: {flow: {start: a, steps: {a: {when: x, next: [b, end]}, b: {when: x, next: [a]}, end: {when: n}}, ends: end}}"), long(turns, "ok"), 30},
		{"similarity", one("met_when: k", "k: {similarity: {to: [好的没问题]}}"), long(100, strings.Repeat("很", 1000)), 150},
		{"entities", one("met_when: k", "k: {entity: {type: number}}"), long(100, strings.Repeat("7 ", 1000)), 150},
		{"places", one("met_when: k", "k: {keywords: {any: [ok]}}"), long(turns, strings.Repeat("ok ", 1000)), 400},
	}
	for _, tt := range tests {
		card := load(t, tt.card)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		card.Classifier.Classify(t.Context(), tt.in)
		runtime.ReadMemStats(&after)
		if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > tt.most {
			t.Errorf("%s: %d MB", tt.name, mb)
		}
	}
}

// patience is a context that is done after it was asked a number of times.
type patience struct {
	context.Context
	left, late int
}

func (p *patience) Err() error {
	if p.left--; p.left < 0 {
		p.late++
		return context.Canceled
	}
	return nil
}

func TestClassifyStopsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	ear, err := tone.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, pack := range scorecard.Packs() {
		card := load(t, string(pack.Source))
		in := long(3000, "ok 退款")
		for _, left := range []int{0, 1, 50, 500, 2000} {
			ctx := &patience{Context: t.Context(), left: left}
			if n := len(card.Classifier.Classify(ctx, in)); n != len(card.Criteria()) {
				t.Errorf("%s: %d answers", pack.Name, n)
			}
			if ctx.late == 0 || ctx.late > 40 {
				t.Errorf("%s: asked %d times after it was done", pack.Name, ctx.late)
			}
			ctx = &patience{Context: t.Context(), left: min(left, 2000)}
			if ear.Classify(ctx, in); ctx.late != 1 {
				t.Errorf("tone: asked %d times after it was done", ctx.late)
			}
		}
	}
}

func TestCountedHits(t *testing.T) {
	t.Parallel()
	const conditions = "bad: {speaker: agent, keywords: {any: [bad]}}, upset: {speaker: customer, keywords: {any: [angry]}}, polite: {keywords: {any: [please]}}"
	tests := map[string]int{
		"not_met_when: bad && upset":                                     1,
		"not_met_when: upset && bad":                                     3,
		"not_met_when: bad && upset, per: hit, count: upset, deduct: 1":  3,
		"not_met_when: upset && bad, per: hit, count: bad, deduct: 1":    1,
		"not_met_when: polite || upset":                                  3,
		"not_met_when: bad && upset, evidence: [upset]":                  1,
		"met_when: '!upset'":                                             3,
		"not_met_when: '!polite'":                                        1,
		"not_met_when: bad && upset, per: hit, count: polite, deduct: 1": 1,
	}
	for decide, want := range tests {
		if !strings.Contains(decide, "deduct") {
			decide += ", deduct: 1"
		}
		card := load(t, "mode: deduction\n"+one(decide, conditions))
		in := pipeline.NewInput(session(t, "agent: bad\ncustomer: angry angry\ncustomer: angry"))
		if got := card.Classifier.Classify(t.Context(), in)[0].Hits; got != want {
			t.Errorf("%s: %d hits, want %d", decide, got, want)
		}
	}
}

func TestEvidenceOfLongTurnsIsBounded(t *testing.T) {
	t.Parallel()
	card := load(t, one("not_met_when: k", "k: {silence: {more_than: 100ms}}"))
	a := card.Classifier.Classify(t.Context(), long(100, strings.Repeat("很", 10_000)))[0]
	if len(a.Evidence) != 3 || a.Hits != 99 {
		t.Errorf("%d places of evidence, %d hits", len(a.Evidence), a.Hits)
	}
}

func TestEveryWindowCounts(t *testing.T) {
	t.Parallel()
	const talk = "customer 0s: a\nagent 1s: yes\ncustomer 2s: a\nagent 3s: %s\ncustomer 4s: b"
	kinds := []string{
		"keywords: {any: ['yes']}", "regex: {pattern: 'yes'}", "keywords: {any: ['yes', right], at_least: 2}", "keywords: {none: ['no']}",
		"speaker: agent, turns: all, keywords: {none: ['no']}", "response_gap: {more_than: 500ms}", "silence: {more_than: 500ms}", "speaker_at: {position: 1, is: agent}",
	}
	want := map[string]string{"yes right": "10111111", "no": "00000111", "yes": "11011111"}
	want["yes right"], want["no"], want["yes"] = "11011111", "00000111", "11011111"
	for said, states := range want {
		for i, kind := range kinds {
			card := load(t, one("met_when: k", "a: {keywords: {any: [a]}}, k: {after: {condition: a, hit: every, within: 1}, "+kind+"}"))
			got := card.Classifier.Classify(t.Context(), pipeline.NewInput(session(t, fmt.Sprintf(talk, said))))[0]
			if (got.Outcome == pipeline.Met) != (states[i] == '1') {
				t.Errorf("%s after %q: %s", kind, said, got.Outcome)
			}
		}
	}
}

func TestSilenceIsExcusedAfterNods(t *testing.T) {
	t.Parallel()
	tests := map[string]pipeline.Outcome{
		"agent 0s: 请稍等\ncustomer 1s: 好的\nagent 40s: 查到了":                                  pipeline.Met,
		"agent 0s: 请稍等\ncustomer 1s: 好的\ncustomer 2s: 嗯\nagent 40s: 查到了":                  pipeline.Met,
		"agent 0s: One moment\ncustomer 1s: okay\ncustomer 2s: sure\nagent 40s: Found it": pipeline.Met,
		"agent 0s: 请稍等\ncustomer 1s: 好的\ncustomer 2s: 那为什么昨天说已经退了\nagent 40s: 查到了":        pipeline.NotMet,
		"agent 0s: 请稍等\ncustomer 1s: 好的\nagent 2s: 有了\ncustomer 3s: 嗯\nagent 40s: 查到了":    pipeline.NotMet,
		"customer 0s: 好的\ncustomer 2s: 嗯\nagent 40s: 查到了":                                 pipeline.NotMet,
	}
	for talk, want := range tests {
		card := load(t, one("not_met_when: k", "k: {silence: {more_than: 20s, except: [请稍等, one moment]}}"))
		if got := card.Classifier.Classify(t.Context(), pipeline.NewInput(session(t, talk)))[0]; got.Outcome != want {
			t.Errorf("%q: %s, want %s", talk, got.Outcome, want)
		}
	}
}

// TestNothingUsableIsNeverLoaded holds what a criterion without an answer does: no crash.
func TestNothingUsableIsNeverLoaded(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"manual: false", "met_when: |", "not_met_when: |-\n", "judge: |", "met_when: ''", "manual:"} {
		src := "scorecard: s\nname: S\nsections:\n- id: s\n  name: S\n  criteria:\n  - id: c\n    name: C\n    " + way
		if _, err := classifiers.Load("x.yaml", []byte(src)); err == nil {
			t.Errorf("%q is accepted", way)
		}
	}
}

// BenchmarkTriggers classifies 15 MB of what a pack's own examples say, again
// and again: everything in it is looked for.
func BenchmarkTriggers(b *testing.B) {
	for _, pack := range scorecard.Packs() {
		card, err := classifiers.Load(pack.Name, pack.Source)
		if err != nil {
			b.Fatal(err)
		}
		var said strings.Builder
		for _, c := range card.Criteria() {
			for _, x := range c.Examples {
				for _, turn := range x.Session.Turns {
					said.WriteString(turn.Text + " ")
				}
			}
		}
		for _, turns := range []int{750, 5000} {
			in := long(turns, strings.Repeat(said.String(), 1+15_000_000/turns/said.Len())[:15_000_000/turns])
			b.Run(fmt.Sprintf("%s/%d", pack.Name, turns), func(b *testing.B) {
				b.ReportAllocs()
				begin := used()
				for b.Loop() {
					card.Classifier.Classify(b.Context(), in)
				}
				b.ReportMetric((used()-begin).Seconds()/float64(b.N), "cpu-s/op")
			})
		}
	}
}
