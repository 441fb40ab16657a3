package classifiers_test

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"assay/classifiers"
	"assay/pipeline"
)

// loopSessions are as many as a loop of regular expressions is given: it is slow.
const loopSessions = 5

// contender finds all patterns in the workload's sessions of the given indices.
type contender func(sessions []int)

// outcomes answers all criteria of a scorecard.
func (w *workload) outcomes(tb testing.TB, set *classifiers.Set) contender {
	m := set.Matcher()
	return func(sessions []int) {
		for _, i := range sessions {
			m.Outcomes(tb.Context(), w.inputs[i])
		}
	}
}

// loop runs one regular expression after the other over the same turns, each
// until it matches.
func (w *workload) loop(finders []finder) contender {
	var patterns []*regexp.Regexp
	for _, f := range finders {
		patterns = append(patterns, regexp.MustCompile(f.loop()))
	}
	return func(sessions []int) {
		for _, i := range sessions {
			for _, p := range patterns {
				matches(p, w.inputs[i])
			}
		}
	}
}

func matches(p *regexp.Regexp, in *pipeline.Input) bool {
	for t, f := range in.Folded {
		if in.Session.Turns[t].IsMessage() && p.MatchString(f.Text) {
			return true
		}
	}
	return false
}

// every are n of the sessions' indices, evenly spread.
func (w *workload) every(n int) []int {
	var out []int
	for i := range min(n, len(w.inputs)) {
		out = append(out, i*len(w.inputs)/min(n, len(w.inputs)))
	}
	return out
}

// size is the bytes of the folded turns of some sessions.
func (w *workload) size(sessions []int) int {
	n := 0
	for _, i := range sessions {
		n += len(w.joined[i])
	}
	return n
}

// pace is a contender's seconds per byte, of processor time: others may use the
// machine as well.
func (w *workload) pace(c contender, sessions []int) float64 {
	begin := used()
	c(sessions)
	return (used() - begin).Seconds() / float64(w.size(sessions))
}

// used is the processor time of the process so far.
func used() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkRulesAgainst compares, in turns, 1,000 criteria with 5,000 words and
// 500 regular expressions with one Go regexp after the other and, where it is
// built in, with Hyperscan. Ratios are medians: above 1, ours is faster.
func BenchmarkRulesAgainst(b *testing.B) {
	w := newWorkload(b, 1000)
	all, few := w.every(len(w.inputs)), w.every(loopSessions)
	everything, literals := w.outcomes(b, w.card(b, true)), w.outcomes(b, w.card(b, false))
	loop := w.loop(w.finders(true, true))
	hyper, hyperLiterals := newHyper(b, w, w.finders(true, true)), newHyper(b, w, w.finders(true, false))
	ratios := map[string][]float64{}
	b.ResetTimer()
	for b.Loop() {
		ours, words := w.pace(everything, all), w.pace(literals, all)
		ratios["x_loop"] = append(ratios["x_loop"], w.pace(loop, few)/ours)
		if hyper != nil {
			limit, limitWords := w.pace(hyper, all), w.pace(hyperLiterals, all)
			ratios["x_hyperscan"] = append(ratios["x_hyperscan"], limit/ours)
			ratios["literals_x_hyperscan_literals"] = append(ratios["literals_x_hyperscan_literals"], limitWords/words)
			ratios["literals_x_hyperscan_all"] = append(ratios["literals_x_hyperscan_all"], limit/words)
		}
	}
	for name, list := range ratios {
		slices.Sort(list)
		b.ReportMetric(list[len(list)/2], name)
	}
}

// BenchmarkRules shows how the cost grows with the number of criteria: when more
// of them find more of what is said, and when only ten find anything.
func BenchmarkRules(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		few := newWorkloadOf(b, n, 10)
		few.run(b, fmt.Sprintf("%d-of-which-ten-hit", n), func() contender { return few.outcomes(b, few.card(b, true)) })
		for _, expressions := range []bool{true, false} {
			name := fmt.Sprintf("%d-%s", n, map[bool]string{true: "everything", false: "literals"}[expressions])
			w := newWorkload(b, n)
			w.run(b, name, func() contender { return w.outcomes(b, w.card(b, expressions)) })
			w.run(b, name+"-hyperscan", func() contender { return newHyper(b, w, w.finders(true, expressions)) })
		}
	}
}

// run measures a contender over all sessions; one that is nil is left out.
func (w *workload) run(b *testing.B, name string, build func() contender) {
	b.Run(name, func(b *testing.B) {
		c := build()
		if c == nil {
			b.Skip("Hyperscan is not built in")
		}
		all := w.every(len(w.inputs))
		c(all)
		b.SetBytes(w.bytes)
		b.ReportAllocs()
		begin := used()
		for b.Loop() {
			c(all)
		}
		b.ReportMetric(float64((used()-begin).Microseconds())/float64(b.N*len(all)), "cpu-µs/session")
	})
}

// BenchmarkClassify answers with evidence and reasons.
func BenchmarkClassify(b *testing.B) {
	w := newWorkload(b, 1000)
	w.run(b, "1000", func() contender {
		set := w.card(b, true)
		return func(sessions []int) {
			for _, i := range sessions {
				set.Classify(b.Context(), w.inputs[i])
			}
		}
	})
}

// BenchmarkFold prepares session after session with one Input.
func BenchmarkFold(b *testing.B) {
	w := newWorkload(b, 1)
	w.run(b, "sessions", func() contender {
		in := &pipeline.Input{}
		return func(sessions []int) {
			for _, i := range sessions {
				in.Reset(w.inputs[i].Session)
			}
		}
	})
}

// BenchmarkLoad compiles scorecards of many criteria. kept-MB is the memory of one.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		w := newWorkload(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var set *classifiers.Set
			begin, spent := kept(), used()
			for b.Loop() {
				set = w.card(b, true)
			}
			b.ReportMetric((used()-spent).Seconds()*1e3/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(kept()-begin)/1e6, "kept-MB")
			runtime.KeepAlive(set)
		})
	}
}

// kept is the memory that is in use, in bytes.
func kept() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestOutcomesFindWhatALoopOfRegexpsFinds compares every pair of session and
// pattern; TestHyperscanFindsTheSame does so for the other reference.
func TestOutcomesFindWhatALoopOfRegexpsFinds(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 200)
	finders := w.finders(true, true)
	m := pairs(t, finders).Matcher()
	var patterns []*regexp.Regexp
	for _, f := range finders {
		patterns = append(patterns, regexp.MustCompile(f.loop()))
	}
	found := 0
	for _, i := range w.every(25) {
		for k, a := range m.Outcomes(t.Context(), w.inputs[i]) {
			want := matches(patterns[k], w.inputs[i])
			if (a.Outcome == pipeline.Met) != want {
				t.Errorf("session %d, %+v: %s", i, finders[k], a.Outcome)
			}
			if want {
				found++
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d pairs", found)
	}
}
