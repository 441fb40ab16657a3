package llm

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// desk is a ledger with a clock that is set by hand.
type desk struct {
	*Memory
	t   *testing.T
	now time.Time
}

func newDesk(t *testing.T, o MemoryOptions) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2026, 11, 22, 23, 30, 0, 0, time.FixedZone("", 8*3600))}
	o.Now = func() time.Time { return d.now }
	m, err := NewMemory(o)
	if err != nil {
		t.Fatal(err)
	}
	d.Memory = m
	return d
}

func callOf(session string, input, output int) Call {
	return Call{Purpose: ForJudgement, Endpoint: "h", Model: "m", Session: transcript.SessionID(session), Input: input, Output: output}
}

// ask opens and closes a call; it returns the refusal.
func (d *desk) ask(c Call, r Receipt) *pipeline.Unavailable {
	d.t.Helper()
	ticket, err := d.Open(d.t.Context(), c)
	if u, ok := errors.AsType[*pipeline.Unavailable](err); ok {
		return u
	}
	if err == nil {
		err = d.Close(d.t.Context(), ticket, c, r)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return nil
}

func answered(input, output int) Receipt {
	return Receipt{Status: Answered, Usage: Usage{Input: input, Output: output}}
}

func TestBudgetsAreKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t, MemoryOptions{Budget: Budget{SessionTokens: 1000, DayTokens: 2500}})
	steps := []struct {
		name   string
		call   Call
		used   Receipt
		refuse string // a part of the words
		wait   time.Duration
	}{
		{"what it may take fits", callOf("a", 500, 500), answered(300, 100), "", 0},
		{"what it did not take is given back", callOf("a", 500, 100), answered(500, 100), "", 0},
		{"the session has no more", callOf("a", 1, 0), answered(0, 0), "session's budget of 1000 tokens", 0},
		{"another session has", callOf("b", 900, 100), answered(900, 100), "", 0},
		{"the day has no more", callOf("c", 400, 200), answered(0, 0), "day's budget of 2500 tokens", 30 * time.Minute},
		{"a call that no day can pay", callOf("c", 900, 200), answered(0, 0), "session's budget", 0},
		{"one that fits", callOf("c", 400, 100), answered(400, 100), "", 0},
	}
	for _, s := range steps {
		u := d.ask(s.call, s.used)
		switch {
		case s.refuse == "" && u != nil:
			t.Errorf("%s: %v", s.name, u)
		case s.refuse != "" && (u == nil || u.Reason != pipeline.OverBudget || !strings.Contains(u.Error(), s.refuse)):
			t.Errorf("%s: %v", s.name, u)
		case s.wait > 0 && !u.Until.Equal(d.now.Add(s.wait)), s.wait == 0 && u != nil && !u.Until.IsZero():
			t.Errorf("%s: until %v", s.name, u.Until)
		}
	}
	d.now = d.now.Add(30 * time.Minute)
	if u := d.ask(callOf("d", 1000, 0), answered(1000, 0)); u != nil {
		t.Errorf("the next day: %v", u)
	}
	if got := d.Spent(); got != (Spent{Tokens: 1000}) {
		t.Errorf("spent on the next day: %+v", got)
	}
}

func TestRunningCallsAreReserved(t *testing.T) {
	t.Parallel()
	d := newDesk(t, MemoryOptions{Budget: Budget{DayMoney: 10_000}, Prices: Prices{Input: 1_000_000, Output: 2_000_000}})
	c := callOf("a", 3000, 1000)
	first, err := d.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if u := d.ask(c, Receipt{}); u == nil || u.Reason != pipeline.OverBudget {
		t.Errorf("a third one: %v", u)
	}
	d.now = d.now.Add(time.Hour) // what is open goes into the new day
	if got := d.Spent(); got != (Spent{8000, 10_000}) {
		t.Errorf("reserved: %+v", got)
	}
	if err := d.Close(t.Context(), first, c, answered(1000, 500)); err != nil {
		t.Fatal(err)
	}
	if got := d.Spent(); got != (Spent{5500, 7000}) {
		t.Errorf("after one is settled: %+v", got)
	}
	if err := d.Close(t.Context(), first, c, answered(1000, 500)); err == nil {
		t.Error("closed twice")
	}
}

func TestMoneyWithoutPricesIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := NewMemory(MemoryOptions{Budget: Budget{SessionMoney: 1}}); err == nil || !strings.Contains(err.Error(), "prices") {
		t.Errorf("%v", err)
	}
	if _, err := NewMemory(MemoryOptions{RequestsPerMinute: -1}); err == nil {
		t.Error("a limit below 0 is accepted")
	}
}

func TestRequestsAndTokensPerMinute(t *testing.T) {
	t.Parallel()
	d := newDesk(t, MemoryOptions{RequestsPerMinute: 2, TokensPerMinute: 1000})
	d.now = d.now.Add(20 * time.Second)
	next := d.now.Add(40 * time.Second)
	steps := []struct {
		name string
		call Call
		ok   bool
	}{
		{"the first", callOf("a", 500, 100), true},
		{"too many tokens", callOf("a", 500, 100), false},
		{"few enough", callOf("a", 400, 0), true},
		{"too many requests", callOf("a", 1, 0), false},
		{"another model", Call{Endpoint: "h", Model: "other"}, true},
	}
	for _, s := range steps {
		u := d.ask(s.call, answered(1, 1))
		if (u == nil) != s.ok || u != nil && (u.Reason != pipeline.ModelUnavailable || !u.Until.Equal(next)) {
			t.Errorf("%s: %v", s.name, u)
		}
	}
	d.now = next
	if u := d.ask(callOf("a", 5000, 0), answered(1, 1)); u != nil {
		t.Errorf("the next minute, alone and larger than the limit: %v", u)
	}
}

