package pipeline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	p, problems := plan.Parse("p", []byte(`
plan: p
name: P
rules:
- {name: red, when: {teams: [red]}, scorecard: b}
- {name: mail, when: {channels: [email]}, scorecard: c}
- {name: gone, when: {queues: [7]}, scorecard: gone}
- {name: none, when: {business_types: [loan]}, scorecard: b, share: 0%}
default: none
`))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	card := func(id string, channels ...transcript.Channel) pipeline.Card {
		return pipeline.Card{Scorecard: &scorecard.Scorecard{ID: id, Scope: scorecard.Scope{Channels: channels}}}
	}
	cards := []pipeline.Card{card("a", transcript.Chat), card("b"), card("c", transcript.Call)}
	red := &transcript.AgentRef{Team: "red"}
	tests := map[string]struct {
		plan    *plan.Plan
		session transcript.Session
		want    string
	}{
		"the first that fits":                 {nil, transcript.Session{Channel: "chat", Agent: red}, "a"},
		"the plan's, though another is first": {p, transcript.Session{Channel: "chat", Agent: red}, "b by p red"},
		"left out by a share":                 {p, transcript.Session{Channel: "chat", BusinessType: "loan"}, "share none"},
		"left out by default":                 {p, transcript.Session{Channel: "chat"}, "no_rule default"},
		"the plan's does not fit":             {p, transcript.Session{Channel: "email", Language: "en"}, `plan "p", rule "mail": scorecard "c" is not for channel "email" and language "en"`},
		"the plan's is not there":             {p, transcript.Session{Channel: "chat", Metadata: map[string]any{"queue": 7.0}}, `plan "p", rule "gone": no scorecard "gone" is active`},
	}
	for name, tt := range tests {
		got := ""
		switch card, left, err := pipeline.Choose(tt.plan, cards, &tt.session); {
		case err != nil:
			got = err.Error()
		case left != nil:
			got = string(left.LeftOut) + " " + left.Rule
		case card.Plan != nil:
			got = card.ID + " by " + card.Plan.ID + " " + card.Plan.Rule
		default:
			got = card.ID
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	_, _, err := pipeline.Choose(nil, cards[:1], &transcript.Session{Channel: "call", Agent: red, BusinessType: "loan", Metadata: map[string]any{"queue": "vip"}})
	if want := `no scorecard is for channel "call" and language "", business type "loan", team "red", queue "vip"`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if cards[1].Plan != nil {
		t.Error("the plan stays on the card for other sessions")
	}
}
