package knowledge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPieces(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"one clause has none but itself", "退货的退款怎么还没到", nil},
		{"sentences, whatever their form", "I am livid about this courier. My vase came in pieces.",
			[]string{"I am livid about this courier.", "My vase came in pieces."}},
		{"clauses that ask, alone and with the one before", "服务真好，我人在国内，扣了我漫游费",
			[]string{"扣了我漫游费", "我人在国内,扣了我漫游费"}},
		{"messages of a burst", "衣服收到了 肩膀那里空一大块 尺码怎么换", []string{"肩膀那里空一大块,尺码怎么换"}},
		{"none without substance", "你好！在吗？能换吗？", nil},
		{"nothing", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, pieces(tt.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestContextDoesNotHideTheQuestion(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	for text, want := range map[string]string{
		"我上周五买的保温杯怎么还没到啊，有点着急":                                                                           "SOL-RET-ZH-001",
		"你们可真是太棒了，服务一流啊，我人在国内，给我扣了九十块钱漫游费，厉害厉害":                                                          "SOL-TEL-ZH-012",
		"三个月了！每个月都莫名其妙扣一个9.9，我要投诉你们 再不解决我就打12315，还要发抖音":                                                  "SOL-TEL-ZH-002",
		"Hi there. I'm still waiting on a refund. It's been, what, six days.":                            "SOL-RET-EN-006",
		"I want to make a complaint. Your courier threw my vase over the fence and it's in pieces.":      "SOL-RET-EN-003",
		"THIRD month in a row you've taken 9.99 for a magazine I've never heard of. I want to complain.": "SOL-TEL-EN-011",
	} {
		if got := suggestedIDs(t, x, Query{Text: text}); len(got) == 0 || got[0] != want {
			t.Errorf("%q: %v, want %s first", text, got, want)
		}
	}
}
