package rule

import (
	"slices"
	"unicode"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// spokenLetters counts the letters and digits of a folded text: those that are said as
// one syllable each, Han characters and kana, and all others.
func spokenLetters(text string) (syllables, others int) {
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			syllables++
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			others++
		}
	}
	return syllables, others
}

// spokenLength is how much is said in a folded text, about the same for the same
// in Chinese and English: a Han character counts one, and so do two letters of
// an alphabetic script or two digits.
func spokenLength(text string) int {
	syllables, others := spokenLetters(text)
	return syllables + others/2
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

// speakerOrAny reads an optional key that names a speaker, agent or customer, or
// any, which is "". It stands in for where's speaker.
func (c *condition) speakerOrAny(m *scorecard.Map, key string, otherwise transcript.Speaker) transcript.Speaker {
	who := otherwise
	if n := m.Key(key); n != nil {
		who = transcript.Speaker(n.OneOf(string(transcript.Agent), string(transcript.Customer), "any"))
		if who == "any" {
			who = ""
		}
	}
	if c.Where.Speaker != "" && who != "" && c.Where.Speaker != who {
		c.Place.Problem([]string{key}, "%s is about the turns of %s, the condition's speaker is %s", c.Kind, who, c.Where.Speaker)
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
