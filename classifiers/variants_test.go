package classifiers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"assay/classifiers"
	"assay/classifiers/rule"
	"assay/pipeline/scorecard"
)

// variants asks a case's conditions again with every key changed, and notes what
// that changes.
func (seen shows) variants(t *testing.T, file string, c *classifiers.Case, kinds map[string]*shape) {
	t.Helper()
	var card map[string]any
	if err := yaml.Unmarshal(c.Source(), &card); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	v := &varied{t: t, of: c, card: card, seen: seen, kinds: kinds, before: states(samplesOf(t, c))}
	v.conditions("", card["conditions"])
	all := card["sections"]
	for _, s := range all.([]any) {
		for _, k := range s.(map[string]any)["criteria"].([]any) {
			criterion := k.(map[string]any)
			if !bytes.Contains(c.Source(), []byte("{criterion: ")) { // the others are of no account
				card["sections"] = []any{map[string]any{"id": "s", "name": "S", "criteria": []any{criterion}}}
			}
			v.conditions(criterion["id"].(string), criterion["conditions"])
		}
	}
}

// varied is a case whose scorecard is changed in one place at a time.
type varied struct {
	t      *testing.T
	of     *classifiers.Case
	card   map[string]any
	seen   shows
	kinds  map[string]*shape
	before map[string]sample
}

// states are samples by criterion and condition; shared conditions stand there
// for every criterion that asks them, and once by themselves.
func states(samples []sample) map[string]sample {
	out := map[string]sample{}
	for _, s := range samples {
		out[s.criterion+" "+s.Name] = s
		out[" "+s.Name] = s
	}
	return out
}

func (v *varied) conditions(criterion string, list any) {
	named, _ := list.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(named)) {
		before, asked := v.before[criterion+" "+name]
		if !asked {
			continue
		}
		of := variant{varied: v, key: criterion + " " + name, before: before}
		condition := named[name].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(condition)) {
			switch {
			case key == before.Kind:
				of.object(before.Kind, condition[key].(map[string]any), v.kinds[before.Kind])
			case slices.Contains([]string{"first", "last", "range", "time", "before", "after", "around", "at"}, key):
				of.steps(before.Kind+" window", condition, key)
			}
		}
	}
}

// variant is one condition of the case.
type variant struct {
	*varied
	key    string
	before sample
}

// object changes a kind's parameters, or one of them that has keys itself.
func (v *variant) object(path string, m map[string]any, s *shape) {
	for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
		of, at := s.Properties[key], path+"."+key
		_, given := m[key]
		if inner, ok := m[key].(map[string]any); ok && len(of.Properties) > 0 {
			v.object(at, inner, of)
		}
		for _, value := range of.Enum {
			if m[key] != value {
				v.choice(at, m, key, value)
			} else {
				v.seen[at+"="+value.(string)+" "+v.before.State.String()] = true
			}
		}
		if given {
			v.without(at, m, key)
			v.steps(at, m, key)
		}
	}
}

// with asks again while a key has another value; false when that is no scorecard.
func (v *variant) with(m map[string]any, key string, value any) (sample, bool) {
	old, had := m[key]
	if m[key] = value; value == nil {
		delete(m, key)
	}
	defer func() {
		if m[key] = old; !had {
			delete(m, key)
		}
	}()
	src, err := json.Marshal(v.card) // which is YAML as well, and written sooner
	if err != nil {
		v.t.Fatal(err)
	}
	card, _ := scorecard.Parse("", src)
	if _, err := classifiers.New(card); err != nil {
		return sample{}, false
	}
	s, ok := states(explained(v.t, v.of, card))[v.key]
	return s, ok
}

// without leaves a key out.
func (v *variant) without(path string, m map[string]any, key string) {
	if v.seen.all(path+" decides, Chinese", path+" decides, English") {
		return
	}
	after, ok := v.with(m, key, nil)
	if !ok {
		return
	}
	v.seen[path+" may be left out"] = true
	if after.State == v.before.State {
		return
	}
	v.seen[path+" decides"] = true
	hit := v.before
	if after.State == scorecard.Hit {
		hit = after
	}
	for _, l := range hit.languages {
		v.seen[path+" decides, "+l] = true
	}
}

// choice gives a key another one of its values.
func (v *variant) choice(path string, m map[string]any, key string, value any) {
	if v.seen.all(fmt.Sprintf("%s=%v", path, m[key]), fmt.Sprintf("%s=%v", path, value)) {
		return
	}
	after, ok := v.with(m, key, value)
	if !ok || after.State == v.before.State {
		return
	}
	if old, given := m[key].(string); given && v.before.State == scorecard.Hit {
		v.seen[path+"="+old] = true
	}
	if text, ok := value.(string); ok && after.State == scorecard.Hit {
		v.seen[path+"="+text] = true
	}
}

