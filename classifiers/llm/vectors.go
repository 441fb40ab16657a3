package llm

import (
	"container/list"
	"crypto/sha256"
)

// vectors keeps the vectors that were asked for last, up to a number of bytes.
type vectors struct {
	most, size int // bytes
	order      *list.List
	byText     map[[sha256.Size]byte]*list.Element
}

type kept struct {
	text   [sha256.Size]byte
	vector []float32
}

// keptBytes is what keeping a vector takes besides its numbers.
const keptBytes = 200

func newVectors(most int) *vectors {
	return &vectors{most: most, order: list.New(), byText: map[[sha256.Size]byte]*list.Element{}}
}

// get returns a text's vector, nil when it is not kept.
func (v *vectors) get(text [sha256.Size]byte) []float32 {
	e := v.byText[text]
	if e == nil {
		return nil
	}
	v.order.MoveToFront(e)
	return e.Value.(kept).vector
}

func (v *vectors) put(text [sha256.Size]byte, vector []float32) {
	if v.byText[text] != nil {
		return // somebody else asked at the same time
	}
	v.byText[text] = v.order.PushFront(kept{text, vector})
	v.size += 4*len(vector) + keptBytes
	for v.size > v.most && v.order.Len() > 1 {
		last := v.order.Remove(v.order.Back()).(kept)
		delete(v.byText, last.text)
		v.size -= 4*len(last.vector) + keptBytes
	}
}
