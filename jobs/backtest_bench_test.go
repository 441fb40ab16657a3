package jobs

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// benchSessions is how many sessions the back-test's benchmark stores, where
// ASSAY_BENCH_SESSIONS does not say another number: its figures are those of the
// back-test of 100,000, which takes longer to store, but for the compiling.
func benchSessions(b *testing.B) int {
	b.Helper()
	given := os.Getenv("ASSAY_BENCH_SESSIONS")
	if given == "" {
		return 20_000
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 {
		b.Fatalf("ASSAY_BENCH_SESSIONS: %q is no number of sessions", given)
	}
	return n
}

// hundred is a scorecard of 100 criteria over 10 phrases or two expressions each,
// in both languages; changed ones have another phrase.
func hundred(t testing.TB, changed int) store.CardSource {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 3))
	latin := strings.Fields("order refund ship late parcel invoice account password router signal bill plan cancel return exchange delay repair voucher coupon address")
	han := []rune("订单退款发货延迟包裹发票账户密码信号账单套餐取消换货维修优惠券地址客服投诉经理承诺保证马上处理抱歉您好请稍等")
	said := map[string]bool{}
	phrase := func() string {
		for {
			var b strings.Builder
			if r.IntN(2) == 0 {
				b.WriteString(latin[r.IntN(len(latin))] + " " + latin[r.IntN(len(latin))])
			} else {
				for range 2 + r.IntN(3) {
					b.WriteRune(han[r.IntN(len(han))])
				}
			}
			if !said[b.String()] {
				said[b.String()] = true
				return b.String()
			}
		}
	}
	var y strings.Builder
	y.WriteString("scorecard: hundred\nname: Hundred\nsections:\n- id: s\n  name: S\n  criteria:\n")
	for i := range 100 {
		words := make([]string, 10)
		for j := range words {
			words[j] = phrase()
		}
		if i < changed {
			words[0] = "您好，"
		}
		condition := "keywords: {any: ['" + strings.Join(words, "', '") + "']}"
		if i%4 == 3 {
			condition = "regex: {pattern: '" + words[0] + `.{0,6}` + words[1] + `|` + words[2] + `\s?\d{2,}'}`
		}
		fmt.Fprintf(&y, "  - {id: c%d, name: C, met_when: k, conditions: {k: {speaker: agent, %s}}}\n", i, condition)
	}
	card, problems := scorecard.Parse("hundred", []byte(y.String()))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return store.CardSource{ID: card.ID, Version: card.Version, Source: y.String()}
}

// storeSessions repeats the demo's sessions, enqueueing nothing.
func storeSessions(b *testing.B, s *store.Store, samples []*transcript.Session, n int) {
	b.Helper()
	enqueue := func(context.Context, pgx.Tx, []store.Stored) error { return nil }
	var batch []store.Incoming
	for rec := range records(samples, n) {
		in, err := store.NewIncoming(rec.Session, "bench")
		if err != nil {
			b.Fatal(err)
		}
		if batch = append(batch, in); len(batch) == 1000 || rec.Line == n {
			if _, err := s.Import(b.Context(), batch, enqueue); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	if _, err := s.Pool().Exec(b.Context(), `VACUUM ANALYZE sessions, transcripts`); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBacktest compares two scorecards of 100 criteria, of which 3 differ,
// over stored sessions, and copies the same transcripts out of the same server.
// x/copy is how many times as long the back-test takes, stream/copy the part of it
// that reading alone takes; the fastest run of each counts. peak-MB is the most
// memory that the process had from the system.
func BenchmarkBacktest(b *testing.B) {
	s, _ := newStore(b)
	sessions := benchSessions(b)
	storeSessions(b, s, samples(b), sessions)
	n := store.NewBacktest{Old: hundred(b, 0), New: hundred(b, 3), Seed: 1, By: "bench"}
	tester := &Backtester{Store: s, Tone: inspector().Tone}
	var copies, streams, tests []time.Duration
	var bytes int64
	peak := watchMemory(b)
	for b.Loop() {
		runtime.GC()
		began := time.Now()
		bytes = copyOut(b, s)
		copies = append(copies, time.Since(began))
		began = time.Now()
		if err := s.StreamBacktest(b.Context(), 0, store.StreamFilter{Last: 1 << 40}, func([]store.Streamed) error { return nil }); err != nil {
			b.Fatal(err)
		}
		streams = append(streams, time.Since(began))
		key, err := s.StartBacktest(b.Context(), n, nil)
		if err != nil {
			b.Fatal(err)
		}
		began = time.Now()
		if err := tester.Run(b.Context(), key, noFinish); err != nil {
			b.Fatal(err)
		}
		tests = append(tests, time.Since(began))
	}
	copied, tested := slices.Min(copies), slices.Min(tests)
	b.ReportMetric(tested.Seconds()/copied.Seconds(), "x/copy")
	b.ReportMetric(slices.Min(streams).Seconds()/copied.Seconds(), "stream/copy")
	b.ReportMetric(float64(sessions)/tested.Seconds(), "sessions/s")
	b.ReportMetric(float64(bytes)/1e6/copied.Seconds(), "copy-MB/s")
	b.ReportMetric(float64(bytes)/float64(sessions), "bytes/session")
	b.ReportMetric(peak(), "peak-MB")
}

// copyOut is what a back-test is measured against.
func copyOut(b *testing.B, s *store.Store) (bytes int64) {
	b.Helper()
	c, err := s.Pool().Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Release()
	count := &counter{}
	const query = `COPY (SELECT t.content FROM transcripts t JOIN sessions s ON s.id = t.session_id AND s.version = t.version) TO STDOUT`
	if _, err := c.Conn().PgConn().CopyTo(b.Context(), count, query); err != nil {
		b.Fatal(err)
	}
	return count.n
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return io.Discard.Write(p)
}

// watchMemory returns a function that tells the most memory, in MB, that Go had
// from the system since.
func watchMemory(b *testing.B) func() float64 {
	ctx, stop := context.WithCancel(b.Context())
	most := make(chan float64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		peak := 0.0
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			peak = max(peak, float64(sample[0].Value.Uint64()-sample[1].Value.Uint64())/1e6)
			select {
			case <-ctx.Done():
				most <- peak
				return
			case <-tick.C:
			}
		}
	}()
	return func() float64 { stop(); return <-most }
}
