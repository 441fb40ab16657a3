// Package tone is the local classifier of tone: it labels every message turn
// and follows the customer's mood through a session, without any model.
//
// The knowledge is in two lexicons, lexicon/zh.txt and lexicon/en.txt, which
// are both asked about every turn, so that mixed text needs no language. The
// engine around them knows what words in a list do not: who speaks, negation,
// quoted and reported words, hypothetical speech, emphasis, and the manner of
// a turn as a whole (shouting, brushing off, a row of questions).
//
// A turn is read in this order:
//
//	view      the folded text with elongations, contractions and traditional characters levelled
//	find      all phrases of the lexicons, in one pass over a trie
//	weigh     each phrase in its clause
//	manner    what the shape of the turn adds
//	gather    the features of its words, its shape and the turn before
//	collect   phrases into labels with a confidence, and the places that gave them
//	learn     what a linear model, trained on labelled turns, says beside the phrases
//
// Of a turn's places the strongest are kept (see mostMarks), each cut down to a
// readable length, so that the tone of a session stays smaller than its text.
package tone

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"assay/classifiers/tone/linear"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

// engine changes whenever the code may answer differently with the same lexicons.
const engine = "tone-4"

// Classifier finds tones. It is safe for concurrent use.
type Classifier struct {
	lex     *lexicon
	learned learned
	version string
}

// New reads the lexicons and the weights that the program carries.
func New() (*Classifier, error) {
	m, err := Shipped()
	if err != nil {
		return nil, err
	}
	return With(m)
}

// Shipped is the model that the program carries.
func Shipped() (*linear.Model, error) {
	m, err := linear.Decode(weights)
	if err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	return m, nil
}

// With reads the lexicons that the program carries, and takes m beside them;
// with nil nothing was learned.
func With(m *linear.Model) (*Classifier, error) {
	h := sha256.New()
	h.Write([]byte(engine))
	lex := newLexicon()
	for _, name := range lexiconFiles {
		src, err := lexicons.ReadFile("lexicon/" + name)
		if err != nil {
			return nil, fmt.Errorf("read lexicon %q: %w", name, err)
		}
		if err := lex.read(name, string(src)); err != nil {
			return nil, err
		}
		h.Write(src)
	}
	l, err := newLearned(m)
	if err != nil {
		return nil, err
	}
	if m != nil {
		h.Write(m.Hash())
	}
	return &Classifier{lex: lex, learned: l, version: hex.EncodeToString(h.Sum(nil)[:6])}, nil
}

// Version is a hash of the lexicons, the weights and the engine, 12 hexadecimal digits.
func (c *Classifier) Version() string { return c.version }

// Classify labels the message turns of agent and customer, in order, and
// gives the customer's trend. Equal sessions give equal answers. It stops when
// ctx is done.
func (c *Classifier) Classify(ctx context.Context, in *pipeline.Input) pipeline.Tone {
	tone := pipeline.Tone{Turns: []pipeline.TurnTone{}}
	run := newSession(in)
	var moods []mood
	for i := range in.Session.Turns {
		turn := &in.Session.Turns[i]
		if ctx.Err() != nil {
			return tone
		}
		r := c.read(run, i)
		if r == nil {
			continue
		}
		if labels, marks := r.collect(c.learned, &run.facts); len(labels) > 0 {
			tone.Turns = append(tone.Turns, pipeline.TurnTone{Turn: i, Labels: labels, Marks: marks})
		}
		if r.side == customer && strings.TrimSpace(turn.Text) != "" {
			moods = append(moods, r.mood())
		}
	}
	tone.Customer = trend(moods)
	return tone
}

// read finds everything that tells in turn i, nil when it is no message of agent or customer.
func (c *Classifier) read(run *session, i int) *reading {
	turn := &run.in.Session.Turns[i]
	side := sideOf(turn.Speaker)
	if side == nobody || !turn.IsMessage() {
		return nil
	}
	r := &reading{side: side, folded: &run.in.Folded[i], text: turn.Text, view: look(run.in.Folded[i].Text)}
	r.find(c.lex)
	r.weigh()
	run.manner(r)
	run.facts.gather(r, &run.left[other(side)])
	r.leave(run.facts.tokens, &run.left[side])
	return r
}

// side is whose tones a phrase tells.
type side uint8

const (
	nobody side = iota
	agent
	customer
)

func sideOf(s transcript.Speaker) side {
	switch s {
	case transcript.Agent:
		return agent
	case transcript.Customer:
		return customer
	}
	return nobody
}

func other(s side) side {
	if s == agent {
		return customer
	}
	return agent
}
