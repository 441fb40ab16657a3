package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Judge says which of the inspected sessions a model judges, and what it may take.
type Judge struct {
	Sessions Sessions // "" is AllSessions
	Share    float64  // of those, 0–1
	// The most that may be taken on a day by all sessions together, and by one
	// session; the zero value is no limit.
	PerDay, PerSession Limit
	// GiveUp ends judging where a day's limit is reached; else it goes on the next day.
	GiveUp bool
}

// Sessions says which sessions are judged, from a closed list.
type Sessions string

// The choices of sessions.
const (
	AllSessions     Sessions = "all"
	FlaggedSessions Sessions = "flagged" // flagged or uncertain by rules alone
	NoSessions      Sessions = "none"
)

// Limit is the most that may be taken; 0 is no limit.
type Limit struct {
	Tokens int64
	Money  int64 // in millionths of the currency's unit
}

// Selects reports whether a session is judged. drawing names the plan, or is ""
// without one; flagged says whether rules alone flag the session or are uncertain.
// It is drawn independently of the plan's own shares.
func (j Judge) Selects(drawing string, id transcript.SessionID, flagged bool) bool {
	switch {
	case j.Sessions == NoSessions, j.Sessions == FlaggedSessions && !flagged:
		return false
	}
	return inShare("judge\x00"+drawing, id, j.Share)
}

// String says the choice in words.
func (j Judge) String() string {
	var b strings.Builder
	if j.Sessions == NoSessions || j.Share == 0 {
		return "no sessions"
	}
	if j.Share < 1 {
		fmt.Fprintf(&b, "%g%% of ", math.Round(j.Share*1e8)/1e6)
	}
	if j.Sessions == FlaggedSessions {
		b.WriteString("flagged and uncertain sessions")
	} else {
		b.WriteString("all sessions")
	}
	for _, l := range []struct {
		limit Limit
		per   string
	}{{j.PerDay, "day"}, {j.PerSession, "session"}} {
		if l.limit.Tokens > 0 {
			fmt.Fprintf(&b, ", %d tokens a %s", l.limit.Tokens, l.per)
		}
		if l.limit.Money > 0 {
			fmt.Fprintf(&b, ", %g a %s", float64(l.limit.Money)/million, l.per)
		}
	}
	return b.String()
}

// Foretells says whether a session is judged, as far as that can be told before it
// is inspected.
func (j Judge) Foretells(drawing string, id transcript.SessionID) Foretold {
	switch {
	case j.Selects(drawing, id, false):
		return JudgedAlways
	case j.Selects(drawing, id, true):
		return JudgedIfFlagged
	}
	return NotJudged
}

// Foretold says whether a session will be judged, from a closed list.
type Foretold string

// What can be told of a session before it is inspected.
const (
	JudgedAlways    Foretold = "yes"
	JudgedIfFlagged Foretold = "if_flagged"
	NotJudged       Foretold = "no"
)

// Judging is what holds for the sessions of a rule: its own, else the plan's, else
// what is given. Limits of the plan hold besides.
func (p *Plan) Judging(rule string, otherwise Judge) Judge {
	for _, r := range p.Rules {
		if r.Name == rule && r.Judge != nil {
			return *r.Judge
		}
	}
	if p.Judge != nil {
		return *p.Judge
	}
	return otherwise
}

// Says reports whether the plan says which of a rule's sessions are judged.
func (p *Plan) Says(rule string) bool {
	return p.Judge != nil || slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.Name == rule && r.Judge != nil })
}

// Money reports whether the plan limits money anywhere: then the model's prices
// must be known.
func (p *Plan) Money() bool {
	limits := func(j *Judge) bool { return j != nil && (j.PerDay.Money > 0 || j.PerSession.Money > 0) }
	for _, r := range p.Rules {
		if limits(r.Judge) {
			return true
		}
	}
	return limits(p.Judge)
}

// million is 1 of a currency; most is more than anybody spends.
const (
	million = 1e6
	most    = 1_000_000_000
)

func readJudge(n *scorecard.Node) *Judge {
	j := &Judge{Sessions: AllSessions, Share: 1}
	m := n.Map()
	if n := m.Key("sessions"); n != nil {
		j.Sessions = Sessions(n.OneOf(string(AllSessions), string(FlaggedSessions), string(NoSessions)))
	}
	if n := m.Key("share"); n != nil {
		j.Share = share(n)
	}
	j.PerDay = readLimit(m, "day")
	j.PerSession = readLimit(m, "session")
	if n := m.Key("over_budget"); n != nil {
		j.GiveUp = n.OneOf("wait", "give_up") == "give_up"
	}
	m.Done()
	return j
}

func readLimit(m *scorecard.Map, per string) Limit {
	var l Limit
	if n := m.Key("tokens_per_" + per); n != nil {
		l.Tokens = int64(n.Int(1, most))
	}
	if n := m.Key("money_per_" + per); n != nil {
		l.Money = int64(math.Round(n.Number(0.001, 1e6) * million))
	}
	return l
}
