package knowledge

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/transcript"
)

func TestPastedChats(t *testing.T) {
	t.Parallel()
	type want struct {
		isChat   bool
		question string
		before   []Said
	}
	for name, c := range map[string]struct {
		text string
		want want
	}{
		"lines in Chinese": {"客户：我买的加湿器坏了\n坐席：请问是什么型号？\n客户：X200，不出雾怎么办？",
			want{true, "X200，不出雾怎么办？", []Said{{transcript.Customer, "我买的加湿器坏了"}, {transcript.Agent, "请问是什么型号？"}}}},
		"one line of several": {"客户：加湿器X200不出雾怎么办？ 坐席：稍等 客户：好的",
			want{true, "加湿器X200不出雾怎么办？", nil}},
		"lines in English with times": {"[10:01] Customer: My router lost the line.\n[10:02] Agent: Which one is it?\n[10:03] Customer: The R7. How do I reset it?",
			want{true, "The R7. How do I reset it?", []Said{{transcript.Customer, "My router lost the line."}, {transcript.Agent, "Which one is it?"}}}},
		"thanks at the end ask nothing": {"Customer: How do I reset my router?\nAgent: Hold the button.\nCustomer: thanks", want{true, "How do I reset my router?", nil}},
		"nothing asks":                  {"Customer: hello", want{true, "hello", nil}},
		"only the agent speaks":         {"Agent: Hello, how can I help?", want{}},
		"a question with a colon":       {"error: 17 on my router", want{}},
		"a plain question":              {"how do I reset my router", want{}},
		"nothing":                       {"  ", want{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			turns, isChat := ReadPasted(t.Context(), c.text)
			got := want{isChat: isChat}
			if isChat {
				got.question, got.before = LastAsked(turns)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
