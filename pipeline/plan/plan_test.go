package plan_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/plan"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

func parse(t *testing.T, src string) *plan.Plan {
	t.Helper()
	p, problems := plan.Parse("plan.yaml", []byte(src))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

const shop = `
plan: shop
name: {zh: 商城, en: Shop}
rules:
- {name: vip, when: {channels: [chat], queues: [VIP, gold]}, scorecard: vip-chat}
- {name: east, when: {teams: [red, 华东一组], metadata: {region: [east], tier: [1, 2.5], trial: [false]}}, scorecard: east}
- {name: british, when: {languages: [en-GB]}, scorecard: british}
- {name: english, when: {languages: [en]}, scorecard: english, share: 100%}
- {name: loans, when: {business_types: [Loan, 贷款], customer_types: [enterprise], urgencies: [urgent, critical]}, scorecard: bank}
- {name: mail, when: {channels: [email]}, scorecard: mail, share: 0%}
default: {scorecard: rest}
`

func TestTheFirstRuleThatMatchesTakesTheSession(t *testing.T) {
	t.Parallel()
	p := parse(t, shop)
	red := &transcript.AgentRef{Team: " RED"}
	tests := map[string]struct {
		session transcript.Session
		want    plan.Choice
	}{
		"nothing known":             {transcript.Session{}, plan.Choice{Rule: "default", Scorecard: "rest"}},
		"a queue, folded":           {transcript.Session{Channel: "chat", Metadata: map[string]any{"queue": "ＶＩＰ"}}, plan.Choice{Rule: "vip", Scorecard: "vip-chat"}},
		"one of two fields":         {transcript.Session{Channel: "call", Metadata: map[string]any{"queue": "vip"}}, plan.Choice{Rule: "default", Scorecard: "rest"}},
		"a list has all its values": {transcript.Session{Channel: "chat", Metadata: map[string]any{"queue": []any{"x", "Gold"}}}, plan.Choice{Rule: "vip", Scorecard: "vip-chat"}},
		"texts, numbers, truth":     {transcript.Session{Agent: red, Metadata: map[string]any{"region": "East", "tier": 2.5, "trial": false}}, plan.Choice{Rule: "east", Scorecard: "east"}},
		"a number as text":          {transcript.Session{Agent: red, Metadata: map[string]any{"region": "East", "tier": "1", "trial": "false"}}, plan.Choice{Rule: "east", Scorecard: "east"}},
		"another team":              {transcript.Session{Agent: &transcript.AgentRef{Team: "redder"}, Metadata: map[string]any{"region": "East", "tier": 1.0, "trial": false}}, plan.Choice{Rule: "default", Scorecard: "rest"}},
		"a region of a language":    {transcript.Session{Language: "en-gb"}, plan.Choice{Rule: "british", Scorecard: "british"}},
		"another region":            {transcript.Session{Language: "en-US"}, plan.Choice{Rule: "english", Scorecard: "english"}},
		"the first of two":          {transcript.Session{Channel: "email", Language: "en"}, plan.Choice{Rule: "english", Scorecard: "english"}},
		"all of three fields":       {transcript.Session{BusinessType: "贷款", Urgency: "critical", Customer: &transcript.CustomerRef{Type: "enterprise"}}, plan.Choice{Rule: "loans", Scorecard: "bank"}},
		"two of three fields":       {transcript.Session{BusinessType: "loan", Urgency: "critical"}, plan.Choice{Rule: "default", Scorecard: "rest"}},
		"a share leaves it out":     {transcript.Session{Channel: "email"}, plan.Choice{Rule: "mail", Scorecard: "mail", LeftOut: plan.ByShare}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, p.Choose(&tt.session)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		if got, _ := p.Explain(&tt.session); got != tt.want {
			t.Errorf("%s: explained as %+v", name, got)
		}
	}
	if diff := cmp.Diff([]string{"bank", "british", "east", "english", "mail", "rest", "vip-chat"}, p.Scorecards()); diff != "" {
		t.Errorf("scorecards (-want +got)\n%s", diff)
	}
}

func TestExplainNamesTheFieldThatDidNotMatch(t *testing.T) {
	t.Parallel()
	p := parse(t, "plan: p\nname: P\nrules:\n- {name: a, when: {channels: [chat], teams: [red]}, scorecard: x}\n- {name: b, when: {languages: [en]}, scorecard: x}\ndefault: none\n")
	choice, missed := p.Explain(&transcript.Session{Channel: "chat", Agent: &transcript.AgentRef{Team: "Blue"}})
	want := []plan.Miss{{Rule: "a", Field: "teams", Found: []string{"blue"}, Want: []string{"red"}}, {Rule: "b", Field: "languages", Found: []string{}, Want: []string{"en"}}}
	if diff := cmp.Diff(want, missed); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if choice != (plan.Choice{Rule: "default", LeftOut: plan.NoRule}) {
		t.Errorf("choice %+v", choice)
	}
}

// TestSharesAreDrawnFairly draws 100,000 ids: each share within five standard
// deviations, alike every time, a larger one with all of a smaller one, and
// plans of other names independent of each other.
func TestSharesAreDrawnFairly(t *testing.T) {
	t.Parallel()
	const n = 100_000
	plans := map[string]*plan.Plan{}
	for _, name := range []string{"a", "b"} {
		for _, share := range []string{"0%", "0.5%", "25%", "70 %", "100%"} {
			plans[name+share] = parse(t, fmt.Sprintf("plan: %s\nname: P\ndefault: {scorecard: x, share: %s}\n", name, share))
		}
	}
	taken := map[string]float64{}
	for i := range n {
		s := &transcript.Session{ID: transcript.SessionID(fmt.Sprintf("session-%d", i))}
		in := map[string]bool{}
		for name, p := range plans {
			in[name] = p.Choose(s).LeftOut == plan.Taken
			if in[name] {
				taken[name]++
			}
		}
		if in["a25%"] && in["b25%"] {
			taken["both"]++
		}
		if in["a25%"] && !in["a70 %"] || plans["a25%"].Choose(s).LeftOut == plan.Taken != in["a25%"] {
			t.Fatalf("session %q is drawn in another way", s.ID)
		}
	}
	want := map[string]float64{"both": 0.25 * 0.25}
	for _, name := range []string{"a", "b"} {
		want[name+"0%"], want[name+"0.5%"], want[name+"25%"], want[name+"70 %"], want[name+"100%"] = 0, 0.005, 0.25, 0.7, 1
	}
	for name, p := range want {
		if bound := 5 * math.Sqrt(n*p*(1-p)); math.Abs(taken[name]-n*p) > bound {
			t.Errorf("%s: %g of %d, want %g ± %.0f", name, taken[name], n, n*p, bound)
		}
	}
}

func TestVersionIsTheContent(t *testing.T) {
	t.Parallel()
	a, b := parse(t, shop), parse(t, shop+"\n")
	if a.Version == b.Version || len(a.Version) != 12 {
		t.Errorf("versions %s and %s", a.Version, b.Version)
	}
}

// TestWhatIsWrongIsSaid reads plans with mistakes; each gives all of its problems.
func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	const head = "plan: p\nname: P\n"
	tests := map[string]struct{ src, want string }{
		"nothing":                {"{}", "x:1:1: \"plan\" is missing\nx:1:1: \"name\" is missing\nx:1:1: \"default\" is missing"},
		"no default that is one": {head + "default: all\n", `x:3:10: default: unknown value "all"; allowed: none`},
		"mistyped keys": {head + "rule: []\ndefault: {scorecrad: x}\n", `x:3:1: rule: unknown key; did you mean "rules"?; allowed: default, judge, name, plan, rules
x:4:10: default: "scorecard" is missing
x:4:11: default.scorecrad: unknown key; did you mean "scorecard"?; allowed: judge, scorecard, share`},
		"shares": {head + "rules:\n- {name: a, when: {teams: [x]}, scorecard: s, share: 25}\n- {name: b, when: {teams: [y]}, scorecard: s, share: 101%}\ndefault: {scorecard: s, share: -1%}\n",
			`x:4:54: rules[0].share: "25" is no share; allowed: a percentage from 0% to 100%, such as 25%
x:5:54: rules[1].share: "101%" is no share; allowed: a percentage from 0% to 100%, such as 25%
x:6:32: default.share: "-1%" is no share; allowed: a percentage from 0% to 100%, such as 25%`},
		"rules without anything": {head + "rules:\n- {}\n- {name: default, when: {}, scorecard: s}\ndefault: none\n",
			`x:4:3: rules[0]: "name" is missing
x:4:3: rules[0]: "when" is missing
x:4:3: rules[0]: "scorecard" is missing
x:5:10: rules[1].name: "default" is the name of what no rule takes
x:5:25: rules[1].when: a rule that takes every session is the default: write it there`},
		"values": {head + "rules:\n- {name: a, when: {channels: [fax], languages: ['?'], teams: ['', x, X], queues: [], customer_types: [vip], urgencies: [high], metadata: {k: [[]]}, queue: [x]}, scorecard: s}\ndefault: none\n",
			`x:4:31: rules[0].when.channels[0]: unknown value "fax"; allowed: call, chat, email
x:4:49: rules[0].when.languages[0]: "?" is no language tag; allowed: tags such as zh, en, en-GB
x:4:63: rules[0].when.teams[0]: must not be empty
x:4:70: rules[0].when.teams[2]: "x" stands twice
x:4:82: rules[0].when.queues: the list is empty, so that no session matches
x:4:103: rules[0].when.customer_types[0]: unknown value "vip"; allowed: individual, enterprise
x:4:121: rules[0].when.urgencies[0]: unknown value "high"; allowed: normal, urgent, critical
x:4:143: rules[0].when.metadata.k[0]: expected text, found a list
x:4:149: rules[0].when.queue: unknown key; did you mean "queues"?; allowed: business_types, channels, customer_types, languages, metadata, queues, teams, urgencies`},
		"rules that take nothing": {head + `rules:
- {name: chats, when: {channels: [chat, call]}, scorecard: s, share: 1%}
- {name: chats, when: {channels: [chat], teams: [red]}, scorecard: s}
- {name: en, when: {languages: [en, fr]}, scorecard: s}
- {name: gb, when: {languages: [en-GB], teams: [red]}, scorecard: s}
- {name: wider, when: {languages: [en, de]}, scorecard: s}
- {name: all, when: {channels: [call, email, chat], metadata: {k: [1]}}, scorecard: s}
- {name: same, when: {metadata: {k: [1.0]}}, scorecard: s}
default: none
`, `x:5:3: rules[1]: rule "chats" stands twice
x:5:3: rules[1]: rule "chats" takes no session: rule "chats" before it takes all that it could
x:7:3: rules[3]: rule "gb" takes no session: rule "en" before it takes all that it could
x:10:3: rules[6]: rule "same" takes no session: rule "all" before it takes all that it could`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := plan.Parse("x", []byte(tt.src))
			if diff := cmp.Diff(tt.want, problems.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if p, problems := plan.Parse("x", []byte("a: [")); p != nil || len(problems) != 1 {
		t.Errorf("what is no YAML: %v", problems)
	}
}

func TestScorecardsThatCannotInspect(t *testing.T) {
	t.Parallel()
	p := parse(t, `plan: p
name: P
rules:
- {name: a, when: {teams: [x]}, scorecard: retial}
- {name: b, when: {channels: [call]}, scorecard: retail}
- {name: c, when: {channels: [chat, call], languages: [zh-CN, fr]}, scorecard: retail}
- {name: d, when: {languages: [fr]}, scorecard: retail}
- {name: e, when: {languages: [de], channels: [email]}, scorecard: any}
default: {scorecard: retail}
`)
	retail := &scorecard.Scorecard{ID: "retail", Scope: scorecard.Scope{Channels: []transcript.Channel{"chat"}, Languages: []string{"zh", "en"}}}
	want := `plan.yaml:4:44: rules[0].scorecard: there is no scorecard "retial"; allowed: any, retail
plan.yaml:5:50: rules[1].scorecard: scorecard "retail" is for none of the rule's sessions: see its key "for"
plan.yaml:7:49: rules[3].scorecard: scorecard "retail" is for none of the rule's sessions: see its key "for"`
	if diff := cmp.Diff(want, p.CheckScorecards([]*scorecard.Scorecard{{ID: "any"}, retail}).Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// FuzzParse holds that every file gives a plan that takes each session in one
// way, or problems that stand somewhere.
func FuzzParse(f *testing.F) {
	f.Add([]byte(shop))
	f.Add([]byte("plan: [\n"))
	f.Add([]byte("rules: [{when: {metadata: {k: [~]}}}]\ndefault: none"))
	f.Fuzz(func(t *testing.T, src []byte) {
		p, problems := plan.Parse("x", src)
		for _, problem := range problems {
			if problem.Line < 1 || problem.Column < 1 || problem.Message == "" {
				t.Errorf("problem without a place: %+v", problem)
			}
		}
		if len(problems) > 0 {
			return
		}
		s := &transcript.Session{ID: "s", Channel: "chat", Metadata: map[string]any{"k": "v"}}
		choice := p.Choose(s)
		if explained, _ := p.Explain(s); explained != choice || choice.Rule == "" {
			t.Errorf("%+v, explained as %+v", choice, explained)
		}
	})
}
