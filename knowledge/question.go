package knowledge

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

const (
	// maxQuestions of a session are answered, the first ones.
	maxQuestions = 10
	// maxTextRunes is the length of a question's text; of a longer one only the
	// sentences that ask are kept, each with the one before it.
	maxTextRunes = 200
	// contextTurns is how many of the turns before a question may give it context.
	contextTurns = 4
)

var _ pipeline.Suggester = (*Index)(nil)

// Questions finds what the customer asked and the solutions for it, in the
// order of the session, at most ten. Customer messages that nobody else's
// message parts are one question; its turn is the one that asks. A question
// without a solution has an empty list.
func (x *Index) Questions(ctx context.Context, s *transcript.Session) ([]pipeline.Question, error) {
	questions := []pipeline.Question{}
	for _, a := range asked(s) {
		product, _ := s.Metadata["product"].(string)
		query := Query{Text: a.text, Context: earlier(s, a.first), Language: s.Language}
		if product != "" {
			query.Products = []string{product}
		}
		suggestions, err := x.Suggest(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("suggest for session %q, turn %d: %w", s.ID, a.turn, err)
		}
		questions = append(questions, pipeline.Question{Turn: a.turn, Text: a.text, Suggestions: suggestions})
	}
	return questions, nil
}

// askedTurn is a question found in a session.
type askedTurn struct {
	first int // of the burst
	turn  int // the one that asks
	text  string
}

// asked finds the questions of a session.
func asked(s *transcript.Session) []askedTurn {
	var out []askedTurn
	invited := true // to state a problem, which later is mostly an answer
	for _, burst := range bursts(s) {
		if offersMore(s, burst[0]) {
			invited = true
		}
		a, how := weighBurst(s, burst)
		if how == notAsking || how == stating && !invited {
			continue
		}
		out = append(out, a)
		invited = false
		if len(out) == maxQuestions {
			break
		}
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

// offersMore reports whether the last message before turn i offers help.
func offersMore(s *transcript.Session, i int) bool {
	for i--; i >= 0; i-- {
		if t := &s.Turns[i]; t.IsMessage() && t.Speaker != transcript.System {
			flat, _ := flatten(t.Text)
			return containsAny(flat, moreOffers)
		}
	}
	return false
}

// weighBurst finds the first of the turns that ask most plainly, and joins the
// turns that have substance.
func weighBurst(s *transcript.Session, burst []int) (askedTurn, asking) {
	a, most, total := askedTurn{first: burst[0]}, notAsking, 0
	var parts []string
	for _, i := range burst {
		text := strings.TrimSpace(s.Turns[i].Text)
		how, n := askingOf(text)
		if how > most {
			a.turn, most = i, how
		}
		if n > 0 || how != notAsking {
			parts = append(parts, text)
		}
		total += n
	}
	if total == 0 {
		return a, notAsking
	}
	a.text = shorten(strings.Join(parts, " "))
	return a, most
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
