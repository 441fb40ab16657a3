package rule

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWindowsFindWhatTheWholeTextHas matches patterns of every shape against
// long texts, in windows and as a whole.
func TestWindowsFindWhatTheWholeTextHas(t *testing.T) {
	t.Parallel()
	patterns := []string{
		`refund`, `\brefund\b`, `\Brefund`, `ref(und)+`, `订单\s*[:,]?\s*\d{3,}`, `\b(i|we) (now |just )*refund\b`, `^订单.{0,6}退款`,
		`refund( (my|the) order)?$`, `(^|[。 ])退款`, `refund\w*`, `[a-z]+ refund`, `退款.{3,}`, `order.*refund`, `(订单|order)[^。]{0,9}(退款|refund)`,
		`退款(吗|。|$)`, `^refund`, `退款[ 。!]*$`,
	}
	pieces := strings.Split("refund|order| |, |。|退款|订单|ab|xyz|12345|_|now |just |i |we |！|\n|中|文|字", "|")
	r := rand.New(rand.NewPCG(3, 3))
	texts := 300
	if testing.Short() {
		texts = 60
	}
	for range texts {
		var b strings.Builder
		for range r.IntN(1500) {
			switch filler := r.IntN(40); {
			case filler == 0:
				b.WriteString(pieces[r.IntN(len(pieces))])
			case filler == 1:
				b.WriteString(strings.Repeat("w", r.IntN(300)))
			default:
				b.WriteString(pieces[2] + "中"[:3*r.IntN(2)])
			}
			if r.IntN(3) == 0 {
				b.WriteString(pieces[r.IntN(len(pieces))])
			}
		}
		text := b.String()
		for _, p := range patterns {
			checkWindows(t, p, text)
		}
	}
}

// checkWindows gives the branch the blocks of refund and 退款, one of which is in every match.
func checkWindows(t *testing.T, pattern, text string) {
	t.Helper()
	re := tree(t, pattern)
	if !strings.Contains(pattern, "refund") && !strings.Contains(pattern, "退款") {
		return
	}
	blocks, size := uint64(0), blockBytes(len(text))
	for _, literal := range []string{"refund", "退款", "ref"} {
		for at := 0; ; {
			i := strings.Index(text[at:], literal)
			if i < 0 {
				break
			}
			blocks |= blockMask((at+i)/size, (at+i+len(literal)-1)/size)
			at += i + 1
		}
	}
	b := newBranch(re, nil)
	var m machine
	b.places(&m, text, blocks, turnPlaces)
	got := m.found
	want := regexp.MustCompile("(?i)"+pattern).FindAllStringIndex(text, turnPlaces)
	if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); diff != "" && len(want)+len(got) > 0 {
		t.Fatalf("%s in %q (-want +got)\n%s", pattern, text, diff)
	}
}

func TestExtents(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`ab{2,3}c`: "5 0 true", `\s*退款[a-z]+$`: "2 7 true", `^(k|嗯)+`: "0 4 true", `a.*b`: "-1 0 false", `(ab|c\d)+`: "0 4 true",
		`(?m)^a`: "0 0 false", `.{401}`: "401 0 false", `(a{1,3}b)*`: "-1 0 false",
	}
	for pattern, want := range tests {
		x := extentOf(tree(t, pattern))
		most := x.most
		if strings.HasPrefix(pattern, "(?m)") {
			most = 0
		}
		if got := fmt.Sprint(most, " ", len(x.runs)/2, " ", x.bounded); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
	pairs := []rune{'x', 'z', 'a', 'b', 'k', 'k'}
	sortPairs(pairs)
	if !slices.Equal(pairs, []rune{'a', 'b', 'k', 'k', 'x', 'z'}) {
		t.Errorf("pairs %q", pairs)
	}
}
