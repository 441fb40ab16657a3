package scorecard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Parse reads a scorecard. name stands for the file in problems. The result is
// nil only when src is no YAML at all; otherwise it holds whatever could be
// read, and the caller must refuse it when Problems is not empty.
func Parse(name string, src []byte) (*Scorecard, Problems) {
	f, root := parseYAML(name, src)
	if root == nil {
		return nil, f.problems
	}
	sum := sha256.Sum256(src)
	s := &Scorecard{
		Version: hex.EncodeToString(sum[:6]), Source: src, file: f, root: root,
		UndeterminedLimit: 0.3, Pass: 60, Start: 100, Cap: 100,
	}
	s.read(root.Map())
	s.checkNames()
	s.criteria = s.Criteria()
	return s, s.Problems()
}

func (s *Scorecard) read(m *Map) {
	if n := m.Must("scorecard"); n != nil {
		s.ID = n.ID()
	}
	s.Name = text(m.Must("name"))
	s.Scope = scope(m.Key("for"))
	s.Effective = period(m.Key("effective"))
	if n := m.Key("synonyms"); n != nil {
		s.Synonyms = synonyms(n)
	}
	s.SLA = m.Key("sla")
	pass := s.readScoring(m)
	if n := m.Key("conditions"); n != nil {
		s.Conditions = conditions(n)
	}
	if n := m.Must("sections"); n != nil {
		for _, e := range n.List() {
			s.Sections = append(s.Sections, s.section(e.Map()))
		}
		s.checkWeights(n)
	}
	s.checkPass(pass)
	m.Done()
}

// checkWeights finds a scorecard in which nothing weighs: it has no score.
func (s *Scorecard) checkWeights(n *Node) {
	all := s.Criteria()
	weighs := slices.ContainsFunc(all, func(c *Criterion) bool { return c.Weight > 0 })
	misread := slices.ContainsFunc(s.file.problems, func(p Problem) bool { return strings.HasSuffix(p.Key, ".weight") })
	if len(all) > 0 && !weighs && !misread {
		n.Problem(nil, "no criterion has a weight above 0, so there is no score")
	}
}

// checkPass finds a mark that no score or every score reaches.
func (s *Scorecard) checkPass(n *Node) {
	switch {
	case s.Mode == Weighted && s.Pass > 100:
		n.Problem([]string{"a number from 0 to 100"}, "pass %g is above 100, the best score", s.Pass)
	case s.Mode == Deduction && s.Floor <= s.Cap && (s.Pass < s.Floor || s.Pass > s.Cap):
		n.Problem([]string{fmt.Sprintf("a number from %g to %g", s.Floor, s.Cap)}, "pass %g is not between floor and cap", s.Pass)
	}
}

// readScoring returns the node that pass is to be mended at.
func (s *Scorecard) readScoring(m *Map) *Node {
	at := m.Place("mode")
	s.Mode = Weighted
	if n := m.Key("mode"); n != nil {
		modes := []string{string(Weighted), string(Deduction)}
		v := n.OneOf(modes...)
		if v == "" {
			v = Nearest(n.raw(), modes) // so that a misspelt mode is one mistake, not one a criterion
		}
		if v != "" {
			s.Mode = Mode(v)
		}
	}
	if n := m.Key("pass"); n != nil {
		at, s.Pass = n, n.Number(0, 1000)
	}
	if n := m.Key("undetermined_limit"); n != nil {
		s.UndeterminedLimit = n.Number(0, 100) / 100
	}
	number := func(key string, into *float64) {
		n := m.Key(key)
		switch {
		case n == nil:
		case s.Mode != Deduction:
			n.Problem(nil, "only scorecards in mode deduction have %q", key)
		default:
			*into = n.Number(-1000, 1000)
		}
	}
	number("start", &s.Start)
	number("cap", &s.Cap)
	number("floor", &s.Floor)
	if s.Floor > s.Start || s.Start > s.Cap {
		m.Node.Problem(nil, "floor %g, start %g and cap %g must not decrease", s.Floor, s.Start, s.Cap)
	}
	return at
}

