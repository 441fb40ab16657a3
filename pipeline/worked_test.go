package pipeline_test

import (
	"fmt"
	"strings"
	"testing"

	"assay/pipeline"
	"assay/pipeline/scorecard"
)

// worked is a scorecard and the answers to it, in short.
type worked struct {
	name     string   // with the arithmetic
	card     string   // keys of the top level
	want     string   // score, score without critical failures, result
	sections []string // "keys of the section; keys of a criterion = outcome*hits; …"
}

// TestWorkedExamples checks the arithmetic of scores on scorecards as people write them.
func TestWorkedExamples(t *testing.T) {
	t.Parallel()
	for _, w := range []worked{
		// weighted
		{"Σ(points·w)/Σ(max·w): (1·40 + 1·20) / (2·40 + 1·20) = 60 %", "", "60 60 pass",
			[]string{"weight: 40; weight: 1 = met; weight: 1 = not_met", "weight: 20; weight: 1 = met"}},
		{"a group that does not apply is 0/0: (1·40) / (2·40) = 50 %", "", "50 50 fail",
			[]string{"weight: 40; weight: 1 = met; weight: 1 = not_met", "weight: 20; weight: 1 = not_applicable"}},
		{"within groups: (3·2 + 0·1) / ((3+1)·2 + 2·1) = 60 %", "", "60 60 pass",
			[]string{"weight: 2; weight: 3 = met; weight: 1 = not_met", "weight: 1; weight: 2 = not_met"}},
		{"a section of weight 0 does not count: 1/1", "", "100 100 pass",
			[]string{"weight: 0; weight: 9 = not_met", "weight: 1; weight: 1 = met"}},
		{"two thirds: 2/3 = 66.67", "", "66.67 66.67 pass", []string{"weight: 1; weight: 2 = met; weight: 1 = not_met"}},
		{"a bonus comes on top: 100·3/4 + 5 = 80", "", "80 80 pass", []string{"weight: 1; weight: 3 = met; weight: 1 = not_met; bonus: 5 = met"}},
		{"a bonus that is not met takes nothing: 100·3/4 = 75", "", "75 75 pass", []string{"weight: 1; weight: 3 = met; weight: 1 = not_met; bonus: 5 = not_met"}},
		{"and counts in points of 100 in any section: 100·1/2 + 5 = 55", "", "55 55 fail",
			[]string{"weight: 40; weight: 1 = met; bonus: 5 = met", "weight: 40; weight: 1 = not_met"}},
		{"no more than 100: min(100, 100·1/1 + 5)", "", "100 100 pass", []string{"weight: 1; weight: 1 = met; bonus: 5 = met"}},
		{"a bonus is no part of the limit: unknown 0 of 1", "", "100 100 pass", []string{"weight: 1; weight: 1 = met; bonus: 50 = undetermined"}},
		{"a bonus alone is no score", "undetermined_limit: 100", "none none withheld", []string{"weight: 1; weight: 1 = undetermined; bonus: 50 = met"}},
		{"a critical section: 100·(0 + 2)/(1+1+2) = 50, else 100·(1 + 2)/4 = 75", "", "50 75 fail",
			[]string{"weight: 1; {weight: 1, critical: section} = not_met; weight: 1 = met", "weight: 1; weight: 2 = met"}},
		{"by the sections' weights: 100·(0·30 + 1·10)/(2·30 + 1·10) = 14.29, else 57.14", "", "14.29 57.14 fail",
			[]string{"weight: 30; {weight: 1, critical: section} = not_met; weight: 1 = met", "weight: 10; weight: 1 = met"}},
		{"a failed section loses its bonus: 100·1/2 = 50, else 50 + 20 = 70", "", "50 70 fail",
			[]string{"weight: 1; {weight: 1, critical: section} = not_met; bonus: 20 = met", "weight: 1; weight: 1 = met"}},
		{"a bonus elsewhere stays: 100·1/2 + 20 = 70", "", "70 70 pass",
			[]string{"weight: 1; {weight: 1, critical: section} = not_met", "weight: 1; weight: 1 = met; bonus: 20 = met"}},
		{"a critical sheet: 0, else 100·9/10 = 90", "", "0 90 fail", []string{"weight: 1; {weight: 1, critical: sheet} = not_met; weight: 9 = met"}},
		{"just at the limit: (0.1 + 0.2)/1 is not more than 30 %", "", "100 100 pass",
			[]string{"weight: 1; weight: 0.1 = undetermined; weight: 0.2 = undetermined; weight: 0.7 = met"}},
		{"above the limit: 0.31/1 > 30 %", "", "none none withheld", []string{"weight: 1; weight: 0.31 = undetermined; weight: 0.69 = met"}},
		{"above by the sections' weights: 1·3/(1·3 + 1·5) = 37.5 % > 30 %", "", "none none withheld",
			[]string{"weight: 3; weight: 1 = undetermined", "weight: 5; weight: 1 = met"}},
		// deduction
		{"start + bonus − deductions: 100 − 5 − 3·2 + 4 = 93", "{mode: deduction}", "93 93 pass",
			[]string{"; deduct: 5 = not_met; {deduct: 2, per: hit} = not_met*3; bonus: 4 = met; deduct: 50 = met"}},
		{"start below cap: 90 + 4 + 20 = 114, at most 110", "{mode: deduction, start: 90, cap: 110}", "110 110 pass", []string{"; bonus: 4 = met; bonus: 20 = met"}},
		{"floor: 100 − 70 − 70 = −40, at least 20", "{mode: deduction, floor: 20, pass: 60}", "20 20 fail", []string{"; deduct: 70 = not_met; deduct: 70 = not_met"}},
		{"at most: 100 − min(30·2, 12) = 88", "{mode: deduction}", "88 88 pass", []string{"; {deduct: 2, per: hit, at_most: 12} = not_met*30"}},
		{"a bonus per hit at most: 80 + min(5·3, 10) = 90", "{mode: deduction, start: 80}", "90 90 pass", []string{"; {bonus: 3, per: hit, at_most: 10} = met*5"}},
		{"a critical section pays all once and loses its bonus: 100 − 10 − 5 + 2 = 87, else 100 − 10 + 10 + 2 = 102", "{mode: deduction, cap: 110}", "87 102 pass",
			[]string{"; {deduct: 10, critical: section} = not_met; deduct: 5 = met; bonus: 10 = met", "; bonus: 2 = met"}},
		{"a critical sheet falls to the floor: 10, else 100 − 1 = 99", "{mode: deduction, floor: 10}", "10 99 fail", []string{"; {deduct: 1, critical: sheet} = not_met"}},
		{"withheld: 4/(4 + 6) = 40 % > 30 %", "{mode: deduction}", "none none withheld", []string{"; deduct: 4 = undetermined; deduct: 6 = met"}},
		{"a higher limit: 40 % is not more than 50 %, 100 − 0", "{mode: deduction, undetermined_limit: 50}", "100 100 pass", []string{"; deduct: 4 = undetermined; deduct: 6 = met"}},
	} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			src, said := w.parse(t)
			card, problems := scorecard.Parse("x.yaml", []byte(src))
			if err := problems.Err(); err != nil {
				t.Fatalf("%v\n%s", err, src)
			}
			v := inspect(t, card, said)
			if got := fmt.Sprint(number(v.Score), " ", number(v.Unfailed), " ", v.Result); got != w.want {
				t.Errorf("got %s, want %s\n%s", got, w.want, src)
			}
		})
	}
}

