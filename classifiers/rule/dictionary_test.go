package rule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func occurrences(literals []string, text string) []string {
	uses := make([]use, len(literals))
	for id := range uses {
		uses[id] = asPart
	}
	x := &index{of: make([]group, len(literals)), begin: []int32{0, int32(len(text)) + 1}}
	newDictionary(literals, uses).scan(x, append([]byte(text), "\n\n\n\n\n\n\n\n"...))
	var out []string
	for m := range x.all {
		out = append(out, fmt.Sprintf("%s %d-%d", literals[m.id], m.start, m.end))
	}
	slices.Sort(out)
	return out
}

func TestDictionaryFinds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		literals []string
		text     string
		want     []string
	}{
		{"nothing to look for", nil, "abc", nil},
		{"nothing to look in", []string{"a"}, "", nil},
		{"words within words", []string{"he", "she", "hers", "his"}, "ushers", []string{"he 2-4", "hers 2-6", "she 1-4"}},
		{"overlapping places of one word", []string{"aa"}, "aaaa", []string{"aa 0-2", "aa 1-3", "aa 2-4"}},
		{"Chinese", []string{"退款", "不退款", "款"}, "不退款", []string{"不退款 0-9", "款 6-9", "退款 3-9"}},
		{"any run of blanks", []string{"a b", "b"}, "a   b a b", []string{"a b 0-5", "a b 6-9", "b 4-5", "b 8-9"}},
		{"blanks at the edges of a text", []string{"a b"}, "  a  b  ", []string{"a b 2-6"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, occurrences(tt.literals, tt.text)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestDictionaryFindsWhatSearchingFinds compares with a search for each literal
// in texts over a small alphabet, where everything overlaps.
func TestDictionaryFindsWhatSearchingFinds(t *testing.T) {
	t.Parallel()
	word := func(r *rand.Rand, n int) string {
		var b strings.Builder
		for range n {
			b.WriteString([]string{"a", "b", "订", "单"}[r.IntN(4)])
		}
		return b.String()
	}
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		var literals []string
		for range 1 + r.IntN(10) {
			if w := word(r, 1+r.IntN(4)); !slices.Contains(literals, w) {
				literals = append(literals, w)
			}
		}
		text := word(r, 30)
		var want []string
		for _, l := range literals {
			for i := range text {
				if strings.HasPrefix(text[i:], l) {
					want = append(want, fmt.Sprintf("%s %d-%d", l, i, i+len(l)))
				}
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, occurrences(literals, text)); diff != "" {
			t.Errorf("%q in %q (-want +got)\n%s", literals, text, diff)
		}
	}
}
