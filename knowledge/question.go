package knowledge

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"assay/pipeline"
	"assay/pipeline/answer"
	"assay/pipeline/transcript"
)

const (
	// maxQuestions of a session are answered, the first ones.
	maxQuestions = 10
	// maxTextRunes is the length of a question's text; of a longer one only the
	// sentences that ask are kept, each with the one before it.
	maxTextRunes = 200
	// contextTurns is how many of the turns before a question may give it context.
	contextTurns = 12
)

var _ pipeline.Suggester = (*Index)(nil)

// Questions finds what the customer asked and the solutions for it, in the
// order of the session, at most ten: the bursts that need an answer. A question
// without a solution has an empty list. The agent's answers are compared with the
// best solutions.
func (x *Index) Questions(ctx context.Context, s *transcript.Session) ([]pipeline.Question, error) {
	questions := []pipeline.Question{}
	var before topic
	for _, b := range Bursts(s) {
		q, err := x.asked(ctx, s, &b, &before)
		if err != nil {
			return nil, fmt.Errorf("session %q, turn %d: %w", s.ID, b.Turn, err)
		}
		if q == nil {
			continue
		}
		q.Answered = new(answer.Compare(s, q, answer.Options{}).Answered)
		questions = append(questions, *q)
		if len(questions) == maxQuestions {
			break
		}
	}
	return questions, nil
}

// Burst is what a customer said at once: messages that nobody else's message parts.
type Burst struct {
	Turns []int // of the customer's messages
	Turn  int   // the first of those that ask most plainly
	// Query asks what the burst asks, with the turns before it and with the filters
	// that the session has. Its text is joined of the messages that have substance;
	// "" when none has.
	Query Query
}

// Bursts returns all bursts of a session. Their queries have its language, its
// customer's type, and the texts "region" and "product" of its metadata: the
// region and the type are filters, the product is what is meant when none is named.
func Bursts(s *transcript.Session) []Burst {
	var out []Burst
	for _, turns := range bursts(s) {
		b := Burst{Turns: turns, Query: Query{
			Context: earlier(s, turns[0]), Language: s.Language,
		}}
		if s.Customer != nil {
			b.Query.CustomerType = s.Customer.Type
		}
		b.Turn, b.Query.Text = joinTurns(s, turns)
		b.Query.About, _ = s.Metadata["product"].(string)
		b.Query.Region, _ = s.Metadata["region"].(string)
		out = append(out, b)
	}
	return out
}

// bursts returns the turns of customer messages that follow each other; events,
// notes and messages of the system do not part them.
func bursts(s *transcript.Session) [][]int {
	var out [][]int
	open := false
	for i := range s.Turns {
		t := &s.Turns[i]
		switch {
		case !t.IsMessage() || t.Speaker == transcript.System:
		case t.Speaker != transcript.Customer:
			open = false
		case open:
			out[len(out)-1] = append(out[len(out)-1], i)
		default:
			out = append(out, []int{i})
			open = true
		}
	}
	return out
}

// moreOffers are an agent's words after which the customer may begin anew.
var moreOffers = []string{
	"还有其他", "还有别的", "还有什么", "其他问题", "别的问题", "有什么可以", "什么可以帮", "有什么能帮", "怎么帮",
	" anything else ", " something else ", " else can i ", " can i help ", " may i help ", " can i do for ", " other questions ",
}

// joinTurns finds the first of the turns that ask most plainly, and joins the texts
// of those that have substance.
func joinTurns(s *transcript.Session, turns []int) (turn int, text string) {
	most, total := notAsking, 0
	turn = turns[0]
	var parts []string
	for _, i := range turns {
		text := strings.TrimSpace(s.Turns[i].Text)
		how, n := askingOf(text)
		if how > most {
			turn, most = i, how
		}
		if n > 0 || how != notAsking {
			parts = append(parts, text)
		}
		total += n
	}
	if total == 0 {
		return turn, ""
	}
	return turn, shorten(strings.Join(parts, " "))
}

// shorten keeps of a long text the sentences that ask, each with the one before
// it, and of many such sentences the first.
func shorten(text string) string {
	if utf8.RuneCountInString(text) <= maxTextRunes {
		return text
	}
	var kept strings.Builder
	before, done := "", false
	for _, part := range sentences(text) {
		sentence := text[part.start:part.end]
		if how, _ := askingOf(sentence); how == notAsking {
			before, done = sentence, false
			continue
		}
		if !done {
			kept.WriteString(before)
		}
		kept.WriteString(sentence)
		before, done = "", true
		if utf8.RuneCountInString(kept.String()) >= maxTextRunes {
			break
		}
	}
	if kept.Len() == 0 {
		return strings.TrimSpace(clip(text, 2*maxTextRunes))
	}
	return strings.TrimSpace(clip(kept.String(), 2*maxTextRunes))
}

// earlier returns the last messages before turn i that say something.
func earlier(s *transcript.Session, i int) []Said {
	var out []Said
	for i--; i >= 0 && len(out) < contextTurns; i-- {
		t := &s.Turns[i]
		if !t.IsMessage() || t.Speaker == transcript.System {
			continue
		}
		if _, n := askingOf(t.Text); n > 0 {
			out = append([]Said{{t.Speaker, t.Text}}, out...)
		}
	}
	return out
}
