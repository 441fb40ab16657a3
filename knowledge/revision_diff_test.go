package knowledge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// marked writes a diff as [-removed-]{+added+}.
func marked(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(map[Edit]string{Kept: p.Text, Removed: "[-" + p.Text + "-]", Added: "{+" + p.Text + "+}"}[p.Edit])
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, before, after, want string }{
		{"Chinese by characters", "退款三天到账。", "退款五天内到账。", "退款[-三-]{+五+}天{+内+}到账。"},
		{"English by words", "It takes three days.", "It takes five working days.", "It takes [-three-]{+five working+} days."},
		{"both in one", "请下载App再登录", "请更新App再重新登录", "请[-下载-]{+更新+}App再{+重新+}登录"},
		{"words one after the other as one", "Hold the key for long.", "Press it.", "[-Hold the key for long-]{+Press it+}."},
		{"from nothing", "", "new", "{+new+}"},
		{"to nothing", "old text", "", "[-old text-]"},
		{"white space", "a  b", "a b", "a[-  -]{+ +}b"},
		{"one word within itself", "aa", "aaa", "[-aa-]{+aaa+}"},
	}
	for _, test := range tests {
		a, b := Solution{Answer: test.before}, Solution{Answer: test.after}
		diff := Diff(&a, &b)
		if len(diff) != 1 || diff[0].Field != "answer" {
			t.Fatalf("%s: %+v", test.name, diff)
		}
		if got := marked(diff[0].Pieces); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestDiffOfFields(t *testing.T) {
	t.Parallel()
	a := full()
	b := full()
	if diff := Diff(&a, &b); len(diff) > 0 {
		t.Errorf("of equal ones: %+v", diff)
	}
	b.Status, b.Questions, b.CustomerType, b.ReviewBy = Published, nil, "", day("2027-01-31")
	got := map[string]string{}
	for _, f := range Diff(&a, &b) {
		got[f.Field] = marked(f.Pieces)
	}
	want := map[string]string{
		"status": "[-draft-]{+published+}", "questions": "[-" + strings.Join(a.Questions, "\n") + "-]",
		"customer_type": "[-enterprise-]", "review_by": "[-2026-12-31-]{+2027-01-31+}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzDiff(f *testing.F) {
	f.Add("退款三天到账", "退款 five 天到账")
	f.Add(strings.Repeat("a b ", 900), strings.Repeat("c d ", 900))
	f.Fuzz(func(t *testing.T, a, b string) {
		var before, after strings.Builder
		for _, p := range diffTokens(tokens(a), tokens(b)) {
			if p.Edit != Added {
				before.WriteString(p.Text)
			}
			if p.Edit != Removed {
				after.WriteString(p.Text)
			}
		}
		if before.String() != a || after.String() != b {
			t.Errorf("from %q to %q the diff goes from %q to %q", a, b, before.String(), after.String())
		}
	})
}
