package knowledge

import (
	"crypto/sha256"
	"fmt"
)

// Votes count what agents said of a solution that was suggested, each agent once.
type Votes struct{ Helpful, Partly, Wrong, Outdated int }

func (v Votes) list() []int { return []int{v.Helpful, v.Partly, v.Wrong, v.Outdated} }

// mixed returns a hash of content and votes; without votes it is that of the content.
func (v Votes) mixed(content Hash) Hash {
	if v == (Votes{}) {
		return content
	}
	return sha256.Sum256(fmt.Append(content[:], v.list()))
}
