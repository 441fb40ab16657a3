package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/store/storetest"
)

const demoPlan = "../../testdata/plans/demo.yaml"

func TestPlanMistakesAndMessages(t *testing.T) {
	t.Parallel()
	bad := write(t, "bad.yaml", "plan: p\nname: P\nrules: [{name: a, when: {team: [x]}, scorecard: retail-chat}]\ndefault: none\n")
	calls := write(t, "calls.yaml", "plan: p\nname: P\nrules: [{name: a, when: {channels: [call]}, scorecard: retail-chat}]\ndefault: none\n")
	money := write(t, "money.yaml", "plan: p\nname: P\ndefault: {scorecard: retail-chat, judge: {money_per_day: 3}}\n")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"the example", []string{"plan", "check", demoPlan}, 0, "6 rules, scorecards retail-chat, telecom-call: no mistakes"},
		{"a mistyped key", []string{"plan", "check", bad}, 1, `rules[0].when.team: unknown key; did you mean "teams"?`},
		{"a bad plan explains nothing", []string{"plan", "explain", "--plan", bad, demoSessions}, 2, "unknown key"},
		{"a scorecard for other sessions", []string{"inspect", "--plan", calls, demoSessions}, 2, `scorecard "retail-chat" is for none of the rule's sessions`},
		{"a scorecard that is not given", []string{"inspect", "--plan", demoPlan, "-s", "../../testdata/scorecards/star.yaml", demoSessions}, 2, `there is no scorecard "telecom-call"; allowed: star`},
		{"limits in money without prices", []string{"plan", "check", money}, 0, `warning: plan "p" limits what judging may cost`},
		{"nobody decides", []string{"plan", "publish", demoPlan, "--by", " ", "--why", "x"}, 2, "--by and --why must not be empty"},
		{"no transcripts", []string{"plan", "explain", "--plan", demoPlan, t.TempDir()}, 2, "no transcripts in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := assay(t, c.args...)
			if got.status != c.status || !strings.Contains(got.stdout+got.stderr, c.says) {
				t.Errorf("exit status %d, want %d and %q:\n%s%s", got.status, c.status, c.says, got.stdout, got.stderr)
			}
		})
	}
}

// TestInspectByPlan compares what a plan explains with what is inspected by it.
func TestInspectByPlan(t *testing.T) {
	t.Parallel()
	want, left := map[string]string{}, 0
	for line := range strings.Lines(assay(t, "plan", "explain", "--json", "--plan", demoPlan, demoSessions).stdout) {
		var x explained
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatal(err)
		}
		if x.LeftOut != "" {
			left++
			continue
		}
		want[string(x.Session)] = x.Scorecard + " by demo " + x.Rule
	}
	got := map[string]string{}
	result := assay(t, "inspect", "--json", "--plan", demoPlan, demoSessions)
	for line := range strings.Lines(result.stdout) {
		var v pipeline.Verdict
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		got[string(v.SessionID)] = v.Scorecard.ID + " by " + v.Versions.Plan.ID + " " + v.Versions.Plan.Rule
	}
	if diff := cmp.Diff(want, got); diff != "" || left == 0 || len(want) == 0 {
		t.Errorf("%d left out (-explained +inspected)\n%s", left, diff)
	}
	if result.status != 0 || !strings.Contains(result.stderr, "sessions left out by the plan") {
		t.Errorf("exit status %d\n%s", result.status, result.stderr)
	}
	if plain := assay(t, "inspect", "--json", demoSessions); strings.Contains(plain.stdout, `"plan"`) {
		t.Error("verdicts name a plan although there is none")
	}
}

