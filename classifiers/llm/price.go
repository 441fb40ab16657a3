package llm

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"assay/pipeline"
)

// Money is an amount in millionths of its currency's unit: 1_500_000 is 1.50.
type Money int64

// oneUnit is 1 of a currency: 1 yuan, 1 dollar.
const oneUnit Money = 1_000_000

// ParseMoney reads a decimal number that is not negative, such as 0.15, with at
// most six places.
func ParseMoney(s string) (Money, error) {
	whole, places, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(whole+(places + "000000")[:6], 10, 63)
	if err != nil || whole == "" || len(places) > 6 || strings.Trim(s, "0123456789.") != "" {
		return 0, fmt.Errorf("%q is no amount; allowed: numbers such as 12 or 0.15, up to six places", s)
	}
	return Money(n), nil
}

// String is the amount as ParseMoney reads it.
func (m Money) String() string {
	s := fmt.Sprintf("%d.%06d", m/oneUnit, max(m, -m)%oneUnit)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// UnmarshalText is ParseMoney for settings and files.
func (m *Money) UnmarshalText(text []byte) error {
	parsed, err := ParseMoney(string(text))
	if err == nil {
		*m = parsed
	}
	return err
}

// MarshalText is String for files.
func (m Money) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// Prices are a model's, per million tokens. The zero value is a price that is not
// known; a model that costs nothing is Free.
type Prices struct {
	Currency              string // as people write it: CNY, USD; "" when it is not said
	Input, Cached, Output Money  // Cached 0 is Input's
	Free                  bool
}

// Known reports whether a call's cost can be told.
func (p Prices) Known() bool { return p.Free || p.Input > 0 || p.Output > 0 }

// Cost is what tokens cost, rounded up to a millionth; 0 where no price is known.
func (p Prices) Cost(u Usage) Money {
	cached := p.Cached
	if cached == 0 {
		cached = p.Input
	}
	fresh := max(0, u.Input-u.Cached)
	return perMillion(part{fresh, p.Input}, part{min(u.Cached, u.Input), cached}, part{u.Output, p.Output})
}

// Most is what a call may cost at most, by its estimates.
func (p Prices) Most(c Call) Money { return p.Cost(Usage{Input: c.Input, Output: c.Output}) }

type part struct {
	tokens int
	price  Money
}

// perMillion adds up and rounds once; what does not fit is the largest amount.
func perMillion(parts ...part) Money {
	total := big.NewInt(999_999)
	for _, p := range parts {
		total.Add(total, new(big.Int).Mul(big.NewInt(int64(max(0, p.tokens))), big.NewInt(int64(p.price))))
	}
	if total.Quo(total, big.NewInt(1_000_000)); !total.IsInt64() {
		return math.MaxInt64
	}
	return Money(total.Int64())
}

// Spent is what calls used: settled ones by their receipts, running ones by
// their estimates.
type Spent struct {
	Tokens int64
	Money  Money
}

// Add is the sum of both; what does not fit is the largest number.
func (s Spent) Add(o Spent) Spent {
	return Spent{sum(s.Tokens, o.Tokens), Money(sum(int64(s.Money), int64(o.Money)))}
}

func sum(a, b int64) int64 {
	if b > 0 && a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// Reserve is what a call may use at most.
func (p Prices) Reserve(c Call) Spent {
	return Spent{int64(max(0, c.Input)) + int64(max(0, c.Output)), p.Most(c)}
}

// Settle is what a call used.
func (p Prices) Settle(u Usage) Spent {
	return Spent{int64(max(0, u.Input)) + int64(max(0, u.Output)), p.Cost(u)}
}

// Budget is what may be spent on one session and on one day; 0 is no limit.
type Budget struct {
	SessionTokens, DayTokens int64
	SessionMoney, DayMoney   Money
}

// Check refuses a budget in money for a model whose price is not known: it could
// not be kept.
func (b Budget) Check(p Prices) error {
	if (b.SessionMoney > 0 || b.DayMoney > 0) && !p.Known() {
		return errors.New("a budget in money needs the model's prices: give them per million tokens (--price-in, --price-out), or limit tokens instead")
	}
	return nil
}

// OverBudgetError says which limit a call would break.
type OverBudgetError struct {
	Of    string // session, day, plan, rule, run
	Limit string // in tokens or money
}

// What limits are of.
const (
	ofSession = "session"
	ofDay     = "day"
	ofPlan    = "plan"
	ofRule    = "rule"
	ofRun     = "run"
)

// daily reports whether tomorrow it may be asked again.
func (e *OverBudgetError) daily() bool { return e.Of != ofSession && e.Of != ofRun }

func (e *OverBudgetError) Error() string {
	return fmt.Sprintf("it would cost more than is left of the %s's budget of %s", e.Of, e.Limit)
}

// within is the budget with a session's own cap, where that is lower.
func (b Budget) within(c pipeline.Cap) Budget {
	b.SessionTokens = lower(b.SessionTokens, c.Tokens)
	b.SessionMoney = Money(lower(int64(b.SessionMoney), c.Money))
	return b
}

// lower is the lower of two limits, of which 0 is none.
func lower(a, b int64) int64 {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// scope is what has a cap of its own, besides sessions and days.
type scope struct{ of, key string }

// capped is a scope with its cap.
type capped struct {
	scope
	most pipeline.Cap
}

// scopesOf are the scopes that a call counts in.
func scopesOf(r pipeline.Ref) []capped {
	var out []capped
	if r.Plan != "" {
		out = append(out, capped{scope{ofPlan, r.Plan}, r.Caps.Plan}, capped{scope{ofRule, r.Plan + "/" + r.Rule}, r.Caps.Rule})
	}
	if r.Run != "" {
		out = append(out, capped{scope{ofRun, r.Run}, r.Caps.Run})
	}
	return out
}

// allow says whether a further call fits; an error is an *OverBudgetError, also
// where money is limited and no price is known.
func (c capped) allow(spent, next Spent, p Prices) error {
	spent = spent.Add(next)
	switch {
	case c.most.Tokens > 0 && spent.Tokens > c.most.Tokens:
		return &OverBudgetError{c.of, strconv.FormatInt(c.most.Tokens, 10) + " tokens"}
	case c.most.Money > 0 && (!p.Known() || int64(spent.Money) > c.most.Money):
		return &OverBudgetError{c.of, Money(c.most.Money).String()}
	}
	return nil
}

// Allow says whether a further call fits; an error is an *OverBudgetError.
// session and day are what was spent and reserved before it.
func (b Budget) Allow(session, day, next Spent) error {
	session, day = session.Add(next), day.Add(next)
	limits := []struct {
		of         string
		most, used int64
		unit       string
	}{
		{ofSession, b.SessionTokens, session.Tokens, " tokens"},
		{ofDay, b.DayTokens, day.Tokens, " tokens"},
		{ofSession, int64(b.SessionMoney), int64(session.Money), ""},
		{ofDay, int64(b.DayMoney), int64(day.Money), ""},
	}
	for _, l := range limits {
		if l.most <= 0 || l.used <= l.most {
			continue
		}
		limit := strconv.FormatInt(l.most, 10) + l.unit
		if l.unit == "" {
			limit = Money(l.most).String()
		}
		return &OverBudgetError{l.of, limit}
	}
	return nil
}

// EstimateTokens is about how many tokens texts are, rather too many than too
// few: tokenizers of today take 0.5 to 1.1 tokens for a Chinese character and
// 0.2 to 0.3 for a letter of English (DeepSeek's documentation: 0.6 and 0.3).
func EstimateTokens(texts ...string) int {
	tenths := 0
	for _, text := range texts {
		tenths += 40 // the message's frame
		for _, r := range text {
			switch {
			case r < 0x80:
				tenths += 3
			case r < 0x10000:
				tenths += 11
			default:
				tenths += 30 // emoji and rare characters are spelled out in bytes
			}
		}
	}
	return (tenths + 9) / 10
}
