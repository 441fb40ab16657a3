// Package ledgertest holds what every ledger of calls to models has to keep, for
// the tests of each.
package ledgertest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"assay/classifiers/llm"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

// Make makes an empty ledger with a budget, of a model that costs 1 for a million
// tokens.
type Make func(t *testing.T, b llm.Budget) llm.Ledger

// Run runs all that holds of ledgers.
func Run(t *testing.T, ledger Make) {
	t.Run("ends of calls", func(t *testing.T) { t.Parallel(); ends(t, ledger(t, llm.Budget{})) })
	t.Run("caps", func(t *testing.T) { t.Parallel(); caps(t, ledger) })
	t.Run("what is kept", func(t *testing.T) { t.Parallel(); kept(t, ledger(t, llm.Budget{})) })
}

// Prices are those of the ledgers that are tested.
var Prices = llm.Prices{Input: 1_000_000, Output: 1_000_000}

func call(model string, tokens int, ref pipeline.Ref) llm.Call {
	return llm.Call{
		Purpose: llm.ForJudgement, Endpoint: "host", Model: model, Session: transcript.SessionID("session of " + model), Ref: ref,
		Criteria: []string{"c"}, Input: tokens, Template: "t", InputHash: "i", Attempt: 1,
	}
}

// open opens a call; the second result is the refusal.
func open(t *testing.T, l llm.Ledger, c llm.Call) (int64, *pipeline.Unavailable) {
	t.Helper()
	ticket, err := l.Open(t.Context(), c)
	if u, ok := errors.AsType[*pipeline.Unavailable](err); ok {
		return 0, u
	}
	if err != nil {
		t.Fatal(err)
	}
	return ticket, nil
}

func shut(t *testing.T, l llm.Ledger, ticket int64, c llm.Call, r llm.Receipt) {
	t.Helper()
	if err := l.Close(t.Context(), ticket, c, r); err != nil {
		t.Fatal(err)
	}
}

