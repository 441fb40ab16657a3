package pipeline

import (
	"context"

	"assay/pipeline/injection"
	"assay/pipeline/redact"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Outcome is the answer to a criterion.
type Outcome string

// The outcomes. Only Met and NotMet count in a score.
const (
	Met           Outcome = "met"
	NotMet        Outcome = "not_met"
	NotApplicable Outcome = "not_applicable"
	Undetermined  Outcome = "undetermined"
)

// Outcomes lists all outcomes.
var Outcomes = []Outcome{Met, NotMet, NotApplicable, Undetermined}

// Reason says why an outcome is as it is, from a closed list; "" needs no reason.
type Reason string

// The reasons of findings and of conditions that could not be evaluated.
const (
	NoTimestamps  Reason = "no_timestamps"  // the transcript has no times where they are needed
	NoMetadata    Reason = "no_metadata"    // the session lacks the field that is compared
	WrongType     Reason = "wrong_type"     // the field's value cannot be compared this way
	NoModel       Reason = "no_model"       // a model is asked, and none is configured
	NeedsPerson   Reason = "needs_person"   // only people answer this criterion
	NoOpportunity Reason = "no_opportunity" // applies_when does not hold
	NoLimit       Reason = "no_limit"       // no row of the response matrix is for this session
	OutOfScope    Reason = "out_of_scope"   // the anchor of the condition did not occur
	NotEffective  Reason = "not_effective"  // the session began on a day on which the criterion does not count
	OtherBusiness Reason = "other_business" // the criterion is about other business types
	Prerequisite  Reason = "prerequisite"   // a criterion that it depends on has another outcome, or none
	MonoAudio     Reason = "mono_audio"     // the recording has one channel for all: nobody knows who spoke while another did
	NoLoudness    Reason = "no_loudness"    // the transcript does not say how loud turns were
	NoLibrary     Reason = "no_library"     // no solution library to compare with

	// ModelUnavailable: a model is asked, and did not answer as it should.
	ModelUnavailable Reason = "model_unavailable"
)

// The reasons why a model's answer is missing or does not count.
const (
	Pending       Reason = "pending"        // the model will be asked
	NotSelected   Reason = "not_selected"   // this session is not one of those that are judged
	OverBudget    Reason = "budget"         // asking would cost more than is allowed
	TooLong       Reason = "too_long"       // the session does not fit the model
	Unreadable    Reason = "parse"          // the answer did not have the form that was asked for
	NoQuote       Reason = "quote"          // what the answer quotes was not said, or not by that speaker
	Contradiction Reason = "contradiction"  // answer and reason, or quotes, do not agree
	CutShort      Reason = "length"         // the answer ended at the model's limit
	Refused       Reason = "refused"        // the model would not answer
	Filtered      Reason = "content_filter" // the endpoint held the answer back
	Unsure        Reason = "unsure"         // the model could not tell
	Split         Reason = "split"          // several answers, or model and rule, differ
	Manipulated   Reason = "manipulated"    // the answer followed orders that stand in the transcript
)

// By says who answered a criterion.
type By string

// The ways in which a criterion is answered.
const (
	ByRule     By = "rule"
	ByTone     By = "tone"
	ByJudge    By = "judge"
	ByReviewer By = "reviewer"
)

// Evidence is a place in the transcript with its text: Quote is always
// the turn's original text between Start and End.
type Evidence struct {
	transcript.Span
	Quote string `json:"quote"`
	// Condition is the condition that hit here.
	Condition string `json:"condition,omitempty"`
}

// Step is one condition's part in an answer.
type Step struct {
	Condition string          `json:"condition"`
	State     scorecard.State `json:"state"`
	Reason    Reason          `json:"reason,omitempty"` // why it could not be evaluated
	// Searched is how many turns were looked at: a condition that did not hit
	// was looked for in all of them.
	Searched int `json:"searched"`
	// From and To are the first and the last of those turns; -1 when there are none.
	From int `json:"from"`
	To   int `json:"to"`
}

// Answer is what a classifier says about one criterion.
type Answer struct {
	Outcome  Outcome
	Reason   Reason
	By       By
	Hits     int // how often "per: hit" counts the points, at least 1: see scorecard.Criterion
	Evidence []Evidence
	Why      []Step
	// Judgement is the model's part in the answer; nil where none was asked.
	Judgement *Judgement
	// Ruled is what rules take a model's criterion for; "" when they do not say.
	Ruled Outcome
	// Anchors are places around which a model is shown a long session.
	Anchors []transcript.Span
}

// Input is a session prepared for classifiers: what all of them need is computed once.
type Input struct {
	Session *transcript.Session
	Folded  []transcript.Folded // one for each turn
	Tone    Tone
	// Questions are what the customer asked, with the solutions for it; nil when
	// there is no library.
	Questions []Question
	// Injections are the places that speak to a judging model rather than to the
	// other party, in order.
	Injections []injection.Place
	// Embedder compares what texts mean; nil when none is configured.
	Embedder Embedder
	// Judged are a model's answers by the criterion's id; Unjudged says why others
	// have none, by default NoModel.
	Judged   map[string]Judgement
	Unjudged Reason

	folder transcript.Folder
}

// Reset makes the input one of another session, whose text it folds, in the
// memory that it has, and keeps the embedder. What was taken from it before is no longer good.
func (in *Input) Reset(s *transcript.Session) {
	in.Session, in.Tone, in.Questions, in.Judged, in.Injections = s, Tone{}, nil, nil, nil
	in.Folded = in.folder.Turns(s.Turns, in.Folded)
}

// NewInput folds the session's turns. Its Tone is empty until it is classified.
func NewInput(s *transcript.Session) *Input {
	in := &Input{Session: s, Folded: make([]transcript.Folded, len(s.Turns))}
	for i := range s.Turns {
		in.Folded[i] = transcript.Fold(s.Turns[i].Text)
	}
	return in
}

// Classifier answers all criteria of one scorecard, in the scorecard's order.
// What cannot be answered is Undetermined with a reason, never an error. When
// ctx is done it returns early, with as many answers as ever, of no meaning.
type Classifier interface {
	Classify(ctx context.Context, in *Input) []Answer
}

// ToneClassifier finds the tone of every turn and the customer's way through the
// session. When ctx is done it returns early, with a tone of no meaning.
type ToneClassifier interface {
	Classify(ctx context.Context, in *Input) Tone
	// Version changes whenever the classifier may answer differently.
	Version() string
}

// Embedder turns texts into vectors. It is safe for concurrent use.
type Embedder interface {
	// Embed returns a vector of length 1 for each text, all of one dimension. The
	// cosine of two of them says how alike their texts' meanings are. An error
	// means that there is none for any text.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
	// Redaction says what personal data the texts of sessions must have lost before
	// they are given to Embed; nil takes them as they are.
	Redaction() *redact.Rules
	// Version changes whenever the vectors may be others.
	Version() string
}

// Suggester finds the customer's questions and the solutions that answer them.
type Suggester interface {
	Questions(ctx context.Context, s *transcript.Session) ([]Question, error)
	// Version changes whenever the library or the ranking does.
	Version() string
}

// Question is something the customer asked, with suggested solutions, best first.
type Question struct {
	Turn        int          `json:"turn"`
	Text        string       `json:"text"`
	Suggestions []Suggestion `json:"suggestions"`
	// Carried: it goes on with an earlier question, whose solution it was given.
	Carried  bool      `json:"carried,omitempty"`
	Answered *Answered `json:"answered,omitempty"` // nil where nobody compared
}

// Answered says whether the agent answered a question as its solution does.
type Answered struct {
	Outcome    AnsweredOutcome `json:"outcome"`
	SolutionID string          `json:"solution_id,omitempty"` // "" with NoSolution
	Said       []Evidence      `json:"said,omitempty"`        // by the agent
	Solution   string          `json:"solution,omitempty"`    // the part of the solution's answer, verbatim, that it was compared with
	Why        string          `json:"why,omitempty"`         // of Contradicted: what differs
}

// AnsweredOutcome is from a closed list.
type AnsweredOutcome string

// The outcomes of comparing an agent's answer with the solution.
const (
	InLine       AnsweredOutcome = "in_line"
	Contradicted AnsweredOutcome = "contradicted"
	NotAnswered  AnsweredOutcome = "not_answered"
	NoSolution   AnsweredOutcome = "no_solution"
)

// Suggestion is a solution for a question.
type Suggestion struct {
	SolutionID string  `json:"solution_id"`
	Title      string  `json:"title"`
	Score      float64 `json:"score"` // 0–1; nothing below the threshold is suggested
	Passage    string  `json:"passage"`
	// The solution's whole answer and tags, for classifiers; no part of a verdict.
	Answer string   `json:"-"`
	Tags   []string `json:"-"`
}

// Label is a tone that a turn may have.
type Label string

// The tones of agents and of customers.
const (
	Rude          Label = "rude"
	Shirking      Label = "shirking"
	Perfunctory   Label = "perfunctory"
	Impatient     Label = "impatient"
	Interrogating Label = "interrogating"
	Courteous     Label = "courteous"
	Apologetic    Label = "apologetic"
	Empathetic    Label = "empathetic"
	Appreciative  Label = "appreciative" // thanks the customer
	Enthusiastic  Label = "enthusiastic" // is glad to help, or for the customer

	Angry      Label = "angry"
	Complaint  Label = "complaint"
	Escalation Label = "escalation" // asks for a superior
	Publicity  Label = "publicity"  // threatens publicity, authorities or the law
	Abuse      Label = "abuse"
	Churn      Label = "churn"
	Praise     Label = "praise"
	Satisfied  Label = "satisfied"
)

// AgentLabels and CustomerLabels list the tones of each speaker.
var (
	AgentLabels    = []Label{Rude, Shirking, Perfunctory, Impatient, Interrogating, Courteous, Apologetic, Empathetic, Appreciative, Enthusiastic}
	CustomerLabels = []Label{Angry, Complaint, Escalation, Publicity, Abuse, Churn, Praise, Satisfied}
)

// Tone is the tone of a session.
type Tone struct {
	Customer Trend      `json:"customer"`
	Turns    []TurnTone `json:"turns"` // turns with at least one label
}

// Trend is how the customer felt, from −1 (angry) to 1 (pleased), in the first
// and in the last third of the messages, where those that tell nothing count 0.
// All are null when no message tells anything; Shift is End − Begin.
type Trend struct {
	Begin *float64 `json:"begin"`
	End   *float64 `json:"end"`
	Shift *float64 `json:"shift"`
}

// TurnTone is the tone of one turn: labels with confidence in (0, 1], and the
// places that gave them, of which there may be fewer than occurred.
type TurnTone struct {
	Turn   int               `json:"turn"`
	Labels map[Label]float64 `json:"labels"`
	Marks  []ToneMark        `json:"marks"`
}

// ToneMark is the place in a turn that gave it a label.
type ToneMark struct {
	Label Label  `json:"label"`
	Start int    `json:"start"` // byte offsets into the turn's original text
	End   int    `json:"end"`
	Quote string `json:"quote"`
}
