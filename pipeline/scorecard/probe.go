package scorecard

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A probe stands in a Node for a value of a file that there may be. Readers run
// over it as over any file, and it notes in a Shape what they ask for. What a
// reader decides upon (is it a list? which word is it? is the key there at
// all?) is a choice: the readers run again for every answer that may be given.
//
// Texts that a reader interprets by itself are tried out: it is given samples,
// and a sample that it reports no problem about may stand there.
type probe struct {
	path   string
	depth  int
	run    *run
	shape  *Shape
	second bool // the entry of a list that must not be like the first
}

// run is one way through the readers.
type run struct {
	forced map[string]int // what is chosen, by choice; all others are 0
	met    []choice       // the choices that were met, in order
	used   map[*Shape]int // by shape with text: the sample that stood there
	wrong  map[*Shape]bool
	read   map[*Shape]map[string]bool // the keys that a mapping must have
	texts  map[*Shape]bool            // where the text itself was asked for
	empty  map[*Shape]bool            // lists that had no entry
}

type choice struct {
	key    string
	answer int // how many answers there are
}

// Shape is what readers ask of one place of a file.
type Shape struct {
	isMap, isList bool
	closed        bool // no keys but those asked for
	kinded        bool // exactly one key is a kind of condition
	keys          map[string]*Shape
	must          map[string]bool
	other         *Shape // the value of any key
	entry         *Shape
	filled        bool // the list must not be empty

	samples  []string // texts that are tried out
	accepted map[string]bool
	text     bool
	notBlank bool
	scalars  []schema // of numbers, words and the like, each once
}

// textSamples are any text, a whole number, a duration, percentages and a day.
var textSamples = []string{"x", "1", "1s", "1%", "1% time", "2026-01-31"}

// probeDepth ends readers that go on for ever in what they read.
const probeDepth = 24

// mostRuns bounds the exploration of one reader; the language needs some thousands.
const mostRuns = 200_000

// Explore finds out what a reader accepts.
func Explore(read func(n *Node)) *Shape {
	root := &Shape{}
	queue := []map[string]int{{}}
	known := map[string]int{}
	for runs := 0; len(queue) > 0 && runs < mostRuns; runs++ {
		r := &run{
			forced: queue[0], used: map[*Shape]int{}, wrong: map[*Shape]bool{}, read: map[*Shape]map[string]bool{},
			texts: map[*Shape]bool{}, empty: map[*Shape]bool{},
		}
		queue = queue[1:]
		read(&Node{probe: &probe{run: r, shape: root}})
		r.learn()
		for _, c := range r.met {
			for answer := max(1, known[c.key]); answer < c.answer; answer++ {
				next := maps.Clone(r.forced)
				next[c.key] = answer
				queue = append(queue, next)
			}
			known[c.key] = max(known[c.key], c.answer)
		}
	}
	return root
}

// learn takes over what the run showed as a whole.
func (r *run) learn() {
	for s, must := range r.read {
		if s.must == nil {
			s.must = must
		}
		maps.DeleteFunc(s.must, func(key string, _ bool) bool { return !must[key] })
	}
	for s := range r.texts {
		if !r.wrong[s] {
			s.accepted[s.samples[r.used[s]]] = true
		}
	}
	for s := range r.empty {
		s.filled = s.filled || r.wrong[s]
	}
}

// choose is the answer to one question that a reader asks about a place.
func (p *probe) choose(question string, answers int) int {
	key := p.path + " " + question
	p.run.met = append(p.run.met, choice{key, answers})
	return min(p.run.forced[key], answers-1)
}

func (p *probe) child(name string, at **Shape) *Node {
	if *at == nil {
		*at = &Shape{}
	}
	return &Node{probe: &probe{path: p.path + "." + name, depth: p.depth + 1, run: p.run, shape: *at}}
}

func (p *probe) isMap() bool {
	return p.run.read[p.shape] != nil || p.depth < probeDepth && p.choose("kind", 3) == 1
}

func (p *probe) isList() bool {
	return p.run.read[p.shape] == nil && p.depth < probeDepth && p.choose("kind", 3) == 2
}

func (p *probe) mapping() {
	s := p.shape
	s.isMap = true
	if s.keys == nil {
		s.keys = map[string]*Shape{}
	}
	if p.run.read[s] == nil {
		p.run.read[s] = map[string]bool{}
	}
}