// ends holds what the ends of calls say of an endpoint: calls that were sent at the
// same time come back one after the other.
func ends(t *testing.T, l llm.Ledger) {
	type list = []llm.Receipt
	of := func(s llm.Status) llm.Receipt { return llm.Receipt{Status: s} }
	with := func(s llm.Status, d time.Duration) llm.Receipt { return llm.Receipt{Status: s, RetryAfter: d} }
	tests := map[string]struct {
		ends   list
		closed bool
		least  time.Duration // that it is left alone
	}{
		"nothing yet":                               {nil, false, 0},
		"two failures":                              {list{of(llm.Timeout), of(llm.ServerFailed)}, false, 0},
		"three failures":                            {list{of(llm.Timeout), of(llm.ServerFailed), of(llm.Unreachable)}, true, time.Second},
		"an answer between failures":                {list{of(llm.Timeout), of(llm.Timeout), of(llm.Answered), of(llm.Timeout)}, false, 0},
		"a bad request between failures":            {list{of(llm.Timeout), of(llm.Timeout), of(llm.Rejected), of(llm.Timeout)}, false, 0},
		"bad requests":                              {list{of(llm.Rejected), of(llm.Rejected), of(llm.Rejected), of(llm.Rejected)}, false, 0},
		"what is no answer by the protocol":         {list{of(llm.Garbled), of(llm.Garbled), of(llm.Garbled)}, true, time.Second},
		"answers of the model that are worth none":  {list{of(llm.Answered), of(llm.Answered), of(llm.Answered)}, false, 0},
		"callers that give up":                      {list{of(llm.Cancelled), of(llm.Cancelled), of(llm.Cancelled), of(llm.Cancelled)}, false, 0},
		"a caller that gives up between failures":   {list{of(llm.Timeout), of(llm.Timeout), of(llm.Cancelled), of(llm.Timeout)}, true, time.Second},
		"a wrong key":                               {list{of(llm.Unauthorised)}, true, 0},
		"a wrong name":                              {list{of(llm.NotFound)}, true, 0},
		"no credit":                                 {list{of(llm.NoCredit)}, true, 0},
		"a bad request after a wrong key":           {list{of(llm.Unauthorised), of(llm.Rejected)}, true, 0},
		"an answer after a wrong key":               {list{of(llm.Unauthorised), of(llm.Answered)}, false, 0},
		"too many requests":                         {list{of(llm.Limited)}, true, 500 * time.Millisecond},
		"a wish":                                    {list{with(llm.Limited, time.Hour)}, true, 59 * time.Minute},
		"a wish of a server that fails":             {list{with(llm.ServerFailed, time.Hour)}, true, 59 * time.Minute},
		"a wish that came with an answer":           {list{with(llm.Answered, time.Hour)}, true, 59 * time.Minute},
		"late answers do not end a wish":            {list{with(llm.Limited, time.Hour), of(llm.Answered), of(llm.Answered)}, true, 59 * time.Minute},
		"nor that of a server that fails":           {list{with(llm.ServerFailed, time.Hour), of(llm.Answered)}, true, 59 * time.Minute},
		"nor do late refusals, or who gives up":     {list{with(llm.Limited, time.Hour), of(llm.Cancelled), of(llm.Rejected)}, true, 59 * time.Minute},
		"a shorter wish does not end a longer one":  {list{with(llm.Limited, time.Hour), with(llm.Limited, time.Second)}, true, 59 * time.Minute},
		"a longer wish goes before a shorter one":   {list{with(llm.Limited, time.Second), with(llm.Limited, time.Hour)}, true, 59 * time.Minute},
		"a wish with an answer after a shorter one": {list{with(llm.Limited, time.Second), with(llm.Answered, time.Hour)}, true, 59 * time.Minute},
	}
	for name, tt := range tests {
		c := call(name, 1, pipeline.Ref{})
		var tickets []int64
		for range tt.ends {
			ticket, u := open(t, l, c)
			if u != nil {
				t.Fatalf("%s: %v", name, u)
			}
			tickets = append(tickets, ticket)
		}
		for i, r := range tt.ends {
			shut(t, l, tickets[i], c, r)
		}
		began := time.Now()
		_, u := open(t, l, c)
		switch {
		case (u != nil) != tt.closed:
			t.Errorf("%s: refused: %v", name, u)
		case u != nil && u.Reason != pipeline.ModelUnavailable:
			t.Errorf("%s: the reason is %q", name, u.Reason)
		case tt.least > 0 && u.Until.Before(began.Add(tt.least)):
			t.Errorf("%s: only until %v", name, u.Until)
		}
		if _, u := open(t, l, call("another than for "+name, 1, pipeline.Ref{})); u != nil {
			t.Errorf("%s: another model: %v", name, u)
		}
	}
}

