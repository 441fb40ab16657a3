package pipeline

import (
	"context"
	"fmt"
	"time"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Judge answers criteria by asking a model. It is safe for concurrent use.
type Judge interface {
	// Judge answers the asked criteria of one session, by their ids. What the model
	// answers badly is Undetermined with a reason; an error means that it could not
	// be asked: it is an *Unavailable, or ctx's, and comes with what was answered
	// before.
	Judge(ctx context.Context, q Judging) (map[string]Judgement, error)
	// Version names the model, its endpoint, and the prompt.
	Version() string
}

// Judging is what a model is asked about one session.
type Judging struct {
	Session  *transcript.Session
	Card     *scorecard.Scorecard
	Criteria []*scorecard.Criterion // at least one, in the scorecard's order
	// Anchors are places that rules found, by criterion: a long session is shown
	// around them.
	Anchors map[string][]transcript.Span
	// Vote tells independent answers to the same questions apart: 0 is the first.
	Vote int
	// Withhold are turns whose text is not shown: the judgement is compared with one
	// that saw them.
	Withhold []int
	Ref      Ref
}

// Ref says for the accounts what is judged. The zero value is a session that is
// not stored.
type Ref struct {
	Transcript int64  // key of the stored transcript
	Scorecard  int64  // key of the published scorecard
	Plan, Rule string // the plan's id and the rule that took the session; "" without one
	Run        string // of judging old sessions; "" without one
	Caps       Caps
}

// Caps are the most that asking may take, besides what holds for all sessions
// together: of one session, of the plan and of its rule on one day, and of a run.
type Caps struct{ Session, Plan, Rule, Run Cap }

// Cap is a limit; 0 is none.
type Cap struct {
	Tokens int64
	Money  int64 // in millionths of the currency's unit
}

// Judgement is a model's answer to one criterion, after all checks.
type Judgement struct {
	Outcome   Outcome
	Reason    Reason     // why it is undetermined or not applicable
	Rationale string     // in the reviewer's language
	Evidence  []Evidence // what was quoted, each found in its turn
	JudgeRecord
}

// JudgeRecord says how a judgement came about. It is part of the verdict.
type JudgeRecord struct {
	Model    string    `json:"model"`    // as the endpoint names the model that answered
	Asked    string    `json:"asked"`    // model@host that was asked
	Template string    `json:"template"` // of the prompt: first 12 hexadecimal digits of SHA-256
	Input    string    `json:"input"`    // likewise, of what was sent but for its random delimiter
	Redacted bool      `json:"redacted"` // personal data was replaced before it was sent
	Votes    []Outcome `json:"votes,omitempty"`
	// From and To are the first and the last turn that was shown; LeftOut are those
	// between them that were not, as pairs of first and last.
	From    int      `json:"from"`
	To      int      `json:"to"`
	LeftOut [][2]int `json:"left_out,omitempty"`
	Cut     []int    `json:"cut,omitempty"` // turns of which the end was not shown
	// Withheld are turns that look like orders to a model: without them it answered
	// the same.
	Withheld []int `json:"withheld,omitempty"`
	// OtherLanguage: the reason is not in the language that was asked for.
	OtherLanguage bool `json:"other_language,omitempty"`
	// Alone is what it answered when nothing but the proof of its answer was shown, the
	// last of the votes where there are any; "" where that was not asked.
	Alone Outcome `json:"alone,omitempty"`
}

// Unavailable is why a model could not be asked: for now, or at all.
type Unavailable struct {
	Reason Reason // ModelUnavailable, OverBudget
	Err    error
	// Until says when asking again may help, on the caller's clock; zero when
	// somebody must do something first.
	Until time.Time
}

func (u *Unavailable) Error() string { return fmt.Sprintf("model not asked: %s: %v", u.Reason, u.Err) }

// Unwrap returns the cause.
func (u *Unavailable) Unwrap() error { return u.Err }
