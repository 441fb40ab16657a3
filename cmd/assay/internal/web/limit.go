package web

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxBuckets is how many askers are remembered at least; twice as many at most.
// Who is forgotten begins anew, with a full bucket.
const maxBuckets = 10_000

// limits counts requests by asker, in token buckets of this process.
type limits struct {
	mu          sync.Mutex
	now, before map[string]*rate.Limiter // those seen lately, and before these
}

func newLimits() *limits { return &limits{now: map[string]*rate.Limiter{}} }

// bucket is an asker's, made full when it is new or its rate has changed.
func (l *limits) bucket(key string, r Rate) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.now[key]
	if !ok {
		b = l.before[key]
	}
	every := rate.Limit(float64(r.Calls) / r.Per.Seconds())
	if b == nil || b.Limit() != every || b.Burst() != r.Calls {
		b = rate.NewLimiter(every, r.Calls)
	}
	if !ok && len(l.now) >= maxBuckets {
		l.now, l.before = map[string]*rate.Limiter{}, l.now
	}
	l.now[key] = b
	return b
}

// tooMany is the error of an asker who asks too often.
type tooMany struct{ retry time.Duration }

func (t tooMany) Error() string {
	return fmt.Sprintf("too many requests: try again in %d s", seconds(t.retry))
}

// seconds rounds up: who waits as long is not refused again.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// take counts a request, and says in the answer's headers what is left.
func (l *limits) take(w http.ResponseWriter, key string, r Rate) error {
	if r.Calls == 0 {
		return nil
	}
	b := l.bucket(key, r)
	at := time.Now()
	allowed := b.AllowN(at, 1)
	left := max(b.TokensAt(at), 0)
	perSecond := float64(b.Limit())
	full := time.Duration((float64(r.Calls) - left) / perSecond * float64(time.Second))
	h := w.Header()
	h.Set("RateLimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, r.Calls, seconds(r.Per)))
	h.Set("RateLimit", fmt.Sprintf(`"default";r=%d;t=%d`, int(left), seconds(full)))
	if allowed {
		return nil
	}
	retry := time.Duration((1 - left) / perSecond * float64(time.Second))
	h.Set("Retry-After", strconv.Itoa(max(1, seconds(retry))))
	return tooMany{retry}
}
