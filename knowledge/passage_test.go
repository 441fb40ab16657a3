package knowledge

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestSentences(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"Chinese marks", "先重启。还不行？请报修！一；二", []string{"先重启。", "还不行？", "请报修！", "一；", "二"}},
		{"closing marks stay with their sentence", "他说“好。”然后走了。", []string{"他说“好。”", "然后走了。"}},
		{"numbers and addresses are no ends", "Pay 3.50 at a.example.com now. Then wait.", []string{"Pay 3.50 at a.example.com now.", " Then wait."}},
		{"line ends", "one\ntwo", []string{"one\n", "two"}},
		{"mixed", "Press OK!然后等待.", []string{"Press OK!", "然后等待."}},
		{"not UTF-8", "a\xff. b", []string{"a\xff.", " b"}},
		{"nothing", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range sentences(tt.text) {
				got = append(got, tt.text[s.start:s.end])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPassage(t *testing.T) {
	t.Parallel()
	filling := strings.Repeat("请在应用的首页点击我的订单然后耐心等待系统处理完成。", 12)
	english := strings.Repeat("Open the page and wait until it has loaded. ", 12)
	tests := []struct{ name, answer, question, want string }{
		{"a short answer is the passage", " 三天到账。节假日顺延。 ", "退款多久到账", "三天到账。节假日顺延。"},
		{"of a long one the sentence that tells", filling + "换新卡后退款自动转入新卡。" + filling, "退款会转入新卡吗", "换新卡后退款自动转入新卡。"},
		{"English", english + "Hold the reset button for ten seconds. " + english, "how do I reset it", "Hold the reset button for ten seconds."},
		{"Markdown in the middle of emphasis", filling + "**换新卡后。退款自动转入新卡。**" + filling, "退款会转入新卡吗", "退款自动转入新卡。"},
		{"a short answer in Markdown", "请**三天**后看[这里](https://a.example.com)", "退款多久到账", "请三天后看这里"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := newTestIndex(t, Options{Threshold: 1e-9}, Solution{ID: "s", Title: tt.question, Answer: tt.answer})
			found, err := x.Suggest(t.Context(), Query{Text: tt.question})
			if err != nil || len(found) != 1 {
				t.Fatalf("found %v, error %v", found, err)
			}
			got := found[0].Passage
			if !strings.Contains(got, tt.want) || !strings.Contains(PlainText(tt.answer), got) || utf8.RuneCountInString(got) > maxPassageRunes {
				t.Errorf("passage %q", got)
			}
		})
	}
}

func TestCutWords(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("字", 500), strings.Repeat("word ", 100), strings.Repeat("很长的句子，", 60)} {
		got := cutWords(text)
		if n := utf8.RuneCountInString(got); n > maxPassageRunes || n < maxPassageRunes/2 || !strings.HasPrefix(text, got) {
			t.Errorf("%d characters: %q", n, got)
		}
		if strings.HasSuffix(got, "wor") {
			t.Errorf("a word is cut: %q", got)
		}
	}
}
