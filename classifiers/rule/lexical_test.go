package rule

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// TestSimilarityOfPhrases holds which phrases the default takes for alike.
func TestSimilarityOfPhrases(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sample, text string
		alike        bool
		quote        string
	}{
		{"请问还有什么可以帮您", "您好，请问还有什么可以帮您的吗？", true, "请问还有什么可以帮您"},
		{"请提供一下您的订单号", "好的，麻烦提供下订单号", true, "提供下订单号"},
		{"请提供一下您的订单号", "请提供一下您的手机号", false, ""},
		{"订单号是多少", "查到之前先问一句，您的订单号是多少呢，谢谢您一直等着我们", true, "订单号是多少"},
		{"我要投诉你们", "我一定要投诉你们公司", true, "投诉你们"},
		{"我要退款", "我想申请退款", true, "退款"},
		{"我要退款", "我要退货", false, ""},
		{"could you give me your order number", "Could you please give me your ORDER NUMBER again?", true, "give me your ORDER NUMBER"},
		{"what is your order number", "what is your email", false, ""},
		{"is there anything else i can help you with", "Anything else I can help with?", true, "Anything else I can help with"},
		{"is there anything else i can help you with", "can i help you", false, ""},
		{"i want a refund", "So I'd like to be refunded, thanks", true, "refunded"},
		{"i want a refund", "I want a taxi", false, ""},
		{"cancel my order", "I am cancelling the orders", true, "cancelling the orders"},
		{"我的 VIP 会员没到账", "我的vip会员一直没有到账", true, "我的vip会员一直没有到账"},
	}
	for _, tt := range tests {
		e, r := judgeOne(t, "similarity: {to: ['"+tt.sample+"']}", "agent: "+tt.text)
		if got := strings.Join(quotes(e, r), "|"); got != tt.quote || (len(r.Hits) > 0) != tt.alike {
			t.Errorf("%q to %q: %q, want %q", tt.text, tt.sample, got, tt.quote)
		}
	}
}

func TestSimilaritySaysHowNearItCame(t *testing.T) {
	t.Parallel()
	if got, want := nearOne(t, "similarity: {to: [我要退款, 我要投诉]}", "agent: 你好", "customer: 那我要退货吧"), `similarity 67 < 70: "我要退" to "我要退款"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := nearOne(t, "similarity: {to: [我要退款]}", "agent: hello"); got != "" {
		t.Errorf("%s, want nothing", got)
	}
}

// TestSimilarityOnBanking77 measures the default on a public set of questions:
// ASSAY_BANKING77 names its file of intents with their wordings, as JSONL.
func TestSimilarityOnBanking77(t *testing.T) {
	t.Parallel()
	file := os.Getenv("ASSAY_BANKING77")
	if file == "" {
		t.Skip("ASSAY_BANKING77 names no file")
	}
	intents := wordings(t, file)
	r := rand.New(rand.NewPCG(1, 1))
	samples := make([][]*sample, len(intents))
	for i, w := range intents {
		r.Shuffle(len(w), func(a, b int) { w[a], w[b] = w[b], w[a] })
		for _, text := range w[:5] {
			samples[i] = append(samples[i], newSample(text))
		}
	}
	for _, least := range []float64{60, 70, 80} {
		var own, others, hitOwn, hitOthers float64
		for i, w := range intents {
			for _, text := range w[5:25] {
				tokens := lexTokens(folded(text))
				for j := range intents {
					hit := 0.0
					for _, s := range samples[j] {
						if s.best(tokens, least).score >= least {
							hit = 1
						}
					}
					if i == j {
						own, hitOwn = own+1, hitOwn+hit
					} else {
						others, hitOthers = others+1, hitOthers+hit
					}
				}
			}
		}
		t.Logf("at %g: %.1f %% of %.0f own, %.2f %% of %.0f others", least, 100*hitOwn/own, own, 100*hitOthers/others, others)
		if least == 70 && (hitOwn/own < 0.32 || hitOthers/others > 0.007) {
			t.Errorf("worse than what is documented")
		}
	}
}

func wordings(t *testing.T, file string) [][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all [][]string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var intent struct{ Questions []string }
		if err := json.Unmarshal(lines.Bytes(), &intent); err != nil {
			t.Fatal(err)
		}
		all = append(all, intent.Questions)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// FuzzLexical holds that scores are in range, places are places of the text, no
// stretch is better than the bound, and a text is most like itself.
func FuzzLexical(f *testing.F) {
	f.Add("请提供一下您的订单号", "麻烦提供下订单号 please")
	f.Add("don't cancel", "\xffDON'T cancelled é̂")
	f.Fuzz(func(t *testing.T, sampleText, text string) {
		s := newSample(sampleText)
		if s.tokens == 0 || len(sampleText) > 2000 {
			return
		}
		text = transcript.Fold(text).Text
		tokens := lexTokens(text)
		b := s.best(tokens, 0)
		if b.score < 0 || b.score > 100 || b.score > s.most(tokens)+1e-6 || b.start > b.end || b.end > len(text) {
			t.Fatalf("%q in %q: %+v, at most %g", sampleText, text, b, s.most(tokens))
		}
		if b.end < len(text) && !utf8.RuneStart(text[b.end]) {
			t.Fatalf("%q in %q: ends within a character", sampleText, text)
		}
		if own := s.best(lexTokens(folded(sampleText)), 0); own.score < 99.9 {
			t.Fatalf("%q is %g like itself", sampleText, own.score)
		}
		for _, at := range sentencesOf(text) {
			if at[0] >= at[1] || at[1] > len(text) {
				t.Fatalf("sentence %v of %q", at, text)
			}
		}
	})
}

func BenchmarkSimilarity(b *testing.B) {
	benchmarkGrowth(b, "similarity: {to: [请提供一下您的订单号, could you give me your order number, 我要投诉你们], at_least: 70}",
		"提供一下订单号码 could you give me an order for 投诉的人 the number ")
}
