package sca

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
)

// condition writes a condition, once, and returns its name here: or an
// expression, when its operators do not judge turns.
func (r *rule) condition(cid string) (string, error) {
	if name, ok := r.done[cid]; ok {
		if name == "" {
			return "", errStopped
		}
		return name, nil
	}
	if r.open[cid] {
		return "", fmt.Errorf("condition %s is anchored to itself", cid)
	}
	r.open[cid] = true
	defer delete(r.open, cid)
	name, err := r.write(cid)
	if err != nil {
		r.done[cid] = ""
		r.stop("condition "+cid, err)
		return "", errStopped
	}
	r.done[cid] = name
	return name, nil
}

func (r *rule) write(cid string) (string, error) {
	o := r.find(cid)
	if o == nil {
		return "", fmt.Errorf("there is no condition %q", cid)
	}
	o.watch()
	if group := o.text("usergroup"); group != "" {
		r.leave("condition "+cid, "user group %q", group)
	}
	operators := o.objects("operators")
	if len(operators) == 0 {
		return "", errors.New("has no operators")
	}
	role := speaker(o.child("checkrange").text("role"))
	where, err := r.where(cid, o.child("checkrange"))
	if err != nil {
		return "", err
	}
	base := conditionName(cid)
	defer r.leaveUnread(cid, "the condition", o, "cid", "conditioninfocid", "id", "name", "lambda", "operlambda")
	if len(operators) == 1 {
		if _, err := r.operator(cid, base, operators[0], role, where); err != nil {
			return "", err
		}
		return negated(o, base)
	}
	return r.together(cid, base, o, role, where)
}

// negated takes a lambda of one operator, which may still negate it.
func negated(o object, name string) (string, error) {
	if strings.HasPrefix(strings.TrimSpace(o.text("lambda", "operlambda")), "!") {
		return "!" + name, nil
	}
	return name, nil
}

// together writes a condition of several operators: they must hold of one turn,
// where all of them judge turns, and else of the range.
func (r *rule) together(cid, base string, o object, role string, where yaml.MapSlice) (string, error) {
	names, session := map[string]string{}, false
	for i, op := range o.objects("operators") {
		name := base + "_" + strconv.Itoa(i+1)
		whole, err := r.operator(cid, name, op, role, where)
		if err != nil {
			return "", err
		}
		session = session || whole
		names[op.text("oid", "id")] = name
	}
	all, err := expression(o.text("lambda", "operlambda"), func(oid string) (string, error) {
		if names[oid] == "" {
			return "", fmt.Errorf("there is no operator %q", oid)
		}
		return names[oid], nil
	})
	switch {
	case err != nil:
		return "", err
	case session && strings.ContainsAny(all, "&|"):
		return "(" + all + ")", nil
	case session:
		return all, nil
	}
	r.conditions = append(r.conditions, pair(base, append(slices.Clone(where), pair("same_turn", yaml.MapSlice{pair("when", all)}))))
	return base, nil
}

// operator writes one operator as a condition; session says that it does not judge turns.
func (r *rule) operator(cid, name string, op object, role string, where yaml.MapSlice) (session bool, err error) {
	kind := op.text("type")
	do := operations()[plain(kind)]
	if do == nil {
		do = operations()[plain(op.text("name", "opername"))]
	}
	if do == nil {
		return false, fmt.Errorf("operator %q %w", kind, errUnlike)
	}
	p := op.child("param")
	if p == nil {
		p = op
	}
	p.watch()
	t, err := do(p, role)
	if err != nil {
		return false, fmt.Errorf("operator %q: %w", kind, err)
	}
	r.leaveUnread(cid, fmt.Sprintf("operator %q", kind), p, "oid", "id", "type", "name", "opername", "param")
	for _, n := range t.notes {
		r.leave("condition "+cid, "%s", n)
	}
	keys := merged(where, t)
	r.conditions = append(r.conditions, pair(name, append(keys, pair(t.kind, t.params))))
	return t.session, nil
}

// own are the kinds that say themselves whose turns they judge, or judge the session.
var own = []string{"repeat", "silence", "speech_rate", "interruption", "speaker_at", "late_hang_up", "late_answer", "duration", "metadata", "knowledge"}

