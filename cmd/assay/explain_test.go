package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const explainedCard = `scorecard: calls
name: Calls
mode: deduction
conditions:
  asks: {speaker: customer, keywords: {any: [refund, 退款]}}
sections:
- id: s
  name: Section
  criteria:
  - id: slow
    name: {en: Answers soon, zh: 及时应答}
    deduct: 5
    per: hit
    critical: section
    conditions:
      silent: {silence: {more_than: 2s, of: agent}}
      waits: {after: {condition: asks, hit: first, within: 3}, silence: {more_than: 5s}}
    not_met_when: silent || waits
  - id: refund
    name: Answers the question
    bonus: 2
    applies_when: asks
    met_when: answers
    conditions: {answers: {knowledge: {is: answered}}}
  - {id: person, name: For people, deduct: 1, manual: true}
`

const explainedSessions = `{"id":"a","channel":"call","turns":[{"speaker":"customer","text":"我要 refund","start_ms":0,"end_ms":2000},{"speaker":"agent","text":"好的，\u001b[31mone moment","start_ms":3800,"end_ms":5000},{"speaker":"agent","text":"退款三天到账","start_ms":61000,"end_ms":63000}]}
{"id":"b","channel":"call","turns":[{"speaker":"agent","text":"hello","start_ms":0,"end_ms":2000},{"speaker":"customer","text":"bye","start_ms":2500,"end_ms":3000},{"speaker":"agent","text":"bye","start_ms":4800,"end_ms":5000}]}
`

func TestExplainSaysWhyInText(t *testing.T) {
	t.Setenv("LC_ALL", "en_US.UTF-8")
	card, sessions := write(t, "calls.yaml", explainedCard), write(t, "calls.jsonl", explainedSessions)
	got := assay(t, "scorecard", "explain", card, sessions)
	if got.status != 0 {
		t.Fatalf("exit status %d: %s", got.status, got.stderr)
	}
	text, _, _ := strings.Cut(got.stdout, "calls ") // the version goes with the card
	if !strings.HasPrefix(text, "a  ") {
		t.Errorf("begins with %q", text)
	}
	var lines []string
	for line := range strings.Lines(got.stdout) {
		if !strings.Contains(line, "  calls ") {
			lines = append(lines, strings.TrimRight(line, "\n"))
		}
	}
	want := `  ! there is no score: more than 30 % of the weight is undetermined, or all of it does not apply
  ! slow fails section s

- slow: not met  Answers soon
    score: -5 points for 1 hit of -5 each; critical, section s fails
    not_met_when: silent || waits is true, by hits of silent, waits
    silent
        is        hit  (silence, line 16)
        looks at  the agent's turns: 2 turns, #2 to #3
        hit       #3 agent 1:01 “退款三天到账”
    waits
        is        hit  (silence, line 17)
        looks at  all turns, after the first hit of asks within 3 turns: 2 turns, #2 to #3
        needs     asks
        hit       #3 agent 1:01 “退款三天到账”
    asks
        is        hit  (keywords, line 5)
        looks at  the customer's turns: 1 turn, #1
        hit       #1 customer 0:00 “refund”

? refund: undetermined (no_library)  Answers the question
    score: leaves it: the outcome is not known
    applies_when: asks is true, by hits of asks
    met_when: answers is unknown
    asks
        is        hit  (keywords, line 5)
        looks at  the customer's turns: 1 turn, #1
        hit       #1 customer 0:00 “refund”
    answers
        is        not evaluable (no_library)  (knowledge, line 24)
        looks at  the customer's turns: 1 turn, #1

? person: undetermined (needs_person)  For people
    score: leaves it: the outcome is not known
    answered by: reviewer


+ slow: met  Answers soon
    score: no points
    not_met_when: silent || waits is false
    silent
        is        not hit  (silence, line 16)
        looks at  the agent's turns: 2 turns, #1 to #3
        nearest   gap 1.8 s ≤ 2 s, #3 agent 0:05 “bye”
    waits
        is        not hit (out_of_scope)  (silence, line 17)
        looks at  all turns, after the first hit of asks within 3 turns: none in range, because asks did not hit
        needs     asks
    asks
        is        not hit  (keywords, line 5)
        looks at  the customer's turns: 1 turn, #2

  refund: not applicable (no_opportunity)  Answers the question
    score: leaves it: the criterion does not apply
    applies_when: asks is false
    met_when: answers is unknown
    asks
        is        not hit  (keywords, line 5)
        looks at  the customer's turns: 1 turn, #2
    answers
        is        not evaluable (no_library)  (knowledge, line 24)
        looks at  the customer's turns: 1 turn, #2

? person: undetermined (needs_person)  For people
    score: leaves it: the outcome is not known
    answered by: reviewer
`
	if diff := cmp.Diff(want, strings.Join(lines, "\n")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestExplainIsForOneSessionAndCriterionAndReadsTheLibrary(t *testing.T) {
	t.Parallel()
	card, sessions := write(t, "calls.yaml", explainedCard), write(t, "calls.jsonl", explainedSessions)
	solutions := write(t, "s.jsonl", `{"id":"R","title":"退款多久到账","questions":["退款","refund","我要 refund"],"answer":"退款三天到账。","tags":["退款"]}`+"\n")
	got := assay(t, "scorecard", "explain", card, sessions, "--session", "a", "--criterion", "refund", "--solutions", solutions, "--json")
	if got.status != 0 || strings.Count(got.stdout, "\n") != 1 {
		t.Fatalf("exit status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
	var line struct {
		SessionID string `json:"session_id"`
		Fits      bool   `json:"fits"`
		Criteria  []struct {
			ID, Outcome, Effect string
			Clauses             []struct{ Key, Expression, State string }
			Conditions          []struct {
				Name, Kind, State, Where string
				Hits                     []struct {
					Turn  int
					Quote string
				}
			}
		} `json:"criteria"`
	}
	if err := json.Unmarshal([]byte(got.stdout), &line); err != nil {
		t.Fatal(err)
	}
	if line.SessionID != "a" || !line.Fits || len(line.Criteria) != 1 || line.Criteria[0].Outcome != "met" || line.Criteria[0].Effect != "+2 points; lost, because slow fails section s" {
		t.Fatalf("got %+v", line)
	}
	c := line.Criteria[0]
	if len(c.Clauses) != 2 || c.Clauses[1].Key != "met_when" || c.Clauses[1].State != "hit" {
		t.Errorf("clauses %+v", c.Clauses)
	}
	if len(c.Conditions) != 2 || c.Conditions[1].Kind != "knowledge" || len(c.Conditions[1].Hits) != 1 || c.Conditions[1].Hits[0].Quote != "退款三天到账" {
		t.Errorf("conditions %+v", c.Conditions)
	}
}

func TestExplainTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	card, sessions := write(t, "calls.yaml", explainedCard), write(t, "calls.jsonl", explainedSessions)
	mixed := write(t, "mixed.jsonl", explainedSessions+`{"id":"x"}`+"\n")
	bad := write(t, "bad.yaml", "scorecard: x\nname: x\nsectoins: []\n")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"shipped scorecard", []string{"retail-chat", sessions}, 0, "the scorecard is not for such sessions"},
		{"with its ending", []string{"telecom-call.yaml", sessions}, 0, "telecom-call"},
		{"bad scorecard", []string{bad, sessions}, 2, `did you mean "sections"?`},
		{"no such file", []string{"none.yaml", sessions}, 2, `scorecard "none.yaml": no such file, nor a shipped scorecard (bank, public-service-hotline, retail-chat, telecom-call`},
		{"misspelt criterion", []string{card, sessions, "--criterion", "slwo"}, 2, `no criterion "slwo"; did you mean "slow"?; allowed: slow, refund, person`},
		{"no such session", []string{card, sessions, "--session", "z"}, 2, `no session "z"`},
		{"refused record", []string{card, mixed}, 1, `mixed.jsonl:3`},
		{"standard input", []string{card, "-"}, 1, "-: empty file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := assay(t, append([]string{"scorecard", "explain"}, c.args...)...)
			if got.status != c.status || !strings.Contains(got.stdout+got.stderr, c.says) {
				t.Errorf("exit status %d, want %d and %q:\n%s%s", got.status, c.status, c.says, got.stdout, got.stderr)
			}
			if strings.ContainsRune(got.stdout, 0x1b) {
				t.Error("an escape character reaches the terminal")
			}
		})
	}
}

