package tone

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"assay/pipeline"
)

// How the words around a phrase change its weight. The figures are judgement,
// checked against the tests and labelled dialogues, not fitted.
const (
	relayedShare  = 0.3 // somebody else's words
	supposedShare = 0.3 // "if I complain"
	unrealShare   = 0.3 // praise that is wished for or asked about
	softShare     = 0.6
	jokeShare     = 0.3  // trouble beside laughter
	ironyShare    = 0.3  // praise right before trouble
	strongShare   = 0.35 // of the doubt that is left
	denialReach   = 4    // words between a phrase and its denial
	supposedReach = 4    // words between a supposition and the phrase
	// horizon is how far words bear on one another at all, in bytes, even in a
	// text without any punctuation.
	horizon = 200
)

// relayable are the labels that somebody else's words do not give to the one who repeats them.
var relayable = []pipeline.Label{
	pipeline.Rude, pipeline.Shirking, pipeline.Perfunctory, pipeline.Impatient, pipeline.Interrogating,
	pipeline.Abuse, pipeline.Praise, pipeline.Satisfied,
}

// reportable labels are weakened by a reporter alone, quotable ones by quotation
// marks alone: "complaint" in quotation marks is the name of a menu, while who
// reports an insult does complain.
var (
	reportable = []pipeline.Label{pipeline.Churn, pipeline.Escalation, pipeline.Publicity}
	quotable   = []pipeline.Label{pipeline.Complaint, pipeline.Angry}
)

// weigh sets the force of every hit from the words around it.
func (r *reading) weigh() {
	conditions := r.conditions()
	for i := range r.hits {
		h := &r.hits[i]
		if h.kind != tells && h.kind != pleased && h.kind != displeased {
			continue
		}
		if !h.plain && (r.negated(i) || r.denied(i)) {
			h.force, h.flipped = 0, true
			continue
		}
		h.force *= r.speech(i) * r.reality(i, conditions)
		h.force = r.emphasis(i)
	}
	r.lighten()
	r.unmask()
}

// lighten weakens anger and complaints in a turn that laughs.
func (r *reading) lighten() {
	if !r.has(joke) {
		return
	}
	for i := range r.hits {
		if h := &r.hits[i]; h.label == pipeline.Angry || h.label == pipeline.Complaint {
			h.force *= jokeShare
		}
	}
}

// unmask weakens praise that trouble follows in the same turn, with no "but"
// between them: "great service, two hours on hold".
func (r *reading) unmask() {
	trouble := false
	for i := len(r.hits) - 1; i >= 0; i-- {
		h := &r.hits[i]
		switch {
		case h.kind == contrast:
			trouble = false
		case h.troubles():
			trouble = true
		case trouble && (h.label == pipeline.Praise || h.label == pipeline.Satisfied):
			h.force *= ironyShare
		}
	}
}

// negated counts the negators whose reach covers hit i: an even number leaves
// it as it is. A negator may run into the hit ("不会" and "会投诉"), and of
// negators that run into one another one counts.
func (r *reading) negated(i int) bool {
	h := &r.hits[i]
	n, counted, seen := r.gapNegators(i), h.end, 0
	for j := i - 1; j >= 0 && r.hits[j].clause == h.clause && h.start-r.hits[j].start < horizon; j-- {
		before := &r.hits[j]
		if before.kind == breaker && before.end <= h.start {
			break
		}
		if before.kind != negator {
			continue
		}
		if seen++; seen > mostNegators {
			break
		}
		if before.start < h.start && before.end <= counted && r.reaches(before, i) {
			n++
			counted = before.start
		}
	}
	return n%2 == 1
}

// mostNegators is how many negators before a phrase are weighed: nobody means
// more of them, and a turn may hold nothing else.
const mostNegators = 8

// farReach is the reach of negators that cover a clause of its own: "I'm not
// saying I'm angry".
const farReach = 4

// reaches reports whether a negator reaches hit i. Only far ones reach a hit
// that begins with its own subject: "不解决我就投诉".
func (r *reading) reaches(negator *hit, i int) bool {
	if hasSubject(r.view.text[r.hits[i].start:]) && negator.end <= r.hits[i].start && negator.weight < farReach {
		return false
	}
	return float64(r.words(negator.end, i)) <= negator.weight
}

// hasSubject reports whether s begins with a personal pronoun.
func hasSubject(s string) bool {
	return slices.ContainsFunc(subjects, func(p string) bool { return strings.HasPrefix(s, p) })
}

var subjects = []string{"我", "你", "您", "i ", "i'", "we ", "we'", "you ", "you'", "he ", "she ", "they ", "it ", "this ", "that "}

// gapNegators counts the negators between the parts of a phrase with gaps.
func (r *reading) gapNegators(i int) int {
	h, n := &r.hits[i], 0
	if h.gapEnd == 0 {
		return 0
	}
	for j := i + 1; j < len(r.hits) && r.hits[j].start < h.end; j++ {
		if r.hits[j].kind == negator && r.hits[j].end <= h.gapEnd {
			n++
		}
	}
	return n
}

