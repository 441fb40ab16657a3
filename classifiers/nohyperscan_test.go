//go:build !hyperscan || !cgo

package classifiers_test

import "testing"

// newHyper is nil where Hyperscan is not built in.
func newHyper(testing.TB, *workload, []finder) contender { return nil }
