package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/pipeline/scorecard"
	"assay/pipeline/store"
)

// newCard is what "scorecard new" prints, with some texts replaced.
func newCard(t *testing.T, replace ...string) string {
	t.Helper()
	got := assay(t, "scorecard", "new", "mine")
	if got.status != 0 {
		t.Fatal(got.stderr)
	}
	return write(t, "mine.yaml", strings.NewReplacer(replace...).Replace(got.stdout))
}

// writeCase writes a case on a greeting and returns its file.
func writeCase(t *testing.T, want string) string {
	t.Helper()
	return write(t, "case.txtar", "A greeting in the first turn.\n-- scorecard.yaml --\n"+
		"scorecard: s\nname: S\nsections: [{id: s, name: S, criteria: [{id: greets, name: G, met_when: g, conditions: {g: {keywords: {any: [hello]}}}}]}]\n"+
		"-- session --\nagent: Hello\n-- want --\n"+want)
}

const greeted = "greets: met by rule, hits 1\n  g 0:0-5 \"Hello\"\n  ? g hit in 1 turns, 0 to 0\n"

func TestScorecardCommands(t *testing.T) {
	t.Parallel()
	good, lighter := newCard(t), newCard(t, "weight: 8", "weight: 6")
	warned := newCard(t, "pass: 80 ", "pass: 0 ")
	allowed := newCard(t, "pass: 80 ", "pass: 0 # lint: allow odd_threshold for comparison only")
	failing := newCard(t, "hello, hi, ", "")
	broken := write(t, "broken.yaml", "scorecard: x\n")
	holds, fails := writeCase(t, greeted), writeCase(t, "greets: not_met by rule, hits 1\n")
	brokenCase := write(t, "broken.txtar", "-- session --\nagent: hi\n")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   string // in either output
	}{
		{"check without a warning", []string{"check", "--strict", good}, 0, "no mistakes, 0 warnings"},
		{"check with a warning", []string{"check", warned}, 0, "pass: warning odd_threshold: pass 0 is the lowest score"},
		{"check with a warning as JSON", []string{"check", "--json", warned}, 0, `"key":"pass","message":"pass 0 is the lowest score there is, so that every score passes","code":"odd_threshold"}`},
		{"a strict check with a warning", []string{"check", "--strict", warned}, 1, "odd_threshold"},
		{"a strict check that allows it", []string{"check", "--strict", "--allow", "odd_threshold", warned}, 0, "0 warnings"},
		{"a strict check that allows something else", []string{"check", "--strict", "--allow", "few_examples", warned}, 1, "odd_threshold"},
		{"a strict check that the file allows", []string{"check", "--strict", allowed}, 0, "0 warnings"},
		{"check that allows an unknown code", []string{"check", "--allow", "odd", good}, 2, `unknown code "odd"; allowed: [unused_condition`},
		{"check of a broken file", []string{"check", broken}, 1, `"name" is missing`},
		{"check of no file", []string{"check", "none.yaml"}, 2, "none.yaml"},

		{"test of a case with another near miss", []string{"test", writeCase(t, greeted+"-- near --\ngreets g: nothing\n")}, 1, "- greets g: nothing"},
		{"test of examples that hold", []string{"test", good}, 0, "mine: 13 of 13 examples hold"},
		{"test of examples that fail", []string{"test", failing}, 1, `criterion "greeting": example is met, got not_met`},
		{"test of a broken scorecard", []string{"test", broken}, 2, `"name" is missing`},
		{"test of a case that holds", []string{"test", holds}, 0, "1 of 1 cases hold"},
		{"test of a case that fails", []string{"test", fails}, 1, "  - greets: not_met by rule, hits 1\n  + greets: met by rule, hits 1\n"},
		{"test of a case that fails as JSON", []string{"test", "--json", fails}, 1, `"description":"A greeting in the first turn.","want":"greets: not_met by rule, hits 1\n"`},
		{"test of a broken case", []string{"test", brokenCase}, 2, `neither a part "scorecard.yaml" nor "scorecard"`},
		{"test of a folder of cases", []string{"test", "../../testdata/cases"}, 0, "cases hold"},
		{"test of a folder and a scorecard", []string{"test", "../../testdata/cases", failing}, 1, "cases hold"},
		{"test of a folder without cases", []string{"test", "../../testdata/formats"}, 2, "no case file"},
		{"test of no file", []string{"test", "none.txtar"}, 2, "none.txtar"},

		{"diff of the same", []string{"diff", "--exit-code", good, good}, 0, "no difference in meaning"},
		{"diff of others", []string{"diff", good, lighter}, 0, "criterion refund_time\n  weight 8 → 6\n"},
		{"diff of others with an exit code", []string{"diff", "--exit-code", good, lighter}, 1, "weight 8 → 6"},
		{"diff as JSON", []string{"diff", "--json", good, lighter}, 0, `{"what":"changed","section":"solution","criterion":"refund_time","key":"weight","from":8,"to":6}`},
		{"diff with a shipped one", []string{"diff", "retail-chat", good}, 0, "scorecard retail-chat → mine"},
		{"diff with a broken one", []string{"diff", good, broken}, 2, `"name" is missing`},
		{"diff with nothing", []string{"diff", good, "none"}, 2, `no file and no shipped scorecard "none"; allowed: a file, one of [`},

		{"new with an impossible id", []string{"new", "1st"}, 2, `"1st" is no identifier`},
		{"new in another language", []string{"new", "--language", "fr"}, 2, "zh"},
		{"the schema", []string{"schema"}, 0, `"$schema": "https://json-schema.org/draft/2020-12/schema"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := assay(t, append([]string{"scorecard"}, c.args...)...)
			if got.status != c.status {
				t.Errorf("exit status %d, want %d\n%s%s", got.status, c.status, got.stdout, got.stderr)
			}
			if !strings.Contains(got.stdout+got.stderr, c.says) {
				t.Errorf("does not say %q:\n%s%s", c.says, got.stdout, got.stderr)
			}
		})
	}
}

func TestNewScorecardsPassCheckAndTest(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"zh", "en"} {
		for _, channel := range []string{"call", "chat", "email"} {
			printed := assay(t, "scorecard", "new", "--language", language, "--channel", channel, "a-b.c")
			if !strings.Contains(printed.stdout, "# yaml-language-server: $schema=") {
				t.Errorf("%s: no line for editors", language)
			}
			file := write(t, "new.yaml", printed.stdout)
			for _, args := range [][]string{{"check", "--strict", file}, {"test", file}} {
				if got := assay(t, append([]string{"scorecard"}, args...)...); got.status != 0 {
					t.Errorf("%s, %s: exit status %d\n%s%s", language, channel, got.status, got.stdout, got.stderr)
				}
			}
		}
	}
}

func TestShippedScorecardsGiveNoWarning(t *testing.T) {
	t.Parallel()
	for _, pack := range scorecard.Packs() {
		file := write(t, pack.Name+".yaml", string(pack.Source))
		if got := assay(t, "scorecard", "check", "--strict", file); got.status != 0 {
			t.Errorf("%s: exit status %d\n%s", pack.Name, got.status, got.stdout)
		}
	}
}

func TestScorecardTestUpdatesCases(t *testing.T) {
	t.Parallel()
	file := writeCase(t, "greets: not_met by rule, hits 1\n")
	for _, args := range [][]string{{"--update", file}, {file}} {
		if got := assay(t, append([]string{"scorecard", "test"}, args...)...); got.status != 0 {
			t.Errorf("%q: exit status %d\n%s%s", args, got.status, got.stdout, got.stderr)
		}
	}
	src, err := os.ReadFile(filepath.Clean(file))
	if err != nil || !strings.HasSuffix(string(src), "-- want --\n"+greeted) {
		t.Errorf("%v:\n%s", err, src)
	}
}

func TestDiffOfPublishedVersions(t *testing.T) {
	t.Parallel()
	data := newDataFolder(t)
	var names []string
	for _, file := range []string{newCard(t), newCard(t, "weight: 8", "weight: 6")} {
		got := assay(t, "scorecard", "publish", "--json", "--data", data, file)
		var published struct{ ID, Version string }
		if err := json.Unmarshal([]byte(got.stdout), &published); err != nil {
			t.Fatalf("%v: %s%s", err, got.stdout, got.stderr)
		}
		names = append(names, published.ID+"@"+published.Version)
	}
	got := assay(t, "scorecard", "diff", "--data", data, names[0], names[1])
	if got.status != 0 || got.stdout != "criterion refund_time\n  weight 8 → 6\n" {
		t.Errorf("exit status %d\n%s%s", got.status, got.stdout, got.stderr)
	}
	got = assay(t, "scorecard", "diff", "--data", data, names[0], "mine@none")
	if got.status != 2 || !strings.Contains(got.stderr, store.ErrNotFound.Error()) {
		t.Errorf("exit status %d of a version that does not exist\n%s", got.status, got.stderr)
	}
}