func TestExplainSaysWhy(t *testing.T) {
	t.Parallel()
	session := `{"id":"s","channel":"chat","language":"en-GB","metadata":{"queue":"VIP"},"turns":[{"speaker":"agent","text":"hi"}]}` + "\n"
	src := write(t, "plan.yaml", "plan: p\nname: P\nrules:\n- {name: vip, when: {queues: [vip], teams: [red]}, scorecard: a}\n- {name: zh, when: {languages: [zh, fr]}, scorecard: b}\n- {name: en, when: {languages: [en]}, scorecard: c, share: 0%}\ndefault: none\n")
	got := assayIn(t, session, "plan", "explain", "--plan", src, "-")
	want := `s: rule "en", left out by its share of scorecard c
  not rule "vip": teams is unknown, not red
  not rule "zh": languages is en-gb, not zh or fr
`
	if diff := cmp.Diff(want, got.stdout); diff != "" {
		t.Errorf("(-want +got)\n%s%s", diff, got.stderr)
	}
}

func TestPlanSaysWhoIsJudged(t *testing.T) {
	t.Parallel()
	file := write(t, "plan.yaml", "plan: p\nname: P\nrules:\n- {name: chat, when: {channels: [chat]}, scorecard: c, judge: {sessions: flagged}}\ndefault: {scorecard: c, judge: {sessions: none}}\n")
	sessions := write(t, "s.jsonl", `{"id":"a","channel":"chat","turns":[{"speaker":"agent","text":"x"}]}`+"\n"+`{"id":"b","channel":"call","turns":[{"speaker":"agent","text":"x"}]}`+"\n")
	got := assay(t, "plan", "explain", "--plan", file, sessions)
	want := `a: rule "chat", scorecard c, a model judges flagged and uncertain sessions: this one if rules flag it or are uncertain
b: rule "default", scorecard c, a model judges no sessions: this one is not
  not rule "chat": channels is call, not chat
`
	if diff := cmp.Diff(want, got.stdout); diff != "" {
		t.Errorf("(-want +got)\n%s%s", diff, got.stderr)
	}
}

func TestPlansInForce(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	db := "--database-url=" + pool.Config().ConnString()
	say := func(status int, want string, args ...string) {
		t.Helper()
		got := assay(t, append(args, db)...)
		if got.status != status || !strings.Contains(got.stdout+got.stderr, want) {
			t.Errorf("%v: exit status %d, want %d and %q:\n%s%s", args, got.status, status, want, got.stdout, got.stderr)
		}
	}
	say(0, "no plan is in force: a session", "plan", "show")
	say(2, "no plan is in force", "plan", "retire", "--by", "li", "--why", "x")
	say(2, `there is no scorecard "telecom-call"`, "plan", "publish", demoPlan, "--by", "li", "--why", "x")
	for _, pack := range scorecard.Packs() {
		say(0, "published", "scorecard", "publish", write(t, pack.Name+".yaml", string(pack.Source)))
	}
	say(0, "is in force", "plan", "publish", demoPlan, "--by", "li", "--why", "the first one")
	say(0, "by li: the first one", "plan", "show")
	say(0, "as --judge says", "plan", "show")
	say(0, `"why":"the first one"`, "plan", "show", "--json")
	say(0, "plan               demo version", "doctor")
	say(2, "is named by plan demo, which is in force", "scorecard", "retire", "telecom-call")
	mine := write(t, "mine.yaml", strings.Replace(tryCard, "scorecard: try", "scorecard: mine", 1))
	say(0, "takes no session, as plan demo is in force", "scorecard", "publish", mine)
	say(0, "takes the sessions that plan demo gives it", "scorecard", "publish", write(t, "retail-chat.yaml", string(scorecard.Packs()[2].Source)))
	if _, err := pool.Exec(t.Context(), `UPDATE scorecards SET active = false WHERE slug = 'telecom-call'`); err != nil {
		t.Fatal(err)
	}
	say(1, `there is no scorecard "telecom-call"`, "doctor")
	say(0, "0 transcripts", "retry", "--left-out")
	say(0, "no plan is in force", "plan", "retire", "--by", "wu", "--why", "no more")
	say(0, "no plan  by wu: no more", "plan", "show")
}
