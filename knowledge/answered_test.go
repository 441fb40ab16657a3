package knowledge

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"assay/pipeline"
	"assay/pipeline/review"
	"assay/pipeline/transcript"
)

// asked is a question of the demo's with how its agent answered it, as somebody
// says who read both. The turn is the last of the customer's messages that ask it.
type asked struct {
	ID       transcript.SessionID
	Turn     int
	Want     pipeline.AnsweredOutcome
	Solution string // the one that answers it, if any does
}

// The labels are of all questions of the demo's sessions, those that hang on what
// was said before included. They were given without a look at the program or at
// what it finds. What is not labelled is no question, and an outcome of it counts
// as a wrong one; a question that is not found counts as missed.
//
// What is called in line nearly always is, by the right solution. The rest is as
// weak as the bounds say, which only keep it from becoming worse: short answers to
// follow-ups are taken for none, and so are most contradictions, which are refusals
// in words of their own.
func TestAnswersOfTheDemo(t *testing.T) {
	t.Parallel()
	labels := readAsked(t)
	files, err := filepath.Glob("../testdata/demo/sessions/*")
	if err != nil {
		t.Fatal(err)
	}
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	tables := map[pipeline.AnsweredOutcome]*review.Table{
		pipeline.InLine: {}, pipeline.Contradicted: {}, pipeline.NotAnswered: {}, pipeline.NoSolution: {},
	}
	compared, right, used := 0, 0, 0
	for rec := range transcript.Read(t.Context(), files, transcript.Options{}) {
		if rec.Session == nil {
			t.Fatal(rec.Reject)
		}
		questions, err := x.Questions(t.Context(), rec.Session)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range Bursts(rec.Session) {
			truth := labels[rec.Session.ID][b.Turns[len(b.Turns)-1]]
			if truth.Want != "" {
				used++
			}
			var got pipeline.Answered
			if i := slices.IndexFunc(questions, func(q pipeline.Question) bool { return q.Turn == b.Turn }); i >= 0 {
				got = *questions[i].Answered
				checkEvidence(t, rec.Session, &questions[i])
			}
			countOutcome(tables, truth.Want, got.Outcome)
			if truth.Solution != "" && got.SolutionID != "" {
				compared++
				if got.SolutionID == truth.Solution {
					right++
				}
			}
		}
	}
	if n := countAsked(labels); used != n {
		t.Errorf("%d of %d labels are of a customer's last message", used, n)
	}
	for _, c := range []struct {
		outcome           pipeline.AnsweredOutcome
		precision, recall float64 // a little less than they are
	}{
		{pipeline.InLine, 0.92, 0.55},
		{pipeline.Contradicted, 0.24, 0.04},
		{pipeline.NotAnswered, 0.15, 0.35},
		{pipeline.NoSolution, 0.26, 0.48},
	} {
		table := tables[c.outcome]
		p, r := table.Precision(), table.Recall()
		if p.Value == nil || r.Value == nil {
			t.Errorf("%s: %+v", c.outcome, *table)
			continue
		}
		t.Logf("%s: precision %.2f [%.2f, %.2f], recall %.2f [%.2f, %.2f], %+v", c.outcome, *p.Value, *p.Low, *p.High, *r.Value, *r.Low, *r.High, *table)
		if *p.Value < c.precision || *r.Value < c.recall {
			t.Errorf("%s: precision %.2f, recall %.2f", c.outcome, *p.Value, *r.Value)
		}
	}
	t.Logf("%d of %d compared with the right solution", right, compared)
	if compared < 125 || float64(right) < 0.95*float64(compared) {
		t.Errorf("%d of %d compared with the right solution", right, compared)
	}
}

// readAsked reads the labels, by session and turn.
func readAsked(t *testing.T) map[transcript.SessionID]map[int]asked {
	t.Helper()
	b, err := os.ReadFile("../testdata/answered/demo.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	labels := map[transcript.SessionID]map[int]asked{}
	for line := range bytes.Lines(b) {
		var a asked
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		if labels[a.ID] == nil {
			labels[a.ID] = map[int]asked{}
		}
		labels[a.ID][a.Turn] = a
	}
	return labels
}

func countAsked(labels map[transcript.SessionID]map[int]asked) (n int) {
	for _, turns := range labels {
		n += len(turns)
	}
	return n
}

func countOutcome(tables map[pipeline.AnsweredOutcome]*review.Table, truth, got pipeline.AnsweredOutcome) {
	for outcome, table := range tables {
		switch {
		case got == outcome && truth == outcome:
			table.TP++
		case got == outcome:
			table.FP++
		case truth == outcome:
			table.FN++
		default:
			table.TN++
		}
	}
}

// checkEvidence finds what is quoted in what the agent said and in the solution.
func checkEvidence(t *testing.T, s *transcript.Session, q *pipeline.Question) {
	t.Helper()
	for _, e := range q.Answered.Said {
		if s.Turns[e.Turn].Speaker != transcript.Agent || e.Turn <= q.Turn || s.Quote(e.Span) != e.Quote || e.Quote == "" {
			t.Errorf("session %s: evidence %+v of the question in turn %d", s.ID, e, q.Turn)
		}
	}
	if a := q.Answered; a.Solution != "" && !bytes.Contains([]byte(q.Suggestions[0].Answer), []byte(a.Solution)) {
		t.Errorf("session %s: %q is not in the solution", s.ID, a.Solution)
	}
}
