// Package plan says which scorecard inspects which sessions, and how many of
// them. A plan is a YAML file, read like scorecards and published like them.
//
// Its rules are tried in order: the first one that matches a session takes it,
// also when its share leaves the session out, and no later rule sees it. What no
// rule takes is the default's. A field that a session does not have matches no
// value of a rule.
package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Plan is one version of a plan. It does not change after Parse and is safe for
// concurrent use.
type Plan struct {
	ID      string
	Version string // first 12 hexadecimal digits of the source's SHA-256
	Name    scorecard.Text
	Source  []byte // the file as it was read
	Rules   []Rule // in the order in which they are tried; the last one is the default
	Judge   *Judge // for rules without their own, and the plan's limits; nil: as the program is set

	doc *scorecard.Document
}

// Rule sends sessions to a scorecard.
type Rule struct {
	Name      string  // unique in the plan
	When      []Field // all must match; none for the default
	Scorecard string  // id; "" inspects none of the sessions
	Share     float64 // how many of the sessions are inspected, 0–1
	Judge     *Judge  // nil: as the plan has it

	node *scorecard.Node // where the scorecard is named
}

// Default is the name of the last rule, which matches every session.
const Default = "default"

// Field is something of a session that a rule asks for.
type Field struct {
	Name   string   // as in the file: channels, languages, …, metadata.KEY
	Values []string // one of them must be the session's; plain (scorecard.PlainName), but for languages
}

// LeftOut says why a plan does not inspect a session, from a closed list.
type LeftOut string

// The reasons why sessions are left out.
const (
	Taken   LeftOut = ""        // it is inspected
	ByShare LeftOut = "share"   // the rule inspects a share, and this session is not in it
	NoRule  LeftOut = "no_rule" // no rule matches, and the default is none
)

// Choice is what a plan says about a session.
type Choice struct {
	Rule      string
	Scorecard string // id; "" when LeftOut is NoRule
	LeftOut   LeftOut
}

// Choose returns what is done with a session.
func (p *Plan) Choose(s *transcript.Session) Choice {
	i := slices.IndexFunc(p.Rules, func(r Rule) bool { _, fails := r.fails(s); return !fails })
	return p.choice(p.Rules[i], s)
}

func (p *Plan) choice(r Rule, s *transcript.Session) Choice {
	c := Choice{Rule: r.Name, Scorecard: r.Scorecard}
	switch {
	case r.Scorecard == "":
		c.LeftOut = NoRule
	case !inShare(p.ID, s.ID, r.Share):
		c.LeftOut = ByShare
	}
	return c
}

// inShare draws by the session's and the drawing's id alone, which is the plan's:
// the same session is always drawn alike, a larger share has all sessions of a
// smaller one, and drawings of different ids are independent.
func inShare(drawing string, id transcript.SessionID, share float64) bool {
	sum := sha256.Sum256([]byte(drawing + "\x00" + string(id)))
	const bits = 53 // of a float64
	return float64(binary.BigEndian.Uint64(sum[:])>>(64-bits))/(1<<bits) < share
}

// Miss is a rule that did not take a session, and the first field to blame.
type Miss struct {
	Rule  string   `json:"rule"`
	Field string   `json:"field"`
	Found []string `json:"found"` // what the session has there; empty when it is unknown
	Want  []string `json:"want"`
}

// Explain returns what Choose does, and why the rules before did not match.
func (p *Plan) Explain(s *transcript.Session) (Choice, []Miss) {
	var missed []Miss
	for _, r := range p.Rules {
		f, fails := r.fails(s)
		if !fails {
			return p.choice(r, s), missed
		}
		missed = append(missed, Miss{r.Name, f.Name, append([]string{}, valuesOf(s, f.Name)...), f.Values})
	}
	return Choice{}, missed // the default matches everything
}

// fails returns the first field that does not match; false when all do.
func (r Rule) fails(s *transcript.Session) (Field, bool) {
	for _, f := range r.When {
		if !slices.ContainsFunc(valuesOf(s, f.Name), f.admits) {
			return f, true
		}
	}
	return Field{}, false
}

// admits reports whether a value is among the field's.
func (f Field) admits(value string) bool {
	if f.Name == languages {
		return scorecard.Admits(f.Values, value)
	}
	return slices.Contains(f.Values, value)
}

// The names of fields that are not like the others.
const (
	channels  = "channels"
	languages = "languages"
	metadata  = "metadata."
)

// valuesOf are the session's values of a field, plain; none when unknown.
func valuesOf(s *transcript.Session, field string) []string {
	value := ""
	switch field {
	case channels:
		value = string(s.Channel)
	case languages:
		value = s.Language
	case "teams":
		if s.Agent != nil {
			value = s.Agent.Team
		}
	case "queues":
		return texts(s.Metadata["queue"])
	case "business_types":
		value = s.BusinessType
	case "customer_types":
		if s.Customer != nil {
			value = s.Customer.Type
		}
	case "urgencies":
		value = s.Urgency
	default:
		return texts(s.Metadata[strings.TrimPrefix(field, metadata)])
	}
	return texts(value)
}

// texts makes values of any type comparable. A list has each of its values.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		if s := scorecard.PlainName(v); s != "" {
			return []string{s}
		}
	case float64:
		return []string{strconv.FormatFloat(v, 'g', -1, 64)}
	case bool:
		return []string{strconv.FormatBool(v)}
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, texts(e)...)
		}
		return out
	}
	return nil
}

// Scorecards are the ids of all scorecards that the plan names, each once, sorted.
func (p *Plan) Scorecards() []string {
	var out []string
	for _, r := range p.Rules {
		if r.Scorecard != "" {
			out = append(out, r.Scorecard)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
