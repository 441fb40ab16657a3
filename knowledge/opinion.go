package knowledge

import (
	"crypto/sha256"
	"fmt"
)

func (o Opinions) list() []int { return []int{o.Helpful, o.Partly, o.Wrong, o.Outdated} }

// mixed returns a hash of content and opinions; without opinions it is that of the content.
func (o Opinions) mixed(content Hash) Hash {
	if o == (Opinions{}) {
		return content
	}
	return sha256.Sum256(fmt.Append(content[:], o.list()))
}
