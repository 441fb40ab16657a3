package redact

import (
	"slices"
	"strings"

	"assay/pipeline/transcript"
)

// Session redacts all texts of a session.
func (r Rules) Session(s *transcript.Session) *Redaction {
	x := &session{rules: r, session: s, known: known{literals: map[string]found{}, digits: map[string]found{}, dates: map[string]found{}}}
	x.read()
	x.split()
	x.expiries()
	x.fields()
	x.settle()
	x.propagate()
	return x.redaction()
}

// Text redacts a text that belongs to no session.
func (r Rules) Text(text string) Text {
	s := &transcript.Session{Turns: []transcript.Turn{{Speaker: transcript.Customer, Text: text}}}
	return r.Session(s).Turns[0]
}

// session is a session on its way through the stages.
type session struct {
	rules   Rules
	session *transcript.Session
	turns   []*turn
	meta    []field // the texts of the metadata
	known   known
}

// asking is what a speaker asked the other one for, for some turns.
type asking struct {
	topic   topic
	besides topic // named before the topic
	named   bool
	by      transcript.Speaker
	left    int
}

// askedTurns is for how many turns a question waits for its answer.
const askedTurns = 4

// read runs the finders over the turns, each with what was asked before it.
func (x *session) read() {
	var a asking
	for i := range x.session.Turns {
		of := &x.session.Turns[i]
		t := newTurn(of.Text)
		if a.left > 0 && a.by != of.Speaker {
			t.asked, t.besides, t.named = a.topic, a.besides, a.named
			a.left--
		}
		t.find()
		if t.named && slices.ContainsFunc(t.found, func(f found) bool { return f.typ == Person }) {
			a.named = false
		}
		x.patterns(t)
		a.listen(t, of.Speaker)
		x.turns = append(x.turns, t)
	}
}

// patterns looks for the deployment's own types, in the original.
func (x *session) patterns(t *turn) {
	if len(x.rules.patterns) == 0 {
		return
	}
	for _, p := range x.rules.patterns {
		for _, at := range p.re.FindAllStringIndex(t.original, -1) {
			if at[0] < at[1] {
				t.placed = append(t.placed, found{at[0], at[1], p.Name, transcript.Fold(t.original[at[0]:at[1]]).Text, p.Confidence, "pattern " + string(p.Name)})
			}
		}
	}
}

// requests are words of turns that ask for something.
var requests = []string{"?", "请", "麻烦", "提供", "告诉", "报一下", "多少", "什么", "核对", "核实", "吗", "哪", "呢", "could", "can i", "may i", "what", "please", "tell me", "confirm", "verify", "provide", "who ", "give me", "i need", "your", "if you have"}

// mostRequest bounds a short turn of an agent's that names what it wants and says
// nothing else, in bytes: postcode please, 身份证后四位.
const mostRequest = 60

// nameRequests are words of turns that ask for a person's name.
var nameRequests = []string{"贵姓", "怎么称呼", "如何称呼", "称呼您", "被保险人是", "机主是", "名字是", "您的名字", "你的名字", "您叫什么", "你叫什么", "叫什么名字", "姓名", "尊姓", "your name", "your full name", "your first", "your last name", "your surname",
	"last name", "first name", "full name", "who am i speaking", "who am i talking", "whom am i", "name please", "name and ", "name, ", "name on the account", "name of the person", "who's calling", "who is calling", "name is it under", "name for the", "name on the order", "spell your", "spell that"}

// listen notes what a turn asks for.
func (a *asking) listen(t *turn, by transcript.Speaker) {
	short := by == transcript.Agent && len(t.text) <= mostRequest && !hasDigits(t.text, 3)
	if !short && !slices.ContainsFunc(requests, func(w string) bool { return strings.Contains(t.text, w) }) {
		return
	}
	next := asking{by: by, left: askedTurns}
	for _, c := range slices.Backward(t.cues) {
		switch {
		case c.topic == topic(Person) || c.topic == order || c.topic == calling:
		case next.topic == "":
			next.topic = c.topic
		case next.besides == "":
			next.besides = c.topic
		}
	}
	next.named = slices.ContainsFunc(nameRequests, func(w string) bool { return strings.Contains(t.text, w) })
	if next.topic != "" || next.named || by == a.by {
		*a = next
	}
}

// settle drops what is too uncertain or allowed, and what is left notes as known.
func (x *session) settle() {
	for _, t := range x.turns {
		t.found = slices.DeleteFunc(t.found, func(f found) bool { return f.confidence < x.rules.Least || x.allowed(t, f) })
		t.found = resolve(t.found)
		for _, f := range t.found {
			x.known.note(t, f)
		}
	}
}

func (x *session) allowed(t *turn, f found) bool {
	return len(x.rules.allowed) > 0 && (x.rules.allowed[f.value] || x.rules.allowed[strings.TrimSpace(t.text[f.start:f.end])])
}

// redaction maps what was found to the originals and puts tags there.
func (x *session) redaction() *Redaction {
	tags := newTagger(x)
	r := &Redaction{session: x.session, Turns: make([]Text, len(x.turns))}
	for _, t := range x.turns {
		x.place(t)
	}
	for _, f := range x.meta {
		x.place(f.turn)
	}
	tags.learn(x)
	for i, t := range x.turns {
		r.Turns[i] = newText(t.original, tags.spans(i, t))
	}
	r.agent, r.customer, r.metadata = tags.fields(x)
	return r
}

// place maps what was found in the folded text to the original, joins what
// overlaps there, and drops the types that the rules leave.
func (x *session) place(t *turn) {
	for _, f := range t.found {
		f.start, f.end = t.folded.Span(f.start, f.end)
		if f.start < f.end {
			t.placed = append(t.placed, f)
		}
	}
	t.placed = slices.DeleteFunc(t.placed, func(f found) bool { return f.confidence < x.rules.Least })
	t.placed = slices.DeleteFunc(resolve(t.placed), func(f found) bool { return !slices.Contains(x.rules.Types, f.typ) })
}
