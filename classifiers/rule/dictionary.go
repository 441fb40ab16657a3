package rule

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// dictionary finds all occurrences of many literals in one pass over a text,
// from where they begin. Most literals are words and phrases of an alphabetic
// script: they can only begin where a word does, and are looked up by that
// word, once for each word of the text. The others, Chinese and parts of words
// that regular expressions require, are looked up by their first bytes, once
// for each character. So the cost does not grow with the number of literals, but
// for what is there.
//
// A run of blanks in a text counts as one blank, as it does in literals. The
// cost of one place is bounded by the length of the literals that begin with the
// same word or bytes.
type dictionary struct {
	literals []string
	uses     []use
	words    table      // by the word that they open with
	parts    table      // by their first bytes
	widths   [256]uint8 // by first byte of a part: bits of the keyWidths it may be filed by
	inWords  bool       // some part begins with a letter or digit of ASCII
}

// Widths of keys in bytes, by bit of dictionary.widths, and what they leave of
// the first eight bytes at a place.
var (
	keyWidths = [5]int{1, 2, 3, 4, 6}
	keyMasks  = [5]uint64{1<<8 - 1, 1<<16 - 1, 1<<24 - 1, 1<<32 - 1, 1<<48 - 1}
)

// newDictionary files folded, non-empty, distinct literals; their index is their id.
func newDictionary(literals []string, uses []use) *dictionary {
	d := &dictionary{literals: literals, uses: uses}
	words, parts := map[key][]filed{}, map[key][]filed{}
	for id, l := range literals {
		if uses[id]&(asWord|asPart|opensWord) == asWord|opensWord {
			n := endOfWord(l+"\n", 0)
			k := wordKey(pad(l), 0, n)
			words[k] = append(words[k], file(int32(id), l, n, uses[id]))
			continue
		}
		width := d.widthFor(l)
		d.widths[l[0]] |= 1 << width
		d.inWords = d.inWords || byteKinds[l[0]] == letterByte
		k := key{a: binary.LittleEndian.Uint64(pad(l)) & keyMasks[width], n: uint32(keyWidths[width])}
		parts[k] = append(parts[k], file(int32(id), l, keyWidths[width], uses[id]))
	}
	d.words, d.parts = newTable(words), newTable(parts)
	return d
}

// widthFor is the widest key for a literal: blanks after its first word may be
// more in a text, and two Chinese characters tell more than one and a half.
func (d *dictionary) widthFor(literal string) int {
	n := len(literal)
	if blank := strings.IndexByte(literal, ' '); blank > 0 {
		n = blank
	}
	allowed := []int{4, 2, 0} // keys of 6, 3 and 1 bytes
	switch {
	case literal[0] < utf8.RuneSelf:
		allowed = []int{3, 2, 1, 0}
	case literal[0] < 0xe0:
		allowed = []int{4, 1}
	}
	for _, w := range allowed {
		if keyWidths[w] <= n {
			return w
		}
	}
	return allowed[len(allowed)-1]
}

// pad makes eight bytes readable from every place of a literal.
func pad(literal string) []byte { return append([]byte(literal), "\n0000000"...) }

// filed is a literal under its key.
type filed struct {
	rest   string // what follows the key
	id     int32
	use    use
	blanks bool // rest has blanks
}

func file(id int32, literal string, n int, u use) filed {
	rest := literal[n:]
	return filed{rest, id, u, strings.Contains(rest, " ")}
}

// end is where the literal ends whose key ends at i; −1 where it does not occur.
func (e *filed) end(text []byte, i int) int {
	if !e.blanks {
		if len(text)-i < len(e.rest) || string(text[i:i+len(e.rest)]) != e.rest {
			return -1
		}
		return i + len(e.rest)
	}
	for k := range len(e.rest) {
		if i == len(text) || text[i] != e.rest[k] {
			return -1
		}
		i++
		for e.rest[k] == ' ' && text[i] == ' ' {
			i++
		}
	}
	return i
}

// key is a word, or the first bytes of a literal: those that a and b leave out
// of words of more than 16 bytes are compared besides.
type key struct {
	a, b uint64 // the first and, of more than eight, the last eight bytes
	n    uint32
}

// wordKey is the key of the word from i to end. The eight bytes after end can be read.
func wordKey(text []byte, i, end int) key {
	k := key{a: binary.LittleEndian.Uint64(text[i:]), n: uint32(end - i)}
	if k.n < 8 {
		k.a &= 1<<(8*k.n) - 1
	} else if k.n > 8 {
		k.b = binary.LittleEndian.Uint64(text[end-8:])
	}
	return k
}

// hash mixes a key: its high bits say where in a table's filter it is.
func (k *key) hash() uint64 {
	return (k.a ^ bits.RotateLeft64(k.b, 29) ^ uint64(k.n)<<56) * 0x9e3779b97f4a7c15
}

// mix mixes a hash once more: the high bits say where in a table the key is, the
// low ones tell it from others there.
func mix(hash uint64) uint64 { return (hash ^ hash>>32) * 0xd6e8feb86659fd93 }

// table is a hash table with open addressing. Before it stands a filter so small
// that it stays in the processor's nearest cache: of what is in no literal, most
// is not looked up any further.
type table struct {
	filter  []uint8 // bits
	sieve   uint8   // what a hash is shifted by for the filter
	shift   uint8
	heads   []uint32 // 0: free; else bits of the hash, and 1 + an index into slots
	slots   []slot
	entries []filed
}

