package llm

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/llm/llmtest"
	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/transcript"
)

// long is a session of so many turns, of about 60 tokens each.
func long(turns int) *transcript.Session {
	var list []string
	for i := range turns {
		list = append(list, fmt.Sprintf("agent: turn number %d. %s", i, strings.Repeat("some more words. ", 9)))
	}
	return session(list...)
}

// sees answers with one claim where the prompt shows some words, and else that
// there is nothing.
func sees(words string, c claim) llmtest.Script {
	return func(r llmtest.Request) llmtest.Answer {
		if strings.Contains(r.User(), words) {
			return answers(c)(r)
		}
		return answers()(r)
	}
}

var firstShown = regexp.MustCompile(`(?m)^\[(\d+)\] agent`)

func TestLongSessions(t *testing.T) {
	t.Parallel()
	const plain, forbidden = "judge: Was it said?", "judge: {question: Was it left out?, prove: not_met}"
	const both = "judge: {question: Was it said?, prove: both}"
	last := quote{29, "turn number 29."}
	broken := claim{"c", true, "It was said.", "no", []quote{last}}
	// kept says yes with a quote of the first turn shown, and no with one of the last turn.
	kept := func(r llmtest.Request) llmtest.Answer {
		if strings.Contains(r.User(), last.Text) {
			return answers(broken)(r)
		}
		i, err := strconv.Atoi(firstShown.FindStringSubmatch(r.User())[1])
		if err != nil {
			return llmtest.Answer{Text: err.Error()}
		}
		return answers(found("c", quote{i, fmt.Sprintf("turn number %d.", i)}))(r)
	}
	late := found("c", last)
	refusing := func(r llmtest.Request) llmtest.Answer {
		if strings.Contains(r.User(), "turn number 0.") {
			return llmtest.Answer{Refusal: "no"}
		}
		return sees(last.Text, late)(r)
	}
	tests := map[string]struct {
		judge   string
		script  llmtest.Script
		anchors []transcript.Span
		windows int
		want    string
		asked   int
		leftOut [][2]int
	}{
		"what is found in the last part is found":              {plain, sees("turn number 29.", late), nil, 8, "met", 6, nil},
		"what is found in the first part needs no other":       {plain, sees("turn number 1.", found("c", quote{1, "turn number 1."})), nil, 8, "met", 1, [][2]int{{7, 29}}},
		"what is in no part is absent":                         {plain, answers(), nil, 8, "not_met", 6, nil},
		"what is forbidden and in one part":                    {forbidden, kept, nil, 8, "not_met", 6, nil},
		"what is not shown is not absent":                      {plain, answers(), nil, 2, "undetermined too_long", 2, [][2]int{{12, 29}}},
		"what is found is found although not all is shown":     {plain, sees("turn number 9.", found("c", quote{9, "turn number 9."})), nil, 2, "met", 2, [][2]int{{12, 29}}},
		"the surroundings of anchors come first":               {plain, sees("turn number 20.", found("c", quote{20, "turn number 20."})), []transcript.Span{{Turn: 20}}, 8, "met", 1, [][2]int{{2, 18}, {22, 27}}},
		"what is not about the anchors may stand elsewhere":    {plain, sees("turn number 10.", found("c", quote{10, "turn number 10."})), []transcript.Span{{Turn: 20}}, 8, "met", 3, [][2]int{{14, 18}, {22, 27}}},
		"what is forbidden and in no part":                     {forbidden, answers(found("c")), nil, 8, "met", 6, nil},
		"parts that prove both":                                {both, kept, nil, 8, "undetermined split", 6, nil},
		"no part gives an occasion":                            {plain, answers(claim{"c", false, "There was no occasion.", "no", []quote{}}), nil, 8, "not_applicable no_opportunity", 6, nil},
		"a part that could not be read leaves it open":         {plain, sees("turn number 29.", found("c", quote{29, "never said"})), nil, 8, "undetermined quote", 7, nil},
		"a part that could not be read hides what another has": {plain, refusing, nil, 8, "met", 6, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, server := judge(t, tt.script, JudgeOptions{WindowTokens: 520, Windows: tt.windows})
			q := pipeline.Judging{Session: long(30), Criteria: criteria(t, "  - {id: c, name: C, weight: 1, "+tt.judge+"}\n"), Anchors: map[string][]transcript.Span{"c": tt.anchors}}
			got, err := j.Judge(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			g := got["c"]
			if said := strings.TrimSpace(string(g.Outcome) + " " + string(g.Reason)); said != tt.want || server.Count() != tt.asked {
				t.Errorf("%q after %d questions, want %q after %d", said, server.Count(), tt.want, tt.asked)
			}
			if diff := cmp.Diff(tt.leftOut, g.LeftOut); diff != "" {
				t.Errorf("left out (-want +got)\n%s", diff)
			}
			first := server.Requests()[0].User()
			if !strings.Contains(first, "not shown]\n") || !strings.Contains(first, "It is shown in part") {
				t.Errorf("what is left out is not said: %s", first)
			}
		})
	}
}

