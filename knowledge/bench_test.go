package knowledge

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// synthetic makes solutions of words that are drawn as languages draw them: few
// often, most seldom. Half of them are in Chinese.
func synthetic(n int) []Solution {
	r := rand.New(rand.NewPCG(1, 2))
	often := rand.NewZipf(r, 1.1, 8, 20_000)
	out := make([]Solution, n)
	for i := range out {
		text := func(words int) string { return invented(often, words, i%2 == 0) }
		out[i] = Solution{
			ID: fmt.Sprint("s", i), Title: text(6), Questions: []string{text(7), text(9)}, Answer: text(50), Tags: []string{text(1)},
		}
	}
	return out
}

func invented(often *rand.Zipf, words int, chinese bool) string {
	var b strings.Builder
	for i := range words {
		w := often.Uint64()
		switch {
		case chinese:
			b.WriteRune(rune(0x4e00 + w%3_000))
			b.WriteRune(rune(0x4e00 + w*7919%3_000))
		default:
			fmt.Fprintf(&b, "w%s ", strings.Map(func(r rune) rune { return r - '0' + 'b' }, fmt.Sprint(w)))
		}
		if i%10 == 9 {
			b.WriteString("。")
		}
	}
	return b.String()
}

func BenchmarkSuggest(b *testing.B) {
	solutions := synthetic(20_000)
	x := newTestIndex(b, Options{Threshold: 0.01}, solutions...)
	for i := 0; b.Loop(); i++ {
		if _, err := x.Suggest(b.Context(), Query{Text: solutions[i*37%len(solutions)].Questions[1]}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewIndex(b *testing.B) {
	solutions := synthetic(2_000)
	for b.Loop() {
		x, err := NewIndex(solutions, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAsked(b *testing.B) {
	s := session("customer: 你好，在吗", "agent: 您好", "customer: 我上周五买的保温杯怎么还没到啊，有点着急", "agent: 请稍等",
		"customer: hi, my order was due saturday and the tracking hasn't moved since thursday. a bit worried", "agent: ok", "customer: 好的 谢谢")
	for b.Loop() {
		for _, burst := range Bursts(s) {
			listen(burst.Query.Text, burst.Query.Context).need()
		}
	}
}