// anyKey stands for all keys of a mapping whose keys are free.
const anyKey = "*"

// keyed is the value of a key, nil when it is chosen to be absent.
func (p *probe) keyed(name string, must bool) *Node {
	p.mapping()
	if name == anyKey {
		return p.child(name, &p.shape.other)
	}
	at := p.shape.keys[name]
	n := p.child(name, &at)
	p.shape.keys[name] = at
	if must {
		p.run.read[p.shape][name] = true
		return n
	}
	if p.depth >= probeDepth || p.choose("has "+name, 2) == 1 {
		return nil
	}
	return n
}

// place stands for a key itself, which may be any.
func (p *probe) place(name string) *Node {
	return &Node{probe: &probe{path: p.path + " key " + name, depth: p.depth + 1, run: p.run, shape: &Shape{}, second: true}}
}

func (p *probe) list() []*Node {
	p.shape.isList = true
	n := p.child("[]", &p.shape.entry)
	entries := []int{1, 0, 2}[p.choose("entries", 3)]
	if p.depth >= probeDepth {
		entries = 0
	}
	if entries == 0 {
		p.run.empty[p.shape] = true
	}
	list := slices.Repeat([]*Node{n}, entries)
	if entries > 1 {
		second := *n.probe
		second.second = true
		list[1] = &Node{probe: &second}
	}
	return list
}

// sample is the text that stands at the place in this run.
func (p *probe) sample() string {
	s := p.shape
	if s.samples == nil {
		s.samples, s.accepted = slices.Clone(textSamples), map[string]bool{}
	}
	i := p.choose("text", len(s.samples))
	p.run.used[s] = i
	if p.second && i == 0 {
		return "y"
	}
	return s.samples[i]
}

func (p *probe) readText() string {
	text := p.sample()
	p.shape.text = true
	p.run.texts[p.shape] = true
	return text
}

// aWord is what may stand at a place, told as a word or as a text in quotes.
var aWord = regexp.MustCompile(`^(?:([a-z][a-z_]*)|"(.+)")$`)

// wrongText notes that a reader reported the place; words and examples that it
// would rather have are samples from now on.
func (p *probe) wrongText(allowed []string) {
	p.run.wrong[p.shape] = true
	if p.shape.samples == nil {
		return
	}
	for _, word := range allowed {
		m := aWord.FindStringSubmatch(word)
		if m != nil && !slices.Contains(p.shape.samples, m[1]+m[2]) {
			p.shape.samples = append(p.shape.samples, m[1]+m[2])
		}
	}
	p.choose("text", len(p.shape.samples))
}

// scalar notes that a place may hold what a schema says.
func (p *probe) scalar(what schema) {
	delete(p.run.texts, p.shape) // it was looked at in order to be read so
	for _, known := range p.shape.scalars {
		if what["type"] != nil && known["type"] == what["type"] && (what["minimum"] != nil || what["maximum"] != nil) {
			widen(known, what)
			return
		}
		if known.compact() == what.compact() {
			return
		}
	}
	p.shape.scalars = append(p.shape.scalars, what)
}

// widen leaves a bound out that hangs on what stands elsewhere in the file.
func widen(known, other schema) {
	for _, bound := range []string{"minimum", "maximum"} {
		if known[bound] != other[bound] {
			delete(known, bound)
		}
	}
}

func (p *probe) oneOf(allowed []string) string {
	if slices.Contains(allowed, anyKey) { // the keys of a mapping of this file
		p.scalar(schema{"type": "string"})
		return anyKey
	}
	p.scalar(schema{"enum": slices.Clone(allowed)})
	if len(allowed) == 0 {
		return ""
	}
	return allowed[p.choose("word "+strings.Join(allowed, " "), len(allowed))]
}

// durationPattern is what time.ParseDuration reads, but for a sign.
const durationPattern = `^(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`

func (p *probe) duration() time.Duration {
	p.scalar(schema{"type": "string", "pattern": durationPattern})
	return time.Second
}

// value is a text, a number or a truth value.
func (p *probe) value() any {
	switch p.choose("value", 3) {
	case 1:
		p.scalar(schema{"type": "number"})
		return 1.0
	case 2:
		p.scalar(schema{"type": "boolean"})
		return true
	}
	p.scalar(schema{"type": "string"})
	return "x"
}
