package tone

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// session is what the turns before tell about the one that is read.
type session struct {
	in *pipeline.Input
	// asked: the customer said something, since the agent's last message, that
	// needs more than a nod.
	asked   bool
	brushed int                  // times the agent brushed the customer off
	left    [customer + 1]before // what each side's last message leaves for the other's next
	facts   facts                // of the turn that was read last
}

func newSession(in *pipeline.Input) *session { return &session{in: in} }

// manner adds what the shape of a turn tells. It is asked turn by turn, in order.
func (s *session) manner(r *reading) {
	switch r.side {
	case customer:
		r.shout()
		s.asked = s.asked || s.needsAnswer(r)
	case agent:
		s.brushOff(r)
		r.insult()
		r.interrogate()
		r.relent()
		s.asked = false
	}
}

// needsAnswer reports whether the customer's turn wants more than a nod. On
// calls a nod is how people listen, so only questions and trouble count there.
func (s *session) needsAnswer(r *reading) bool {
	if r.troubled() || slices.ContainsFunc(r.view.clauses, func(c clause) bool { return c.question }) || r.has(question) {
		return true
	}
	return s.in.Session.Channel != transcript.Call && wordCount(r.view.text) >= enough
}

// enough is how many words make a message of substance.
const enough = 8

// brushOff finds a turn that is nothing but a nod or a shrug; each further one weighs more.
func (s *session) brushOff(r *reading) {
	from, to := core(r.view.text)
	for i := range r.hits {
		h := &r.hits[i]
		if h.kind != brushoff || h.start != from || h.end != to {
			continue
		}
		r.brushed = true
		if !s.asked {
			return
		}
		s.brushed++
		start, end := r.original(from, to)
		force := 1 - math.Pow(1-h.weight, float64(min(s.brushed, 3)))
		r.manner = append(r.manner, marked{pipeline.Perfunctory, start, end, force})
		return
	}
}

// core is the text without the punctuation around it.
func core(s string) (from, to int) {
	from = len(s) - len(strings.TrimLeftFunc(s, frames))
	return from, max(from, len(strings.TrimRightFunc(s, frames)))
}

// isFrame reports whether s is nothing but punctuation and blanks.
func isFrame(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return !frames(c) })
}

func frames(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }

// interrogate finds a row of questions that no polite word softens.
func (r *reading) interrogate() {
	if r.has(polite) || r.tells(pipeline.Courteous) {
		return
	}
	var asked []clause
	for _, c := range r.view.clauses {
		if c.question && wordCount(r.view.text[c.start:c.end]) > 0 {
			asked = append(asked, c)
		}
	}
	if len(asked) < 3 {
		return
	}
	start, end := r.original(asked[0].start, asked[len(asked)-1].end)
	force := min(0.4+0.1*float64(len(asked)-3), 0.7)
	r.manner = append(r.manner, marked{pipeline.Interrogating, start, end, force})
}

// insult takes the question out of an insult that is put as one: "do you even
// read?" wants no answer.
func (r *reading) insult() {
	rudeTo, asks := 0, &hit{} // hits stand in order
	for i := range r.hits {
		switch h := &r.hits[i]; {
		case h.label == pipeline.Rude && h.force >= sure:
			rudeTo = max(rudeTo, h.end)
			if asks.end > h.start {
				asks.force = 0
			}
		case h.label == pipeline.Interrogating:
			if h.start < rudeTo {
				h.force = 0
			}
			asks = h
		}
	}
}

// relent weakens shirking when the agent takes care of the matter in the same breath, or is sorry about it.
func (r *reading) relent() {
	helped, excused := r.has(help), r.tells(pipeline.Apologetic)
	for i := range r.hits {
		h := &r.hits[i]
		if h.label != pipeline.Shirking {
			continue
		}
		if helped {
			h.force *= helpedShare
		}
		if excused && h.weight <= weakShirking {
			h.force *= excusedShare
		}
	}
}

func (r *reading) tells(label pipeline.Label) bool {
	return slices.ContainsFunc(r.hits, func(h hit) bool { return h.label == label && h.force > 0 })
}

// What is left of shirking beside an offer of help, and of weak shirking
// ("I don't know") beside an apology.
const (
	helpedShare  = 0.35
	excusedShare = 0.6
	weakShirking = 0.6
)

