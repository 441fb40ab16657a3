package knowledge

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func slotBelow(t *testing.T, root string) *slot {
	t.Helper()
	s, err := takeSlot(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.lock.Close() }) // again, where the test released it
	return s
}

// makeGeneration makes a folder where a generation would be.
func makeGeneration(t *testing.T, s *slot) string {
	t.Helper()
	path, err := s.next()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	slices.Sort(out)
	return out
}

func TestEverySlotHasOneOwner(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	first, second := slotBelow(t, root), slotBelow(t, root)
	if first.path == second.path {
		t.Fatalf("both have %s", first.path)
	}
	if err := first.release(); err != nil {
		t.Fatal(err)
	}
	if third := slotBelow(t, root); third.path != first.path {
		t.Errorf("%s is free, but %s was taken", first.path, third.path)
	}
}

func TestASlotWithAnIndexIsTakenFirst(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	first, second := slotBelow(t, root), slotBelow(t, root)
	if err := second.adopt(makeGeneration(t, second), "db"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(first.release(), second.release()); err != nil {
		t.Fatal(err)
	}
	if s := slotBelow(t, root); s.path != second.path {
		t.Errorf("%s was taken although %s has an index", s.path, second.path)
	}
}

func TestCurrentIsWhatWasAdoptedLast(t *testing.T) {
	t.Parallel()
	s := slotBelow(t, t.TempDir())
	if _, err := s.current("db"); !errors.Is(err, errNoCurrent) {
		t.Errorf("error of an empty slot: %v", err)
	}
	first := makeGeneration(t, s)
	second := makeGeneration(t, s)
	for _, g := range []string{first, second} {
		if err := s.adopt(g, "db"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.current("db"); got != g || err != nil {
			t.Errorf("current is %q, error %v; want %q", got, err, g)
		}
	}
	if _, err := s.current("another"); !errors.Is(err, errBroken) {
		t.Errorf("error for another database: %v", err)
	}
	for name, text := range map[string]string{
		"nothing": "", "half": `{"generation":"gen`, "a way out": `{"generation":"../../gen-1","database":"db"}`,
	} {
		if err := os.WriteFile(filepath.Join(s.path, markerName), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := s.current("db"); !errors.Is(err, errBroken) {
			t.Errorf("%s in the marker: %q, %v", name, got, err)
		}
	}
}

func TestSweepRemovesLeftovers(t *testing.T) {
	t.Parallel()
	s := slotBelow(t, t.TempDir())
	makeGeneration(t, s)
	keep := makeGeneration(t, s)
	makeGeneration(t, s)
	if err := s.adopt(keep, "db"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"current.new", "notes of somebody"} {
		if err := os.WriteFile(filepath.Join(s.path, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.sweep(keep); err != nil {
		t.Fatal(err)
	}
	want := []string{markerName, filepath.Base(keep), lockName, "notes of somebody"}
	if diff := cmp.Diff(want, names(t, s.path)); diff != "" {
		t.Error(diff)
	}
	if next, err := s.next(); err != nil || next == keep {
		t.Errorf("the next generation is %q, error %v", next, err)
	}
}

func TestASlotThatIsGoneIsNoticed(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := slotBelow(t, root)
	g := makeGeneration(t, s)
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	other := slotBelow(t, root) // another process comes
	if other.path != s.path {
		t.Fatalf("the other took %s", other.path)
	}
	if s.intact() || !other.intact() {
		t.Errorf("intact: the lost slot %v, the other's %v", s.intact(), other.intact())
	}
	if err := s.adopt(g, "db"); !errors.Is(err, errSlotLost) {
		t.Errorf("adopting in a lost slot: %v", err)
	}
	if _, err := s.next(); !errors.Is(err, errSlotLost) {
		t.Errorf("building in a lost slot: %v", err)
	}
}

func TestAbandonedSlotsAreEmptied(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	used, old, fresh := slotBelow(t, root), slotBelow(t, root), slotBelow(t, root)
	now := time.Now()
	for _, s := range []*slot{used, old, fresh} {
		if err := s.adopt(makeGeneration(t, s), "db"); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []*slot{used, old} {
		if err := s.touch(now.Add(-abandonedAfter)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(old.release(), fresh.release(), sweepAbandoned(root, now)); err != nil {
		t.Fatal(err)
	}
	for s, want := range map[*slot]bool{used: true, old: false, fresh: true} {
		if got := hasMarker(s.path); got != want {
			t.Errorf("%s: there is an index: %v", s.path, got)
		}
	}
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := takeSlot(filepath.Join(file, "below")); err == nil {
		t.Error("a slot was taken below a file")
	}
}

// Who looks at a folder takes it from no process that starts meanwhile, and says
// nothing of files that this one changes.
func TestLookingAtASlotLeavesItToOthers(t *testing.T) {
	t.Parallel()
	s := slotBelow(t, t.TempDir())
	if err := s.release(); err != nil {
		t.Fatal(err)
	}
	slow := filepath.Join(s.path, markerName) // is read until its writer has closed it
	if err := syscall.Mkfifo(slow, 0o600); err != nil {
		t.Fatal(err)
	}
	look := func(meanwhile func()) (Slot, error) {
		var got Slot
		done := make(chan error, 1)
		go func() {
			var err error
			got, err = describeSlot(t.Context(), s.path, "db")
			done <- err
		}()
		f, err := os.OpenFile(slow, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		meanwhile()
		_, err = f.WriteString("no marker")
		err = errors.Join(err, f.Close(), <-done)
		return got, err
	}
	got, err := look(func() {
		if busy, err := isBusy(s.path); err != nil || busy {
			t.Errorf("while it is looked at it is taken: %t, error %v", busy, err)
		}
	})
	if err != nil || got.Busy || got.Problem == "" {
		t.Errorf("nobody came: %+v, error %v", got, err)
	}
	got, err = look(func() { slotBelow(t, filepath.Dir(s.path)) })
	if err != nil || !got.Busy || got.Problem != "" {
		t.Errorf("somebody came: %+v, error %v", got, err)
	}
}
