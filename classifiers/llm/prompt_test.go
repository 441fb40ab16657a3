package llm

import (
	"strings"
	"testing"

	"assay/classifiers/llm/llmtest"
	"assay/pipeline"
)

// TestOneSessionsQuestionsBeginAlike: providers charge less for what they have seen
// before, and nobody who writes a transcript can know its mark.
func TestOneSessionsQuestionsBeginAlike(t *testing.T) {
	t.Parallel()
	j, server := judge(t, answers(), JudgeOptions{Together: 1})
	list := criteria(t, kindness+"  - {id: other, name: O, weight: 1, critical: sheet, judge: Did the agent apologise?}\n")
	longer := session("customer: Where is my order?", "agent: It left today. Thank you for asking!", "customer: Thank you", "agent: Bye")
	ask := func(q pipeline.Judging) {
		q.Criteria = list
		if _, err := j.Judge(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	ask(pipeline.Judging{Session: chat})
	ask(pipeline.Judging{Session: chat, Vote: 1})
	ask(pipeline.Judging{Session: longer})
	begins := map[string]int{}
	for _, r := range server.Requests() {
		transcript, _, _ := strings.Cut(r.User(), "The transcript has ended")
		begins[r.System()+transcript]++
		mark := strings.Count(r.User(), strings.Split(r.User(), "\"")[1])
		if mark != 3 {
			t.Errorf("the mark stands %d times", mark)
		}
	}
	if len(begins) != 2 || server.Count() != 6 {
		t.Errorf("%d questions begin in %d ways", server.Count(), len(begins))
	}
	marks := map[string]bool{}
	for _, r := range server.Requests() {
		marks[strings.Split(r.User(), "\"")[1]] = true
	}
	other, _ := judge(t, answers(), JudgeOptions{})
	if len(marks) != 2 || marks["=== "+other.mark(chat)+" ==="] {
		t.Errorf("marks: %v", marks)
	}
}

func TestLanguageOfReasons(t *testing.T) {
	t.Parallel()
	for s, want := range map[string][2]bool{ // Chinese, English
		"坐席在第3轮道歉。":                            {true, false},
		"The agent apologised in turn 3.":      {false, true},
		"坐席说“I am so sorry for that”，即道歉。":     {true, false},
		"The agent said “非常抱歉给您添麻烦了” and left": {false, true},
		"":   {true, true},
		"OK": {false, true},
	} {
		if got := [2]bool{chinese.writes(s), english.writes(s)}; got != want {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
}

// TestReasonsInAnotherLanguage: they count, are recorded, and are mended only with
// something that is worth another question.
func TestReasonsInAnotherLanguage(t *testing.T) {
	t.Parallel()
	other := "  - {id: other, name: O, weight: 1, judge: Did the agent apologise?}\n"
	chinesely := found("thanks", quote{1, "Thank you for asking"})
	chinesely.Reason = "坐席感谢了客户的询问。"
	good, bad := found("other", quote{1, "It left today"}), found("other", quote{1, "It never left"})
	english := found("thanks", quote{1, "Thank you for asking"})
	turned := absent("thanks")
	for name, tt := range map[string]struct {
		script llmtest.Script
		reason string
		other  bool
		asked  int
	}{
		"alone it is left":              {answers(chinesely, good), chinesely.Reason, true, 1},
		"it is mended with a bad quote": {scripts(answers(chinesely, bad), answers(english, good)), english.Reason, false, 2},
		"or not":                        {scripts(answers(chinesely, bad), answers(chinesely, good)), chinesely.Reason, true, 2},
		"a changed answer is none":      {scripts(answers(chinesely, bad), answers(turned, good)), chinesely.Reason, true, 2},
	} {
		j, server := judge(t, tt.script, JudgeOptions{})
		got, err := j.Judge(t.Context(), pipeline.Judging{Session: chat, Criteria: criteria(t, kindness+other)})
		if g := got["thanks"]; err != nil || g.Outcome != pipeline.Met || g.Rationale != tt.reason || g.OtherLanguage != tt.other || server.Count() != tt.asked {
			t.Errorf("%s: %+v after %d questions, %v", name, g, server.Count(), err)
		}
		if tt.asked == 2 {
			m := server.Requests()[1].Messages
			if last := m[len(m)-1].Content; !strings.Contains(last, "the reasons are to be written in English") {
				t.Errorf("%s: the complaint is %q", name, last)
			}
		}
	}
}
