package knowledge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// judged is a question with the solutions that answer it; none when the library
// of the demo has no answer that is valid.
type judged struct {
	Text string   `json:"text"`
	Want []string `json:"want"`
}

func judgedQuestions(t testing.TB) []judged {
	t.Helper()
	b, err := os.ReadFile("testdata/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []judged
	for line := range bytes.Lines(b) {
		var j judged
		if err := json.Unmarshal(line, &j); err != nil {
			t.Fatal(err)
		}
		out = append(out, j)
	}
	return out
}

// quality sums up rankings of ten.
type quality struct {
	n                   int
	ndcg, mrr, hit, all float64
}

func (q *quality) add(want, got []string) {
	q.n++
	gain, ideal, right := 0.0, 0.0, 0
	for i, id := range got {
		if !slices.Contains(want, id) {
			continue
		}
		if right++; right == 1 {
			q.mrr += 1 / float64(i+1)
		}
		gain += 1 / math.Log2(float64(i)+2)
	}
	for i := range min(len(want), 10) {
		ideal += 1 / math.Log2(float64(i)+2)
	}
	q.ndcg += gain / ideal
	q.all += float64(right) / float64(len(want))
	if len(got) > 0 && slices.Contains(want, got[0]) {
		q.hit++
	}
}

func (q *quality) String() string {
	n := float64(q.n)
	return fmt.Sprintf("n=%d nDCG@10 %.3f MRR@10 %.3f hit@1 %.3f recall@10 %.3f", q.n, q.ndcg/n, q.mrr/n, q.hit/n, q.all/n)
}

// The file of rankings makes every change of the ranking visible: what is
// suggested for each question, and how good that is on the whole.
func TestRankings(t *testing.T) {
	t.Parallel()
	solutions := demoSolutions(t)
	open := newTestIndex(t, Options{Threshold: 1e-9}, solutions...)
	x := newTestIndex(t, Options{}, solutions...)
	var all quality
	var lines strings.Builder
	answered, right, falsely, unanswerable := 0, 0, 0, 0
	for _, j := range judgedQuestions(t) {
		found, err := x.Suggest(t.Context(), Query{Text: j.Text})
		if err != nil {
			t.Fatal(err)
		}
		ids := idsOf(found)
		mark := "-"
		switch {
		case len(j.Want) == 0:
			unanswerable++
			if len(ids) > 0 {
				mark = "!"
				falsely++
			}
		default:
			all.add(j.Want, suggestedIDs(t, open, Query{Text: j.Text, Limit: 10}))
			if len(ids) > 0 {
				answered++
				mark = "!"
			}
			if len(ids) > 0 && slices.Contains(j.Want, ids[0]) {
				right++
				mark = "+"
			}
		}
		fmt.Fprintf(&lines, "%s %s\t%s\n", mark, j.Text, strings.Join(ids, " "))
	}
	head := fmt.Sprintf("without threshold: %s\nwith it: %d of %d answerable questions answered, %d of them right first; "+
		"%d of %d unanswerable answered\n\n", &all, answered, all.n, right, falsely, unanswerable)
	checkFile(t, "testdata/rankings.txt", head+lines.String())
}
