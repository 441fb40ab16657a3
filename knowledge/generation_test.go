package knowledge

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func newTestGeneration(t testing.TB, folder string, solutions ...Solution) *generation {
	t.Helper()
	g, err := createGeneration(folder, Options{Now: atToday, Threshold: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.close(); err != nil {
			t.Error(err)
		}
	})
	if err := g.put(solutions, 1); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAGenerationOnDiskIsTheSameAsInMemoryAndAfterOpening(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "gen")
	solutions := demoSolutions(t)
	memory := newTestGeneration(t, "", solutions...)
	disk, err := createGeneration(folder, memory.o)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(disk.put(solutions, 7), disk.close())
	if err != nil {
		t.Fatal(err)
	}
	if disk, err = openGeneration(folder, memory.o); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := disk.close(); err != nil {
			t.Error(err)
		}
	}()
	if disk.seq() != 7 || disk.len() != len(solutions) || disk.content() != memory.content() {
		t.Errorf("change number %d, %d solutions, content %x", disk.seq(), disk.len(), disk.content())
	}
	for _, j := range judgedQuestions(t) {
		q := Query{Text: j.Text, Limit: 10}
		want, err := memory.suggest(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := disk.suggest(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", j.Text, diff)
		}
	}
}
