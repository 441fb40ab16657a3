package tone

import (
	"strings"
	"sync"
	"testing"

	"assay/pipeline"
	"assay/pipeline/transcript"

	"github.com/google/go-cmp/cmp"
)

// talk makes a session of lines that begin with "a " (agent) or "c " (customer).
func talk(channel transcript.Channel, lines ...string) *pipeline.Input {
	s := &transcript.Session{Channel: channel}
	for _, l := range lines {
		speaker := transcript.Agent
		if l[0] == 'c' {
			speaker = transcript.Customer
		}
		s.Turns = append(s.Turns, transcript.Turn{Speaker: speaker, Text: l[2:]})
	}
	return pipeline.NewInput(s)
}

func TestMarksAreVerbatim(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	for _, tc := range []struct {
		name, text string
		want       []pipeline.ToneMark
	}{
		{"full-width letters and blanks", "ｗｔｆ　你们", []pipeline.ToneMark{
			{Label: pipeline.Angry, Start: 0, End: 9, Quote: "ｗｔｆ"},
			{Label: pipeline.Complaint, Start: 0, End: 18, Quote: "ｗｔｆ　你们"},
		}},
		{"invisible characters", "我要投\u200b诉你们", []pipeline.ToneMark{{Label: pipeline.Complaint, Start: 0, End: 21, Quote: "我要投\u200b诉你们"}}},
		{"cut contractions", "I 'm not happy , I 'm furious", []pipeline.ToneMark{
			{Label: pipeline.Complaint, Start: 5, End: 14, Quote: "not happy"},
			{Label: pipeline.Angry, Start: 17, End: 29, Quote: "I 'm furious"},
		}},
		{"elongation", "SOOOO FURIOUSSSS", []pipeline.ToneMark{
			{Label: pipeline.Complaint, Start: 0, End: 5, Quote: "SOOOO"},
			{Label: pipeline.Angry, Start: 0, End: 16, Quote: "SOOOO FURIOUSSSS"},
			{Label: pipeline.Angry, Start: 6, End: 16, Quote: "FURIOUSSSS"},
		}},
		{"traditional characters", "氣死我了", []pipeline.ToneMark{{Label: pipeline.Angry, Start: 0, End: 12, Quote: "氣死我了"}}},
		{"phrase with a gap", "说好的今天到又没有", []pipeline.ToneMark{{Label: pipeline.Complaint, Start: 0, End: 21, Quote: "说好的今天到又"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tone := c.Classify(t.Context(), talk(transcript.Chat, "c "+tc.text))
			if len(tone.Turns) != 1 {
				t.Fatalf("toned turns = %d, want 1", len(tone.Turns))
			}
			if diff := cmp.Diff(tc.want, tone.Turns[0].Marks); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConfidenceFollowsEmphasis(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	angry := func(text string) float64 {
		tone := c.Classify(t.Context(), talk(transcript.Chat, "c "+text))
		if len(tone.Turns) == 0 {
			return 0
		}
		return tone.Turns[0].Labels[pipeline.Angry]
	}
	for _, tc := range []struct{ more, less string }{
		{"这太离谱了！！！", "这太离谱了"},
		{"frustrating AND ANNOYING!!!", "frustrating"},
		{"this is absolutely outrageous", "outrageous"},
		{"outrageous", "a bit outrageous"},
		{"outrageous and disgusting", "outrageous"},
	} {
		if more, less := angry(tc.more), angry(tc.less); more <= less || more > most {
			t.Errorf("angry(%q) = %v, angry(%q) = %v", tc.more, more, tc.less, less)
		}
	}
	if got := angry("great news!!! THANK YOU ALL"); got != 0 {
		t.Errorf("joyful shouting is angry: %v", got)
	}
}

func TestBrushingOffIsPerfunctory(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	for _, tc := range []struct {
		name    string
		channel transcript.Channel
		lines   []string
		want    []float64 // of the agent's turns
	}{
		{"each further one weighs more", transcript.Chat, []string{"c 这个能退吗？", "a 嗯", "c 怎么退？", "a 哦", "c 邮费谁出？", "a 不清楚"}, []float64{0.38, 0.62, 0.76}},
		{"after no question it is a nod", transcript.Chat, []string{"c 收到了", "a 嗯", "c 好", "a ok"}, []float64{0, 0}},
		{"a full answer", transcript.Chat, []string{"c 这个能退吗？", "a 可以，七天内都行"}, []float64{0}},
		{"on calls listening is no brush-off", transcript.Call, []string{"c 我上周买了一个锅然后今天收到以后打开来看了看", "a 嗯"}, []float64{0}},
		{"on calls a question wants an answer", transcript.Call, []string{"c when will it come?", "a dunno"}, []float64{0.81}},
		{"two customer turns before the answer", transcript.Chat, []string{"c will it arrive tomorrow?", "c hello", "a k"}, []float64{0.38}},
		{"with punctuation", transcript.Chat, []string{"c will it arrive tomorrow?", "a …ok."}, []float64{0.38}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in := talk(tc.channel, tc.lines...)
			byTurn := map[int]float64{}
			for _, turn := range c.Classify(t.Context(), in).Turns {
				byTurn[turn.Turn] = turn.Labels[pipeline.Perfunctory]
			}
			var got []float64
			for i := range in.Session.Turns {
				if in.Session.Turns[i].Speaker == transcript.Agent {
					got = append(got, byTurn[i])
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTrend(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	for _, tc := range []struct {
		name  string
		lines []string
		want  pipeline.Trend
	}{
		{"nothing tells", []string{"c 我的订单号是 123", "a 非常抱歉"}, pipeline.Trend{}},
		{"one turn is begin and end", []string{"c I am furious"}, pipeline.Trend{Begin: new(-0.68), End: new(-0.68), Shift: new(0.0)}},
		{"from angry to pleased", []string{"c 气死我了", "a 抱歉", "c 123456", "c 太好了"}, pipeline.Trend{Begin: new(-0.68), End: new(0.56), Shift: new(1.24)}},
		{"the agent's mood does not count", []string{"c thanks", "a shut up, I am furious"}, pipeline.Trend{Begin: new(0.15), End: new(0.15), Shift: new(0.0)}},
		{"neutral messages count, and the last that tells counts twice", []string{"c 你好", "c 想问一下发票", "c 气死我了", "c 谢谢"}, pipeline.Trend{Begin: new(0.0), End: new(-0.13), Shift: new(-0.13)}},
		{"a polite opening that ends in anger", []string{"c 你好，想问一下发票", "c 抬头错了", "c 气死我了！", "c 太垃圾了，我要投诉"}, pipeline.Trend{Begin: new(0.0), End: new(-0.58), Shift: new(-0.58)}},
		{"an apology and a trouble are neutral", []string{"c Oh, sorry, wrong number", "c 家里断网了", "c it's broken and not working"}, pipeline.Trend{}},
		{"the middle does not count", []string{"c thanks", "c I am furious", "c thanks"}, pipeline.Trend{Begin: new(0.15), End: new(0.15), Shift: new(0.0)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, c.Classify(t.Context(), talk(transcript.Chat, tc.lines...)).Customer); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTrendReadsFiveTurnsAtMost(t *testing.T) {
	t.Parallel()
	moods := make([]mood, 30)
	for i := range 5 {
		moods[i], moods[len(moods)-1-i] = mood{1, true}, mood{-1, true}
	}
	want := pipeline.Trend{Begin: new(1.0), End: new(-1.0), Shift: new(-2.0)}
	if diff := cmp.Diff(want, trend(moods)); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyMessagesAreRead(t *testing.T) {
	t.Parallel()
	in := pipeline.NewInput(&transcript.Session{Turns: []transcript.Turn{
		{Speaker: transcript.Agent, Text: "shut up", Kind: transcript.Note},
		{Speaker: transcript.Customer, Text: "shut up", Kind: transcript.Event},
	}})
	if diff := cmp.Diff(pipeline.Tone{Turns: []pipeline.TurnTone{}}, classifier(t).Classify(t.Context(), in)); diff != "" {
		t.Error(diff)
	}
}

func TestEqualSessionsGiveEqualAnswers(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	var lines []string
	for speaker, cases := range labelCases {
		for _, tc := range cases {
			lines = append(lines, string(speaker[:1])+" "+tc.text)
		}
	}
	in := talk(transcript.Chat, lines...)
	want := c.Classify(t.Context(), in)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if diff := cmp.Diff(want, c.Classify(t.Context(), in)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	wg.Wait()
	if other := classifier(t); other.Version() != c.Version() || len(c.Version()) != 12 {
		t.Errorf("versions %q and %q", c.Version(), other.Version())
	}
}

func FuzzClassify(f *testing.F) {
	for _, cases := range labelCases {
		for _, tc := range cases[:min(len(cases), 12)] {
			f.Add(tc.text)
		}
	}
	f.Add("“你\xff好 ' n't ﷺ ａ́ ……？？？ÀÉ wwww 不会不会投诉")
	c := classifier(f)
	f.Fuzz(func(t *testing.T, text string) {
		in := talk(transcript.Chat, "c "+text, "a "+text, "c "+text)
		for _, turn := range c.Classify(t.Context(), in).Turns {
			checkTurn(t, in, turn)
		}
	})
}

// checkTurn holds what every answer promises.
func checkTurn(t *testing.T, in *pipeline.Input, turn pipeline.TurnTone) {
	t.Helper()
	text := in.Session.Turns[turn.Turn].Text
	marked := map[pipeline.Label]bool{}
	for _, m := range turn.Marks {
		if m.Start < 0 || m.End <= m.Start || m.End > len(text) || text[m.Start:m.End] != m.Quote {
			t.Errorf("mark %+v does not fit %q", m, text)
		}
		marked[m.Label] = true
	}
	for label, sure := range turn.Labels {
		if sure < least || sure > most || !marked[label] {
			t.Errorf("label %s %v in %q has no mark or a wrong confidence", label, sure, text)
		}
	}
	if len(turn.Labels) == 0 || len(marked) != len(turn.Labels) {
		t.Errorf("labels %v, marks %v in %q", turn.Labels, turn.Marks, text)
	}
}

func BenchmarkClassify(b *testing.B) {
	c := classifier(b)
	var lines []string
	for speaker, cases := range labelCases {
		for _, tc := range cases {
			lines = append(lines, string(speaker[:1])+" "+tc.text+"，订单号是 20261102，麻烦看一下 the parcel of last week")
		}
	}
	in := talk(transcript.Chat, lines...)
	b.SetBytes(int64(len(strings.Join(lines, ""))))
	for b.Loop() {
		c.Classify(b.Context(), in)
	}
	b.ReportMetric(float64(b.N*len(lines))/b.Elapsed().Seconds(), "turns/s")
}

func TestMarksAreBounded(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("I want to complain, this is terrible, I will sue, thank you so much, idiot. ", 200) + strings.Repeat("WHAT THE HELL ", 500) + "!!!!"
	got := classifier(t).Classify(t.Context(), talk(transcript.Chat, "c "+text)).Turns
	if len(got) != 1 || len(got[0].Marks) != 20 {
		t.Fatalf("%d turns", len(got))
	}
	marked := map[pipeline.Label]bool{}
	for _, m := range got[0].Marks {
		marked[m.Label] = true
		if len(m.Quote) > 400 || text[m.Start:m.End] != m.Quote {
			t.Errorf("mark %+v", m)
		}
	}
	if len(marked) != len(got[0].Labels) {
		t.Errorf("labels %v, marks for %v", got[0].Labels, marked)
	}
}
