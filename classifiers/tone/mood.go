package tone

import (
	"math"

	"assay/pipeline"
)

// moodOf says how much a label tells of the customer's mood, from −1 to 1.
var moodOf = map[pipeline.Label]float64{
	pipeline.Abuse: -1, pipeline.Angry: -0.8, pipeline.Escalation: -0.7, pipeline.Churn: -0.6, pipeline.Complaint: -0.5,
	pipeline.Praise: 1, pipeline.Satisfied: 0.7,
}

// flippedMood is what praise that is denied costs: "not satisfied".
const flippedMood = 0.3

// mood is the mood of a customer's turn from −1 to 1; false when the turn does
// not tell. It reads the labels that collect left.
func (r *reading) mood() (mood float64, tells bool) {
	good, bad := 1.0, 1.0 // doubts
	for _, label := range pipeline.CustomerLabels {
		m := moodOf[label] * r.labels[label]
		good *= 1 - max(m, 0)
		bad *= 1 - max(-m, 0)
	}
	for i := range r.hits {
		switch h := &r.hits[i]; {
		case h.kind == pleased:
			good *= 1 - h.force
		case h.kind == displeased:
			bad *= 1 - h.force
		}
		if h := &r.hits[i]; h.flipped && moodOf[h.label] > 0 {
			bad *= 1 - flippedMood
		}
	}
	return bad - good, good < 1 || bad < 1
}

// mostTelling is how many turns at either end of a session make its trend.
const mostTelling = 5

// trend compares the first third of the turns that tell with the last third,
// each at least 1 and at most mostTelling turns.
func trend(moods []float64) pipeline.Trend {
	if len(moods) == 0 {
		return pipeline.Trend{}
	}
	n := min((len(moods)+2)/3, mostTelling)
	begin, end := round(mean(moods[:n])), round(mean(moods[len(moods)-n:]))
	return pipeline.Trend{Begin: new(begin), End: new(end), Shift: new(round(end - begin))}
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// round rounds to 2 decimals, and never to a negative zero.
func round(x float64) float64 { return math.Round(x*100)/100 + 0 }
