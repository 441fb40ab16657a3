package web

import (
	"slices"
	"strconv"
	"strings"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// The size of the drawing of the customer's mood, in units of its viewBox.
const (
	moodWidth  = 320
	moodHeight = 56
	moodMargin = 6
)

// moodView is the customer's mood along the session, drawn from left to right,
// pleased above and displeased below the middle; with the agent's unwelcome
// tones on the middle line.
type moodView struct {
	Points []moodPoint
	Line   string // points of a polyline
	Slips  []moodPoint
}

// Width, Height and Middle are the drawing's measures.
func (moodView) Width() int { return moodWidth }

// Height is the drawing's height.
func (moodView) Height() int { return moodHeight }

// Middle is where the mood is neither good nor bad.
func (moodView) Middle() int { return moodHeight / 2 }

// moodPoint is a turn in the drawing.
type moodPoint struct {
	Turn   int
	X, Y   int
	Good   bool
	Labels []pipeline.Label
}

// moodOf draws the turns that have a label. A turn's mood is the surest welcome
// tone less the surest unwelcome one.
func moodOf(s *transcript.Session, tone pipeline.Tone) moodView {
	var v moodView
	var line []string
	for _, t := range tone.Turns {
		if t.Turn >= len(s.Turns) {
			continue
		}
		mood := valence(t.Labels)
		p := moodPoint{Turn: t.Turn, X: along(t.Turn, len(s.Turns)), Y: height(mood), Good: mood > 0}
		for _, l := range labels(t) {
			p.Labels = append(p.Labels, l.Label)
		}
		switch {
		case s.Turns[t.Turn].Speaker == transcript.Customer:
			v.Points = append(v.Points, p)
			line = append(line, strconv.Itoa(p.X)+","+strconv.Itoa(p.Y))
		case mood < 0:
			p.Y = height(0)
			v.Slips = append(v.Slips, p)
		}
	}
	v.Line = strings.Join(line, " ")
	return v
}

func valence(labels map[pipeline.Label]float64) float64 {
	var best, worst float64
	for label, confidence := range labels {
		if good(label) {
			best = max(best, confidence)
		} else {
			worst = max(worst, confidence)
		}
	}
	return best - worst
}

func along(turn, turns int) int {
	return moodMargin + turn*(moodWidth-2*moodMargin)/max(turns-1, 1)
}

func height(mood float64) int {
	half := float64(moodHeight/2 - moodMargin)
	return moodHeight/2 - int(min(max(mood, -1), 1)*half)
}

// Diamond is the outline of a slip's mark.
func (p moodPoint) Diamond() string {
	const r = 4
	corners := [][2]int{{p.X, p.Y - r}, {p.X + r, p.Y}, {p.X, p.Y + r}, {p.X - r, p.Y}}
	out := make([]string, 0, len(corners))
	for c := range slices.Values(corners) {
		out = append(out, strconv.Itoa(c[0])+","+strconv.Itoa(c[1]))
	}
	return strings.Join(out, " ")
}
