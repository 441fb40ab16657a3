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
// that has only generic words in common, more than two of them and as like as
// genericWording.
const (
	shortHalves    = 2
	wholeWording   = 0.55
	genericWording = 0.75
)

// mostLacking is the share of a question that a solution may lack though others
// have it, unless a wording is more like the question than that: such a question
// is about something else of which the same is asked.
const mostLacking = 0.44

// sameWording is the log odds of a solution one of whose wordings is the
// question, letter by letter: where it is wrong, the library is.
const sameWording = 4

// alikeWording is the log odds of a solution one of whose wordings has the same
// telling words. In a library of few solutions no word is rare, and the weights
// alone would say too little.
const alikeWording = 1

// feature numbers what the score of a solution is made from.
type feature int

// The features. Shares are of the question's weight, in [0, 1].
const (
	headShare    feature = iota // share whose terms title, questions and tags have
	pairShare                   // share of the weight of the question's pairs
	near                        // likeness to the nearest wording: mean Dice of terms and of pairs
	bm25Share                   // BM25 as a share of the most that the question can reach
	matchedShare                // how much is in both at all: their common weight w as w/(w+10)
	lacks                       // share of the question's own weight that other solutions have and this one has not
	unknown                     // share of the question's own weight that no solution has
	like                        // likeness to the nearest wording: cosine of words and pairs, stop words included
	crowdLike                   // how like the nearest wordings are together: root of the mean square of six
	vote                        // what the nearest wordings of all candidates vote, by ridge regression
	said                        // how much less likely than the best's the solution's wordings make the question, in [-1, 0]
	bm25Lead                    // BM25 as a share of its sum with the best other candidate's
	nearLead                    // near minus that of the best other candidate
	likeLead                    // like minus that of the best other candidate
	voteLead                    // vote minus that of the best other candidate
	saidLead                    // said minus that of the best other candidate
	tooLittle                   // 1 when only a word is in both, unless it is all of a short question
	featureCount
)

// featureNames are the features' names in the file of weights.
var featureNames = [featureCount]string{
	"head_share", "pair_share", "near", "bm25_share", "matched_share", "lacks", "unknown", "like", "crowd", "vote", "said",
	"bm25_lead", "near_lead", "like_lead", "vote_lead", "said_lead", "too_little",
}

// leads are the features that compare a candidate with the best other one in another.
var leads = []struct{ lead, of feature }{{nearLead, near}, {likeLead, like}, {voteLead, vote}, {saidLead, said}}

// features are those of one candidate.
type features struct {
	x [featureCount]float64
	// feedback is added to the log odds for what agents said of the solution.
	feedback float64
	alike    bool // whether a wording has the question's telling words, and no others
	same     bool // whether a wording is the question, but for case, blanks and punctuation
}

// rankingVersion changes with everything that decides the ranking.
func rankingVersion() string {
	return fmt.Sprint(weightsFile, maxVoters, ridge, pairFactor, prior, leastSaid, solverSteps, crowdSize, background, saturation, lengthFactor, maxCandidates, postingsBudget, leastRival, leastHalves, shortHalves, wholeWording, genericWording, mostLacking,
		sameWording, alikeWording, genericWords, leastTypo, maxPieces, leastPiece, leastPieceScore,
		contextFactor, shortQuestion, turnDecay, otherSpeaker, leastContext, maxContextTerms, maxQuestionRunes,
		otherProduct, otherThanAbout, leastBegun, leastNamed, mostNamed, mostWithTerm, mostNameTerms, ordinaryFactor,
		maxJudged, leastTaught, maxTaught, judgeRounds, judgeRate, judgeScale, judgeStride,
		judgeBefore, otherCode, ownCode, mostWithCode, maxCodePart, measure,
		weakFactor, unknownFactor, unknownHanFactor, stopWords, weakHan, englishForms, samePhrases, questionPatterns())
}

