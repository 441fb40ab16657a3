package answer

import (
	"slices"
	"strings"
	"unicode"

	"assay/pipeline/transcript"
)

// putOffs are what agents say instead of an answer.
var putOffs = []string{
	"不清楚", "不知道", "不了解", "问一下", "问下", "稍等", "等一下", "不归我", "打电话给", "自己看", "看情况",
	"don't know", "do not know", "not sure", "no idea", "let me check", "one moment", "hold on", "please call", "call the", "it depends", "check with", "dunno",
}

// listen takes in what was asked, and the agent's turns after it. Those that only ask
// something or put off are not counted as turns that may answer.
func (c *comparison) listen() {
	c.heard = map[string]bool{}
	left, direct, asks := c.o.Within, true, false
	for i := c.question.Turn + 1; i < len(c.session.Turns) && left > 0; i++ {
		t := &c.session.Turns[i]
		switch {
		case !t.IsMessage():
		case t.Speaker == transcript.Customer:
			direct = direct && (len(c.said) == 0 || asks || identifies(t.Text))
		case t.Speaker == transcript.Agent:
			var answers bool
			if answers, asks = c.hear(i, direct); answers {
				left--
			}
		}
	}
}

// burst is what the customer said at once with the question.
func (c *comparison) burst() string {
	var out strings.Builder
	for i := c.question.Turn; i < len(c.session.Turns); i++ {
		t := &c.session.Turns[i]
		if t.IsMessage() && t.Speaker != transcript.Customer && t.Speaker != transcript.System {
			break
		}
		if t.IsMessage() && t.Speaker == transcript.Customer {
			out.WriteString(t.Text)
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// identifies reports whether a text has figures enough for a number of something.
func identifies(text string) bool {
	n := 0
	for _, r := range text {
		if unicode.IsDigit(r) || strings.ContainsRune("零一二三四五六七八九幺", r) {
			n++
		}
	}
	return n >= 4
}

// hear takes in a turn of the agent's, and reports whether something in it may be
// an answer, and whether it ends with a question.
func (c *comparison) hear(turn int, direct bool) (answers, asks bool) {
	for _, p := range parts(c.session.Turns[turn].Text) {
		off := c.putsOff(p.text)
		c.said = append(c.said, saidPart{p, turn, off, direct})
		asks = p.asks
		if off {
			continue
		}
		answers = answers || !p.asks
		for term := range p.content {
			c.heard[term] = true
		}
	}
	return answers, asks
}

// putsOff reports whether a text puts the customer off, in words that are not the
// solution's own.
func (c *comparison) putsOff(text string) bool {
	return slices.ContainsFunc(putOffs, func(w string) bool {
		return strings.Contains(text, w) && !strings.Contains(c.folded, w)
	})
}
