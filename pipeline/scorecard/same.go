package scorecard

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
)

// Comparison knows which criteria of two scorecards are answered alike whatever
// the session, so that one answer does for both.
type Comparison struct {
	Old, New *Scorecard
	Same     map[string]bool // by criterion id
	new      *content
}

// Compare compares two scorecards without problems. It goes by what their files
// say and errs to the safe side: what it calls the same is the same, what it
// does not may still be.
func Compare(old, new *Scorecard) *Comparison {
	a, b := contentOf(old), contentOf(new)
	c := &Comparison{Old: old, New: new, Same: map[string]bool{}, new: b}
	if !reflect.DeepEqual(a.rest, b.rest) {
		return c
	}
	for id, one := range a.criteria {
		if other, ok := b.criteria[id]; ok && reflect.DeepEqual(one, other) {
			c.Same[id] = true
		}
	}
	// Whoever rests on something that differs differs too.
	for changed := true; changed; {
		changed = false
		for id := range c.Same {
			if !c.holds(a, b, id) {
				delete(c.Same, id)
				changed = true
			}
		}
	}
	return c
}

// holds reports whether all that a criterion rests on is the same in both.
func (c *Comparison) holds(a, b *content, id string) bool {
	inA, inB := a.reach(a.criteria[id]), b.reach(b.criteria[id])
	if !slices.Equal(inA, inB) {
		return false
	}
	for _, name := range inA {
		if !reflect.DeepEqual(a.conditions[name], b.conditions[name]) {
			return false
		}
	}
	for _, other := range a.asked(a.criteria[id], inA) {
		if !c.Same[other] {
			return false
		}
	}
	return true
}

// Merge returns one scorecard with all criteria of the old one and, after them,
// those of the new one that are not the same; places says for every criterion of
// the new scorecard which of the merged ones it is. Its answers are worth
// something, its score is not. False when it cannot be done: when a criterion
// that is to be added asks for the outcome of another.
func (c *Comparison) Merge() (merged *Scorecard, places []int, ok bool) {
	m := *c.Old
	m.criteria = nil
	old := map[string]int{}
	for i, k := range c.Old.Criteria() {
		old[k.ID] = i
	}
	added := &Section{}
	for _, k := range c.New.Criteria() {
		if c.Same[k.ID] {
			places = append(places, old[k.ID])
			continue
		}
		reached := c.new.reach(c.new.criteria[k.ID])
		if len(c.new.asked(c.new.criteria[k.ID], reached)) > 0 {
			return nil, nil, false
		}
		places = append(places, len(old)+len(added.Criteria))
		added.Criteria = append(added.Criteria, c.New.alone(k, reached))
	}
	m.Sections = append(slices.Clone(c.Old.Sections), added)
	return &m, places, true
}

// alone is a criterion that has the shared conditions it rests on for its own.
func (s *Scorecard) alone(c *Criterion, reached []string) *Criterion {
	own := *c
	own.Conditions = slices.Clone(c.Conditions)
	for _, shared := range s.Conditions {
		if slices.Contains(reached, shared.Name) {
			own.Conditions = append(own.Conditions, shared)
		}
	}
	return &own
}

// Mentions reports whether a key stands anywhere in the scorecard's file, such
// as the name of a kind of condition.
func (s *Scorecard) Mentions(key string) bool {
	sheet := sheetOf(s)
	if mentions(sheet.settings, key) {
		return true
	}
	for _, parts := range []map[string]map[string]any{sheet.sections, sheet.criteria} {
		for _, part := range parts {
			if mentions(part, key) {
				return true
			}
		}
	}
	return false
}

// content is a scorecard's sheet without what decides no answer.
type content struct {
	rest       map[string]any // what all criteria rest on but conditions
	conditions map[string]any // shared ones by name
	criteria   map[string]any // by id; each with its section's own keys
}

// The keys that decide no answer: names, what an answer is worth, what is shown.
var (
	noAnswerTop       = []string{"scorecard", "name", "for", "mode", "pass", "undetermined_limit", "start", "cap", "floor", "conditions"}
	noAnswerSection   = []string{"id", "name", "weight"}
	noAnswerCriterion = []string{
		"id", "name", "advice", "weight", "deduct", "bonus", "per", "at_most", "critical", "severity", "category", "stage",
		"evidence", "examples",
	}
)

func contentOf(s *Scorecard) *content {
	sheet := sheetOf(s)
	p := &content{rest: without(sheet.settings, noAnswerTop), criteria: map[string]any{}}
	p.conditions, _ = sheet.settings["conditions"].(map[string]any)
	for id, criterion := range sheet.criteria {
		p.criteria[id] = map[string]any{
			"of section": without(sheet.sections[sheet.home[id]], noAnswerSection), "of criterion": without(criterion, noAnswerCriterion),
		}
	}
	return p
}

func without(m map[string]any, keys []string) map[string]any {
	out := maps.Clone(m)
	for _, k := range keys {
		delete(out, k)
	}
	return out
}

// words are the parts of a text that may be names of conditions or criteria.
var words = regexp.MustCompile(`\p{L}[\p{L}\p{N}_.-]*`)

// reach lists the shared conditions that a value may name, and those that they
// may name, sorted. Any text counts: what only looks like a name does no harm.
func (p *content) reach(value any) []string {
	found := map[string]bool{}
	var follow func(string)
	follow = func(text string) {
		for _, word := range words.FindAllString(text, -1) {
			if condition, ok := p.conditions[word]; ok && !found[word] {
				found[word] = true
				eachText(condition, follow)
			}
		}
	}
	eachText(value, follow)
	return slices.Sorted(maps.Keys(found))
}

// asked lists the criteria whose outcomes a value, or one of the conditions that
// it reaches, may ask for.
func (p *content) asked(value any, reached []string) []string {
	values := []any{value}
	for _, name := range reached {
		values = append(values, p.conditions[name])
	}
	found := map[string]bool{}
	for _, v := range values {
		if !mentions(v, "requires") && !mentions(v, "criterion") {
			continue
		}
		eachText(v, func(text string) {
			for _, word := range words.FindAllString(text, -1) {
				if _, ok := p.criteria[word]; ok {
					found[word] = true
				}
			}
		})
	}
	return slices.Sorted(maps.Keys(found))
}

func eachText(value any, use func(string)) {
	switch v := value.(type) {
	case string:
		use(v)
	case []any:
		for _, e := range v {
			eachText(e, use)
		}
	case map[string]any:
		for _, e := range v {
			eachText(e, use)
		}
	}
}

func mentions(value any, key string) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return mentions(e, key) })
	case map[string]any:
		if _, ok := v[key]; ok {
			return true
		}
		for _, e := range v {
			if mentions(e, key) {
				return true
			}
		}
	}
	return false
}
