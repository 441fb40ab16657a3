package retrieval

import (
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"assay/knowledge"
	"assay/pipeline/transcript"
)

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !strings.HasSuffix(name, ".gz") {
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		return path
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// collect returns Files with the problems it comes upon, by line and reason.
func collect() (Files, *[]string) {
	problems := &[]string{}
	return Files{Problem: func(r error) {
		_, message, _ := strings.Cut(r.Error(), ".jsonl:")
		if message == "" {
			_, message, _ = strings.Cut(r.Error(), ".tsv:")
		}
		*problems = append(*problems, message)
	}}, problems
}

func TestQuestionsAreReadInTheFormsOfRetrievalSets(t *testing.T) {
	t.Parallel()
	said := func(speaker transcript.Speaker, text string) knowledge.Said {
		return knowledge.Said{Speaker: speaker, Text: text}
	}
	for _, c := range []struct {
		name, line string
		want       Question
	}{
		{"id and text", `{"id":"a","text":"Why?"}`, Question{ID: "a", Query: knowledge.Query{Text: "Why?"}}},
		{"BEIR with metadata", `{"_id":7,"text":" Why? ","metadata":{}}`, Question{ID: "7", Query: knowledge.Query{Text: "Why?"}}},
		{
			"turns as texts, the last of which is the question", `{"id":"a","text":"Clean?","turns":["A room","Clean?"]}`,
			Question{ID: "a", Query: knowledge.Query{Text: "Clean?", Context: []knowledge.Said{said("", "A room")}}},
		},
		{
			"turns with speakers under another name", `{"id":"a","text":"多少钱","context":[{"speaker":"agent","text":"您好"}],"language":"zh"}`,
			Question{ID: "a", Query: knowledge.Query{Text: "多少钱", Context: []knowledge.Said{said(transcript.Agent, "您好")}, Language: "zh"}},
		},
		{"its line for an id, where it says what answers it", `{"text":"Why?","want":[]}`, Question{ID: "1", Judged: true, Query: knowledge.Query{Text: "Why?"}}},
		{
			"entities", `{"id":"a","text":"Clean?","entities":["A","B"]}`,
			Question{ID: "a", Query: knowledge.Query{Text: "Clean?", Products: []string{"A", "B"}}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files, problems := collect()
			got, err := files.Questions([]string{file(t, "q.jsonl.gz", c.line+"\n")})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Question{c.want}, got, cmpopts.EquateEmpty()); diff != "" || len(*problems) > 0 {
				t.Errorf("(-want +got):\n%s%q", diff, *problems)
			}
		})
	}
}

func TestBadQuestionsAreNamedAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	files, problems := collect()
	got, err := files.Questions([]string{file(t, "q.jsonl", "\ufeff"+`{"id":"a","text":"Why?"}
{"id":"b"}

{"id":"c","text":[1]}
{"id":"a","text":"Again"}
{"id":"d","text":"x","turns":[{"speaker":"boss","text":"y"}]}
{"id":"e","text":"x","turns":[3],"entities":"z"}
nonsense
`)})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].ID != "a" {
		t.Errorf("read %+v; want the first alone", got)
	}
	want := []string{
		`2: field "text": missing; allowed: a text`,
		`4: field "text": is [1]; allowed: a text`,
		`5: field "id": "a" stands on line 1 already`,
		`6: field "turns[0].speaker": "boss"; allowed: agent, customer, bot, system`,
		`7: field "entities": is "z"; allowed: a list of texts; field "turns[0]": is 3; allowed: a text, or an object with speaker and text`,
		`8: invalid character 'o' in literal null (expecting 'u'); allowed: one JSON object on a line`,
	}
	if diff := cmp.Diff(want, *problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestJudgementsAreReadInBothForms(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"BEIR with a heading":    "query-id\tcorpus-id\tscore\nq\ta\t2\nq\tb\t0\nother\ta\t1\n",
		"BEIR without a heading": "q\ta\t2\nq\tb\t0\nother\ta\t1\n",
		"TREC":                   "q 0 a 2\nq 0 b -1\nother 0 a 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, problems := collect()
			questions := []Question{{ID: "q"}, {ID: "never judged"}}
			unknown, err := files.Judgements([]string{file(t, "qrels.tsv", text)}, questions)
			if err != nil {
				t.Fatal(err)
			}
			want := []Question{{ID: "q", Judged: true, Relevant: map[string]int{"a": 2}}, {ID: "never judged"}}
			if diff := cmp.Diff(want, questions); diff != "" || unknown != 1 || len(*problems) > 0 {
				t.Errorf("%d unknown, problems %q (-want +got):\n%s", unknown, *problems, diff)
			}
		})
	}
}

func TestBadJudgementsAreNamed(t *testing.T) {
	t.Parallel()
	files, problems := collect()
	questions := []Question{{ID: "q"}}
	if _, err := files.Judgements([]string{file(t, "qrels.tsv", "q\ta\tyes1\nq\ta\nq\t\t1\nq\ta\t1\n")}, questions); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`1: field "grade": "yes1"; allowed: a whole number; 0 and below is not relevant`,
		`2: 2 columns; allowed: 3: question, solution, grade; or 4: question, iteration, solution, grade`,
		`3: an id is empty`,
	}
	if diff := cmp.Diff(want, *problems); diff != "" || questions[0].Relevant["a"] != 1 {
		t.Errorf("got %+v (-want +got):\n%s", questions, diff)
	}
}