// caps holds that nobody takes more than each limit leaves, with what open calls
// have reserved, and that what they did not take is given back.
func caps(t *testing.T, ledger Make) {
	most := pipeline.Cap{Tokens: 100}
	money := pipeline.Cap{Money: 100}
	plan := pipeline.Ref{Plan: "p", Rule: "r"}
	run := pipeline.Ref{Run: "run"}
	set := func(r pipeline.Ref, c pipeline.Caps) pipeline.Ref { r.Caps = c; return r }
	tests := map[string]struct {
		budget       llm.Budget
		first, other pipeline.Ref // other has no part in the limit
		session      bool         // the limit is of one session
		again        bool         // it may be asked again tomorrow
	}{
		"the day's tokens":            {llm.Budget{DayTokens: 100}, pipeline.Ref{}, pipeline.Ref{}, false, true},
		"the day's money":             {llm.Budget{DayMoney: 100}, pipeline.Ref{}, pipeline.Ref{}, false, true},
		"the session's tokens":        {llm.Budget{SessionTokens: 100}, pipeline.Ref{}, pipeline.Ref{}, true, false},
		"the session's money":         {llm.Budget{SessionMoney: 100}, pipeline.Ref{}, pipeline.Ref{}, true, false},
		"the session's cap by a plan": {llm.Budget{SessionTokens: 500}, set(plan, pipeline.Caps{Session: most}), pipeline.Ref{}, true, false},
		"a higher cap does not help":  {llm.Budget{SessionTokens: 100}, set(plan, pipeline.Caps{Session: pipeline.Cap{Tokens: 500}}), pipeline.Ref{}, true, false},
		"the plan's tokens":           {llm.Budget{}, set(plan, pipeline.Caps{Plan: most}), set(pipeline.Ref{Plan: "q", Rule: "r"}, pipeline.Caps{Plan: most}), false, true},
		"the plan's money":            {llm.Budget{}, set(plan, pipeline.Caps{Plan: money}), set(pipeline.Ref{Plan: "q", Rule: "r"}, pipeline.Caps{Plan: money}), false, true},
		"the rule's tokens":           {llm.Budget{}, set(plan, pipeline.Caps{Rule: most}), set(pipeline.Ref{Plan: "p", Rule: "s"}, pipeline.Caps{Rule: most}), false, true},
		"the run's tokens":            {llm.Budget{}, set(run, pipeline.Caps{Run: most}), set(pipeline.Ref{Run: "walk"}, pipeline.Caps{Run: most}), false, false},
		"the run's money":             {llm.Budget{}, set(run, pipeline.Caps{Run: money}), set(pipeline.Ref{Run: "walk"}, pipeline.Caps{Run: money}), false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := ledger(t, tt.budget)
			ask := func(session string, tokens int, ref pipeline.Ref) (llm.Call, int64, *pipeline.Unavailable) {
				c := call("m", tokens, ref)
				c.Session = transcript.SessionID(session)
				ticket, u := open(t, l, c)
				return c, ticket, u
			}
			other := "b"
			if tt.session {
				other = "a"
			}
			c, ticket, u := ask("a", 80, tt.first)
			if u != nil {
				t.Fatal(u)
			}
			if _, _, u := ask(other, 30, tt.first); u == nil || u.Reason != pipeline.OverBudget || u.Until.IsZero() == tt.again {
				t.Errorf("while 80 of 100 are reserved 30 more are refused with %v", u)
			}
			if _, _, u := ask(other, 101, tt.first); u == nil || !u.Until.IsZero() {
				t.Errorf("what no day can pay is refused with %v", u)
			}
			shut(t, l, ticket, c, llm.Receipt{Status: llm.Answered, Model: "m", Usage: llm.Usage{Input: 60, Output: 10}})
			c, ticket, u = ask(other, 30, tt.first)
			if u != nil {
				t.Fatalf("after 10 were given back: %v", u)
			}
			shut(t, l, ticket, c, llm.Receipt{Status: llm.Answered, Model: "m", Usage: llm.Usage{Input: 30}})
			if _, _, u := ask(other, 1, tt.first); u == nil {
				t.Error("more than all was given")
			}
			if _, _, u := ask("z", 100, tt.other); u != nil && (tt.session || tt.first.Caps != pipeline.Caps{}) {
				t.Errorf("others are refused: %v", u)
			}
		})
	}
}

// kept holds that values are found again by their keys, the newest of each.
func kept(t *testing.T, l llm.Ledger) {
	for i := range 3 {
		for _, key := range []string{"a", "b"} {
			if err := l.Keep(t.Context(), key, fmt.Appendf(nil, "%s %d", key, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for key, want := range map[string]string{"a": "a 2", "b": "b 2", "c": ""} {
		if got, ok, err := l.Known(t.Context(), key); string(got) != want || ok != (want != "") || err != nil {
			t.Errorf("%s: %q, %v, %v", key, got, ok, err)
		}
	}
}
