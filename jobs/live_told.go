package jobs

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"assay/pipeline"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// The kinds of what readers of a running session are told. Each has a content of
// its own below: places in the transcript stand for the words said there, so that
// nothing personal is stored besides the turns.
const (
	LiveTurnKind        = "turn"
	LiveSuggestionsKind = "suggestions"
	LiveWarningKind     = "warning"
	LiveClockKind       = "clock"
	LiveEndedKind       = "ended"
)

// LiveSaid tells that a turn is there, has other words or became final.
type LiveSaid struct {
	Turn int `json:"turn"`
}

// LiveSuggestions are the solutions for what the customer asks now; they stand in
// place of those told before. None: nothing fits.
type LiveSuggestions struct {
	Turn        int              `json:"turn"`  // the one that asks
	Turns       []int            `json:"turns"` // all that are part of the question
	Suggestions []LiveSuggestion `json:"suggestions"`
}

// LiveSuggestion is a suggested solution, with all of its answer.
type LiveSuggestion struct {
	SolutionID string  `json:"solution_id"`
	Title      string  `json:"title"`
	Score      float64 `json:"score"`
	Passage    string  `json:"passage"`
	Answer     string  `json:"answer"`
}

// LiveWarningOf says what a warning is about, from a closed list.
type LiveWarningOf string

// What warnings are about.
const (
	LiveTone      LiveWarningOf = "tone"      // somebody's tone in one turn
	LiveCriterion LiveWarningOf = "criterion" // a criterion that is not met, whatever is still said
)

// LiveWarning is told once: of a tone of the agent once for each turn, of one of
// the customer once in a session, of a criterion once.
type LiveWarning struct {
	Of        LiveWarningOf          `json:"of"`
	Label     pipeline.Label         `json:"label,omitempty"`
	Criterion string                 `json:"criterion,omitempty"`
	Scorecard *pipeline.ScorecardRef `json:"scorecard,omitempty"`
	Severity  pipeline.FlagSeverity  `json:"severity"`
	Evidence  []transcript.Span      `json:"evidence"`
}

// LiveClockState says how a customer's wait stands, from a closed list.
type LiveClockState string

// The states of a clock.
const (
	ClockRunning LiveClockState = "running"
	ClockWarned  LiveClockState = "warned" // four fifths of the time are over
	ClockPassed  LiveClockState = "passed"
	ClockCleared LiveClockState = "cleared" // answered
)

// LiveClock tells how long the customer may wait for an answer. Times are of the
// wall, so that readers count down by themselves.
type LiveClock struct {
	State    LiveClockState `json:"state"`
	Turn     int            `json:"turn"`  // that waits for an answer
	First    bool           `json:"first"` // it is the session's first answer
	Since    time.Time      `json:"since"`
	WarnAt   time.Time      `json:"warn_at"`
	Deadline time.Time      `json:"deadline"`
}

// LiveEnd says why a session ended, from a closed list.
type LiveEnd string

// Why sessions end.
const (
	LiveEndAsked LiveEnd = "asked" // its sender said so
	LiveEndIdle  LiveEnd = "idle"  // nothing came in for long
)

// LiveEnded tells that a session has ended, and what it is stored as.
type LiveEnded struct {
	Reason  LiveEnd          `json:"reason"`
	Session store.SessionKey `json:"session,omitempty"`
}

// liveState is what a running session remembers of what it told.
type liveState struct {
	Told  []string   `json:"told,omitempty"`  // what is not told twice
	Asked string     `json:"asked,omitempty"` // the last suggestions, in short
	Clock *LiveClock `json:"clock,omitempty"` // of who waits now
}

// telling gathers what a change tells.
type telling struct {
	r        *liveRunning
	events   []store.LiveEvent
	warnings int
}

// tell adds an event; once is "" for what may be told again.
func (t *telling) tell(kind, once string, content any) error {
	if once != "" {
		if slices.Contains(t.r.state.Told, once) {
			return nil
		}
		t.r.state.Told = append(t.r.state.Told, once)
	}
	b, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("live session %q: %w", t.r.row.SourceID, err)
	}
	if kind == LiveWarningKind {
		t.warnings++
	}
	seq := t.r.row.Events + int64(len(t.events)) + 1
	t.events = append(t.events, store.LiveEvent{Seq: seq, Kind: kind, Once: once, Content: string(b)})
	return nil
}

// change is what is stored of it all.
func (t *telling) change() (store.LiveChange, error) {
	r := t.r
	state, err := json.Marshal(r.state)
	if err != nil {
		return store.LiveChange{}, fmt.Errorf("live session %q: %w", r.row.SourceID, err)
	}
	head := *r.session
	head.Turns = nil
	c := store.LiveChange{
		Key: r.row.Key, Version: r.row.Version, Head: &head, Count: len(r.final), Bytes: r.bytes(), Heard: len(r.touched) > 0,
		Events: t.events, Warnings: t.warnings, State: string(state),
	}
	for _, i := range r.touched {
		c.Turns = append(c.Turns, store.LiveTurn{Turn: i, Content: r.content[i], Final: r.final[i]})
	}
	if clock := r.state.Clock; clock != nil {
		c.DueAt, c.WakeAt = &clock.Deadline, clock.next()
	}
	return c, nil
}
