package jobs

import (
	"context"
	"math"

	"assay/classifiers/llm"
	"assay/pipeline"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// Estimate is what judging some sessions is likely to take, with all that is asked
// more than once: critical criteria, proofs by themselves, and sessions with turns that
// look like orders. Answers that are kept are not asked again and not counted.
type Estimate struct {
	Sessions  int `json:"sessions"`   // to be judged
	Waiting   int `json:"waiting"`    // enqueued already, or in a batch; not among them
	Sampled   int `json:"sampled"`    // of the sessions, rehearsed
	Calls     int `json:"calls"`      // that are expected
	CallsLow  int `json:"calls_low"`  // where the answers want the least confirmation
	CallsHigh int `json:"calls_high"` // where they want the most
	First     int `json:"first"`      // of the calls, those that a batch can take
	// What is expected, and the likely range. A model that thinks aloud may answer more.
	Expected Size `json:"expected"`
	Low      Size `json:"low"`
	High     Size `json:"high"`
	// Largest is the most that one of the rehearsed sessions may take.
	Largest Size `json:"largest"`
	// Cut are limits on a day, or on the run, that not all of the sessions fit.
	Cut []Cut `json:"cut,omitempty"`
}

// Size is an amount of tokens.
type Size struct {
	Input  int64 `json:"input"`
	Output int64 `json:"output"`
}

// Cut is a limit on a day that not all sessions fit.
type Cut struct {
	Limit    string `json:"limit"`    // day, plan, or the plan's rule
	Sessions int    `json:"sessions"` // that would be left waiting on the first day, about
}

// The parts of what is reckoned that an estimate goes by: EstimateTokens errs to too
// many, by up to a third; answers take some tens of tokens of the hundreds that they
// may; few are repaired.
const (
	lowInput, usualInput, highInput    = 0.65, 0.8, 1.05
	lowOutput, usualOutput, highOutput = 0.1, 0.2, 0.5
)

// rehearsedSessions is how many sessions are rehearsed at most.
const rehearsedSessions = 200

// asked is how much is asked.
type asked struct{ calls, in, out int64 }

func (a asked) size() Size { return Size{a.in, a.out} }

// Estimate rehearses a sample of the sessions that a filter selects, twice: as if the
// model said yes to everything, and as if it said no.
func (r *Rehearsal) Estimate(ctx context.Context, f store.JudgeFilter) (Estimate, error) {
	var e Estimate
	var err error
	if e.Sessions, err = r.Store.CountToJudge(ctx, f); err != nil {
		return e, err
	}
	if e.Waiting, err = r.Store.Enqueued(ctx); err != nil {
		return e, err
	}
	keys, err := r.Store.SampleToJudge(ctx, f, rehearsedSessions)
	if err != nil || len(keys) == 0 {
		return e, err
	}
	first, err := r.reckon(ctx, keys, func(j pipeline.Judge) pipeline.Judge { return firstly{j} })
	if err != nil {
		return e, err
	}
	yes, err := r.reckon(ctx, keys, func(j pipeline.Judge) pipeline.Judge { return supposing{j, pipeline.Met} })
	if err != nil {
		return e, err
	}
	no, err := r.reckon(ctx, keys, func(j pipeline.Judge) pipeline.Judge { return supposing{j, pipeline.NotMet} })
	if err != nil {
		return e, err
	}
	e.Sampled = len(keys)
	e.sum(keys, first, yes, no)
	return e, r.cut(ctx, &e, keys, yes, no)
}

// reckon counts what is asked about each session by a judge.
func (r *Rehearsal) reckon(ctx context.Context, keys []store.VerdictKey, as func(pipeline.Judge) pipeline.Judge) (map[store.VerdictKey]asked, error) {
	out := map[store.VerdictKey]asked{}
	err := r.rehearse(ctx, keys, as, func(key store.VerdictKey, requests []llm.Request) error {
		a := asked{calls: int64(len(requests))}
		for _, q := range requests {
			a.in, a.out = a.in+int64(q.Call.Input), a.out+int64(q.Call.Output)
		}
		out[key] = a
		return nil
	})
	return out, err
}

// sum adds the sample up, for all sessions.
func (e *Estimate) sum(keys []store.VerdictKey, first, yes, no map[store.VerdictKey]asked) {
	var once, low, mean, high asked
	add := func(to *asked, a asked) { to.calls, to.in, to.out = to.calls+a.calls, to.in+a.in, to.out+a.out }
	for _, k := range keys {
		less, more := yes[k], no[k]
		if less.in > more.in {
			less, more = more, less
		}
		add(&once, first[k])
		add(&low, less)
		add(&high, more)
		add(&mean, less)
		add(&mean, more)
		if most := more.size(); most.Input+most.Output > e.Largest.Input+e.Largest.Output {
			e.Largest = most
		}
	}
	all := float64(e.Sessions) / float64(e.Sampled)
	scaled := func(n int64, part float64) int64 { return int64(math.Ceil(float64(n) * all * part)) }
	e.First, e.CallsLow, e.Calls, e.CallsHigh = int(scaled(once.calls, 1)), int(scaled(low.calls, 1)), int(scaled(mean.calls, 0.5)), int(scaled(high.calls, 1))
	e.Low = Size{scaled(low.in, lowInput), scaled(low.out, lowOutput)}
	e.Expected = Size{scaled(mean.in, usualInput/2), scaled(mean.out, usualOutput/2)}
	e.High = Size{scaled(high.in, highInput), scaled(high.out, highOutput)}
}

// cut says which limits of a day the sessions do not fit: all sessions', the plan's,
// its rules'.
func (r *Rehearsal) cut(ctx context.Context, e *Estimate, keys []store.VerdictKey, yes, no map[store.VerdictKey]asked) error {
	type group struct {
		limit    pipeline.Cap
		sessions int
		in, out  int64
	}
	groups, order := map[string]*group{}, []string{}
	add := func(name string, limit pipeline.Cap, in, out int64) {
		if limit == (pipeline.Cap{}) {
			return
		}
		if groups[name] == nil {
			groups[name], order = &group{limit: limit}, append(order, name)
		}
		g := groups[name]
		g.sessions, g.in, g.out = g.sessions+1, g.in+in, g.out+out
	}
	w := &judgeWorker{store: r.Store, cards: newCards(r.Store)}
	for _, key := range keys {
		j, err := r.Store.Judging(ctx, key)
		if err != nil {
			return err
		}
		_, ref, err := w.account(ctx, j, JudgeArgs{Verdict: key})
		if err != nil {
			return err
		}
		in, out := (yes[key].in+no[key].in)/2, (yes[key].out+no[key].out)/2
		add("day", r.Day, in, out)
		add("plan "+ref.Plan, ref.Caps.Plan, in, out)
		add("rule "+ref.Rule, ref.Caps.Rule, in, out)
	}
	all := float64(e.Sessions) / float64(e.Sampled)
	for _, name := range order {
		g := groups[name]
		u := llm.Usage{Input: int(float64(g.in) * usualInput * all), Output: int(float64(g.out) * usualOutput * all)}
		fits := 1.0
		if g.limit.Tokens > 0 {
			fits = min(fits, float64(g.limit.Tokens)/float64(max(u.Input+u.Output, 1)))
		}
		if g.limit.Money > 0 && r.Prices.Known() {
			fits = min(fits, float64(g.limit.Money)/float64(max(r.Prices.Cost(u), 1)))
		}
		if fits < 1 {
			e.Cut = append(e.Cut, Cut{name, int(math.Ceil(float64(g.sessions) * all * (1 - fits)))})
		}
	}
	return nil
}

// supposing is a judge all of whose answers are the same, where none is kept.
type supposing struct {
	judge pipeline.Judge
	says  pipeline.Outcome
}

func (s supposing) Version() string { return s.judge.Version() }

func (s supposing) Judge(ctx context.Context, q pipeline.Judging) (map[string]pipeline.Judgement, error) {
	out, err := s.judge.Judge(ctx, q)
	for _, c := range q.Criteria {
		if j, ok := out[c.ID]; ok && j.Outcome == pipeline.Undetermined && j.Reason == pipeline.Unsure {
			j.Outcome, j.Reason, j.Evidence = s.says, "", quoted(q.Session, c.Judge.Speaker)
			out[c.ID] = j
		}
	}
	return out, err
}

// quoted is a turn in the middle of what somebody said, as a quote would name it.
func quoted(s *transcript.Session, by transcript.Speaker) []pipeline.Evidence {
	var said []int
	for i := range s.Turns {
		if s.Turns[i].IsMessage() && (by == "" || s.Turns[i].Speaker == by) {
			said = append(said, i)
		}
	}
	if len(said) == 0 {
		return nil
	}
	return []pipeline.Evidence{{Span: transcript.Span{Turn: said[len(said)/2]}}}
}