// TestLongTurns: what is cut off a turn is said and kept on record, and what may
// stand there is not absent.
func TestLongTurns(t *testing.T) {
	t.Parallel()
	s := session("customer: hello", "agent: "+strings.Repeat("字", turnRunes)+"末尾谢谢", "agent: 您好请讲")
	j, server := judge(t, uncounted(answers()), JudgeOptions{})
	got, err := j.Judge(t.Context(), pipeline.Judging{Session: s, Criteria: criteria(t, kindness)})
	if err != nil {
		t.Fatal(err)
	}
	g := got["thanks"]
	if g.Reason != pipeline.TooLong || !slices.Equal(g.Cut, []int{1}) {
		t.Errorf("%+v", g)
	}
	if user := server.Requests()[0].User(); !strings.Contains(user, "[本轮还有4个字符未显示]") || strings.Contains(user, "末尾") {
		t.Error("the cut is not said")
	}
	j, _ = judge(t, uncounted(answers(found("thanks", quote{2, "您好请讲"}))), JudgeOptions{})
	got, err = j.Judge(t.Context(), pipeline.Judging{Session: s, Criteria: criteria(t, kindness)})
	if g := got["thanks"]; err != nil || g.Outcome != pipeline.Met {
		t.Errorf("%+v, %v", g, err)
	}
}

// uncounted leaves out the tokens, which the test server counts otherwise than the
// client estimates.
func uncounted(script llmtest.Script) llmtest.Script {
	return func(r llmtest.Request) llmtest.Answer {
		a := script(r)
		a.NoUsage = true
		return a
	}
}

// TestRedaction: nothing personal is sent, and evidence stands in the original.
func TestRedaction(t *testing.T) {
	t.Parallel()
	s := session("customer: 我的手机号是 13812345678，谢谢", "agent: 您的手机号 13812345678，对吗？感谢您")
	rules := redact.DefaultPolicy().For(redact.Model)
	tagged := redactedTurn(t, rules, s, 1)
	said := found("thanks", quote{1, tagged})
	for name, tt := range map[string]struct {
		rules *redact.Rules
		quote string
		sent  bool
	}{
		"redacted": {&rules, tagged, false},
		"raw":      {nil, s.Turns[1].Text, true},
	} {
		said.Quotes[0].Text = tt.quote
		j, server := judge(t, answers(said), JudgeOptions{Redact: tt.rules})
		got, err := j.Judge(t.Context(), pipeline.Judging{Session: s, Criteria: criteria(t, kindness)})
		if err != nil {
			t.Fatal(err)
		}
		g := got["thanks"]
		if len(g.Evidence) != 1 || !strings.HasPrefix(g.Evidence[0].Quote, "您的手机号 13812345678，对吗？感谢您") || s.Quote(g.Evidence[0].Span) != g.Evidence[0].Quote || g.Redacted == tt.sent {
			t.Errorf("%s: %+v", name, g)
		}
		if user := server.Requests()[0].User(); strings.Contains(user, "13812345678") != tt.sent {
			t.Errorf("%s: sent %s", name, user)
		}
	}
}

func redactedTurn(t *testing.T, rules redact.Rules, s *transcript.Session, turn int) string {
	t.Helper()
	text := rules.Session(s).Turns[turn].Text
	if strings.Contains(text, "138") {
		t.Fatalf("not redacted: %s", text)
	}
	return text
}
