package scorecard

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Difference is one thing that two versions of a scorecard do not have in common.
type Difference struct {
	What      Change   `json:"what"`
	Section   string   `json:"section,omitempty"`   // id; "" for the scorecard's settings and shared conditions
	Criterion string   `json:"criterion,omitempty"` // id; "" for a section's own keys
	Key       string   `json:"key,omitempty"`       // path of keys within, e.g. conditions.greets.keywords.any
	From      any      `json:"from,omitempty"`      // the value before; null when the key was not there
	To        any      `json:"to,omitempty"`
	Less      []string `json:"less,omitempty"` // of a list: what is no longer in it
	More      []string `json:"more,omitempty"` // and what has come to it
}

// Change says what became of a criterion, a section or a key.
type Change string

// The changes. A criterion is renamed when it is the same but for its id.
const (
	Added   Change = "added"
	Removed Change = "removed"
	Moved   Change = "moved" // to another section
	Renamed Change = "renamed"
	Changed Change = "changed"
)

// Diff lists what differs in meaning between two scorecards without problems:
// settings, shared conditions, sections, then criteria. The order of keys, of
// criteria and of words does not differ in meaning, nor do comments, forms of
// writing (60s and 1m), and expressions that are equal as logic.
func Diff(from, to *Scorecard) []Difference {
	a, b := sheetOf(from), sheetOf(to)
	var d differ
	d.values("", a.settings, b.settings)
	for _, id := range union(a.sections, b.sections) {
		d.section(id, a.sections[id], b.sections[id])
	}
	d.at = Difference{}
	renamed := renames(a, b)
	for _, id := range union(a.criteria, b.criteria) {
		d.criterion(id, a, b, renamed)
	}
	return d.found
}

// sheet is a scorecard as plain values, in one form of writing.
type sheet struct {
	settings map[string]any
	sections map[string]map[string]any // by id, without their criteria
	criteria map[string]map[string]any // by id
	home     map[string]string         // the section of each criterion
}

func sheetOf(s *Scorecard) sheet {
	_, root := parseYAML("", s.Source)
	out := sheet{map[string]any{}, map[string]map[string]any{}, map[string]map[string]any{}, map[string]string{}}
	out.settings = plainMap(root)
	sections, _ := out.settings["sections"].([]any)
	delete(out.settings, "sections")
	for _, v := range sections {
		section, _ := v.(map[string]any)
		criteria, _ := section["criteria"].([]any)
		delete(section, "criteria")
		id := fmt.Sprint(section["id"])
		out.sections[id] = section
		for _, v := range criteria {
			criterion, _ := v.(map[string]any)
			out.criteria[fmt.Sprint(criterion["id"])] = criterion
			out.home[fmt.Sprint(criterion["id"])] = id
		}
	}
	return out
}

// plain is a node's value: a map[string]any, []any, string, float64 or bool.
func plain(n *Node) any {
	switch {
	case n.IsMap():
		return plainMap(n)
	case n.IsList():
		var out []any
		for _, e := range n.List() {
			out = append(out, plain(e))
		}
		return out
	}
	return n.Value()
}

func plainMap(n *Node) map[string]any {
	out := map[string]any{}
	m := n.Map()
	for _, name := range m.Names() {
		out[name] = plain(m.Key(name))
	}
	return out
}

func union[V any](a, b map[string]V) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b))))))
}

// renames pairs criteria that are in one of the sheets only and differ in
// nothing but their ids: new ids by old ones.
func renames(a, b sheet) map[string]string {
	out := map[string]string{}
	taken := map[string]bool{}
	for _, old := range slices.Sorted(maps.Keys(a.criteria)) {
		if b.criteria[old] != nil {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(b.criteria)) {
			if a.criteria[id] == nil && !taken[id] && sameBut(a.criteria[old], b.criteria[id], "id") {
				out[old], taken[id] = id, true
				break
			}
		}
	}
	return out
}

func sameBut(a, b map[string]any, key string) bool {
	a, b = maps.Clone(a), maps.Clone(b)
	delete(a, key)
	delete(b, key)
	var d differ
	d.values("", a, b)
	return len(d.found) == 0
}

// differ gathers differences of one place after another.
type differ struct {
	at    Difference // the section and criterion that are compared
	found []Difference
}

func (d *differ) add(what Change, key string, from, to any) {
	x := d.at
	x.What, x.Key, x.From, x.To = what, key, from, to
	d.found = append(d.found, x)
}

func (d *differ) section(id string, a, b map[string]any) {
	d.at = Difference{Section: id}
	switch {
	case a == nil:
		d.add(Added, "", nil, nil)
	case b == nil:
		d.add(Removed, "", nil, nil)
	default:
		d.values("", a, b)
	}
}

func (d *differ) criterion(id string, a, b sheet, renamed map[string]string) {
	d.at = Difference{Section: b.home[id], Criterion: id}
	now := renamed[id]
	switch {
	case now != "":
		d.at.Section = b.home[now]
		d.add(Renamed, "id", id, now)
		d.moved(a.home[id], b.home[now])
	case b.criteria[id] == nil:
		d.at.Section = a.home[id]
		d.add(Removed, "", nil, nil)
	case a.criteria[id] != nil:
		d.moved(a.home[id], b.home[id])
		d.values("", a.criteria[id], b.criteria[id])
	case !slices.Contains(slices.Collect(maps.Values(renamed)), id):
		d.add(Added, "", nil, nil)
	}
}

func (d *differ) moved(from, to string) {
	if from != to {
		d.add(Moved, "", from, to)
	}
}

// values compares what stands at a path of keys.
func (d *differ) values(path string, a, b any) {
	key := path[strings.LastIndex(path, ".")+1:]
	a, b = normal(key, a), normal(key, b)
	ma, isA := a.(map[string]any)
	mb, isB := b.(map[string]any)
	if isA && isB {
		for _, k := range union(ma, mb) {
			d.values(strings.TrimPrefix(path+"."+k, "."), ma[k], mb[k])
		}
		return
	}
	la, lb := listed(a), listed(b)
	switch {
	case reflect.DeepEqual(a, b) || sameLogic(key, a, b):
	case a == nil:
		d.add(Added, path, nil, b)
	case b == nil:
		d.add(Removed, path, a, nil)
	case (len(la) > 1 || len(lb) > 1) && !ordered(key):
		d.words(path, la, lb)
	default:
		d.add(Changed, path, a, b)
	}
}

// words compares two lists whose order says nothing.
func (d *differ) words(path string, a, b []string) {
	less, more := missing(a, b), missing(b, a)
	if len(less) == 0 && len(more) == 0 {
		return
	}
	x := d.at
	x.What, x.Key, x.Less, x.More = Changed, path, less, more
	d.found = append(d.found, x)
}

// missing are the entries of a that b has not, or not as often.
func missing(a, b []string) []string {
	var out []string
	left := slices.Clone(b)
	for _, s := range a {
		if i := slices.Index(left, s); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// sameLogic reports whether two values are expressions that are equal as logic.
func sameLogic(key string, a, b any) bool {
	if key != "when" && !strings.HasSuffix(key, "_when") {
		return false
	}
	x, err1 := ParseExpr(fmt.Sprint(a))
	y, err2 := ParseExpr(fmt.Sprint(b))
	return err1 == nil && err2 == nil && x.Equivalent(y)
}
