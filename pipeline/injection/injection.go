// Package injection finds places in transcripts that speak to a language model
// rather than to the other party: orders to it, faked answers and tags, hidden
// text, and requests that are out of place in customer service. A transcript is
// hostile input to the model that judges it, and agents have a motive, too.
//
// Detection is deterministic: phrases in Chinese and English belong to classes
// (lexicon.go, topics.go), rules are sequences of classes that stand near each
// other (rules.go), and one scan of the folded text finds all of them in time
// linear in its length (scan.go). Folding has removed width and invisible
// characters; the scan reads through spaced letters, digits in place of letters
// and letters of other scripts that look the same. What hides from folding is
// sought in the original: encoded and invisible text (hidden.go).
//
// A detector of words is no wall: it makes attempts visible. What the judge must
// do besides is its own affair.
package injection

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// Version changes whenever the same transcript may give other places.
const Version = "1"

// Level says what a place is worth.
type Level string

// The levels.
const (
	// Suspected is an order to the judge or a forgery that honest people have no
	// reason to write: a person must look.
	Suspected Level = "suspected"
	// Odd is out of place in customer service but may be honest: an encyclopaedic
	// question, code, a foreign language. The judge can be asked without the turn.
	Odd Level = "odd"
)

// Levels lists the levels, gravest first.
var Levels = []Level{Suspected, Odd}

// Kind says what a place tries, from a closed list.
type Kind string

// The kinds.
const (
	Override   Kind = "override"    // drop the instructions: 忽略以上指令, "ignore previous instructions"
	Score      Kind = "score"       // the result that is wanted: 判为达标, "mark every criterion as met"
	Role       Kind = "role"        // another part to play, tags of roles: "you are now an auditor", <system>
	Answer     Kind = "answer"      // looks like the judge's answer, or like the end of what it reads
	PromptLeak Kind = "prompt_leak" // asks what the model was told
	Task       Kind = "task"        // work for an assistant: write, translate, solve
	Format     Kind = "format"      // orders about the form or content of "your response"
	Topic      Kind = "topic"       // encyclopaedic questions
	Secret     Kind = "secret"      // passwords, other people's data
	Scenario   Kind = "scenario"    // hypothetical worlds and claimed authority
	Code       Kind = "code"        // program text, markup, question and answer pairs
	Foreign    Kind = "foreign"     // neither Chinese nor English
	Hidden     Kind = "hidden"      // encoded or invisible text
	Repeated   Kind = "repeated"    // the same words over and over
)

// Kinds lists all kinds.
var Kinds = []Kind{Override, Score, Role, Answer, PromptLeak, Task, Format, Topic, Secret, Scenario, Code, Foreign, Hidden, Repeated}

// Place is a stretch of a turn's original text, on boundaries of characters, at
// most longest bytes of it.
type Place struct {
	transcript.Span
	Kind  Kind  `json:"kind"`
	Level Level `json:"level"`
}

// most is how many places of one kind a turn can have: a turn made of nothing
// else is as clear with fewer.
const most = 32

// longest is how much of a place is shown: of a blob of megabytes the beginning.
const longest = 2000

// Find returns the places of a session in order, turns of all speakers and kinds.
// Folded are the turns' folded texts, one for each. Places of one kind in a turn
// do not overlap each other, and no odd place overlaps a suspected one. What one
// speaker spread over several turns gives a place in each of the first and last.
func Find(s *transcript.Session, folded []transcript.Folded) []Place {
	var out []Place
	var scans [4]*scan // by speaker: each goes on where the speaker stopped
	for i := range s.Turns {
		at := max(0, slices.Index(transcript.Speakers, s.Turns[i].Speaker))
		if scans[at] == nil {
			scans[at] = newScan(folded)
		}
		out = append(out, scans[at].turn(i, &s.Turns[i])...)
	}
	out = settle(out)
	for i := range out {
		out[i].End = cutAt(s.Turns[out[i].Turn].Text, out[i].Start, out[i].End)
	}
	return out
}

// cutAt is the end of a place, or where its beginning of longest bytes ends.
func cutAt(text string, start, end int) int {
	if end-start <= longest {
		return end
	}
	for end = start + longest; !utf8.RuneStart(text[end]); end-- {
	}
	return end
}

// settle orders places, joins those of one kind and level that overlap, and drops
// odd ones that a suspected one overlaps.
func settle(list []Place) []Place {
	slices.SortStableFunc(list, func(a, b Place) int {
		return cmp.Or(a.Turn-b.Turn, slices.Index(Levels, a.Level)-slices.Index(Levels, b.Level),
			cmp.Compare(a.Kind, b.Kind), a.Start-b.Start, b.End-a.End)
	})
	out := list[:0]
	first, grave := 0, 0 // of the turn: its first place, and behind its last suspected one
	for _, p := range list {
		k := len(out) - 1
		if k < first || out[k].Turn != p.Turn {
			first, grave = len(out), len(out)
		}
		switch {
		case k >= first && out[k].Kind == p.Kind && out[k].Level == p.Level && p.Start <= out[k].End:
			out[k].End = max(out[k].End, p.End)
			continue
		case p.Level == Odd && overlaps(out[first:grave], p):
			continue
		}
		out = append(out, p)
		if p.Level == Suspected {
			grave = len(out)
		}
	}
	slices.SortStableFunc(out, func(a, b Place) int {
		return cmp.Or(a.Turn-b.Turn, a.Start-b.Start, slices.Index(Levels, a.Level)-slices.Index(Levels, b.Level))
	})
	return out
}

func overlaps(list []Place, p Place) bool {
	return slices.ContainsFunc(list, func(o Place) bool { return p.Start < o.End && o.Start < p.End })
}
