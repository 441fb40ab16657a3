package knowledge

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// Solution is an article of the solution library, or a script that agents follow
// at a stage of a session. It may be suggested while it is published, from
// ValidFrom on until before ValidTo; a zero time is no limit.
type Solution struct {
	ID           string    `json:"id"`
	Title        string    `json:"title"`
	Questions    []string  `json:"questions,omitempty"`   // other wordings of the title's question
	Answer       string    `json:"answer"`                // plain text, or the Markdown that pages show
	ShortReply   string    `json:"short_reply,omitempty"` // what agents copy into a chat; "" is the answer
	Note         string    `json:"note,omitempty"`        // for agents only: it is neither searched nor suggested
	Tags         []string  `json:"tags,omitempty"`
	Product      string    `json:"product,omitempty"`       // "" is every product
	Region       string    `json:"region,omitempty"`        // "" is every region
	CustomerType string    `json:"customer_type,omitempty"` // individual or enterprise; "" is both
	Language     string    `json:"language,omitempty"`      // BCP 47; "" is told by the text
	Stage        Stage     `json:"stage,omitempty"`         // of a script; "" is a solution proper
	ValidFrom    time.Time `json:"valid_from,omitzero"`
	ValidTo      time.Time `json:"valid_to,omitzero"`
	Owner        string    `json:"owner,omitempty"`
	ReviewBy     time.Time `json:"review_by,omitzero"`   // a day: midnight UTC
	ReviewedAt   time.Time `json:"reviewed_at,omitzero"` // when somebody last found it right; zero: when it last changed
	Status       Status    `json:"status,omitempty"`     // "" is Published
	Opinions     Opinions  `json:"-"`                    // of agents; they are no part of the content
}

// Opinions counts what distinct persons think of a solution, each person once.
type Opinions struct {
	Helpful  int `db:"helpful" json:"helpful"`
	Partly   int `db:"partly" json:"partly"` // helpful in part
	Wrong    int `db:"wrong" json:"wrong"`
	Outdated int `db:"outdated" json:"outdated"`
}

// Status says how far a solution is on its way, from a closed list.
type Status string

// The statuses of a solution. Only published ones are suggested.
const (
	Draft     Status = "draft"
	Published Status = "published"
	Retired   Status = "retired"
)

// Statuses lists all statuses.
var Statuses = []Status{Draft, Published, Retired}

// Stage is the part of a session for which a script is, from a closed list.
type Stage string

// The stages of a session that have scripts, in their order.
const (
	Guide           Stage = "guide"
	ConfirmNeed     Stage = "confirm_need"
	ExplainSolution Stage = "explain_solution"
	Feedback        Stage = "feedback"
)

// Stages lists all stages in their order.
var Stages = []Stage{Guide, ConfirmNeed, ExplainSolution, Feedback}

// Hash identifies the content of a solution, its id included.
type Hash [sha256.Size]byte

// Hash returns the SHA-256 of the solution's JSON with its times in UTC, cut to
// the microseconds that PostgreSQL keeps, and no status when it is published.
func (s *Solution) Hash() (Hash, error) {
	n := s.normal()
	if n.Status == Published {
		n.Status = "" // the hashes of libraries from before there were statuses stay true
	}
	b, err := json.Marshal(n)
	if err != nil {
		return Hash{}, fmt.Errorf("hash solution %q: %w", s.ID, err)
	}
	return sha256.Sum256(b), nil
}

// IsPublished reports whether agents may see the solution at all.
func (s *Solution) IsPublished() bool { return s.Status == "" || s.Status == Published }

// ValidAt reports whether the solution, once published, may be suggested at t.
func (s *Solution) ValidAt(t time.Time) bool {
	return !t.Before(s.ValidFrom) && (s.ValidTo.IsZero() || t.Before(s.ValidTo))
}

// normal returns the solution in the form in which equal contents are equal.
func (s *Solution) normal() Solution {
	n := *s
	n.ValidFrom, n.ValidTo = instant(s.ValidFrom), instant(s.ValidTo)
	n.ReviewBy, n.ReviewedAt = instant(s.ReviewBy), instant(s.ReviewedAt)
	n.Title, n.Answer, n.ShortReply, n.Note = cleanLine(s.Title), clean(s.Answer), clean(s.ShortReply), clean(s.Note)
	n.Questions, n.Tags = cleanAll(s.Questions), cleanAll(s.Tags)
	n.Product, n.Region, n.Owner = cleanLine(s.Product), cleanLine(s.Region), cleanLine(s.Owner)
	if n.Status == "" {
		n.Status = Published
	}
	return n
}

func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
