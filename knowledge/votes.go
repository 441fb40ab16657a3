package knowledge

import (
	"crypto/sha256"
	"fmt"
	"math"
)

// Votes count what agents said of a solution that was suggested, each agent once.
type Votes struct{ Helpful, Partly, Wrong, Outdated int }

const (
	// usualVotes is how many votes the usual rate counts beside those of a
	// solution, and usualRate the share of helpful ones among them: a handful of
	// agents moves little, dozens decide.
	usualVotes = 30
	usualRate  = 0.8
	// votesFactor is what votes count beside the text.
	votesFactor = 0.75
)

// logOdds is what the votes add to the log odds of a solution: by a beta-binomial
// rate, with half for a partly helpful one. It lies within ±2.
func (v Votes) logOdds() float64 {
	n := float64(v.Helpful + v.Partly + v.Wrong + v.Outdated)
	if n == 0 {
		return 0
	}
	rate := (usualVotes*usualRate + float64(v.Helpful) + float64(v.Partly)/2) / (usualVotes + n)
	moved := votesFactor * (math.Log(rate/(1-rate)) - math.Log(usualRate/(1-usualRate)))
	return min(max(moved, -2), 2)
}

func (v Votes) list() []int { return []int{v.Helpful, v.Partly, v.Wrong, v.Outdated} }

// mixed returns a hash of content and votes; without votes it is that of the content.
func (v Votes) mixed(content Hash) Hash {
	if v == (Votes{}) {
		return content
	}
	return sha256.Sum256(fmt.Append(content[:], v.list()))
}
