package knowledge

import (
	"crypto/sha256"
	"fmt"
	"math"
)

const (
	// usualOpinions is how many opinions the usual rate counts beside those of a
	// solution, and usualRate the share of helpful ones among them: a handful of
	// agents moves little, dozens decide.
	usualOpinions = 30
	usualRate     = 0.8
	// opinionFactor is what opinions count beside the text.
	opinionFactor = 0.75
)

// logOdds is what the opinions add to the log odds of a solution: by a beta-binomial
// rate, with half for a partly helpful one. It lies within ±2.
func (o Opinions) logOdds() float64 {
	n := float64(o.Helpful + o.Partly + o.Wrong + o.Outdated)
	if n == 0 {
		return 0
	}
	rate := (usualOpinions*usualRate + float64(o.Helpful) + float64(o.Partly)/2) / (usualOpinions + n)
	moved := opinionFactor * (math.Log(rate/(1-rate)) - math.Log(usualRate/(1-usualRate)))
	return min(max(moved, -2), 2)
}

func (o Opinions) list() []int { return []int{o.Helpful, o.Partly, o.Wrong, o.Outdated} }

// mixed returns a hash of content and opinions; without opinions it is that of the content.
func (o Opinions) mixed(content Hash) Hash {
	if o == (Opinions{}) {
		return content
	}
	return sha256.Sum256(fmt.Append(content[:], o.list()))
}
