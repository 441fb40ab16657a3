package knowledge

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"assay/pipeline"
	"assay/pipeline/review"
	"assay/pipeline/transcript"
)

// asked is a question of the demo's with how its agent answered it, as somebody
// who read both says.
type asked struct {
	ID   transcript.SessionID
	Turn int
	Want pipeline.AnsweredOutcome
}

// The demo's agents answer in line, in other words than the library's, or brush
// customers off. The labels began as the program's own outcomes and were corrected by
// reading. What is called a contradiction must mostly be one; of those that are,
// most are not found: they are refusals in words of their own.
func TestAnswersOfTheDemo(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../testdata/answered/demo.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	want := map[asked]pipeline.AnsweredOutcome{}
	for line := range bytes.Lines(b) {
		var a asked
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		want[asked{ID: a.ID, Turn: a.Turn}] = a.Want
	}
	files, err := filepath.Glob("../testdata/demo/sessions/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	tables := map[pipeline.AnsweredOutcome]*review.Table{pipeline.InLine: {}, pipeline.Contradicted: {}}
	for rec := range transcript.Read(t.Context(), files, transcript.Options{}) {
		if rec.Session == nil {
			continue
		}
		questions, err := x.Questions(t.Context(), rec.Session)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range questions {
			if truth := want[asked{ID: rec.Session.ID, Turn: q.Turn}]; truth != "" && q.Answered.Outcome != pipeline.NoSolution {
				countOutcome(tables, truth, q.Answered.Outcome)
			}
			checkEvidence(t, rec.Session, &q)
		}
	}
	line, against := tables[pipeline.InLine], tables[pipeline.Contradicted]
	t.Logf("in line %+v, contradicted %+v", *line, *against)
	if p, r := *line.Precision().Value, *line.Recall().Value; p < 0.95 || r < 0.78 {
		t.Errorf("in line: precision %.2f, recall %.2f", p, r)
	}
	if against.FP > 1 || against.TP == 0 { // one of some seventy may be doubtful
		t.Errorf("contradicted: %d right, %d wrong", against.TP, against.FP)
	}
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
