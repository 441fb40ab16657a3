package tone

import (
	"math/bits"

	"assay/classifiers/tone/linear"
	"assay/pipeline"
)

// Weights of the features that are no n-grams, against those of n-grams, which
// are 1 over the square root of their number.
const (
	shapeValue   = 0.3
	lexiconValue = 0.25
	beforeShare  = 0.6
)

// shape is what tells about a turn beside its words, one feature each.
type shape struct {
	vector linear.Vector
	names  []string // of the features, kept where somebody wants to read them
	named  bool
}

func (s *shape) add(name string, value float32) {
	s.vector = append(s.vector, linear.Feature{ID: mix(hashOf(name) + shapeSeed), Value: value})
	if s.named {
		s.names = append(s.names, name)
	}
}

// sizes are the names of sizes: 0, 1, 2–3, 4–7 and so on.
var sizes = [...]string{"0", "1", "2", "4", "8", "16", "32", "64", "128"}

func sizeOf(n int) string { return sizes[min(bits.Len(uint(n)), len(sizes)-1)] }

// describe adds the turn's features of shape: its length and punctuation, what
// the lexicons found in it and how it holds, and what came before.
func (r *reading) describe(s *shape, tokens []token, before *before) {
	s.add("length "+sizeOf(len(tokens)), shapeValue)
	questions := 0
	for _, c := range r.view.clauses {
		if c.question {
			questions++
		}
	}
	s.add("questions "+sizeOf(questions), shapeValue)
	if _, _, ok := markRow(r.text); ok {
		s.add("row of marks", shapeValue)
	}
	if _, _, ok := capitals(r.text); ok {
		s.add("capitals", shapeValue)
	}
	if len(r.view.quotes) > 0 {
		s.add("quotes", shapeValue)
	}
	r.describeHits(s)
	before.describe(s, sizeOf(len(tokens)))
}

// describeHits adds each kind of phrase once.
func (r *reading) describeHits(s *shape) {
	seen := map[string]bool{}
	add := func(name string, value float32) {
		if !seen[name] {
			seen[name] = true
			s.add(name, value)
		}
	}
	for i := range r.hits {
		h := &r.hits[i]
		switch {
		case h.kind != tells:
			add("phrase of "+string(h.kind), shapeValue)
		case h.flipped:
			add("not "+string(h.label), shapeValue)
		case h.force >= sure:
			add(string(h.label), lexiconValue)
		case h.force > 0:
			add("perhaps "+string(h.label), shapeValue)
		}
	}
	for _, m := range r.manner {
		add("manner of "+string(m.label), shapeValue)
	}
}

// before is what the last turn of the other side leaves for the one that is read.
type before struct {
	tokens    []token
	question  bool
	troubled  bool
	courteous bool
	any       bool
}

// mostBefore bounds the words of the turn before that count.
const mostBefore = 60

func (b *before) describe(s *shape, length string) {
	switch {
	case !b.any:
		s.add("nothing before", shapeValue)
		return
	case b.question && b.troubled:
		s.add("before: a troubled question, length "+length, shapeValue)
	case b.question:
		s.add("before: a question, length "+length, shapeValue)
	case b.troubled:
		s.add("before: trouble, length "+length, shapeValue)
	default:
		s.add("before: a statement, length "+length, shapeValue)
	}
	s.add("before: length "+sizeOf(len(b.tokens)), shapeValue)
	if b.courteous {
		s.add("before: courtesy", shapeValue)
	}
}

// leave makes what r leaves for the other side's next turn. It keeps no memory of r.
func (r *reading) leave(tokens []token, into *before) {
	*into = before{tokens: append(into.tokens[:0], tokens[:min(len(tokens), mostBefore)]...), any: true}
	for _, c := range r.view.clauses {
		into.question = into.question || c.question
	}
	into.question = into.question || r.has(question)
	into.troubled = r.troubled()
	into.courteous = r.has(pleased) || r.tells(pipeline.Praise) || r.tells(pipeline.Satisfied) || r.tells(pipeline.Courteous)
}
