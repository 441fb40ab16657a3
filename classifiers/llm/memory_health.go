package llm

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"assay/pipeline"
)

// health is a circuit breaker: after so many failures in a row a model is left
// alone, then one call tries whether it is back. It is plain arithmetic over times.
type health struct {
	failures int
	till     time.Time // nobody asks before
	status   Status    // why
}

// The breaker's numbers.
const (
	// manyFailures is how many failures in a row close an endpoint.
	manyFailures = 3
	// firstRest is how long it is then left alone, twice as long after each further
	// failure, up to longRest. One that somebody must mend is left alone for longRest.
	firstRest = 10 * time.Second
	longRest  = 5 * time.Minute
	// probeTime is how long others wait for the call that tries.
	probeTime = time.Minute
)

// closed says why nobody asks now.
func (h *health) closed(now time.Time) error {
	if !now.Before(h.till) {
		return nil
	}
	u := &pipeline.Unavailable{Reason: pipeline.ModelUnavailable, Err: fmt.Errorf("the endpoint is left alone after it failed: %s", h.status), Until: h.till}
	if h.status == Limited {
		u.Err = errors.New("the endpoint takes no more requests for now")
	}
	if h.needsSomebody() {
		u.Until = time.Time{}
	}
	return u
}

// needsSomebody reports whether waiting does not mend it: a key, a name, credit.
func (h *health) needsSomebody() bool {
	return h.status == Unauthorised || h.status == NotFound || h.status == NoCredit
}

// probe makes others wait when the call that is let through is the first one
// after a rest.
func (h *health) probe(now time.Time) {
	if h.failures >= manyFailures {
		h.till = now.Add(probeTime)
	}
}

// after is what the end of a call says of the endpoint.
func (h *health) after(r Receipt, now time.Time) {
	switch r.Status {
	case Cancelled:
		if h.failures >= manyFailures { // the call that tried did not find out
			h.till = now
		}
		return
	case Answered, Rejected: // it is there, though it may have taken no liking to this one request
		if r.Status == Rejected && h.needsSomebody() {
			return
		}
		h.failures = 0
		if h.status == Limited && now.Before(h.till) {
			h.later(now.Add(r.RetryAfter))
			return // it answers what it had taken, and wants no more
		}
		h.till = now
	case Unauthorised, NotFound, NoCredit:
		h.failures, h.till = max(manyFailures, h.failures+1), now.Add(longRest)
	case Limited:
		h.failures++
		h.later(now.Add(cmp.Or(r.RetryAfter, backoff(h.failures))))
	default:
		if h.failures++; h.failures >= manyFailures {
			h.till = now.Add(backoff(h.failures - manyFailures + 1))
		}
	}
	h.status = r.Status
	if r.RetryAfter > 0 {
		h.later(now.Add(r.RetryAfter))
		h.status = Limited
	}
}

func (h *health) later(t time.Time) {
	if t.After(h.till) {
		h.till = t
	}
}

// backoff is the rest after the nth failure.
func backoff(n int) time.Duration {
	return min(firstRest<<min(max(n, 1)-1, 10), longRest)
}
