package scorecard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"assay/pipeline/transcript"
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
		Version: hex.EncodeToString(sum[:6]), Source: src, file: f,
		UndeterminedLimit: 0.3, Pass: 60, Start: 100, Cap: 100,
	}
	s.read(root.Map())
	s.checkNames()
	return s, s.Problems()
}

func (s *Scorecard) read(m *Map) {
	if n := m.Must("scorecard"); n != nil {
		s.ID = n.ID()
	}
	s.Name = text(m.Must("name"))
	s.Scope = scope(m.Key("for"))
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

func scope(n *Node) Scope {
	var sc Scope
	if n == nil {
		return sc
	}
	m := n.Map()
	if l := m.Key("channels"); l != nil {
		for _, e := range l.List() {
			sc.Channels = append(sc.Channels, transcript.Channel(e.OneOf(names(transcript.Channels)...)))
		}
	}
	if l := m.Key("languages"); l != nil {
		for _, e := range l.List() {
			sc.Languages = append(sc.Languages, language(e))
		}
	}
	m.Done()
	return sc
}

// languageTag is the shape of a language with script, region and the like.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$`)

func language(n *Node) string {
	tag := n.NonEmpty()
	if strings.TrimSpace(tag) != "" && !languageTag.MatchString(tag) {
		n.Problem([]string{"tags such as zh, en, en-GB"}, "%q is no language tag", tag)
	}
	return tag
}

func names[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// text reads {zh: …, en: …} or one text for both.
func text(n *Node) Text {
	if n == nil {
		return Text{}
	}
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

func (s *Scorecard) section(m *Map) *Section {
	sec := &Section{Node: m.Node}
	if n := m.Must("id"); n != nil {
		sec.ID = n.ID()
	}
	sec.Name = text(m.Must("name"))
	if n := m.Must("criteria"); n != nil {
		for _, e := range n.List() {
			c := s.criterion(e.Map())
			c.Section = sec.ID
			sec.Criteria = append(sec.Criteria, c)
		}
	}
	m.Done()
	return sec
}

func (s *Scorecard) criterion(m *Map) *Criterion {
	c := &Criterion{Node: m.Node, Severity: Moderate, Category: ServiceQuality}
	if n := m.Must("id"); n != nil {
		c.ID = n.ID()
	}
	c.Name = text(m.Must("name"))
	c.Advice = text(m.Key("advice"))
	s.points(c, m)
	grade(c, m)
	c.question(m)
	if n := m.Key("examples"); n != nil {
		for _, e := range n.List() {
			c.Examples = append(c.Examples, example(e.Map()))
		}
	}
	m.Done()
	return c
}

// points reads what a criterion is worth: weight in one mode, deduct or bonus in the other.
func (s *Scorecard) points(c *Criterion, m *Map) {
	weight, deduct, bonus := m.Key("weight"), m.Key("deduct"), m.Key("bonus")
	per, count, most := m.Key("per"), m.Key("count"), m.Key("at_most")
	c.Weight = 1
	if s.Mode == Weighted {
		if weight != nil {
			c.Weight = weight.Number(0, 1000)
		}
		for _, n := range []*Node{deduct, bonus, per, count, most} {
			if n != nil {
				n.Problem([]string{"weight"}, "only scorecards in mode deduction have this key")
			}
		}
		return
	}
	switch {
	case weight != nil:
		weight.Problem([]string{"deduct", "bonus"}, "only scorecards in mode weighted have this key")
	case (deduct == nil) == (bonus == nil):
		m.Node.Problem([]string{"deduct", "bonus"}, "exactly one of them says what the criterion is worth")
	case deduct != nil:
		c.Points = -deduct.Number(0, 1000)
	default:
		c.Points = bonus.Number(0, 1000)
	}
	if c.Points != 0 {
		c.Weight = max(c.Points, -c.Points)
	}
	c.PerHit = per != nil && per.OneOf("once", "hit") == "hit"
	if count != nil {
		c.Count = count.NonEmpty()
		if !c.PerHit {
			count.Problem([]string{"per: hit"}, "count says what per: hit counts")
		}
	}
	if most != nil {
		c.AtMost = most.Number(0, 1000)
	}
}

func grade(c *Criterion, m *Map) {
	if n := m.Key("critical"); n != nil {
		if v := n.OneOf("no", "section", "sheet"); v != "no" {
			c.Critical = Critical(v)
		}
	}
	if n := m.Key("severity"); n != nil {
		c.Severity = Severity(n.OneOf(string(Severe), string(Moderate), string(Minor)))
	}
	if n := m.Key("category"); n != nil {
		c.Category = Category(n.OneOf(string(Attitude), string(ServiceQuality), string(Product), string(Process)))
	}
}

// question reads how the criterion is answered: by a rule, a model or people.
func (c *Criterion) question(m *Map) {
	if n := m.Key("conditions"); n != nil {
		c.Conditions = conditions(n)
	}
	c.AppliesWhen = expr(m.Key("applies_when"))
	met, notMet := m.Key("met_when"), m.Key("not_met_when")
	c.MetWhen, c.NotMetWhen = expr(met), expr(notMet)
	if n := m.Key("evidence"); n != nil {
		c.Evidence = shown(n)
	}
	judge, manual := m.Key("judge"), m.Key("manual")
	if judge != nil {
		c.Judge = judge.NonEmpty()
	}
	c.Manual = manual != nil && manual.True()
	ways := 0
	for _, there := range []bool{met != nil, notMet != nil, judge != nil, c.Manual} {
		if there {
			ways++
		}
	}
	if reported := ways == 0 && manual != nil; ways != 1 && !reported {
		m.Node.Problem([]string{"met_when", "not_met_when", "judge", "manual"}, "exactly one of these says how the criterion is answered, found %d", ways)
	}
}

func expr(n *Node) *Expr {
	if n == nil {
		return nil
	}
	return n.Expr()
}

// shown reads a list for both outcomes, or {met: […], not_met: […]}.
func shown(n *Node) Shown {
	if !n.IsMap() {
		list := n.Strings()
		return Shown{list, list}
	}
	var s Shown
	m := n.Map()
	if v := m.Key("met"); v != nil {
		s.Met = v.Strings()
	}
	if v := m.Key("not_met"); v != nil {
		s.NotMet = v.Strings()
	}
	m.Done()
	return s
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
	clear(seen)
	for _, sec := range s.Sections {
		if seen[sec.ID] {
			sec.Node.Problem(nil, "section %q stands twice", sec.ID)
		}
		seen[sec.ID] = true
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
	if n := m.Key("evidence"); n != nil {
		both := slices.Sorted(slices.Values(slices.Concat(c.Evidence.Met, c.Evidence.NotMet)))
		unknown(n, slices.Compact(both), known)
	}
	if n := m.Key("count"); n != nil {
		unknown(n, []string{c.Count}, known)
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
