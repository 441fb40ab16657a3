package scorecard

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Code names a check that warns. Codes do not change, so that files and CI can
// name them.
type Code string

// The checks beyond mistakes.
const (
	UnusedCondition     Code = "unused_condition"     // no criterion asks for the condition
	ConstantExpression  Code = "constant_expression"  // an expression that always or never holds
	IdleCondition       Code = "idle_condition"       // a condition that cannot change its expression
	NeverHits           Code = "never_hits"           // a condition that cannot hit
	AlwaysHits          Code = "always_hits"          // a condition that hits whatever is said
	ShadowedAlternative Code = "shadowed_alternative" // an alternative of a regex that another one covers
	RedundantKeyword    Code = "redundant_keyword"    // a keyword that another one covers
	ExcludedKeyword     Code = "excluded_keyword"     // a keyword that is always excluded
	DoubleQuestion      Code = "double_question"      // a judge's question that asks two things
	VagueQuestion       Code = "vague_question"       // a judge's question with a word that two people read in two ways
	OpenQuestion        Code = "open_question"        // a judge's question that yes or no does not answer
	UnseenQuestion      Code = "unseen_question"      // a judge's question about what no transcript shows
	CountedQuestion     Code = "counted_question"     // a judge's question about counts or durations, which rules measure
	ScaledQuestion      Code = "scaled_question"      // a judge's question that asks for a mark
	UnprovedQuestion    Code = "unproved_question"    // a judge's question about what is forbidden, where a quote has to prove that it did not happen
	FewExamples         Code = "few_examples"         // a rule with fewer than three examples of either side
	NeverCounts         Code = "never_counts"         // a criterion without weight that is not critical either
	OddThreshold        Code = "odd_threshold"        // a limit that nothing or everything reaches
	UnclearCount        Code = "unclear_count"        // per: hit where several conditions have hits, or none
	UnknownCode         Code = "unknown_code"         // a comment that allows what is no code
)

// Codes lists all codes.
func Codes() []Code {
	return []Code{
		UnusedCondition, ConstantExpression, IdleCondition, NeverHits, AlwaysHits, ShadowedAlternative, RedundantKeyword,
		ExcludedKeyword, DoubleQuestion, VagueQuestion, OpenQuestion, UnseenQuestion,
		CountedQuestion, ScaledQuestion, UnprovedQuestion, FewExamples, NeverCounts, OddThreshold, UnclearCount, UnknownCode,
	}
}

// Warning is what is allowed in a scorecard file and yet hardly what was meant.
type Warning struct {
	Problem
	Code Code `json:"code"`
}

func (w Warning) Error() string {
	p := w.Problem
	p.Message = fmt.Sprintf("warning %s: %s", w.Code, p.Message)
	return p.Error()
}

// Warn makes a warning about the node's place.
func (n *Node) Warn(code Code, format string, args ...any) Warning {
	file, _ := n.At()
	line, column := n.position()
	return Warning{Problem{File: file, Line: line, Column: column, Key: n.key, Message: fmt.Sprintf(format, args...)}, code}
}

// Lint finds what is questionable in a scorecard without problems, as far as it
// shows without knowing the kinds of conditions.
func Lint(s *Scorecard) []Warning {
	out := slices.Concat(lintPass(s), lintWithheld(s), lintReach(s), lintAllowed(s))
	for _, c := range s.Criteria() {
		for _, check := range []func(*Scorecard, *Criterion) []Warning{
			lintExpressions, lintQuestion, lintExamples, lintWorth, lintAtMost, lintCount,
		} {
			out = append(out, check(s, c)...)
		}
	}
	return out
}

// keyOf is the value of one of a mapping's keys, or the mapping where it has no such key.
func keyOf(n *Node, keys ...string) *Node {
	m := n.Map()
	for _, key := range keys {
		if v := m.Key(key); v != nil {
			return v
		}
	}
	return n
}

// Enough examples of either side: what hits, and what must not although it is near.
const leastExamples = 3

func lintExamples(_ *Scorecard, c *Criterion) []Warning {
	if c.MetWhen == nil && c.NotMetWhen == nil {
		return nil
	}
	found := "met"
	if c.NotMetWhen != nil {
		found = "not_met"
	}
	hits, misses := 0, 0
	for _, x := range c.Examples {
		switch x.Outcome {
		case found:
			hits++
		case "undetermined":
		default:
			misses++
		}
	}
	if hits >= leastExamples && misses >= leastExamples {
		return nil
	}
	return []Warning{keyOf(c.Node, "examples").Warn(FewExamples,
		"criterion %q has %d examples that are %s and %d near ones that are not: %d of each tell whether it works", c.ID, hits, found, misses, leastExamples)}
}

