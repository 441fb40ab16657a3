package web

import (
	"context"
	"sync"
	"time"

	"assay/pipeline/store"
)

// While the database is away, tokens hold on for knownGrace after they were read
// last, and are asked for no more often than every knownRetry, which is also how
// long an answer is waited for. That a token is revoked meanwhile cannot be known.
const (
	knownGrace = time.Minute
	knownRetry = 2 * time.Second
)

// knownTokens are the tokens in force, as the database had them a moment ago: that
// is how long a revoked token may live on.
type knownTokens struct {
	read  func(context.Context) ([]store.Token, error)
	mark  func(context.Context, int64) error // notes that a token was used
	every time.Duration
	now   func() time.Time

	reading chan struct{} // full while they are read

	mu       sync.Mutex
	readAt   time.Time // when they were read last
	failedAt time.Time // when that failed last
	failure  error     // of then; nil: they could be read
	byPrefix map[string]*store.Token
	origins  map[string]bool     // of all tokens
	used     map[int64]time.Time // when the use of a token was noted last
}

func newKnownTokens(s *store.Store, every time.Duration) *knownTokens {
	return &knownTokens{
		read:  func(ctx context.Context) ([]store.Token, error) { return s.Tokens(ctx, true) },
		mark:  s.TokenUsed,
		every: every, now: time.Now, reading: make(chan struct{}, 1), used: map[int64]time.Time{},
	}
}

// refresh reads the tokens when they were not read lately, for one request at a
// time. Its error leaves none in force that is not known to be.
func (k *knownTokens) refresh(ctx context.Context) error {
	if done, err := k.settled(false); done {
		return err
	}
	select {
	case k.reading <- struct{}{}:
	default:
		if done, err := k.settled(true); done {
			return err // nobody waits for a database that is away
		}
		select {
		case k.reading <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-k.reading }()
	if done, err := k.settled(false); done {
		return err
	}
	return k.ask(ctx)
}

// settled reports whether what is known will do, or why it does not: because it was
// read a moment ago, or could not be. Somebody may be trying to again.
func (k *knownTokens) settled(trying bool) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	switch {
	case !k.readAt.IsZero() && now.Sub(k.readAt) < k.every:
		return true, nil
	case k.failure != nil && (trying || now.Sub(k.failedAt) < knownRetry):
		return true, k.grace(now)
	}
	return false, nil
}

// grace is the failure to read, nil as long as what is known holds on.
func (k *knownTokens) grace(now time.Time) error {
	if !k.readAt.IsZero() && now.Sub(k.readAt) < knownGrace {
		return nil
	}
	return k.failure
}

// ask reads the tokens.
func (k *knownTokens) ask(ctx context.Context) error {
	began := k.now()
	brief, cancel := context.WithTimeout(ctx, knownRetry)
	defer cancel()
	list, err := k.read(brief)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err != nil && ctx.Err() != nil: // it is the request that ended
		return err
	case err != nil:
		k.failedAt, k.failure = k.now(), err
		return k.grace(k.failedAt)
	}
	k.byPrefix, k.origins = map[string]*store.Token{}, map[string]bool{}
	for i := range list {
		k.byPrefix[list[i].Prefix] = &list[i]
		for _, o := range list[i].Origins {
			k.origins[o] = true
		}
	}
	k.readAt, k.failure = began, nil
	return nil
}

// find returns the token of a secret, nil when there is none.
func (k *knownTokens) find(secret string) *store.Token {
	k.mu.Lock()
	t := k.byPrefix[prefixOf(secret)]
	k.mu.Unlock()
	if t == nil || !matches(t, secret) || t.ExpiresAt != nil && !time.Now().Before(*t.ExpiresAt) {
		return nil
	}
	return t
}

// allows reports whether any token is for pages of the origin.
func (k *knownTokens) allows(origin string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.origins[origin]
}

// note keeps when a token was used, to the minute, unless the database is away.
func (k *knownTokens) note(ctx context.Context, t *store.Token) error {
	k.mu.Lock()
	noted := k.failure != nil || time.Since(k.used[t.ID]) < time.Minute
	if !noted {
		k.used[t.ID] = time.Now()
	}
	k.mu.Unlock()
	if noted {
		return nil
	}
	return k.mark(ctx, t.ID)
}