func names[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func text(n *Node) Text {
	if n == nil {
		return Text{}
	}
	return n.Text()
}

// Text reads {zh: …, en: …} or one text for both.
func (n *Node) Text() Text {
	if !n.IsMap() {
		s := n.NonEmpty()
		return Text{ZH: s, EN: s}
	}
	var t Text
	m := n.Map()
	if v := m.Key("zh"); v != nil {
		t.ZH = v.NonEmpty()
	}
	if v := m.Key("en"); v != nil {
		t.EN = v.NonEmpty()
	}
	m.Done()
	return t
}

// synonyms reads {word: [others that say the same]} as groups. What stands in two
// groups, or twice in one, would make two groups one.
func synonyms(n *Node) [][]string {
	m := n.Map()
	seen := map[string]bool{}
	var groups [][]string
	for _, word := range m.Names() {
		others := m.Key(word)
		nodes := []*Node{m.Place(word), others}
		if others.IsList() {
			nodes = append(nodes[:1], others.List()...)
		}
		if len(nodes) == 1 {
			others.Problem(nil, "the list is empty")
		}
		var group []string
		for _, e := range nodes {
			text := e.NonEmpty()
			if plain := PlainName(text); plain != "" && seen[plain] {
				e.Problem(nil, "%q stands twice among the synonyms", text)
			} else {
				seen[plain] = true
			}
			group = append(group, text)
		}
		groups = append(groups, group)
	}
	return groups
}

// checkNames finds doubled ids, and names of conditions that do not exist.
func (s *Scorecard) checkNames() {
	if len(s.Criteria()) == 0 && len(s.file.problems) == 0 {
		s.file.add(1, 1, "sections", "a scorecard needs at least one criterion", nil)
	}
	seen := map[string]bool{}
	shared := conditionNames(s.Conditions)
	checkAnchors(s.Conditions, shared)
	for _, c := range s.Criteria() {
		if seen[c.ID] {
			c.Node.Problem(nil, "criterion %q stands twice", c.ID)
		}
		seen[c.ID] = true
		c.checkNames(shared)
	}
	s.checkRequired(seen)
	clear(seen)
	for _, sec := range s.Sections {
		if seen[sec.ID] {
			sec.Node.Problem(nil, "section %q stands twice", sec.ID)
		}
		seen[sec.ID] = true
	}
}

// checkRequired finds required criteria that do not exist.
func (s *Scorecard) checkRequired(ids map[string]bool) {
	known := slices.Sorted(maps.Keys(ids))
	for _, c := range s.Criteria() {
		if r := c.Requires; r != nil && r.Criterion != "" && !ids[r.Criterion] {
			r.Node.Problem(known, "unknown criterion %q%s", r.Criterion, meant(r.Criterion, known))
		}
	}
}

func (c *Criterion) checkNames(shared []string) {
	own := conditionNames(c.Conditions)
	for _, name := range own {
		if slices.Contains(shared, name) {
			c.Node.Problem(nil, "condition %q is also a shared one; give it another name", name)
		}
	}
	known := append(own, shared...)
	checkAnchors(c.Conditions, known)
	if !c.Node.IsMap() {
		return
	}
	m := c.Node.Map()
	for key, e := range map[string]*Expr{"applies_when": c.AppliesWhen, "met_when": c.MetWhen, "not_met_when": c.NotMetWhen} {
		if e != nil {
			unknown(m.Key(key), e.Names(), known)
		}
	}
	if n := m.Key("judge"); n != nil && n.IsMap() {
		c.Judge.checkNames(n.Map(), known)
	}
	if n := m.Key("evidence"); n != nil {
		both := slices.Sorted(slices.Values(slices.Concat(c.Evidence.Met, c.Evidence.NotMet)))
		unknown(n, slices.Compact(both), known)
	}
	if n := m.Key("count"); n != nil {
		unknown(n, []string{c.Count}, known)
	}
}

func (j *Judge) checkNames(m *Map, known []string) {
	for key, e := range map[string]*Expr{"met_when": j.MetWhen, "not_met_when": j.NotMetWhen} {
		if e != nil {
			unknown(m.Key(key), e.Names(), known)
		}
	}
	if n := m.Key("anchors"); n != nil {
		unknown(n, j.Anchors, known)
	}
}

func checkAnchors(list []*Condition, known []string) {
	for _, c := range list {
		for _, a := range c.Where.Anchors {
			unknown(a.Node, []string{a.Condition}, known)
		}
	}
}

func unknown(n *Node, used, known []string) {
	for _, name := range used {
		if name != "" && !slices.Contains(known, name) {
			n.Problem(known, "unknown condition %q%s", name, meant(name, known))
		}
	}
}

func conditionNames(list []*Condition) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.Name)
	}
	return out
}
