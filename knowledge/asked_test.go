package knowledge

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// askedTurns are the solutions of a session's questions by turn; "" for none.
type askedTurns map[int]string

// followed are the figures of follow-ups in invented sessions.
type followed struct {
	Asked, Raised   int // questions, and those of them that were found
	Solved          int // questions that the library answers
	Compared, Right int // of Solved, those with a solution, and with the right one
	Carried, Held   int // questions with an earlier one's solution, and those of them where it is the right one
	Quiet, Spoke    int // bursts that are no question, and those of them taken for one
}

func TestFollowUpsGetTheSolutionOfWhatWasAskedBefore(t *testing.T) {
	t.Parallel()
	solutions := slices.Concat(demoSolutions(t), readSolutions(t, "../testdata/asking/follow_solutions.jsonl"))
	x := newTestIndex(t, Options{}, solutions...)
	for _, c := range []struct {
		file                            string
		raised, compared, right, spoken float64 // a little worse than they are
	}{
		{"follow.jsonl", 0.88, 0.73, 0.97, 0.17},
		{"follow_held_out.jsonl", 0.78, 0.52, 0.9, 0.1},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			got := followUps(t, x, "../testdata/asking/"+c.file)
			t.Logf("%+v", got)
			share := func(n, of int) float64 { return float64(n) / float64(of) }
			if share(got.Raised, got.Asked) < c.raised || share(got.Compared, got.Solved) < c.compared ||
				share(got.Right, got.Compared) < c.right || share(got.Spoke, got.Quiet) > c.spoken {
				t.Errorf("%+v", got)
			}
		})
	}
}

// followUps finds the questions of the sessions in a file and counts.
func followUps(t *testing.T, x *Index, path string) (n followed) {
	t.Helper()
	labels := readFollowed(t, path)
	for rec := range transcript.Read(t.Context(), []string{path}, transcript.Options{}) {
		if rec.Session == nil {
			t.Fatal(rec.Reject)
		}
		questions, err := x.Questions(t.Context(), rec.Session)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range Bursts(rec.Session) {
			want, asked := labels[rec.Session.ID][b.Turn]
			var q *pipeline.Question
			if i := slices.IndexFunc(questions, func(q pipeline.Question) bool { return q.Turn == b.Turn }); i >= 0 {
				q = &questions[i]
			}
			n.count(want, asked, q)
		}
	}
	return n
}

// count takes in a burst with its label, and the question that was found in it, if any.
func (n *followed) count(want string, asked bool, q *pipeline.Question) {
	tally := func(of *int, is bool) {
		if is {
			*of++
		}
	}
	first := ""
	if q != nil && len(q.Suggestions) > 0 {
		first = q.Suggestions[0].SolutionID
	}
	tally(&n.Asked, asked)
	tally(&n.Raised, asked && q != nil)
	tally(&n.Quiet, !asked)
	tally(&n.Spoke, !asked && q != nil)
	tally(&n.Solved, want != "")
	tally(&n.Compared, want != "" && first != "")
	tally(&n.Right, want != "" && first == want)
	tally(&n.Carried, q != nil && q.Carried)
	tally(&n.Held, q != nil && q.Carried && first == want)
}

func readFollowed(t *testing.T, path string) map[transcript.SessionID]askedTurns {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[transcript.SessionID]askedTurns{}
	for line := range bytes.Lines(b) {
		var s struct {
			ID     transcript.SessionID
			Labels struct {
				Needs     []int `json:"needs_knowledge"`
				Solutions map[string]string
			}
		}
		if err := json.Unmarshal(line, &s); err != nil {
			t.Fatal(err)
		}
		out[s.ID] = askedTurns{}
		for _, turn := range s.Labels.Needs {
			out[s.ID][turn] = s.Labels.Solutions[strconv.Itoa(turn)]
		}
	}
	return out
}

func TestSentencesThatAskOn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		before     string // of the agent
		want       askedOn
	}{
		{"a few words with a mark", "In a week?", "It takes a while.", askedOn{asking: []string{"In a week?"}, plainly: true, few: true}},
		{"in Chinese without one", "这个要不要我出钱", "可以上门。", askedOn{asking: []string{"这个要不要我出钱"}, plainly: true, few: true}},
		{"the sentence that asks, of several", "I see. And where do I send it? I am off on Monday.", "Send it back.",
			askedOn{asking: []string{" And where do I send it?"}, plainly: true}},
		{"an echo asks nothing", "Ninety? That was never agreed.", "Ninety pounds.", askedOn{few: true}},
		{"nor does what somebody refuses", "don't bother with that", "Shall I book it?", askedOn{few: true}},
		{"nor 没什么", "没什么，随便问问", "还有吗？", askedOn{few: true}},
		{"to say it back is no question", "the blue one? it's on the label", "Which one is it?", askedOn{}},
		{"by the way turns to something else", "By the way, do you sell maps?", "Done.", askedOn{few: true, turns: true}},
		{"so does an answer to an offer", "那发票呢？", "请问还有其他问题吗？", askedOn{few: true, turns: true}},
		{"a quarrel is about persons", "你们这是什么态度？", "不能退。", askedOn{few: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.text = tt.text
			got := newAskedOn(tt.text, listen(tt.text, []Said{{transcript.Agent, tt.before}}))
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(askedOn{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestQuestionsGoOnWithTheTopic(t *testing.T) {
	t.Parallel()
	const (
		exchange = "customer: 裤子买大了能换小一码吗"
		sized    = "SOL-RET-ZH-004"
	)
	tests := []struct {
		name string
		s    *transcript.Session
		want []string // the first solutions, a star where it was carried
	}{
		{"a follow-up gets its solution", session(exchange, "agent: 可以的", "customer: 那邮费呢？"), []string{sized, sized + "*"}},
		{"and so does the next, what says nothing between", session(exchange, "agent: 可以的", "customer: 好的", "agent: 嗯", "customer: 那邮费呢？", "agent: 我们出", "customer: 什么时候能拿到"),
			[]string{sized, sized + "*", sized + "*"}},
		{"without anything before there is nothing to go on with", session("customer: 那邮费呢？"), []string{""}},
		{"what says much that is new is about something else", session(exchange, "agent: 可以的", "customer: 你们元宵节有没有猜灯谜活动？"), []string{sized, ""}},
		{"another question has its own solution", session(exchange, "agent: 可以的", "customer: 会员等级为什么降了？"), []string{sized, "SOL-RET-ZH-012"}},
		{"and is gone on with then", session(exchange, "agent: 可以的", "customer: 会员等级为什么降了？", "agent: 没满额", "customer: 差多少？"),
			[]string{sized, "SOL-RET-ZH-012", "SOL-RET-ZH-012*"}},
		{"of what is not known nothing is carried on", session("customer: 你们元宵节有没有猜灯谜活动？", "agent: 没有", "customer: 那明年呢？"), []string{"", ""}},
		{"after an offer one begins anew", session(exchange, "agent: 可以的，请问还有其他问题吗？", "customer: 那邮费呢？"), []string{sized, ""}},
		{"a topic ends", session(exchange, "agent: 可以的", "customer: 嗯", "agent: 1", "customer: 嗯", "agent: 2", "customer: 嗯", "agent: 3", "customer: 嗯", "agent: 4", "customer: 嗯", "agent: 5", "customer: 那邮费呢？"),
			[]string{sized, ""}},
	}
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			questions, err := x.Questions(t.Context(), tt.s)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, q := range questions {
				first := ""
				if len(q.Suggestions) > 0 {
					first = q.Suggestions[0].SolutionID
				}
				if q.Carried {
					first += "*"
				}
				got = append(got, first)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
