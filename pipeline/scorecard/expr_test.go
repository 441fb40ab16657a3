package scorecard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/scorecard"
)

const (
	no      = scorecard.NotHit
	unknown = scorecard.NotEvaluable
	yes     = scorecard.Hit
)

func parse(t *testing.T, s string) *scorecard.Expr {
	t.Helper()
	e, err := scorecard.ParseExpr(s)
	if err != nil {
		t.Fatalf("ParseExpr(%q): %v", s, err)
	}
	return e
}

// TestEvalFollowsKleene holds the truth tables of the strong logic of three values.
func TestEvalFollowsKleene(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b         scorecard.State
		and, or, not scorecard.State // not is of a
	}{
		{no, no, no, no, yes},
		{no, unknown, no, unknown, yes},
		{no, yes, no, yes, yes},
		{unknown, no, no, unknown, unknown},
		{unknown, unknown, unknown, unknown, unknown},
		{unknown, yes, unknown, yes, unknown},
		{yes, no, no, yes, no},
		{yes, unknown, unknown, yes, no},
		{yes, yes, yes, yes, no},
	}
	for _, tt := range tests {
		value := func(name string) scorecard.State { return map[string]scorecard.State{"a": tt.a, "b": tt.b}[name] }
		for expr, want := range map[string]scorecard.State{"a && b": tt.and, "a || b": tt.or, "!a": tt.not, "!!a": tt.a} {
			if got := parse(t, expr).Eval(value); got != want {
				t.Errorf("a is %s, b is %s: %s is %s, want %s", tt.a, tt.b, expr, got, want)
			}
		}
	}
}

func TestParseExprReads(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ // the expression, and as it is written back
		"a":                      "a",
		"a&&b &&c":               "a && b && c",
		"a and (b or not c)":     "a && (b || !c)",
		"!(a || b)":              "!(a || b)",
		"((a))":                  "a",
		"(a && b) || (c && !!d)": "(a && b) || (c && !!d)",
		"问候 || 自报家门.1":           "问候 || 自报家门.1",
		"android":                "android",
	}
	for in, want := range tests {
		if got := parse(t, in).String(); got != want {
			t.Errorf("ParseExpr(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseExprRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ // the expression, and the error
		"":                             `a condition's name is missing at the end`,
		"a &&":                         `a condition's name is missing at the end`,
		"a b":                          `unexpected "b"`,
		"a & b":                        `unexpected "&"`,
		"(a":                           `")" is missing`,
		"a)":                           `unexpected ")"`,
		"a && b || c":                  `&& and || are mixed: put parentheses around one of them`,
		"1st":                          `expected a condition's name, found "1st"`,
		"&& a":                         `expected a condition's name, found "&&"`,
		strings.Repeat("(", 99) + "a":  `nested deeper than 32`,
		strings.Repeat("!", 99) + "a":  `nested deeper than 32`,
		"a || " + "b && " + "(c || d)": `&& and || are mixed: put parentheses around one of them`,
	}
	for in, want := range tests {
		_, err := scorecard.ParseExpr(in)
		if err == nil || err.Error() != want {
			t.Errorf("ParseExpr(%q): error %v, want %s", in, err, want)
		}
	}
}

func TestDecidingConditions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		expr       string
		hit, noHit []string
	}{
		{"a", []string{"a"}, nil},
		{"!a", nil, []string{"a"}},
		{"a && !b", []string{"a"}, []string{"b"}},
		{"!(a || !b) && a", []string{"b", "a"}, []string{"a"}},
		{"!!a || a", []string{"a"}, nil},
	}
	for _, tt := range tests {
		e := parse(t, tt.expr)
		if diff := cmp.Diff(tt.hit, e.Deciding(yes)); diff != "" {
			t.Errorf("%s hit by (-want +got)\n%s", tt.expr, diff)
		}
		if diff := cmp.Diff(tt.noHit, e.Deciding(no)); diff != "" {
			t.Errorf("%s not hit by (-want +got)\n%s", tt.expr, diff)
		}
	}
}

func TestStateAsText(t *testing.T) {
	t.Parallel()
	for _, s := range []scorecard.State{no, unknown, yes} {
		text, err := s.MarshalText()
		var back scorecard.State
		if err != nil || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("%d is written %q, read %d", s, text, back)
		}
	}
	var s scorecard.State
	if err := s.UnmarshalText([]byte("maybe")); err == nil {
		t.Error(`read "maybe" as a state`)
	}
}

// FuzzParseExpr holds that what was read is written back the same, and that an
// expression's names are all it asks for.
func FuzzParseExpr(f *testing.F) {
	for _, s := range []string{"a && !(b || c)", "not a or b", "((x))", "a &", "！a", "a || b && c", "a.b-c_d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := scorecard.ParseExpr(s)
		if err != nil {
			return
		}
		again, err := scorecard.ParseExpr(e.String())
		if err != nil || again.String() != e.String() {
			t.Fatalf("%q is written %q and read back %v, %v", s, e, again, err)
		}
		e.Eval(func(name string) scorecard.State {
			if !slices.Contains(e.Names(), name) {
				t.Errorf("%q asks for %q, which is not among %q", s, name, e.Names())
			}
			return scorecard.NotEvaluable
		})
	})
}

func ExampleParseExpr() {
	e, err := scorecard.ParseExpr("greets && !(rude || silent)")
	fmt.Println(e.Names(), err)
	_, err = scorecard.ParseExpr("greets && rude || silent")
	fmt.Println(err)
	// Output:
	// [greets rude silent] <nil>
	// && and || are mixed: put parentheses around one of them
}
