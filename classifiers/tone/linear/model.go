package linear

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// Model is a set of banks of classes.
type Model struct {
	// Features names the way in which features are made of texts: weights fit no other.
	Features string  `json:"features"`
	Banks    []*Bank `json:"banks"`
}

// Bank holds classes over the same features, whose weights stand together.
type Bank struct {
	Name  string  `json:"name"`
	Bits  int     `json:"bits"`
	Heads []*Head `json:"heads"`
	// rows are the weights in units of the heads' scales: those of feature i begin at i·len(Heads).
	rows []int8
}

// Head is one class of a bank.
type Head struct {
	Label string `json:"label"`
	// Scale is the weight of one unit, Bias what every score begins with.
	Scale float64 `json:"scale"`
	Bias  float64 `json:"bias"`
	Curve Curve   `json:"curve"`
	// From is the confidence from which on the class is given, in (0, 1).
	From float64 `json:"from"`
}

// Bounds of what is read.
const (
	magic      = "assay linear 1\n"
	mostHeader = 1 << 20
	mostBanks  = 16
	mostHeads  = 64
	leastBits  = 8
	mostBits   = 24
)

// NewBank rounds the weights of classes to bytes. All must have 1<<bits weights.
func NewBank(name string, bits int, heads []*Head, weights []Weights) *Bank {
	b := &Bank{Name: name, Bits: bits, Heads: heads, rows: make([]int8, len(heads)<<bits)}
	for h, w := range weights {
		largest := 0.0
		for _, x := range w.ByID {
			largest = max(largest, math.Abs(x))
		}
		heads[h].Bias = w.Bias
		heads[h].Scale = largest / math.MaxInt8
		if largest == 0 {
			continue
		}
		for id, x := range w.ByID {
			b.rows[id*len(heads)+h] = int8(math.Round(x / heads[h].Scale))
		}
	}
	return b
}

// Sums are scores while they are added up, one for each head, in the heads' units.
type Sums []float64

// Add adds the features of ids, each with the same value.
func (b *Bank) Add(sums Sums, ids []uint32, value float32) {
	n, mask := len(b.Heads), uint32(1<<b.Bits-1)
	var whole [mostHeads]int32
	for _, id := range ids {
		at := int(id&mask) * n
		for h, w := range b.rows[at : at+n] {
			whole[h] += int32(w)
		}
	}
	for h := range sums {
		sums[h] += float64(whole[h]) * float64(value)
	}
}

// AddVector adds features, each with its value.
func (b *Bank) AddVector(sums Sums, v Vector) {
	n, mask := len(b.Heads), uint32(1<<b.Bits-1)
	for _, f := range v {
		at := int(f.ID&mask) * n
		for h, w := range b.rows[at : at+n] {
			sums[h] += float64(float64(w) * float64(f.Value))
		}
	}
}

// Score is a head's score of a finished sum.
func (b *Bank) Score(sums Sums, head int) float64 {
	return float64(sums[head]*b.Heads[head].Scale) + b.Heads[head].Bias
}

// Weight is what a feature of value 1 adds to the score of a head.
func (b *Bank) Weight(id uint32, head int) float64 {
	at := int(id&uint32(1<<b.Bits-1)) * len(b.Heads)
	return float64(b.rows[at+head]) * b.Heads[head].Scale
}

// Bank returns the bank of a name, nil when there is none.
func (m *Model) Bank(name string) *Bank {
	for _, b := range m.Banks {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// Hash is a hash of the whole model.
func (m *Model) Hash() []byte {
	h := sha256.New()
	head, err := json.Marshal(m)
	if err != nil { // only numbers that are none do that, which Decode cannot have read
		head = []byte(err.Error())
	}
	h.Write(head)
	for _, b := range m.Banks {
		h.Write(bytesOf(b.rows))
	}
	return h.Sum(nil)
}

func bytesOf(rows []int8) []byte {
	raw := make([]byte, len(rows))
	for i, w := range rows {
		raw[i] = byte(w)
	}
	return raw
}

// Encode writes the model: a line that says what it is, the length of a head
// and the head in JSON, and the weights, packed. Equal models give equal bytes.
func (m *Model) Encode() ([]byte, error) {
	head, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode model: %w", err)
	}
	out := bytes.NewBufferString(magic)
	out.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(head))))
	out.Write(head)
	pack, err := flate.NewWriter(out, flate.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("encode model: %w", err)
	}
	for _, b := range m.Banks {
		if _, err := pack.Write(bytesOf(b.rows)); err != nil {
			return nil, fmt.Errorf("encode model: %w", err)
		}
	}
	if err := pack.Close(); err != nil {
		return nil, fmt.Errorf("encode model: %w", err)
	}
	return out.Bytes(), nil
}

// Decode reads what Encode wrote.
func Decode(src []byte) (*Model, error) {
	m, packed, err := decodeHead(src)
	if err != nil {
		return nil, fmt.Errorf("decode model: %w", err)
	}
	in := flate.NewReader(bytes.NewReader(packed))
	for _, b := range m.Banks {
		raw := make([]byte, len(b.Heads)<<b.Bits)
		if _, err := io.ReadFull(in, raw); err != nil {
			return nil, fmt.Errorf("decode model: weights of bank %q: %w", b.Name, err)
		}
		b.rows = make([]int8, len(raw))
		for i, w := range raw {
			b.rows[i] = int8(w)
		}
	}
	if n, err := io.ReadFull(in, make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return nil, errors.New("decode model: more weights than the head says")
	}
	return m, nil
}

func decodeHead(src []byte) (*Model, []byte, error) {
	rest, ok := bytes.CutPrefix(src, []byte(magic))
	if !ok || len(rest) < 4 {
		return nil, nil, fmt.Errorf("does not begin with %q", magic)
	}
	n := binary.LittleEndian.Uint32(rest)
	if rest = rest[4:]; n > mostHeader || int(n) > len(rest) {
		return nil, nil, fmt.Errorf("head of %d bytes does not fit", n)
	}
	m := &Model{}
	if err := json.Unmarshal(rest[:n], m); err != nil {
		return nil, nil, err
	}
	if len(m.Banks) > mostBanks {
		return nil, nil, fmt.Errorf("%d banks, more than %d", len(m.Banks), mostBanks)
	}
	for i, b := range m.Banks {
		if b == nil || b.Bits < leastBits || b.Bits > mostBits || len(b.Heads) == 0 || len(b.Heads) > mostHeads {
			return nil, nil, fmt.Errorf("bank %d is out of bounds", i)
		}
		for j, h := range b.Heads {
			if h == nil {
				return nil, nil, fmt.Errorf("bank %q: head %d is empty", b.Name, j)
			}
		}
	}
	return m, rest[n:], nil
}
