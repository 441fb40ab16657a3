package knowledge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"assay/pipeline/store/storetest"
)

// BenchmarkIndexOnDisk measures an index of a library: building it, opening it
// again, from a commit to a search that finds it, and a search while PostgreSQL
// answers beside one of the index.
func BenchmarkIndexOnDisk(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n, " solutions"), func(b *testing.B) { benchmarkIndexOnDisk(b, n) })
	}
}

func benchmarkIndexOnDisk(b *testing.B, n int) {
	ctx := b.Context()
	l := NewLibrary(storetest.New(b))
	solutions := synthetic(n)
	start := time.Now()
	for part := range slices.Chunk(solutions, 10_000) {
		if _, err := l.Import(ctx, part, ImportOptions{By: "bench"}); err != nil {
			b.Fatal(err)
		}
	}
	imported := time.Since(start)
	if _, err := l.pool.Exec(ctx, `VACUUM ANALYZE`); err != nil {
		b.Fatal(err)
	}
	o := Options{Folder: b.TempDir(), Wait: true, Log: slog.New(slog.DiscardHandler)}
	start = time.Now()
	open := func() *Index {
		x, err := Open(ctx, l, o)
		if err != nil {
			b.Fatal(err)
		}
		return x
	}
	closeIndex(b, open())
	built := time.Since(start)
	for b.Loop() {
		closeIndex(b, open())
	}
	b.ReportMetric(imported.Seconds(), "s/import")
	b.ReportMetric(built.Seconds(), "s/build")
	x := open()
	defer closeIndex(b, x)
	following, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- x.Follow(following, time.Hour) }()
	commitToFound(b, x, l, -1) // the listener is there
	b.ReportMetric(milliseconds(b, 20, func(i int) { commitToFound(b, x, l, i) }), "ms/commit-to-found")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		b.Error(err)
	}
	ask := func(i int) {
		if _, err := x.Suggest(ctx, Query{Text: solutions[i*37%n].Questions[1]}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(milliseconds(b, 100, ask), "ms/search")
	x.swap(ctx, nil)
	b.ReportMetric(milliseconds(b, 100, ask), "ms/search-postgresql")
}

// milliseconds is the median time of do.
func milliseconds(b *testing.B, n int, do func(i int)) float64 {
	b.Helper()
	took := make([]float64, n)
	for i := range took {
		start := time.Now()
		do(i)
		took[i] = time.Since(start).Seconds() * 1e3
	}
	slices.Sort(took)
	return took[n/2]
}

// commitToFound writes a solution and waits until a search finds it.
func commitToFound(b *testing.B, x *Index, l *Library, i int) {
	title := fmt.Sprintf("Where is parcel qz%d?", i)
	parcel := Solution{ID: fmt.Sprint("parcel", i), Title: title, Answer: "On its way."}
	if _, err := l.Import(b.Context(), []Solution{parcel}, ImportOptions{By: "bench"}); err != nil {
		b.Fatal(err)
	}
	for found := false; !found; {
		got, err := x.Suggest(b.Context(), Query{Text: title, Limit: 1})
		if err != nil {
			b.Fatal(err)
		}
		found = len(got) > 0 && got[0].Title == title
	}
}
