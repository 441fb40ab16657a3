package rule

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"assay/pipeline"
)

func TestPhrases(t *testing.T) {
	t.Parallel()
	tests := []struct{ phrase, text, want string }{
		{"neighbo*", "The Neighbours' cat", "Neighbours"},
		{"neighbo*", "my neighbo", "neighbo"},
		{"*tion", "an information desk", "information"},
		{"un*ed", "it is unwanted", "unwanted"},
		{"un*ed", "unless it ended", ""},
		{"hi", "this", ""},
		{"hi", "say hi!", "hi"},
		{"café", "two cafés", ""},
		{"café", "the CAFÉ", "CAFÉ"},
		{"credit * card", "credit union card", "credit union card"},
		{"credit * card", "credit card", ""},
		{"credit card", "credit  card", "credit  card"},
		{"(refund|money back)", "I want my money back", "money back"},
		{"(refund|money back)*", "two refunds", "refunds"},
		{"(my|your) (credit|debit) card", "Your debit card", "Your debit card"},
		{"(a (b|c)|d) e", "a c e", "a c e"},
		{"[num] days", "within 14 days", "14 days"},
		{"[num] days", "in twenty-one days", "twenty-one days"},
		{"[num] days", "a hundred and five days", "hundred and five days"},
		{"[num] days", "some days", ""},
		{"[num]%", "1,234.5% more", "1,234.5%"},
		{"[num]个工作日", "需要三个工作日", "三个工作日"},
		{"[num]个工作日", "需要 15 个工作日", ""},
		{"[num] 个工作日", "需要 15 个工作日", "15 个工作日"},
		{"[num] 个工作日", "需要十五个工作日", "十五个工作日"},
		{"[num]元", "赔3.5万元", "3.5万元"},
		{"退*款", "退掉这笔款", "退掉这笔款"},
		{"退*款", "退款", "退款"},
		{"退*款", "退。款", ""},
		{"退*款", "退回来的所有款", ""},
		{"(退|换)货", "我要换货", "换货"},
		{"（退｜换）货", "我要退货", "退货"},
		{"vip 客户", "我是ＶＩＰ客户", "ＶＩＰ客户"},
		{"vip*客户", "vip2客户", "vip2客户"},
		{`\*\[num\]`, "a *[num] b", "*[num]"},
		{`what\?`, "What?", "What?"},
		{"don't *", "don’t worry", "don’t worry"},
	}
	for _, tt := range tests {
		e, r := judgeOne(t, fmt.Sprintf("pattern: {any: [%q]}", tt.phrase), "agent: "+tt.text)
		got := strings.Join(quotes(e, r), "|")
		if got != tt.want {
			t.Errorf("%q in %q: %q, want %q", tt.phrase, tt.text, got, tt.want)
		}
	}
}

func TestPhrasesNameThePlaceOfMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"a (b|c":        `character 3 of "a (b|c": ")" is missing`,
		"退（款":           `character 2 of "退（款": ")" is missing`,
		"a)":            `character 2 of "a)": ")" without "("`,
		"a|b":           `character 2 of "a|b": alternatives stand in parentheses: (a|b)`,
		"(a|)":          `character 4 of "(a|)": an alternative is empty`,
		"a **":          `character 4 of "a **": one "*" is enough`,
		"* *":           `character 1 of "* *": nothing but wildcards and blanks would match everywhere`,
		"(a|*)":         `character 1 of "(a|*)": nothing but wildcards and blanks would match everywhere`,
		"[number] x":    `character 1 of "[number] x": only [num] stands in brackets; write \[ for a bracket`,
		`a\`:            `character 2 of "a\\": nothing follows \`,
		"退款*":           `character 3 of "退款*": * does nothing at the end of a Chinese phrase: leave it out`,
		"((((((a))))))": `character 6 of "((((((a))))))": parentheses are nested deeper than 5`,
	}
	for phrase, want := range tests {
		if _, err := parsePhrase(phrase); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// FuzzPhrase holds that every phrase that is read compiles, never matches the
// empty text, and that its places are places of the text.
func FuzzPhrase(f *testing.F) {
	for _, s := range []string{"neighbo*", "(a|b c) [num]", "退*款", `\*`, "((a|b)|c)*d", "（退｜换）货", "* a *"} {
		f.Add(s, "The neighbours 退掉这笔款 a 12 b")
	}
	f.Fuzz(func(t *testing.T, phrase, text string) {
		tree, err := parsePhrase(phrase)
		if err != nil || strings.TrimSpace(phrase) == "" || len(phrase) > 4*phraseRunes {
			return
		}
		if regexp.MustCompile(tree.String()).MatchString("") {
			t.Fatalf("%q matches the empty text", phrase)
		}
		quoted, err := json.Marshal(phrase)
		if err != nil {
			t.Fatal(err)
		}
		if set, criterion, err := compileOne("pattern: {any: [" + string(quoted) + "]}"); err == nil {
			e := set.Evaluate(t.Context(), pipeline.NewInput(sessionOf("agent: "+text)))
			quotes(e, e.Result(criterion, "k"))
		}
	})
}

func TestPatternSaysHowNearItCame(t *testing.T) {
	t.Parallel()
	tests := []struct{ keys, text, want string }{
		{"pattern: {any: [refund], near: {any: [order], within: 1}}", "a refund for the order", `"refund" is 2 from "order", more than 1`},
		{"pattern: {any: [refund], near: {any: [order]}}", "a refund", `"refund" stands alone`},
		{"pattern: {any: [credit], not_near: {any: ['card*'], within: 1}}", "a credit cards", `"credit" is 0 from "cards", not more than 1`},
		{"pattern: {any: [保证], exclude: [不*保证]}", "不能保证", `"保证" is part of an excluded phrase`},
		{"pattern: {any: [refund]}", "nothing like it", ""},
	}
	for _, tt := range tests {
		if got := nearOne(t, tt.keys, "agent: "+tt.text); got != tt.want {
			t.Errorf("%s in %q: %q, want %q", tt.keys, tt.text, got, tt.want)
		}
	}
}

func BenchmarkPattern(b *testing.B) {
	benchmarkGrowth(b, "pattern: {any: ['refund* * order', 退*款, '[num] 个工作日'], near: {any: ['(within|in) [num] days'], within: 3}, not_near: {any: [card]}}",
		"a refund of the order within 3 days, 退掉这笔款 in two days 十五个工作日 ")
}
