package rule

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/transcript"
)

func tree(t *testing.T, pattern string) *syntax.Regexp {
	t.Helper()
	re, err := syntax.Parse(pattern, syntax.Perl|syntax.FoldCase)
	if err != nil {
		t.Fatal(err)
	}
	return re
}

func TestRequiredLiterals(t *testing.T) {
	t.Parallel()
	tests := map[string][][]string{
		`refund`:                       {{"refund"}},
		`(Order|Account) number\b`:     {{"order", "account"}, {" number"}},
		`订单.{0,4}号`:                    {{"订单"}, {"号"}},
		`投诉|投递|complain`:               {{"投", "complain"}},
		`(请|您)+`:                       {{"您", "请"}},
		`(ab){2,}c*`:                   {{"ab"}},
		`a+`:                           nil, // too short
		`(ab)?`:                        nil,
		`ab|.+`:                        nil,
		`\d{4}`:                        nil,
		`straße`:                       nil, // has a second capital
		`σίγμα`:                        nil, // sigma has two small letters
		`[^a]bc`:                       {{"bc"}},
		strings.Repeat("x[ab]", 3):     nil,
		`\b(ma'?am|sir), (please|pls)`: {{"ma", "sir"}, {", "}, {"pl"}},
	}
	for pattern, want := range tests {
		if diff := cmp.Diff(want, required(tree(t, pattern))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", pattern, diff)
		}
	}
}

func TestLeastLength(t *testing.T) {
	t.Parallel()
	tests := map[string]int{`a*`: 0, `a|b?`: 0, `^$`: 0, `\b`: 0, `(ab)+c`: 3, `a{0,3}`: 0, `a{2,3}`: 1, `ab|c`: 1, `.`: 1, `[ab]c?`: 1}
	for pattern, want := range tests {
		if got := leastLength(tree(t, pattern)); got != want {
			t.Errorf("%s has at least %d, want %d", pattern, got, want)
		}
	}
}

// FuzzPattern holds that no text that a pattern matches lacks all of the
// literals that it is said to require, and that writing it in small letters
// changes no match.
func FuzzPattern(f *testing.F) {
	for _, p := range []string{`(a|bc)+d`, `订单.{0,4}号`, `k(ab)?k`, `[ab]{2}|ſs`, `(?-i)AB|ab`} {
		f.Add(p, "abcd 订单号 KK ss ab")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		re, err := regexp.Compile("(?i)" + pattern)
		if err != nil || len(pattern) > 200 || strings.Contains(pattern, "İ") {
			return // regexp takes İ for a letter without cases, folding makes it i
		}
		parsed, err := syntax.Parse(pattern, syntax.Perl|syntax.FoldCase)
		if err != nil {
			return
		}
		text = transcript.Fold(text).Text
		want := re.FindStringIndex(text)
		if want != nil {
			for _, list := range required(parsed) {
				if !slices.ContainsFunc(list, func(l string) bool { return strings.Contains(text, l) }) {
					t.Errorf("%q matches %q without any of %q", pattern, text, list)
				}
			}
		}
		smallen(parsed)
		small, err := regexp.Compile(parsed.String())
		if err != nil {
			t.Fatal(err)
		}
		if got := small.FindStringIndex(text); !slices.Equal(want, got) {
			t.Errorf("%q in %q: %v, in small letters %v", pattern, text, want, got)
		}
		if leastLength(parsed) == 0 {
			return
		}
		var m machine
		newExpression(parsed).findAll(&m, text, 0, turnPlaces)
		if all := small.FindAllStringIndex(text, turnPlaces); fmt.Sprint(all) != fmt.Sprint(m.found) {
			t.Errorf("%q in %q: %v, found %v", pattern, text, all, m.found)
		}
	})
}
