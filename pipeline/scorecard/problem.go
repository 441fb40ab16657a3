package scorecard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// Problem is one mistake in a scorecard file, at the place where to mend it.
type Problem struct {
	File    string   `json:"file"`
	Line    int      `json:"line"`   // from 1
	Column  int      `json:"column"` // from 1
	Key     string   `json:"key"`    // path of keys, e.g. sections[0].criteria[2].weight
	Message string   `json:"message"`
	Allowed []string `json:"allowed,omitempty"` // the values that may stand here, where they can be listed
}

func (p Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Key != "" {
		fmt.Fprintf(&b, "%s: ", p.Key)
	}
	b.WriteString(p.Message)
	if len(p.Allowed) > 0 {
		fmt.Fprintf(&b, "; allowed: %s", strings.Join(p.Allowed, ", "))
	}
	return b.String()
}

// Problems are all mistakes of a file, in the order of the file.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems as an error, nil when there is none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Nearest returns the entry of known that s most likely means; "" when none is
// near: they may differ in two characters or a third of them, never in all.
func Nearest(s string, known []string) string {
	length := utf8.RuneCountInString(s)
	best, least := "", min(max(2, length/3)+1, length)
	for _, k := range known {
		if d := transcript.EditDistance(s, k); d < least {
			best, least = k, d
		}
	}
	return best
}
