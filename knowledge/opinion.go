package knowledge

import (
	"crypto/sha256"
	"fmt"
	"math"
)

const (
	// usualOpinions is how many opinions the usual rate counts beside those of a
	// solution, and usualRate the share of helpful ones among them: a handful of
	// agents moves a doubtful suggestion, dozens decide.
	usualOpinions = 20
	usualRate     = 0.8
)

// logOdds is what the opinions add to the log odds of a solution: by a beta-binomial
// rate, with half for a partly helpful one. It lies within ±3.
func (o Opinions) logOdds() float64 {
	n := float64(o.Helpful + o.Partly + o.Wrong + o.Outdated)
	if n == 0 {
		return 0
	}
	rate := (usualOpinions*usualRate + float64(o.Helpful) + float64(o.Partly)/2) / (usualOpinions + n)
	moved := math.Log(rate/(1-rate)) - math.Log(usualRate/(1-usualRate))
	return min(max(moved, -3), 3)
}

func (o Opinions) list() []int { return []int{o.Helpful, o.Partly, o.Wrong, o.Outdated} }

// mixed returns a hash of content and opinions; without opinions it is that of the content.
func (o Opinions) mixed(content Hash) Hash {
	if o == (Opinions{}) {
		return content
	}
	return sha256.Sum256(fmt.Append(content[:], o.list()))
}
