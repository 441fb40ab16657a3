package knowledge

import (
	"fmt"
	"math"
	"slices"
)

// The constants of BM25, usually called k1 and b.
const (
	saturation   = 1.2
	lengthFactor = 0.75
)

// leastHalves is what question and solution must have in common, in halves of a
// word: two English words or three Chinese characters.
const leastHalves = 3

// A question of at most shortHalves needs a wording that is as like it as
// wholeWording, since one word of five says nothing about the other four; one
// that has only generic words in common, as like as genericWording.
const (
	shortHalves    = 2
	wholeWording   = 0.55
	genericWording = 0.75
)

// mostLacking is the share of a question that a solution may lack though others
// have it, unless a wording is more like the question than that: such a question
// is about something else of which the same is asked.
const mostLacking = 0.44

// tooLittle is taken from the log odds of a solution that has less than that.
const tooLittle = 3

// sameWording is the log odds of a solution one of whose wordings is the
// question, letter by letter: where it is wrong, the library is.
const sameWording = 4

// features are what the score of a solution is made from; all are in [0, 1].
type features struct {
	head    float64 // share of the question's weight whose terms title, questions and tags have
	pairs   float64 // share of the weight of the question's pairs
	near    float64 // likeness to the nearest wording: mean Dice of terms and of pairs
	bm25    float64 // BM25 as a share of the most that the question can reach
	matched float64 // how much is in both at all: their common weight w as w/(w+10)
	lead    float64 // BM25 as a share of its sum with the best other candidate's
	lacks   float64 // share of the question's own weight that other solutions have and this one has not
	enough  bool    // whether more than one word is in both, or all of a shorter question
	product float64 // 1 for the product in question, −1 for another, 0 when either names none
	same    bool    // whether a wording is the question, but for case, blanks and punctuation
}

// weights of a logistic regression over the five best candidates of each
// question, with whole libraries and with libraries without half of their
// solutions, so that it also knows questions without an answer. Of a pair that
// does not match the error counts 1.2 times: a wrong answer costs an agent more
// than none. It was fitted to one half, some 10,000 pairs, of: the 262 questions
// in testdata/questions.jsonl, 72 Chinese paraphrases for 46 shop FAQs, 805
// questions of CMRC 2018 (dev), 1,043 held back from BANKING77 (train, three
// wordings a solution). On the other half of the first, second and fourth, n =
// 96, 40 and 1,074 with an answer in the whole library, threshold 0.5: of the
// questions that get a suggestion the first is right for 100 %, 100 % and 79 %;
// of those with an answer 75 %, 60 % and 36 % get it first. 0 of 32 golden
// questions that have no answer get one; with half of the solutions gone, 2 of
// 83, 0 of 18 and 15 % of 501. These shares flatter: leastRival, the limits
// below, tooLittle, the factors of unknown words and the words of one meaning
// were chosen with both halves in sight. The weight of the product is set by hand.
var weights = struct {
	bias, head, pairs, near, bm25, matched, lead, lacks, product float64
}{-7.87, 0.72, 0.64, 3.93, 0.48, 2.11, 8.24, -0.83, 0.5}

// score is the probability that the solution answers the question. When too
// little is in both to tell, it is far below any sensible threshold, and still
// in order.
func (f features) score() float64 {
	w := weights
	z := w.bias + w.head*f.head + w.pairs*f.pairs + w.near*f.near + w.bm25*f.bm25 +
		w.matched*f.matched + w.lead*f.lead + w.lacks*f.lacks + w.product*f.product
	if !f.enough {
		z -= tooLittle
	}
	if f.same {
		z = max(z, sameWording)
	}
	return 1 / (1 + math.Exp(-z))
}

// rankingVersion changes with everything that decides the ranking.
func rankingVersion() string {
	return fmt.Sprint(weights, saturation, lengthFactor, maxCandidates, postingsBudget, leastRival, leastHalves, shortHalves, wholeWording, genericWording, mostLacking,
		tooLittle, sameWording, genericWords, leastTypo, maxPieces, leastPiece, leastPieceScore,
		contextFactor, shortQuestion, turnDecay, otherSpeaker, leastContext, maxContextTerms, maxQuestionRunes,
		otherProduct, leastBegun, leastNamed, mostNamed, mostWithTerm, mostNameTerms, ordinaryFactor,
		weakFactor, unknownFactor, unknownHanFactor, stopWords, weakHan, englishForms, samePhrases, questionPatterns())
}

