// Package scorecard reads scorecards: YAML files that list the criteria a
// session is judged by.
//
// Parse reads a file in one pass and reports every mistake with its place.
// What a condition's kind means is not known here: the kinds live in
// classifiers/rule, which reads their parameters from the Node that Parse
// leaves in each Condition and adds its own problems to the same list.
package scorecard

import (
	"slices"
	"time"

	"assay/pipeline/transcript"
)

// Scorecard is one version of a list of criteria. It does not change after Parse.
type Scorecard struct {
	ID      string
	Version string // first 12 hexadecimal digits of the source's SHA-256
	Name    Text
	Source  []byte // the file as it was read
	Scope   Scope
	// Effective are the days on which sessions must begin; see Fits.
	Effective Period

	Mode              Mode
	Pass              float64 // least score that passes, in points (0–100 when weighted)
	UndeterminedLimit float64 // share of the weight, 0–1; above it the score is withheld; default 0.3
	Start, Cap, Floor float64 // deduction mode: where the score starts, and its bounds; default 100, 100, 0

	Conditions []*Condition // shared by all criteria
	Synonyms   [][]string   // groups of words that say the same
	SLA        *Node        // the response matrix as it stands in the file, read by pipeline/sla; nil: the shipped one
	Sections   []*Section

	file     *file
	root     *Node
	criteria []*Criterion // of all sections, once they are read
}

// Mode is the way a score is computed.
type Mode string

// The two modes: a weighted mean of criteria, or points taken from a start value.
const (
	Weighted  Mode = "weighted"
	Deduction Mode = "deduction"
)

// Text is a text for people in Chinese and English; an empty language falls back to the other.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// In returns the text in a language ("zh" or "en").
func (t Text) In(lang string) string {
	if lang == "zh" && t.ZH != "" || t.EN == "" {
		return t.ZH
	}
	return t.EN
}

// Section groups criteria.
type Section struct {
	ID       string
	Name     Text
	Weight   float64 // weighted mode: multiplies the weights of its criteria; default 1
	Criteria []*Criterion
	Node     *Node
}

// Critical says what a criterion that is not met fails.
type Critical string

// A critical criterion fails its section or the whole sheet.
const (
	NotCritical     Critical = ""
	CriticalSection Critical = "section"
	CriticalSheet   Critical = "sheet"
)

// Criterion is one question about a session.
//
// In mode deduction its points count once, or with "per: hit" as often as one
// condition hit: the one that "count" names, or else the first in the deciding
// expression that hit and by hitting decided it. Not_met_when: bad && upset takes
// points for each bad, however often the customer was upset. A criterion that
// took or gave points did so at least once, and never more than AtMost in all.
type Criterion struct {
	ID       string
	Section  string
	Name     Text
	Advice   Text    // what to do better; shown to reviewers and agents
	Weight   float64 // the criterion's own times its section's; 0 for a bonus in weighted mode
	Points   float64 // points added (negative: taken) when the bonus or the violation is found; 0 for what only weighs
	PerHit   bool    // deduction mode: points count per hit, not once: see Count
	Count    string  // the condition whose hits are counted; "" is the first of the deciding expression that hit
	AtMost   float64 // deduction mode: bound of the points' size, 0 is none
	Critical Critical
	Severity Severity
	Category Category
	Stage    Stage // "" is none

	// A criterion is asked when all of these hold; see classifiers for the outcome when not.
	Effective   Period       // the days on which the session must begin
	Business    []string     // the session's business type must be one of them; empty: any
	Requires    *Requirement // nil: nothing
	AppliesWhen *Expr        // nil: always

	MetWhen    *Expr // exactly one of MetWhen, NotMetWhen for a rule
	NotMetWhen *Expr
	Conditions []*Condition
	Evidence   Shown

	Judge  *Judge // nil unless a model answers; then there is no rule
	Manual bool   // answered by people only

	Examples []Example
	Node     *Node
}

// Exprs lists the expressions that the criterion's outcome is made of.
func (c *Criterion) Exprs() []*Expr {
	all := []*Expr{c.AppliesWhen, c.MetWhen, c.NotMetWhen}
	if c.Judge != nil {
		all = append(all, c.Judge.MetWhen, c.Judge.NotMetWhen)
	}
	return slices.DeleteFunc(all, func(e *Expr) bool { return e == nil })
}

// Judge is a closed question for a model, and what rules say beside it.
type Judge struct {
	Question string
	Include  []string // what counts as a yes, besides what the question says
	Exclude  []string // what does not count although it may look like it
	// Prove is the outcome that a quote must prove; the other one is a finding of
	// absence in all turns that were shown.
	Prove Proof
	// Speaker is whose words the quotes must be; "" is anybody's.
	Speaker transcript.Speaker
	// NotMetWhen is a failure that rules see: where it is true the criterion is not
	// met, and no model is asked. Nil: none.
	NotMetWhen *Expr
	// MetWhen is what rules take for a yes. Where the model says otherwise it is
	// asked again, and a lasting difference goes to a person. Nil: none.
	MetWhen *Expr
	// Anchors are conditions around whose hits a long session is shown.
	Anchors []string
}

