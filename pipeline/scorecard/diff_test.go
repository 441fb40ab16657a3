package scorecard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/scorecard"
)

const before = `scorecard: s
name: S
pass: 70
conditions:
  asks: {speaker: customer, keywords: {any: [refund, 退款]}}
sections:
- id: one
  name: One
  criteria:
  - id: greets
    name: Greets
    weight: 5
    conditions:
      hello: {speaker: agent, first: 2, keywords: {any: [hello, 您好, good day]}}
      slow: {after: asks, response_gap: {more_than: 60s}}
    met_when: hello && !slow
    examples: [{outcome: met, turns: ["agent: hello"]}]
  - {id: tidy, name: Tidy, manual: true}
- id: two
  name: Two
  criteria:
  - {id: kind, name: Kind, judge: Was the agent kind?}
`

func differences(t *testing.T, from, to string) []string {
	t.Helper()
	parsed := func(src string) *scorecard.Scorecard {
		s, problems := scorecard.Parse("x.yaml", []byte(src))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	var out []string
	for _, d := range scorecard.Diff(parsed(from), parsed(to)) {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s/%s %s", d.Section, d.Criterion, d)))
	}
	return out
}

func TestDiff(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		replace []string // old and new, in turn
		want    []string
	}{
		"nothing":                               {nil, nil},
		"comments, blanks and quotes":           {[]string{"pass: 70", "# comment\npass:   70.0", "name: One", `name: "One"`}, nil},
		"order of keys and of words":            {[]string{"pass: 70\n", "", "name: S\n", "pass: 70\nname: S\n", "hello, 您好, good day", "good day, hello, 您好"}, nil},
		"equal logic":                           {[]string{"hello && !slow", "'!(slow or not hello)'"}, nil},
		"equal forms":                           {[]string{"60s", "1m", "after: asks", "after: {condition: asks, hit: any}", "name: One", "name: {zh: One, en: One}"}, nil},
		"defaults written out":                  {[]string{"pass: 70", "pass: 70\nmode: weighted\nundetermined_limit: 30", "name: Tidy", "name: Tidy, weight: 1, severity: moderate, critical: no"}, nil},
		"order of criteria":                     {[]string{"  - {id: tidy, name: Tidy, manual: true}\n", "", "  criteria:\n  - id: greets", "  criteria:\n  - {id: tidy, name: Tidy, manual: true}\n  - id: greets"}, nil},
		"a setting":                             {[]string{"pass: 70", "pass: 80"}, []string{"/ pass 70 → 80"}},
		"a setting that is left to its default": {[]string{"pass: 70\n", ""}, []string{"/ pass 70 → 60"}},
		"a shared condition":                    {[]string{"refund, 退款", "refund"}, []string{"/ conditions.asks.keywords.any −退款"}},
		"a weight":                              {[]string{"weight: 5", "weight: 3"}, []string{"one/greets weight 5 → 3"}},
		"words":                                 {[]string{"hello, 您好", "hi, 您好"}, []string{"one/greets conditions.hello.keywords.any −hello +hi"}},
		"a window":                              {[]string{"first: 2", "first: 30s"}, []string{"one/greets conditions.hello.first 2 → 30s"}},
		"an anchor":                             {[]string{"after: asks", "after: {condition: asks, hit: last}"}, []string{"one/greets conditions.slow.after.hit added: last"}},
		"a limit":                               {[]string{"60s", "90s"}, []string{"one/greets conditions.slow.response_gap.more_than 1m → 1m30s"}},
		"other logic":                           {[]string{"hello && !slow", "hello || !slow"}, []string{"one/greets met_when hello && !slow → hello || !slow"}},
		"an example":                            {[]string{"agent: hello", "agent: 您好"}, []string{"one/greets examples.turns agent: hello → agent: 您好"}},
		"a criterion that is gone":              {[]string{"  - {id: tidy, name: Tidy, manual: true}\n", ""}, []string{"one/tidy removed"}},
		"a criterion that has come":             {[]string{"- id: two", "  - {id: neat, name: Neat, manual: true}\n- id: two"}, []string{"one/neat added"}},
		"a criterion with another id":           {[]string{"id: tidy", "id: neat"}, []string{"one/tidy renamed neat"}},
		"a criterion in another section":        {[]string{"  - {id: tidy, name: Tidy, manual: true}\n", "", "  criteria:\n  - {id: kind", "  criteria:\n  - {id: tidy, name: Tidy, manual: true}\n  - {id: kind"}, []string{"two/tidy moved from section one to two"}},
		"a section's name":                      {[]string{"name: Two", "name: Second"}, []string{"two/ name.en Two → Second", "two/ name.zh Two → Second"}},
		"a section that has another id":         {[]string{"id: two", "id: second"}, []string{"second/ added", "two/ removed", "second/kind moved from section two to second"}},
		"a judge's question":                    {[]string{"Was the agent kind?", "Was the agent calm?"}, []string{"two/kind judge.question Was the agent kind? → Was the agent calm?"}},
		"a criterion that is answered in another way":     {[]string{"judge: Was the agent kind?", "manual: true"}, []string{`two/kind judge removed: {"question":"Was the agent kind?"}`, "two/kind manual added: true"}},
		"two criteria that change places of their weight": {[]string{"weight: 5", "weight: 1", "name: Tidy", "name: Tidy, weight: 5"}, []string{"one/greets weight 5 → 1", "one/tidy weight 1 → 5"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := before
			for i := 0; i < len(tt.replace); i += 2 {
				if !strings.Contains(after, tt.replace[i]) {
					t.Fatalf("no %q", tt.replace[i])
				}
				after = strings.Replace(after, tt.replace[i], tt.replace[i+1], 1)
			}
			if diff := cmp.Diff(tt.want, differences(t, before, after)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestDefaultsAreParses holds what Diff takes for said by leaving it out against
// what Parse makes of it.
func TestDefaultsAreParses(t *testing.T) {
	t.Parallel()
	const bare = "scorecard: s\nname: S\nmode: %s\n%s\nsections: [{id: s, name: S, criteria: [{id: c, name: C, met_when: a, %s, conditions: {a: {keywords: {any: [x]}%s}}}]}]\n"
	tests := []struct{ mode, top, criterion, condition string }{
		{"weighted", "pass: 60\nundetermined_limit: 30", "weight: 1, severity: moderate, category: service_quality, critical: no", ", turns: any"},
		{"deduction", "start: 100\ncap: 100\nfloor: 0\nundetermined_limit: 30\npass: 60", "deduct: 3, per: once", ""},
	}
	for _, tt := range tests {
		worth := "advice: A"
		if tt.mode == "deduction" {
			worth = "deduct: 3"
		}
		said := fmt.Sprintf(bare, tt.mode, tt.top, tt.criterion+", advice: A", tt.condition)
		unsaid := fmt.Sprintf(bare, tt.mode, "", worth+map[bool]string{true: ", advice: A"}[tt.mode == "deduction"], "")
		if got := differences(t, unsaid, said); got != nil {
			t.Errorf("mode %s: differ in %q", tt.mode, got)
		}
		a, _ := scorecard.Parse("a", []byte(said))
		b, _ := scorecard.Parse("b", []byte(unsaid))
		ca, cb := a.Criteria()[0], b.Criteria()[0]
		type meaning struct {
			Mode                                           scorecard.Mode
			Pass, Limit, Start, Cap, Floor, Weight, Points float64
			PerHit, All                                    bool
			Critical                                       scorecard.Critical
			Severity                                       scorecard.Severity
			Category                                       scorecard.Category
		}
		of := func(s *scorecard.Scorecard, c *scorecard.Criterion) meaning {
			return meaning{s.Mode, s.Pass, s.UndeterminedLimit, s.Start, s.Cap, s.Floor, c.Weight, c.Points, c.PerHit,
				c.Conditions[0].Where.All, c.Critical, c.Severity, c.Category}
		}
		if diff := cmp.Diff(of(a, ca), of(b, cb)); diff != "" {
			t.Errorf("mode %s: Parse means something else (-said +unsaid)\n%s", tt.mode, diff)
		}
	}
}
