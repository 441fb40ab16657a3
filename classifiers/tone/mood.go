package tone

import (
	"math"
	"slices"

	"assay/pipeline"
)

// mood is the mood of one of the customer's messages.
type mood struct {
	value float64 // from −1 to 1
	tells bool    // false: 0 because nothing in the message tells
}

// moodOf says how much a label tells of the customer's mood, from −1 to 1.
var moodOf = map[pipeline.Label]float64{
	pipeline.Abuse: -1, pipeline.Angry: -0.8, pipeline.Escalation: -0.7, pipeline.Publicity: -0.7, pipeline.Churn: -0.6,
	pipeline.Complaint: -0.5, pipeline.Praise: 1, pipeline.Satisfied: 0.7,
}

const (
	// hint is how far words that give no label move the mood, all together: less
	// than a reader who sees no label would notice.
	hint = 0.15
	// doubtful is the share of a label that is not sure enough for a flag.
	doubtful = 0.5
)

// mood reads the labels that collect left, and the words that only hint. Greetings,
// nods and troubles that are only told are neutral.
func (r *reading) mood() mood {
	good, bad := 1.0, 1.0 // doubts
	for _, label := range pipeline.CustomerLabels {
		m := moodOf[label] * r.labels[label]
		if r.labels[label] < sure {
			m *= doubtful
		}
		good *= 1 - max(m, 0)
		bad *= 1 - max(-m, 0)
	}
	pleasant, unpleasant := r.hints()
	if pleasant {
		good *= 1 - hint
	}
	if unpleasant {
		bad *= 1 - hint
	}
	return mood{bad - good, good < 1 || bad < 1}
}

// hints reports whether the turn has words of pleasure, and of displeasure, of
// which praise that is denied ("not great") is one.
func (r *reading) hints() (pleasant, unpleasant bool) {
	for i := range r.hits {
		h := &r.hits[i]
		pleasant = pleasant || h.kind == pleased && h.force > 0
		unpleasant = unpleasant || h.kind == displeased && h.force > 0 || h.flipped && moodOf[h.label] > 0
	}
	return pleasant, unpleasant
}

// mostEnds is how many messages at either end of a session make its trend.
const mostEnds = 5

// trend compares the first third of the customer's messages with the last
// third, each at least 1 and at most mostEnds messages.
func trend(moods []mood) pipeline.Trend {
	if !slices.ContainsFunc(moods, func(m mood) bool { return m.tells }) {
		return pipeline.Trend{}
	}
	n := min((len(moods)+2)/3, mostEnds)
	begin, end := round(opening(moods[:n])), round(ending(moods[len(moods)-n:]))
	return pipeline.Trend{Begin: new(begin), End: new(end), Shift: new(round(end - begin))}
}

func opening(head []mood) float64 {
	sum := 0.0
	for _, m := range head {
		sum += m.value
	}
	return sum / float64(len(head))
}

// ending is the mean of the last messages, of which the last that tells counts
// twice: who relents, or loses patience, does so at the end, with small talk around it.
func ending(tail []mood) float64 {
	sum, n, last := 0.0, float64(len(tail)), true
	for _, m := range slices.Backward(tail) {
		sum += m.value
		if last && m.tells {
			sum += m.value
			n++
			last = false
		}
	}
	return sum / n
}

// round rounds to 2 decimals, and never to a negative zero.
func round(x float64) float64 { return math.Round(x*100)/100 + 0 }
