package scorecard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Schema writes the JSON Schema (draft 2020-12) of the scorecard language. It
// is made by running the readers themselves, so that it says what they do;
// kinds are the parameters of each kind of condition.
//
// What a schema cannot say, or only at length, it leaves to Parse: names that
// must exist, keys that exclude each other, and the like.
func Schema(kinds map[string]*Shape) ([]byte, error) {
	shape := Explore(func(n *Node) {
		s := &Scorecard{file: &file{}}
		s.read(n.Map())
	})
	if !shape.isMap {
		return nil, errors.New("write schema: a scorecard is no mapping")
	}
	w := &schemaWriter{kinds: kinds, seen: map[string]int{}, names: map[string]string{}, defs: schema{}}
	root := w.mapping(shape)
	w.count(root)
	w.parts(root, "scorecard")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Scorecard"
	root["$defs"] = w.defs
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return out.Bytes(), nil
}

// schema is a JSON Schema, or a part of one.
type schema map[string]any

// compact is the schema in a form in which equal ones are equal.
func (s schema) compact() string {
	out, err := json.Marshal(s)
	if err != nil {
		return fmt.Sprint(map[string]any(s)) // numbers, texts and lists of them: this does not happen
	}
	return string(out)
}

// schemaWriter turns shapes into schemas.
type schemaWriter struct {
	kinds map[string]*Shape
	seen  map[string]int    // how often a schema stands, by its compact form
	names map[string]string // the names of those that are written once
	defs  schema
}

// schema is what a shape admits: scalars, a list, a mapping or several of them.
func (w *schemaWriter) schema(s *Shape) schema {
	all := append(s.textSchemas(), s.scalars...)
	if s.isList {
		list := schema{"type": "array"}
		if s.entry != nil {
			list["items"] = w.schema(s.entry)
		}
		if s.filled {
			list["minItems"] = 1
		}
		all = append(all, list)
	}
	if s.isMap {
		all = append(all, w.mapping(s))
	}
	switch len(all) {
	case 0:
		return schema{}
	case 1:
		return all[0]
	}
	return schema{"anyOf": all}
}

func (w *schemaWriter) mapping(s *Shape) schema {
	properties := schema{}
	for name, value := range s.keys {
		properties[name] = w.schema(value)
	}
	out := schema{"type": "object", "properties": properties}
	if s.kinded {
		var one []schema
		for _, kind := range slices.Sorted(maps.Keys(w.kinds)) {
			properties[kind] = w.schema(w.kinds[kind])
			one = append(one, schema{"required": []string{kind}})
		}
		out["oneOf"] = one
	}
	if must := slices.Sorted(maps.Keys(s.must)); len(must) > 0 {
		out["required"] = must
	}
	switch {
	case s.other != nil:
		out["additionalProperties"] = w.schema(s.other)
	case s.closed || s.kinded:
		out["additionalProperties"] = false
	}
	return out
}

// digits of an example stand for any number.
var digits = regexp.MustCompile(`[0-9]+`)

// sampleSchemas say what a sample stands for. Other samples are words and examples.
var sampleSchemas = map[string]schema{
	"1":          {"type": "integer"},
	"1s":         {"type": "string", "pattern": durationPattern},
	"1%":         {"type": "string", "pattern": `^[0-9]+(\.[0-9]+)?\s*%$`},
	"1% time":    {"type": "string", "pattern": `^[0-9]+(\.[0-9]+)?\s*%\s*time$`},
	"2026-01-31": {"type": "string", "pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`},
}

// free reports whether any text may stand there: what may be a length of time as
// well as a day is no more than a text, even if the first sample was in the way.
func (s *Shape) free() bool {
	return len(s.accepted) == 0 || s.accepted[textSamples[0]] || s.accepted["1s"] && s.accepted["2026-01-31"]
}

// textSchemas say which texts are accepted. A text about which nothing could be
// found out may be any.
func (s *Shape) textSchemas() []schema {
	if !s.text || len(s.accepted) == 0 && len(s.scalars) > 0 {
		return nil
	}
	if s.free() {
		text := schema{"type": []string{"string", "number", "boolean"}} // scalars are taken as they are written
		if s.notBlank {
			text["pattern"] = `\S`
		}
		return []schema{text}
	}
	var out []schema
	var words []string
	for _, sample := range s.samples {
		known := sampleSchemas[sample]
		switch {
		case !s.accepted[sample]:
		case known != nil:
			out = append(out, known)
		case digits.MatchString(sample):
			out = append(out, schema{"type": "string", "pattern": "^" + digits.ReplaceAllString(regexp.QuoteMeta(sample), "[0-9]+") + "$"})
		default:
			words = append(words, sample)
		}
	}
	if words != nil {
		out = append(out, schema{"enum": words})
	}
	return out
}

// leastShared is the size from which a schema that stands several times is
// written once.
const leastShared = 120

// count counts how often each schema stands.
func (w *schemaWriter) count(s schema) {
	w.seen[s.compact()]++
	each(s, "", func(part schema, _ string) schema { w.count(part); return part })
}

// parts replaces the parts of a schema that stand elsewhere, too.
func (w *schemaWriter) parts(s schema, name string) {
	each(s, name, w.share)
}

// share is the schema, or a reference to where it is written once.
func (w *schemaWriter) share(s schema, name string) schema {
	key := s.compact()
	if w.seen[key] < 2 || len(key) < leastShared {
		w.parts(s, name)
		return s
	}
	if w.names[key] == "" {
		w.names[key] = w.free(name)
		w.defs[w.names[key]] = s
		w.parts(s, name)
	}
	return schema{"$ref": "#/$defs/" + w.names[key]}
}

// free is a name that no definition has.
func (w *schemaWriter) free(name string) string {
	free := name
	for n := 2; w.defs[free] != nil; n++ {
		free = fmt.Sprintf("%s_%d", name, n)
	}
	return free
}

// each replaces every part of a schema by what change makes of it. Parts are
// named by the key under which they stand, those of a list in the singular.
func each(s schema, name string, change func(part schema, name string) schema) {
	if properties, ok := s["properties"].(schema); ok {
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			properties[key] = change(properties[key].(schema), key)
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if part, ok := s[key].(schema); ok {
			s[key] = change(part, strings.TrimSuffix(name, "s"))
		}
	}
	if list, ok := s["anyOf"].([]schema); ok {
		for i, part := range list {
			list[i] = change(part, name)
		}
	}
}
