package knowledge

import (
	"cmp"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
)

// filters say whom a solution must be for; "" and nil let all pass. Solutions for
// all pass always. Of a stage only its scripts pass, and without one no scripts.
type filters struct {
	products             []string
	region, customerType string
	stage                Stage
}

func newFilters(q Query) filters {
	f := filters{region: fold(q.Region), customerType: fold(q.CustomerType), stage: q.Stage}
	for _, p := range q.Products {
		f.products = append(f.products, fold(p))
	}
	return f
}

// pass reports whether a solution is for those who ask.
func (f *filters) pass(k *sketch) bool {
	return (len(f.products) == 0 || k.product == "" || slices.Contains(f.products, k.product)) &&
		(f.region == "" || k.region == "" || k.region == f.region) &&
		(f.customerType == "" || k.customerType == "" || k.customerType == f.customerType) &&
		k.stage == f.stage
}

// gate is a filter on one field: the documents of any of its terms pass.
type gate struct {
	terms []*gateTerm
	n     uint64
}

// gateTerm walks through the documents of one term of a gate.
type gateTerm struct {
	reader index.TermFieldReader
	at     uint64
	begun  bool
	ended  bool
}

// gates are the filters of a question that let at most half of all pass, the
// narrowest first; for the others it is cheaper to look at what was found.
type gates []gate

func (s *search) gates(f filters) (gates, error) {
	fields := map[string][]string{stageField: {string(f.stage)}}
	if len(f.products) > 0 {
		fields[productField] = append([]string{""}, f.products...)
	}
	if f.region != "" {
		fields[regionField] = []string{"", f.region}
	}
	if f.customerType != "" {
		fields[customerTypeField] = []string{"", f.customerType}
	}
	var out gates
	for field, values := range fields {
		one, err := s.gate(field, values)
		if err != nil {
			return nil, err
		}
		if one.n <= s.total/2 {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b gate) int { return cmp.Compare(a.n, b.n) })
	return out, nil
}

func (s *search) gate(field string, values []string) (gate, error) {
	var out gate
	for _, value := range set(values) {
		p, err := s.postings(boosted{field, audience(value), 1}, false)
		if err != nil {
			return gate{}, err
		}
		out.terms = append(out.terms, &gateTerm{reader: p.reader})
		out.n += p.n
	}
	return out, nil
}

// most is how many documents can pass at most.
func (all gates) most(total uint64) uint64 {
	if len(all) == 0 {
		return total
	}
	return all[0].n
}

// docs returns all documents of the gate, ascending, without scores.
func (g gate) docs() (ranking, error) {
	var all []uint64
	for _, t := range g.terms {
		for {
			found, err := t.reader.Next(nil)
			if err != nil {
				return nil, err
			}
			if found == nil {
				break
			}
			all = append(all, found.ID.Value())
		}
	}
	var out ranking
	for _, d := range set(all) {
		out = append(out, hit{doc: d})
	}
	return out, nil
}

// pass returns those of the hits that pass all gates, ascending by document
// where there is any gate.
func (all gates) pass(hits ranking) (ranking, error) {
	if len(all) > 0 {
		slices.SortFunc(hits, func(a, b hit) int { return cmp.Compare(a.doc, b.doc) })
	}
	for _, one := range all {
		left := hits[:0]
		for _, h := range hits {
			ok, err := one.passes(h.doc)
			if err != nil {
				return nil, err
			}
			if ok {
				left = append(left, h)
			}
		}
		hits = left
	}
	return hits, nil
}

func (g gate) passes(doc uint64) (bool, error) {
	for _, t := range g.terms {
		ok, err := t.has(doc)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// has reports whether the document has the term; documents must come ascending.
func (t *gateTerm) has(doc uint64) (bool, error) {
	if t.ended || t.begun && t.at >= doc {
		return !t.ended && t.at == doc, nil
	}
	found, err := t.reader.Advance(index.NewIndexInternalID(nil, doc), nil)
	if err != nil {
		return false, err
	}
	t.begun, t.ended = true, found == nil
	if t.ended {
		return false, nil
	}
	t.at = found.ID.Value()
	return t.at == doc, nil
}
