package answer

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/review"
	"assay/pipeline/transcript"
)

// pair is a solution with what an agent said instead, and what that is. What begins
// with "customer: " is the customer's.
type pair struct {
	ID       string
	HeldOut  bool `json:"held_out"`
	Question string
	Solution string
	Said     []string
	Want     pipeline.AnsweredOutcome
}

func (p pair) compare(o Options) Result {
	s := &transcript.Session{Turns: []transcript.Turn{{Speaker: transcript.Customer, Text: p.Question}}}
	for _, text := range p.Said {
		speaker := transcript.Agent
		if customers, is := strings.CutPrefix(text, "customer: "); is {
			speaker, text = transcript.Customer, customers
		}
		s.Turns = append(s.Turns, transcript.Turn{Speaker: speaker, Text: text})
	}
	q := &pipeline.Question{Text: p.Question, Suggestions: []pipeline.Suggestion{{SolutionID: p.ID, Answer: p.Solution}}}
	return Compare(s, q, o)
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

// What contradicts must be found as such, and nothing else may be: precision comes
// before recall. Half of the pairs were kept from whoever wrote the rules, and then
// told which general ones were missing: before, contradictions had precision 0.80
// and recall 0.59 there, answers in line 0.88 and 0.73.
func TestInventedAnswers(t *testing.T) {
	t.Parallel()
	tables := map[pipeline.AnsweredOutcome]*review.Table{pipeline.InLine: {}, pipeline.Contradicted: {}, pipeline.NotAnswered: {}}
	for _, p := range readPairs(t) {
		got := p.compare(Options{})
		if got.Outcome != p.Want {
			t.Logf("%s is %s; got %s (%.0f %%, %s)", p.ID, p.Want, got.Outcome, got.Share, got.Why)
		}
		for outcome, table := range tables {
			switch is, want := got.Outcome == outcome, p.Want == outcome; {
			case is && want:
				table.TP++
			case is:
				table.FP++
			case want:
				table.FN++
			default:
				table.TN++
			}
		}
	}
	for outcome, least := range map[pipeline.AnsweredOutcome][2]float64{
		pipeline.Contradicted: {0.97, 0.88}, pipeline.InLine: {0.94, 0.88}, pipeline.NotAnswered: {0.60, 0.95},
	} {
		p, r := *tables[outcome].Precision().Value, *tables[outcome].Recall().Value
		t.Logf("%s: precision %.2f, recall %.2f", outcome, p, r)
		if p < least[0] || r < least[1] {
			t.Errorf("%s: precision %.2f, recall %.2f; want %v", outcome, p, r, least)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	const fee = "The exit fee is 20 pounds for each remaining month, up to 140. It is not charged after a move abroad."
	for _, c := range []struct {
		name     string
		solution string
		said     []string
		o        Options
		want     pipeline.Answered
	}{
		{"another amount contradicts, with both sides", fee, []string{"One moment.", "Sure. The exit fee is 35 pounds for each remaining month."}, Options{},
			pipeline.Answered{Outcome: pipeline.Contradicted, SolutionID: "S", Solution: "The exit fee is 20 pounds for each remaining month,", Why: "35 pounds ≠ 20 pounds",
				Said: []pipeline.Evidence{{Span: transcript.Span{Turn: 2, Start: 6, End: 57}, Quote: "The exit fee is 35 pounds for each remaining month."}}}},
		{"a total does not", fee, []string{"Three months are left, so the exit fee is 60 pounds in all."}, Options{}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"nor does what holds in another case", fee, []string{"If you had no contract, the exit fee would be 0 pounds for each remaining month."}, Options{}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"nor a question", fee, []string{"Were you told that the exit fee is 35 pounds for each remaining month?"}, Options{}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"putting off is no answer", fee, []string{"I don't know the exit fee for each remaining month, please call us."}, Options{}, pipeline.Answered{Outcome: pipeline.NotAnswered}},
		{"too late is no answer", fee, []string{"Hm.", "The exit fee is 20 pounds for each remaining month."}, Options{Within: 1}, pipeline.Answered{Outcome: pipeline.NotAnswered}},
		{"a longer time in another unit contradicts", "电子发票在确认收货后 24 小时内开具。", []string{"确认收货后三天内开具电子发票"}, Options{}, pipeline.Answered{Outcome: pipeline.Contradicted}},
		{"the same time in another unit is in line", "电子发票在确认收货后 24 小时内开具。", []string{"确认收货后一天内开具电子发票"}, Options{}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"what the solution says both ways is not denied", "出库前可以修改地址，出库后不能修改地址。", []string{"可以修改地址的"}, Options{}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"asking for a number first does not count", fee, []string{"Your name?", "And the number?", "The exit fee is 20 pounds for each remaining month."}, Options{Within: 1}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"a put-off of the solution's own is an answer", "Please call the embassy within 3 days.", []string{"Please call the embassy within three days."}, Options{}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"disowning contradicts what is granted", "Broken pots are replaced free of charge.", []string{"That's nothing to do with us."}, Options{}, pipeline.Answered{Outcome: pipeline.Contradicted}},
		{"refusing does not contradict what is refused", "开罐后不能退货。", []string{"退不了的。"}, Options{}, pipeline.Answered{Outcome: pipeline.NotAnswered}},
		{"a demand for what is waived contradicts, though it asks", "拍照即可理赔，不要求提供收据。", []string{"收据有吗？没收据赔不了"}, Options{}, pipeline.Answered{Outcome: pipeline.Contradicted}},
		{"a promise contradicts where none is made", "Results vary; staff must not promise a result.", []string{"One hundred percent, I promise."}, Options{}, pipeline.Answered{Outcome: pipeline.Contradicted}},
		{"declining to promise does not", "Results vary; staff must not promise a result.", []string{"Results vary, so I can't promise anything."}, Options{}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"sending elsewhere contradicts where it is forbidden", "客服登记后处理，不得让顾客自己联系司机。", []string{"您自己联系司机吧"}, Options{}, pipeline.Answered{Outcome: pipeline.Contradicted}},
		{"what is said of a case denies nothing", "没有预约的客户可以现场取号。", []string{"客户可以现场取号的"}, Options{}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"doing it is in line", "Deliveries can be paused by the agent.", []string{"I've paused it for you."}, Options{}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"a refusal of what is asked later is none", "Dates can be changed free of charge.", []string{"Your order number, please?", "customer: First, can I have a refund?", "Dates can be changed free of charge.", "customer: And a refund?", "Not possible."}, Options{}, pipeline.Answered{Outcome: pipeline.InLine}},
		{"with a share of its own, a number alone is not enough", "Refunds reach the bank card within five working days after the return.", []string{"five working days"}, Options{Least: 60}, pipeline.Answered{Outcome: pipeline.NotAnswered}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := pair{ID: "S", Solution: c.solution, Said: c.said}.compare(c.o).Answered
			if c.want.Said == nil {
				if got.Outcome != c.want.Outcome {
					t.Errorf("got %+v; want %s", got, c.want.Outcome)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWithoutASuggestionThereIsNoSolution(t *testing.T) {
	t.Parallel()
	got := Compare(&transcript.Session{Turns: make([]transcript.Turn, 2)}, &pipeline.Question{}, Options{})
	if diff := cmp.Diff(pipeline.Answered{Outcome: pipeline.NoSolution}, got.Answered); diff != "" {
		t.Error(diff)
	}
}

func TestBotsDoNotAnswer(t *testing.T) {
	t.Parallel()
	s := &transcript.Session{Turns: []transcript.Turn{
		{Speaker: transcript.Customer, Text: "exit fee?"}, {Speaker: transcript.Bot, Text: "The exit fee is 20 pounds a month."},
		{Speaker: transcript.Agent, Text: "The exit fee is 20 pounds a month.", Kind: transcript.Note},
	}}
	q := &pipeline.Question{Suggestions: []pipeline.Suggestion{{SolutionID: "S", Answer: "The exit fee is 20 pounds a month."}}}
	if got := Compare(s, q, Options{}); got.Outcome != pipeline.NotAnswered {
		t.Errorf("got %+v", got)
	}
}

func FuzzCompare(f *testing.F) {
	for _, p := range readPairs(f) {
		f.Add(p.Solution, p.Said[0])
	}
	f.Add("\xff 3 to", "–3元\x00 5 个")
	f.Add(strings.Repeat("不能", 50), "1e309 天 or 2")
	f.Fuzz(func(t *testing.T, solution, said string) {
		got := pair{ID: "S", Solution: solution, Said: []string{said}}.compare(Options{})
		if !strings.Contains(solution, got.Solution) {
			t.Errorf("%q is not in the solution", got.Solution)
		}
		for _, e := range got.Said {
			if e.Turn != 1 || said[e.Start:e.End] != e.Quote {
				t.Errorf("evidence %+v", e)
			}
		}
	})
}

// BenchmarkCompare compares all invented answers.
func BenchmarkCompare(b *testing.B) {
	pairs := readPairs(b)
	for b.Loop() {
		for _, p := range pairs {
			p.compare(Options{})
		}
	}
}
