package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const tryCard = `
scorecard: try
name: Try
for: {channels: [chat]}
sections:
  - id: opening
    name: Opening
    criteria:
      - {id: greeting, name: Greeting, weight: 2, met_when: greets, conditions: {greets: {speaker: agent, first: 2, keywords: {any: [您好, hello]}}}}
      - {id: sorry, name: Sorry, met_when: sorry, conditions: {sorry: {speaker: agent, keywords: {any: [抱歉, sorry]}}}}
      - {id: solved, name: Solved, judge: Was the problem solved?}
`

// TestScorecardFromBacktestToPublication takes a change of a scorecard its whole
// way: tried on what is stored, published with a reason, inspected by again.
func TestScorecardFromBacktestToPublication(t *testing.T) {
	t.Parallel()
	data := newDataFolder(t)
	run := func(status int, args ...string) result {
		t.Helper()
		got := assay(t, append(args, "--data", data, "--database-url", "")...)
		if got.status != status {
			t.Fatalf("%v: exit status %d:\n%s%s", args, got.status, got.stdout, got.stderr)
		}
		return got
	}
	says := func(got result, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(got.stdout+got.stderr, want) {
				t.Errorf("does not say %q:\n%s%s", want, got.stdout, got.stderr)
			}
		}
	}
	old := write(t, "old.yaml", tryCard)
	changed := write(t, "new.yaml", strings.Replace(tryCard, "[抱歉, sorry]", "[抱歉]", 1))
	run(0, "import", demoSessions)
	says(run(0, "scorecard", "publish", old, "--by", "wei", "--why", "a first try"), "published try version")

	got := run(0, "scorecard", "backtest", changed)
	says(got, "back-test 1: try ", " against try ", "97 sessions, ", "sorry", "criteria come out the same", "judge ", "label them at /backtests/1")
	var r struct {
		Both     int `json:"both"`
		Criteria []struct {
			Criterion string `json:"criterion"`
			OnlyNew   int    `json:"only_new"`
			OnlyOld   int    `json:"only_old"`
		} `json:"criteria"`
		Score struct {
			Mean *float64 `json:"mean"`
		} `json:"score"`
		JudgeCost *float64 `json:"judge_cost"`
	}
	if err := json.Unmarshal([]byte(run(0, "scorecard", "backtest", "--resume", "1", "--json", "--judge-price", "2").stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.Both == 0 || r.Criteria[0].Criterion != "sorry" || r.Criteria[0].OnlyNew == 0 || r.Criteria[0].OnlyOld != 0 || *r.Score.Mean >= 0 || r.JudgeCost == nil {
		t.Errorf("%+v", r)
	}
	says(run(2, "scorecard", "backtest", "nothing-like-it"), "no scorecard \"nothing-like-it\"")
	says(run(2, "scorecard", "backtest", changed, "--since", "soon"), "--since")

	says(run(0, "scorecard", "reinspect", "--status"), "no re-inspections")
	run(0, "scorecard", "publish", changed, "--by", "li")
	says(run(0, "scorecard", "backtest", "try"), "against what each session was inspected by") // not against itself
	log := run(0, "scorecard", "log", "try")
	lines := strings.Split(strings.TrimSpace(log.stdout), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "by li") || !strings.HasSuffix(lines[1], "by wei: a first try") {
		t.Errorf("the log:\n%s", log.stdout)
	}
	says(run(0, "scorecard", "reinspect", "try", "--since", "2026-11-05", "--by", "li", "--why", "new words"), "re-inspection 1 is enqueued, by try version", "no process works jobs now")
	says(run(0, "scorecard", "reinspect", "--status"), "1  running", "by li: new words")
	says(run(0, "scorecard", "reinspect", "--cancel", "1"), "is cancelled")
	says(run(2, "scorecard", "reinspect", "nobody"), "assay scorecard log")
}

func TestSinceDay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"": "0001-01-01", "30d": "2026-03-01", "2w": "2026-03-17", "0d": "2026-03-31", "2026-01-31": "2026-01-31",
		"d": "error", "30": "error", "-3d": "error", "1e9d": "error", "99999999d": "error", "3m": "error",
	} {
		got := "error"
		if day, err := sinceDay(text, now); err == nil {
			got = day.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
