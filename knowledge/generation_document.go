package knowledge

import (
	"maps"
	"slices"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"
)

// The fields of the index. The first two are searched; the next say whom a
// solution is for; the last two are stored and not searched.
const (
	wordsField        = "words" // words and characters of all texts
	pairsField        = "pairs" // pairs of characters of all texts
	productField      = "product"
	regionField       = "region"
	customerTypeField = "customer_type"
	stageField        = "stage"
	sketchField       = "sketch"
	wholeField        = "whole"
)

// forAll is the term of solutions that are for every product, region or customer
// type, and of solutions proper, which are no script of a stage; forOnly begins the term of those that are for one.
const (
	forAll  = "*"
	forOnly = "="
)

// newDocument returns what the index takes in of a solution.
func newDocument(k *sketch, t *tally, whole []byte) *document.Document {
	d := document.NewDocument(k.id)
	d.AddField(t.words.field(wordsField))
	d.AddField(t.pairs.field(pairsField))
	for field, value := range map[string]string{
		productField: k.product, regionField: k.region, customerTypeField: k.customerType, stageField: string(k.stage),
	} {
		d.AddField(document.NewTextFieldCustom(field, nil, []byte(audience(value)), index.IndexField|index.SkipFreqNorm, nil))
	}
	d.AddField(document.NewTextFieldCustom(sketchField, nil, k.encode(), index.StoreField, nil))
	d.AddField(document.NewTextFieldCustom(wholeField, nil, whole, index.StoreField, nil))
	return d
}

// audience is the term of a field that says whom a solution is for.
func audience(value string) string {
	if value == "" {
		return forAll
	}
	return forOnly + value
}

// tally counts the terms of a solution's texts by weight.
type tally struct{ words, pairs counted }

type counted struct {
	times  map[string]int
	length int
}

func newTally() *tally {
	return &tally{counted{times: map[string]int{}}, counted{times: map[string]int{}}}
}

func (c *counted) add(terms []string, weight int) {
	for _, t := range terms {
		c.times[t] += weight
	}
	c.length += len(terms) * weight
}

func (c *counted) list() []string { return slices.Collect(maps.Keys(c.times)) }

// cut cuts and counts the texts of a solution.
func (t *tally) cut(a analyzers, s *Solution) texts {
	take := func(text string, weight int) []int32 {
		one := a.cut(canonical(text))
		t.words.add(one.content(), weight)
		t.pairs.add(one.pairs, weight)
		return one.ids()
	}
	var wordings [][]int32
	if s.Title != "" {
		wordings = append(wordings, take(s.Title, questionWeight))
	}
	for _, q := range s.Questions {
		wordings = append(wordings, take(q, questionWeight))
	}
	tags := take(labels(s), tagWeight)
	if len(wordings) == 0 {
		return newTexts([][]int32{take(s.Answer, questionWeight)}, tags, nil)
	}
	return newTexts(wordings, tags, take(s.Answer, answerWeight))
}

// termsField is a field whose terms are counted already.
type termsField struct {
	name   string
	length int
	terms  index.TokenFrequencies
}

func (c *counted) field(name string) *termsField {
	f := &termsField{name, c.length, make(index.TokenFrequencies, len(c.times))}
	for term, n := range c.times {
		one := &index.TokenFreq{Term: []byte(term)}
		one.SetFrequency(n)
		f.terms[term] = one
	}
	return f
}

// Name, Value and the others make termsField a field of bleve's.
func (f *termsField) Name() string { return f.name }

// Value returns nothing, because nothing is stored.
func (f *termsField) Value() []byte { return nil }

// ArrayPositions returns nothing, because nothing is located.
func (f *termsField) ArrayPositions() []uint64 { return nil }

// EncodedFieldType says that this is text.
func (f *termsField) EncodedFieldType() byte { return 't' }

// Analyze does nothing, because it is done.
func (f *termsField) Analyze() {}

// Options ask for the terms with their frequencies.
func (f *termsField) Options() index.FieldIndexingOptions { return index.IndexField }

// AnalyzedLength is the weighted number of terms.
func (f *termsField) AnalyzedLength() int { return f.length }

// AnalyzedTokenFrequencies are the terms with their weighted frequencies.
func (f *termsField) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }

// NumPlainTextBytes is not counted.
func (f *termsField) NumPlainTextBytes() uint64 { return 0 }

// Size is the memory that the field takes, roughly.
func (f *termsField) Size() int { return 100 + 100*len(f.terms) }
