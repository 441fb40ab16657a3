package rule

import (
	"testing"

	"assay/pipeline/transcript"
)

func TestNegated(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{ // what stands before the place
		"":                       false,
		"我们":                     false,
		"我们不":                    true,
		"我们不会跟您":                 true,
		"不是我们这边跟您":               false, // too far
		"不行，我":                   false, // another clause
		"不得不":                    false, // negated twice
		"没有":                     true,
		"未能":                     true,
		"请别":                     true,
		"特别":                     false,
		"不好意思":                   false,
		"不过我":                    false,
		"we do not ":             true,
		"we don't really ":       true,
		"we don’t ":              true,
		"we can not not ":        false,
		"it is not that we can ": false, // too far
		"no. we ":                false,
		"never ":                 true,
		"knot ":                  false,
		"dont ":                  true,
		"我们 not ":                true,
	}
	for before, want := range tests {
		if got := negated(transcript.Fold(before).Text); got != want {
			t.Errorf("after %q negated is %t", before, got)
		}
	}
}
