package sca

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
)

// rule is a rule while it becomes a criterion.
type rule struct {
	file       *file
	object     object
	id         string
	label      string // for people: id and name
	conditions yaml.MapSlice
	done       map[string]string // condition's id → its expression here
	open       map[string]bool   // conditions that are being written
	manual     bool
	judge      object // the model operator, when the rule is nothing else
}

func (r *rule) leave(place, format string, args ...any) {
	r.file.left = append(r.file.left, Left{Rule: r.label, Place: place, What: fmt.Sprintf(format, args...), Criterion: r.id})
}

// stop leaves something without which the rule is not the same: people answer it.
func (r *rule) stop(place string, err error) {
	if errors.Is(err, errStopped) {
		return
	}
	r.manual = true
	r.file.left = append(r.file.left, Left{Rule: r.label, Place: place, What: err.Error(), Manual: true, Criterion: r.id})
}

// errStopped says that the reason has been listed.
var errStopped = errors.New("listed already")

// identifier makes an id of a rule's: a letter first, then what ids may hold.
func identifier(id string, i int) string {
	clean := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || c == '_' || c == '-' || c == '.' {
			return c
		}
		return '_'
	}, id)
	switch {
	case clean == "":
		return "rule_" + strconv.Itoa(i+1)
	case !unicode.IsLetter([]rune(clean)[0]):
		return "r" + clean
	}
	return clean
}

// outcomeOfHit is what a hit of the rule means: a deduction's hit is not met.
func outcomeOfHit(r object) string {
	if adds(r) {
		return "met"
	}
	return "not_met"
}

func adds(r object) bool { return r.integer(3, "scoretype", "rulescoreaddtype") == 1 }

// criterion writes a rule. What cannot be written makes it one for people.
func (f *file) criterion(id string, o object) yaml.MapSlice {
	o.watch()
	name := cmp.Or(o.text("name", "rulename"), id)
	r := &rule{file: f, object: o, id: id, label: strings.TrimSpace(o.text("rid", "id") + " " + name), done: map[string]string{}, open: map[string]bool{}}
	lambda := o.text("lambda", "rulelambda")
	decide, err := r.decision(lambda)
	if err != nil {
		r.stop("lambda "+lambda, err)
	}
	out := yaml.MapSlice{pair("id", id), pair("name", name)}
	out = append(out, r.about(lambda)...)
	switch {
	case r.judge != nil:
		return append(out, pair("judge", question(r.judge, name)))
	case r.manual:
		return append(out, pair("manual", true))
	}
	out = append(out, pair("conditions", r.conditions), pair(map[string]string{"met": "met_when", "not_met": "not_met_when"}[f.hits[id]], decide))
	if shown := r.triggers(); len(shown) > 0 {
		out = append(out, pair("evidence", shown))
	}
	if examples := r.examples(); len(examples) > 0 {
		out = append(out, pair("examples", examples))
	}
	return out
}

// decision writes the rule's conditions and returns the expression over them.
func (r *rule) decision(lambda string) (string, error) {
	if lambda == "" {
		return "", errors.New("the rule has no lambda")
	}
	if o := r.onlyModel(lambda); o != nil {
		r.judge = o
		return "", nil
	}
	return expression(lambda, r.condition)
}

// about are the keys that say what the criterion is worth and whom it is for.
func (r *rule) about(lambda string) yaml.MapSlice {
	o := r.object
	var out yaml.MapSlice
	advice := o.text("comments", "comment")
	if r.manual {
		advice = strings.TrimSpace(advice + "\n" + lambda)
	}
	if advice != "" {
		out = append(out, pair("advice", advice))
	}
	points := o.integer(0, "scorenum")
	if o.integer(3, "rulescoretype") == 1 {
		points = 0
	}
	if adds(o) {
		out = append(out, pair("bonus", points))
	} else {
		out = append(out, pair("deduct", points))
	}
	if o.yes("ishitnumscore") || o.has("scorenumtype") && o.integer(1, "scorenumtype") == 0 {
		out = append(out, pair("per", "hit"))
	}
	out = append(out, pair("severity", pick(o.integer(1, "level"), "severe", "moderate", "minor")))
	out = append(out, pair("category", pick(o.integer(0, "checktype"), "service_quality", "attitude", "service_quality", "attitude", "process")))
	if lines := o.texts("businesscategorynamelist"); len(lines) > 0 {
		out = append(out, pair("business", lines))
	}
	return append(append(out, r.effective()...), r.prerequisite()...)
}

