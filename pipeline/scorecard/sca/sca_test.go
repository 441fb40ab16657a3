package sca

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/scorecard"
)

var update = flag.Bool("update", false, "rewrite testdata/sca/rules.yaml and rules.left")

// TestImport reads rules with every operator that is documented: what becomes of
// them stands in rules.yaml, what is left behind in rules.left.
func TestImport(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile(rules + ".json")
	if err != nil {
		t.Fatal(err)
	}
	card, left, err := Import("imported", src)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, l := range left {
		fmt.Fprintln(&lines, l)
	}
	golden(t, rules+".yaml", string(card))
	golden(t, rules+".left", lines.String())
}

const rules = "../../../testdata/sca/rules"

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", file, diff)
	}
}

func TestExpressionsAreTakenFromLeftToRight(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"one condition", "a", "A"},
		{"one kind of operator needs no parentheses", "a&&b&&c", "A && B && C"},
		{"or before and, as it is written", "a||b&&c", "(A || B) && C"},
		{"and before or, as it is written", "a&&b||c", "(A && B) || C"},
		{"a longer chain", "a||b&&c||d", "((A || B) && C) || D"},
		{"not goes first", "!a||!b&&c", "(!A || !B) && C"},
		{"parentheses stand", "a||(b&&c)", "A || (B && C)"},
		{"parentheses that change nothing go", "(a||b)||c", "A || B || C"},
		{"not of a group", "!(a&&b)", "!(A && B)"},
		{"not of not", "!!a", "!!A"},
		{"numbers are ids", "7&&!8", "N7 && !N8"},
		{"single and full-width signs", "（a & b）| c", "(A && B) || C"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := expression(tt.in, upper)
			if err != nil || got != tt.want {
				t.Errorf("expression(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
			}
			if _, err := scorecard.ParseExpr(got); err != nil {
				t.Errorf("%q cannot be read: %v", got, err)
			}
		})
	}
}

func upper(id string) (string, error) {
	if id[0] >= '0' && id[0] <= '9' {
		return "N" + id, nil
	}
	return strings.ToUpper(id), nil
}

func TestExpressionsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "a&&", "a b", "(a", "a)", "&&a", "a||", "!", strings.Repeat("(", 100) + "a"} {
		if got, err := expression(in, upper); err == nil {
			t.Errorf("expression(%q) = %q, want an error", in, got)
		}
	}
}

func TestFilesWithoutRulesAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, want string }{
		{"no JSON", "{\n\"rules\": [,]", "line 2"},
		{"no rules", `{"conditions": []}`, "no rules found"},
		{"a list of something else", `[1, 2]`, "no rules found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := Import("x", []byte(tt.src)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// TestWrappings reads the same rule in the forms in which interfaces and exports wrap it.
func TestWrappings(t *testing.T) {
	t.Parallel()
	const plain = `{"conditions":[{"cid":"7","check_range":{"role":"客服"},"operators":[{"oid":"8","type":"HIT_ANY_KEYWORDS","param":{"keywords":["您好"]}}],"lambda":"8"}],"rules":[{"rid":"4","name":"N","lambda":"7"}]}`
	want, left, err := Import("x", []byte(plain))
	if err != nil || len(left) > 0 {
		t.Fatal(err, left)
	}
	const answer = `{"Code":"200","Data":{"Conditions":{"ConditionBasicInfo":[{"ConditionInfoCid":"7","OperLambda":"8","Operators":{"OperatorBasicInfo":[{"Oid":"8","Type":"HIT_ANY_KEYWORDS","Param":{"OperKeyWords":{"OperKeyWord":["您好"]}}}]},"CheckRange":{"Role":"客服"}}]},"Rules":{"RuleBasicInfo":[{"RuleLambda":"7","Rid":"4","RuleName":"N"}]}}}`
	for name, src := range map[string]string{
		"within data":               `{"code":"200","data":` + plain + `}`,
		"as text":                   fmt.Sprintf(`{"jsonStr":%q}`, plain),
		"the interface's answer":    answer,
		"conditions in the rule":    `[{"rid":"4","name":"N","lambda":"7","conditions":[{"cid":"7","check_range":{"role":"客服"},"operators":[{"oid":"8","type":"HIT_ANY_KEYWORDS","param":{"keywords":["您好"]}}],"lambda":"8"}]}]`,
		"operators without a param": `{"rules":[{"rid":4,"name":"N","lambda":"7"}],"conditions":[{"cid":7,"check_range":{"role":"客服"},"operators":[{"oid":8,"type":"HIT_ANY_KEYWORDS","keywords":["您好"]}],"lambda":"8"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := Import("x", []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestNothingIsDroppedInSilence(t *testing.T) {
	t.Parallel()
	_, left, err := Import("x", []byte(`{
		"rules": [{"rid": "1", "name": "A", "lambda": "1", "weight": 3, "isOnline": 0}, {"rid": "2", "name": "B", "lambda": "2", "weight": 1}],
		"conditions": [
			{"cid": "1", "exclusion": "3", "check_range": {"role": "客服", "floor": 2},
				"operators": [{"oid": "1", "type": "REGULAR_EXPRESSION", "param": {"regex": "a", "in_sentence": false, "fuzzy": true, "other": ""}}]},
			{"cid": "2", "operators": [{"oid": "2", "type": "NER_MODEL", "param": {"field": "金额", "symbol": "包含", "value": "9"}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := make([]string, len(left))
	for i, l := range left {
		got[i] = l.String()
	}
	want := []string{
		`rule 1 A: condition 1: "floor" of the range has no equal here`,
		`rule 1 A: condition 1: "fuzzy" of operator "REGULAR_EXPRESSION" has no equal here`,
		`rule 1 A: condition 1: is looked for sentence by sentence here, not across sentences`,
		`rule 1 A: condition 1: "exclusion" of the condition has no equal here`,
		`rule 2 B: condition 2: operator "NER_MODEL": asks whether an entity contains a text; people answer the criterion`,
		`rule *: weight: has no equal here; 2 rules say something there`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRulesOfOneIDStayApart(t *testing.T) {
	t.Parallel()
	const keyword = `"conditions":[{"cid":"1","operators":[{"type":"HIT_ANY_KEYWORDS","param":{"keywords":["a"]}}]}]`
	out, _, err := Import("x", []byte(`[{"rid":"1","name":"A","lambda":"1",`+keyword+`},{"rid":"1","name":"B","lambda":"1",`+keyword+`},{"name":"C","lambda":"1",`+keyword+`},{"name":"D","lambda":"1",`+keyword+`}]`))
	if err != nil {
		t.Fatal(err)
	}
	card, problems := scorecard.Parse("x", out)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var ids []string
	for _, c := range card.Criteria() {
		ids = append(ids, c.ID)
	}
	if diff := cmp.Diff([]string{"r1", "r1_", "rule_3", "rule_4"}, ids); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func FuzzImport(f *testing.F) {
	src, err := os.ReadFile(rules + ".json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte(`{"rules":[{"rid":"1","lambda":"1&&!2","name":"x"}],"conditions":[{"cid":"1","operators":[{"type":"REGULAR_EXPRESSION","param":{"regex":"^(?!.*a(b)).*c"}}]}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		out, _, err := Import("fuzz", src)
		if err != nil {
			return
		}
		if card, problems := scorecard.Parse("fuzz", out); card == nil {
			t.Errorf("not even YAML: %v\n%s", problems, out)
		}
	})
}
