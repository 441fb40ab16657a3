// Package transcript holds the canonical session, reads it from the formats
// that other systems write, and folds its text for matching.
//
// A Session is what everything else works on. Importers (one file per format)
// turn outside files into sessions, one record at a time, so that memory does
// not grow with the file; a record that cannot be used becomes a Reject that
// names file, line, field, reason and what is allowed, and the rest goes on.
package transcript

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// SessionID is the id that the source system gave to a session.
type SessionID string

// Channel is the medium of a session.
type Channel string

// The channels of the canonical session.
const (
	Call  Channel = "call"
	Chat  Channel = "chat"
	Email Channel = "email"
)

// Channels lists the allowed channels.
var Channels = []Channel{Call, Chat, Email}

// Speaker says who spoke a turn.
type Speaker string

// The speakers of the canonical session.
const (
	Agent    Speaker = "agent"
	Customer Speaker = "customer"
	Bot      Speaker = "bot"
	System   Speaker = "system"
)

// Speakers lists the allowed speakers.
var Speakers = []Speaker{Agent, Customer, Bot, System}

// Kind says what a turn is; the zero value means Message.
type Kind string

// The kinds of turns. Only messages are judged; events and notes are kept and shown.
const (
	Message Kind = "message"
	Event   Kind = "event"
	Note    Kind = "note"
)

// Kinds lists the allowed kinds of turns.
var Kinds = []Kind{Message, Event, Note}

// Session is one customer contact: the canonical form of every importer.
type Session struct {
	ID           SessionID      `json:"id"`
	Channel      Channel        `json:"channel"`
	Language     string         `json:"language,omitempty"` // BCP 47; "" is unknown
	StartedAt    time.Time      `json:"started_at,omitzero"`
	DurationMS   *int64         `json:"duration_ms,omitempty"` // milliseconds from the beginning to the end, where the line was closed; nil is unknown
	Agent        *AgentRef      `json:"agent,omitempty"`
	Customer     *CustomerRef   `json:"customer,omitempty"`
	BusinessType string         `json:"business_type,omitempty"`
	Urgency      string         `json:"urgency,omitempty"`
	Metadata     map[string]any `json:"metadata,omitempty"` // JSON values: string, float64, bool, nil, list, object; see MonoAudio
	CSAT         int            `json:"csat,omitempty"`     // 1–5 as the customer rated; 0 is not rated
	Turns        []Turn         `json:"turns"`
}

// MonoAudio reports whether the recording had one channel for all speakers: the
// metadata's key "audio" is "mono". Who spoke when is then a guess of the
// recogniser's, which cannot hear two people at the same time.
func (s *Session) MonoAudio() bool {
	audio, _ := s.Metadata["audio"].(string)
	return strings.EqualFold(strings.TrimSpace(audio), "mono")
}

// Length is the time from the session's beginning to its end, where the source
// tells it.
func (s *Session) Length() (time.Duration, bool) {
	if s.DurationMS == nil {
		return 0, false
	}
	return time.Duration(*s.DurationMS) * time.Millisecond, true
}

// Opened is the time from the session's beginning to the beginning of turn i,
// where the beginning is known: wall clocks without StartedAt tell only how far
// turns lie apart.
func (s *Session) Opened(i int) (time.Duration, bool) {
	if s.Turns[i].StartMS == nil && s.StartedAt.IsZero() {
		return 0, false
	}
	return s.Start(i)
}

// AgentRef names the agent of a session.
type AgentRef struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Team string `json:"team,omitempty"`
}

// CustomerRef names the customer of a session.
type CustomerRef struct {
	ID   string `json:"id,omitempty"`
	Type string `json:"type,omitempty"` // individual or enterprise; "" is unknown
}

// Turn is one message or speech segment by one speaker.
type Turn struct {
	Speaker Speaker   `json:"speaker"`
	Text    string    `json:"text"`               // UTF-8, as the source wrote it
	StartMS *int64    `json:"start_ms,omitempty"` // milliseconds since the session began
	EndMS   *int64    `json:"end_ms,omitempty"`   // milliseconds since the session began; not before StartMS
	At      time.Time `json:"at,omitzero"`        // wall clock, for sources that give no offsets
	Kind    Kind      `json:"kind,omitempty"`
	// Agent is who spoke an agent's turn, for sessions that several agents had
	// one after the other; "" does not say. On other speakers' turns it tells nothing.
	Agent string `json:"agent,omitempty"`
	// Loudness is how loud the turn was spoken, in steps of 10 dB from 1 to 10:
	// the average level in dB divided by ten, rounded down. 0 is unknown.
	Loudness int `json:"loudness,omitempty"`
}