func TestRankingsAreRatedAsTheTextbooksSay(t *testing.T) {
	t.Parallel()
	ranking := func(ids ...string) []knowledge.Ranked {
		var out []knowledge.Ranked
		for _, id := range ids {
			out = append(out, knowledge.Ranked{ID: id})
		}
		return out
	}
	for _, c := range []struct {
		name     string
		ranking  []knowledge.Ranked
		relevant map[string]int
		want     asked
	}{
		{"right first", ranking("a"), map[string]int{"a": 1}, asked{ndcg: 1, rr: 1, recall1: 1, recall5: 1, recall10: 1, hit: true}},
		{"nothing found", nil, map[string]int{"a": 1}, asked{}},
		{"third of three", ranking("x", "y", "a"), map[string]int{"a": 1}, asked{ndcg: 0.5, rr: 1.0 / 3, recall5: 1, recall10: 1}},
		{
			"grades in the wrong order", ranking("b", "a"), map[string]int{"a": 2, "b": 1},
			asked{ndcg: (1 + 2/math.Log2(3)) / (2 + 1/math.Log2(3)), rr: 1, recall1: 0.5, recall5: 1, recall10: 1, hit: true},
		},
		{
			"one of two behind place five", ranking("v", "w", "x", "y", "z", "a"), map[string]int{"a": 1, "b": 1},
			asked{ndcg: 1 / math.Log2(7) / (1 + 1/math.Log2(3)), rr: 1.0 / 6, recall10: 0.5},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := rate(c.ranking, c.relevant)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(asked{}), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCalibrationIsTheMeanDistanceOfScoresAndTruth(t *testing.T) {
	t.Parallel()
	got := calibrate([]scored{{0.92, true}, {0.98, true}, {1, false}, {0.2, false}})
	want := Calibration{Error: new((math.Abs(0.92+0.98+1-2) + 0.2) / 4), Brier: new((0.08*0.08 + 0.02*0.02 + 1 + 0.04) / 4)}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Calibration{}, "Bins"), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b := got.Bins[9]; b.N != 3 || math.Abs(b.Right-2.0/3) > 1e-12 || math.Abs(b.Score-2.9/3) > 1e-12 {
		t.Errorf("highest bin is %+v; want 3 scores, 2 of them right", b)
	}
}

func TestHeldOutWordingsLeaveTheLibrary(t *testing.T) {
	t.Parallel()
	words := strings.Fields("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon")
	solutions := []knowledge.Solution{{ID: "one", Title: "One", Questions: words}, {ID: "two", Title: "Two", Questions: words[:10]}}
	kept, questions := HoldOut(solutions, 0.3)
	held := map[string]bool{}
	for _, q := range questions {
		held[q.Query.Text] = true
		if q.Relevant["one"] != 1 || !q.Judged {
			t.Errorf("%+v is not answered by the solution that has it", q)
		}
	}
	if len(held) != len(questions) || len(held) < 3 || len(held) > 12 {
		t.Errorf("%d questions of %d wordings; want each once, some 30 %%", len(questions), len(held))
	}
	for i, s := range kept {
		for _, w := range solutions[i].Questions {
			if held[w] == strings.Contains("\n"+strings.Join(s.Questions, "\n")+"\n", "\n"+w+"\n") {
				t.Errorf("wording %q of %s: held out %t, and in the library as well or in neither", w, s.ID, held[w])
			}
		}
	}
	_, again := HoldOut(solutions, 0.3)
	if diff := cmp.Diff(questions, again); diff != "" {
		t.Errorf("another time other wordings (-first +second):\n%s", diff)
	}
}

func TestEvaluationCountsWhatHasNoAnswerApart(t *testing.T) {
	t.Parallel()
	x, err := knowledge.NewIndex([]knowledge.Solution{
		{ID: "refund", Title: "When will I get my refund?", Answer: "Within 3 days."},
		{ID: "invoice", Title: "How do I get an invoice?", Answer: "In the app.", Product: "Gold"},
	}, knowledge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	ask := func(id, text string, products ...string) Question {
		return Question{ID: id, Query: knowledge.Query{Text: text, Products: products}, Judged: true}
	}
	questions := []Question{ask("1", "When will I get my refund?"), ask("2", "When will I get my refund?"), ask("3", "How do I get an invoice?", "Silver"), ask("4", "?")}
	questions[0].judge("refund", 1)
	questions[2].judge("invoice", 1)
	questions[3].Judged = false
	got, err := Evaluate(t.Context(), x, questions, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := &Figures{
		Solutions: 2, Questions: 2, Unanswerable: 1, WithoutJudgements: 1,
		NDCG: new(0.5), MRR: new(0.5), Recall1: new(0.5), Recall5: new(0.5), Recall10: new(0.5), Hit: new(0.5),
		Answered: new(0.5), AnsweredRight: new(0.5), FirstPrecision: new(0.5), ShownPrecision: new(0.5), FalseAnswers: new(1.0),
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Figures{}, "P50", "P99", "Calibration", "Intervals")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, key := range []string{"ndcg_at_10", "hit_at_1", "answered", "false_answers"} {
		if i := got.Intervals[key]; i[0] > i[1] || i[1] == 0 {
			t.Errorf("%s has the interval %v", key, i)
		}
	}
	all, err := Evaluate(t.Context(), x, questions, Options{NoFilter: true})
	if err != nil {
		t.Fatal(err)
	}
	if *all.Hit != 1 {
		t.Errorf("without the filter hit@1 is %v; want 1", *all.Hit)
	}
}
