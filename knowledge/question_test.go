package knowledge

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// session makes a session of lines such as "customer: text".
func session(lines ...string) *transcript.Session {
	s := &transcript.Session{ID: "s", Channel: transcript.Chat}
	for _, line := range lines {
		speaker, text, _ := strings.Cut(line, ": ")
		turn := transcript.Turn{Speaker: transcript.Speaker(speaker), Text: text}
		if speaker == "note" {
			turn = transcript.Turn{Speaker: transcript.Agent, Text: text, Kind: transcript.Note}
		}
		s.Turns = append(s.Turns, turn)
	}
	return s
}

func TestAskingOf(t *testing.T) {
	t.Parallel()
	tests := map[asking][]string{
		questioning: {
			"退款什么时候到账", "能换吗", "我想改一下收货地址", "帮我查一下物流", "怎么还没到呢", "运费谁出？", "有没有便宜的套餐", "好的，那发票怎么开",
			"在吗？我想问下会员怎么取消", "那得几天啊",
			"How do I reset it", "can i swap these jeans", "I'd like my porting code please", "Where is my parcel", "ok so when does it arrive",
			"Refund possible?", "please cancel my subscription", "what's your return policy", "im looking for a cheaper plan",
		},
		stating: {
			"买的破壁机漏水", "家里断网了", "快递一直不更新", "耳机左边没声音",
			"My tablet has a cracked screen", "the app is not working", "it doesn't turn on", "I was charged twice", "left earbud is dead",
		},
		notAsking: {
			"", "你好", "您好，在吗？", "在不在？？", "好的 谢谢啦", "没有了", "嗯嗯", "XD20261027118", "0037", "人呢？", "喂？喂？还在吗？", "可以的", "是吗？", "……行",
			"我姓方，方块的方", "明白了，辛苦",
			"hello", "Hi, are you there?", "ok thanks!", "yes", "ML-448120", "No, that's it.", "really?", "Perfect, that works.", "Four four eight one",
			"[图片]", "😀😀", "?", "\xff",
		},
	}
	for want, texts := range tests {
		for _, text := range texts {
			got, n := askingOf(text)
			if n == 0 {
				got = notAsking
			}
			if got != want {
				t.Errorf("%q: %d, want %d", text, got, want)
			}
		}
	}
}

// needed is a burst that needs an answer.
type needed struct {
	first, turn int
	text        string
}

func needing(t *testing.T, x *Index, s *transcript.Session) []needed {
	t.Helper()
	var out []needed
	for _, b := range Bursts(s) {
		need, err := x.Need(t.Context(), b.Query)
		if err != nil {
			t.Fatal(err)
		}
		if need >= LeastNeed {
			out = append(out, needed{b.Turns[0], b.Turn, b.Query.Text})
		}
	}
	return out
}

