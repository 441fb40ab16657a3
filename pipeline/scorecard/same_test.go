package scorecard

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sameOld = `
scorecard: s
name: S
conditions:
  hello: {keywords: {any: [hello]}}
  early: {after: hello, keywords: {any: [now]}}
  other: {keywords: {any: [other]}}
sections:
  - id: a
    name: A
    criteria:
      - {id: plain, name: P, conditions: {x: {keywords: {any: [x]}}}, met_when: x}
      - {id: shared, name: Q, met_when: hello}
      - {id: through, name: R, met_when: early}
      - {id: apart, name: T, met_when: other}
      - {id: manual, name: M, manual: true}
`

func TestSameCriteria(t *testing.T) {
	t.Parallel()
	const all = "apart manual plain shared through"
	for name, c := range map[string]struct{ from, to, want string }{
		"nothing changed":                   {"", "", all},
		"names, weights and marks":          {"name: P", "name: Other, weight: 7, critical: sheet, advice: Do", all},
		"its own condition":                 {"[x]", "[y]", "apart manual shared through"},
		"a shared condition":                {"[other]", "[another]", "manual plain shared through"},
		"a condition behind another one":    {"[hello]", "[hi]", "apart manual plain"},
		"how it is answered":                {"manual: true", "judge: Was it good?", "apart plain shared through"},
		"a key that all rest on":            {"scorecard: s\n", "scorecard: s\nsynonyms: {hello: [hi]}\n", ""},
		"a key of the section":              {"name: A", "name: A\n    business: [loan]", ""},
		"the scope, which says nothing":     {"name: S", "name: S\nfor: {channels: [chat]}", all},
		"a criterion of another one's name": {"id: apart", "id: apart2", "manual plain shared through"},
		"expression":                        {"met_when: other", "not_met_when: other", "manual plain shared through"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := strings.Replace(sameOld, c.from, c.to, 1)
			old, new := &Scorecard{Source: []byte(sameOld)}, &Scorecard{Source: []byte(src)}
			got := Compare(old, new)
			if diff := cmp.Diff(strings.Fields(c.want), slices.Sorted(maps.Keys(got.Same)), cmp.Transformer("list", func(l []string) string { return strings.Join(l, " ") })); diff != "" {
				t.Errorf("the same (-want +got)\n%s", diff)
			}
		})
	}
}

func TestMergedScorecardAsksEachQuestionOnce(t *testing.T) {
	t.Parallel()
	parse := func(src string) *Scorecard {
		card, problems := Parse("s", []byte(src))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		return card
	}
	old := parse(sameOld)
	new := parse(strings.Replace(sameOld, "[hello]", "[hi]", 1))
	merged, places, ok := Compare(old, new).Merge()
	if !ok || len(merged.Criteria()) != 7 {
		t.Fatalf("%t, %d criteria, want 5 and the 2 that differ", ok, len(merged.Criteria()))
	}
	if diff := cmp.Diff([]int{0, 5, 6, 3, 4}, places); diff != "" {
		t.Errorf("places (-want +got)\n%s", diff)
	}
	own := conditionNames(merged.Criteria()[6].Conditions)
	if diff := cmp.Diff([]string{"hello", "early"}, own); diff != "" {
		t.Errorf("conditions that the added criterion has for its own (-want +got)\n%s", diff)
	}
	if len(old.Criteria()) != 5 || len(new.Criteria()) != 5 {
		t.Error("merging changed the scorecards")
	}
}
