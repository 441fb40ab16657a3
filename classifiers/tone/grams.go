package tone

import (
	"slices"
	"unicode/utf8"
)

// token is a word of ASCII letters, a number, or any other character that is
// no blank. All numbers are one token.
type token struct {
	start, end int // in the view
	hash       uint64
	zone       zone
}

// zone is whose words a token belongs to. The same words weigh apart when the
// speaker only relays them.
type zone uint8

const (
	own     zone = iota
	relayed      // in quotation marks, or after a reporter
)

const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
	// wordGrams is the number of tokens that an n-gram has at most. Longer ones
	// made nothing better, with COLD nor with the sentences of testdata/tone.
	wordGrams = 2
	// Words of at least shortest letters have pieces of leastPiece to mostPiece letters.
	shortest, leastPiece, mostPiece = 3, 3, 4
)

func hashOf(s string) uint64 {
	h := uint64(hashSeed)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * hashPrime
	}
	return h
}

// mix makes an ID of a hash: its low bits depend on all of it.
func mix(h uint64) uint32 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	return uint32(h)
}

var numberHash, neutralHash = hashOf("0"), hashOf("neutral ")

// tokenize cuts s into tokens.
func tokenize(s string, into []token) []token {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ':
			i++
		case isDigit(c):
			n := runOf(s[i:], isDigit)
			into = append(into, token{start: i, end: i + n, hash: numberHash})
			i += n
		case isWord(c):
			n := runOf(s[i:], isLetter)
			into = append(into, token{start: i, end: i + n, hash: hashOf(s[i : i+n])})
			i += n
		default:
			_, n := utf8.DecodeRuneInString(s[i:])
			into = append(into, token{start: i, end: i + n, hash: hashOf(s[i : i+n])})
			i += n
		}
	}
	return into
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isLetter reports whether c goes on a word, whose contraction belongs to it.
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || c == '\'' }

func runOf(s string, is func(byte) bool) int {
	n := 1
	for n < len(s) && is(s[n]) {
		n++
	}
	return n
}

// tokens are the tokens of the turn, each in its zone.
func (r *reading) tokens(into []token) []token {
	into = tokenize(r.view.text, into)
	for _, q := range r.view.quotes {
		relay(into, q[0], q[1])
	}
	for i := range r.hits {
		switch h := &r.hits[i]; h.kind {
		case reporter:
			relay(into, h.end, r.reach(h))
		case neutral:
			blank(into, h.start, h.end)
		}
	}
	return into
}

// reach is where the words that a reporter reports end: with its clause, or
// with the next one where nothing of its own clause is left ("he said: …").
func (r *reading) reach(h *hit) int {
	clauses := r.view.clauses
	c := clauses[h.clause]
	if h.end < c.end && wordCount(r.view.text[h.end:c.end]) > 0 {
		return c.end
	}
	if next := h.clause + 1; next < len(clauses) && clauses[next].sentence == c.sentence {
		return clauses[next].end
	}
	return c.end
}

func relay(tokens []token, start, end int) {
	for i := firstAt(tokens, start); i < len(tokens) && tokens[i].start < end; i++ {
		tokens[i].zone = relayed
	}
}

// blank makes tokens that tell nothing all the same.
func blank(tokens []token, start, end int) {
	for i := firstAt(tokens, start); i < len(tokens) && tokens[i].start < end; i++ {
		tokens[i].hash = neutralHash
	}
}

func firstAt(tokens []token, start int) int {
	i, _ := slices.BinarySearchFunc(tokens, start, func(t token, at int) int { return t.start - at })
	return i
}

// Where the kinds of features begin: the same text has another ID in each.
const (
	ownSeed     = uint64(0x9e3779b97f4a7c15)
	relayedSeed = uint64(0xc2b2ae3d27d4eb4f)
	pieceSeed   = uint64(0x165667b19e3779f9)
	beforeSeed  = uint64(0x27d4eb2f165667c5)
	shapeSeed   = uint64(0x85ebca77c2b2ae63)
)

const (
	beginHash = uint64(0x5e)
	endHash   = uint64(0x24)
)

// grams calls found for the n-grams of the tokens, the turn's begin and end
// among them, with the range of tokens that each covers.
func grams(tokens []token, found func(id uint32, from, to int)) {
	for i := -1; i <= len(tokens); i++ {
		h, z := uint64(0), own
		for n := 1; n <= wordGrams && i+n <= len(tokens)+1; n++ {
			j := i + n - 1
			var next uint64
			switch j {
			case -1:
				next = beginHash
			case len(tokens):
				next = endHash
			default:
				next = tokens[j].hash
				z = max(z, tokens[j].zone)
			}
			h = (h ^ next) * hashPrime
			if n == 1 && (j < 0 || j == len(tokens)) {
				continue
			}
			seed := ownSeed
			if z == relayed {
				seed = relayedSeed
			}
			found(mix(h+seed), max(i, 0), min(j+1, len(tokens)))
		}
	}
}

// pieces calls found for the pieces of words, which words of one stem share.
func pieces(s string, tokens []token, found func(id uint32, from, to int)) {
	for i, t := range tokens {
		if t.end-t.start < shortest || !isLetter(s[t.start]) || t.hash == neutralHash {
			continue
		}
		seed := pieceSeed
		if t.zone == relayed {
			seed += relayedSeed
		}
		for at := t.start; at+leastPiece <= t.end; at++ {
			h := uint64(hashSeed)
			for n := 0; n < mostPiece && at+n < t.end; n++ {
				if h = (h ^ uint64(s[at+n])) * hashPrime; n+1 < leastPiece {
					continue
				}
				found(mix(ends(h, at == t.start, at+n+1 == t.end)+seed), i, i+1)
			}
		}
	}
}

// ends makes another hash for the piece that begins, and for that which ends, a word.
func ends(h uint64, first, last bool) uint64 {
	if first {
		h = (h ^ beginHash) * hashPrime
	}
	if last {
		h = (h ^ endHash) * hashPrime
	}
	return h
}
