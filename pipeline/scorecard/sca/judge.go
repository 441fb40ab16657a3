package sca

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// onlyModel is the model operator of a rule that consists of it alone: such a
// rule becomes a question for the judge.
func (r *rule) onlyModel(lambda string) object {
	o := r.find(strings.TrimSpace(lambda))
	if o == nil || len(o.objects("operators")) != 1 {
		return nil
	}
	op := o.objects("operators")[0]
	isModel := slices.ContainsFunc(models, func(m string) bool { return plain(m) == plain(op.text("type")) || m == op.text("name", "opername") })
	if !isModel {
		return nil
	}
	if p := op.child("param"); p != nil {
		return p
	}
	return op
}

// question writes a scenario with its dimensions as a closed question.
func question(p object, name string) yaml.MapSlice {
	text := p.text("scenename", "prompt")
	var include, exclude []string
	for _, d := range p.objects("dimensions") {
		if s := strings.TrimSpace(d.text("dimension") + "：" + d.text("desc")); strings.Trim(s, "：") != "" {
			include = append(include, strings.Trim(s, "："))
		}
		include = append(include, nonEmpty(d.text("includecondition"))...)
		exclude = append(exclude, nonEmpty(d.text("excludecondition"))...)
	}
	if text == "" {
		text = name
	}
	out := yaml.MapSlice{pair("question", text)}
	if len(include) > 0 {
		out = append(out, pair("include", include))
	}
	if len(exclude) > 0 {
		out = append(out, pair("exclude", exclude))
	}
	return out
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
