package linear

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// talk makes n examples: feature 1 tells the class nine times of ten, feature
// 2 nothing, and each has a feature of its own.
func talk(n int) []Example {
	random := rand.New(rand.NewPCG(7, 7))
	var out []Example
	for i := range n {
		is := i%3 == 0
		v := Vector{{ID: 2, Value: 0.5}, {ID: uint32(1000 + i), Value: 0.5}}
		if is == (random.IntN(10) > 0) {
			v = append(v, Feature{ID: 1, Value: 0.5})
		}
		out = append(out, Example{Vector: v, Is: is, Cost: 1})
	}
	return out
}

var options = Options{Bits: 12, C: 1, Rare: 2, Seed: 1}

func TestTrainFindsWhatTells(t *testing.T) {
	t.Parallel()
	w := Train(talk(600), options)
	if with, without := w.Score(Vector{{1, 0.5}}), w.Score(nil); with <= 0 || without >= 0 {
		t.Errorf("score with the feature %v, without %v", with, without)
	}
	if math.Abs(w.ByID[2]) > math.Abs(w.ByID[1])/5 {
		t.Errorf("weights %v and %v", w.ByID[1], w.ByID[2])
	}
	if w.ByID[1003] != 0 {
		t.Errorf("a rare feature weighs %v", w.ByID[1003])
	}
}

func TestTrainIsDeterministic(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(Train(talk(300), options), Train(talk(300), options)); diff != "" {
		t.Error(diff)
	}
}

func TestTrainWithoutBothKindsKnowsNothing(t *testing.T) {
	t.Parallel()
	for name, examples := range map[string][]Example{
		"no example": nil,
		"one kind":   {{Vector: Vector{{1, 1}}, Cost: 1}, {Vector: Vector{{1, 1}}, Cost: 1}},
	} {
		w := Train(examples, Options{Bits: 8, C: 1, Seed: 1})
		if w.ByID[1] != 0 {
			t.Errorf("%s: weight %v", name, w.ByID[1])
		}
	}
}

func TestEqualIDsAreOneFeature(t *testing.T) {
	t.Parallel()
	double, single := talk(60), talk(60)
	for i := range double {
		var v Vector
		for _, f := range double[i].Vector {
			v = append(v, Feature{f.ID, f.Value / 2}, Feature{f.ID + 1<<12, f.Value / 2})
		}
		double[i].Vector = v
	}
	if diff := cmp.Diff(Train(single, options), Train(double, options)); diff != "" {
		t.Error(diff)
	}
}

func TestCalibrateGivesShares(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 3))
	want := Curve{Slope: 2, Offset: -1}
	var scored []Scored
	for range 20000 {
		s := random.NormFloat64() * 2
		scored = append(scored, Scored{s, random.Float64() < want.At(s), 1})
	}
	got := Calibrate(scored)
	if math.Abs(got.Slope-want.Slope) > 0.1 || math.Abs(got.Offset-want.Offset) > 0.1 {
		t.Errorf("curve %+v, want about %+v", got, want)
	}
	if p := Calibrate(scored[:0]).At(100); p > 1e-6 {
		t.Errorf("without examples the confidence is %v", p)
	}
}

func model() *Model {
	w := Train(talk(300), options)
	other := Weights{ByID: make([]float64, 1<<12), Bias: 0.25}
	other.ByID[2] = -0.5
	heads := []*Head{{Label: "a", Curve: Curve{1, 0}, From: 0.4}, {Label: "b", Curve: Curve{2, 1}, From: 0.5}}
	return &Model{Features: "f1", Banks: []*Bank{NewBank("x", 12, heads, []Weights{w, other})}}
}

func TestModelsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	m := model()
	src, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(src)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, again, cmp.AllowUnexported(Bank{})); diff != "" {
		t.Error(diff)
	}
	if twice, err := again.Encode(); err != nil || !bytes.Equal(src, twice) {
		t.Errorf("written again: %v, equal %t", err, bytes.Equal(src, twice))
	}
	if bytes.Equal(m.Hash(), (&Model{Features: "f1"}).Hash()) {
		t.Error("different models have one hash")
	}
}

func TestBanksScoreAsTheirWeights(t *testing.T) {
	t.Parallel()
	w := Train(talk(300), options)
	b := model().Bank("x")
	v := Vector{{1, 0.5}, {2, 0.5}}
	byVector, byIDs := make(Sums, 2), make(Sums, 2)
	b.AddVector(byVector, v)
	b.Add(byIDs, []uint32{1, 2 + 1<<12}, 0.5)
	for head, want := range []float64{w.Score(v), 0} {
		if got := b.Score(byVector, head); math.Abs(got-want) > 0.02 || math.Abs(got-b.Score(byIDs, head)) > 1e-9 {
			t.Errorf("head %d: score %v and %v, want about %v", head, got, b.Score(byIDs, head), want)
		}
	}
	if got := b.Weight(2, 1); got != -0.5 {
		t.Errorf("weight %v, want -0.5", got)
	}
}

func TestDecodeRefusesOtherBytes(t *testing.T) {
	t.Parallel()
	src, err := model().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		src  []byte
		want string
	}{
		"nothing":       {nil, "does not begin with"},
		"another file":  {[]byte("PK\x03\x04 and more"), "does not begin with"},
		"cut head":      {src[:40], "does not fit"},
		"cut weights":   {src[:len(src)-9], "weights of bank"},
		"huge bank":     {bytes.Replace(src, []byte(`"bits":12`), []byte(`"bits":64`), 1), "out of bounds"},
		"smaller bank":  {bytes.Replace(src, []byte(`"bits":12`), []byte(`"bits":11`), 1), "more weights"},
		"head no JSON":  {bytes.Replace(src, []byte(`{"features"`), []byte(`["features"`), 1), "invalid"},
		"unnamed heads": {bytes.Replace(src, []byte(`"heads":[{"label":"a"`), []byte(`"heads":[]/*"label":"a"`), 1), "invalid"},
	} {
		if _, err := Decode(tc.src); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
}
