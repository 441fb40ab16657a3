package knowledge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCodesTellSolutionsApart(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{},
		Solution{ID: "404", Title: "Washer shows E404", Questions: []string{"E404 on the washing machine"}, Answer: "Clean the filter."},
		Solution{ID: "405", Title: "Error E405", Questions: []string{"what does E405 mean"}, Answer: "Close the door."},
		Solution{ID: "300", Title: "XR300 滤芯多久换一次", Answer: "半年换一次。"},
		Solution{ID: "200", Title: "XR200 滤芯多久换一次", Answer: "三个月换一次。"},
		Solution{ID: "invoice", Title: "How do I get an invoice", Answer: "Ask us by mail."},
		Solution{ID: "return", Title: "手机怎么退货", Answer: "七天内可以退。"},
		Solution{ID: "signal", Title: "5G 信号不好", Answer: "请重启。iPhone15 在设置里打开 5G。"},
		Solution{ID: "holidays", Title: "Do you deliver on public holidays", Answer: "Yes."},
		Solution{ID: "evening", Title: "Can I call at 7pm", Answer: "Until 8pm."},
	)
	tests := []struct {
		name, question string
		want           []string
	}{
		{"another fault's help is none", "washer shows E-405", nil},
		{"the fault's own", "washer shows E-404", []string{"404"}},
		{"the code alone", "E404", []string{"404"}},
		{"the code with a hyphen", "E-405", []string{"405"}},
		{"the product of the question", "XR300 滤芯多久换", []string{"300"}},
		{"a code written apart", "XR 300 滤芯多久换一次", []string{"300"}},
		{"a word of letters and digits that is no code", "5G手机怎么退货", []string{"return"}},
		{"a time of the day", "do you deliver on public holidays at 7pm", []string{"holidays"}},
		{"a product that the right solution does not name", "iPhone15 手机怎么退货", []string{"return"}},
		{"an order's number says nothing", "How do I get an invoice for AB12345", []string{"invoice"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := suggestedIDs(t, x, Query{Text: tt.question, Limit: 1})
			if tt.want == nil && len(got) > 0 && got[0] == "404" || tt.want != nil && !cmp.Equal(tt.want, got) {
				t.Errorf("%q: %v, want %v", tt.question, got, tt.want)
			}
		})
	}
}

func TestUrgingAsksWhatWasSaidLast(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	q := Query{Text: "怎么啊", Context: []Said{{"customer", "手机丢了怎么停机保号"}, {"agent", "请稍等"}}, Limit: 1}
	if got := suggestedIDs(t, x, q); len(got) != 1 || got[0] != "SOL-TEL-ZH-010" {
		t.Errorf("got %v", got)
	}
}

// A solution in the question's language that hardly fits is no reason to keep back
// the one that does.
func TestALikelySolutionInAnotherLanguageIsSuggested(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{},
		Solution{ID: "en", Product: "Nomad Card", Title: "Activate the Nomad Card eSIM by its QR code", Language: "en", Answer: "Scan it."},
		Solution{ID: "zh", Product: "Nomad Card", Title: "账单怎么办", Language: "zh", Answer: "请查看。"},
	)
	for _, products := range [][]string{nil, {"Nomad Card"}} {
		q := Query{Text: "Nomad Card eSIM QR code activate 怎么办", Language: "zh", Products: products, Limit: 1}
		if got := suggestedIDs(t, x, q); len(got) != 1 || got[0] != "en" {
			t.Errorf("for %q: %v", products, got)
		}
	}
}
