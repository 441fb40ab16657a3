package knowledge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Setting is one field of a solution as people write it: its key, or its name in
// a table, and the value as in a cell of CSV. An empty value empties the field.
type Setting struct{ Key, Value string }

// ParseSetting reads key=value.
func ParseSetting(text string) (Setting, error) {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return Setting{}, fmt.Errorf("%q is no setting; allowed: key=value, the keys being %s", clip(text, 60), strings.Join(solutionKeys[1:], ", "))
	}
	return Setting{strings.TrimSpace(key), value}, nil
}

// Set returns the solution with other values. The zone is that of dates; nil is
// Asia/Shanghai. Its error is transcript.Problems.
func (s *Solution) Set(settings []Setting, zone *time.Location) (Solution, error) {
	d := newDraft(ReadOptions{Zone: zone}.orDefault())
	d.s, d.byHand = *s, true
	d.apply(settings, solutionKeys[1:])
	if len(d.problems) == 0 {
		d.check()
	}
	return d.s, problemsOf(d.problems)
}

// apply sets fields, which must be among the allowed keys.
func (d *draft) apply(settings []Setting, allowed []string) {
	for _, set := range settings {
		key := plainKey(set.Key)
		switch {
		case !slices.Contains(allowed, key):
			d.fail(clip(set.Key, 60), "cannot be set", strings.Join(allowed, ", "))
		case isListKey(key):
			d.set(key, set.Key, listValue(splitList(clean(set.Value))))
		default:
			d.set(key, set.Key, value{is: isText, text: set.Value})
		}
	}
}

// bulkKeys are the keys that a bulk edit may set; for tags it has adding and removing.
var bulkKeys = []string{"owner", "status", "product", "region", "customer_type", "valid_from", "valid_to", "review_by"}

// NewEdits returns what a bulk edit with these settings does. Its error is
// transcript.Problems.
func NewEdits(settings []Setting, zone *time.Location) (Edits, error) {
	d := newDraft(ReadOptions{Zone: zone}.orDefault())
	d.byHand = true
	d.apply(settings, bulkKeys)
	var e Edits
	s := &d.s
	for key := range d.names {
		switch key {
		case "owner":
			e.Owner = &s.Owner
		case "status":
			e.Status = &s.Status
		case "product":
			e.Product = &s.Product
		case "region":
			e.Region = &s.Region
		case "customer_type":
			e.CustomerType = &s.CustomerType
		case "valid_from":
			e.ValidFrom = &s.ValidFrom
		case "valid_to":
			e.ValidTo = &s.ValidTo
		case "review_by":
			e.ReviewBy = &s.ReviewBy
		}
	}
	if e.Status != nil && *e.Status == "" && !d.bad["status"] {
		d.fail("status", "must not be empty", listed(Statuses))
	}
	return e, problemsOf(d.problems)
}

// Comparison is what an import of a solution would change.
type Comparison struct {
	ID     string   `json:"id"`
	New    bool     `json:"new,omitempty"`
	Fields []string `json:"fields,omitempty"` // keys of those that differ; none of a new one
}

// Compare says which solutions the library lacks or has otherwise, in their order.
func (l *Library) Compare(ctx context.Context, solutions []Solution) ([]Comparison, error) {
	var out []Comparison
	for part := range slices.Chunk(solutions, writeBatch) {
		f := Filter{}
		for _, s := range part {
			f.IDs = append(f.IDs, s.ID)
		}
		known := map[string]Solution{}
		for e, err := range l.Each(ctx, f) {
			if err != nil {
				return nil, fmt.Errorf("compare solutions: %w", err)
			}
			known[e.ID] = e.Solution
		}
		for _, s := range part {
			old, ok := known[s.ID]
			c := Comparison{ID: s.ID, New: !ok}
			if ok {
				c.Fields = changedFields(&old, &s)
			}
			if c.New || len(c.Fields) > 0 {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// changedFields are the keys of the fields that differ as they are kept.
func changedFields(before, after *Solution) []string {
	a, b := before.normal(), after.normal()
	var keys []string
	for _, key := range solutionKeys {
		if valueText(&a, key) != valueText(&b, key) || isListKey(key) && !slices.Equal(fieldList(&a, key), fieldList(&b, key)) {
			keys = append(keys, key)
		}
	}
	return keys
}
