package llm

import (
	"slices"

	"assay/pipeline/transcript"
)

// window is what one call shows of a session: whole turns.
type window struct {
	turns []int // ascending
}

func (w window) shows(turn int) bool {
	_, ok := slices.BinarySearch(w.turns, turn)
	return ok
}

// Windows of sessions that are longer than a call may be.
const (
	edgeTurns   = 4 // shown of the opening and of the closing
	aroundTurns = 6 // shown on both sides of an anchor
	sharedTurns = 2 // shown again in the next part, so that no answer loses its question
)

// readableTurns are the turns that have a text to show.
func (v *view) readableTurns() []int {
	var out []int
	for i := range v.turns {
		if v.turns[i].text != "" {
			out = append(out, i)
		}
	}
	return out
}

// windows divides a session into what is shown call by call, each with at most so
// many tokens of text. A session that fits is one window. Of a longer one the
// surroundings of the anchors with its opening and closing come first, where there
// are anchors; then the rest, part by part.
func (v *view) windows(anchors []transcript.Span, budget int) []window {
	all := v.readableTurns()
	if v.size(all) <= budget {
		return []window{{all}}
	}
	var out []window
	if len(anchors) > 0 {
		w := v.around(all, anchors, budget)
		out = append(out, w)
		all = slices.DeleteFunc(slices.Clone(all), w.shows)
	}
	return append(out, v.parts(all, budget)...)
}

func (v *view) size(turns []int) int {
	n := 0
	for _, i := range turns {
		n += v.turns[i].tokens
	}
	return n
}

// around is the window about the anchors, the opening and the closing: nearest
// turns first, until the budget is used.
func (v *view) around(all []int, anchors []transcript.Span, budget int) window {
	var order []int
	for d := 0; d <= aroundTurns; d++ {
		for _, a := range anchors {
			order = append(order, a.Turn-d, a.Turn+d)
		}
		if d < edgeTurns {
			order = append(order, all[min(d, len(all)-1)], all[max(0, len(all)-1-d)])
		}
	}
	var w window
	for _, turn := range order {
		if _, ok := slices.BinarySearch(all, turn); !ok || slices.Contains(w.turns, turn) {
			continue
		}
		if budget -= v.turns[turn].tokens; budget < 0 {
			break
		}
		w.turns = append(w.turns, turn)
	}
	slices.Sort(w.turns)
	return w
}

// parts divides turns into windows one after the other. Where a part goes on
// without a gap it begins with the last turns of the one before.
func (v *view) parts(turns []int, budget int) []window {
	var out []window
	var part []int
	left := budget
	for k := 0; k < len(turns); k++ {
		size := v.turns[turns[k]].tokens
		if size > left && len(part) > 0 {
			out = append(out, window{part})
			part, left = v.shared(part, budget/2), budget
			left -= v.size(part)
		}
		part, left = append(part, turns[k]), left-size
	}
	if len(part) > 0 {
		out = append(out, window{part})
	}
	return out
}

// shared are the last turns of a part that the next one repeats, as far as they
// fit.
func (v *view) shared(part []int, budget int) []int {
	out := slices.Clone(part[max(0, len(part)-sharedTurns):])
	for len(out) > 0 && v.size(out) > budget {
		out = out[1:]
	}
	return out
}

// leftOut are the turns that could be read and that none of the windows shows, as
// pairs of first and last.
func (v *view) leftOut(shown []window) [][2]int {
	var out [][2]int
	for _, turn := range v.readableTurns() {
		if slices.ContainsFunc(shown, func(w window) bool { return w.shows(turn) }) {
			continue
		}
		if n := len(out); n > 0 && v.follows(out[n-1][1], turn, shown) {
			out[n-1][1] = turn
			continue
		}
		out = append(out, [2]int{turn, turn})
	}
	return out
}

// follows reports whether nothing that is shown stands between two turns.
func (v *view) follows(before, turn int, shown []window) bool {
	for i := before + 1; i < turn; i++ {
		if slices.ContainsFunc(shown, func(w window) bool { return w.shows(i) }) {
			return false
		}
	}
	return true
}

// lines are the turns of a window as a prompt shows them, with a line for each gap.
func (v *view) lines(p *prompts, w window) []promptLine {
	var out []promptLine
	gap := func(from, to int) {
		if n := len(out); n > 0 && out[n-1].Text == "" {
			out[n-1].To = to
			return
		}
		out = append(out, promptLine{From: from, To: to})
	}
	missing := v.leftOut([]window{w})
	for _, turn := range w.turns {
		for len(missing) > 0 && missing[0][0] < turn {
			gap(missing[0][0], missing[0][1])
			missing = missing[1:]
		}
		if v.withheld[turn] {
			gap(turn, turn)
			continue
		}
		t := &v.turns[turn]
		out = append(out, promptLine{From: turn, Speaker: p.speaker(&v.session.Turns[turn]), Times: seconds(v.session, turn), Text: t.text, Cut: t.cut})
	}
	for _, m := range missing {
		gap(m[0], m[1])
	}
	return out
}
