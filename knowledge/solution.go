package knowledge

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Solution is an article of the solution library. It may be suggested from
// ValidFrom on until before ValidTo; a zero time is no limit.
type Solution struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Questions []string  `json:"questions,omitempty"` // other wordings of the title's question
	Answer    string    `json:"answer"`
	Tags      []string  `json:"tags,omitempty"`
	Product   string    `json:"product,omitempty"`  // "" is every product
	Language  string    `json:"language,omitempty"` // BCP 47; "" is told by the text
	ValidFrom time.Time `json:"valid_from,omitzero"`
	ValidTo   time.Time `json:"valid_to,omitzero"`
	Owner     string    `json:"owner,omitempty"`
	ReviewBy  time.Time `json:"review_by,omitzero"` // a day: midnight UTC
}

// Hash identifies the content of a solution, its id included.
type Hash [sha256.Size]byte

// Hash returns the SHA-256 of the solution's JSON with its times in UTC, cut to
// the microseconds that PostgreSQL keeps.
func (s *Solution) Hash() (Hash, error) {
	b, err := json.Marshal(s.normal())
	if err != nil {
		return Hash{}, fmt.Errorf("hash solution %q: %w", s.ID, err)
	}
	return sha256.Sum256(b), nil
}

// ValidAt reports whether the solution may be suggested at t.
func (s *Solution) ValidAt(t time.Time) bool {
	return !t.Before(s.ValidFrom) && (s.ValidTo.IsZero() || t.Before(s.ValidTo))
}

// normal returns the solution in the form in which equal contents are equal.
func (s *Solution) normal() Solution {
	n := *s
	n.ValidFrom, n.ValidTo, n.ReviewBy = instant(s.ValidFrom), instant(s.ValidTo), instant(s.ReviewBy)
	n.Questions, n.Tags = slices.Clip(s.Questions), slices.Clip(s.Tags)
	return n
}

func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
