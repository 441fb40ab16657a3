// Package sla holds how long an answer may take: the response matrix, the
// calendar of working time, and the levels of cases with their clocks.
//
// All of it is data, read from YAML like scorecards and in their files. What is
// shipped is in defaults.yaml.
package sla

import (
	"math/bits"
	"slices"
	"time"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Limit is something that must be done in time.
type Limit string

// The limits that a row of the matrix may set.
const (
	FirstResponse   Limit = "first_response"   // somebody answers the customer for the first time
	Response        Limit = "response"         // every answer; where no row sets it, that of first_response
	FirstSolution   Limit = "first_solution"   // the customer is told a first solution
	Handover        Limit = "handover"         // the session is with the expert team
	Progress        Limit = "progress"         // the customer is told in writing how far it is
	CrossDepartment Limit = "cross_department" // the departments have agreed on what is to be done
)

// Limits lists all limits.
var Limits = []Limit{FirstResponse, Response, FirstSolution, Handover, Progress, CrossDepartment}

// Matrix says which limits hold for which sessions. It does not change after it
// was read and is safe for concurrent use.
type Matrix struct {
	Rows     []Row
	Calendar *Calendar // nil: time runs day and night
}

// Row sets limits for some sessions. An empty list is for all of them, those of
// unknown value too.
type Row struct {
	BusinessTypes []string // as scorecard.PlainName has them
	CustomerTypes []string // of transcript.CustomerTypes
	Urgencies     []string // of transcript.Urgencies
	Limits        map[Limit]time.Duration
}

// Key is what limits are looked up by; "" is unknown, and then only rows that
// do not name the key hold.
type Key struct{ BusinessType, CustomerType, Urgency string }

// KeyOf returns the key of a session.
func KeyOf(s *transcript.Session) Key {
	k := Key{BusinessType: scorecard.PlainName(s.BusinessType), Urgency: s.Urgency}
	if s.Customer != nil {
		k.CustomerType = s.Customer.Type
	}
	return k
}

// Find returns the limit for a session's key; false when no row sets it. Of the
// rows that do, the most specific counts: the one that names more keys, then the
// one that names the business type, then the customer type, then the urgency.
func (m *Matrix) Find(k Key, l Limit) (time.Duration, bool) {
	var limit time.Duration
	best := -1
	for _, r := range m.Rows {
		d, sets := r.Limits[l]
		if rank := r.rank(); sets && rank > best && r.matches(k) {
			limit, best = d, rank
		}
	}
	if best < 0 && l == Response {
		return m.Find(k, FirstResponse)
	}
	return limit, best >= 0
}

// Sets reports whether any row sets the limit.
func (m *Matrix) Sets(l Limit) bool {
	return slices.ContainsFunc(m.Rows, func(r Row) bool { _, ok := r.Limits[l]; return ok }) ||
		l == Response && m.Sets(FirstResponse)
}

// rank orders rows by how specific they are.
func (r Row) rank() int {
	named := uint(0)
	for _, values := range r.keys() {
		named <<= 1
		if len(values) > 0 {
			named |= 1
		}
	}
	return 8*bits.OnesCount(named) + int(named)
}

// keys are the row's values, the key that counts most first.
func (r Row) keys() [3][]string { return [3][]string{r.BusinessTypes, r.CustomerTypes, r.Urgencies} }

func (r Row) matches(k Key) bool {
	for i, value := range [3]string{k.BusinessType, k.CustomerType, k.Urgency} {
		if values := r.keys()[i]; len(values) > 0 && !slices.Contains(values, value) {
			return false
		}
	}
	return true
}

// meets reports whether some session could match both of two rows that name the
// same keys, so that neither is more specific.
func (r Row) meets(o Row) bool {
	if r.rank() != o.rank() {
		return false
	}
	for i, values := range r.keys() {
		other := o.keys()[i]
		if len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(other, v) }) {
			return false
		}
	}
	return true
}
