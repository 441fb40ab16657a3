package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Parse reads a plan:
//
//	plan: shop
//	name: {zh: 商城, en: Shop}
//	rules:
//	  - name: vip
//	    when: {channels: [chat], queues: [vip, gold], metadata: {region: [east]}}
//	    scorecard: vip-chat
//	  - {name: loans, when: {business_types: [loan, 贷款]}, scorecard: bank, share: 25%}
//	default: {scorecard: retail-chat, share: 10%}     # or none
//	judge: {sessions: flagged, money_per_day: 20}     # see Judge; a rule may have its own
//
// name stands for the file in problems. The plan is nil only when src is no YAML
// at all; it must be refused when there are problems.
func Parse(name string, src []byte) (*Plan, scorecard.Problems) {
	doc := scorecard.Open(name, src)
	if doc.Root == nil {
		return nil, doc.Problems()
	}
	sum := sha256.Sum256(src)
	p := &Plan{Version: hex.EncodeToString(sum[:6]), Source: src, doc: doc}
	m := doc.Root.Map()
	if n := m.Must("plan"); n != nil {
		p.ID = n.ID()
	}
	if n := m.Must("name"); n != nil {
		p.Name = n.Text()
	}
	if n := m.Key("rules"); n != nil {
		p.readRules(n)
	}
	if n := m.Must("default"); n != nil {
		p.Rules = append(p.Rules, byDefault(n))
	}
	if n := m.Key("judge"); n != nil {
		p.Judge = readJudge(n)
	}
	m.Done()
	return p, doc.Problems()
}

// maxRules bounds the rules, and the values of a field: each session is tried
// against all of them.
const maxRules = 1000

func (p *Plan) readRules(n *scorecard.Node) {
	list := n.List()
	if len(list) > maxRules {
		n.Problem([]string{"at most 1000 rules"}, "the plan has %d rules", len(list))
		return
	}
	for _, e := range list {
		r := rule(e.Map())
		for _, before := range p.Rules {
			if before.Name == r.Name && r.Name != "" {
				e.Problem(nil, "rule %q stands twice", r.Name)
			}
		}
		if i := slices.IndexFunc(p.Rules, func(before Rule) bool { return before.covers(r) }); i >= 0 {
			e.Problem(nil, "rule %q takes no session: rule %q before it takes all that it could", r.Name, p.Rules[i].Name)
		}
		p.Rules = append(p.Rules, r)
	}
}

func rule(m *scorecard.Map) Rule {
	r := Rule{Share: 1}
	if n := m.Must("name"); n != nil {
		if r.Name = n.NonEmpty(); r.Name == Default {
			n.Problem(nil, "%q is the name of what no rule takes", Default)
		}
	}
	if n := m.Must("when"); n != nil {
		if r.When = when(n.Map()); len(r.When) == 0 && n.IsMap() {
			n.Problem(nil, "a rule that takes every session is the default: write it there")
		}
	}
	r.target(m)
	m.Done()
	return r
}

// target reads what is done with the rule's sessions.
func (r *Rule) target(m *scorecard.Map) {
	if n := m.Must("scorecard"); n != nil {
		r.Scorecard, r.node = n.ID(), n
	}
	if n := m.Key("share"); n != nil {
		r.Share = share(n)
	}
	if n := m.Key("judge"); n != nil {
		r.Judge = readJudge(n)
	}
}

func byDefault(n *scorecard.Node) Rule {
	r := Rule{Name: Default, Share: 1}
	if !n.IsMap() {
		n.OneOf("none")
		return r
	}
	m := n.Map()
	r.target(m)
	m.Done()
	return r
}

var percent = regexp.MustCompile(`^(\d{1,3}(?:\.\d+)?) ?%$`)

// share reads a percentage; 0% leaves all of the rule's sessions out.
func share(n *scorecard.Node) float64 {
	s := n.String()
	if m := percent.FindStringSubmatch(s); m != nil {
		if v, err := strconv.ParseFloat(m[1], 64); err == nil && v <= 100 {
			return v / 100
		}
	}
	n.Problem([]string{"a percentage from 0% to 100%, such as 25%"}, "%q is no share", s)
	return 1
}

