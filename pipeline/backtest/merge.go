package backtest

// Resume returns a tally of the given criteria, which hold all of t's, that goes
// on where t stands: no session of t asked the others.
func Resume(t *Tally, criteria []Row) *Tally {
	out := New(t.Seed, criteria)
	for i := range out.Criteria {
		out.Criteria[i].Outcomes[NotAsked][NotAsked] = t.Sessions - t.Unreadable
		for _, r := range t.Criteria {
			if r.Criterion == out.Criteria[i].Criterion {
				out.Criteria[i].Outcomes, out.Criteria[i].Samples = r.Outcomes, r.Samples
			}
		}
	}
	rest := *t
	rest.Criteria = out.Criteria
	out.Criteria = nil
	out.Merge(&rest)
	out.Criteria = rest.Criteria
	return out
}

// Merge adds the counts of another part. It must be of the same criteria.
func (t *Tally) Merge(o *Tally) {
	t.Sessions += o.Sessions
	t.Both += o.Both
	t.OnlyOld += o.OnlyOld
	t.OnlyNew += o.OnlyNew
	t.Unreadable += o.Unreadable
	t.Changed += o.Changed
	for i := range t.Criteria {
		t.Criteria[i].Outcomes.merge(&o.Criteria[i].Outcomes)
		for b := range o.Criteria[i].Samples {
			for _, s := range o.Criteria[i].Samples[b] {
				t.Criteria[i].sample(s)
			}
		}
	}
	t.Results.merge(&o.Results)
	t.Scores.merge(&o.Scores)
	for i := range t.Flags {
		t.Flags[i].merge(o.Flags[i])
	}
	t.Flagged.merge(o.Flagged)
	for day, g := range o.Days {
		t.day(day).merge(g)
	}
	for team, g := range o.Teams {
		t.team(team).merge(g)
	}
	t.JudgeOld.merge(o.JudgeOld)
	t.JudgeNew.merge(o.JudgeNew)
}

func (t *Table) merge(o *Table) {
	for i := range t {
		for j := range t[i] {
			t[i][j] += o[i][j]
		}
	}
}

func (s *Scores) merge(o *Scores) {
	s.Sessions += o.Sessions
	s.Old += o.Old
	s.New += o.New
	s.Squares += o.Squares
	s.Up += o.Up
	s.Down += o.Down
	for i, n := range o.Differences {
		s.Differences[i] += n
	}
}

func (g *Group) merge(o *Group) {
	g.Sessions += o.Sessions
	g.Changed += o.Changed
	g.Scored += o.Scored
	g.OldScore += o.OldScore
	g.NewScore += o.NewScore
	g.Passed.merge(o.Passed)
	g.Flagged.merge(o.Flagged)
}

func (t *Two) merge(o Two) {
	t.Old += o.Old
	t.New += o.New
	t.Both += o.Both
}

func (c *Cost) merge(o Cost) {
	c.Sessions += o.Sessions
	c.Questions += o.Questions
	c.Tokens += o.Tokens
}
