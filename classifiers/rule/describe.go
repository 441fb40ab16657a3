package rule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Description says what a condition looks at.
type Description struct {
	Kind  string `json:"kind"`
	Line  int    `json:"line"`  // in the scorecard's file
	Where string `json:"where"` // in words, e.g. "the agent's first 3 turns"
	// Needs are the conditions that decide where it looks, or that its
	// parameters name, each once.
	Needs []string `json:"needs"`
}

// Describe describes a condition that a criterion names, or one that such a
// condition needs.
func (s *Set) Describe(c *scorecard.Criterion, name string) Description {
	cond := s.find(c, name)
	d := Description{Kind: cond.Kind, Where: cond.inWords(), Needs: []string{}}
	_, d.Line = cond.Place.At()
	needs := slices.Clone(cond.anchors)
	for _, r := range cond.refs {
		needs = append(needs, r.to)
	}
	for _, n := range needs {
		if !slices.Contains(d.Needs, n.Name) {
			d.Needs = append(d.Needs, n.Name)
		}
	}
	return d
}

// inWords says which turns a condition judges.
func (c *condition) inWords() string {
	if c.whole {
		return "the session as a whole"
	}
	w := c.Where
	parts := []string{turnsInWords(c.speaker)}
	switch {
	case w.Leg == scorecard.LegLast:
		parts = append(parts, "the last agent's part")
	case w.Leg > 0:
		parts = append(parts, fmt.Sprintf("the part of agent %d", w.Leg))
	}
	if w.Range != nil {
		of := ""
		if w.Range.OfSession {
			of = " of all turns"
		}
		parts = append(parts, fmt.Sprintf("numbers %d to %d%s", w.Range.From, w.Range.To, of))
	}
	if w.Time != nil {
		to := "the end"
		if w.Time.To > 0 {
			to = lasting(w.Time.To)
		}
		parts = append(parts, fmt.Sprintf("from %s to %s", lasting(w.Time.From), to))
	}
	if w.First != nil {
		parts = append(parts, "the first "+extentInWords(w.First))
	}
	if w.Last != nil {
		parts = append(parts, "the last "+extentInWords(w.Last))
	}
	for _, a := range w.Anchors {
		parts = append(parts, anchorInWords(&a))
	}
	if w.All {
		parts = append(parts, "every one of them")
	}
	return strings.Join(parts, ", ")
}

func turnsInWords(s transcript.Speaker) string {
	if s == "" {
		return "all turns"
	}
	return fmt.Sprintf("the %s's turns", s)
}

func extentInWords(x *scorecard.Extent) string {
	switch {
	case x.Time > 0:
		return lasting(x.Time)
	case x.OfTime:
		return fmt.Sprintf("%g %% of the time", x.Percent)
	case x.Percent > 0:
		return fmt.Sprintf("%g %% of them", x.Percent)
	case x.Turns == 1:
		return "1 turn"
	}
	return fmt.Sprintf("%d turns", x.Turns)
}

func anchorInWords(a *scorecard.Anchor) string {
	which := ""
	switch a.Hit {
	case scorecard.HitAny:
		which = "any hit"
	case scorecard.HitEvery:
		which = "every hit"
	case scorecard.HitLast:
		which = "the last hit"
	case 1:
		which = "the first hit"
	default:
		which = fmt.Sprintf("hit %d", a.Hit)
	}
	s := fmt.Sprintf("%s %s of %s", a.Side, which, a.Condition)
	if a.From > 1 {
		s += fmt.Sprintf(" from turn %d on", a.From)
	}
	if a.Within != nil {
		s += " within " + extentInWords(a.Within)
	}
	return s
}

// lasting writes a length of time for people.
func lasting(d time.Duration) string {
	if d.Abs() >= 2*time.Minute {
		return fmt.Sprintf("%g min", d.Round(6*time.Second).Minutes())
	}
	return fmt.Sprintf("%g s", d.Round(10*time.Millisecond).Seconds())
}