func (r *reading) has(k kind) bool {
	return slices.ContainsFunc(r.hits, func(h hit) bool { return h.kind == k })
}

// troubled reports whether the turn says anything bad.
func (r *reading) troubled() bool { return slices.ContainsFunc(r.hits, hit.troubles) }

// mild is the force up to which a word of displeasure is only a remark.
const mild = 0.4

// troubles reports whether a hit says more than mildly bad things.
func (h hit) troubles() bool {
	return h.force > mild && (h.kind == displeased || h.kind == tells && slices.Contains(upset, h.label))
}

// firm reports whether a hit says bad things without doubt.
func (h hit) firm() bool { return h.kind == tells && h.force >= sure && h.troubles() }

// accuses reports whether a hit is more than a sigh or a curse, which may be
// about anything.
func (h hit) accuses() bool {
	return h.firm() || h.label == pipeline.Complaint && h.troubles()
}

// upset are the labels of a customer who is not content.
var upset = []pipeline.Label{
	pipeline.Angry, pipeline.Complaint, pipeline.Escalation, pipeline.Publicity, pipeline.Abuse, pipeline.Churn,
}

// Shouting weighs like this beside bad words; alone it may be joy, or a model number.
const (
	capitalsForce = 0.45
	marksForce    = 0.35
	exclaimForce  = 0.4 // each exclamation
	demandForce   = 0.6 // the first one, where the words are firm
)

// mostExclaimed is how many exclamations of a turn count.
const mostExclaimed = 4

// shout finds capitals, exclamations and rows of exclamation or question marks.
func (r *reading) shout() {
	if !r.troubled() {
		return
	}
	if start, end, ok := capitals(r.text); ok {
		r.manner = append(r.manner, marked{pipeline.Angry, start, end, capitalsForce})
	}
	if start, end, ok := markRow(r.text); ok {
		r.manner = append(r.manner, marked{pipeline.Angry, start, end, marksForce})
	}
	r.exclaim()
}

// exclaim finds the clauses that end in an exclamation mark, in a turn that
// accuses, and neither laughs nor is glad of something.
func (r *reading) exclaim() {
	if !slices.ContainsFunc(r.hits, hit.accuses) ||
		r.has(joke) || r.has(pleased) || r.tells(pipeline.Satisfied) || r.tells(pipeline.Praise) {
		return
	}
	force, left := exclaimForce, mostExclaimed
	if slices.ContainsFunc(r.hits, hit.firm) {
		force = demandForce
	}
	for _, c := range r.view.clauses {
		text := r.view.text[c.start:c.end]
		if left == 0 || wordCount(text) == 0 || !strings.ContainsRune(text[len(strings.TrimRightFunc(text, frames)):], '!') {
			continue
		}
		start, end := r.original(c.end-len(strings.TrimLeft(text, " ")), c.end)
		r.manner = append(r.manner, marked{pipeline.Angry, start, end, force})
		force, left = exclaimForce, left-1
	}
}

// capitals finds two or more words in capitals, when the text has no more small
// letters than capitals outside them. It returns the range from first to last.
func capitals(s string) (start, end int, ok bool) {
	words, upper, lower := 0, 0, 0
	for i := 0; i < len(s); {
		j, up, low := asciiWord(s, i)
		upper += up
		lower += low
		if up >= 3 && low == 0 {
			if words == 0 {
				start = i
			}
			words++
			end = j
		}
		i = max(j, i+1)
	}
	return start, end, words >= 2 && upper >= lower
}

// asciiWord measures the word of ASCII letters at i.
func asciiWord(s string, i int) (end, upper, lower int) {
	for end = i; end < len(s); end++ {
		switch c := s[end]; {
		case 'A' <= c && c <= 'Z':
			upper++
		case 'a' <= c && c <= 'z':
			lower++
		default:
			return end, upper, lower
		}
	}
	return end, upper, lower
}

// markRow finds three or more exclamation marks, or question marks, in a row.
func markRow(s string) (start, end int, ok bool) {
	run, from := 0, 0
	for i, c := range s {
		if c != '!' && c != '！' && c != '?' && c != '？' {
			if run >= 3 {
				return from, i, true
			}
			run = 0
			continue
		}
		if run == 0 {
			from = i
		}
		run++
	}
	return from, len(s), run >= 3
}
