package knowledge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLiveQuestionIsWhatWaitsForAnAnswer(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{}, Solution{ID: "mist", Title: "加湿器不出雾怎么办", Answer: "清洗雾化片", Language: "zh"},
		Solution{ID: "refund", Title: "怎么退款", Answer: "在订单页申请", Language: "zh"})
	for name, c := range map[string]struct {
		lines []string
		want  []int // the turns of the question; nil: there is none
		turn  int
		found int
	}{
		"the last burst as one question": {[]string{"customer: 你好", "agent: 您好，请讲", "customer: 打扰了", "customer: 加湿器不出雾怎么办"}, []int{2, 3}, 3, 1},
		"nothing once it is answered":    {[]string{"customer: 加湿器不出雾怎么办", "agent: 清洗一下"}, nil, 0, 0},
		"also while a note stands there": {[]string{"customer: 加湿器不出雾怎么办", "note: 转接中"}, []int{0}, 0, 1},
		"nothing in a greeting":          {[]string{"customer: 你好"}, nil, 0, 0},
		"nothing that the library knows": {[]string{"customer: 斑马吃什么草"}, []int{0}, 0, 0},
		"of many words the sentence that asks": {[]string{
			"customer: 我的快递三天没有更新了，什么时候能到？", "agent: 我帮您查一下", "customer: 那我要投诉你们！怎么退款？",
		}, []int{2}, 2, 1},
		"nothing in anger":             {[]string{"customer: 那我要投诉你们！你们太过分了！"}, nil, 0, 0},
		"nothing before anybody spoke": {nil, nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := session(c.lines...)
			s.Language = "zh"
			q, ok, err := x.Live(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if ok != (c.want != nil) {
				t.Fatalf("asked: %v", ok)
			}
			if diff := cmp.Diff(c.want, q.Turns); diff != "" || q.Turn != c.turn || len(q.Suggestions) != c.found {
				t.Errorf("%s turn %d, %d suggestions", diff, q.Turn, len(q.Suggestions))
			}
		})
	}
}