// steps moves a limit, or those within it, by the least step.
func (v *variant) steps(path string, m map[string]any, key string) {
	if inner, ok := m[key].(map[string]any); ok {
		for _, k := range slices.Sorted(maps.Keys(inner)) {
			if k != "hit" && k != "condition" && strings.HasSuffix(path, " window") {
				v.steps(path, inner, k)
			}
		}
	}
	if v.seen.all(path+" at the edge", path+" just beyond") {
		return
	}
	for _, value := range neighbours(m[key]) {
		after, ok := v.with(m, key, value)
		switch {
		case ok && v.before.State == scorecard.Hit && after.State == scorecard.NotHit:
			v.seen[path+" at the edge"] = true
		case ok && v.before.State == scorecard.NotHit && after.State == scorecard.Hit:
			v.seen[path+" just beyond"] = true
		}
	}
}

// neighbours are the values a least step below and above a limit: a turn, a
// millisecond, a percent.
func neighbours(limit any) []any {
	switch n := limit.(type) {
	case uint64:
		return []any{int64(n) - 1, n + 1}
	case int64:
		return []any{n - 1, n + 1}
	case float64:
		return []any{n * 0.99, n * 1.01}
	case string:
		if d, err := time.ParseDuration(n); err == nil {
			return []any{(d - time.Millisecond).String(), (d + time.Millisecond).String()}
		}
		number, unit, _ := strings.Cut(n, "%")
		if f, err := strconv.ParseFloat(number, 64); err == nil {
			return []any{strconv.FormatFloat(f-1, 'g', -1, 64) + "%" + unit, strconv.FormatFloat(f+1, 'g', -1, 64) + "%" + unit}
		}
	}
	return nil
}

// shape is what the schema says of a value.
type shape struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Pattern    string            `json:"pattern"`
	Enum       []any             `json:"enum"`
	AnyOf      []*shape          `json:"anyOf"`
	Properties map[string]*shape `json:"properties"`
}

// kindShapes are the parameters of all kinds.
func kindShapes(t *testing.T) map[string]*shape {
	t.Helper()
	src, err := rule.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]*shape `json:"$defs"`
	}
	if err := json.Unmarshal(src, &schema); err != nil {
		t.Fatal(err)
	}
	out := map[string]*shape{}
	for _, def := range schema.Defs { // kinds of one shape share a definition
		for key, p := range def.Properties {
			if _, is := out[key]; !is && slices.Contains(rule.Kinds(), key) && p.Ref != "" {
				out[key] = p.resolved(schema.Defs)
			}
		}
	}
	return out
}

// resolved has the shapes themselves in the place of references to them.
func (s *shape) resolved(defs map[string]*shape) *shape {
	name, isRef := strings.CutPrefix(s.Ref, "#/$defs/")
	if isRef {
		return defs[name].resolved(defs)
	}
	out := *s
	out.Properties = map[string]*shape{}
	for key, p := range s.Properties {
		out.Properties[key] = p.resolved(defs)
	}
	return &out
}

// limits reports whether a value is a number or a length of time.
func (s *shape) limits() bool {
	return s.Type == "integer" || s.Type == "number" || strings.Contains(s.Pattern, "|ms|")
}

// words reports whether a value is a text or a list of them.
func (s *shape) words() bool {
	return slices.ContainsFunc(s.AnyOf, func(o *shape) bool { return o.Type == "array" })
}

func (seen shows) wantedOfKeys(shapes map[string]*shape) []string {
	var out []string
	for _, kind := range rule.Kinds() {
		out = append(out, shapes[kind].wanted(kind, seen)...)
	}
	return slices.DeleteFunc(out, func(s string) bool { return notInCases[s] != "" })
}

// wanted is what the cases must show of the keys of a kind.
func (s *shape) wanted(path string, seen shows) (out []string) {
	for key, of := range s.Properties {
		at := path + "." + key
		switch {
		case len(of.Properties) > 0:
			out = append(out, of.wanted(at, seen)...)
		case of.limits():
			out = append(out, at+" at the edge", at+" just beyond")
		case len(of.Enum) > 0:
			for _, value := range of.Enum {
				is := at + "=" + value.(string)
				if !seen[is+" hit"] || !seen[is+" not_hit"] {
					out = append(out, is)
				}
			}
		case seen[at+" may be left out"]:
			out = append(out, at+" decides")
			if of.words() {
				out = append(out, at+" decides, Chinese", at+" decides, English")
			}
		}
	}
	return out
}
