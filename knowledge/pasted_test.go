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
		"an export with names and times on lines of their own": {"王女士 10:01:22\n你好\n\n客服小李 10:01:40\n您好，请讲\n\n王女士 10:02:05\n加湿器X200不出雾\n怎么办？",
			want{true, "加湿器X200不出雾\n怎么办？", []Said{{transcript.Agent, "您好，请讲"}}}},
		"an export with days before names": {"2026/11/03 10:01:22 小李\n您好，请讲\n2026/11/03 10:02:05 顾客\n退款多久到账？",
			want{true, "退款多久到账？", []Said{{transcript.Agent, "您好，请讲"}}}},
		"times behind speakers": {"Customer (10:02): My router lost the line.\nAgent (10:03 AM): Which one is it?\nCustomer (10:04): The R7. How do I reset it?",
			want{true, "The R7. How do I reset it?", []Said{{transcript.Customer, "My router lost the line."}, {transcript.Agent, "Which one is it?"}}}},
		"times before speakers in Chinese": {"[10:02] 客户: 宽带断了\n[10:03] 客服: 请稍等\n[10:04] 客户: 怎么重启光猫？",
			want{true, "怎么重启光猫？", []Said{{transcript.Customer, "宽带断了"}, {transcript.Agent, "请稍等"}}}},
		"names that nobody knows: the first one asks": {"2026-11-03 10:02 张三：发票怎么开？\n2026-11-03 10:03 李四：马上看",
			want{true, "发票怎么开？", nil}},
		"a name beside an agent is the customer": {"2026-11-03 10:02 客服：您好，请讲\n2026-11-03 10:03 张三：发票怎么开？",
			want{true, "发票怎么开？", []Said{{transcript.Agent, "您好，请讲"}}}},
		"one line with a time is no chat": {"会议 10:02\n怎么改时间？", want{}},
		"thanks at the end ask nothing":   {"Customer: How do I reset my router?\nAgent: Hold the button.\nCustomer: thanks", want{true, "How do I reset my router?", nil}},
		"nothing asks":                    {"Customer: hello", want{true, "hello", nil}},
		"only the agent speaks":           {"Agent: Hello, how can I help?", want{}},
		"a question with a colon":         {"error: 17 on my router", want{}},
		"a plain question":                {"how do I reset my router", want{}},
		"nothing":                         {"  ", want{}},
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