func pick(i int, list ...string) string { return list[min(max(i, 0), len(list)-1)] }

// effective are the days between which the rule holds.
func (r *rule) effective() yaml.MapSlice {
	var days yaml.MapSlice
	for _, k := range [][2]string{{"from", "effectivestarttime"}, {"to", "effectiveendtime"}} {
		text := r.object.text(k[1])
		if text == "" {
			continue
		}
		day, ok := date(text)
		if !ok {
			r.leave(k[1], "%q is no date", text)
			continue
		}
		days = append(days, pair(k[0], day))
	}
	if len(days) == 0 || r.object.yes("fullcycle") {
		return nil
	}
	return yaml.MapSlice{pair("effective", days)}
}

func date(s string) (string, bool) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && ms > 1e11 {
		return time.UnixMilli(ms).UTC().Format(time.DateOnly), true
	}
	for _, layout := range []string{time.DateTime, time.DateOnly, time.RFC3339, "2006/01/02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

func (r *rule) prerequisite() yaml.MapSlice {
	id := r.object.text("preqrule", "preqruleid")
	if id == "" || id == "0" {
		return nil
	}
	other := r.file.criteria[id]
	if other == "" {
		r.leave("preqRule", "rule %q is not in the file", id)
		return nil
	}
	return yaml.MapSlice{pair("requires", yaml.MapSlice{pair("criterion", other), pair("outcome", r.file.hits[other])})}
}

// triggers are the conditions whose hits are shown, by their names here.
func (r *rule) triggers() []string {
	var out []string
	for _, cid := range r.object.texts("triggers") {
		if name := r.done[cid]; name != "" && !strings.ContainsAny(name, "&|!( ") {
			out = append(out, name)
		}
	}
	return out
}

// examples are the rule's embedded dialogues that say whether it must hit.
func (r *rule) examples() []yaml.MapSlice {
	var out []yaml.MapSlice
	for i, d := range r.object.objects("dialogues") {
		if !d.has("hit", "expected", "ishit", "hitstatus", "result") {
			r.leave(fmt.Sprintf("dialogue %d", i+1), "does not say whether the rule hits")
			continue
		}
		outcome := r.file.hits[r.id]
		if !d.yes("hit", "expected", "ishit", "hitstatus", "result") {
			outcome = map[string]string{"met": "not_met", "not_met": "met"}[outcome]
		}
		if x := example(d, outcome); x != nil {
			out = append(out, x)
		}
	}
	return out
}

func example(d object, outcome string) yaml.MapSlice {
	var turns []string
	for _, t := range d.objects("dialogue", "dialog", "sentences") {
		by := cmp.Or(speaker(t.text("role")), "system")
		if begin, ok := t.millis("begin"); ok {
			by += " " + begin.String()
			if end, ok := t.millis("end"); ok {
				by += "-" + end.String()
			}
		}
		turns = append(turns, by+": "+t.text("words", "content", "text"))
	}
	if len(turns) == 0 {
		return nil
	}
	x := yaml.MapSlice{pair("outcome", outcome), pair("turns", turns)}
	if calls := d.yes("call") || slices.ContainsFunc(turns, func(s string) bool { return strings.Contains(strings.SplitN(s, ":", 2)[0], "-") }); calls {
		x = append(x, pair("channel", "call"))
	}
	if m := d.child("metadata", "params", "remark"); m != nil {
		x = append(x, pair("metadata", map[string]any(m)))
	}
	return x
}