// comparison compares a question with candidates. It is for one use at a time.
type comparison struct {
	*vocabulary
	q            *question
	terms, pairs *numbering
	ofTerms      []int // the numbers of q.terms, of which q.own are the first
	ofPairs      []int // the numbers of q.pairs, of which q.ownPairs are the first
	// What was found in the solution at hand, by number.
	times []float64
	head  []bool
	both  []bool // pairs
	// What was found in a wording, by number.
	said, saidBoth []bool
	weights        *termWeights
}

func (v *vocabulary) newComparison(q *question) *comparison {
	c := &comparison{
		vocabulary: v, q: q, terms: newNumbering(len(q.terms)), pairs: newNumbering(len(q.pairs)),
		ofTerms: make([]int, len(q.terms)), ofPairs: make([]int, len(q.pairs)), weights: newTermWeights(v),
	}
	for i, t := range q.terms {
		c.ofTerms[i], _ = c.terms.put(termKey(t.id))
	}
	for i, p := range q.pairs {
		c.ofPairs[i], _ = c.pairs.put(uint64(p.id))
	}
	terms, pairs := len(c.terms.keys), len(c.pairs.keys)
	c.times, c.head, c.said = make([]float64, terms), make([]bool, terms), make([]bool, terms)
	c.both, c.saidBoth = make([]bool, pairs), make([]bool, pairs)
	return c
}

// find looks for the question's terms and pairs in all texts of a solution.
func (c *comparison) find(e *entry) {
	clear(c.times)
	clear(c.head)
	clear(c.both)
	for _, text := range e.texts.each {
		before, last := int32(0), -1 // the word before and its number
		for i := range text.len() {
			id := text.at(i)
			if isStop(id) {
				continue
			}
			n := c.terms.find(termKey(id))
			if n >= 0 {
				c.times[n] += text.weight
				c.head[n] = c.head[n] || !text.answer
			}
			if n >= 0 && last >= 0 {
				if p := c.pairs.find(uint64(newPair(before, id))); p >= 0 {
					c.both[p] = true
				}
			}
			before, last = id, n
		}
	}
}

// compare computes what the features of e for the question are without the other candidates.
func (c *comparison) compare(e *entry, closest []int) features {
	c.find(e)
	q := c.q
	var f features
	var matched, head, bm25, pairs float64
	norm := saturation * (1 - lengthFactor + lengthFactor*e.length*float64(c.entries)/c.length)
	for i, t := range q.terms {
		n := c.times[c.ofTerms[i]]
		if n == 0 {
			continue
		}
		matched += t.weight
		bm25 += t.weight * n / (n + norm)
		if c.head[c.ofTerms[i]] {
			head += t.weight
		}
	}
	for i, p := range q.pairs {
		if c.both[c.ofPairs[i]] {
			pairs += p.weight
		}
	}
	f.x[headShare], f.x[bm25Share] = share(head, q.weight), share(bm25, q.weight)
	f.x[pairShare] = share(pairs, q.pairWeight)
	f.x[matchedShare] = matched / (matched + 10)
	nearest, terms := c.nearest(e, closest)
	f.x[near] = nearest
	f.x[lacks], f.x[unknown] = c.lacking(), q.unknown
	if !c.enough(terms) || f.x[lacks] > max(nearest, mostLacking) {
		f.x[tooLittle] = 1
	}
	f.alike = terms > 1-1e-9
	f.feedback = e.opinions.logOdds()
	f.same = slices.Contains(e.wordings, q.plain)
	return f
}

// compareAll returns the features of the candidates.
func (v *vocabulary) compareAll(q *question, entries []*entry) []features {
	all := make([]features, len(entries))
	h := hear(q.grams, entries)
	c := v.newComparison(q)
	for i, e := range entries {
		all[i] = c.compare(e, h.closest[i])
	}
	v.hearWordings(q, entries, h, all)
	lead(all)
	return all
}

// lead compares every candidate with the best other one.
func lead(all []features) {
	for i := range all {
		all[i].x[bm25Lead] = share(all[i].x[bm25Share], all[i].x[bm25Share]+max(rival(all, bm25Share, i), leastRival))
		for _, l := range leads {
			all[i].x[l.lead] = all[i].x[l.of] - rival(all, l.of, i)
		}
	}
}

