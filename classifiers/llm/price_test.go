package llm

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestMoneyIsReadExactly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want Money
		back string
	}{
		{"0", 0, "0"}, {"12", 12_000_000, "12"}, {"0.15", 150_000, "0.15"}, {"2.500000", 2_500_000, "2.5"},
		{"0.000001", 1, "0.000001"}, {"1.", 1_000_000, "1"}, {"100", 100_000_000, "100"},
	}
	for _, tt := range tests {
		got, err := ParseMoney(tt.text)
		if err != nil || got != tt.want || got.String() != tt.back {
			t.Errorf("%q: %d, %q, %v", tt.text, got, got, err)
		}
	}
	for _, wrong := range []string{"", ".", ".5", "-1", "+1", "1e3", "1,5", "¥3", "0.0000001", "1.2.3", "99999999999999", " 1"} {
		if got, err := ParseMoney(wrong); err == nil || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("%q is read as %s: %v", wrong, got, err)
		}
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	p := Prices{Currency: "USD", Input: 2_500_000, Cached: 1_250_000, Output: 10_000_000}
	tests := []struct {
		name   string
		prices Prices
		used   Usage
		want   Money
	}{
		{"input and output", p, Usage{Input: 2000, Output: 500}, 5000 + 5000},
		{"cached input is cheaper", p, Usage{Input: 2000, Cached: 1000}, 2500 + 1250},
		{"cached without a price of its own", Prices{Input: 2_500_000}, Usage{Input: 2000, Cached: 1000}, 5000},
		{"a part of a millionth counts as one", Prices{Input: 50_000}, Usage{Input: 1}, 1},
		{"no price", Prices{}, Usage{Input: 1000}, 0},
		{"nothing used", p, Usage{}, 0},
		{"more cached than sent", p, Usage{Input: 10, Cached: 1000}, 13},
		{"nonsense from the endpoint", p, Usage{Input: -5, Output: math.MinInt}, 0},
		{"more than fits", Prices{Input: math.MaxInt64}, Usage{Input: math.MaxInt}, math.MaxInt64},
	}
	for _, tt := range tests {
		if got := tt.prices.Cost(tt.used); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	b := Budget{SessionTokens: 100, DayTokens: 1000, SessionMoney: 5, DayMoney: 20}
	tests := []struct {
		name               string
		session, day, next Spent
		want               string
	}{
		{"everything fits exactly", Spent{60, 2}, Spent{900, 10}, Spent{40, 3}, ""},
		{"the session's tokens", Spent{60, 0}, Spent{}, Spent{41, 0}, "session's budget of 100 tokens"},
		{"the day's tokens", Spent{}, Spent{990, 0}, Spent{11, 0}, "day's budget of 1000 tokens"},
		{"the session's money", Spent{0, 5}, Spent{}, Spent{0, 1}, "session's budget of 0.000005"},
		{"more than can be counted", Spent{}, Spent{0, math.MaxInt64}, Spent{0, math.MaxInt64}, "session's budget of 0.000005"},
		{"the day's money", Spent{}, Spent{0, 20}, Spent{0, 1}, "day's budget of 0.00002"},
	}
	for _, tt := range tests {
		err := b.Allow(tt.session, tt.day, tt.next)
		over, is := errors.AsType[*OverBudgetError](err)
		if is != (tt.want != "") || is && (!strings.Contains(err.Error(), tt.want) || over.daily() != strings.HasPrefix(tt.want, "day")) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if err := (Budget{}).Allow(Spent{1e15, 1e15}, Spent{1e15, 1e15}, Spent{1, 1}); err != nil {
		t.Errorf("no limit: %v", err)
	}
}

func TestMoneyNeedsPrices(t *testing.T) {
	t.Parallel()
	if err := (Budget{DayMoney: 1}).Check(Prices{}); err == nil || !strings.Contains(err.Error(), "--price-in") {
		t.Errorf("a budget in money without prices: %v", err)
	}
	for _, ok := range []error{Budget{DayTokens: 1}.Check(Prices{}), Budget{SessionMoney: 1}.Check(Prices{Output: 1}), Budget{SessionMoney: 1}.Check(Prices{Free: true})} {
		if ok != nil {
			t.Error(ok)
		}
	}
}

func TestEstimateIsRatherTooHigh(t *testing.T) {
	t.Parallel()
	// The counts are of o200k_base's kind: a token a Chinese character, four letters
	// a token of English.
	tests := []struct {
		text        string
		least, most int
	}{
		{"", 0, 4},
		{"请问有什么可以帮您", 6, 18},
		{"Could you please tell me your order number?", 9, 22},
		{"我的order number是A12345，please尽快处理", 14, 30},
		{"😀😀", 2, 12},
	}
	for _, tt := range tests {
		if got := EstimateTokens(tt.text); got < tt.least || got > tt.most {
			t.Errorf("%q: %d tokens", tt.text, got)
		}
	}
	if EstimateTokens("a", "b") <= EstimateTokens("a") {
		t.Error("a further text adds nothing")
	}
}
