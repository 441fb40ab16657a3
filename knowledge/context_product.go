package knowledge

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

const (
	// leastBegun is the share of a name that must be said, by the weight of its
	// words, when it is the beginning: "Acorn" for "Acorn Guest House". leastNamed
	// is that of any other part: "the Belfry" for "Cambridge Belfry".
	leastBegun = 0.4
	leastNamed = 0.55
	// hanNoun is the number of Chinese characters from which on leastBegun is enough
	// for any part: names end with what the thing is.
	hanNoun = 3
	// mostNamed is how many products words may mean; what means more means none.
	mostNamed = 4
	// mostWithTerm is the number of names that a word may be in to lead to a name
	// that is said in part.
	mostWithTerm = 200
	// mostNameTerms of a name are looked at.
	mostNameTerms = 8
	// ordinaryFactor: a word that this many times more solutions have than there
	// are of the products named by it is an ordinary word, and names none by itself.
	ordinaryFactor = 1.15
)

// productNames finds the products of a library in texts. It grows with the
// number of products, not with that of solutions.
type productNames struct {
	at     map[string]int32 // by folded name
	whole  map[string]int32 // by the terms, joined
	names  []productName
	having map[string][]int32 // the names that have a term, ascending
	of     map[string]int     // the solutions of products whose names have a term
}

type productName struct {
	name      string // folded
	terms     []string
	solutions int
}

func newProductNames() *productNames {
	return &productNames{at: map[string]int32{}, whole: map[string]int32{}, having: map[string][]int32{}, of: map[string]int{}}
}

// add counts n more solutions of a product, whose name is folded. Terms are those
// of the name as questions are cut.
func (p *productNames) add(name string, n int, terms func(string) []string) {
	if name == "" {
		return
	}
	i, ok := p.at[name]
	if !ok {
		i = int32(len(p.names))
		p.at[name] = i
		words := terms(name)
		words = words[:min(len(words), mostNameTerms)]
		p.names = append(p.names, productName{name: name, terms: words})
		p.whole[strings.Join(words, " ")] = i
		for k, t := range words {
			if !slices.Contains(words[:k], t) {
				p.having[t] = append(p.having[t], i)
			}
		}
	}
	p.names[i].solutions += n
	for k, t := range p.names[i].terms {
		if !slices.Contains(p.names[i].terms[:k], t) {
			p.of[t] += n
		}
	}
}

// known reports whether any solution is of the product, whose name is folded.
func (p *productNames) known(name string) bool {
	i, ok := p.at[name]
	return ok && p.names[i].solutions > 0
}

// named is a name found in a text.
type named struct {
	name       int32
	start, end int // of the terms
	share      float64
}

// find returns the products that a text's terms name, in whole or in part, in
// the order in which they are named. df tells how many solutions have a term.
func (p *productNames) find(terms []string, df func(string) int) []string {
	if len(p.names) == 0 {
		return nil
	}
	var all []named
	for i := range terms {
		all = p.wholeAt(all, terms, i)
		all = p.partsAt(all, terms, i)
	}
	all = slices.DeleteFunc(all, func(n named) bool {
		return p.names[n.name].solutions <= 0 || p.ordinary(terms[n.start:n.end], df)
	})
	slices.SortFunc(all, func(a, b named) int {
		return cmp.Or(cmp.Compare(b.end-b.start, a.end-a.start), cmp.Compare(b.share, a.share), cmp.Compare(a.start, b.start), cmp.Compare(a.name, b.name))
	})
	return p.choose(all)
}

// choose takes of names at the same words the longest, and none where too many are as long.
func (p *productNames) choose(all []named) []string {
	var kept []named
	for len(all) > 0 {
		best := all[0]
		n := 0
		for n < len(all) && all[n].start == best.start && all[n].end == best.end && all[n].share == best.share {
			n++
		}
		if n <= mostNamed {
			kept = append(kept, all[:n]...)
		}
		all = slices.DeleteFunc(all[n:], func(n named) bool { return n.start < best.end && best.start < n.end })
	}
	slices.SortStableFunc(kept, func(a, b named) int { return cmp.Compare(a.start, b.start) })
	var out []string
	for _, n := range kept {
		if name := p.names[n.name].name; !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// wholeAt finds the names that stand from term i on.
func (p *productNames) wholeAt(all []named, terms []string, i int) []named {
	for end := i + 1; end <= min(i+mostNameTerms, len(terms)); end++ {
		if n, ok := p.whole[strings.Join(terms[i:end], " ")]; ok {
			all = append(all, named{n, i, end, 1})
		}
	}
	return all
}

// partsAt finds the names of which a part stands from term i on.
func (p *productNames) partsAt(all []named, terms []string, i int) []named {
	numbers := p.having[terms[i]]
	if len(numbers) > mostWithTerm {
		return all
	}
	for _, n := range numbers {
		words := p.names[n].terms
		from := slices.Index(words, terms[i])
		k := 1
		for from+k < len(words) && i+k < len(terms) && words[from+k] == terms[i+k] {
			k++
		}
		if k == len(words) || isPiece(words[from:from+k]) {
			continue
		}
		share := p.weight(words[from:from+k]) / p.weight(words)
		if share >= leastNamed || share >= leastBegun && (from == 0 || k >= hanNoun && isHan(first(terms[i]))) {
			all = append(all, named{n, i, i + k, share})
		}
	}
	return all
}

// isPiece reports whether the terms are one Chinese character or a number, which name nothing.
func isPiece(terms []string) bool {
	return len(terms) == 1 && (len([]rune(terms[0])) < 2 || strings.Trim(terms[0], "0123456789") == "")
}

// weight is how much terms tell of names.
func (p *productNames) weight(terms []string) float64 {
	sum := 0.0
	for _, t := range terms {
		idf := math.Log1p(float64(len(p.names)) / float64(len(p.having[t])))
		sum += idf * idf
	}
	return sum
}

// ordinary reports whether people say the words of other things, too: whether
// each of them is in many more solutions than those of the products that have it
// in their name.
func (p *productNames) ordinary(terms []string, df func(string) int) bool {
	for _, t := range terms {
		if float64(df(t)) <= ordinaryFactor*float64(p.of[t]) {
			return false
		}
	}
	return true
}
