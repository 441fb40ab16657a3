package classifiers_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

// window is a where in numbers; 0 is none.
type window struct {
	speaker                transcript.Speaker
	leg                    int
	first, last            int // turns
	firstShare, lastShare  int // percent
	firstMS, lastMS        int
	firstOfTime, lastOfAll int // percent of the time
	from, to               int
}

func randomWindow(r *rand.Rand) window {
	var w window
	w.speaker = []transcript.Speaker{"", transcript.Agent, transcript.Customer}[r.IntN(3)]
	if r.IntN(2) == 0 {
		w.leg = 1 + r.IntN(3)
	}
	switch r.IntN(5) {
	case 0:
		w.first = 1 + r.IntN(5)
	case 1:
		w.firstShare = 1 + r.IntN(100)
	case 2:
		w.firstMS = 1 + r.IntN(9000)
	case 3:
		w.firstOfTime = 10 * (1 + r.IntN(10))
	}
	switch r.IntN(5) {
	case 0:
		w.last = 1 + r.IntN(5)
	case 1:
		w.lastShare = 1 + r.IntN(100)
	case 2:
		w.lastMS = 1 + r.IntN(9000)
	case 3:
		w.lastOfAll = 10 * (1 + r.IntN(10))
	}
	if r.IntN(2) == 0 {
		w.from = []int{1, 2, 3, -1, -2, -4}[r.IntN(6)]
	}
	if r.IntN(2) == 0 {
		w.to = []int{1, 2, 5, -1, -2, -3}[r.IntN(6)]
	}
	return w
}

// yaml writes the where as in a scorecard.
func (w window) yaml() string {
	var keys []string
	add := func(format string, n int) {
		if n != 0 {
			keys = append(keys, fmt.Sprintf(format, n))
		}
	}
	if w.speaker != "" {
		keys = append(keys, "speaker: "+string(w.speaker))
	}
	add("leg: %d", w.leg)
	add("first: %d", w.first)
	add("first: %d%%", w.firstShare)
	add("first: %dms", w.firstMS)
	add("first: %d%% time", w.firstOfTime)
	add("last: %d", w.last)
	add("last: %d%%", w.lastShare)
	add("last: %dms", w.lastMS)
	add("last: %d%% time", w.lastOfAll)
	switch {
	case w.from != 0 && w.to != 0:
		keys = append(keys, fmt.Sprintf("range: {from: %d, to: %d}", w.from, w.to))
	case w.from != 0:
		add("range: {from: %d}", w.from)
	case w.to != 0:
		add("range: {to: %d}", w.to)
	}
	return strings.Join(append(keys, "turn_count: {min: 1}"), ", ")
}

// holds is the definition of a window: whether the i-th of n turns of the speaker
// in the leg is in, when it begins start ms after the leg and ends end ms before
// its end, which is length ms after its beginning.
func (w window) holds(i, n, start, end, length int) bool {
	number := func(k, i int) int { // of the turn, as k counts
		if k < 0 {
			return i - n
		}
		return i + 1
	}
	left := n - 1 - i
	return (w.first == 0 || i < w.first) && (w.last == 0 || left < w.last) &&
		(w.firstShare == 0 || 100*i < w.firstShare*n) && (w.lastShare == 0 || 100*left < w.lastShare*n) &&
		(w.firstMS == 0 || start <= w.firstMS) && (w.lastMS == 0 || end <= w.lastMS) &&
		(w.firstOfTime == 0 || 100*start <= w.firstOfTime*length) && (w.lastOfAll == 0 || 100*end <= w.lastOfAll*length) &&
		(w.from == 0 || number(w.from, i) >= w.from) && (w.to == 0 || number(w.to, i) <= w.to)
}

// TestWindowsAreAsDefined compares the turns that are looked at with the
// definition of each limit, taken turn by turn.
func TestWindowsAreAsDefined(t *testing.T) {
	t.Parallel()
	looked := 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 2))
		w := randomWindow(r)
		s, legs := randomTalk(r)
		want := w.turns(s, legs)
		card, err := classifierOf(w)
		if err != nil {
			continue // a window that never holds
		}
		step := card.Classifier.Classify(t.Context(), pipeline.NewInput(s))[0].Why[0]
		got := []int{step.Searched, step.From, step.To}
		expect := []int{len(want), -1, -1}
		if len(want) > 0 {
			looked++
			expect[1], expect[2] = want[0], want[len(want)-1]
		}
		if fmt.Sprint(got) != fmt.Sprint(expect) {
			t.Errorf("seed %d: {%s}: %v, want %v in %v", seed, w.yaml(), got, expect, want)
		}
	}
	if looked < 300 {
		t.Errorf("only %d windows had a turn", looked)
	}
}

func classifierOf(w window) (pipeline.Card, error) {
	return classifiers.Load("x.yaml", []byte(one("met_when: k", "k: {"+w.yaml()+"}")))
}

// randomTalk is a chat of agents one after the other, and the leg of each turn.
func randomTalk(r *rand.Rand) (*transcript.Session, []int) {
	s := &transcript.Session{ID: "talk", Channel: transcript.Chat}
	var legs []int
	at, leg := int64(0), 1
	for i := range 1 + r.IntN(14) {
		turn := transcript.Turn{Speaker: transcript.Speakers[r.IntN(2)], Text: "x", StartMS: new(at)}
		if turn.Speaker == transcript.Agent {
			if i > 0 && r.IntN(4) == 0 && strings.Contains(fmt.Sprint(s.Turns), "agent") {
				leg++
			}
			turn.Agent = string(rune('a' + leg%2))
		}
		s.Turns = append(s.Turns, turn)
		legs = append(legs, leg)
		at += int64(r.IntN(2000))
	}
	return s, legs
}

// turns are those that the window leaves, by its definition.
func (w window) turns(s *transcript.Session, legs []int) []int {
	var mine, out []int
	begin, end := -1, 0
	for i := range s.Turns {
		if w.leg != 0 && legs[i] != w.leg {
			continue
		}
		if begin < 0 {
			begin = int(*s.Turns[i].StartMS)
		}
		end = int(*s.Turns[i].StartMS)
		if w.speaker == "" || s.Turns[i].Speaker == w.speaker {
			mine = append(mine, i)
		}
	}
	for i, turn := range mine {
		at := int(*s.Turns[turn].StartMS)
		if w.holds(i, len(mine), at-begin, end-at, end-begin) {
			out = append(out, turn)
		}
	}
	return out
}
