package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/plan"
	"assay/pipeline/transcript"
)

func TestWhoIsJudged(t *testing.T) {
	t.Parallel()
	p := parse(t, `
plan: shop
name: Shop
judge: {sessions: flagged, tokens_per_day: 100000, money_per_day: 12.5}
rules:
- {name: vip, when: {queues: [vip]}, scorecard: s, judge: {}}
- {name: never, when: {queues: [never]}, scorecard: s, judge: {sessions: none}}
- {name: some, when: {queues: [some]}, scorecard: s, judge: {share: 20%, tokens_per_session: 5000, money_per_session: 0.05, over_budget: give_up}}
- {name: as-the-plan, when: {queues: [rest]}, scorecard: s}
default: none
`)
	otherwise := plan.Judge{Sessions: plan.NoSessions, Share: 1}
	all := plan.Judge{Sessions: plan.AllSessions, Share: 1}
	plans := plan.Judge{Sessions: plan.FlaggedSessions, Share: 1, PerDay: plan.Limit{Tokens: 100_000, Money: 12_500_000}}
	for rule, want := range map[string]plan.Judge{
		"vip": all, "never": otherwise, "as-the-plan": plans, "default": plans,
		"some": {Sessions: plan.AllSessions, Share: 0.2, PerSession: plan.Limit{Tokens: 5000, Money: 50_000}, GiveUp: true},
	} {
		if diff := cmp.Diff(want, p.Judging(rule, otherwise)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", rule, diff)
		}
	}
	plain := parse(t, "plan: p\nname: P\ndefault: {scorecard: s}\n")
	if got := plain.Judging("default", all); got != all {
		t.Errorf("a plan that does not say: %+v, want the setting", got)
	}
	if !p.Says("as-the-plan") || plain.Says("default") {
		t.Error("whether a plan says who is judged")
	}
	if !p.Money() || plain.Money() {
		t.Errorf("limits in money: %v and %v", p.Money(), plain.Money())
	}
}

func TestSessionsAreSelected(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		judge            plan.Judge
		flagged, neither bool
	}{
		"all":         {plan.Judge{Sessions: plan.AllSessions, Share: 1}, true, true},
		"flagged":     {plan.Judge{Sessions: plan.FlaggedSessions, Share: 1}, true, false},
		"none":        {plan.Judge{Sessions: plan.NoSessions, Share: 1}, false, false},
		"no share":    {plan.Judge{Sessions: plan.AllSessions}, false, false},
		"unsaid, all": {plan.Judge{Share: 1}, true, true},
	}
	for name, tt := range tests {
		for i := range 50 {
			id := transcript.SessionID(fmt.Sprint(i))
			if tt.judge.Selects("p", id, true) != tt.flagged || tt.judge.Selects("p", id, false) != tt.neither {
				t.Errorf("%s: session %q is selected otherwise", name, id)
			}
			want := map[[2]bool]plan.Foretold{{true, true}: plan.JudgedAlways, {true, false}: plan.JudgedIfFlagged, {false, false}: plan.NotJudged}
			if got := tt.judge.Foretells("p", id); got != want[[2]bool{tt.flagged, tt.neither}] {
				t.Errorf("%s: foretold %q of session %q", name, got, id)
			}
		}
	}
}

// A share of a share is a share: what is judged is drawn apart from what is inspected.
func TestTheSharesOfInspectionAndJudgingAreIndependent(t *testing.T) {
	t.Parallel()
	p := parse(t, "plan: p\nname: P\ndefault: {scorecard: s, share: 25%, judge: {share: 20%}}\n")
	j := p.Judging("default", plan.Judge{})
	const n = 40_000
	inspected, judged := 0, 0
	for i := range n {
		s := &transcript.Session{ID: transcript.SessionID(fmt.Sprintf("session-%d", i))}
		if p.Choose(s).LeftOut != plan.Taken {
			continue
		}
		inspected++
		if j.Selects(p.ID, s.ID, false) {
			judged++
		}
	}
	if share := float64(judged) / float64(inspected); share < 0.18 || share > 0.22 {
		t.Errorf("%d of %d inspected sessions are judged, want a fifth", judged, inspected)
	}
}

func TestMistakesInJudge(t *testing.T) {
	t.Parallel()
	const head = "plan: p\nname: P\ndefault: none\n"
	tests := map[string]struct{ src, want string }{
		"sessions": {"judge: {sessions: some}", `x:4:19: judge.sessions: unknown value "some"; did you mean "none"?; allowed: all, flagged, none`},
		"limits": {"judge: {tokens_per_day: 0, money_per_session: -1, over_budget: stop}", `x:4:25: judge.tokens_per_day: 0 is out of range or no whole number; allowed: a whole number from 1 to 1000000000
x:4:47: judge.money_per_session: -1 is out of range or no number; allowed: a number from 0.001 to 1e+06
x:4:64: judge.over_budget: unknown value "stop"; allowed: wait, give_up`},
		"keys": {"judge: {tokens_a_day: 5}", `x:4:9: judge.tokens_a_day: unknown key; did you mean "tokens_per_day"?; allowed: money_per_day, money_per_session, over_budget, sessions, share, tokens_per_day, tokens_per_session`},
	}
	for name, tt := range tests {
		_, problems := plan.Parse("x", []byte(head+tt.src+"\n"))
		if diff := cmp.Diff(tt.want, problems.Error()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestAChoiceInWords(t *testing.T) {
	t.Parallel()
	tests := map[string]plan.Judge{
		"all sessions": {Share: 1},
		"no sessions":  {Sessions: plan.NoSessions, Share: 1},
		"12.5% of flagged and uncertain sessions, 500 tokens a day, 0.25 a session": {
			Sessions: plan.FlaggedSessions, Share: 0.125, PerDay: plan.Limit{Tokens: 500}, PerSession: plan.Limit{Money: 250_000},
		},
	}
	for want, j := range tests {
		if got := j.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
