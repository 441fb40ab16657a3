package web

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"assay/pipeline/store"
)

var errAway = errors.New("the database is away")

// knownFrom are tokens that are read by a function, which is counted.
func knownFrom(read func(context.Context) ([]store.Token, error)) (*knownTokens, *int) {
	n := new(0)
	k := newKnownTokens(nil, 2*time.Second)
	k.read = func(ctx context.Context) ([]store.Token, error) {
		*n++
		return read(ctx)
	}
	return k, n
}

func TestKnownTokensHoldOnForAMinuteWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secret, prefix, hash := NewSecret()
		var away error
		k, reads := knownFrom(func(context.Context) ([]store.Token, error) {
			return []store.Token{{Prefix: prefix, Hash: hash}}, away
		})
		for _, step := range []struct {
			name  string
			after time.Duration
			away  error
			want  error
			reads int // since the beginning
		}{
			{"nothing is known", 0, errAway, errAway, 1},
			{"nor asked for again at once", time.Second, errAway, errAway, 1},
			{"they are read", time.Second, nil, nil, 2},
			{"they are known", time.Second, errAway, nil, 2},
			{"they hold on", time.Second, errAway, nil, 3},
			{"and are not asked for again at once", time.Second, errAway, nil, 3},
			{"but after a while", 2 * time.Second, errAway, nil, 4},
			{"to the end of the minute", 54 * time.Second, errAway, nil, 5},
			{"and no longer", 2 * time.Second, errAway, errAway, 6},
			{"until the database is there", 2 * time.Second, nil, nil, 7},
		} {
			time.Sleep(step.after)
			away = step.away
			if err := k.refresh(t.Context()); !errors.Is(err, step.want) {
				t.Errorf("%s: %v", step.name, err)
			}
			if *reads != step.reads {
				t.Errorf("%s: read %d times, want %d", step.name, *reads, step.reads)
			}
		}
		if k.find(secret) == nil {
			t.Error("the token is not known")
		}
	})
}

func TestNobodyWaitsForADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hangs := false
		k, reads := knownFrom(func(ctx context.Context) ([]store.Token, error) {
			if hangs {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return nil, nil
		})
		if err := k.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		hangs = true
		began := time.Now()
		if err := k.refresh(t.Context()); err != nil || time.Since(began) != knownRetry {
			t.Errorf("the first one: %v after %s", err, time.Since(began))
		}
		time.Sleep(knownRetry)
		tried := make(chan error, 1)
		go func() { tried <- k.refresh(t.Context()) }()
		synctest.Wait()
		began = time.Now()
		if err := k.refresh(t.Context()); err != nil || time.Since(began) != 0 || *reads != 3 {
			t.Errorf("while another one tries: %v after %s, %d readings", err, time.Since(began), *reads)
		}
		if err := <-tried; err != nil {
			t.Errorf("who tries: %v", err)
		}
		time.Sleep(time.Minute)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		before := k.failedAt
		if err := k.refresh(gone); err == nil || k.failedAt != before {
			t.Errorf("a request that ended counts as the database's failure: %v", err)
		}
	})
}
