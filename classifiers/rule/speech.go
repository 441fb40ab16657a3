package rule

import (
	"slices"
	"unicode"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// letterCount is what a turn says, counted.
type letterCount struct {
	syllables int // said as one each: Han characters and kana
	others    int // other letters and digits
	words     int // of alphabetic scripts, numbers and syllables
}

// lettersOf counts a turn once.
func (e *Evaluation) lettersOf(turn int) letterCount {
	if e.letters == nil {
		e.letters = make([]letterCount, len(e.in.Folded))
		for i := range e.letters {
			e.letters[i] = countLetters(e.in.Folded[i].Text)
		}
	}
	return e.letters[turn]
}

func countLetters(text string) (n letterCount) {
	inside := false // a word
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			n.syllables++
			n.words++
			inside = false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			n.others++
			if !inside {
				n.words++
			}
			inside = true
		case r != '\'' && r != '’':
			inside = false
		}
	}
	return n
}

// spokenLength is how much is said in a turn, about the same for the same in
// Chinese and English: a Han character counts one, and so do two letters of an
// alphabetic script or two digits.
func (e *Evaluation) spokenLength(turn int) int {
	n := e.lettersOf(turn)
	return n.syllables + n.others/2
}

// messagesOver are all messages, with the first and the end of those that lie
// between the ends of some turns.
func (e *Evaluation) messagesOver(turns []int) (all []int, lo, hi int) {
	all = e.messages("")
	if len(turns) == 0 {
		return all, 0, 0
	}
	lo, _ = slices.BinarySearch(all, turns[0])
	hi, _ = slices.BinarySearch(all, turns[len(turns)-1]+1)
	return all, lo, hi
}

// other is the speaker at the other end of the line.
func other(s transcript.Speaker) transcript.Speaker {
	if s == transcript.Agent {
		return transcript.Customer
	}
	return transcript.Agent
}

// often is a hit when there are at least so many places, and not evaluable when
// the turns without the times that are needed might make them as many.
func often(times int, hits []transcript.Span, unknown []int) outcome {
	o := notHit()
	switch {
	case len(hits) >= times:
		o = hitIf(hits)
	case len(hits)+len(unknown) >= times:
		o = unknownTime()
	}
	o.unknown = unknown
	return o
}

// readTimes reads the optional key "times": how often something must happen.
func readTimes(m *scorecard.Map) int {
	if n := m.Key("times"); n != nil {
		return n.Int(1, 1000)
	}
	return 1
}

// speakerOrAny reads the optional key "of" where it may also be any, which is "".
// It stands in for where's speaker.
func (c *condition) speakerOrAny(m *scorecard.Map, otherwise transcript.Speaker) transcript.Speaker {
	who := otherwise
	if n := m.Key("of"); n != nil {
		who = transcript.Speaker(n.OneOf(string(transcript.Agent), string(transcript.Customer), "any"))
		if who == "any" {
			who = ""
		}
	}
	if c.Where.Speaker != "" && who != "" && c.Where.Speaker != who {
		c.Place.Problem([]string{"of"}, "%s is about the turns of %s, the condition's speaker is %s", c.Kind, who, c.Where.Speaker)
	}
	return who
}

// twoSided reports a speaker on a condition that looks at both of them.
func (c *condition) twoSided() {
	if c.Where.Speaker != "" {
		c.Place.Problem(nil, "%s is about both speakers: leave the condition's speaker out", c.Kind)
	}
}

// inTurns reports whether a sorted list of turns has one.
func inTurns(turns []int, turn int) bool {
	_, in := slices.BinarySearch(turns, turn)
	return in
}
