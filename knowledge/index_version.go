package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Steady reports whether the index answers as it will go on to: it is ready, and
// all solutions that it has are embedded, where there is a model. While PostgreSQL's
// search answers, the index is built, or the model fails, other answers than now
// will come without a change of the library.
func (x *Index) Steady() bool {
	s := x.Status()
	if s.State != Ready || s.Building {
		return false
	}
	return x.library == nil || x.o.vectors == nil || x.o.vectors.filled(s.Seq)
}

// Threshold is the score below which nothing is suggested.
func (x *Index) Threshold() float64 { return x.o.Threshold }

// filled reports whether the solutions up to a change of the library have their vectors.
func (v *vectors) filled(seq int64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.fills.problem == nil && v.fills.seq >= seq && v.rest.failures < restAfter
}

// TextVersion is a hash of the solutions' content and of all that decides the
// ranking but what people think of solutions and which of them are embedded yet:
// it changes when somebody edits the library, or its settings. Before the index is
// built it is "".
func (x *Index) TextVersion() string {
	x.mu.Lock()
	h := x.current
	x.mu.Unlock()
	if h == nil {
		return ""
	}
	n, texts := h.texts()
	sum := sha256.New()
	fmt.Fprint(sum, n, texts, x.o.Threshold, rankingVersion(), x.o.synonymsInForce().hash())
	if x.o.vectors != nil {
		fmt.Fprint(sum, x.o.vectors.embedder.Version())
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// texts is how many solutions are in the index, and a hash of their content.
func (g *generation) texts() (int, Hash) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.state.Entries, g.state.Texts
}