// words counts what stands between from and hit i: Chinese characters and
// English words, without other negators and words of degree.
func (r *reading) words(from, i int) int {
	n := wordCount(r.view.text[from:max(from, r.hits[i].start)])
	for j := i - 1; j >= 0 && r.hits[j].start >= from; j-- {
		switch h := &r.hits[j]; h.kind {
		case negator, intensifier, softener:
			if h.end <= r.hits[i].start {
				n -= wordCount(r.view.text[h.start:h.end])
			}
		}
	}
	return n
}

// wordCount counts Chinese characters and runs of other letters and digits.
func wordCount(s string) int {
	n, inWord := 0, false
	for _, c := range s {
		switch {
		case c >= 0x3400:
			n++
			inWord = false
		case c < utf8.RuneSelf && !isWord(byte(c)) && c != '\'':
			inWord = false
		case !inWord:
			n++
			inWord = true
		}
	}
	return n
}

// denied reports whether hit i is taken back after it: "投诉就不必了".
func (r *reading) denied(i int) bool {
	h := &r.hits[i]
	for j := i + 1; j < len(r.hits) && r.hits[j].clause == h.clause && r.hits[j].start-h.end < horizon; j++ {
		after := &r.hits[j]
		if after.kind == denial && after.start >= h.end && wordCount(r.view.text[h.end:after.start]) <= denialReach {
			return true
		}
	}
	return false
}

// speech is the share that is left when hit i is in quotation marks or reported.
func (r *reading) speech(i int) float64 {
	h := &r.hits[i]
	relays := slices.Contains(relayable, h.label)
	if (relays || slices.Contains(quotable, h.label)) && r.quoted(h) ||
		(relays || slices.Contains(reportable, h.label)) && r.reported(i) {
		return relayedShare
	}
	return 1
}

func (r *reading) quoted(h *hit) bool {
	q := r.view.quotes
	i := sort.Search(len(q), func(i int) bool { return q[i][1] >= h.end })
	return i < len(q) && q[i][0] < h.start
}

// reported reports whether a reporter stands before hit i in its clause, or
// ends the clause before in the same sentence: "he said: …", but not "what did
// you say? …".
func (r *reading) reported(i int) bool {
	h := &r.hits[i]
	for j := i - 1; j >= 0 && r.hits[j].clause >= h.clause-1 && h.start-r.hits[j].start < horizon; j-- {
		before := &r.hits[j]
		if before.kind != reporter {
			continue
		}
		if before.clause == h.clause && before.end <= h.start {
			return true
		}
		last := r.view.clauses[before.clause]
		if last.sentence != r.view.clauses[h.clause].sentence {
			continue
		}
		end := last.end
		if before.clause == h.clause-1 && wordCount(r.view.text[min(before.end, end):end]) == 0 {
			return true
		}
	}
	return false
}

// reality is the share that is left when what hit i says is only supposed or asked.
func (r *reading) reality(i int, conditions map[int]bool) float64 {
	h := &r.hits[i]
	switch h.label {
	case pipeline.Praise, pipeline.Satisfied:
		if cl := r.view.clauses[h.clause]; cl.question || conditions[cl.sentence] {
			return unrealShare
		}
	case pipeline.Complaint, pipeline.Churn, pipeline.Escalation, pipeline.Publicity:
		if r.supposed(i) {
			return supposedShare
		}
	}
	return 1
}

// conditions finds the sentences that have a condition.
func (r *reading) conditions() map[int]bool {
	sentences := map[int]bool{}
	for i := range r.hits {
		if h := &r.hits[i]; h.kind == conditional || h.kind == supposed {
			sentences[r.view.clauses[h.clause].sentence] = true
		}
	}
	return sentences
}

func (r *reading) supposed(i int) bool {
	h := &r.hits[i]
	for j := i - 1; j >= 0 && r.hits[j].clause == h.clause && h.start-r.hits[j].start < horizon; j-- {
		o := &r.hits[j]
		if o.kind == supposed && wordCount(r.view.text[o.end:max(o.end, h.start)]) <= supposedReach {
			return true
		}
	}
	return false
}

// emphasis is the force of hit i after its neighbours strengthened or weakened it.
func (r *reading) emphasis(i int) float64 {
	h, force := &r.hits[i], r.hits[i].force
	from, to := i, i+1
	for from > 0 && r.hits[from-1].clause == h.clause && h.start-r.hits[from-1].start < horizon {
		from--
	}
	for to < len(r.hits) && r.hits[to].clause == h.clause && r.hits[to].start-h.end < horizon {
		to++
	}
	for j := from; j < to; j++ {
		switch o := &r.hits[j]; {
		case o.kind == softener && r.adjacent(o, h):
			force *= softShare
		case o.kind == intensifier && r.adjacent(o, h):
			force += (1 - force) * strongShare * force
		}
	}
	return force
}

// adjacent reports whether o stands right before or after h.
func (r *reading) adjacent(o, h *hit) bool {
	if o.end <= h.start {
		return wordCount(r.view.text[o.end:h.start]) == 0
	}
	return o.start >= h.end && wordCount(r.view.text[h.end:o.start]) == 0
}
