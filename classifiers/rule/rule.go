// Package rule evaluates the deterministic conditions of scorecards.
//
// Compile reads every condition's parameters into a Set. A Set judges any
// number of sessions at once; what belongs to one session lives in an
// Evaluation, which computes each condition when it is first asked for and
// keeps the result.
//
// A kind of condition is one file here and one line in kinds. A kind sees only
// the turns that the condition's where leaves (see where.go) and answers with
// one of three states; what it cannot know is NotEvaluable with a reason.
//
// Texts are matched in their folded form (transcript.Fold); hits are spans of
// the original text.
package rule

import (
	"maps"
	"slices"

	"assay/pipeline/scorecard"
	"assay/pipeline/sla"
	"assay/pipeline/transcript"
)

// reader reads a kind's parameters from m and reports what is wrong with them
// there. The caller checks for unknown keys.
type reader func(b *builder, c *condition, m *scorecard.Map) test

// kinds lists all kinds of conditions by their key in a scorecard.
func kinds() map[string]reader {
	return map[string]reader{
		"keywords":     readKeywords,
		"regex":        readRegex,
		"pattern":      readPattern,
		"similarity":   readSimilarity,
		"entity":       readEntity,
		"response_gap": readResponseGap,
		"silence":      readSilence,
		"turn_count":   readTurnCount,
		"speaker_at":   readSpeakerAt,
		"duration":     readDuration,
		"metadata":     readMetadata,
		"tone":         readTone,
		"repeat":       readRepeat,
		"same_turn":    readSameTurn,
		"turn_length":  readTurnLength,
		"criterion":    readCriterion,
		"speech_rate":  readSpeechRate,
		"interruption": readInterruption,
		"talk_ratio":   readTalkRatio,
		"late_answer":  readLateAnswer,
		"late_hang_up": readLateHangUp,
		"loudness":     readLoudness,
		"sequence":     readSequence,
		"flow":         readFlow,
		"knowledge":    readKnowledge,
	}
}

// Kinds returns the keys of all kinds of conditions, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds())) }

// test is a condition of one kind with its parameters.
type test interface {
	// judge looks at the given turns, ascending. Turns may be empty.
	judge(e *Evaluation, turns []int) outcome
}

// condition is a scorecard's condition, ready to be evaluated.
type condition struct {
	*scorecard.Condition
	id      int
	test    test
	anchors []*condition // in the order of Where.Anchors
	refs    []*reference // other conditions that the parameters name
	asks    *answered    // the criterion that the parameters name; nil: none
	askNode *scorecard.Node

	// What a reader sets when its kind is not like most:
	speaker  transcript.Speaker // whose turns are judged; Where.Speaker unless the kind says otherwise
	whole    bool               // judges the session as a whole: no where
	nowhere  bool               // a hit has no place in the transcript: no anchor
	turnwise bool               // judges turns one by one: turns: all is possible
	local    bool               // hits a range when it hits one of its turns
	partial  bool               // may know of some turns only whether it hits there
}

// Set is the conditions of one scorecard. It does not change after Compile and
// is safe for concurrent use.
type Set struct {
	conditions []*condition
	shared     map[string]*condition
	own        map[*scorecard.Criterion]map[string]*condition
	literals   *dictionary
	runs       []int // so many digits together are asked for
}

// Compile reads the parameters of all conditions of a scorecard. Mistakes go to
// the scorecard's Problems; a Set of a scorecard with problems must not be used.
func Compile(card *scorecard.Scorecard) *Set {
	b := &builder{kinds: kinds(), ids: map[string]int32{}, criteria: map[string]*answered{}, texts: map[int32]string{}, groups: groups(card)}
	for i, c := range card.Criteria() {
		b.criteria[c.ID] = &answered{Criterion: c, id: i}
	}
	if card.SLA != nil {
		b.sla = sla.ReadMatrix(card.SLA)
	}
	s := &Set{own: map[*scorecard.Criterion]map[string]*condition{}}
	s.shared = b.conditions(card.Conditions)
	b.resolve(card.Conditions, s.shared, nil)
	for _, c := range card.Criteria() {
		s.own[c] = b.conditions(c.Conditions)
		b.resolve(c.Conditions, s.own[c], s.shared)
	}
	b.resolveCriteria(s)
	b.checkCircles()
	s.conditions = b.compiled
	s.literals, s.runs = newDictionary(b.literals, b.uses), b.runs
	return s
}

