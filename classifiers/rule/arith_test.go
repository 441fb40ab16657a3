package rule

import (
	"math"
	"strings"
	"testing"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

func TestArith(t *testing.T) {
	t.Parallel()
	s := &transcript.Session{CSAT: 4, Metadata: map[string]any{"total": 200.0, "text": "12.5", "name": "x", "zero": 0.0, "单价": 3.0, "nan": "NaN"}}
	tests := []struct {
		expr string
		want float64
		why  pipeline.Reason
	}{
		{"1 + 2 * 3", 7, ""},
		{"(1 + 2) * 3", 9, ""},
		{"10 - 4 - 3", 3, ""},
		{"12 / 2 / 3", 2, ""},
		{"-2 * -(3 - 1)", 4, ""},
		{"metadata.total * 0.9 + 10", 190, ""},
		{"metadata.total*0.9+10", 190, ""},
		{"metadata.text * 2", 25, ""},
		{"metadata.单价 * 2", 6, ""},
		{"csat + 1", 5, ""},
		{"metadata.missing + 1", 0, pipeline.NoMetadata},
		{"1 + metadata.missing", 0, pipeline.NoMetadata},
		{"metadata.name + 1", 0, pipeline.WrongType},
		{"metadata.nan + 1", 0, pipeline.WrongType},
		{"1 / metadata.zero", 0, pipeline.WrongType},
	}
	for _, tt := range tests {
		x, err := parseArith(tt.expr)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		if v, why := x.compute(s); !alikeNumbers(v, tt.want) || why != tt.why {
			t.Errorf("%s = %g (%s), want %g (%s)", tt.expr, v, why, tt.want, tt.why)
		}
	}
}

func TestArithNamesThePlaceOfMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                        `expected a number or a field such as metadata.total at character 1, found the end`,
		"metadata.total * ":       `expected a number or a field such as metadata.total at character 18, found the end`,
		"metadata.单价 ** 2":        `expected a number or a field such as metadata.total at character 14, found "*"`,
		"metadata.total 2":        `expected an operator: + - * / at character 16, found "2"`,
		"(1 + 2":                  `expected an operator or ")" at character 7, found the end`,
		"total * 2":               `expected a number or a field such as metadata.total at character 1, found "total"`,
		"1.2.3":                   `expected a number at character 1, found "1.2.3"`,
		"1 % 2":                   `expected an operator: + - * / at character 3, found "%"`,
		strings.Repeat("(", 40):   "nested deeper than 32",
		strings.Repeat("1+", 500): `expected a number or a field such as metadata.total at character 1001, found the end`,
		strings.Repeat("1+", 501): "the expression has 1002 bytes, more than 1000",
		strings.Repeat("-", 40):   "nested deeper than 32",
	}
	for expr, want := range tests {
		if _, err := parseArith(expr); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", expr, err, want)
		}
	}
}

func TestRounding(t *testing.T) {
	t.Parallel()
	tests := []struct {
		mode   string
		digits int
		v      float64
		want   float64
	}{
		{"half_up", 2, 1.005, 1.01}, {"half_up", 0, 2.5, 3}, {"half_up", 0, -2.5, -3}, {"half_up", 1, 0.04, 0},
		{"up", 0, 1.1 * 100, 110}, {"up", 0, 2.01, 3}, {"up", 1, -2.01, -2.1},
		{"down", 0, 2.99, 2}, {"down", 2, 0.29 * 100 / 100, 0.29}, {"down", 0, -2.99, -2},
	}
	for _, tt := range tests {
		if got := (&rounding{tt.digits, tt.mode}).apply(tt.v); !alikeNumbers(got, tt.want) {
			t.Errorf("%g %s to %d digits is %g, want %g", tt.v, tt.mode, tt.digits, got, tt.want)
		}
	}
}

func FuzzArith(f *testing.F) {
	for _, s := range []string{"metadata.a * (1 - 2) / -3", "((1)", "1e999", "metadata.", "\xff", "metadata.a.b+1"} {
		f.Add(s)
	}
	s := &transcript.Session{Metadata: map[string]any{"a": 3.0}}
	f.Fuzz(func(t *testing.T, expr string) {
		x, err := parseArith(expr)
		if err != nil {
			return
		}
		if v, why := x.compute(s); math.IsNaN(v) || math.IsInf(v, 0) || why != "" && v != 0 {
			t.Errorf("%q = %g (%s)", expr, v, why)
		}
	})
}
