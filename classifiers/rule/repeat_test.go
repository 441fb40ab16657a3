package rule

import "testing"

func TestRepeatSaysHowNearItCame(t *testing.T) {
	t.Parallel()
	tests := []struct {
		keys  string
		lines []string
		want  string
	}{
		{"repeat: {of: agent}", []string{"agent: 请提供一下您的订单编号", "agent: 请您提供一下订单编号"}, "similarity 63 < 80 with turn #1"},
		{"repeat: {of: agent, times: 2}", []string{"agent: your order number", "agent: your order number"}, "repeated 1 times < 2"},
		{"repeat: {of: agent}", []string{"agent: your order number", "agent: thanks a lot"}, ""},
	}
	for _, tt := range tests {
		if got := nearOne(t, tt.keys, tt.lines...); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.keys, got, tt.want)
		}
	}
}

func TestFewPairsAreCountedAsManyAre(t *testing.T) {
	t.Parallel()
	long := listen(0, "abababab cdcdcd the quick brown fox jumps over the lazy dog again and again until it is tired of it and sleeps")
	for _, text := range []string{"abab", "cdx", "the", "zzzz"} {
		s := listen(1, text)
		want := 0
		rest := long.pairs
		for _, pair := range s.pairs {
			for i, p := range rest {
				if p == pair {
					want, rest = want+1, rest[i+1:]
					break
				}
			}
		}
		if got := common(s, long); got != want {
			t.Errorf("%q: %d pairs, want %d", text, got, want)
		}
	}
}

func BenchmarkRepeat(b *testing.B) {
	benchmarkGrowth(b, `repeat: {of: agent, from: any, part: 'order [0-9]+', times: 2}`, "the order 12345 and order 67890 of 订单 ")
}
