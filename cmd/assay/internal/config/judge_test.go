package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/llm"
	"assay/pipeline/plan"
)

func TestSessionsToJudge(t *testing.T) {
	t.Parallel()
	tests := map[string]plan.Judge{
		"all":           {Sessions: plan.AllSessions, Share: 1},
		"flagged":       {Sessions: plan.FlaggedSessions, Share: 1},
		"none":          {Sessions: plan.NoSessions, Share: 1},
		"25%":           {Sessions: plan.AllSessions, Share: 0.25},
		"flagged,12.5%": {Sessions: plan.FlaggedSessions, Share: 0.125},
	}
	for given, want := range tests {
		got, err := Judging{Sessions: given}.Policy()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", given, err, diff)
		}
	}
	for _, given := range []string{"", "some", "25", "101%", "-1%", "flagged,", "all,5%,5%", "5%,flagged", "%", "NaN%"} {
		if got, err := (Judging{Sessions: given}).Policy(); err == nil || !strings.Contains(err.Error(), "allowed: all") {
			t.Errorf("%q is taken for %+v, %v", given, got, err)
		}
	}
	if p, err := (Judging{Sessions: "all", OverBudget: "give_up"}).Policy(); !p.GiveUp || err != nil {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestLimitsOfMoneyNeedPrices(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		j    Judging
		says string
	}{
		"nothing":              {Judging{}, ""},
		"tokens":               {Judging{DayTokens: 5}, ""},
		"money and prices":     {Judging{DayMoney: 5, PriceIn: 1}, ""},
		"money of what's free": {Judging{DayMoney: 5, Free: true}, ""},
		"money alone":          {Judging{SessionMoney: 5}, "--price-in"},
		"fewer than none":      {Judging{DayTokens: -1}, "must not be below 0"},
		"a negative rate":      {Judging{RPM: -1}, "--model-rpm"},
		"free at a price":      {Judging{Free: true, PriceOut: 1}, "--price-free"},
	} {
		b, err := tt.j.Budget()
		if (err != nil) != (tt.says != "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
	if got := (Judging{PriceIn: 1, PriceOut: 2, Currency: "CNY"}).Prices(); got != (llm.Prices{Currency: "CNY", Input: 1, Output: 2}) {
		t.Errorf("%+v", got)
	}
}
