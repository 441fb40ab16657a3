// Package sca turns the rules of Alibaba Cloud's conversation analysis into a
// scorecard: rules over conditions over operators, as its rule pages and its
// interfaces write them in JSON.
//
// Every rule becomes a criterion. What has no equal here is listed, and a rule
// that needs it becomes a criterion for people to answer, with its expression
// kept in the advice: nothing is dropped in silence.
//
// The form's && and || have one rank and are taken from left to right, ! first;
// here they are written with parentheses that say so.
package sca

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
)

// Left is something of a rule that could not be carried over, or not exactly.
type Left struct {
	Rule      string `json:"rule"`                // the rule's id and name
	Place     string `json:"place"`               // the condition, operator or field within it
	What      string `json:"what"`                // what is lost
	Manual    bool   `json:"manual"`              // the criterion is left to people because of it
	Criterion string `json:"criterion,omitempty"` // the id of the criterion that the rule became
}

func (l Left) String() string {
	s := fmt.Sprintf("rule %s: %s: %s", l.Rule, l.Place, l.What)
	if l.Manual {
		s += "; people answer the criterion"
	}
	return s
}

// maxSource bounds the bytes of a rule file.
const maxSource = 16 << 20

// Import reads a rule file and returns a scorecard in YAML with the given id, and
// what was left behind. The error is about files that are no rules at all.
func Import(id string, src []byte) ([]byte, []Left, error) {
	if len(src) > maxSource {
		return nil, nil, fmt.Errorf("import rules: the file has %d bytes, more than %d", len(src), maxSource)
	}
	root, err := decode(src)
	if err != nil {
		return nil, nil, fmt.Errorf("import rules: %w", err)
	}
	f := newFile(root)
	if len(f.rules) == 0 {
		return nil, nil, errors.New(`import rules: no rules found: they stand in a list "rules", with a list "conditions" beside it or in each rule`)
	}
	out, err := f.scorecard(id)
	if err != nil {
		return nil, nil, fmt.Errorf("import rules: %w", err)
	}
	return out, f.left, nil
}

func decode(src []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		if s, ok := errors.AsType[*json.SyntaxError](err); ok {
			line := 1 + bytes.Count(src[:min(int(s.Offset), len(src))], []byte("\n"))
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		return nil, err
	}
	return root, nil
}

// file is a rule file while it is read.
type file struct {
	rules      []object
	conditions map[string]object // by id: those that stand beside the rules
	ids        []string          // by rule: the criterion's id
	criteria   map[string]string // rule's id → criterion's id, of rules with one id that of the first
	hits       map[string]string // criterion's id → the outcome that a hit of the rule is
	left       []Left
}

func newFile(root any) *file {
	f := &file{conditions: map[string]object{}, criteria: map[string]string{}, hits: map[string]string{}}
	f.find(root, 0)
	for i, r := range f.rules {
		id := identifier(r.text("rid", "id"), i)
		for slices.Contains(f.ids, id) {
			id += "_"
		}
		f.ids = append(f.ids, id)
		f.hits[id] = outcomeOfHit(r)
		if rid := r.text("rid", "id"); f.criteria[rid] == "" {
			f.criteria[rid] = id
		}
	}
	return f
}

// mostWrapping bounds how deep the lists of rules may be wrapped.
const mostWrapping = 6

// find collects rules and conditions wherever the answer of an interface or an
// export wraps them, also in texts that hold JSON themselves.
func (f *file) find(v any, depth int) {
	if depth > mostWrapping {
		return
	}
	switch v := v.(type) {
	case string:
		if inner, err := decode([]byte(v)); err == nil {
			f.find(inner, depth+1)
		}
	case []any:
		for _, e := range v {
			f.find(e, depth+1)
		}
	case map[string]any:
		o := object(v)
		if o.has("lambda", "rulelambda") && o.has("rid", "rulename", "name") && !o.has("operators") {
			f.rules = append(f.rules, o)
			return
		}
		if o.has("operators") {
			f.conditions[o.text("cid", "conditioninfocid")] = o
			return
		}
		for _, key := range o.keys() {
			switch v := v[key].(type) {
			case map[string]any, []any:
				f.find(v, depth+1)
			case string:
				if plain(key) == "jsonstr" || plain(key) == "data" {
					f.find(v, depth+1)
				}
			}
		}
	}
}

// scorecard writes the YAML.
func (f *file) scorecard(id string) ([]byte, error) {
	var criteria []yaml.MapSlice
	for i := range f.rules {
		criteria = append(criteria, f.criterion(f.ids[i], f.rules[i]))
	}
	f.leaveFields()
	card := yaml.MapSlice{
		{Key: "scorecard", Value: id},
		{Key: "name", Value: id},
		{Key: "mode", Value: "deduction"},
		{Key: "start", Value: 100},
		{Key: "cap", Value: 100},
		{Key: "floor", Value: 0},
		{Key: "pass", Value: 60},
		{Key: "sections", Value: []yaml.MapSlice{{
			{Key: "id", Value: "rules"},
			{Key: "name", Value: yaml.MapSlice{{Key: "zh", Value: "质检规则"}, {Key: "en", Value: "Rules"}}},
			{Key: "criteria", Value: criteria},
		}}},
	}
	return yaml.MarshalWithOptions(card, yaml.UseLiteralStyleIfMultiline(true), yaml.Indent(2), yaml.IndentSequence(true))
}
