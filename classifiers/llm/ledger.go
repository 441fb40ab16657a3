package llm

import (
	"context"
	"time"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// Purpose is why a model is called.
type Purpose string

// The purposes of calls.
const (
	ForJudgement Purpose = "judge"  // a first answer
	ForRepair    Purpose = "repair" // an answer that failed its checks
	ForVote      Purpose = "vote"   // a further answer, where it matters
	ForCheck     Purpose = "check"  // the same without turns that may have given orders
	ForEmbedding Purpose = "embed"  // vectors of texts
	ForBatch     Purpose = "batch"  // an answer of a batch
	ForDraft     Purpose = "draft"  // a solution worded from what agents said
	ForProbe     Purpose = "probe"  // what the endpoint can do
)

// Call is a request that is about to be sent.
type Call struct {
	Purpose  Purpose
	Endpoint string // host
	Model    string // as it is asked for
	Session  transcript.SessionID
	Ref      pipeline.Ref
	Criteria []string // ids of what is asked
	// Input and Output are the most tokens that may be sent and answered, estimated.
	Input, Output int
	Template      string // hash of the prompt's template
	InputHash     string // of what is sent, but for its random delimiter
	Redacted      bool
	Attempt       int // from 1
}

// Receipt is what became of a call.
type Receipt struct {
	Model      string // as the endpoint names the one that answered; "" when none did
	Parameters string // what was sent besides the messages, as JSON, after what the endpoint refused was left out
	Usage      Usage
	Latency    time.Duration
	Status     Status
	// RetryAfter is how long the endpoint wants to be left alone; 0 when it did not say.
	RetryAfter time.Duration
	// By criterion: how the answer was taken.
	Outcomes map[string]string
}

// Usage are the tokens of a call, as the endpoint counts them or, when it does
// not, as they are estimated.
type Usage struct {
	Input, Cached, Output, Reasoning int // Cached is part of Input, Reasoning of Output
	Estimated                        bool
}

// Status is how a call ended, from a closed list.
type Status string

// The ends of calls.
const (
	Answered     Status = "ok"
	Unreachable  Status = "unreachable" // no connection, or it broke
	Timeout      Status = "timeout"
	Unauthorised Status = "unauthorised" // 401, 403
	NotFound     Status = "not_found"    // 404: no such model or path
	Limited      Status = "limited"      // 429
	NoCredit     Status = "no_credit"    // 402, or 429 that no waiting mends
	ServerFailed Status = "server_error" // 5xx
	Rejected     Status = "rejected"     // other 4xx
	Garbled      Status = "garbled"      // an answer that cannot be read
	Cancelled    Status = "cancelled"    // the caller gave up; it says nothing of the endpoint
)

// Ledger accounts for calls and keeps all processes that share it within one
// budget and one provider's limits. It is safe for concurrent use.
type Ledger interface {
	// Open asks for leave to make a call and reserves what it may cost. A refusal is
	// a *pipeline.Unavailable.
	Open(ctx context.Context, c Call) (ticket int64, err error)
	// Close records what became of a call and settles its cost. It is called once
	// for each Open, also when the caller's context is done.
	Close(ctx context.Context, ticket int64, c Call, r Receipt) error
	// Known returns what was kept under a key, and Keep keeps it: checked answers,
	// and what endpoints can do.
	Known(ctx context.Context, key string) (value []byte, ok bool, err error)
	Keep(ctx context.Context, key string, value []byte) error
}
