package jobs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"assay/classifiers"
	"assay/pipeline/plan"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

// smallCard is a scorecard for chats with one criterion.
const smallCard = `
scorecard: %s
name: S
for: {channels: [chat]}
sections:
- id: opening
  name: Opening
  criteria:
  - id: greeting
    name: Greeting
    conditions: {greets: {speaker: agent, keywords: {any: [hello]}}}
    met_when: greets
`

func publishCards(t *testing.T, s *store.Store, ids ...string) {
	t.Helper()
	for _, id := range ids {
		card, err := classifiers.Load(id, fmt.Appendf(nil, smallCard, id))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Publish(t.Context(), card.ID, card.Version, string(card.Source)); err != nil {
			t.Fatal(err)
		}
	}
}

func publishPlan(t *testing.T, s *store.Store, src string) *plan.Plan {
	t.Helper()
	p, problems := plan.Parse("plan.yaml", []byte(src))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PublishPlan(t.Context(), p, "li", "test"); err != nil {
		t.Fatal(err)
	}
	return p
}

// teams imports sessions a-0 … of team a and so on, n of each.
func teams(t *testing.T, im *Importer, n int, names ...string) {
	t.Helper()
	_, err := im.Import(t.Context(), func(yield func(transcript.Record) bool) {
		for i := range n * len(names) {
			team := names[i%len(names)]
			s := &transcript.Session{
				ID: transcript.SessionID(fmt.Sprintf("%s-%d", team, i/len(names))), Channel: transcript.Chat,
				Agent: &transcript.AgentRef{ID: "1", Team: team}, Turns: []transcript.Turn{{Speaker: transcript.Agent, Text: "hello"}},
			}
			if team == "mail" {
				s.Channel = transcript.Email
			}
			if !yield(transcript.Record{Session: s, File: "test.jsonl", Line: i + 1}) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fates is what became of each session: its scorecard and the plan's rule, why
// it failed, or what left it out.
func fates(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	const query = `
		SELECT s.source_id, coalesce(c.slug || ' by ' || coalesce(v.content::jsonb #>> '{versions,plan,rule}', 'no plan'), f.detail, l.reason || ' ' || l.rule)
		FROM sessions s
		LEFT JOIN verdicts v ON v.session_id = s.id AND v.current
		LEFT JOIN scorecards c ON c.id = v.scorecard_id
		LEFT JOIN failures f ON f.session_id = s.id
		LEFT JOIN left_out l ON l.session_id = s.id`
	rows, err := s.Pool().Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := map[string]string{}
	for rows.Next() {
		var id, fate string
		if err := rows.Scan(&id, &fate); err != nil {
			t.Fatal(err)
		}
		got[id] = fate
	}
	return got
}

func TestPlanChoosesTheScorecard(t *testing.T) {
	t.Parallel()
	s := store.New(storetest.New(t), store.Options{})
	client, err := NewInserter(s)
	if err != nil {
		t.Fatal(err)
	}
	im := &Importer{Store: s, Client: client}
	publishCards(t, s, "first", "second", "last")
	publishPlan(t, s, `
plan: p
name: P
rules:
- {name: red, when: {teams: [red]}, scorecard: first}
- {name: mail, when: {channels: [email]}, scorecard: second}
- {name: gone, when: {teams: [green]}, scorecard: gone}
- {name: never, when: {teams: [grey]}, scorecard: second, share: 0%}
default: none
`)
	metrics, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	teams(t, im, 1, "red", "mail", "green", "grey", "blue")
	start(t, Options{Store: s, Metrics: metrics})
	awaitDone(t, s)
	want := map[string]string{
		"red-0":   "first by red",
		"mail-0":  `plan "p", rule "mail": scorecard "second" is not for channel "email" and language "", team "mail"`,
		"green-0": `plan "p", rule "gone": no scorecard "gone" is active`,
		"grey-0":  "share never",
		"blue-0":  "no_rule default",
	}
	if diff := cmp.Diff(want, fates(t, s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := s.RetirePlan(t.Context(), "li", "test"); err != nil {
		t.Fatal(err)
	}
	teams(t, im, 1, "white")
	awaitDone(t, s)
	if got := fates(t, s)["white-0"]; got != "last by no plan" {
		t.Errorf("without a plan: %s", got)
	}
}

func TestLeftOutSessionsAreInspectedWhenAPlanTakesThem(t *testing.T) {
	t.Parallel()
	s := store.New(storetest.New(t), store.Options{})
	client, err := NewInserter(s)
	if err != nil {
		t.Fatal(err)
	}
	im := &Importer{Store: s, Client: client}
	publishCards(t, s, "card")
	const src = "plan: p\nname: P\nrules: [{name: red, when: {teams: [red]}, scorecard: card, share: %s}]\ndefault: none\n"
	publishPlan(t, s, fmt.Sprintf(src, "30%"))
	const n = 100
	teams(t, im, n, "red", "blue")
	start(t, Options{Store: s})
	awaitDone(t, s)
	teams(t, im, n, "red", "blue") // the same again: nothing is enqueued
	before := progress(t, s)
	if before.LeftOut <= n || before.LeftOut >= 2*n || before.Verdicts+before.LeftOut != 2*n {
		t.Fatalf("progress %+v, want some red and all blue sessions left out", before)
	}
	retry := func() int {
		t.Helper()
		keys, err := s.OtherwiseLeftOut(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if err := Retry(t.Context(), client, keys); err != nil {
			t.Fatal(err)
		}
		return len(keys)
	}
	if got := retry(); got != 0 {
		t.Errorf("%d transcripts are asked about again although the plan is the same", got)
	}
	p := publishPlan(t, s, fmt.Sprintf(src, "70%"))
	if got := retry(); got != before.LeftOut {
		t.Errorf("%d transcripts are asked about again, want %d", got, before.LeftOut)
	}
	await(t, "all were asked about", func() bool {
		keys, err := s.OtherwiseLeftOut(t.Context(), 1)
		return err == nil && len(keys) == 0
	})
	red, left := 0, 0
	for id, fate := range fates(t, s) {
		session := &transcript.Session{ID: transcript.SessionID(id), Agent: &transcript.AgentRef{Team: strings.TrimRight(id, "-0123456789")}}
		want := "card by red"
		if c := p.Choose(session); c.LeftOut != plan.Taken {
			want = string(c.LeftOut) + " " + c.Rule
			left++
		} else {
			red++
		}
		if fate != want {
			t.Errorf("%s: %s, want %s", id, fate, want)
		}
	}
	if after := progress(t, s); after.LeftOut != left || after.Verdicts != red || red <= before.Verdicts {
		t.Errorf("progress %+v, want %d verdicts and %d left out", after, red, left)
	}
}