// when reads the fields that a session must match.
func when(m *scorecard.Map) []Field {
	var out []Field
	add := func(name string, read func(*scorecard.Node) string) {
		if n := m.Key(name); n != nil {
			out = append(out, Field{name, list(n, read)})
		}
	}
	add(channels, oneOf(channelNames()))
	add(languages, (*scorecard.Node).Language)
	for _, name := range []string{"teams", "queues", "business_types"} {
		add(name, text)
	}
	add("customer_types", oneOf(transcript.CustomerTypes))
	add("urgencies", oneOf(transcript.Urgencies))
	if n := m.Key("metadata"); n != nil {
		fields := n.Map()
		for _, key := range fields.Names() {
			out = append(out, Field{metadata + key, list(fields.Key(key), text)})
		}
	}
	m.Done()
	return out
}

func channelNames() []string {
	var out []string
	for _, c := range transcript.Channels {
		out = append(out, string(c))
	}
	return out
}

func oneOf(allowed []string) func(*scorecard.Node) string {
	return func(n *scorecard.Node) string { return n.OneOf(allowed...) }
}

// text reads a text, a number or a truth value as sessions have it.
func text(n *scorecard.Node) string {
	if n.NonEmpty() == "" {
		return ""
	}
	if all := texts(n.Value()); len(all) == 1 {
		return all[0]
	}
	return ""
}

// list reads a list of values that differ, at least one.
func list(n *scorecard.Node, read func(*scorecard.Node) string) []string {
	var out []string
	values := n.List()
	if len(values) > maxRules {
		n.Problem([]string{"at most 1000 values"}, "the list has %d values", len(values))
		return nil
	}
	for _, e := range values {
		v := read(e)
		if v != "" && slices.Contains(out, v) {
			e.Problem(nil, "%q stands twice", v)
		}
		out = append(out, v)
	}
	if n.IsList() && len(values) == 0 {
		n.Problem(nil, "the list is empty, so that no session matches")
	}
	return out
}

// covers reports whether the rule matches every session that another one does.
// A list of all channels asks for nothing. Rules that could not be read cover
// nothing and are not covered.
func (r Rule) covers(o Rule) bool {
	return len(r.When) > 0 && len(o.When) > 0 && !slices.ContainsFunc(r.When, func(f Field) bool {
		if f.Name == channels && len(f.Values) == len(transcript.Channels) {
			return false
		}
		i := slices.IndexFunc(o.When, func(g Field) bool { return g.Name == f.Name })
		return i < 0 || slices.ContainsFunc(o.When[i].Values, func(v string) bool { return !f.admits(v) })
	})
}

// CheckScorecards returns a problem for each rule whose scorecard is none of the
// known ones, or is for none of the sessions that the rule takes.
func (p *Plan) CheckScorecards(known []*scorecard.Scorecard) scorecard.Problems {
	var ids []string
	for _, card := range known {
		ids = append(ids, card.ID)
	}
	for _, r := range p.Rules {
		i := slices.Index(ids, r.Scorecard)
		switch {
		case r.Scorecard == "":
		case i < 0:
			r.node.Problem(ids, "there is no scorecard %q", r.Scorecard)
		case !r.fits(known[i]):
			r.node.Problem(nil, "scorecard %q is for none of the rule's sessions: see its key \"for\"", r.Scorecard)
		}
	}
	return p.doc.Problems()
}

// fits reports whether the scorecard may be for some session of the rule, as far
// as channels and languages tell.
func (r Rule) fits(card *scorecard.Scorecard) bool {
	for _, f := range r.When {
		fits := func(string) bool { return true }
		switch f.Name {
		case channels:
			fits = func(v string) bool {
				return len(card.Scope.Channels) == 0 || slices.Contains(card.Scope.Channels, transcript.Channel(v))
			}
		case languages:
			fits = func(v string) bool {
				return len(card.Scope.Languages) == 0 || scorecard.Admits(card.Scope.Languages, v)
			}
		}
		if !slices.ContainsFunc(f.Values, fits) {
			return false
		}
	}
	return true
}