type slot struct {
	key
	from, to uint32 // its entries
}

// mostSlots is more keys than literals can have.
const mostSlots = 1<<20 - 1

func newTable(byKey map[key][]filed) table {
	size := max(2, 1<<bits.Len(uint(4*len(byKey))))
	t := table{shift: uint8(65 - bits.Len(uint(size))), heads: make([]uint32, size), filter: make([]uint8, size)}
	t.sieve = t.shift - 3 // eight bits for each place in the table
	for k, entries := range byKey {
		bit := k.hash() >> t.sieve
		t.filter[bit/8] |= 1 << (bit % 8)
		h := mix(k.hash())
		i := int(h >> t.shift)
		for t.heads[i] != 0 {
			i = (i + 1) % size
		}
		from := uint32(len(t.entries))
		t.entries = append(t.entries, entries...)
		t.slots = append(t.slots, slot{k, from, uint32(len(t.entries))})
		t.heads[i] = uint32(h)&^mostSlots | uint32(len(t.slots))
	}
	return t
}

// look finds the entries under a key that passes the filter; h is its mixed hash.
func (t *table) look(k *key, h uint64) []filed {
	for i := int(h >> t.shift); ; i = (i + 1) & (len(t.heads) - 1) {
		head := t.heads[i]
		if head == 0 {
			return nil
		}
		if (head^uint32(h))&^mostSlots != 0 {
			continue
		}
		if s := &t.slots[head&mostSlots-1]; s.key == *k {
			return t.entries[s.from:s.to]
		}
	}
}

// What a byte of UTF-8 text is.
const (
	otherByte  = iota // no letter: of ASCII, or it goes on a character
	letterByte        // a letter or digit of ASCII
	maybeByte         // it begins a character that may be a letter of an alphabetic script
	wideByte          // it begins one that is not
)

// byteKinds has the kinds of all bytes. U+2E80, from where on no script is
// alphabetic here, begins with the byte E2.
var byteKinds = func() (kinds [256]uint8) {
	for b := range kinds {
		switch {
		case b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
			kinds[b] = letterByte
		case b > 0xe2:
			kinds[b] = wideByte
		case b >= 0xc2:
			kinds[b] = maybeByte
		}
	}
	return kinds
}()

// endOfWord is where the word ends of which a part stands before i. The text ends
// with a byte that is no letter.
func endOfWord[T string | []byte](text T, i int) int {
	for {
		for byteKinds[text[i]] == letterByte {
			i++
		}
		if byteKinds[text[i]] != maybeByte {
			return i
		}
		r, n := utf8.DecodeRuneInString(string(text[i:min(len(text), i+utf8.UTFMax)]))
		if !alphabetic(r) {
			return i
		}
		i += n
	}
}

// scan notes all literals in the index's text, in the order in which they begin.
func (d *dictionary) scan(x *index, text []byte) {
	n := len(text) - padding
	for i := 0; i < n; {
		switch byteKinds[text[i]] {
		case otherByte:
			if d.widths[text[i]] != 0 {
				d.noteParts(x, text, i)
			}
			i++
		case wideByte:
			if d.widths[text[i]] != 0 {
				d.noteParts(x, text, i)
			}
			i += 3
		default:
			end := endOfWord(text, i)
			if end == i { // a character that is no letter
				d.noteParts(x, text, i)
				_, size := utf8.DecodeRune(text[i:])
				i += size
				continue
			}
			d.noteWords(x, text, i, end)
			if d.inWords {
				for ; i < end; i++ {
					if d.widths[text[i]] != 0 {
						d.noteParts(x, text, i)
					}
				}
			}
			i = end
		}
	}
}

// noteWords notes the literals that open with the word from i to end.
func (d *dictionary) noteWords(x *index, text []byte, i, end int) {
	word := wordKey(text, i, end)
	h := word.hash()
	if bit := h >> d.words.sieve; d.words.filter[bit/8]>>(bit%8)&1 == 0 {
		return
	}
	entries := d.words.look(&word, mix(h))
	for k := range entries {
		e := &entries[k]
		if end-i > 16 && d.literals[e.id][:end-i] != string(text[i:end]) {
			continue
		}
		to := end
		if e.rest != "" {
			if to = e.end(text, end); to < 0 || e.use&closesWord != 0 && goesOn(text, to) {
				continue
			}
		}
		x.note(e.id, i, to, true)
	}
}

// noteParts notes the other literals that begin at i.
func (d *dictionary) noteParts(x *index, text []byte, i int) {
	first := binary.LittleEndian.Uint64(text[i:])
	for widths := d.widths[text[i]]; widths != 0; widths &= widths - 1 {
		w := bits.TrailingZeros8(widths)
		k := key{a: first & keyMasks[w], n: uint32(keyWidths[w])}
		h := k.hash()
		if bit := h >> d.parts.sieve; d.parts.filter[bit/8]>>(bit%8)&1 == 0 {
			continue
		}
		entries := d.parts.look(&k, mix(h))
		for k := range entries {
			e := &entries[k]
			to := e.end(text, i+keyWidths[w])
			if to < 0 {
				continue
			}
			word := e.use&asWord != 0 && !(e.use&opensWord != 0 && continues(text, i)) && !(e.use&closesWord != 0 && goesOn(text, to))
			if word || e.use&asPart != 0 {
				x.note(e.id, i, to, word)
			}
		}
	}
}