// leastRival stands in for the best other candidate when that one has less, so
// that one common word is no proof when it is all that is found.
const leastRival = 0.15

// rival is the greatest value of a feature that candidates other than i have. What
// stands out answers the question more often than what is one of many.
func rival(all []features, of feature, i int) float64 {
	most := 0.0
	if of == said {
		most = -1
	}
	for j := range all {
		if j != i {
			most = max(most, all[j].x[of])
		}
	}
	return most
}

// enough reports whether question and solution have enough in common to tell:
// some words, not all of them such as people say of anything, or a wording that
// is as like. A question of one word always needs the latter.
func (c *comparison) enough(like float64) bool {
	n, telling := 0, false
	for i, t := range c.q.own {
		if c.times[c.ofTerms[i]] > 0 {
			n += halves(t.id)
			telling = telling || !genericIDs[t.id] && halves(t.id) > 0
		}
	}
	if n < min(c.q.halves, leastHalves) {
		return false
	}
	switch {
	case !telling:
		return like >= genericWording && c.q.halves > 2*shortHalves
	case c.q.halves <= shortHalves:
		return like >= wholeWording
	}
	return true
}

// lacking returns the share of the question whose words the library knows and
// the solution has not.
func (c *comparison) lacking() float64 {
	sum := 0.0
	for i, t := range c.q.own {
		if c.times[c.ofTerms[i]] == 0 {
			sum += t.weight
		}
	}
	return share(sum, c.q.ownWeight)
}

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

// nearest returns the likeness of the question to the wording that is most like
// it, and that of its terms alone.
func (c *comparison) nearest(e *entry, closest []int) (near, like float64) {
	for _, i := range closest {
		words := e.variants[i].ids.content()
		pairs := c.findPairs(words)
		words = set(words)
		clear(c.said)
		for _, id := range words {
			if n := c.terms.find(termKey(id)); n >= 0 {
				c.said[n] = true
			}
		}
		terms := dice(c.q.own, c.ofTerms, c.said, c.q.ownWeight, func() (sum float64) {
			for _, id := range words {
				sum += c.weights.of(id)
			}
			return sum
		})
		both := dice(c.q.ownPairs, c.ofPairs, c.saidBoth, c.q.ownPairWeight, func() (sum float64) {
			for _, p := range set(pairs) {
				a, b := p.parts()
				sum += (c.weights.of(a) + c.weights.of(b)) / 2
			}
			return sum
		})
		near, like = max(near, (terms+both)/2), max(like, terms)
	}
	return near, like
}

// findPairs returns the pairs of neighbouring words, and finds the question's
// among them.
func (c *comparison) findPairs(words []int32) []pair {
	clear(c.saidBoth)
	out := make([]pair, 0, len(words))
	for i := 1; i < len(words); i++ {
		p := newPair(words[i-1], words[i])
		if n := c.pairs.find(uint64(p)); n >= 0 {
			c.saidBoth[n] = true
		}
		out = append(out, p)
	}
	return out
}

// dice is the weighted Dice coefficient of a question with a wording, of which
// found are the question's by number; the wording is weighed when there are any.
func dice[T int32 | pair](q []weighed[T], numbers []int, found []bool, total float64, wording func() float64) float64 {
	both := 0.0
	for i, t := range q {
		if found[numbers[i]] {
			both += t.weight
		}
	}
	if both == 0 {
		return 0
	}
	return 2 * both / (total + wording())
}

// termWeights remembers the weights of terms that were weighed.
type termWeights struct {
	v       *vocabulary
	terms   *numbering
	weights []float64
}

func newTermWeights(v *vocabulary) *termWeights { return &termWeights{v: v, terms: newNumbering(64)} }

func (w *termWeights) of(id int32) float64 {
	n, isNew := w.terms.put(termKey(id))
	if isNew {
		w.weights = append(w.weights, w.v.termWeight(id))
	}
	return w.weights[n]
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