// Tonal reports whether a condition that a criterion names is of kind tone.
func (s *Set) Tonal(c *scorecard.Criterion, name string) bool {
	return s.find(c, name).Kind == "tone"
}

func (s *Set) find(c *scorecard.Criterion, name string) *condition {
	if own, ok := s.own[c][name]; ok {
		return own
	}
	return s.shared[name]
}

// builder gathers what conditions share while they are compiled.
type builder struct {
	kinds    map[string]reader
	criteria map[string]*answered
	sla      *sla.Matrix // nil until asked for, unless the scorecard has its own
	compiled []*condition
	ids      map[string]int32 // of literals
	literals []string
	uses     []use               // by literal
	runs     []int               // of digits that patterns require
	size     int                 // bytes of all literals
	texts    map[int32]string    // of words, as they were last read
	groups   map[string][]string // of synonyms, by each folded word
}

// digits takes down that a pattern requires a run of digits.
func (b *builder) digits(n int) {
	if n > 0 && !slices.Contains(b.runs, n) {
		b.runs = append(b.runs, n)
	}
}

func (b *builder) conditions(list []*scorecard.Condition) map[string]*condition {
	byName := map[string]*condition{}
	for _, c := range list {
		byName[c.Name] = b.condition(c)
	}
	return byName
}

func (b *builder) condition(sc *scorecard.Condition) *condition {
	c := &condition{Condition: sc, id: len(b.compiled), speaker: sc.Where.Speaker}
	b.compiled = append(b.compiled, c)
	if sc.Kind == "" {
		return c // Parse has said so
	}
	read := b.kinds[sc.Kind]
	if read == nil {
		sc.Place.Problem(Kinds(), "unknown kind of condition%s", meant(sc.Kind, Kinds()))
		return c
	}
	m := sc.Params.Map()
	if !sc.Params.IsMap() {
		return c
	}
	c.test = read(b, c, m)
	m.Done()
	b.checkWhere(c)
	return c
}

// checkWhere finds limits that do nothing for the condition's kind.
func (b *builder) checkWhere(c *condition) {
	w := c.Where
	if c.whole && (w.Speaker != "" || w.Leg != 0 || w.First != nil || w.Last != nil || w.Range != nil || w.Time != nil || len(w.Anchors) > 0) {
		c.Place.Problem(nil, "%s judges the session as a whole: speaker, leg, first, last, range, time, before, after, around and at do nothing here", c.Kind)
	}
	if w.All && !c.turnwise {
		c.Place.Problem([]string{"keywords", "regex", "pattern", "similarity", "entity", "tone"}, "turns: all needs a kind that judges turns one by one")
	}
	every := 0
	for _, a := range w.Anchors {
		if a.Hit == scorecard.HitEvery {
			every++
		}
		if every == 2 && a.Hit == scorecard.HitEvery {
			a.Node.Problem(nil, "only one anchor of a condition may ask for every hit")
		}
	}
}

// speakerOf reads the optional key "of": whose turns a kind judges. It stands
// in for where's speaker, so that only one of them may be given.
func (c *condition) speakerOf(m *scorecard.Map) {
	of := transcript.Agent
	n := m.Key("of")
	if n != nil {
		of = transcript.Speaker(n.OneOf(string(transcript.Agent), string(transcript.Customer)))
	}
	if c.Where.Speaker != "" && c.Where.Speaker != of {
		c.Place.Problem([]string{"of"}, "%s is about the turns of %s, the condition's speaker is %s", c.Kind, of, c.Where.Speaker)
	}
	c.speaker = of
}

func meant(s string, known []string) string {
	if near := scorecard.Nearest(s, known); near != "" {
		return "; did you mean \"" + near + "\"?"
	}
	return ""
}