func TestNeed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		s    *transcript.Session
		want []needed
	}{
		{"a burst is one question, without its greeting, at the turn that asks",
			session("customer: 在吗", "customer: 衣服收到了", "customer: 大了", "customer: 能换吗🥲", "agent: 可以的"),
			[]needed{{0, 3, "衣服收到了 大了 能换吗🥲"}}},
		{"a question outweighs a problem before it",
			session("customer: wifi is down", "customer: when will it be fixed?"),
			[]needed{{0, 1, "wifi is down when will it be fixed?"}}},
		{"notes and the system do not part a burst",
			session("customer: 我的快递", "note: 已核实", "system: 客户正在输入", "customer: 到哪了？"),
			[]needed{{0, 3, "我的快递 到哪了？"}}},
		{"the agent parts bursts",
			session("customer: 怎么退货？", "agent: 在订单里申请", "customer: 运费谁出？"),
			[]needed{{0, 0, "怎么退货？"}, {2, 2, "运费谁出？"}}},
		{"a problem that answers the agent is no question",
			session("customer: 加湿器不出雾了怎么办", "agent: 请看第八页", "customer: 洗过了还是不出雾"),
			[]needed{{0, 0, "加湿器不出雾了怎么办"}}},
		{"a problem after an offer is one",
			session("customer: 怎么退货？", "agent: 在订单里申请。请问还有其他问题吗？", "customer: 还有耳机没声音了"),
			[]needed{{0, 0, "怎么退货？"}, {2, 2, "还有耳机没声音了"}}},
		{"the first words may state a problem",
			session("agent: Hello, how can I help?", "customer: My blender leaks", "agent: Which one?", "customer: the red one, it leaks a lot"),
			[]needed{{1, 1, "My blender leaks"}}},
		{"what the agent is to book or to look up needs no solution",
			session("customer: 帮我订一家便宜的酒店", "agent: 湖畔店可以吗？", "customer: 可以，电话给我一下", "agent: 好的", "customer: 那边早餐种类多吗？"),
			[]needed{{4, 4, "那边早餐种类多吗？"}}},
		{"the same in English",
			session("customer: I need a cheap hotel in the north.", "agent: How about the Acorn?", "customer: What is their phone number?", "agent: 555-0100", "customer: Are their rooms clean?"),
			[]needed{{4, 4, "Are their rooms clean?"}}},
		{"nobody asks", session("customer: 你好", "agent: 您好", "customer: 没事了，谢谢"), nil},
		{"no turns", session(), nil},
	}
	x := newTestIndex(t, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, needing(t, x, tt.s), cmp.AllowUnexported(needed{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOfALongTextTheAskingSentencesStay(t *testing.T) {
	t.Parallel()
	chat := strings.Repeat("We went to the lake and the sun shone. ", 10)
	s := session("customer: " + chat + "I bought the red blender. How do I clean it? " + chat)
	want := []needed{{text: "I bought the red blender. How do I clean it?"}}
	if diff := cmp.Diff(want, needing(t, newTestIndex(t, Options{}), s), cmp.AllowUnexported(needed{})); diff != "" {
		t.Error(diff)
	}
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	s := session("customer: 你好", "customer: 退货的退款怎么还没到", "agent: 请稍等", "customer: 你们周年庆有没有抽奖？")
	got, err := x.Questions(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Turn != 1 || len(got[0].Suggestions) == 0 || got[0].Suggestions[0].SolutionID != "SOL-RET-ZH-006" {
		t.Errorf("questions: %+v", got)
	}
	if got[1].Suggestions == nil || len(got[1].Suggestions) > 0 {
		t.Errorf("suggestions for a question without an answer: %#v", got[1].Suggestions)
	}
	none, err := x.Questions(t.Context(), session("customer: 你好"))
	if diff := cmp.Diff([]pipeline.Question{}, none); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestQuestionsAreAtMostTen(t *testing.T) {
	t.Parallel()
	var lines []string
	for i := range 30 {
		lines = append(lines, fmt.Sprintf("customer: 第%d个问题怎么办？", i), "agent: 好")
	}
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	got, err := x.Questions(t.Context(), session(lines...))
	if err != nil || len(got) != maxQuestions {
		t.Errorf("%d questions, error %v", len(got), err)
	}
}

func TestQuestionsGiveTheSameBytesTwice(t *testing.T) {
	t.Parallel()
	solutions := demoSolutions(t)
	s := session("customer: 退款和运费的问题，退货的运费谁出，退款几天到银行卡", "agent: 好", "customer: my refund hasn't arrived, order late?")
	var first string
	for range 3 {
		x := newTestIndex(t, Options{Threshold: 0.01}, solutions...)
		got, err := x.Questions(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(b)
		}
		if string(b) != first {
			t.Errorf("%s\nbefore: %s", b, first)
		}
		solutions = append(solutions[1:], solutions[0])
	}
}

func FuzzQuestions(f *testing.F) {
	f.Add("退款怎么还没到？", "agent: ok", "how do i\x00 reset \xff it?")
	f.Add("", "", "")
	f.Add(strings.Repeat("怎么。", 200), "？！", "\u200b")
	x, err := NewIndex([]Solution{
		{ID: "a", Title: "How do I reset it?", Answer: "Press. Hold."}, {ID: "b", Title: "退款怎么还没到", Answer: strings.Repeat("三天到账。", 100)},
	}, Options{Threshold: 0.01, Now: atToday})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { closeIndex(f, x) })
	f.Fuzz(func(t *testing.T, a, b, c string) {
		s := session("customer: "+a, "customer: "+b, "agent: "+b, "customer: "+c)
		got, err := x.Questions(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range got {
			if q.Turn < 0 || q.Turn >= len(s.Turns) || s.Turns[q.Turn].Speaker != transcript.Customer || q.Suggestions == nil {
				t.Fatalf("question %+v", q)
			}
			for _, g := range q.Suggestions {
				if n := utf8.RuneCountInString(g.Passage); n == 0 || n > maxPassageRunes || g.Score < 0.01 || g.Score > 1 {
					t.Fatalf("suggestion %+v with a passage of %d characters", g, n)
				}
			}
		}
	})
}
