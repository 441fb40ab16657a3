package knowledge

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"assay/pipeline/transcript"
)

// maxPastedTurns of a chat are looked at, the last ones.
const maxPastedTurns = 20

// labelWithin is a speaker's label in the middle of a line, as when a chat was
// pasted from where its lines were joined. What stands before it has letters, and so
// is no time.
var labelWithin = regexp.MustCompile(`(\p{L}[^\n]*?)[ \t\x{3000}]+((?:客户|顾客|用户|坐席|座席|客服|[Cc]ustomer|[Cc]lient|[Uu]ser|[Aa]gent)\s?\d*\s?[:：])`)

// HearQuestion finds the question in what somebody typed or pasted, with turns that
// are known beside it: in a chat, and in turns alone, it is what the customer asked
// last. It says which of these it was.
func HearQuestion(ctx context.Context, text string, turns []Said) (question string, before []Said, made AskMade) {
	text = strings.TrimSpace(text)
	if pasted, ok := ReadPasted(ctx, text); ok {
		question, before = LastAsked(slices.Concat(turns, pasted))
		return question, before, AskPasted
	}
	switch {
	case len(turns) == 0:
		return text, nil, AskTyped
	case text == "":
		question, before = LastAsked(turns)
		return question, before, AskTurns
	}
	return text, turns, AskTurns
}

// ReadPasted reads a text as a chat: lines of a speaker, a colon and what was said,
// as "客户：…" or "Agent: …", or what messengers export, with names and times. It
// reports whether it is one, with a customer in it.
func ReadPasted(ctx context.Context, text string) ([]Said, bool) {
	text = strings.TrimSpace(text)
	if !strings.ContainsAny(text, ":：") {
		return nil, false
	}
	if turns := pastedLines(text); hasCustomer(turns) {
		return turns, true
	}
	in := strings.NewReader("=== pasted ===\n" + labelWithin.ReplaceAllString(text, "$1\n$2"))
	o := transcript.Options{Format: transcript.Text, Stdin: in, Channel: transcript.Chat}
	for rec := range transcript.Read(ctx, []string{transcript.Stdin}, o) {
		if rec.Session == nil {
			return nil, false
		}
		var turns []Said
		for _, t := range rec.Session.Turns {
			turns = append(turns, Said{t.Speaker, t.Text})
		}
		return turns, hasCustomer(turns)
	}
	return nil, false
}

func hasCustomer(turns []Said) bool {
	return slices.ContainsFunc(turns, func(s Said) bool { return s.Speaker == transcript.Customer })
}

// LastAsked returns what the customer asked last, and what was said before it. Where
// nothing asks, it is what the customer said last; "" when the customer said nothing.
func LastAsked(turns []Said) (question string, before []Said) {
	turns = turns[max(0, len(turns)-maxPastedTurns):]
	s := &transcript.Session{Channel: transcript.Chat}
	for _, t := range turns {
		s.Turns = append(s.Turns, transcript.Turn{Speaker: t.Speaker, Text: t.Text})
	}
	for _, b := range slices.Backward(Bursts(s)) {
		if listen(b.Query.Text, b.Query.Context).need() >= LeastNeed {
			return b.Query.Text, b.Query.Context
		}
	}
	all := bursts(s)
	if len(all) == 0 {
		return "", nil
	}
	burst := all[len(all)-1]
	var said []string
	for _, i := range burst {
		said = append(said, strings.TrimSpace(s.Turns[i].Text))
	}
	return shorten(strings.Join(said, " ")), earlier(s, burst[0])
}
