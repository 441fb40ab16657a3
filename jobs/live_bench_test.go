package jobs

import (
	"fmt"
	"testing"

	"assay/pipeline/redact"
	"assay/pipeline/transcript"
)

// BenchmarkLiveAppend takes one turn of the demo's sessions an iteration.
func BenchmarkLiveAppend(b *testing.B) {
	s, _ := newStore(b)
	l := newLive(b, s, nil)
	list := samples(b)
	n, i := 0, 0
	for b.Loop() {
		one := list[n%len(list)]
		head := *one
		head.ID, head.Turns = transcript.SessionID(fmt.Sprintf("bench-%d", n)), nil
		a := &transcript.Addition{Session: &head, First: &i, Turns: []transcript.LiveTurn{{Turn: one.Turns[i], Final: true}}}
		if _, err := l.Append(b.Context(), head.ID, a); err != nil {
			b.Fatal(err)
		}
		if i++; i == len(one.Turns) {
			n, i = n+1, 0
		}
	}
}

// BenchmarkLiveRedaction redacts one of the demo's sessions an iteration, as every
// reader needs for each turn.
func BenchmarkLiveRedaction(b *testing.B) {
	list := samples(b)
	rules := new(redact.DefaultPolicy()).For(redact.Pages("agent"))
	for i := 0; b.Loop(); i++ {
		rules.Session(list[i%len(list)])
	}
}