func TestTheCircuitBreaker(t *testing.T) {
	t.Parallel()
	failed := func(s Status, after time.Duration) Receipt { return Receipt{Status: s, RetryAfter: after} }
	const never = -1 // somebody must do something
	tests := []struct {
		name string
		ends []Receipt
		wait time.Duration // of the next one; 0: it may ask
	}{
		{"one failure", []Receipt{failed(Timeout, 0)}, 0},
		{"many in a row", []Receipt{failed(Timeout, 0), failed(Unreachable, 0), failed(ServerFailed, 0)}, firstRest},
		{"an answer between them", []Receipt{failed(Timeout, 0), failed(Timeout, 0), answered(1, 1), failed(Timeout, 0)}, 0},
		{"a refusal between them", []Receipt{failed(Timeout, 0), failed(Timeout, 0), failed(Rejected, 0), failed(Timeout, 0)}, 0},
		{"nonsense in a row", []Receipt{failed(Garbled, 0), failed(Garbled, 0), failed(Garbled, 0)}, firstRest},
		{"callers that give up", []Receipt{failed(Cancelled, 0), failed(Cancelled, 0), failed(Cancelled, 0)}, 0},
		{"Retry-After of a server that fails", []Receipt{failed(ServerFailed, time.Hour)}, time.Hour},
		{"too many requests", []Receipt{failed(Limited, 0)}, firstRest},
		{"Retry-After", []Receipt{failed(Limited, 3*time.Second)}, 3 * time.Second},
		{"a limit that is used up with the answer", []Receipt{{Status: Answered, RetryAfter: 5 * time.Second}}, 5 * time.Second},
		{"a wrong key", []Receipt{failed(Unauthorised, 0)}, never},
		{"a wrong name", []Receipt{failed(NotFound, 0)}, never},
		{"no credit", []Receipt{failed(NoCredit, 0)}, never},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, MemoryOptions{})
			for _, r := range tt.ends {
				if u := d.ask(callOf("a", 1, 1), r); u != nil {
					t.Fatal(u)
				}
			}
			u := d.ask(callOf("a", 1, 1), answered(1, 1))
			switch {
			case (u == nil) != (tt.wait == 0):
				t.Errorf("%v", u)
			case tt.wait == never && !u.Until.IsZero(), tt.wait > 0 && !u.Until.Equal(d.now.Add(tt.wait)):
				t.Errorf("until %v", u.Until)
			}
			if u := d.ask(Call{Endpoint: "h", Model: "other"}, answered(1, 1)); u != nil {
				t.Errorf("another model: %v", u)
			}
		})
	}
}

func TestOneCallTriesAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, MemoryOptions{})
	c := callOf("a", 1, 1)
	for range manyFailures {
		d.ask(c, Receipt{Status: Timeout})
	}
	var waits []time.Duration
	for range 7 { // it stays down
		u := d.ask(c, Receipt{Status: Timeout})
		waits = append(waits, u.Until.Sub(d.now))
		d.now = u.Until
		ticket, err := d.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if u := d.ask(c, answered(1, 1)); u == nil || !u.Until.Equal(d.now.Add(probeTime)) {
			t.Errorf("a second one while the first one tries: %v", u)
		}
		if err := d.Close(t.Context(), ticket, c, Receipt{Status: Timeout}); err != nil {
			t.Fatal(err)
		}
	}
	s := time.Second
	if diff := cmp.Diff([]time.Duration{10 * s, 20 * s, 40 * s, 80 * s, 160 * s, 300 * s, 300 * s}, waits); diff != "" {
		t.Errorf("rests (-want +got):\n%s", diff)
	}
	d.now = d.now.Add(longRest)
	for range 2 {
		if u := d.ask(c, answered(1, 1)); u != nil {
			t.Errorf("it is back: %v", u)
		}
	}
	if u := d.ask(c, Receipt{Status: Timeout}); u != nil {
		t.Error(u)
	}
	if u := d.ask(c, answered(1, 1)); u != nil {
		t.Errorf("one failure after it was back: %v", u)
	}
}

func TestACallThatTriesAndIsCancelledLetsOthersTry(t *testing.T) {
	t.Parallel()
	d := newDesk(t, MemoryOptions{})
	c := callOf("a", 1, 1)
	for range manyFailures {
		d.ask(c, Receipt{Status: Timeout})
	}
	d.now = d.now.Add(firstRest)
	d.ask(c, Receipt{Status: Cancelled})
	if u := d.ask(c, answered(1, 1)); u != nil {
		t.Error(u)
	}
}

func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t, MemoryOptions{})
	if _, ok, err := d.Known(t.Context(), "k"); ok || err != nil {
		t.Errorf("before: %v, %v", ok, err)
	}
	for range 100 { // more than is kept
		if err := d.Keep(t.Context(), "k", []byte("v")); err != nil {
			t.Fatal(err)
		}
		if err := d.Keep(t.Context(), strings.Repeat("x", 10), make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if v, ok, err := d.Known(t.Context(), "k"); !ok || err != nil || string(v) != "v" {
		t.Errorf("after: %q, %v, %v", v, ok, err)
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, MemoryOptions{Budget: Budget{DayTokens: 1000}})
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() { d.ask(callOf("a", 15, 5), answered(15, 5)) })
	}
	group.Wait()
	if got := d.Spent(); got.Tokens != 1000 {
		t.Errorf("spent %d of 1000", got.Tokens)
	}
}
