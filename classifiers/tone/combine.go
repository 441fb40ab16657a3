package tone

import (
	"slices"
	"strings"

	"assay/classifiers/tone/linear"
	"assay/pipeline"
)

// How what was learned and what the lexicons say come together.
const (
	// doubted is the confidence of the learner below which a phrase of the
	// lexicons is not believed on its own, and doubtedShare what is left of it.
	doubted      = 0.05
	doubtedShare = 0.6
	// beyondDoubt is the confidence that makes a turn shirk or brush off although
	// it offers help, and interrogate although it asks politely.
	beyondDoubt = 0.85
	// offends is the confidence of offence from which on words that address
	// somebody are abuse.
	offends = 0.9
	// aloneOdds is what is left of the learner's odds for trouble that no phrase
	// bears out: its confidences fit labelled turns, of which far more have trouble
	// than of those of a service.
	aloneOdds = 0.4
	// alleged is the most confidence that a complaint has which only the learner
	// hears: what is a complaint and what a report of a fault is agreed on by
	// few, so it raises no flag.
	alleged = 0.55
)

// hinted are labels of which few turns were learned: the learner only
// strengthens them where a phrase hints at trouble.
var hinted = []pipeline.Label{pipeline.Rude, pipeline.Angry, pipeline.Abuse}

// explained are labels that a turn is not given lightly on top of another of
// them that its words tell: who is told "not my job" was not also brushed off,
// and who wants to leave does not go to the press.
var explained = []pipeline.Label{
	pipeline.Rude, pipeline.Shirking, pipeline.Perfunctory, pipeline.Impatient, pipeline.Interrogating,
	pipeline.Escalation, pipeline.Publicity, pipeline.Churn,
}

// learn adds what the learner says of the turn to the confidences that the
// lexicons gave, and its places to found.
func (r *reading) learn(l learned, f *facts, said map[pipeline.Label]float64, found []marked) []marked {
	if bank := l.of(r.side); bank != nil {
		sums, told := f.sums(bank), firmOf(said)
		for i, h := range bank.Heads {
			label := pipeline.Label(h.Label)
			sure := r.join(label, said[label], h.Curve.At(bank.Score(sums, i)), r.from(h, told))
			if sure > said[label] {
				found = r.addPlace(found, label, sure, f, bank, i)
			}
			said[label] = sure
		}
	}
	if l.offence != nil && r.side == customer {
		if c := f.offence(l.offence); c >= offends && r.addresses() && c > said[pipeline.Abuse] && !r.weakened(pipeline.Abuse) && r.troubled() {
			found = r.addPlace(found, pipeline.Abuse, c, f, l.offence, 0)
			said[pipeline.Abuse] = c
		}
	}
	return found
}

// firmOf is a label of those that explain others and are said firmly, "" when there is none.
func firmOf(said map[pipeline.Label]float64) pipeline.Label {
	for _, l := range explained {
		if said[l] >= sure {
			return l
		}
	}
	return ""
}

// from is the confidence of the learner from which on a label is given, where
// phrases tell the label told firmly.
func (r *reading) from(h *linear.Head, told pipeline.Label) float64 {
	label, from := pipeline.Label(h.Label), h.From
	switch {
	case (label == pipeline.Shirking || label == pipeline.Perfunctory) && r.has(help),
		label == pipeline.Interrogating && (r.has(polite) || r.tells(pipeline.Courteous)),
		told != "" && told != label && slices.Contains(explained, label):
		return max(from, beyondDoubt)
	case r.side == agent && r.polite() && slices.Contains(faults, label):
		return max(from, sure)
	}
	return from
}

