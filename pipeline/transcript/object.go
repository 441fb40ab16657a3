package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// object reads the members of a JSON object and notes the problems under the
// path of each. A missing member and null are the same and no problem here.
type object struct {
	m    map[string]any
	path string
	nth  int // place in the list at path, counting from 1; 0 is no element of a list
	p    *Problems
}

// parseObject parses raw as one JSON object. The problem says where it is wrong
// in characters of line, which counts from 0 within raw.
func parseObject(raw []byte) (m map[string]any, line, column int, err error) {
	if i := FirstInvalid(raw); i >= 0 {
		line, column = position(raw, i)
		return nil, line, column, fmt.Errorf("not valid UTF-8: byte 0x%02x", raw[i])
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err = d.Decode(&v)
	if err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = errors.New("not valid JSON: more text after the value")
			line, column = position(raw, int(d.InputOffset()))
			return nil, line, column, err
		}
	}
	if err != nil {
		return syntaxError(raw, err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, 0, 0, fmt.Errorf("%s, not an object", typeName(v))
	}
	return m, 0, 0, nil
}

// syntaxError says where raw stops being JSON.
func syntaxError(raw []byte, err error) (map[string]any, int, int, error) {
	offset := len(raw)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = max(0, int(e.Offset)-1)
	} else if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = errors.New("it ends within a value")
	}
	line, column := position(raw, offset)
	return nil, line, column, fmt.Errorf("not valid JSON: %w", err)
}

// position turns an offset into line (from 0) and column (from 1, in characters).
func position(b []byte, offset int) (line, column int) {
	before := b[:min(offset, len(b))]
	line = bytes.Count(before, []byte("\n"))
	return line, 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

func (o object) field(key string) string {
	switch {
	case o.path == "":
		return key
	case o.nth == 0:
		return o.path + "." + key
	}
	return fmt.Sprintf("%s[%d].%s", o.path, o.nth-1, key)
}

func (o object) wrong(key string, v any, want string) {
	o.p.add(o.field(key), typeName(v)+", not "+want, "")
}

func (o object) str(key string) string {
	switch v := o.m[key].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		o.wrong(key, v, "a string")
		return ""
	}
}

// whole returns a whole number, or nil when there is none.
func (o object) whole(key string) *int64 {
	v := o.m[key]
	if v == nil {
		return nil
	}
	n, ok := v.(json.Number)
	if !ok {
		o.wrong(key, v, "a whole number")
		return nil
	}
	i, err := strconv.ParseInt(string(n), 10, 64)
	if err == nil {
		return &i
	}
	f, err := n.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		o.p.add(o.field(key), string(n)+" is not a whole number", "")
		return nil
	}
	return new(int64(f))
}

// clock returns a time with its zone, the zero time when there is none.
func (o object) clock(key string) time.Time {
	s := o.str(key)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		o.p.add(o.field(key), fmt.Sprintf("%q is no time", clip(s)), "RFC 3339 such as 2025-03-01T09:30:00+08:00")
	}
	return t
}

// object returns a member that is an object; ok is false when there is none.
func (o object) object(key string) (inner object, ok bool) {
	switch v := o.m[key].(type) {
	case nil:
		return object{}, false
	case map[string]any:
		return object{v, o.field(key), 0, o.p}, true
	default:
		o.wrong(key, v, "an object")
		return object{}, false
	}
}

// list returns the elements of a member that must be objects.
func (o object) list(key string) []object {
	v := o.m[key]
	if v == nil {
		return nil
	}
	elements, ok := v.([]any)
	if !ok {
		o.wrong(key, v, "a list")
		return nil
	}
	path := o.field(key)
	all := make([]object, len(elements))
	for i, e := range elements {
		m, ok := e.(map[string]any)
		if !ok {
			o.p.add(fmt.Sprintf("%s[%d]", path, i), typeName(e)+", not an object", "")
		}
		all[i] = object{m, path, i + 1, o.p}
	}
	return all
}

// only notes every key that is not known and does not begin with _ or x_,
// which are free for the writers of files.
func (o object) only(known ...string) {
	var strange []string
	for key := range o.m {
		if !slices.Contains(known, key) && !strings.HasPrefix(key, "_") && !strings.HasPrefix(key, "x_") {
			strange = append(strange, key)
		}
	}
	slices.Sort(strange)
	for _, key := range strange {
		reason := "unknown key"
		if near := nearest(key, known); near != "" {
			reason = fmt.Sprintf("unknown key, perhaps %q", near)
		}
		o.p.add(o.field(clip(key)), reason, strings.Join(known, ", "))
	}
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}

// metadataValue turns a JSON value into the form that Session.Metadata holds. A
// whole number that a float64 cannot hold stays as the digits of a string.
func metadataValue(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil || math.Abs(f) >= 1<<53 {
			return string(v)
		}
		return f
	case []any:
		for i := range v {
			v[i] = metadataValue(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = metadataValue(v[k])
		}
	}
	return v
}

// nearest returns the known key that is most like key, or "" when none is.
func nearest(key string, known []string) string {
	best, distance := "", 3
	if f, ok := fieldNames[plain(key)]; ok && slices.Contains(known, string(f)) {
		return string(f)
	}
	for _, k := range known {
		if d := EditDistance(plain(key), plain(k)); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best
}
