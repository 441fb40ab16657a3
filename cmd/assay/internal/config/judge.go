package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"assay/classifiers/llm"
	"assay/pipeline/plan"
)

// Judging says which sessions a model judges and what that may cost. Amounts of
// money are in the currency of the prices.
type Judging struct {
	Sessions      string    `name:"judge" env:"ASSAY_JUDGE" default:"all" placeholder:"all|flagged|none|25%" help:"Sessions that the model judges where the plan does not say: all, those that rules flag or are uncertain about, none, or a share, also of the flagged ones: flagged,25%."`
	SessionTokens int64     `name:"judge-session-tokens" env:"ASSAY_JUDGE_SESSION_TOKENS" default:"0" help:"Tokens that one session may take on a day; 0 is no limit."`
	DayTokens     int64     `name:"judge-day-tokens" env:"ASSAY_JUDGE_DAY_TOKENS" default:"0" help:"Tokens that all sessions together may take on a day of --zone; 0 is no limit."`
	SessionMoney  llm.Money `name:"judge-session-money" env:"ASSAY_JUDGE_SESSION_MONEY" default:"0" help:"Money that one session may cost on a day; 0 is no limit."`
	DayMoney      llm.Money `name:"judge-day-money" env:"ASSAY_JUDGE_DAY_MONEY" default:"0" help:"Money that all sessions together may cost on a day of --zone; 0 is no limit."`
	OverBudget    string    `name:"judge-over-budget" env:"ASSAY_JUDGE_OVER_BUDGET" enum:"wait,give_up" default:"wait" help:"What becomes of sessions when a day's limit is reached: they wait for the next day, or are left without the model's answers."`
	RPM           int       `name:"model-rpm" env:"ASSAY_MODEL_RPM" default:"0" help:"Requests a minute that the provider allows all processes together; 0 is as it says itself."`
	TPM           int       `name:"model-tpm" env:"ASSAY_MODEL_TPM" default:"0" help:"Tokens a minute, likewise."`
	PriceIn       llm.Money `name:"price-in" env:"ASSAY_PRICE_IN" default:"0" help:"What a million tokens cost that are sent."`
	PriceCached   llm.Money `name:"price-cached" env:"ASSAY_PRICE_CACHED" default:"0" help:"What a million of them cost that the provider knows already; default as the others."`
	PriceOut      llm.Money `name:"price-out" env:"ASSAY_PRICE_OUT" default:"0" help:"What a million tokens cost that are answered."`
	Free          bool      `name:"price-free" env:"ASSAY_PRICE_FREE" help:"The model costs nothing, as one's own does."`
	Currency      string    `name:"price-currency" env:"ASSAY_PRICE_CURRENCY" default:"" placeholder:"CNY" help:"Currency of prices and limits. Amounts are never converted: change it when a day begins."`
}

// Policy is which sessions are judged.
func (j Judging) Policy() (plan.Judge, error) {
	p := plan.Judge{Sessions: plan.AllSessions, Share: 1, GiveUp: j.OverBudget == "give_up"}
	for i, word := range strings.Split(j.Sessions, ",") {
		switch s := plan.Sessions(word); {
		case i == 0 && (s == plan.AllSessions || s == plan.FlaggedSessions || s == plan.NoSessions):
			p.Sessions = s
			continue
		case i > 1 || i == 1 && p.Share < 1:
			return p, j.wrong()
		}
		percent, ok := strings.CutSuffix(word, "%")
		share, err := strconv.ParseFloat(percent, 64)
		if !ok || err != nil || !(share >= 0 && share <= 100) { // NaN is neither
			return p, j.wrong()
		}
		p.Share = share / 100
	}
	return p, nil
}

func (j Judging) wrong() error {
	return fmt.Errorf("--judge: %q is no choice of sessions; allowed: all, flagged, none, a share such as 25%%, flagged,25%%", j.Sessions)
}

// Prices are the model's.
func (j Judging) Prices() llm.Prices {
	return llm.Prices{Currency: j.Currency, Input: j.PriceIn, Cached: j.PriceCached, Output: j.PriceOut, Free: j.Free}
}

// Terms says in words what judging may take and what it costs, for comparison.
func (j Judging) Terms() string {
	return fmt.Sprintf("a day %d tokens and %s money, a session %d and %s, a minute %d requests and %d tokens; a million tokens cost %s sent, %s cached, %s answered %s; over budget: %s",
		j.DayTokens, j.DayMoney, j.SessionTokens, j.SessionMoney, j.RPM, j.TPM, j.PriceIn, j.PriceCached, j.PriceOut, j.Currency, j.OverBudget)
}

// Budget is what judging may take, checked against the prices.
func (j Judging) Budget() (llm.Budget, error) {
	b := llm.Budget{SessionTokens: j.SessionTokens, DayTokens: j.DayTokens, SessionMoney: j.SessionMoney, DayMoney: j.DayMoney}
	switch {
	case j.SessionTokens < 0 || j.DayTokens < 0:
		return b, errors.New("--judge-session-tokens, --judge-day-tokens: must not be below 0")
	case j.RPM < 0 || j.TPM < 0:
		return b, errors.New("--model-rpm, --model-tpm: must not be below 0")
	case j.Free && (j.PriceIn > 0 || j.PriceOut > 0):
		return b, errors.New("--price-free: prices are given as well")
	}
	return b, b.Check(j.Prices())
}
