package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhatTheEndsOfCallsSayOfAnEndpoint(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) *time.Time { return new(now.Add(d)) }
	type end struct {
		status string
		after  time.Duration // Retry-After
	}
	state := func(failures int, closed *time.Time, status string, needs bool) endpointState {
		return endpointState{Now: now, Failures: failures, ClosedUntil: closed, Status: status, NeedsSomebody: needs}
	}
	probed := state(4, in(time.Minute), probing, false)
	for name, tt := range map[string]struct {
		before endpointState
		ends   []end
		want   endpointState
	}{
		"two failures are borne":                   {state(0, nil, "", false), []end{{"timeout", 0}, {"server_error", 0}}, state(2, nil, "", false)},
		"the third one closes it":                  {state(2, nil, "", false), []end{{"unreachable", 0}}, state(3, in(shut), "unreachable", false)},
		"an answer forgives":                       {state(2, nil, "", false), []end{{"ok", 0}}, state(0, nil, "", false)},
		"a probe that fails closes it for longer":  {probed, []end{{"timeout", 0}}, state(5, in(4*shut), "timeout", false)},
		"never for too long":                       {state(99, in(time.Minute), probing, false), []end{{"timeout", 0}}, state(100, in(longest), "timeout", false)},
		"a probe that is answered opens it":        {probed, []end{{"ok", 0}}, state(0, nil, "", false)},
		"a probe that is refused opens it as well": {probed, []end{{"rejected", 0}}, state(0, nil, "", false)},
		"it is left alone as long as it asks":      {state(0, nil, "", false), []end{{"limited", 40 * time.Second}}, state(0, in(40*time.Second), limited, false)},
		"and by itself when it does not say":       {state(2, nil, "", false), []end{{"limited", 0}}, state(3, in(4*time.Second), limited, false)},
		"the longest wish counts":                  {state(0, nil, "", false), []end{{"limited", time.Minute}, {"limited", time.Second}}, state(0, in(time.Minute), limited, false)},
		"late answers do not cut a wish short":     {state(0, nil, "", false), []end{{"limited", time.Minute}, {"ok", 0}}, state(0, in(time.Minute), limited, false)},
		"a server error's wish counts":             {state(0, nil, "", false), []end{{"server_error", time.Minute}, {"ok", 0}}, state(0, in(time.Minute), limited, false)},
		"a wish for a year is none":                {state(0, nil, "", false), []end{{"limited", 9000 * time.Hour}}, state(0, in(relent), limited, false)},
		"a wrong key needs somebody":               {state(0, nil, "", false), []end{{"unauthorised", 0}}, state(1, in(patience), "unauthorised", true)},
		"until it is right":                        {state(1, in(patience), "unauthorised", true), []end{{"ok", 0}}, state(0, nil, "", false)},
		"many that fail at once are one":           {state(2, nil, "", false), []end{{"timeout", 0}, {"timeout", 0}, {"limited", 0}}, state(3, in(shut), "timeout", false)},
		"who waits as he is told has not failed":   {probed, []end{{"limited", time.Second}}, state(0, in(time.Second), limited, false)},
		"a bad request is an answer":               {state(2, nil, "", false), []end{{"rejected", 0}}, state(0, nil, "", false)},
		"but not of a key that is wrong":           {state(1, in(patience), "unauthorised", true), []end{{"rejected", 0}}, state(1, in(patience), "unauthorised", true)},
		"what is no answer is a failure":           {state(2, nil, "", false), []end{{"garbled", 0}}, state(3, in(shut), "garbled", false)},
		"who gives up says nothing":                {state(2, nil, "", false), []end{{"cancelled", 0}}, state(2, nil, "", false)},
		"nor does he end a wish":                   {state(1, in(time.Minute), limited, false), []end{{"cancelled", 0}, {"rejected", 0}}, state(0, in(time.Minute), limited, false)},
		"a probe that is given up lets others try": {probed, []end{{"cancelled", 0}}, state(4, in(0), probing, false)},
		"a limit used up with the answer":          {state(2, nil, "", false), []end{{"ok", time.Minute}}, state(0, in(time.Minute), limited, false)},
	} {
		e := tt.before
		for _, end := range tt.ends {
			e.after(end.status, end.after)
		}
		if diff := cmp.Diff(tt.want, e); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestNoMinuteHasMoreThanIsAllowed walks through an hour in which somebody asks as
// often as he may.
func TestNoMinuteHasMoreThanIsAllowed(t *testing.T) {
	t.Parallel()
	for _, most := range []int{1, 3, 60, 500} {
		now := time.Unix(0, 0)
		e := endpointState{}
		var sent []time.Time
		for now.Before(time.Unix(3600, 0)) {
			e.Now, e.RequestsDue = now, latest(e.RequestsDue, now)
			if r := e.refuses(CallLimits{RequestsPerMinute: most}); r != nil {
				now = now.Add(r.Wait)
				continue
			}
			e.RequestsDue = e.RequestsDue.Add(every(most))
			sent = append(sent, now)
		}
		for i := range sent {
			if i+most < len(sent) && sent[i+most].Sub(sent[i]) < time.Minute {
				t.Fatalf("%d a minute: %d were sent within %s", most, most+1, sent[i+most].Sub(sent[i]))
			}
		}
		if len(sent) < 54*most {
			t.Errorf("%d a minute: only %d were sent in an hour", most, len(sent))
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
