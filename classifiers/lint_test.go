package classifiers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers"
	"assay/pipeline/scorecard"
)

// codesOf are the codes of the warnings about a scorecard, each once, but for
// one that short files cannot do without.
func codesOf(t *testing.T, src string) []scorecard.Code {
	t.Helper()
	var codes []scorecard.Code
	for _, w := range classifiers.Lint(load(t, src).Scorecard) {
		if w.Code != scorecard.FewExamples && !slices.Contains(codes, w.Code) {
			codes = append(codes, w.Code)
		}
	}
	return codes
}

// conditional is a scorecard with one criterion: conditions a and b, and what is met when.
func conditional(a, b, when string) string {
	mode := "weighted"
	if strings.Contains(when, "bonus") {
		mode = "deduction\nstart: 0\npass: 2"
	}
	return fmt.Sprintf("scorecard: s\nname: S\nmode: %s\nsections:\n- id: s\n  name: S\n  criteria:\n  - id: c\n    name: C\n    conditions:\n      a: {%s}\n      b: {%s}\n    %s\n", mode, a, b, when)
}

func TestLintConditions(t *testing.T) {
	t.Parallel()
	const plain = "keywords: {any: [x]}"
	tests := map[string]struct {
		a, b, when string
		want       scorecard.Code // "" is none
	}{
		"both conditions are used":                {plain, plain, "met_when: a && b", ""},
		"a condition without use":                 {plain, plain, "met_when: a", scorecard.UnusedCondition},
		"used as an anchor":                       {"after: b, " + plain, plain, "met_when: a", ""},
		"used as evidence":                        {plain, plain, "{met_when: a, evidence: b}", ""},
		"an anchor of what has no use":            {"after: b, " + plain, plain, "manual: true", scorecard.UnusedCondition},
		"a and not a":                             {plain, plain, "met_when: (a && !a) || (b && !b)", scorecard.ConstantExpression},
		"a and not b":                             {plain, plain, "met_when: a && !b", ""},
		"a or not a":                              {plain, plain, "met_when: a || b || !a", scorecard.ConstantExpression},
		"a, or a and b":                           {plain, plain, "met_when: a || (a && b)", scorecard.IdleCondition},
		"one of them":                             {plain, plain, "met_when: (a && !b) || (b && !a)", ""},
		"always met where it applies":             {plain, plain, "{applies_when: a && b, met_when: a || b}", scorecard.ConstantExpression},
		"what is found is a bonus":                {plain, plain, "{bonus: 2, applies_when: a && b, met_when: a || b}", ""},
		"open where it applies":                   {plain, plain, "{applies_when: a || b, met_when: a && b}", ""},
		"after the same speaker's last turn":      {"speaker: agent, after: b, " + plain, "speaker: agent, last: 1, " + plain, "met_when: a", scorecard.NeverHits},
		"after the last turn of all":              {"after: b, " + plain, "last: 1, " + plain, "met_when: a", scorecard.NeverHits},
		"after another speaker's last turn":       {"speaker: customer, after: b, " + plain, "speaker: agent, last: 1, " + plain, "met_when: a", ""},
		"after the last but one":                  {"speaker: agent, after: b, " + plain, "speaker: agent, last: 2, " + plain, "met_when: a", ""},
		"after the last turn of a leg":            {"speaker: agent, after: b, " + plain, "speaker: agent, leg: first, last: 1, " + plain, "met_when: a", ""},
		"after the last turn as a range":          {"speaker: agent, after: b, " + plain, "speaker: agent, range: {from: -1}, " + plain, "met_when: a", scorecard.NeverHits},
		"after the last but one as a range":       {"speaker: agent, after: b, " + plain, "speaker: agent, range: {from: -2}, " + plain, "met_when: a", ""},
		"the third hit in a range of two turns":   {"after: {condition: b, hit: 3}, " + plain, "range: {from: 4, to: 5}, " + plain, "met_when: a", scorecard.NeverHits},
		"the second hit in a range of two turns":  {"after: {condition: b, hit: 2}, " + plain, "range: {from: 4, to: 5}, " + plain, "met_when: a", ""},
		"no more turns after the last":            {"speaker: agent, after: b, turn_count: {max: 0}", "speaker: agent, last: 1, " + plain, "met_when: a", ""},
		"before the same speaker's first turn":    {"speaker: agent, before: b, " + plain, "speaker: agent, first: 1, " + plain, "met_when: a", scorecard.NeverHits},
		"around the first turn":                   {"speaker: agent, around: b, " + plain, "speaker: agent, first: 1, " + plain, "met_when: a", ""},
		"the third hit among two turns":           {"after: {condition: b, hit: 3}, " + plain, "first: 2, " + plain, "met_when: a", scorecard.NeverHits},
		"the second hit among two turns":          {"after: {condition: b, hit: 2}, " + plain, "first: 2, " + plain, "met_when: a", ""},
		"between the first and the second hit":    {"after: {condition: b, hit: 1}, before: {condition: b, hit: 2}, " + plain, plain, "met_when: a", ""},
		"five turns among three":                  {"first: 3, turn_count: {min: 5}", plain, "met_when: a && b", scorecard.NeverHits},
		"three turns among three":                 {"first: 3, turn_count: {min: 3}", plain, "met_when: a && b", ""},
		"at most three turns among three":         {"first: 3, turn_count: {max: 3}", plain, "met_when: a && b", scorecard.AlwaysHits},
		"at most two turns among three":           {"first: 3, turn_count: {max: 2}", plain, "met_when: a && b", ""},
		"the fourth of three turns":               {"last: 3, speaker_at: {position: -4, is: agent}", plain, "met_when: a && b", scorecard.NeverHits},
		"the third of three turns":                {"last: 3, speaker_at: {position: -3, is: agent}", plain, "met_when: a && b", ""},
		"any character":                           {"regex: {pattern: .}", plain, "met_when: a && b", scorecard.AlwaysHits},
		"any letter":                              {`regex: {pattern: \w}`, plain, "met_when: a && b", scorecard.AlwaysHits},
		"any end":                                 {"regex: {pattern: '.+x?'}", plain, "met_when: a && b", scorecard.AlwaysHits},
		"any word of five letters":                {`regex: {pattern: '\w{5}'}`, plain, "met_when: a && b", ""},
		"any Chinese character":                   {`regex: {pattern: '\p{Han}'}`, plain, "met_when: a && b", ""},
		"any character but":                       {"regex: {pattern: ., exclude: x}", plain, "met_when: a && b", ""},
		"any character as evidence":               {"regex: {pattern: .}", plain, "{met_when: b, evidence: a}", ""},
		"anything after something":                {"after: b, regex: {pattern: .}", plain, "met_when: a", ""},
		"all is excluded":                         {"regex: {pattern: x, exclude: .}", plain, "met_when: a && b", scorecard.NeverHits},
		"one alternative within another":          {"regex: {pattern: 'refund|x|退款|要退款'}", plain, "met_when: a && b", scorecard.ShadowedAlternative},
		"the same alternative again":              {"regex: {pattern: '(a|b)c|x|(a|b)c'}", plain, "met_when: a && b", scorecard.ShadowedAlternative},
		"an alternative of a word within another": {`regex: {pattern: '\bfund\b|refund'}`, plain, "met_when: a && b", ""},
		"an alternative of the beginning only":    {"regex: {pattern: '^refund|refund now'}", plain, "met_when: a && b", ""},
		"alternatives in a group":                 {"regex: {pattern: '(a|ab)c'}", plain, "met_when: a && b", ""},
		"a bar in a class":                        {"regex: {pattern: 'x[a|]|x'}", plain, "met_when: a && b", ""},
		"one Chinese word within another":         {"keywords: {any: [退款, 我要退款]}", plain, "met_when: a && b", scorecard.RedundantKeyword},
		"one phrase within another":               {"keywords: {any: [thank you, thank you very much]}", plain, "met_when: a && b", scorecard.RedundantKeyword},
		"a phrase within another in capitals":     {"keywords: {any: [IT, 'it is'], case_sensitive: true}", plain, "met_when: a && b", ""},
		"a phrase within another in its capitals": {"keywords: {any: [IT, IT desk], case_sensitive: true}", plain, "met_when: a && b", scorecard.RedundantKeyword},
		"letters within a word":                   {"keywords: {any: [hi, this]}", plain, "met_when: a && b", ""},
		"two of the words are asked for":          {"keywords: {any: [退款, 我要退款, x], at_least: 2}", plain, "met_when: a && b", ""},
		"a negation within the longer one":        {"keywords: {any: [同意, 不同意], unless_negated: true}", plain, "met_when: a && b", ""},
		"a word that is excluded":                 {"keywords: {any: [x, y], exclude: [Y]}", plain, "met_when: a && b", scorecard.ExcludedKeyword},
		"a word that contains what is excluded":   {"keywords: {any: [你好吗, y], exclude: [你好]}", plain, "met_when: a && b", scorecard.ExcludedKeyword},
		"a word within what is excluded":          {"keywords: {any: [你好, y], exclude: [你好像]}", plain, "met_when: a && b", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			when := strings.ReplaceAll(strings.Trim(tt.when, "{}"), ", ", "\n    ")
			var want []scorecard.Code
			if tt.want != "" {
				want = append(want, tt.want)
			}
			if diff := cmp.Diff(want, codesOf(t, conditional(tt.a, tt.b, when))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLintQuestions(t *testing.T) {
	t.Parallel()
	tests := map[string]scorecard.Code{
		"Did the agent confirm the customer's name and phone number?": "",
		"Did the agent greet the customer and introduce himself?":     scorecard.DoubleQuestion,
		"Did the agent apologise? Was a refund offered?":              scorecard.DoubleQuestion,
		"Was the call ended and did the customer agree?":              scorecard.DoubleQuestion,
		"Did the agent explain the terms and conditions?":             "",
		"Did the agent offer a refund or an exchange?":                "",
		"坐席是否核对了姓名和手机号？":                                              "",
		"坐席是否问好并自报工号？":                                                scorecard.DoubleQuestion,
		"坐席是否道歉，以及是否提出了方案？":                                           scorecard.DoubleQuestion,
		"坐席是否并未道歉？":                                                   "",
		"Did the agent answer appropriately?":                         scorecard.VagueQuestion,
		"Did the agent say good morning?":                             "",
		"Did the agent give his name as well?":                        "",
		"坐席的用语是否恰当？":                                                  scorecard.VagueQuestion,
		"坐席是否说了“请”？":                                                  "",
		"How did the agent open the call?":                            scorecard.OpenQuestion,
		"Did the agent say how long it takes?":                        "",
		"坐席如何处理了投诉？":                                                  scorecard.OpenQuestion,
		"为什么客户不满意？":                                                   scorecard.OpenQuestion,
		"坐席是否说明了为什么不能退款？":                                             "",
		"The agent greeted the customer.":                             scorecard.OpenQuestion,
		"坐席问候了客户。":                                                    scorecard.OpenQuestion,
		"When the customer complained, did the agent apologise?":      "",
		"客户投诉时，坐席道歉了吗？":                                               "",
		"Was the agent's tone of voice friendly?":                     scorecard.UnseenQuestion,
		"Did the agent answer on time?":                               scorecard.UnseenQuestion,
		"坐席的语气听起来是否不耐烦？":                                              scorecard.UnseenQuestion,
		"坐席是否及时回复了客户？":                                                scorecard.UnseenQuestion,
		"Did the agent say the customer's name three times?":          scorecard.CountedQuestion,
		"坐席是否至少道歉了两次？":                                                scorecard.CountedQuestion,
		"坐席是否在30秒内应答？":                                                scorecard.CountedQuestion,
		"坐席是否一次性告知了所需材料？":                                             "",
		"Rate the agent's empathy from 1 to 10":                       scorecard.ScaledQuestion,
		"请给坐席的服务打分，1到5分":                                              scorecard.ScaledQuestion,
		"Did the agent avoid promising a refund?":                     scorecard.UnprovedQuestion,
		"坐席是否避免了承诺退款？":                                                scorecard.UnprovedQuestion,
	}
	for question, code := range tests {
		t.Run(question, func(t *testing.T) {
			t.Parallel()
			var want []scorecard.Code
			if code != "" {
				want = append(want, code)
			}
			src := "scorecard: s\nname: S\nsections: [{id: s, name: S, criteria: [{id: c, name: C, judge: '" + strings.ReplaceAll(question, "'", "''") + "'}]}]\n"
			if diff := cmp.Diff(want, codesOf(t, src)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestLintJudges holds that the expressions beside a model's question are looked
// at as all others are, and that a prohibition says what proves it.
func TestLintJudges(t *testing.T) {
	t.Parallel()
	const head = "scorecard: s\nname: S\nconditions: {a: {keywords: {any: [a]}}, b: {keywords: {any: [b]}}}\nsections: [{id: s, name: S, criteria: [{id: c, name: C, judge: {question: %s}}]}]\n"
	tests := map[string]scorecard.Code{
		"Was he kind?, met_when: a, anchors: b":                   "",
		"Was he kind?, met_when: a && b":                          "",
		"Was he kind?, met_when: a":                               scorecard.UnusedCondition,
		"Was he kind?, met_when: b && (a || !a)":                  scorecard.IdleCondition,
		"Was he kind?, not_met_when: a && !a && b":                scorecard.ConstantExpression,
		"Did he avoid insults?, met_when: a && b, prove: not_met": "",
		"Did he avoid insults?, met_when: a && b":                 scorecard.UnprovedQuestion,
	}
	for judge, code := range tests {
		t.Run(judge, func(t *testing.T) {
			t.Parallel()
			var want []scorecard.Code
			if code != "" {
				want = append(want, code)
			}
			if diff := cmp.Diff(want, codesOf(t, fmt.Sprintf(head, judge))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLintCount(t *testing.T) {
	t.Parallel()
	const head = "# lint: allow few_examples, odd_threshold, unused_condition\nscorecard: s\nname: S\nmode: deduction\nfloor: -100\npass: 1\nconditions: {a: {keywords: {any: [a]}}, b: {keywords: {any: [b]}}}\n" +
		"sections: [{id: s, name: S, criteria: [{id: c, name: C, per: hit, %s}]}]\n"
	tests := map[string]scorecard.Code{
		"deduct: 1, not_met_when: a":                       "",
		"deduct: 1, not_met_when: a && !b":                 "",
		"deduct: 1, not_met_when: a || b":                  scorecard.UnclearCount,
		"deduct: 1, not_met_when: a && b":                  scorecard.UnclearCount,
		"deduct: 1, not_met_when: a && b, count: b":        "",
		"deduct: 1, met_when: a || b":                      scorecard.UnclearCount,
		"deduct: 1, met_when: a || b, count: b":            "",
		"deduct: 1, met_when: '!a && b'":                   "",
		"bonus: 1, met_when: a || b":                       scorecard.UnclearCount,
		"bonus: 1, not_met_when: a || b":                   scorecard.UnclearCount,
		"bonus: 1, met_when: a && !b":                      "",
		"deduct: 1, applies_when: a || b, not_met_when: a": "",
	}
	for criterion, code := range tests {
		t.Run(criterion, func(t *testing.T) {
			t.Parallel()
			var want []scorecard.Code
			if code != "" {
				want = append(want, code)
			}
			if diff := cmp.Diff(want, codesOf(t, fmt.Sprintf(head, criterion))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLintWorth(t *testing.T) {
	t.Parallel()
	const head, sections = "scorecard: s\nname: S\n", "sections: [{id: s, name: S, criteria: [{id: o, name: O, manual: true, %s}, {id: c, name: C, manual: true, %s}]}]\n"
	tests := map[string]struct {
		settings, o, c string
		want           scorecard.Code
	}{
		"a criterion without weight":           {"", "weight: 1", "weight: 0", scorecard.NeverCounts},
		"critical without weight":              {"", "weight: 1", "{weight: 0, critical: sheet}", ""},
		"a deduction of nothing":               {"mode: deduction\n", "deduct: 50", "deduct: 0", scorecard.NeverCounts},
		"a critical deduction of nothing":      {"mode: deduction\n", "deduct: 50", "{deduct: 0, critical: section}", ""},
		"everything passes":                    {"pass: 0\n", "weight: 1", "weight: 1", scorecard.OddThreshold},
		"nearly everything passes":             {"pass: 1\n", "weight: 1", "weight: 1", ""},
		"pass is the floor":                    {"mode: deduction\npass: 20\nfloor: 20\n", "deduct: 90", "deduct: 5", scorecard.OddThreshold},
		"nothing is withheld":                  {"undetermined_limit: 100\n", "weight: 1", "weight: 1", scorecard.OddThreshold},
		"hardly anything is withheld":          {"undetermined_limit: 99\n", "weight: 1", "weight: 1", ""},
		"deductions that never fail":           {"mode: deduction\npass: 60\n", "deduct: 20", "deduct: 20", scorecard.OddThreshold},
		"deductions that fail together":        {"mode: deduction\npass: 60\n", "deduct: 20", "deduct: 21", ""},
		"deductions per hit":                   {"mode: deduction\npass: 60\n", "deduct: 20", "{deduct: 1, per: hit}", ""},
		"deductions per hit up to a bound":     {"mode: deduction\npass: 60\n", "deduct: 20", "{deduct: 1, per: hit, at_most: 20}", scorecard.OddThreshold},
		"bonuses that do not lift to pass":     {"mode: deduction\nstart: 0\npass: 60\n", "bonus: 30", "bonus: 29", scorecard.OddThreshold},
		"bonuses that lift to pass":            {"mode: deduction\nstart: 0\npass: 60\n", "bonus: 30", "bonus: 30", ""},
		"a bound below one deduction":          {"mode: deduction\n", "deduct: 50", "{deduct: 5, per: hit, at_most: 2}", scorecard.OddThreshold},
		"a bound of just one deduction":        {"mode: deduction\n", "deduct: 50", "{deduct: 5, per: hit, at_most: 5}", ""},
		"a comment that allows it":             {"# lint: allow odd_threshold for comparison only\npass: 0\n", "weight: 1", "weight: 1", ""},
		"a comment on the line that allows":    {"pass: 0 # lint: allow never_counts, odd_threshold\n", "weight: 1", "weight: 1", ""},
		"a comment elsewhere":                  {"# lint: allow odd_threshold\nmode: weighted\npass: 0\n", "weight: 1", "weight: 1", scorecard.OddThreshold},
		"a comment that allows something else": {"# lint: allow never_counts\npass: 0\n", "weight: 1", "weight: 1", scorecard.OddThreshold},
		"a comment with no code":               {"# lint: allow odd_treshold\npass: 5\n", "weight: 1", "weight: 1", scorecard.UnknownCode},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []scorecard.Code
			if tt.want != "" {
				want = append(want, tt.want)
			}
			src := head + tt.settings + fmt.Sprintf(sections, strings.Trim(tt.o, "{}"), strings.Trim(tt.c, "{}"))
			if diff := cmp.Diff(want, codesOf(t, src)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLintAllowsForTheWholeFile(t *testing.T) {
	t.Parallel()
	src := "# lint: allow odd_threshold for comparison only\n\nscorecard: s\nname: S\npass: 0\nsections: [{id: s, name: S, criteria: [{id: c, name: C, manual: true}]}]\n"
	if got := codesOf(t, src); len(got) > 0 {
		t.Errorf("warns of %v", got)
	}
}

func TestLintExamples(t *testing.T) {
	t.Parallel()
	const card = "scorecard: s\nname: S\nsections:\n- id: s\n  name: S\n  criteria:\n  - id: c\n    name: C\n    conditions: {a: {keywords: {any: [x]}}}\n    %s: a\n    examples: [%s]\n"
	example := func(outcome string, n int) string {
		return strings.Repeat("{outcome: "+outcome+", turns: ['agent: x']}, ", n)
	}
	tests := map[string]struct {
		when, examples string
		warns          bool
	}{
		"three of each":                          {"met_when", example("met", 3) + example("not_met", 3), false},
		"near misses to which it does not apply": {"met_when", example("met", 3) + example("not_applicable", 3), false},
		"two that hit":                           {"met_when", example("met", 2) + example("not_met", 4), true},
		"two that must not":                      {"met_when", example("met", 4) + example("not_met", 2), true},
		"undetermined ones do not count":         {"met_when", example("met", 3) + example("not_met", 2) + example("undetermined", 3), true},
		"violations hit":                         {"not_met_when", example("not_met", 3) + example("met", 3), false},
		"none":                                   {"met_when", "", true},
	}
	for name, tt := range tests {
		warnings := classifiers.Lint(load(t, fmt.Sprintf(card, tt.when, tt.examples)).Scorecard)
		if got := len(warnings) == 1 && warnings[0].Code == scorecard.FewExamples; got != tt.warns || len(warnings) > 1 {
			t.Errorf("%s: %v", name, warnings)
		}
	}
}

func TestWarningsSayWhere(t *testing.T) {
	t.Parallel()
	src := conditional("regex: {pattern: .}", "keywords: {any: [退款, 要退款]}", "met_when: a\n    examples: []")
	var got []string
	for _, w := range classifiers.Lint(load(t, src).Scorecard) {
		got = append(got, w.Error())
	}
	want := []string{
		`card.yaml:11:28: sections[0].criteria[0].conditions.a.regex.pattern: warning always_hits: the pattern matches nearly any turn; turn_count: {min: 1} says that there is one`,
		`card.yaml:12:11: sections[0].criteria[0].conditions.b.keywords: warning unused_condition: no criterion asks for condition "b"`,
		`card.yaml:12:32: sections[0].criteria[0].conditions.b.keywords.any[1]: warning redundant_keyword: "要退款" hits no turn that "退款" does not; leave it out, or allow it for the longer quote`,
		`card.yaml:14:15: sections[0].criteria[0].examples: warning few_examples: criterion "c" has 0 examples that are met and 0 near ones that are not: 3 of each tell whether it works`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
