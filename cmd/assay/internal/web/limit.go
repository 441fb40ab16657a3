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
	t := l.count(key, r)
	t.tell(w.Header(), "default")
	return t.err()
}

// allAgents is how many times as many requests as of one agent are taken from all
// agents of a token together.
const allAgents = 20

// takeToken counts a request of one of a token's agents, and then of the token: an
// agent whose program runs wild uses up nothing but its own.
func (l *limits) takeToken(w http.ResponseWriter, token, agent string, r Rate) error {
	if err := l.take(w, "agent "+token+" "+agent, r); err != nil {
		return err
	}
	all := l.count("token "+token, Rate{allAgents * r.Calls, r.Per})
	if !all.allowed {
		all.tell(w.Header(), "token")
	}
	return all.err()
}

// taken is what is left in a bucket after a request.
type taken struct {
	rate    Rate
	left    float64
	allowed bool
}

func (l *limits) count(key string, r Rate) taken {
	b := l.bucket(key, r)
	at := time.Now()
	allowed := b.AllowN(at, 1)
	return taken{r, max(b.TokensAt(at), 0), allowed}
}

// until is how long it takes until so many requests are left.
func (t taken) until(calls float64) time.Duration {
	return time.Duration((calls - t.left) * float64(t.rate.Per) / float64(t.rate.Calls))
}

// retry is how long to wait before the next request.
func (t taken) retry() time.Duration { return t.until(1) }

// tell says in headers what is left, of a policy of this name.
func (t taken) tell(h http.Header, policy string) {
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", policy, t.rate.Calls, seconds(t.rate.Per)))
	h.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", policy, int(t.left), seconds(t.until(float64(t.rate.Calls)))))
	if !t.allowed {
		h.Set("Retry-After", strconv.Itoa(max(1, seconds(t.retry()))))
	}
}

func (t taken) err() error {
	if t.allowed {
		return nil
	}
	return tooMany{t.retry()}
}
