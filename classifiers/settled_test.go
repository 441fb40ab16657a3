package classifiers_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers"
	"assay/classifiers/tone"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
	"assay/testdata"
)

// heard is a session's beginning, with its tones.
func heard(t testing.TB, ear *tone.Classifier, s *transcript.Session, turns int) *pipeline.Input {
	t.Helper()
	begun := *s
	begun.Turns = s.Turns[:turns]
	in := pipeline.NewInput(&begun)
	in.Tone = ear.Classify(t.Context(), in)
	return in
}

func failed(t testing.TB, card pipeline.Card, in *pipeline.Input) []string {
	t.Helper()
	var ids []string
	for _, f := range card.Classifier.(*classifiers.Set).Failures(t.Context(), in) {
		ids = append(ids, f.ID)
	}
	return ids
}

// demoSessions are the sessions of the demo.
func demoSessions(t testing.TB) []*transcript.Session {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, testdata.Demo); err != nil {
		t.Fatal(err)
	}
	var out []*transcript.Session
	for rec := range transcript.Read(t.Context(), []string{filepath.Join(folder, "demo", "sessions")}, transcript.Options{}) {
		if rec.Reject != nil {
			t.Fatal(rec.Reject)
		}
		out = append(out, rec.Session)
	}
	return out
}

// TestWhatFailsBeforeTheEndFailsAtTheEnd follows sessions turn by turn: a failure
// that is foretold stays, and is what the whole session's inspection says.
func TestWhatFailsBeforeTheEndFailsAtTheEnd(t *testing.T) {
	t.Parallel()
	ear, err := tone.New()
	if err != nil {
		t.Fatal(err)
	}
	demo := demoSessions(t)
	for _, pack := range scorecard.Packs() {
		t.Run(pack.Name, func(t *testing.T) {
			t.Parallel()
			card := load(t, string(pack.Source))
			sessions := slices.Clone(demo)
			for _, c := range card.Criteria() {
				for _, e := range c.Examples {
					sessions = append(sessions, e.Session)
				}
			}
			early := 0
			for _, s := range sessions {
				early += foretells(t, ear, card, s)
			}
			if early == 0 {
				t.Error("nothing was foretold of any session")
			}
			t.Logf("%d sessions, %d failures foretold before the last turn", len(sessions), early)
		})
	}
}

// foretells counts the failures that were foretold before the last turn.
func foretells(t *testing.T, ear *tone.Classifier, card pipeline.Card, s *transcript.Session) int {
	t.Helper()
	at := map[string]int{}
	var before []string
	for n := 1; n <= len(s.Turns); n++ {
		now := failed(t, card, heard(t, ear, s, n))
		for _, id := range before {
			if !slices.Contains(now, id) {
				t.Errorf("%s: %q failed by turn %d and not by turn %d", s.ID, id, at[id], n)
			}
		}
		for _, id := range now {
			if _, ok := at[id]; !ok {
				at[id] = n
			}
		}
		before = now
	}
	in := heard(t, ear, s, len(s.Turns))
	for i, a := range card.Classifier.Classify(t.Context(), in) {
		id := card.Criteria()[i].ID
		if _, ok := at[id]; ok && a.Outcome != pipeline.NotMet {
			t.Errorf("%s: %q failed by turn %d, and is %s at the end", s.ID, id, at[id], a.Outcome)
		}
	}
	early := 0
	for _, n := range at {
		if n < len(s.Turns) {
			early++
		}
	}
	return early
}

