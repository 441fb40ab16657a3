package sca

import (
	"encoding/json"
	"fmt"
	"slices"
)

// noted is the key under which an object that is watched keeps what was read of
// it. No form has such a key.
const noted = "\x00read"

// watch notes from now on which of the object's keys are read, so that what
// nobody asked for can be listed.
func (o object) watch() { o[noted] = map[string]bool{} }

func (o object) note(key string) {
	if read, ok := o[noted].(map[string]bool); ok {
		read[key] = true
	}
}

// unread are the keys that say something and that nobody has read since watch.
// Plain names in besides are left out.
func (o object) unread(besides ...string) []string {
	read, _ := o[noted].(map[string]bool)
	return slices.DeleteFunc(o.keys(), func(key string) bool {
		return read[key] || !telling(o[key]) || slices.Contains(besides, plain(key))
	})
}

// telling reports whether a value is more than a field that was left empty.
func telling(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != "" && v != "0" && v != "false"
	case bool:
		return v
	case json.Number:
		f, err := v.Float64()
		return err != nil || f != 0
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// leaveUnread lists what was not read of an operator, a condition or a range.
func (r *rule) leaveUnread(cid, of string, o object, besides ...string) {
	for _, key := range o.unread(besides...) {
		r.leave("condition "+cid, "%q of %s has no equal here", key, of)
	}
}

// leaveFields lists the fields of rules that were not read, each once.
func (f *file) leaveFields() {
	count := map[string]int{}
	var fields []string
	for _, r := range f.rules {
		for _, key := range r.unread() {
			if count[key]++; count[key] == 1 {
				fields = append(fields, key)
			}
		}
	}
	slices.Sort(fields)
	for _, key := range fields {
		f.left = append(f.left, Left{Rule: "*", Place: key, What: fmt.Sprintf("has no equal here; %d rules say something there", count[key])})
	}
}