// parse writes the scorecard and the answers to its criteria.
func (w worked) parse(t *testing.T) (string, answers) {
	t.Helper()
	var b strings.Builder
	b.WriteString("scorecard: s\nname: S\n" + lines(w.card, "") + "sections:\n")
	var said answers
	for i, s := range w.sections {
		parts := strings.Split(s, ";")
		fmt.Fprintf(&b, "- id: s%d\n  name: S\n%s  criteria:\n", i, lines(parts[0], "  "))
		for j, p := range parts[1:] {
			keys, outcome, _ := strings.Cut(p, " = ")
			fmt.Fprintf(&b, "  - id: c%d%d\n    name: C\n    manual: true\n%s", i, j, lines(keys, "    "))
			a := pipeline.Answer{Hits: 1}
			name, hits, many := strings.Cut(strings.TrimSpace(outcome), "*")
			if a.Outcome = pipeline.Outcome(name); many {
				if _, err := fmt.Sscan(hits, &a.Hits); err != nil {
					t.Fatal(err)
				}
			}
			said = append(said, a)
		}
	}
	return b.String(), said
}

// lines writes {a: 1, b: 2}, or one pair, as lines.
func lines(pairs, indent string) string {
	pairs = strings.Trim(strings.TrimSpace(pairs), "{}")
	if pairs == "" {
		return ""
	}
	return indent + strings.ReplaceAll(pairs, ", ", "\n"+indent) + "\n"
}