func TestFailuresThatNothingTakesBack(t *testing.T) {
	t.Parallel()
	ear, err := tone.New()
	if err != nil {
		t.Fatal(err)
	}
	greeting := []transcript.Turn{{Speaker: transcript.Customer, Text: "在吗"}, {Speaker: transcript.Agent, Text: "说"}, {Speaker: transcript.Agent, Text: "我保证明天到"}, {Speaker: transcript.Customer, Text: "好"}}
	for name, c := range map[string]struct {
		criterion string // conditions and decision
		want      int    // the first turn with which it fails, 0: never
	}{
		"a forbidden promise, as soon as it is said":              {"conditions: {c: {speaker: agent, keywords: {any: [保证]}}}\n        not_met_when: c", 3},
		"words that must not be said":                             {"conditions: {c: {speaker: agent, keywords: {none: [保证]}}}\n        met_when: c", 3},
		"a greeting, when its turns have passed":                  {"conditions: {c: {speaker: agent, first: 2, keywords: {any: [您好]}}}\n        met_when: c", 3},
		"a greeting that may still come":                          {"conditions: {c: {speaker: agent, first: 3, keywords: {any: [您好]}}}\n        met_when: c", 0},
		"what may still be said at any time":                      {"conditions: {c: {speaker: agent, keywords: {any: [再见]}}}\n        met_when: c", 0},
		"what the last turn must say":                             {"conditions: {c: {speaker: agent, last: 1, keywords: {any: [再见]}}}\n        met_when: c", 0},
		"a share of the session":                                  {"conditions: {c: {speaker: agent, first: 50%, keywords: {any: [说]}}}\n        not_met_when: c", 0},
		"numbers from the end":                                    {"conditions: {c: {speaker: agent, range: {from: -2}, keywords: {any: [保证]}}}\n        not_met_when: c", 0},
		"every turn of the agent, once one is not so":             {"conditions: {c: {speaker: agent, turns: all, keywords: {any: [保证]}}}\n        met_when: c", 2},
		"every turn of the agent, as long as all are so":          {"conditions: {c: {speaker: agent, turns: all, regex: {pattern: '.'}}}\n        not_met_when: c", 0},
		"at most so many turns":                                   {"conditions: {c: {speaker: agent, turn_count: {max: 1}}}\n        met_when: c", 0},
		"more than so many turns":                                 {"conditions: {c: {speaker: agent, turn_count: {min: 2}}}\n        not_met_when: c", 3},
		"what is said after something":                            {"conditions: {a: {speaker: customer, keywords: {any: [在吗]}}, c: {speaker: agent, after: {condition: a, hit: first}, keywords: {any: [保证]}}}\n        not_met_when: c", 3},
		"what is said before the last time of something":          {"conditions: {a: {keywords: {any: [好]}}, c: {speaker: agent, before: {condition: a, hit: last}, keywords: {any: [保证]}}}\n        not_met_when: c", 0},
		"one thing and not another, which may still come":         {"conditions: {c: {speaker: agent, keywords: {any: [保证]}}, d: {speaker: agent, keywords: {any: [抱歉]}}}\n        not_met_when: c && !d", 0},
		"one thing and not another in one turn":                   {"conditions: {a: {speaker: agent, regex: {pattern: 保证}}, b: {speaker: agent, regex: {pattern: 后天}}, c: {same_turn: {when: a && !b}}}\n        not_met_when: c", 3},
		"where it applies only if something is not said":          {"conditions: {c: {speaker: agent, keywords: {any: [保证]}}, d: {keywords: {any: [再见]}}}\n        applies_when: '!d'\n        not_met_when: c", 0},
		"a field that the session has":                            {"conditions: {c: {speaker: agent, keywords: {any: [保证]}}, m: {metadata: {field: channel, op: '==', value: chat}}}\n        applies_when: m\n        not_met_when: c", 3},
		"a field that may still come":                             {"conditions: {c: {speaker: agent, keywords: {any: [保证]}}, m: {metadata: {field: csat, op: exists}}}\n        applies_when: '!m'\n        not_met_when: c", 0},
		"what rules see beside a model":                           {"conditions: {c: {speaker: agent, keywords: {any: [保证]}}}\n        judge: {question: Is it kept?, not_met_when: c}", 3},
		"what a model is asked":                                   {"judge: Is it kept?", 0},
		"a time from the beginning, as later turns may have none": {"conditions: {c: {speaker: agent, first: 30s, keywords: {any: [保证]}}}\n        not_met_when: c", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			card := load(t, "scorecard: live\nname: live\nsections:\n  - id: s\n    name: s\n    criteria:\n      - id: x\n        name: x\n        "+c.criterion+"\n")
			s := &transcript.Session{ID: "s", Channel: transcript.Chat, Language: "zh", Turns: greeting}
			got := 0
			for n := 1; n <= len(s.Turns) && got == 0; n++ {
				if len(failed(t, card, heard(t, ear, s, n))) > 0 {
					got = n
				}
			}
			if got != c.want {
				t.Errorf("it fails with turn %d, want %d", got, c.want)
			}
		})
	}
}

func TestFailuresShowWhereTheyAre(t *testing.T) {
	t.Parallel()
	card := load(t, "scorecard: live\nname: live\nsections:\n  - id: s\n    name: s\n    criteria:\n      - {id: x, name: x, conditions: {c: {speaker: agent, keywords: {any: [保证]}}}, not_met_when: c}\n")
	s := &transcript.Session{ID: "s", Channel: transcript.Chat, Turns: []transcript.Turn{{Speaker: transcript.Agent, Text: "我保证明天到"}}}
	got := card.Classifier.(*classifiers.Set).Failures(t.Context(), pipeline.NewInput(s))
	want := []pipeline.Evidence{{Span: transcript.Span{Start: 3, End: 9}, Quote: "保证", Condition: "c"}}
	if len(got) != 1 || got[0].By != pipeline.ByRule {
		t.Fatalf("failures: %+v", got)
	}
	if diff := cmp.Diff(want, got[0].Evidence); diff != "" {
		t.Error(diff)
	}
}
