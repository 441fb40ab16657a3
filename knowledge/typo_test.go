package knowledge

import (
	"slices"
	"strings"
	"testing"
)

func TestIsTypo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, a, b string
		want       bool
	}{
		{"two letters the wrong way round", "refudn", "refund", true},
		{"a letter too few", "refnd", "refund", true},
		{"a letter too many", "refuund", "refund", true},
		{"a wrong letter", "refumd", "refund", true},
		{"two wrong letters", "rafumd", "refund", false},
		{"two letters too few", "rend", "refund", false},
		{"letters apart changed places", "dnfuer", "refund", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := isTypo([]rune(tt.a), []rune(tt.b)); got != tt.want {
				t.Errorf("isTypo(%q, %q) = %v", tt.a, tt.b, got)
			}
		})
	}
}

func TestOnlyUnknownLongWordsAreCorrected(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{},
		Solution{ID: "a", Title: "refund for a plan", Answer: "Soon."}, Solution{ID: "b", Title: "refunt form", Answer: "Here."},
		Solution{ID: "c", Title: "refund of a fee", Answer: "Later."})
	for word, want := range map[string]string{
		"refund": "refund", "refunt": "refunt", "refun": "refund", "refudn": "refund", "plam": "plam", "efund": "efund", "退款": "退款", "": "",
	} {
		if got := x.current.vocabulary.corrected(word); got != want {
			t.Errorf("corrected(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestTyposDoNotHideTheQuestion(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	for text, want := range map[string]string{
		"退宽多久到帐": "SOL-RET-ZH-006", "发漂抬头写错了": "SOL-RET-ZH-008", "how long dose a refudn take": "SOL-RET-EN-006",
		"humidifer stopped misting": "SOL-RET-EN-013",
	} {
		if got := suggestedIDs(t, x, Query{Text: text}); len(got) == 0 || got[0] != want {
			t.Errorf("%q: %v, want %s first", text, got, want)
		}
	}
}

func TestGenericWordsTellNothing(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	for _, text := range []string{
		"cancel", "order", "Can I get someone to call me when it does?", "e", "return", "can I return opened shoes", "能退吗",
	} {
		if got := suggestedIDs(t, x, Query{Text: text}); len(got) > 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestAWordingOfTheLibraryIsAlwaysFound(t *testing.T) {
	t.Parallel()
	solutions := demoSolutions(t)
	x := newTestIndex(t, Options{}, solutions...)
	for _, s := range solutions {
		if !s.ValidAt(x.o.Now()) {
			continue
		}
		for _, text := range append([]string{s.Title}, s.Questions...) {
			if got := suggestedIDs(t, x, Query{Text: strings.ToUpper(text) + "?"}); !slices.Contains(got, s.ID) {
				t.Errorf("%q: %v, want %s among them", text, got, s.ID)
			}
		}
	}
}
