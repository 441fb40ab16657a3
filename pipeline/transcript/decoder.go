package transcript

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Decoder reads sessions that Encode wrote, one after another, several times
// faster than Decode and into the same memory: it is for runs over very many
// stored transcripts, and for one goroutine. What it does not expect, it leaves
// to Decode.
type Decoder struct {
	session  Session
	agent    AgentRef
	customer CustomerRef
	metadata map[string]any
	turns    []Turn
	numbers  []int64
	zones    map[int]*time.Location // by seconds east of UTC

	text string // what is read
	at   int    // offset of the next byte
}

// Decode reads a session from valid UTF-8. The result is good until the next
// call; its strings are parts of text, or stand for themselves.
func (d *Decoder) Decode(text string) (*Session, error) {
	d.text, d.at = text, 0
	if !hasControl(text) && d.read() {
		return &d.session, nil
	}
	return Decode([]byte(text))
}

// read reads the whole text. False leaves d with a part of a session.
func (d *Decoder) read() bool {
	d.session = Session{}
	d.turns, d.numbers = d.turns[:0], d.numbers[:0]
	s := &d.session
	ok := d.object(func(key string) bool {
		switch key {
		case "id":
			return d.str((*string)(&s.ID))
		case "channel":
			return d.str((*string)(&s.Channel))
		case "language":
			return d.str(&s.Language)
		case "started_at":
			return d.clock(&s.StartedAt)
		case "duration_ms":
			return d.number(&s.DurationMS)
		case "agent":
			d.agent, s.Agent = AgentRef{}, &d.agent
			return d.object(d.agentField)
		case "customer":
			d.customer, s.Customer = CustomerRef{}, &d.customer
			return d.object(d.customerField)
		case "business_type":
			return d.str(&s.BusinessType)
		case "urgency":
			return d.str(&s.Urgency)
		case "metadata":
			return d.fields()
		case "csat":
			return d.small(&s.CSAT)
		case "turns":
			return d.list(d.turn)
		}
		return false
	})
	s.Turns = d.turns
	return ok && d.at == len(d.text)
}

func (d *Decoder) agentField(key string) bool {
	switch key {
	case "id":
		return d.str(&d.agent.ID)
	case "name":
		return d.str(&d.agent.Name)
	case "team":
		return d.str(&d.agent.Team)
	}
	return false
}

func (d *Decoder) customerField(key string) bool {
	switch key {
	case "id":
		return d.str(&d.customer.ID)
	case "type":
		return d.str(&d.customer.Type)
	}
	return false
}

func (d *Decoder) turn() bool {
	d.turns = append(d.turns, Turn{})
	t := &d.turns[len(d.turns)-1]
	return d.object(func(key string) bool {
		switch key {
		case "speaker":
			return d.str((*string)(&t.Speaker))
		case "text":
			return d.str(&t.Text)
		case "start_ms":
			return d.number(&t.StartMS)
		case "end_ms":
			return d.number(&t.EndMS)
		case "at":
			return d.clock(&t.At)
		case "kind":
			return d.str((*string)(&t.Kind))
		case "agent":
			return d.str(&t.Agent)
		case "loudness":
			return d.small(&t.Loudness)
		}
		return false
	})
}

// fields reads metadata: an object of any values.
func (d *Decoder) fields() bool {
	if d.metadata == nil {
		d.metadata = map[string]any{}
	}
	clear(d.metadata)
	d.session.Metadata = d.metadata
	return d.object(func(key string) bool {
		v, ok := d.value()
		d.metadata[key] = v
		return ok
	})
}

// value reads any value but an object, which metadata seldom holds.
func (d *Decoder) value() (any, bool) {
	switch c := d.peek(); {
	case c == '"':
		var s string
		ok := d.str(&s)
		return s, ok
	case c == 't' && d.word("true"):
		return true, true
	case c == 'f' && d.word("false"):
		return false, true
	case c == 'n' && d.word("null"):
		return nil, true
	case c == '-' || c >= '0' && c <= '9':
		n, ok := d.whole()
		return float64(n), ok && n > -1<<53 && n < 1<<53
	case c == '[':
		all := []any{}
		ok := d.list(func() bool {
			v, ok := d.value()
			all = append(all, v)
			return ok
		})
		return all, ok
	}
	return nil, false
}

// object reads the members of an object: each key, which must not come twice,
// then its value by read.
func (d *Decoder) object(read func(key string) bool) bool {
	if !d.skip('{') {
		return false
	}
	if d.skip('}') {
		return true
	}
	var seen [24]string
	for n := 0; n < len(seen); n++ {
		if !d.str(&seen[n]) || !d.skip(':') {
			return false
		}
		for _, other := range seen[:n] {
			if other == seen[n] {
				return false
			}
		}
		if !read(seen[n]) {
			return false
		}
		if d.skip('}') {
			return true
		}
		if !d.skip(',') {
			return false
		}
	}
	return false
}

func (d *Decoder) list(read func() bool) bool {
	if !d.skip('[') {
		return false
	}
	if d.skip(']') {
		return true
	}
	for read() {
		if d.skip(']') {
			return true
		}
		if !d.skip(',') {
			return false
		}
	}
	return false
}

// peek is the next byte, 0 at the end: Encode writes no white space.
func (d *Decoder) peek() byte {
	if d.at < len(d.text) {
		return d.text[d.at]
	}
	return 0
}

func (d *Decoder) skip(c byte) bool {
	if d.peek() != c {
		return false
	}
	d.at++
	return true
}

func (d *Decoder) word(w string) bool {
	if !strings.HasPrefix(d.text[d.at:], w) {
		return false
	}
	d.at += len(w)
	return true
}

// str reads a string; without escapes it is a part of the text.
func (d *Decoder) str(into *string) bool {
	if !d.skip('"') {
		return false
	}
	rest := d.text[d.at:]
	end := strings.IndexByte(rest, '"')
	if end < 0 {
		return false
	}
	if strings.IndexByte(rest[:end], '\\') < 0 {
		*into = rest[:end]
		d.at += end + 1
		return true
	}
	return d.escaped(into)
}

// escapes are what may follow a backslash, but for u.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads a string with escapes from behind its opening quote.
func (d *Decoder) escaped(into *string) bool {
	var b strings.Builder
	for {
		rest := d.text[d.at:]
		i := strings.IndexAny(rest, `"\`)
		if i < 0 {
			return false
		}
		b.WriteString(rest[:i])
		d.at += i + 1
		if rest[i] == '"' {
			*into = b.String()
			return true
		}
		c := d.peek()
		d.at++
		switch {
		case c == 'u':
			r, ok := d.hex()
			if !ok {
				return false
			}
			b.WriteRune(r)
		case escapes[c] != 0:
			b.WriteByte(escapes[c])
		default:
			return false
		}
	}
}

// hex reads four hexadecimal digits; halves of characters are left to Decode.
func (d *Decoder) hex() (rune, bool) {
	if d.at+4 > len(d.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(d.text[d.at:d.at+4], 16, 32)
	d.at += 4
	return rune(n), err == nil && utf8.ValidRune(rune(n))
}

// hasControl reports whether a byte below the blank stands in s, which JSON has
// between values only, where Encode writes none. Eight bytes at a time: a byte
// below 0x20 borrows into its high bit, which it does not have itself.
func hasControl(s string) bool {
	const low, high = 0x2020202020202020, 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := binary.LittleEndian.Uint64([]byte(s[i : i+8]))
		if (w-low)&^w&high != 0 {
			return true
		}
	}
	for ; i < len(s); i++ {
		if s[i] < ' ' {
			return true
		}
	}
	return false
}
