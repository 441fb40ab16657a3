package web

import (
	"context"
	"sync"
	"time"

	"assay/pipeline/store"
)

// knownTokens are the tokens in force, as the database had them a moment ago: that
// is how long a revoked token may live on.
type knownTokens struct {
	store *store.Store
	every time.Duration

	reading sync.Mutex // held while they are read, so that others go on with what is known
	read    time.Time

	mu       sync.Mutex
	byPrefix map[string]*store.Token
	origins  map[string]bool     // of all tokens
	used     map[int64]time.Time // when the use of a token was noted last
}

func newKnownTokens(s *store.Store, every time.Duration) *knownTokens {
	return &knownTokens{store: s, every: every, used: map[int64]time.Time{}}
}

// refresh reads the tokens when they were not read lately. Its error leaves none
// in force that is not known to be.
func (k *knownTokens) refresh(ctx context.Context) error {
	k.reading.Lock()
	defer k.reading.Unlock()
	if !k.read.IsZero() && time.Since(k.read) < k.every {
		return nil
	}
	began := time.Now()
	list, err := k.store.Tokens(ctx, true)
	if err != nil {
		return err
	}
	byPrefix, origins := map[string]*store.Token{}, map[string]bool{}
	for i := range list {
		byPrefix[list[i].Prefix] = &list[i]
		for _, o := range list[i].Origins {
			origins[o] = true
		}
	}
	k.mu.Lock()
	k.byPrefix, k.origins = byPrefix, origins
	k.mu.Unlock()
	k.read = began
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

// note keeps when a token was used, to the minute.
func (k *knownTokens) note(ctx context.Context, t *store.Token) error {
	k.mu.Lock()
	noted := time.Since(k.used[t.ID]) < time.Minute
	if !noted {
		k.used[t.ID] = time.Now()
	}
	k.mu.Unlock()
	if noted {
		return nil
	}
	return k.store.TokenUsed(ctx, t.ID)
}