// Proof is the outcome of a judged criterion that needs a quote.
type Proof string

// The outcomes that quotes prove.
const (
	ProveMet    Proof = "met" // what is asked for was said
	ProveNotMet Proof = "not_met"
	ProveBoth   Proof = "both"
)

// Requirement is another criterion without whose outcome a criterion is not asked.
type Requirement struct {
	Criterion string
	Outcome   string // met, not_met, not_applicable; default met
	Node      *Node  // of the criterion's id
}

// Shown are the conditions whose hits are shown as evidence, by outcome; they
// are never counted. An empty list shows those of the deciding expression.
type Shown struct {
	Met, NotMet []string
}

// Severity grades a criterion that is not met.
type Severity string

// The severities, gravest first.
const (
	Severe   Severity = "severe"
	Moderate Severity = "moderate"
	Minor    Severity = "minor"
)

// Category is the root cause that a criterion that is not met points to.
type Category string

// The categories of root causes.
const (
	Attitude       Category = "attitude"
	ServiceQuality Category = "service_quality"
	Product        Category = "product"
	Process        Category = "process"
)

// Stage is the part of a session that a criterion is about.
type Stage string

// Stages lists the stages of a session in their order.
var Stages = []Stage{"opening", "identity", "need", "solution", "confirmation", "closing"}

// Condition is a named test of a session, of one of the kinds of classifiers/rule.
type Condition struct {
	Name   string
	Kind   string
	Params *Node // the kind's parameters, read by the kind
	Place  *Node // the kind's key, for problems about it
	Where  Where
}

// Where limits a condition to some turns. All limits that are given must hold;
// how they count is said in classifiers/rule/where.go.
type Where struct {
	Speaker transcript.Speaker // "" is any
	Leg     int                // the N-th agent's part of the session, from 1, or LegLast; 0 is the whole session
	First   *Extent            // the first of the speaker's turns
	Last    *Extent            // the last of the speaker's turns
	Range   *Range             // the speaker's turns between two numbers
	Time    *Stretch           // the turns between two times
	Anchors []Anchor
	All     bool // every turn in range must satisfy the condition, not any
}

// LegLast is the part of the session that its last agent had.
const LegLast = -1

// Range is a stretch of turns by number, both ends included. Numbers count from 1
// or, when negative, from −1 backwards; the defaults are 1 and −1.
type Range struct {
	From, To  int
	OfSession bool // the numbers count the turns of all speakers, not the speaker's
}

// Stretch is a stretch of time from the session's beginning; To 0 is its end.
type Stretch struct{ From, To time.Duration }

// Extent is a stretch of a session: a number of turns, a length of time or a
// share. Exactly one of Turns, Time and Percent is not 0.
type Extent struct {
	Turns   int
	Time    time.Duration
	Percent float64 // 0–100, of the turns, rounded up; when OfTime, of the time
	OfTime  bool
}

// Timed reports whether an extent, which may be nil, is one of time: nobody knows
// what it takes of a session without times.
func (x *Extent) Timed() bool { return x != nil && (x.Time > 0 || x.OfTime) }

// Side says on which side of an anchor's hit a turn must lie.
type Side string

// The sides of an anchor. The turn of the hit itself belongs to none but around.
const (
	Before Side = "before"
	After  Side = "after"
	Around Side = "around"
	At     Side = "at" // the turn of the hit itself
)

// Anchor limits a condition to the turns on one side of another condition's hits.
type Anchor struct {
	Side      Side
	Condition string
	Hit       int     // N-th hit from 1; HitAny or HitEvery
	Within    *Extent // nil: no limit
	From      int     // the nearest turn that counts, 1 being the next one; 0 is 1
	Node      *Node
}

// HitAny takes the turns around any hit of the anchor; HitEvery demands the
// condition around each one; HitLast takes the last hit.
const (
	HitAny   = 0
	HitEvery = -1
	HitLast  = -2
)

// Example is a short session with the outcome that the criterion must have on it.
type Example struct {
	Session *transcript.Session
	Outcome string // met, not_met, not_applicable, undetermined
	Node    *Node
}

// Criteria returns all criteria in order. The result must not be changed.
func (s *Scorecard) Criteria() []*Criterion {
	if s.criteria != nil {
		return s.criteria
	}
	var all []*Criterion
	for _, sec := range s.Sections {
		all = append(all, sec.Criteria...)
	}
	return all
}

// Problems returns the mistakes found so far, in the order of the file: those
// of Parse and those that readers of condition parameters added since.
func (s *Scorecard) Problems() Problems {
	s.file.problems.sort()
	return s.file.problems
}
