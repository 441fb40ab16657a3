package redact

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"assay/pipeline/entity"
	"assay/pipeline/transcript"
)

// field is a text of the metadata.
type field struct {
	turn *turn
	path string
}

// nameKeys are words in the keys of metadata that are a person's name.
var nameKeys = []string{"customer_name", "customername", "agent_name", "agentname", "caller_name", "contact_name", "full_name", "fullname", "first_name", "last_name", "user_name", "realname", "姓名", "客户名", "联系人", "收件人", "坐席名", "客服名"}

// fields reads the agent's name and the metadata: names there are known names.
func (x *session) fields() {
	if a := x.session.Agent; a != nil && a.Name != "" {
		x.named(a.Name)
		t := newTurn(a.Name)
		t.add(0, len(t.text), Person, strings.ReplaceAll(t.text, " ", "_"), 0.95, "the agent's name")
		x.meta = append(x.meta, field{t, agentPath})
	}
	if c := x.session.Customer; c != nil && c.ID != "" {
		x.text(customerPath, "", c.ID) // some sources know their customers by their phones
	}
	for k, v := range x.session.Metadata {
		x.field(k, k, v, 0)
	}
	slices.SortFunc(x.meta, func(a, b field) int { return strings.Compare(a.path, b.path) })
}

// The paths of the agent's name and the customer's id; no key of metadata begins so.
const (
	agentPath    = "\x00agent"
	customerPath = "\x00customer"
)

// mostDepth bounds lists and objects within metadata.
const mostDepth = 8

func (x *session) field(path, k string, v any, depth int) {
	switch v := v.(type) {
	case string:
		x.text(path, k, v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) >= 1e5 && math.Abs(v) < 1e19 {
			x.text(path, k, strconv.FormatFloat(v, 'f', 0, 64))
		}
	case []any:
		for i, e := range v {
			if depth < mostDepth {
				x.field(path+"\x00"+strconv.Itoa(i), k, e, depth+1)
			}
		}
	case map[string]any:
		for name, e := range v {
			if depth < mostDepth {
				x.field(path+"\x00"+name, name, e, depth+1)
			}
		}
	}
}

// text reads one text of the metadata; its key is the cue.
func (x *session) text(path, k, v string) {
	t := newTurn(v)
	name := transcript.Fold(k).Text
	if cues := cuesOf(strings.ReplaceAll(name, "_", " ")); len(cues) > 0 {
		t.asked = cues[len(cues)-1].topic
	}
	if slices.ContainsFunc(nameKeys, func(w string) bool { return strings.Contains(name, w) }) && runes(v) <= 40 && v != "" {
		x.named(v)
		t.add(0, len(t.text), Person, strings.ReplaceAll(t.text, " ", "_"), 0.95, "the metadata's key")
	}
	t.find()
	x.patterns(t)
	t.found = resolve(slices.DeleteFunc(t.found, func(f found) bool { return f.confidence < x.rules.Least || x.allowed(t, f) }))
	for _, f := range t.found {
		x.known.note(t, f)
	}
	x.meta = append(x.meta, field{t, path})
}

// named notes a person's name that is known beforehand.
func (x *session) named(name string) {
	t := newTurn(name)
	f := found{0, len(t.text), Person, strings.ReplaceAll(strings.TrimSpace(t.text), " ", "_"), 0.95, "a name that the session tells"}
	if x.rules.allowed[t.text] || entity.Runs(t.text) != nil || notNamesEn[t.text] {
		return
	}
	x.known.name(strings.TrimSpace(t.text), f)
}

// fields are the agent's name, the customer's id and the metadata with tags.
func (g *tagger) fields(x *session) (agent, customer string, metadata map[string]any) {
	texts := map[string]Text{}
	for _, f := range x.meta {
		texts[f.path] = newText(f.turn.original, g.spans(0, f.turn))
	}
	if x.session.Metadata != nil {
		metadata = map[string]any{}
	}
	for k, v := range x.session.Metadata {
		metadata[k] = withTags(texts, k, v, 0)
	}
	agent, customer = texts[agentPath].Text, texts[customerPath].Text
	return agent, customer, metadata
}

// withTags is a value of the metadata with redacted texts.
func withTags(texts map[string]Text, path string, v any, depth int) any {
	switch v := v.(type) {
	case string, float64:
		if t, ok := texts[path]; ok && len(t.Spans) > 0 {
			return t.Text
		}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = deeper(texts, path+"\x00"+strconv.Itoa(i), e, depth)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, e := range v {
			out[name] = deeper(texts, path+"\x00"+name, e, depth)
		}
		return out
	}
	return v
}

// deeper leaves out what lies too deep to have been read.
func deeper(texts map[string]Text, path string, v any, depth int) any {
	if depth >= mostDepth {
		return nil
	}
	return withTags(texts, path, v, depth+1)
}
