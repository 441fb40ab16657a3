package scorecard

import "assay/pipeline/transcript"

func (s *Scorecard) section(m *Map) *Section {
	sec := &Section{Node: m.Node, Weight: 1}
	if n := m.Must("id"); n != nil {
		sec.ID = n.ID()
	}
	sec.Name = text(m.Must("name"))
	if n := m.Key("weight"); n != nil {
		if s.Mode == Weighted {
			sec.Weight = n.Number(0, 1000)
		} else {
			n.Problem(nil, "only scorecards in mode weighted have this key")
		}
	}
	if n := m.Must("criteria"); n != nil {
		for _, e := range n.List() {
			c := s.criterion(e.Map())
			if s.Mode == Weighted {
				c.Weight *= sec.Weight
			}
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
	c.occasion(m)
	c.question(m)
	if n := m.Key("examples"); n != nil {
		for _, e := range n.List() {
			c.Examples = append(c.Examples, example(e.Map()))
		}
	}
	m.Done()
	return c
}

// points reads what a criterion is worth: weight or bonus in one mode, deduct or
// bonus in the other.
func (s *Scorecard) points(c *Criterion, m *Map) {
	c.Weight = 1
	if s.Mode == Weighted {
		c.weigh(m)
	} else {
		c.deduct(m)
	}
}

// weigh reads what a criterion is worth in mode weighted. A bonus has points out
// of 100 and no weight.
func (c *Criterion) weigh(m *Map) {
	weight, bonus := m.Key("weight"), m.Key("bonus")
	switch {
	case weight != nil && bonus != nil:
		bonus.Problem(nil, "a criterion has either a weight or a bonus")
	case weight != nil:
		c.Weight = weight.Number(0, 1000)
	case bonus != nil:
		c.Points, c.Weight = bonus.Number(0, 100), 0
	}
	for _, key := range []string{"deduct", "per", "count", "at_most"} {
		if n := m.Key(key); n != nil {
			n.Problem([]string{"weight", "bonus"}, "only scorecards in mode deduction have this key")
		}
	}
}

// deduct reads what a criterion is worth in mode deduction.
func (c *Criterion) deduct(m *Map) {
	weight, deduct, bonus := m.Key("weight"), m.Key("deduct"), m.Key("bonus")
	per, count, most := m.Key("per"), m.Key("count"), m.Key("at_most")
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
	if n := m.Key("stage"); n != nil {
		c.Stage = Stage(n.OneOf(names(Stages)...))
	}
}

// occasion reads when the criterion is asked.
func (c *Criterion) occasion(m *Map) {
	c.Effective = period(m.Key("effective"))
	c.Business = optional(m.Key("business"))
	if n := m.Key("requires"); n != nil {
		c.Requires = requirement(n)
	}
	c.AppliesWhen = expr(m.Key("applies_when"))
}

// requirement reads the id of a criterion, or {criterion, outcome}.
func requirement(n *Node) *Requirement {
	r := &Requirement{Outcome: "met", Node: n}
	if !n.IsMap() {
		r.Criterion = n.NonEmpty()
		return r
	}
	m := n.Map()
	if v := m.Must("criterion"); v != nil {
		r.Criterion, r.Node = v.NonEmpty(), v
	}
	if v := m.Key("outcome"); v != nil {
		r.Outcome = v.OneOf("met", "not_met", "not_applicable")
	}
	m.Done()
	return r
}

// judge reads a question, or {question, include, exclude, prove, speaker,
// met_when, not_met_when, anchors}.
func judge(n *Node) *Judge {
	j := &Judge{Prove: ProveMet, Speaker: transcript.Agent}
	if !n.IsMap() {
		j.Question = n.NonEmpty()
		return j
	}
	m := n.Map()
	if v := m.Must("question"); v != nil {
		j.Question = v.NonEmpty()
	}
	j.Include, j.Exclude = optional(m.Key("include")), optional(m.Key("exclude"))
	if v := m.Key("prove"); v != nil {
		j.Prove = Proof(v.OneOf(string(ProveMet), string(ProveNotMet), string(ProveBoth)))
	}
	if v := m.Key("speaker"); v != nil {
		if j.Speaker = transcript.Speaker(v.OneOf("agent", "customer", "bot", "any")); j.Speaker == "any" {
			j.Speaker = ""
		}
	}
	j.MetWhen, j.NotMetWhen = expr(m.Key("met_when")), expr(m.Key("not_met_when"))
	j.Anchors = optional(m.Key("anchors"))
	m.Done()
	return j
}

// question reads how the criterion is answered: by a rule, a model or people.
func (c *Criterion) question(m *Map) {
	if n := m.Key("conditions"); n != nil {
		c.Conditions = conditions(n)
	}
	met, notMet := m.Key("met_when"), m.Key("not_met_when")
	c.MetWhen, c.NotMetWhen = expr(met), expr(notMet)
	if n := m.Key("evidence"); n != nil {
		c.Evidence = shown(n)
	}
	judged, manual := m.Key("judge"), m.Key("manual")
	if judged != nil {
		c.Judge = judge(judged)
	}
	c.Manual = manual != nil && manual.True()
	ways := 0
	for _, there := range []bool{met != nil, notMet != nil, judged != nil, c.Manual} {
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
