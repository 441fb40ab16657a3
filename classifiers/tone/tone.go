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
//	collect   phrases into labels with a confidence, and the places that gave them
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

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// engine changes whenever the code may answer differently with the same lexicons.
const engine = "tone-2"

// Classifier finds tones. It is safe for concurrent use.
type Classifier struct {
	lex     *lexicon
	version string
}

// New reads the lexicons that the program carries.
func New() (*Classifier, error) {
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
	return &Classifier{lex: lex, version: hex.EncodeToString(h.Sum(nil)[:6])}, nil
}

// Version is a hash of the lexicons and the engine, 12 hexadecimal digits.
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
		side := sideOf(turn.Speaker)
		if side == nobody || !turn.IsMessage() {
			continue
		}
		r := c.read(run, i, side)
		if labels, marks := r.collect(); len(labels) > 0 {
			tone.Turns = append(tone.Turns, pipeline.TurnTone{Turn: i, Labels: labels, Marks: marks})
		}
		if side == customer && strings.TrimSpace(turn.Text) != "" {
			moods = append(moods, r.mood())
		}
	}
	tone.Customer = trend(moods)
	return tone
}

// read finds everything that tells in turn i.
func (c *Classifier) read(run *session, i int, side side) *reading {
	r := &reading{
		side: side, folded: &run.in.Folded[i], text: run.in.Session.Turns[i].Text, view: look(run.in.Folded[i].Text),
	}
	r.find(c.lex)
	r.weigh()
	run.manner(r)
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
