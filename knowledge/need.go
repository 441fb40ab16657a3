package knowledge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"assay/pipeline/transcript"
)

// LeastNeed is the probability from which on a turn counts as one that needs an answer.
const LeastNeed = 0.4

// Need returns the probability that a customer's words want an answer that a
// solution library may give: how something is, works or goes, or what to do about
// a problem. It is near 0 for thanks, for answers to the agent, and for requests
// that agents fulfil in their systems: to book, to cancel, to look up a number.
// What the query says is compared with the library, too: what it has solutions
// for is rather a question. The context tells what the words reply to.
func (x *Index) Need(ctx context.Context, query Query) (float64, error) {
	h, err := x.listen(ctx, query)
	if err != nil {
		return 0, err
	}
	return h.need(), nil
}

// listen prepares a customer's words, and looks for them in the library.
func (x *Index) listen(ctx context.Context, query Query) (*heard, error) {
	h := listen(query.Text, query.Context)
	if h.words == 0 || x.Len() == 0 {
		return h, nil
	}
	query.Context = nil
	best, err := x.Rank(ctx, query, 1)
	if err != nil {
		return nil, fmt.Errorf("look for the question in the library: %w", err)
	}
	h.backed = true
	if len(best) > 0 {
		h.like = best[0].Score
	}
	return h, nil
}

// heard is what a customer said at once, with what was said before, as the
// signals see it.
type heard struct {
	flat   string // the text, as flatten gives it
	words  int    // by substance, without fillers
	marked bool   // has a question mark
	how    asking // by its form
	asks   bool   // asks or wants in some form
	first  bool   // the customer has said nothing of substance before
	// of the last message before it, when that was not the customer's
	replies bool // it asks
	offers  bool // it offers help

	backed bool    // there is a library
	like   float64 // the score of the library's best solution
}

func listen(text string, before []Said) *heard {
	h := &heard{first: !slices.ContainsFunc(before, func(s Said) bool { return s.Speaker == transcript.Customer })}
	h.flat, h.marked = flatten(text)
	h.how, h.words = askingOf(text)
	h.asks = h.marked || h.says(asksWhich) || h.says(wants) || h.says(asksWhether)
	if len(before) == 0 {
		return h
	}
	if last := before[len(before)-1]; last.Speaker != transcript.Customer {
		flat, marked := flatten(last.Text)
		h.offers = containsAny(flat, moreOffers)
		h.replies = (marked || containsAny(flat, agentAsks)) && !h.offers
	}
	return h
}

func (h *heard) says(phrases []string) bool { return containsAny(h.flat, phrases) }

// opens reports whether the customer may begin a topic.
func (h *heard) opens() bool { return h.first || h.offers }

// hasNumber reports whether there are digits or words for numbers and days.
func (h *heard) hasNumber() bool {
	return strings.ContainsFunc(h.flat, unicode.IsDigit) || h.says(numbered)
}

func (h *heard) need() float64 {
	if h.words == 0 {
		return 0
	}
	sum := 0.0
	for i, v := range h.vector() {
		sum += needSignals[i].weight(h.backed) * v
	}
	return logistic(sum)
}

// vector is the strength of every signal.
func (h *heard) vector() []float64 {
	v := make([]float64, len(needSignals))
	for i, s := range needSignals {
		v[i] = s.of(h)
	}
	return v
}

// needSignal speaks for or against a turn's wanting an answer.
type needSignal struct {
	name          string
	alone, backed float64 // its weight without a library and with one
	of            func(*heard) float64
}

func (s *needSignal) weight(backed bool) float64 {
	if backed {
		return s.backed
	}
	return s.alone
}

// when makes a signal of a condition.
func when(is func(*heard) bool) func(*heard) float64 {
	return func(h *heard) float64 {
		if is(h) {
			return 1
		}
		return 0
	}
}

// says makes a signal of phrases.
func says(phrases []string) func(*heard) float64 {
	return when(func(h *heard) bool { return h.says(phrases) })
}