// merged are the keys beside the kind: those of the range, without what the kind
// says itself.
func merged(where yaml.MapSlice, t translated) yaml.MapSlice {
	var out yaml.MapSlice
	for _, item := range where {
		whole := t.kind == "late_hang_up" || t.kind == "late_answer" || t.kind == "duration" || t.kind == "metadata"
		if whole || item.Key == "speaker" && slices.Contains(own, t.kind) ||
			slices.ContainsFunc(t.where, func(i yaml.MapItem) bool { return i.Key == item.Key }) {
			continue
		}
		out = append(out, item)
	}
	return append(out, t.where...)
}

// conditionName makes a name that expressions can hold.
func conditionName(cid string) string {
	if cid != "" && unicode.IsLetter([]rune(cid)[0]) && cid != "and" && cid != "or" && cid != "not" {
		return identifier(cid, 0)
	}
	return "c" + identifier("x"+cid, 0)[1:]
}

func (r *rule) find(cid string) object {
	for _, o := range r.object.objects("conditions") {
		if o.text("cid", "conditioninfocid") == cid {
			return o
		}
	}
	return r.file.conditions[cid]
}

// where writes the range that a condition is checked in.
func (r *rule) where(cid string, o object) (yaml.MapSlice, error) {
	var out yaml.MapSlice
	if o == nil {
		return nil, nil
	}
	o.watch()
	defer r.leaveUnread(cid, "the range", o)
	role := o.text("role")
	if s := speaker(role); s != "" {
		out = append(out, pair("speaker", s))
	} else if role != "" && role != "所有" && role != "all" && role != "全部" {
		return nil, fmt.Errorf("unknown role %q", role)
	}
	from, to := bounds(o.child("range"))
	if a := o.child("anchor"); a.has("cid", "anchorcid") {
		anchor, err := r.anchor(a, from, to)
		if err != nil {
			return nil, err
		}
		out = append(out, anchor)
	} else if from != 0 || to != 0 {
		keys := yaml.MapSlice{pair("from", first(from, 1)), pair("to", first(to, -1))}
		if o.yes("absolute") && len(out) > 0 {
			keys = append(keys, pair("of", "session"))
		}
		out = append(out, pair("range", keys))
	}
	if d := o.child("timerange"); d != nil {
		out = append(out, during(d)...)
	}
	if o.yes("allsentencessatisfy") {
		out = append(out, pair("turns", "all"))
	}
	return out, nil
}

func bounds(o object) (from, to int) {
	return o.integer(0, "from"), o.integer(0, "to")
}

func first(v, otherwise int) int {
	if v != 0 {
		return v
	}
	return otherwise
}

// during limits by time from the session's beginning, in milliseconds.
func during(o object) yaml.MapSlice {
	var keys yaml.MapSlice
	for _, k := range []string{"from", "to"} {
		if ms := o.integer(0, k); ms > 0 {
			keys = append(keys, pair(k, (time.Duration(ms)*time.Millisecond).String()))
		}
	}
	if keys == nil {
		return nil
	}
	return yaml.MapSlice{pair("time", keys)}
}

// anchor writes before, after, around or at another condition's hits.
func (r *rule) anchor(a object, from, to int) (yaml.MapItem, error) {
	name, err := r.condition(a.text("cid", "anchorcid"))
	if err != nil {
		return yaml.MapItem{}, err
	}
	if strings.ContainsAny(name, "&|!( ") {
		return yaml.MapItem{}, fmt.Errorf("is anchored to %s, which has no place in the transcript", name)
	}
	side := map[string]string{"BEFORE": "before", "AFTER": "after", "AROUND": "around", "CURRENT": "at"}[strings.ToUpper(a.text("location"))]
	if side == "" {
		return yaml.MapItem{}, fmt.Errorf("unknown location %q", a.text("location"))
	}
	keys := yaml.MapSlice{pair("condition", name)}
	switch n := a.integer(-1, "hittime"); {
	case n > 0:
		keys = append(keys, pair("hit", n))
	case n == 0:
		keys = append(keys, pair("hit", "every"))
	}
	if side != "at" && (from != 0 || to != 0) {
		keys = append(keys, near(side, from, to)...)
	}
	return pair(side, keys), nil
}

// near is how far from the anchor the turns may be, the nearest being 1.
func near(side string, from, to int) yaml.MapSlice {
	low, high := abs(from), abs(to)
	if low > high && high != 0 {
		low, high = high, low
	}
	open := (from == -1 || to == -1) && side == "after" // to the last turn
	var keys yaml.MapSlice
	if low > 1 && side != "around" {
		keys = append(keys, pair("from", low))
	}
	if high > 0 && !open {
		keys = append(keys, pair("within", max(low, high)))
	}
	return keys
}

func abs(n int) int { return max(n, -n) }
