package classifiers_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"assay/classifiers"
	"assay/pipeline/transcript"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata/cases and testdata/broken, and the schema")

// TestCases runs testdata/cases.
func TestCases(t *testing.T) {
	t.Parallel()
	for file, c := range cases(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			got := c.Answers(t.Context(), silent{})
			if *update {
				if err := c.Rewrite(got); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(c.Want, got); diff != "" {
				t.Errorf("%s\n(-want +got)\n%s", c.Description(), diff)
			}
			want, near, err := c.Near(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, near); diff != "" {
				t.Errorf("%s\nnearest (-want +got)\n%s", c.Description(), diff)
			}
		})
	}
}

// cases are those of testdata/cases by their files.
func cases(t *testing.T) map[string]*classifiers.Case {
	t.Helper()
	files, err := filepath.Glob("../testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	all := map[string]*classifiers.Case{}
	for _, file := range files {
		if all[file], err = classifiers.ReadCase(file); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func part(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// session reads a session as it stands in a case.
func session(t *testing.T, text string) *transcript.Session {
	t.Helper()
	s, err := classifiers.ParseSession(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseSession(t *testing.T) {
	t.Parallel()
	got := session(t, "@channel call\n@csat 4\n@business_type inquiry\n@urgency urgent\n@started_at 2026-03-02T08:00:00+08:00\n@queue vip\n@holds 3\n@tags late, angry\n\nagent 1s-2.5s: hello: 您好\ncustomer/event 3s: left\\nthe call\nbot:\n")
	want := &transcript.Session{
		ID: "case", Channel: transcript.Call, CSAT: 4, BusinessType: "inquiry", Urgency: "urgent",
		StartedAt: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
		Metadata:  map[string]any{"queue": "vip", "holds": 3.0, "tags": []any{"late", "angry"}},
		Turns: []transcript.Turn{
			{Speaker: transcript.Agent, Text: "hello: 您好", StartMS: new(int64(1000)), EndMS: new(int64(2500))},
			{Speaker: transcript.Customer, Kind: transcript.Event, Text: "left\nthe call", StartMS: new(int64(3000))},
			{Speaker: transcript.Bot},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadCaseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const card = "-- scorecard.yaml --\nscorecard: s\nname: S\nsections: [{id: s, name: S, criteria: [{id: c, name: C, manual: true}]}]\n"
	tests := map[string]struct{ src, want string }{
		"no scorecard":           {"-- session --\nagent: a\n", `neither a part "scorecard.yaml" nor "scorecard"`},
		"no such scorecard":      {"-- scorecard --\nnone.yaml\n", "none.yaml: no such file"},
		"a scorecard's mistakes": {"-- scorecard.yaml --\nscorecard: s\n", `scorecard.yaml:1:1: "name" is missing`},
		"no session":             {card, `no part "session"`},
		"an unknown speaker":     {card + "-- session --\nagent: a\nclerk: b\n", `session line 2: "clerk: b": no turn; allowed:`},
		"no time":                {card + "-- session --\nagent soon: a\n", `session line 1: "agent soon: a": time: invalid duration`},
		"an unknown channel":     {card + "-- session --\n@channel fax\n", "unknown channel; allowed: [call chat email]"},
		"a tone of no turn":      {card + "-- session --\nagent: a\n-- tone --\n1 rude 1\n", `tone line 1: "1 rude 1": there is no turn "1"`},
		"a tone of other words":  {card + "-- session --\nagent: a\n-- tone --\n0 rude 1 b\n", `turn 0 does not say "b"`},
		"an unknown criterion":   {card + "-- session --\nagent: a\n-- criteria --\nc d\n", `the scorecard has no criterion "d"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "case.txtar")
			if err := os.WriteFile(file, []byte(tt.src), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := classifiers.ReadCase(file); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

func TestCaseNamesItsScorecardAndCriteria(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	card := "scorecard: s\nname: S\nsections: [{id: s, name: S, criteria: [{id: c, name: C, manual: true}, {id: d, name: D, met_when: x, conditions: {x: {regex: {pattern: hi}}}}]}]\n"
	file := filepath.Join(dir, "cases", "case.txtar")
	if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{filepath.Join(dir, "card.yaml"): card, file: "-- scorecard --\n../card.yaml\n-- session --\nagent: hi\n-- criteria --\nd\n"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := classifiers.ReadCase(file)
	if err != nil {
		t.Fatal(err)
	}
	want := "d: met by rule, hits 1\n  x 0:0-2 \"hi\"\n  ? x hit in 1 turns, 0 to 0\n"
	if diff := cmp.Diff(want, c.Answers(t.Context(), silent{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := c.Rewrite(want); err != nil {
		t.Fatal(err)
	}
	again, err := classifiers.ReadCase(file)
	if err != nil || again.Want != want {
		t.Errorf("rewritten: %v, %q", err, again.Want)
	}
}