// IsMessage reports whether the turn is speech or a message that may be judged.
func (t *Turn) IsMessage() bool { return t.Kind == "" || t.Kind == Message }

// Span is a half-open byte range [Start, End) of a turn's original text.
// Turn counts from 0.
type Span struct {
	Turn  int `json:"turn"`
	Start int `json:"start"`
	End   int `json:"end"`
}

// Quote returns the text that the span covers.
func (s *Session) Quote(sp Span) string { return s.Turns[sp.Turn].Text[sp.Start:sp.End] }

// Legs numbers the agents' parts of the session: for every turn the part that it
// belongs to, from 1. A part goes from one agent's first message until another
// agent's; who comes back begins a new one. What stands before the first agent's
// turn belongs to the first part, and so does all when no turn names its agent.
func (s *Session) Legs() []int {
	legs := make([]int, len(s.Turns))
	leg, agent := 1, ""
	for i := range s.Turns {
		if t := &s.Turns[i]; t.Speaker == Agent && t.IsMessage() && t.Agent != "" && t.Agent != agent {
			if agent != "" {
				leg++
			}
			agent = t.Agent
		}
		legs[i] = leg
	}
	return legs
}

// dropSoleAgent takes the agent off the turns of a session that had only one:
// there the session's own agent tells as much.
func (s *Session) dropSoleAgent() {
	legs := s.Legs()
	if len(legs) == 0 || legs[len(legs)-1] > 1 {
		return
	}
	for i := range s.Turns {
		s.Turns[i].Agent = ""
	}
}

// Start is the time from the session's beginning to the beginning of turn i;
// false when the source gave neither an offset nor a wall clock for it.
// Wall clocks count from StartedAt, or from the first turn that has one.
func (s *Session) Start(i int) (time.Duration, bool) {
	t := &s.Turns[i]
	if t.StartMS != nil {
		return time.Duration(*t.StartMS) * time.Millisecond, true
	}
	if t.At.IsZero() {
		return 0, false
	}
	origin := s.StartedAt
	if origin.IsZero() {
		origin = s.firstClock()
	}
	return t.At.Sub(origin), true
}

// End is the time from the session's beginning to the end of turn i. A chat
// message has no length: its end is its beginning. False when unknown; a call's
// turn without an end is unknown too, because speech takes time.
func (s *Session) End(i int) (time.Duration, bool) {
	if ms := s.Turns[i].EndMS; ms != nil {
		return time.Duration(*ms) * time.Millisecond, true
	}
	if s.Channel == Call {
		return 0, false
	}
	return s.Start(i)
}

// Origin is the wall clock that Start and End count from; false when unknown.
func (s *Session) Origin() (time.Time, bool) {
	if !s.StartedAt.IsZero() {
		return s.StartedAt, true
	}
	if slices.ContainsFunc(s.Turns, func(t Turn) bool { return t.StartMS != nil || t.EndMS != nil }) {
		return time.Time{}, false
	}
	first := s.firstClock()
	return first, !first.IsZero()
}

func (s *Session) firstClock() time.Time {
	for i := range s.Turns {
		if !s.Turns[i].At.IsZero() {
			return s.Turns[i].At
		}
	}
	return time.Time{}
}

// Hash identifies the content of a session: the SHA-256 of its canonical JSON.
// Two imports with equal hashes are the same transcript.
type Hash [sha256.Size]byte

// Encode returns the session's canonical JSON, one line without its newline, and its hash.
func (s *Session) Encode() ([]byte, Hash, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, Hash{}, fmt.Errorf("encode session %q: %w", s.ID, err)
	}
	return b, sha256.Sum256(b), nil
}

// Decode reads a session that Encode wrote. It does not check it: see Check.
func Decode(b []byte) (*Session, error) {
	s := new(Session)
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("decode session: %w", err)
	}
	return s, nil
}
