package sca

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object whose keys are found in any of the spellings in use:
// hit_time, hitTime, Hit_time.
type object map[string]any

func plain(key string) string { return strings.ToLower(strings.ReplaceAll(key, "_", "")) }

// keys are all keys, sorted, so that the result does not depend on chance.
func (o object) keys() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(o)), func(key string) bool { return key == noted })
}

// get returns the value of the first of the plain keys that is there; nil for none.
func (o object) get(names ...string) any {
	for _, name := range names {
		for _, key := range o.keys() {
			if plain(key) == name && o[key] != nil {
				o.note(key)
				return o[key]
			}
		}
	}
	return nil
}

func (o object) has(names ...string) bool { return o.get(names...) != nil }

// text is a scalar as text, "" when it is missing.
func (o object) text(names ...string) string {
	switch v := o.get(names...).(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// number is a number, also when it is written as text.
func (o object) number(names ...string) (float64, bool) {
	v, err := strconv.ParseFloat(o.text(names...), 64)
	return v, err == nil
}

// integer is a whole number, fallback when there is none.
func (o object) integer(fallback int, names ...string) int {
	if v, ok := o.number(names...); ok {
		return int(v)
	}
	return fallback
}

// millis is a number of milliseconds as a duration.
func (o object) millis(names ...string) (time.Duration, bool) {
	v, ok := o.number(names...)
	return time.Duration(v * float64(time.Millisecond)), ok
}

// yes reads true, 1 and their texts.
func (o object) yes(names ...string) bool {
	s := strings.ToLower(o.text(names...))
	return s == "true" || s == "1"
}

// child is an object within, nil when it is missing. Some exports write objects as text.
func (o object) child(names ...string) object {
	switch v := o.get(names...).(type) {
	case map[string]any:
		return v
	case string:
		if inner, err := decode([]byte(v)); err == nil {
			if m, ok := inner.(map[string]any); ok {
				return m
			}
		}
	}
	return nil
}

// list is a list within, also where it is wrapped once more: {"Excludes": {"Excludes": […]}}.
func (o object) list(names ...string) []any {
	switch v := o.get(names...).(type) {
	case []any:
		return v
	case map[string]any:
		for _, inner := range v {
			if l, ok := inner.([]any); ok && len(v) == 1 {
				return l
			}
		}
	case string:
		if inner, err := decode([]byte(v)); err == nil {
			if l, ok := inner.([]any); ok {
				return l
			}
		}
		return []any{v}
	}
	return nil
}

// objects are the objects of a list within.
func (o object) objects(names ...string) []object {
	var out []object
	for _, e := range o.list(names...) {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// texts are the texts of a list within, each once.
func (o object) texts(names ...string) []string {
	var out []string
	for _, e := range o.list(names...) {
		var s string
		switch v := e.(type) {
		case string:
			s = strings.TrimSpace(v)
		case json.Number:
			s = v.String()
		}
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
