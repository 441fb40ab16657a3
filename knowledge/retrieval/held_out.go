package retrieval

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"assay/knowledge"
)

// HoldOut takes a share, in (0, 1), of every solution's wordings out of the
// library and returns them as questions. Which ones depends on nothing but the
// solution's id and the wording's text. Titles stay. A wording that several
// solutions have is one question that all of them answer.
func HoldOut(solutions []knowledge.Solution, share float64) ([]knowledge.Solution, []Question) {
	at := map[string]int{}
	var out []Question
	for _, s := range solutions {
		for n, wording := range s.Questions {
			if _, ok := at[wording]; !ok && isHeld(s.ID, wording, share) {
				at[wording] = len(out)
				out = append(out, heldQuestion(&s, n))
			}
		}
	}
	kept := slices.Clone(solutions)
	for i := range kept {
		s := &kept[i]
		s.Questions = slices.DeleteFunc(slices.Clone(s.Questions), func(wording string) bool {
			j, held := at[wording]
			if held {
				out[j].judge(s.ID, 1)
			}
			return held
		})
	}
	return kept, out
}

func heldQuestion(s *knowledge.Solution, n int) Question {
	q := Question{ID: fmt.Sprintf("%s#%d", s.ID, n+1), Query: knowledge.Query{Text: s.Questions[n], Language: s.Language}}
	if s.Product != "" {
		q.Query.Products = []string{s.Product}
	}
	return q
}

func isHeld(id, wording string, share float64) bool {
	sum := sha256.Sum256([]byte(id + "\n" + wording))
	return float64(binary.BigEndian.Uint64(sum[:8])) < share*math.MaxUint64
}
