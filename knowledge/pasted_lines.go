package knowledge

import (
	"regexp"
	"slices"
	"strings"

	"assay/pipeline/transcript"
)

const (
	// pastedName is whoever speaks in a line of a messenger.
	pastedName = `(?P<name>[^\s:：\[\]()（）【】,，。!！?？][^:：\[\]()（）【】,，。!！?？]{0,30}?)`
	// pastedTime is when, with or without the day.
	pastedTime = `(?:(?:\d{4}[-/.年])?\d{1,2}[-/.月]\d{1,2}日?[T ,]*)?(?:(?:凌晨|早上|上午|中午|下午|晚上) ?)?\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?: ?[AaPp][Mm])?`
)

// pastedForms are the lines of messengers that name a speaker and a time. What was
// said stands behind a colon, or in the lines below.
var pastedForms = []*regexp.Regexp{
	regexp.MustCompile(`^` + pastedName + `\s+` + pastedTime + `$`),
	regexp.MustCompile(`^` + pastedTime + `\s+` + pastedName + `$`),
	regexp.MustCompile(`^` + pastedName + `\s*[(（\[【]` + pastedTime + `[)）\]】]\s*[:：]\s*(?P<text>.*)$`),
	regexp.MustCompile(`^[(（\[【]?` + pastedTime + `[)）\]】]?\s*[-–]?\s*` + pastedName + `\s*[:：]\s*(?P<text>.*)$`),
}

// leastPasted is how many lines of one form make a chat: one may be anything.
const leastPasted = 2

// pastedLines reads what a messenger exports or copies: lines of the one form that
// most of them have. It returns nil when fewer than leastPasted have one.
func pastedLines(text string) []Said {
	lines := strings.Split(text, "\n")
	var form *regexp.Regexp
	most := leastPasted - 1
	for _, f := range pastedForms {
		n := 0
		for _, line := range lines {
			if f.MatchString(strings.TrimSpace(line)) {
				n++
			}
		}
		if n > most {
			form, most = f, n
		}
	}
	if form == nil {
		return nil
	}
	return pastedTurns(lines, form)
}

func pastedTurns(lines []string, form *regexp.Regexp) []Said {
	name, said := form.SubexpIndex("name"), form.SubexpIndex("text")
	var names []string
	var turns []Said
	for _, line := range lines {
		line = strings.TrimSpace(line)
		m := form.FindStringSubmatch(line)
		switch {
		case m != nil && said >= 0:
			names, turns = append(names, m[name]), append(turns, Said{Text: m[said]})
		case m != nil:
			names, turns = append(names, m[name]), append(turns, Said{})
		case len(turns) > 0:
			last := &turns[len(turns)-1]
			last.Text = strings.TrimSpace(last.Text + "\n" + line)
		}
	}
	speakers := pastedSpeakers(names)
	for i := range turns {
		turns[i].Speaker = speakers[names[i]]
	}
	return slices.DeleteFunc(turns, func(s Said) bool { return s.Text == "" })
}

// courtesies are how agents call customers.
var courtesies = []string{"女士", "先生", "小姐", "太太", "Mr ", "Mr. ", "Ms ", "Ms. ", "Mrs ", "Mrs. "}

// pastedSpeakers tells who the names are. Names of people say it of themselves only
// at times: where there is a customer, the others are agents; where there is none,
// who is no agent is the customer; of names alone, the first one asks.
func pastedSpeakers(names []string) map[string]transcript.Speaker {
	out := map[string]transcript.Speaker{}
	customer, agent := false, false
	for _, name := range names {
		speaker, known := transcript.SpeakerOf(name)
		if !known && slices.ContainsFunc(courtesies, func(c string) bool { return strings.HasPrefix(name, c) || strings.HasSuffix(name, c) }) {
			speaker, known = transcript.Customer, true
		}
		if known {
			out[name] = speaker
			customer = customer || speaker == transcript.Customer
			agent = agent || speaker == transcript.Agent
		}
	}
	for _, name := range names {
		switch {
		case out[name] != "":
		case customer:
			out[name] = transcript.Agent
		default:
			out[name] = transcript.Customer
			customer = !agent
		}
	}
	return out
}
