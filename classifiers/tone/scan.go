package tone

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// reading is one turn while it is read.
type reading struct {
	side   side
	folded *transcript.Folded
	text   string // as the source wrote it
	view   view
	hits   []hit    // by start, then longest first
	manner []marked // what the shape of the turn tells
	labels map[pipeline.Label]float64
	// refused are labels of phrases that mean something else here: other words
	// forbid them, or they are part of a neutral phrase.
	refused map[pipeline.Label]bool
	brushed bool // the whole turn is a nod or a shrug
}

// hit is a phrase of the lexicons at a place of the view.
type hit struct {
	*entry
	start, end int
	gapEnd     int // where the part after its last gap begins; 0 without a gap
	clause     int
	force      float64 // what is left of its weight; 0 when it does not hold
	flipped    bool    // negated
}

// marked is a label's place in the original text.
type marked struct {
	label      pipeline.Label
	start, end int
	force      float64
}

// find collects the hits of all phrases, except those inside longer ones.
func (r *reading) find(lex *lexicon) {
	s, c := r.view.text, 0
	for i := range len(s) {
		if !utf8.RuneStart(s[i]) || i > 0 && isWord(s[i]) && isWord(s[i-1]) {
			continue
		}
		for i >= r.view.clauses[c].end {
			c++
		}
		lex.heads.walk(s[i:], func(at end, size int) {
			e := &lex.entries[at.entry]
			if e.side != nobody && e.side != r.side {
				return
			}
			if i+size > r.view.clauses[c].end {
				return
			}
			m := follow(at.next, s[:r.view.clauses[c].end], match{end: i + size})
			if m.end > 0 && r.admits(e, c, i, m.end) {
				r.hits = append(r.hits, hit{entry: e, start: i, end: m.end, gapEnd: m.gapEnd, clause: c, force: e.weight})
			}
		})
	}
	slices.SortStableFunc(r.hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end),
			cmp.Compare(a.kind, b.kind), cmp.Compare(a.label, b.label), cmp.Compare(b.weight, a.weight))
	})
	r.hits = r.dropInner(r.hits)
}

// admits reports whether e may stand at [start, end) in clause c.
func (r *reading) admits(e *entry, c, start, end int) bool {
	cl := r.view.clauses[c]
	if e.alone {
		if !isFrame(r.view.text[end:cl.end]) || !isFrame(r.view.text[cl.start:start]) {
			return false
		}
	}
	near := r.view.text[max(cl.start, start-horizon):min(cl.end, end+horizon)]
	if !slices.ContainsFunc(e.unless, func(u string) bool { return indexWord(near, u) >= 0 }) {
		return true
	}
	r.refuse(e.label)
	return false
}

// refuse remembers that words which look like a label mean something else.
func (r *reading) refuse(l pipeline.Label) {
	if l == "" {
		return
	}
	if r.refused == nil {
		r.refused = map[pipeline.Label]bool{}
	}
	r.refused[l] = true
}

// dropInner removes hits that lie inside longer ones without a gap: "不好" in
// "不好意思" is not bad. Hits at the very same place all stay.
func (r *reading) dropInner(hits []hit) []hit {
	kept := hits[:0]
	outStart, outEnd, outer := 0, -1, kind("")
	for i, h := range hits {
		if i > 0 && h.sameAs(hits[i-1]) {
			continue
		}
		if h.end < outEnd || h.end == outEnd && h.start > outStart {
			if outer == neutral {
				r.refuse(h.label)
			}
			continue
		}
		if h.end > outEnd && h.gapEnd == 0 {
			outStart, outEnd, outer = h.start, h.end, h.kind
		}
		kept = append(kept, h)
	}
	return kept
}

// sameAs reports whether two hits say the same of the same place.
func (h hit) sameAs(o hit) bool {
	return h.start == o.start && h.end == o.end && h.kind == o.kind && h.label == o.label
}

// original maps a place of the view to the original text.
func (r *reading) original(start, end int) (int, int) {
	from, to := int(r.view.at[start]), int(r.view.at[end])
	for to > from && r.folded.Text[to-1] == ' ' {
		to--
	}
	return r.folded.Span(from, to)
}

// collect joins hits, manner and what was learned into labels with a confidence from least to
// most, and their marks by place.
func (r *reading) collect(l learned, f *facts) (map[pipeline.Label]float64, []pipeline.ToneMark) {
	found := slices.Concat(r.distinct(), r.manner)
	doubt := map[pipeline.Label]float64{}
	for _, m := range found {
		if _, ok := doubt[m.label]; !ok {
			doubt[m.label] = 1
		}
		doubt[m.label] *= 1 - m.force
	}
	said := map[pipeline.Label]float64{}
	for label, d := range doubt {
		said[label] = 1 - d
	}
	found = r.learn(l, f, said, found)
	r.labels = map[pipeline.Label]float64{}
	for label, s := range said {
		if c := round(min(s, most)); c >= least {
			r.labels[label] = c
		}
	}
	return r.labels, r.marks(found)
}

// least is the confidence below which a label is dropped, most what it is
// capped at; from sure on a label is worth a flag.
const (
	least = 0.3
	sure  = 0.6
	most  = 0.99
)

// distinct gives the label hits that hold; of those of one label that overlap, the strongest.
func (r *reading) distinct() []marked {
	var out []marked
	last := map[pipeline.Label]int{} // index in out
	ends := map[pipeline.Label]int{} // end in the view of the group
	for i := range r.hits {
		h := &r.hits[i]
		if h.kind != tells || h.force <= 0 {
			continue
		}
		start, end := r.original(h.start, h.end)
		m := marked{h.label, start, end, h.force}
		if j, ok := last[h.label]; ok && h.start < ends[h.label] {
			if m.force > out[j].force {
				out[j] = m
			}
		} else {
			last[h.label] = len(out)
			out = append(out, m)
		}
		ends[h.label] = max(ends[h.label], h.end)
	}
	return out
}

// mostMarks bounds the places of a turn, markBytes the length of each: nobody
// reads more, and a hostile session must not make a verdict many times its size.
const (
	mostMarks = 20
	markBytes = 400
)

func (r *reading) marks(found []marked) []pipeline.ToneMark {
	var out []pipeline.ToneMark
	for _, m := range r.strongest(found) {
		end := m.start + len(prefix(r.text[m.start:m.end], markBytes))
		out = append(out, pipeline.ToneMark{Label: m.label, Start: m.start, End: end, Quote: r.text[m.start:end]})
	}
	slices.SortFunc(out, func(a, b pipeline.ToneMark) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Label, b.Label))
	})
	return slices.Compact(out)
}

// strongest are the places of labels that stay: the strongest of each label,
// then the strongest of all, up to mostMarks; of equal ones those that stand first.
func (r *reading) strongest(found []marked) []marked {
	found = slices.DeleteFunc(slices.Clone(found), func(m marked) bool {
		_, stays := r.labels[m.label]
		return !stays || m.end <= m.start
	})
	slices.SortStableFunc(found, func(a, b marked) int {
		return cmp.Or(cmp.Compare(b.force, a.force), cmp.Compare(a.start, b.start))
	})
	if len(found) <= mostMarks {
		return found
	}
	var first, rest []marked
	seen := map[pipeline.Label]bool{}
	for _, m := range found {
		if !seen[m.label] {
			seen[m.label] = true
			first = append(first, m)
			continue
		}
		rest = append(rest, m)
	}
	return append(first, rest[:max(0, mostMarks-len(first))]...)
}

// prefix is the beginning of s, at most n bytes, on the boundary of a character.
func prefix(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