func lintWorth(s *Scorecard, c *Criterion) []Warning {
	if c.Critical != NotCritical || c.Points != 0 || s.Mode == Weighted && c.Weight > 0 {
		return nil
	}
	return []Warning{keyOf(c.Node, "weight", "deduct", "bonus").Warn(NeverCounts,
		"criterion %q weighs nothing and is not critical, so it never changes a score", c.ID)}
}

func lintPass(s *Scorecard) []Warning {
	if s.Mode == Weighted && s.Pass > 0 || s.Mode == Deduction && s.Pass > s.Floor {
		return nil
	}
	return []Warning{keyOf(s.root, "pass").Warn(OddThreshold, "pass %g is the lowest score there is, so that every score passes", s.Pass)}
}

func lintWithheld(s *Scorecard) []Warning {
	if s.UndeterminedLimit < 1 {
		return nil
	}
	return []Warning{keyOf(s.root, "undetermined_limit").Warn(OddThreshold, "no score is ever withheld, even when nearly nothing could be determined")}
}

// lintReach finds deductions that cannot bring a score below pass, or bonuses
// that cannot lift it there.
func lintReach(s *Scorecard) []Warning {
	if s.Mode != Deduction {
		return nil
	}
	low, high := s.Start, s.Start
	for _, c := range s.Criteria() {
		if c.Critical != NotCritical || c.PerHit && c.AtMost == 0 && c.Points < 0 {
			low = s.Floor
		}
		if c.PerHit && c.AtMost == 0 && c.Points > 0 {
			high = s.Cap
		}
		low, high = low+min(0, worst(c)), high+max(0, worst(c))
	}
	at := keyOf(s.root, "pass")
	switch {
	case low >= s.Pass && s.Pass > s.Floor:
		return []Warning{at.Warn(OddThreshold, "all deductions together leave %g, so that every score passes %g", low, s.Pass)}
	case high < s.Pass:
		return []Warning{at.Warn(OddThreshold, "the best score is %g, so that none passes %g", high, s.Pass)}
	}
	return nil
}

// worst is the most that a criterion can add or, below 0, take.
func worst(c *Criterion) float64 {
	switch {
	case !c.PerHit || c.AtMost == 0:
		return c.Points
	case c.Points < 0:
		return -c.AtMost
	}
	return c.AtMost
}

func lintAtMost(_ *Scorecard, c *Criterion) []Warning {
	if c.AtMost == 0 || c.AtMost >= max(c.Points, -c.Points) {
		return nil
	}
	return []Warning{keyOf(c.Node, "at_most").Warn(OddThreshold, "at_most %g is less than %g, which one hit is worth", c.AtMost, max(c.Points, -c.Points))}
}

// allowComment is a comment that allows warnings: on the line that is warned
// about, above it, or before all of the file.
var allowComment = regexp.MustCompile(`#\s*lint:\s*allow\s+([\w-]+(?:\s*,\s*[\w-]+)*)`)

// allowed are the codes that a file's comments allow, by line from 1. Line 0 is
// the whole file.
func allowed(src []byte) map[int][]Code {
	out := map[int][]Code{}
	var above, head []Code
	started := false
	line := 0
	for text := range bytes.Lines(src) {
		line++
		text = bytes.TrimSpace(text)
		var here []Code
		if m := allowComment.FindSubmatch(text); m != nil {
			for code := range strings.SplitSeq(string(m[1]), ",") {
				here = append(here, Code(strings.TrimSpace(code)))
			}
		}
		if bytes.HasPrefix(text, []byte("#")) {
			above = append(above, here...)
			out[line] = here
			if !started {
				head = append(head, here...)
			}
			continue
		}
		started = started || len(text) > 0
		out[line] = append(above, here...)
		above = nil
	}
	out[0] = head
	return out
}

func lintAllowed(s *Scorecard) []Warning {
	var out []Warning
	for line, codes := range allowed(s.Source) {
		for _, code := range codes {
			if line > 0 && !slices.Contains(Codes(), code) {
				p := Problem{File: s.file.name, Line: line, Column: 1, Message: fmt.Sprintf("no check has the code %q%s", code, meant(string(code), names(Codes())))}
				out = append(out, Warning{p, UnknownCode})
			}
		}
	}
	return out
}

// Unallowed leaves out the warnings that comments of the scorecard's file allow,
// and puts the others into the order of the file.
func (s *Scorecard) Unallowed(all []Warning) []Warning {
	by := allowed(s.Source)
	left := slices.DeleteFunc(all, func(w Warning) bool {
		return slices.Contains(by[0], w.Code) || slices.Contains(by[w.Line], w.Code)
	})
	slices.SortStableFunc(left, func(a, b Warning) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column, cmp.Compare(a.Code, b.Code))
	})
	return slices.CompactFunc(left, func(a, b Warning) bool { return a.Error() == b.Error() })
}
