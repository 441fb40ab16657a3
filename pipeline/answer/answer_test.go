package answer

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

type pair struct {
	ID       string
	HeldOut  bool `json:"held_out"`
	Question string
	Solution string
	Said     []string
	Want     pipeline.AnsweredOutcome
}

func readPairs(t testing.TB) []pair {
	t.Helper()
	b, err := os.ReadFile("../../testdata/answered/pairs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []pair
	for line := range bytes.Lines(b) {
		var p pair
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func (p pair) compare() Result {
	s := &transcript.Session{Turns: []transcript.Turn{{Speaker: transcript.Customer, Text: p.Question}}}
	for _, text := range p.Said {
		s.Turns = append(s.Turns, transcript.Turn{Speaker: transcript.Agent, Text: text})
	}
	q := &pipeline.Question{Text: p.Question, Suggestions: []pipeline.Suggestion{{SolutionID: p.ID, Answer: p.Solution}}}
	return Compare(s, q, Options{})
}

func TestZZ(t *testing.T) {
	for _, held := range []bool{false, true} {
		counts := map[pipeline.AnsweredOutcome][3]int{}
		n, ok := 0, 0
		for _, p := range readPairs(t) {
			if p.HeldOut != held {
				continue
			}
			n++
			r := p.compare()
			w, g := counts[p.Want], counts[r.Outcome]
			if r.Outcome == p.Want {
				ok++
				w[0]++
				counts[p.Want] = w
				continue
			}
			w[2]++
			counts[p.Want] = w
			g = counts[r.Outcome]
			g[1]++
			counts[r.Outcome] = g
			if !held {
				t.Logf("%s want %s got %s %.0f %q %q: %s / %s", p.ID, p.Want, r.Outcome, r.Share, r.Why, r.Solution, p.Said[0], p.Solution)
			}
		}
		t.Log(held, n, ok, "tp fp fn", counts)
	}
}
