package llm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// MemoryOptions are the limits of one process; the zero value has none.
type MemoryOptions struct {
	Budget Budget
	Prices Prices // of the model that judges; embedding is not in the budget of money
	// RequestsPerMinute and TokensPerMinute are what may be asked of an endpoint and
	// model within a minute of the clock; 0 is no limit.
	RequestsPerMinute, TokensPerMinute int
	// Now is the clock; days begin in its zone. Default time.Now.
	Now func() time.Time
}

// Memory is a ledger of one process, without any record of single calls. It is
// safe for concurrent use.
type Memory struct {
	o MemoryOptions

	mu       sync.Mutex
	tickets  int64
	open     map[int64]booked
	day      string // which spent and scopes are about
	spent    Spent  // and reserved, on that day
	scopes   map[scope]Spent
	sessions *recent[transcript.SessionID, Spent]
	models   map[[2]string]*modelState // by endpoint and model
	kept     *recent[string, []byte]
}

// booked is what an open call has reserved.
type booked struct {
	call     Call
	reserved Spent
}

// modelState is what is known of a model at an endpoint.
type modelState struct {
	health           health
	minute           time.Time
	requests, tokens int // in that minute
}

// The bounds of what is kept.
const (
	keptSessions = 100_000
	keptBytes    = 16 << 20
	// keptFrame is what keeping a value takes besides its own bytes.
	keptFrame = 200
)

// NewMemory checks the limits: money can be limited only where prices are known.
func NewMemory(o MemoryOptions) (*Memory, error) {
	if err := o.Budget.Check(o.Prices); err != nil {
		return nil, err
	}
	if o.RequestsPerMinute < 0 || o.TokensPerMinute < 0 {
		return nil, errors.New("limits per minute: must not be below 0")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Memory{
		o: o, open: map[int64]booked{}, scopes: map[scope]Spent{}, models: map[[2]string]*modelState{},
		sessions: newRecent[transcript.SessionID, Spent](keptSessions), kept: newRecent[string, []byte](keptBytes),
	}, nil
}

// Open implements Ledger.
func (m *Memory) Open(ctx context.Context, c Call) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.o.Now()
	m.turnDay(now)
	state := m.model(c)
	if err := state.health.closed(now); err != nil {
		return 0, err
	}
	next := m.prices(c).Reserve(c)
	if err := m.afford(now, c, next); err != nil {
		return 0, err
	}
	if err := state.pace(now, m.o, next); err != nil {
		return 0, err
	}
	state.health.probe(now)
	m.tickets++
	m.open[m.tickets] = booked{c, next}
	m.book(c, next)
	return m.tickets, nil
}

// turnDay begins a new day with what is still open. Runs may last several days.
func (m *Memory) turnDay(now time.Time) {
	today := now.Format(time.DateOnly)
	if today == m.day {
		return
	}
	m.day, m.spent = today, Spent{}
	maps.DeleteFunc(m.scopes, func(s scope, _ Spent) bool { return s.of != ofRun })
	for _, o := range m.open {
		m.spent = m.spent.Add(o.reserved)
		for _, s := range scopesOf(o.call.Ref) {
			if s.of != ofRun {
				m.scopes[s.scope] = m.scopes[s.scope].Add(o.reserved)
			}
		}
	}
}

func (m *Memory) model(c Call) *modelState {
	key := [2]string{c.Endpoint, c.Model}
	if m.models[key] == nil {
		m.models[key] = &modelState{}
	}
	return m.models[key]
}

// prices are those of the call's model.
func (m *Memory) prices(c Call) Prices {
	if c.Purpose == ForEmbedding {
		return Prices{}
	}
	return m.o.Prices
}

// afford refuses a call that could go beyond a limit.
func (m *Memory) afford(now time.Time, c Call, next Spent) error {
	session, _ := m.sessions.get(c.Session)
	budget := m.o.Budget.within(c.Ref.Caps.Session)
	if c.Session == "" { // belongs to none
		budget.SessionTokens, budget.SessionMoney = 0, 0
	}
	err, alone := budget.Allow(session, m.spent, next), budget.Allow(session, Spent{}, next)
	if budget.Check(m.o.Prices) != nil { // of the session's cap: the price is unknown
		err = &OverBudgetError{ofSession, Money(budget.SessionMoney).String()}
		alone = err
	}
	for _, s := range scopesOf(c.Ref) {
		if err == nil {
			err, alone = s.allow(m.scopes[s.scope], next, m.o.Prices), s.allow(Spent{}, next, m.o.Prices)
		}
	}
	if err == nil {
		return nil
	}
	u := &pipeline.Unavailable{Reason: pipeline.OverBudget, Err: err}
	if over, ok := errors.AsType[*OverBudgetError](err); ok && over.daily() && alone == nil {
		u.Until = midnight(now)
	}
	return u
}

// midnight is when the next day begins.
func midnight(now time.Time) time.Time {
	year, month, day := now.Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, now.Location())
}

// pace counts a call in its minute, if there is room for it.
func (s *modelState) pace(now time.Time, o MemoryOptions, next Spent) error {
	minute := now.Truncate(time.Minute)
	if minute.After(s.minute) {
		s.minute, s.requests, s.tokens = minute, 0, 0
	}
	// A call that is larger than the limit is let through alone.
	full := o.RequestsPerMinute > 0 && s.requests >= o.RequestsPerMinute ||
		o.TokensPerMinute > 0 && s.tokens > 0 && int64(s.tokens)+next.Tokens > int64(o.TokensPerMinute)
	if full {
		return &pipeline.Unavailable{Reason: pipeline.ModelUnavailable, Err: errors.New("as many requests or tokens as are allowed in a minute are used up"), Until: s.minute.Add(time.Minute)}
	}
	s.requests++
	s.tokens += int(next.Tokens)
	return nil
}

// book adds what a call takes, or what it gives back.
func (m *Memory) book(c Call, s Spent) {
	m.spent = m.spent.Add(s)
	for _, x := range scopesOf(c.Ref) {
		m.scopes[x.scope] = m.scopes[x.scope].Add(s)
	}
	if c.Session != "" {
		session, _ := m.sessions.get(c.Session)
		m.sessions.put(c.Session, session.Add(s), 1)
	}
}

// Close implements Ledger.
func (m *Memory) Close(_ context.Context, ticket int64, c Call, r Receipt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	was, ok := m.open[ticket]
	if !ok {
		return fmt.Errorf("close the account of a call: %d is not open", ticket)
	}
	delete(m.open, ticket)
	now := m.o.Now()
	m.turnDay(now)
	settled := m.prices(c).Settle(r.Usage)
	m.book(c, Spent{settled.Tokens - was.reserved.Tokens, settled.Money - was.reserved.Money})
	m.model(c).health.after(r, now)
	return nil
}

// Known implements Ledger.
func (m *Memory) Known(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.kept.get(key)
	return value, ok, nil
}

// Keep implements Ledger.
func (m *Memory) Keep(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept.put(key, value, len(key)+len(value)+keptFrame)
	return nil
}

// Spent is what was spent and reserved today.
func (m *Memory) Spent() Spent {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turnDay(m.o.Now())
	return m.spent
}