// join is the confidence of a label that the lexicons say with one confidence
// and the learner with another, who is heard from a third on. What the lexicons
// find denied, relayed or meant otherwise the learner does not bring back.
func (r *reading) join(label pipeline.Label, said, learned, from float64) float64 {
	switch {
	case learned < doubted && said >= least && !slices.Contains(hinted, label):
		return max(said*doubtedShare, least)
	case learned < from || learned <= said || said >= sure || r.holdsBack(label, said):
		return said
	case said == 0 && label == pipeline.Complaint:
		return max(min(withOdds(learned, aloneOdds), alleged), least)
	case said == 0 && (slices.Contains(faults, label) || slices.Contains(upset, label)):
		return max(withOdds(learned, aloneOdds), least)
	}
	return learned
}

// withOdds is a confidence whose odds are taken times share.
func withOdds(sure, share float64) float64 {
	return sure * share / (sure*share + 1 - sure)
}

// faults are the tones that a polite turn has only when it is sure.
var faults = []pipeline.Label{
	pipeline.Rude, pipeline.Shirking, pipeline.Perfunctory, pipeline.Impatient, pipeline.Interrogating,
}

// polite reports whether the turn has words of courtesy.
func (r *reading) polite() bool {
	return r.tells(pipeline.Courteous) || r.tells(pipeline.Apologetic) || r.tells(pipeline.Empathetic)
}

// holdsBack reports whether the turn has a reason not to believe the learner in a label.
func (r *reading) holdsBack(label pipeline.Label, said float64) bool {
	switch {
	case r.refused[label] || r.weakened(label):
		return true
	case label == pipeline.Perfunctory && r.brushed:
		return true // how often the agent did so counts there
	case slices.Contains(hinted, label):
		return !r.hintsAt(label)
	case label == pipeline.Complaint && said == 0 && r.has(pleased):
		return true
	case slices.Contains(upset, label):
		return said == 0 && (r.has(joke) || r.tells(pipeline.Praise) || r.tells(pipeline.Satisfied))
	}
	return false
}

// hintsAt reports whether any phrase tells of the label, or of displeasure.
func (r *reading) hintsAt(label pipeline.Label) bool {
	return slices.ContainsFunc(r.hits, func(h hit) bool { return h.force > 0 && (h.kind == displeased || h.label == label) })
}

// weakened reports whether phrases of the label stand in the turn, but none that holds.
func (r *reading) weakened(label pipeline.Label) bool {
	weak := false
	for i := range r.hits {
		if h := &r.hits[i]; h.label == label {
			if h.force >= least {
				return false
			}
			weak = true
		}
	}
	return weak
}

// addresses reports whether the turn speaks to somebody.
func (r *reading) addresses() bool {
	return strings.Contains(r.view.text, "你") || strings.Contains(r.view.text, "您")
}

// addPlace adds the words that weighed most for a head, unless the label has a place already.
func (r *reading) addPlace(found []marked, label pipeline.Label, sure float64, f *facts, b *linear.Bank, head int) []marked {
	for i := range found {
		if found[i].label == label && found[i].force > 0 {
			return found
		}
	}
	start, end := r.original(r.heaviest(f, b, head))
	return append(found, marked{label, start, end, sure})
}

// heaviest is the place in the view whose words weigh most, all together.
func (r *reading) heaviest(f *facts, b *linear.Bank, head int) (start, end int) {
	weights := make([]float64, len(f.tokens))
	add := func(id uint32, from, to int) {
		w := b.Weight(id, head) / float64(to-from)
		for i := from; i < to; i++ {
			weights[i] += w
		}
	}
	grams(f.tokens, add)
	pieces(r.view.text, f.tokens, add)
	from, to := bestRun(weights)
	if from == to {
		return core(r.view.text)
	}
	return f.tokens[from].start, f.tokens[to-1].end
}

// bestRun is the range of the largest sum, empty when none is above 0.
func bestRun(weights []float64) (from, to int) {
	best, sum, at := 0.0, 0.0, 0
	for i, w := range weights {
		if sum <= 0 {
			sum, at = 0, i
		}
		if sum += w; sum > best {
			best, from, to = sum, at, i+1
		}
	}
	return from, to
}