func TestExplainReadsWhatIsStored(t *testing.T) {
	t.Parallel()
	card, sessions := write(t, "calls.yaml", explainedCard), write(t, "calls.jsonl", explainedSessions)
	data := newDataFolder(t)
	for _, args := range [][]string{{"import", sessions}, {"scorecard", "publish", card}} {
		if got := assay(t, append(args, "--data", data)...); got.status != 0 {
			t.Fatalf("%v: %s%s", args, got.stdout, got.stderr)
		}
	}
	list := assay(t, "scorecard", "list", "--data", data)
	version := strings.Fields(list.stdout)[1]
	for _, c := range []struct {
		scorecard, session string
		status             int
		says               string
	}{
		{"calls", "a", 0, "- slow: not met"},
		{"calls@" + version, sessions, 0, "+ slow: met"},
		{card, "b", 0, "gap 1.8 s ≤ 2 s, #3 agent 0:05"},
		{"calls@000000000000", "a", 2, "nor a published one"},
		{"others", "a", 2, `scorecard "others": no such file, nor a shipped scorecard`},
		{"calls", "z", 2, `session "z": no such file, nor a stored session`},
	} {
		got := assay(t, "scorecard", "explain", c.scorecard, c.session, "--data", data)
		if got.status != c.status || !strings.Contains(got.stdout+got.stderr, c.says) {
			t.Errorf("%s %s: exit status %d, want %d and %q:\n%s%s", c.scorecard, c.session, got.status, c.status, c.says, got.stdout, got.stderr)
		}
	}
}
