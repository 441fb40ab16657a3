package classifiers_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"assay/classifiers"
	"assay/classifiers/tone"
	"assay/pipeline"
	"assay/pipeline/scorecard"
)

// What every pack promises: so many criteria, and for each so many examples that
// are met and so many that are not, or only look as if they were.
const (
	leastCriteria = 25
	leastEach     = 3
)

func TestPacksKeepTheirOwnExamples(t *testing.T) {
	t.Parallel()
	ear, err := tone.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, pack := range scorecard.Packs() {
		t.Run(pack.Name, func(t *testing.T) {
			t.Parallel()
			card := load(t, string(pack.Source))
			if card.ID != pack.Name {
				t.Errorf("is called %q", card.ID)
			}
			for _, r := range classifiers.CheckExamples(t.Context(), card, ear) {
				if !r.OK() {
					t.Error(r)
				}
			}
		})
	}
}

func TestPacksHaveExamplesOfEitherSortInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, pack := range scorecard.Packs() {
		criteria := parse(t, pack).Criteria()
		if len(criteria) < leastCriteria {
			t.Errorf("%s has %d criteria", pack.Name, len(criteria))
		}
		for _, c := range criteria {
			if lacks := lacking(c); len(lacks) > 0 {
				t.Errorf("%s: criterion %q lacks %s", pack.Name, c.ID, strings.Join(lacks, ", "))
			}
		}
	}
}

// lacking says what a shipped criterion should have and has not.
func lacking(c *scorecard.Criterion) []string {
	var lacks []string
	outcomes := map[pipeline.Outcome]int{}
	han, latin := false, false
	for _, x := range c.Examples {
		outcomes[pipeline.Outcome(x.Outcome)]++
		for _, turn := range x.Session.Turns {
			han = han || strings.ContainsFunc(turn.Text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
			latin = latin || strings.ContainsFunc(turn.Text, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
		}
	}
	if n := outcomes[pipeline.Met]; n < leastEach {
		lacks = append(lacks, fmt.Sprintf("examples that are met: has %d", n))
	}
	if n := outcomes[pipeline.NotMet] + outcomes[pipeline.NotApplicable]; n < leastEach {
		lacks = append(lacks, fmt.Sprintf("examples that are not: has %d", n))
	}
	if c.NotMetWhen != nil && outcomes[pipeline.NotMet] < leastEach {
		lacks = append(lacks, fmt.Sprintf("examples of the violation: has %d", outcomes[pipeline.NotMet]))
	}
	for what, has := range map[string]bool{
		"Chinese examples": han, "English examples": latin,
		"a name in both languages": c.Name.ZH != "" && c.Name.EN != "", "advice in both languages": c.Advice.ZH != "" && c.Advice.EN != "",
		"a severity": c.Severity != "", "a category": c.Category != "",
	} {
		if !has {
			lacks = append(lacks, what)
		}
	}
	slices.Sort(lacks)
	return lacks
}

// behaviours are what every pack detects, and the criteria that do. A pack that
// is not listed finds it by the criterion under "". What only the tone labels
// tell is "tone:" and the label; "-" is a behaviour that the pack's sessions do
// not have.
func behaviours() map[string]map[string][]string {
	return map[string]map[string][]string{
		"rude":                 {"": {"rude"}},
		"shirking":             {"": {"shirking"}},
		"perfunctory":          {"": {"perfunctory"}},
		"impatient":            {"": {"impatient"}},
		"interrogating":        {"": {"interrogating"}},
		"asks again":           {"": {"asks_again"}},
		"late response":        {"": {"dead_air", "late_response"}, "retail-chat": {"first_response", "late_response"}, "telecom-call": {"dead_air", "long_hold"}},
		"forbidden promises":   {"": {"forbidden_promise"}},
		"forbidden words":      {"": {"forbidden_words"}, "bank": {"pressing_sale", "private_dealing", "debt_threat"}, "public-service-hotline": {"criticism", "dissuading"}},
		"no greeting":          {"": {"greeting"}},
		"no identity check":    {"": {"identity_check"}, "public-service-hotline": {"asks_contact"}},
		"no confirmation":      {"": {"confirms_need"}, "bank": {"confirms_need", "payment_readback"}, "public-service-hotline": {"restates"}},
		"no closing":           {"": {"closing"}},
		"customer's complaint": {"": {"complaint_recorded"}},
		"escalation demand":    {"": {"escalation"}},
		"threat of publicity":  {"": {"publicity_answered"}, "retail-chat": {"complaint_recorded", "tone:publicity"}, "telecom-call": {"complaint_recorded", "tone:publicity"}},
		"customer's abuse":     {"": {"abuse_answered"}, "retail-chat": {"tone:abuse"}, "telecom-call": {"tone:abuse"}},
		"customer's anger":     {"": {"apology"}},
		"churn":                {"": {"tone:churn"}, "bank": {"retention"}, "public-service-hotline": {"-"}},
		"praise":               {"": {"praise_thanked"}, "retail-chat": {"tone:praise"}, "telecom-call": {"tone:praise"}},
	}
}

func TestPacksDetectEveryBehaviour(t *testing.T) {
	t.Parallel()
	for _, pack := range scorecard.Packs() {
		has := map[string]bool{"-": true}
		for _, c := range parse(t, pack).Criteria() {
			has[c.ID] = true
		}
		for _, label := range pipeline.CustomerLabels {
			has["tone:"+string(label)] = true
		}
		all := behaviours()
		for _, behaviour := range slices.Sorted(maps.Keys(all)) {
			ids := all[behaviour][pack.Name]
			if ids == nil {
				ids = all[behaviour][""]
			}
			for _, id := range ids {
				if !has[id] {
					t.Errorf("%s: %s: no %q", pack.Name, behaviour, id)
				}
			}
		}
	}
}

// parse reads a pack without compiling its conditions.
func parse(t *testing.T, pack scorecard.Pack) *scorecard.Scorecard {
	t.Helper()
	card, problems := scorecard.Parse(pack.Name, pack.Source)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return card
}

// TestFirstPacksAreChosenApart holds that no two packs that are published
// together are for the same channel: one would never be tried.
func TestFirstPacksAreChosenApart(t *testing.T) {
	t.Parallel()
	by := map[string]string{}
	for _, pack := range scorecard.FirstPacks() {
		for _, channel := range parse(t, pack).Scope.Channels {
			if other := by[string(channel)]; other != "" {
				t.Errorf("%s and %s are both for channel %s", other, pack.Name, channel)
			}
			by[string(channel)] = pack.Name
		}
	}
	if len(by) == 0 {
		t.Error("no pack is first")
	}
}

func TestScorecardsForEvaluationKeepTheirExamples(t *testing.T) {
	t.Parallel()
	ear, err := tone.New()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../testdata/scorecards/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scorecards: %v", len(files), err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		card, err := classifiers.Load(file, src)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range classifiers.CheckExamples(t.Context(), card, ear) {
			if !r.OK() {
				t.Error(r)
			}
		}
	}
}
