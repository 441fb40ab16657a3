package training

import (
	"hash/fnv"
	"unicode"
)

// nearRun is how many letters in a row two comments have in common that are
// taken for one post, quoted or copied.
const nearRun = 16

// joinNear gives comments that share a run of letters one group, so that no
// fold learns from a copy of what it is measured on. Shorter ones must be equal.
func (c *Corpus) joinNear() {
	first := map[uint64]int{}          // item by the hash of a run
	above := make([]int, len(c.Items)) // of items of one group, towards the one that stands first
	root := func(i int) int {
		for above[i] != i {
			above[i] = above[above[i]]
			i = above[i]
		}
		return i
	}
	for i := range c.Items {
		above[i] = i
		if c.Items[i].Source != Offence {
			continue
		}
		turns := c.Items[i].Session.Turns
		for _, run := range runs(turns[len(turns)-1].Text) {
			h := fnv.New64a()
			h.Write([]byte(run))
			at, ok := first[h.Sum64()]
			if !ok {
				first[h.Sum64()] = i
				continue
			}
			a, b := root(at), root(i)
			above[max(a, b)] = min(a, b)
		}
	}
	for i := range c.Items {
		if c.Items[i].Source == Offence {
			c.Items[i].Group = c.Items[root(i)].Group
		}
	}
}

// runs are all runs of nearRun letters and digits of s, or all of a shorter s.
func runs(s string) []string {
	var letters []rune
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters = append(letters, unicode.ToLower(r))
		}
	}
	if len(letters) <= nearRun {
		return []string{string(letters)}
	}
	out := make([]string, 0, len(letters)-nearRun+1)
	for i := range len(letters) - nearRun + 1 {
		out = append(out, string(letters[i:i+nearRun]))
	}
	return out
}