// compare computes the features of e for q.
func (v *vocabulary) compare(q *question, e *entry) features {
	var f features
	var matched, head, bm25, pairs float64
	norm := saturation * (1 - lengthFactor + lengthFactor*e.length*float64(v.entries)/v.length)
	for _, t := range q.terms {
		n := e.occurrences(t.id)
		if n == 0 {
			continue
		}
		matched += t.weight
		bm25 += t.weight * n / (n + norm)
		if has(e.head, t.id) {
			head += t.weight
		}
	}
	for _, p := range q.pairs {
		if has(e.pairs, p.id) {
			pairs += p.weight
		}
	}
	f.head, f.bm25 = share(head, q.weight), share(bm25, q.weight)
	f.pairs = share(pairs, q.pairWeight)
	f.matched = matched / (matched + 10)
	near, like := v.nearest(q, e)
	f.near = near
	f.lacks = v.lacking(q, e)
	f.enough = v.enough(q, e, like) && f.lacks <= max(near, mostLacking)
	f.product = sameProduct(q.product, e.product)
	f.same = slices.Contains(e.wordings, q.plain)
	return f
}

// leastRival stands in for the best other candidate when that one has less, so
// that one common word is no proof when it is all that is found.
const leastRival = 0.15

// lead sets the lead of every candidate over the others. What stands out answers
// the question more often than what is one of many.
func lead(all []features) {
	first, second := 0.0, 0.0
	for _, f := range all {
		first, second = max(first, f.bm25), max(second, min(first, f.bm25))
	}
	for i := range all {
		rival := first
		if all[i].bm25 == first {
			rival = second
		}
		all[i].lead = share(all[i].bm25, all[i].bm25+max(rival, leastRival))
	}
}

// enough reports whether question and solution have enough in common to tell:
// some words, not all of them such as people say of anything, or a wording that
// is as like. A question of one word always needs the latter.
func (v *vocabulary) enough(q *question, e *entry, like float64) bool {
	n, telling := 0, false
	for _, t := range q.own {
		if e.occurrences(t.id) > 0 {
			n += halves(t.id)
			telling = telling || !genericIDs[t.id] && halves(t.id) > 0
		}
	}
	if n < min(q.halves, leastHalves) {
		return false
	}
	switch {
	case !telling:
		return like >= genericWording
	case q.halves <= shortHalves:
		return like >= wholeWording
	}
	return true
}

// lacking returns the share of the question whose words the library knows and
// the solution has not.
func (v *vocabulary) lacking(q *question, e *entry) float64 {
	sum := 0.0
	for _, t := range q.own {
		if e.occurrences(t.id) == 0 {
			sum += t.weight
		}
	}
	return share(sum, q.ownWeight)
}

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

func sameProduct(a, b string) float64 {
	switch {
	case a == "" || b == "":
		return 0
	case a == b:
		return 1
	}
	return -1
}

// nearest returns the likeness of the question to the wording that is most like
// it, and that of its terms alone.
func (v *vocabulary) nearest(q *question, e *entry) (near, like float64) {
	for i := range e.variants {
		w := &e.variants[i]
		terms := dice(q.own, w.terms, q.ownWeight, v.termWeight)
		pairs := dice(q.ownPairs, w.pairs, q.ownPairWeight, v.pairWeight)
		near, like = max(near, (terms+pairs)/2), max(like, terms)
	}
	return near, like
}

// dice is the weighted Dice coefficient of a question with a wording.
func dice[T int32 | pair](q []weighed[T], wording []T, total float64, weight func(T) float64) float64 {
	both := 0.0
	for _, t := range q {
		if has(wording, t.id) {
			both += t.weight
		}
	}
	if both == 0 {
		return 0
	}
	for _, t := range wording {
		total += weight(t)
	}
	return 2 * both / total
}

// weighed is a term or a pair of a question with its weight.
type weighed[T int32 | pair] struct {
	id     T
	weight float64
}

const (
	// weakFactor is what a weak character counts beside another.
	weakFactor = 0.1
	// unknownFactor is what a term that no solution has counts beside the rarest
	// one: people use words that solutions need not have.
	unknownFactor = 0.75
	// unknownHanFactor is that of a Chinese character, a part of a word.
	unknownHanFactor = 0.5
)

// idf is the weight of a term that n of the entries have.
func (v *vocabulary) idf(n int32) float64 {
	return math.Log1p((float64(v.entries) - float64(n) + 0.5) / (float64(n) + 0.5))
}

func (v *vocabulary) termWeight(id int32) float64 {
	w := v.idf(v.df(id))
	if halves(id) == 0 {
		w *= weakFactor
	}
	return w
}

// pairWeight is the mean weight of the pair's terms.
func (v *vocabulary) pairWeight(p pair) float64 {
	a, b := p.parts()
	return (v.termWeight(a) + v.termWeight(b)) / 2
}
