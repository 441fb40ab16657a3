// Package training makes the weights of the tone classifier from labelled
// turns, and measures what they are worth on turns that they were not made from.
//
//	corpus.go    what is learned from: sessions with the truth about some turns
//	read.go      the forms in which it is read
//	train.go     heads, folds, calibration: corpus in, model out
//	evaluate.go  cross-validation and held-out splits, by source, language and label
//	report.go    the figures as a text
//
// Nothing of a text is kept in a model but weights by the hashes of its words.
package training

import (
	"hash/fnv"
	"slices"

	"assay/classifiers/tone"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

// Source is the form that an item came in.
type Source string

// The sources.
const (
	Own     Source = "sentences" // columns of a .tsv file
	Reviews Source = "labels"    // turns with labels, a JSON object a line
	Offence Source = "offence"   // comments, offensive or not
	Conduct Source = "conduct"   // dialogues with the agent's conduct by turn
	Survey  Source = "survey"    // dialogues with what both sides said afterwards
	Calm    Source = "calm"      // dialogues without labels of tone: nobody in them is taken to be angry
)

// Split says what an item is for. An item of no split is learned from, and
// measured by cross-validation.
type Split string

// The splits.
const (
	NoSplit  Split = ""
	ToTrain  Split = "train"
	HeldOut  Split = "test" // never learned from
	ToChoose Split = "dev"  // neither
)

// Truth is what people said about a turn: labels that it has and labels that
// it has not. Of other labels nothing is known.
type Truth map[pipeline.Label]bool

// Item is a session with the truth about some of its turns.
type Item struct {
	Source   Source
	Language string // "zh", "en" or "" where it is unknown
	Split    Split
	// Group is the same for items that must not be parted by folds, such as a
	// dialogue and its translation.
	Group   string
	Session *transcript.Session
	Truth   map[int]Truth // by turn
	// Aggressive is what the survey says of the customer, Helpful of the agent; nil where it says nothing.
	Aggressive, Helpful *bool
}

// Corpus is what is learned from, in the order in which it was read.
type Corpus struct {
	Items []Item
}

// fold is one of n parts, the same for all items of a group.
func (it *Item) fold(n int) int {
	h := fnv.New32a()
	h.Write([]byte(it.Group))
	return int(h.Sum32() % uint32(n))
}

// learnable reports whether an item may be learned from. Calm dialogues must
// say so: that nobody is angry in them is only taken for granted.
func (it *Item) learnable() bool {
	return it.Split == ToTrain || it.Split == NoSplit && it.Source != Calm
}

// absent are the labels that calm turns of the item do not have. A customer who
// was not aggressive may have complained, or left.
func (it *Item) absent() []pipeline.Label {
	if it.Source != Survey {
		return troubles
	}
	return []pipeline.Label{
		pipeline.Rude, pipeline.Shirking, pipeline.Perfunctory, pipeline.Impatient, pipeline.Interrogating, pipeline.Angry, pipeline.Abuse,
	}
}

// calm reports whether a speaker's turns are taken to have no tone of trouble:
// unless the survey says otherwise.
func (it *Item) calm(s transcript.Speaker) bool {
	if it.Source != Survey {
		return true
	}
	if s == transcript.Customer {
		return it.Aggressive != nil && !*it.Aggressive
	}
	return it.Helpful != nil && *it.Helpful
}

// filter returns the items for which keep is true.
func (c *Corpus) filter(keep func(*Item) bool) *Corpus {
	out := &Corpus{}
	for i := range c.Items {
		if keep(&c.Items[i]) {
			out.Items = append(out.Items, c.Items[i])
		}
	}
	return out
}

// troubles are the labels that nobody earns in the dialogues of an information desk.
var troubles = []pipeline.Label{
	pipeline.Rude, pipeline.Shirking, pipeline.Perfunctory, pipeline.Impatient, pipeline.Interrogating,
	pipeline.Angry, pipeline.Complaint, pipeline.Escalation, pipeline.Publicity, pipeline.Abuse, pipeline.Churn,
}

// conducts are the labels that the dialogues with the agent's conduct know.
var conducts = []pipeline.Label{pipeline.Apologetic, pipeline.Appreciative, pipeline.Enthusiastic}

// labelsOf are the labels that a speaker's turns may have.
func labelsOf(s transcript.Speaker) []pipeline.Label {
	switch s {
	case transcript.Agent:
		return pipeline.AgentLabels
	case transcript.Customer:
		return pipeline.CustomerLabels
	}
	return nil
}

// falseOf is the truth of a turn that has none of the labels.
func falseOf(s transcript.Speaker, labels []pipeline.Label) Truth {
	t := Truth{}
	for _, l := range labels {
		if slices.Contains(labelsOf(s), l) {
			t[l] = false
		}
	}
	return t
}

// offends is the label under which comments tell whether they offend.
const offends = pipeline.Label(tone.Offence)
