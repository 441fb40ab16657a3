package knowledge

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"time"
)

// errBroken means that an index cannot be opened or read: it is to be built anew.
var errBroken = errors.New("index is broken")

// sketchFormat is the first byte of every sketch.
const sketchFormat = 2

// sketch is what the index stores of a solution for the ranking: small, without
// its texts, and complete in what they say, so that every feature can be taken
// from it.
type sketch struct {
	id           string
	hash         Hash
	language     string // base language, "" when neither declared nor told by the text
	product      string // folded, as are region and customer type
	region       string
	customerType string
	stage        Stage
	validFrom    int64 // in microseconds since 1970
	validTo      int64 // math.MaxInt64 without an end
	opinions     Opinions
	wordings     []uint64 // hashes of title and questions, by plain
	texts        texts
}

// termID numbers a term: a hash of it whose lowest two bits say what it weighs
// in halves of a word, so that nothing has to be looked up. It is never −1.
func termID(term string) int32 {
	h := fnv.New32a()
	h.Write([]byte(term)) // never fails
	sum := h.Sum32()
	sum ^= sum >> 15
	sum *= 0x85ebca6b
	return int32(sum&^3) | int32(halfWords(term))
}

// stopBits are set in the number of a stop word.
const stopBits = 3

func isStop(id int32) bool { return id&stopBits == stopBits }

// halves is what a term that is no stop word weighs in halves of a word, by halfWords.
func halves(id int32) int { return int(id & 3) }

// textID is a hash of a text's letters and digits.
func textID(plain string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(plain)) // never fails
	return h.Sum64()
}

// newSketch describes a solution of which these are the texts.
func newSketch(s *Solution, t texts) (sketch, error) {
	hash, err := s.Hash()
	if err != nil {
		return sketch{}, err
	}
	k := sketch{
		id: s.ID, hash: hash, language: baseLanguage(s.Language), product: fold(s.Product), region: fold(s.Region),
		customerType: fold(s.CustomerType), stage: s.Stage, opinions: s.Opinions, texts: t, validTo: math.MaxInt64,
	}
	if k.language == "" {
		k.language = textLanguage(s.Title + s.Answer)
	}
	if !s.ValidFrom.IsZero() {
		k.validFrom = s.ValidFrom.UnixMicro()
	}
	if !s.ValidTo.IsZero() {
		k.validTo = s.ValidTo.UnixMicro()
	}
	for _, text := range append([]string{s.Title}, s.Questions...) {
		k.wordings = append(k.wordings, textID(plain(text)))
	}
	return k, nil
}

func (k *sketch) validAt(t time.Time) bool {
	now := t.UnixMicro()
	return now >= k.validFrom && now < k.validTo
}

// fingerprint identifies all of a solution that the ranking looks at.
func (k *sketch) fingerprint() Hash { return k.opinions.mixed(k.hash) }

// encode returns the sketch as bytes that decodeSketch reads.
func (k *sketch) encode() []byte {
	b := append(make([]byte, 0, 512), sketchFormat)
	b = append(b, k.hash[:]...)
	for _, s := range []string{k.id, k.language, k.product, k.region, k.customerType, string(k.stage)} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	b = binary.AppendVarint(b, k.validFrom)
	b = binary.AppendVarint(b, k.validTo)
	for _, n := range k.opinions.list() {
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = binary.AppendUvarint(b, uint64(len(k.wordings)))
	for _, w := range k.wordings {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return append(b, k.texts...)
}

// decodeSketch reads what encode wrote, and keeps its texts where they are.
// Anything else is errBroken.
func decodeSketch(b []byte) (sketch, error) {
	d := decoder{rest: b}
	var k sketch
	if format := d.bytes(1); len(format) == 1 && format[0] != sketchFormat {
		return sketch{}, fmt.Errorf("sketch of format %d: %w", format[0], errBroken)
	}
	copy(k.hash[:], d.bytes(len(k.hash)))
	k.id, k.language, k.product, k.region, k.customerType = d.text(), d.text(), d.text(), d.text(), d.text()
	k.stage = Stage(d.text())
	k.validFrom, k.validTo = d.varint(), d.varint()
	k.opinions = Opinions{d.count(), d.count(), d.count(), d.count()}
	k.wordings = make([]uint64, d.length(8))
	for i := range k.wordings {
		k.wordings[i] = binary.LittleEndian.Uint64(d.bytes(8))
	}
	k.texts = d.rest
	for range d.length(1) + 2 {
		d.ids()
	}
	if d.failed || len(d.rest) > 0 {
		return sketch{}, fmt.Errorf("sketch of %d bytes: %w", len(b), errBroken)
	}
	return k, nil
}

// decoder reads values off the front of bytes. Once it failed it reads zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) fail() {
	d.rest, d.failed = nil, true
}

func (d *decoder) bytes(n int) []byte {
	if n > len(d.rest) {
		d.fail()
		return nil
	}
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out
}

func (d *decoder) uvarint() uint64 {
	x, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return x
}

func (d *decoder) varint() int64 {
	x, n := binary.Varint(d.rest)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return x
}

// length reads the number of things of at least size bytes that follow.
func (d *decoder) length(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.rest)/size) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) count() int {
	n := d.uvarint()
	if n > math.MaxInt32 {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) text() string { return string(d.bytes(d.length(1))) }

func (d *decoder) ids() ids { return d.bytes(4 * d.length(4)) }
