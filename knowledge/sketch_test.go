package knowledge

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sampleSketch(t testing.TB) sketch {
	t.Helper()
	a, err := newAnalyzers()
	if err != nil {
		t.Fatal(err)
	}
	s := Solution{
		ID: "s-1", Title: "How do I reset the router?", Questions: []string{"路由器怎么重启", "reset it"}, Answer: "Hold the button. 按住十秒。",
		Tags: []string{"网络"}, Product: "Router X1", Region: "North", CustomerType: "individual", Stage: Guide,
		ValidFrom: today.Add(-time.Hour), ValidTo: today.Add(time.Hour), Opinions: Opinions{1, 2, 3, 400},
	}
	k, err := newSketch(&s, newTally().cut(a, &s))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var sketchParts = cmp.AllowUnexported(sketch{})

func TestASketchComesBackAsItWas(t *testing.T) {
	t.Parallel()
	want := sampleSketch(t)
	got, err := decodeSketch(want.encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, sketchParts); diff != "" {
		t.Error(diff)
	}
	if !got.validAt(today) || got.validAt(today.Add(time.Hour)) || got.validAt(today.Add(-time.Hour-1)) {
		t.Error("it is valid at other times than the solution")
	}
}

func TestAShortenedSketchIsBroken(t *testing.T) {
	t.Parallel()
	k := sampleSketch(t)
	whole := k.encode()
	for n := range whole {
		if _, err := decodeSketch(whole[:n]); !errors.Is(err, errBroken) {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	if _, err := decodeSketch(append(whole, 0)); !errors.Is(err, errBroken) {
		t.Errorf("one byte more: %v", err)
	}
}

func FuzzDecodeSketch(f *testing.F) {
	k := sampleSketch(f)
	f.Add(k.encode())
	f.Add([]byte{sketchFormat})
	f.Add([]byte{sketchFormat + 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := decodeSketch(b)
		if err != nil {
			if !errors.Is(err, errBroken) {
				t.Errorf("error %v is not errBroken", err)
			}
			return
		}
		e := newEntry(k, nil)
		if e.size() < len(k.id) || math.IsNaN(e.length) {
			t.Errorf("size %d, length %v", e.size(), e.length)
		}
	})
}

func TestTheNumberOfATermTellsItsWeight(t *testing.T) {
	t.Parallel()
	for term, want := range map[string]int{"refund": 2, "退": 1, "的": 0, "退款": 1, "qx-7": 2} {
		if id := termID(term); halves(id) != want || id == unknownTerm {
			t.Errorf("%q: %d halves, number %d", term, halves(id), id)
		}
	}
}
