package llm

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"assay/classifiers/llm/llmtest"
)

func TestWordTakesWhatPassagesSay(t *testing.T) {
	t.Parallel()
	passages := []string{"要提前48小时申请，每公斤30元，网址 https://fly.example/pets", "You apply 48 hours ahead; it is 30 per kilo."}
	tests := []struct {
		name, answer string
		want         string // "" is an error
		ungrounded   bool
	}{
		{"an answer of the passages", `{"answer":"请提前48小时申请，每公斤30元。"}`, "请提前48小时申请，每公斤30元。", false},
		{"figures in full width are the same", `{"answer":"提前４８小时"}`, "提前４８小时", false},
		{"an invented figure", `{"answer":"请提前24小时申请。"}`, "", true},
		{"an invented link", `{"answer":"见 https://evil.example/pets"}`, "", true},
		{"an invented address", `{"answer":"write to pets@evil.example"}`, "", true},
		{"an empty answer", `{"answer":" "}`, "", false},
		{"another form", `{"text":"x"`, "", false},
		{"too long", `{"answer":"` + strings.Repeat("长", maxWorded+1) + `"}`, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, server, _ := clientOf(t, func(llmtest.Request) llmtest.Answer { return llmtest.Answer{Text: tt.answer} }, ClientOptions{})
			got, err := NewWriter(c).Word(t.Context(), "zh-CN", []string{"宠物可以托运吗"}, passages)
			if got != tt.want || (err == nil) != (tt.want != "") || errors.Is(err, ErrUngrounded) != tt.ungrounded {
				t.Errorf("got %q, %v", got, err)
			}
			asked := server.Requests()[0]
			if !strings.Contains(asked.User(), passages[0]) || !strings.Contains(asked.System(), "方案库") || !json.Valid(asked.Body) {
				t.Errorf("asked %q, %q", asked.System(), asked.User())
			}
		})
	}
}

func TestWordTellsThatAModelIsAway(t *testing.T) {
	t.Parallel()
	c, _, _ := clientOf(t, func(llmtest.Request) llmtest.Answer { return llmtest.Answer{Status: 500} }, ClientOptions{})
	if got, err := NewWriter(c).Word(t.Context(), "en", nil, []string{"x"}); err == nil {
		t.Errorf("got %q of a server that fails", got)
	}
}
