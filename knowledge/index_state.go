package knowledge

import (
	"time"
)

// IndexState says which search answers, from a closed list.
type IndexState string

// The states of an index.
const (
	Ready      IndexState = "ready"      // the index answers
	Rebuilding IndexState = "rebuilding" // the index answers while a new one is built
	Behind     IndexState = "behind"     // the index answers, but cannot take over changes
	Fallback   IndexState = "fallback"   // PostgreSQL's search answers
)

// IndexStates lists all states of an index.
var IndexStates = []IndexState{Ready, Rebuilding, Behind, Fallback}

// IndexStatus is how an index fares.
type IndexStatus struct {
	State     IndexState `json:"state"`
	Solutions int        `json:"solutions"`         // published ones that can be found
	Seq       int64      `json:"seq"`               // change number of the library that the index has reached
	Folder    string     `json:"folder,omitempty"`  // "" is in memory
	Building  bool       `json:"building"`          // whether a new index is being built
	Problem   string     `json:"problem,omitempty"` // why it is not ready; "" is that nothing is wrong
	Retry     time.Time  `json:"retry,omitzero"`    // before which what failed is not tried again
	Failures  int        `json:"failures"`          // in a row, of building or of taking over changes
	// Vectors is how embedding fares; nil without a model.
	Vectors *VectorStatus `json:"vectors,omitempty"`
}

// Status returns how the index fares now.
func (x *Index) Status() IndexStatus {
	x.mu.Lock()
	s := IndexStatus{State: Ready, Building: x.building, Retry: x.retryAt, Failures: x.retry.failures}
	current, stand, problem := x.current, x.stand, x.problem
	x.mu.Unlock()
	if problem != nil {
		s.Problem = problem.Error()
	}
	if x.o.vectors != nil {
		s.Vectors = x.o.vectors.status()
	}
	if current == nil {
		s.State, s.Solutions, s.Seq = Fallback, stand.published, stand.seq
		return s
	}
	s.Solutions, s.Seq, s.Folder = current.len(), current.seq(), current.path
	switch {
	case s.Building:
		s.State = Rebuilding
	case problem != nil:
		s.State = Behind
	}
	return s
}
