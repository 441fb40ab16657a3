package redact

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const shop = `
redaction: shop
model: {types: all, except: [plate], least: 0.6}
export: [phone, member_no]
pages:
  default: none
  supervisor: {types: [phone, bank_card], last_four: [phone, bank_card]}
patterns:
  - {name: member_no, re: 'VIP[0-9]{6}', confidence: 0.95}
allow: [400-820-8820, help@shop.example]
`

func read(t *testing.T, src string) Policy {
	t.Helper()
	p, problems := ReadPolicy("p.yaml", []byte(src))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPolicySaysWhatForWhom(t *testing.T) {
	t.Parallel()
	p := read(t, shop)
	const text = "会员VIP123456，手机13812345678，卡4111111111111111，京A12345，打400-820-8820或发help@shop.example"
	for _, c := range []struct {
		who  Audience
		want string
	}{
		{Model, "会员<MEMBER_NO1>，手机<手机1>，卡<银行卡1>，京A12345，打400-820-8820或发help@shop.example"},
		{Export, "会员<MEMBER_NO1>，手机<手机1>，卡4111111111111111，京A12345，打400-820-8820或发help@shop.example"},
		{Pages("supervisor"), "会员VIP123456，手机<手机1:5678>，卡<银行卡1:1111>，京A12345，打400-820-8820或发help@shop.example"},
		{Pages("agent"), text},
	} {
		redacted := p.For(c.who).Text(text)
		if redacted.Text != c.want {
			t.Errorf("%v: %q, want %q", c.who, redacted.Text, c.want)
		}
	}
}

func TestAudienceOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		want Audience
		err  string
	}{
		{"model", Model, ""}, {"export", Export, ""}, {"reviewer", Pages("reviewer"), ""}, {"default", Pages("default"), ""},
		{"reviewr", Audience{}, `unknown audience "reviewr"; did you mean "reviewer"?; allowed: model, export, default, agent, reviewer, supervisor, admin`},
		{"", Audience{}, `unknown audience ""; allowed: model, export, default, agent, reviewer, supervisor, admin`},
	} {
		got, err := AudienceOf(c.name)
		if got != c.want || (err != nil) != (c.err != "") || err != nil && err.Error() != c.err {
			t.Errorf("%q: %v, %v, want %v, %s", c.name, got, err, c.want, c.err)
		}
	}
}

func TestVersionChangesWithTheRules(t *testing.T) {
	t.Parallel()
	p := read(t, shop)
	first := p.For(Model).Version()
	if again := read(t, shop).For(Model).Version(); again != first {
		t.Errorf("the same rules have versions %s and %s", first, again)
	}
	seen := map[string]string{first: "the first"}
	for name, src := range map[string]string{
		"another least":     strings.Replace(shop, "least: 0.6", "least: 0.7", 1),
		"another type":      strings.Replace(shop, "except: [plate]", "except: [ip]", 1),
		"another pattern":   strings.Replace(shop, "{6}", "{7}", 1),
		"another allowance": strings.Replace(shop, "8820", "8821", 1),
	} {
		v := read(t, src).For(Model).Version()
		if other, ok := seen[v]; ok {
			t.Errorf("%s has the version of %s", name, other)
		}
		seen[v] = name
	}
}

func TestPolicyMistakesHaveAPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, want string }{
		{"no YAML", "redaction: [", "p.yaml:1:"},
		{"a role that is none", "redaction: s\npages: {supervisr: all}\n", `p.yaml:2:9: pages.supervisr: unknown key; did you mean "supervisor"?; allowed: admin, agent, default, reviewer, supervisor`},
		{"no id", "model: all\n", `p.yaml:1:1: "redaction" is missing`},
		{"an unknown key", "redaction: s\nmodle: all\n", `p.yaml:2:1: modle: unknown key; did you mean "model"?; allowed: allow, export, model, pages, patterns, redaction`},
		{"an unknown type", "redaction: s\nmodel: [phnoe]\n", `p.yaml:2:9: model[0]: unknown value "phnoe"; did you mean "phone"?`},
		{"neither all nor none", "redaction: s\nmodel: some\n", `p.yaml:2:8: model: unknown value "some"`},
		{"a type that stands twice", "redaction: s\nmodel: [ip, ip]\n", `p.yaml:2:13: model[1]: "ip" stands twice`},
		{"least out of range", "redaction: s\nmodel: {types: all, least: 2}\n", `p.yaml:2:28: model.least: 2 is out of range`},
		{"last four of a name", "redaction: s\nexport: {types: all, last_four: [person]}\n", `p.yaml:2:34: export.last_four[0]: unknown value "person"`},
		{"a pattern that is none", "redaction: s\npatterns: [{name: a, re: '('}]\n", "p.yaml:2:26: patterns[0].re: error parsing regexp"},
		{"a pattern that matches everything", "redaction: s\npatterns: [{name: a, re: 'x*'}]\n", "p.yaml:2:26: patterns[0].re: the pattern matches the empty text"},
		{"a pattern with a name that is taken", "redaction: s\npatterns: [{name: phone, re: 'x'}]\n", `p.yaml:2:19: patterns[0].name: there is a type "phone" already`},
		{"a pattern without a name", "redaction: s\npatterns: [{re: 'x'}]\n", `p.yaml:2:12: patterns[0]: "name" is missing`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := ReadPolicy("p.yaml", []byte(c.src))
			if err := problems.Err(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestDefaultPolicyKeepsNumbersOnPages(t *testing.T) {
	t.Parallel()
	p := DefaultPolicy()
	text := p.For(Pages("qa")).Text("手机13812345678，卡4111111111111111")
	if want := "手机13812345678，卡<银行卡1:1111>"; text.Text != want {
		t.Errorf("%q, want %q", text.Text, want)
	}
	if diff := cmp.Diff(len(Types)-1, len(p.For(Model).Types)); diff != "" {
		t.Errorf("the model's types: %s", diff)
	}
}

// FuzzReadPolicy holds that no file breaks the reading, and that what has no
// mistakes can be used.
func FuzzReadPolicy(f *testing.F) {
	f.Add(shop)
	f.Add("redaction: a\nmodel: [phone]\nallow: x")
	f.Add("redaction: a\npages: {agent: {types: none}}")
	f.Fuzz(func(t *testing.T, src string) {
		p, problems := ReadPolicy("p.yaml", []byte(src))
		if len(problems) > 0 {
			return
		}
		for _, a := range []Audience{Model, Export, Pages("default"), Pages("agent")} {
			text := p.For(a).Text("手机13812345678 VIP123456 a@b.com")
			holds(t, text.Original, &text)
		}
	})
}
