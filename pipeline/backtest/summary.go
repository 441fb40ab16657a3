package backtest

import (
	"cmp"
	"math"
	"slices"
	"time"

	"assay/pipeline"
)

// Summary is a tally in the form that people and programs read.
type Summary struct {
	Sessions   int           `json:"sessions"`
	Both       int           `json:"both"`
	OnlyOld    int           `json:"only_old"`
	OnlyNew    int           `json:"only_new"`
	Neither    int           `json:"neither"`
	Unreadable int           `json:"unreadable"`
	Changed    int           `json:"changed"`
	Criteria   []Change      `json:"criteria"` // those that changed most first
	Score      ScoreChange   `json:"score"`
	Results    []ResultMove  `json:"results"` // result by the old and the new one, without those of no session
	Flags      []FlagChange  `json:"flags"`
	Flagged    Two           `json:"flagged"` // sessions with a flag that a scorecard decides
	Days       []GroupChange `json:"days"`    // the newest, in order
	Teams      []GroupChange `json:"teams"`   // the largest, those that changed most first
	MoreDays   int           `json:"more_days"`
	MoreTeams  int           `json:"more_teams"`
	JudgeOld   Cost          `json:"judge_old"`
	JudgeNew   Cost          `json:"judge_new"`
}

// Change is what becomes of a criterion.
type Change struct {
	Criterion string `json:"criterion"`
	InOld     bool   `json:"in_old"`
	InNew     bool   `json:"in_new"`
	// Sessions by who finds the criterion not met.
	OnlyNew int `json:"only_new"`
	OnlyOld int `json:"only_old"`
	Both    int `json:"both"`
	Neither int `json:"neither"`
	// Dropped counts sessions of which only the old scorecard asks it.
	Dropped int `json:"dropped"`
	// Other counts changes of outcome with not_met on neither side, where both ask.
	Other int           `json:"other"`
	Moves []OutcomeMove `json:"moves"` // all outcomes, most frequent first, without those of no session
}

// OutcomeMove counts sessions by outcome; "" is not asked.
type OutcomeMove struct {
	Old      pipeline.Outcome `json:"old"`
	New      pipeline.Outcome `json:"new"`
	Sessions int              `json:"sessions"`
}

// ResultMove counts sessions by result.
type ResultMove struct {
	Old      pipeline.Result `json:"old"`
	New      pipeline.Result `json:"new"`
	Sessions int             `json:"sessions"`
}

// FlagChange counts sessions with a flag of a reason.
type FlagChange struct {
	Reason pipeline.FlagReason `json:"reason"`
	Two
}

// ScoreChange is what happens to scores.
type ScoreChange struct {
	Sessions  int      `json:"sessions"`  // with a score by both
	Old       *float64 `json:"old"`       // mean; null without sessions
	New       *float64 `json:"new"`       // mean
	Mean      *float64 `json:"mean"`      // of the differences, new less old
	Deviation *float64 `json:"deviation"` // standard deviation of the differences
	Spread    []Bin    `json:"spread"`    // of the differences
	Up        int      `json:"up"`        // sessions that come to pass
	Down      int      `json:"down"`      // sessions that no longer pass
	Withheld  int      `json:"withheld"`  // sessions that lose their score
	Regained  int      `json:"regained"`  // sessions that get one
	Unchanged int      `json:"unchanged"` // sessions with the same score
}

// Bin counts differences from From up to, but without, To; nil is no bound. Both
// are 0 for no difference, and the bins beside it leave it out.
type Bin struct {
	From     *float64 `json:"from"`
	To       *float64 `json:"to"`
	Sessions int      `json:"sessions"`
}

// GroupChange is a day or a team.
type GroupChange struct {
	Name     string   `json:"name"` // a day as 2026-01-31, or a team; "" is no team
	Sessions int      `json:"sessions"`
	Changed  int      `json:"changed"`
	OldScore *float64 `json:"old_score"` // means over sessions with a score by both
	NewScore *float64 `json:"new_score"`
	Passed   Two      `json:"passed"`
	Flagged  Two      `json:"flagged"`
}

// Summary sums up with at most limit days and teams; 0 is all.
func (t *Tally) Summary(limit int) Summary {
	s := Summary{
		Sessions: t.Sessions, Both: t.Both, OnlyOld: t.OnlyOld, OnlyNew: t.OnlyNew, Unreadable: t.Unreadable, Changed: t.Changed,
		Neither: t.Sessions - t.Both - t.OnlyOld - t.OnlyNew - t.Unreadable,
		Flagged: t.Flagged, JudgeOld: t.JudgeOld, JudgeNew: t.JudgeNew, Score: t.scores(),
	}
	for i := range t.Criteria {
		s.Criteria = append(s.Criteria, t.Criteria[i].change())
	}
	slices.SortStableFunc(s.Criteria, func(a, b Change) int {
		return cmp.Compare(b.OnlyNew+b.OnlyOld+b.Other, a.OnlyNew+a.OnlyOld+a.Other)
	})
	for i, row := range t.Results {
		for j, n := range row {
			if n > 0 {
				s.Results = append(s.Results, ResultMove{ResultPlaces[i], ResultPlaces[j], n})
			}
		}
	}
	for i, two := range t.Flags {
		s.Flags = append(s.Flags, FlagChange{FlagReasons[i], two})
	}
	s.Days, s.MoreDays = t.days(limit)
	s.Teams, s.MoreTeams = t.teams(limit)
	return s
}

func (r *Row) change() Change {
	c := Change{Criterion: r.Criterion, InOld: r.InOld, InNew: r.InNew}
	for i, row := range r.Outcomes {
		for j, n := range row {
			old, new := Outcome(i), Outcome(j)
			switch {
			case n == 0 || old == NotAsked && new == NotAsked:
				continue
			case new == NotAsked:
				c.Dropped += n
			case old == NotMet && new == NotMet:
				c.Both += n
			case new == NotMet:
				c.OnlyNew += n
			case old == NotMet:
				c.OnlyOld += n
			default:
				c.Neither += n
				if old != new && old != NotAsked {
					c.Other += n
				}
			}
			c.Moves = append(c.Moves, OutcomeMove{old.Pipeline(), new.Pipeline(), n})
		}
	}
	slices.SortStableFunc(c.Moves, func(a, b OutcomeMove) int { return cmp.Compare(b.Sessions, a.Sessions) })
	return c
}

// mean is of a sum of hundredths; nil of nothing.
func mean(sum int64, n int) *float64 {
	if n == 0 {
		return nil
	}
	return new(float64(sum) / 100 / float64(n))
}

func (t *Tally) scores() ScoreChange {
	s := &t.Scores
	out := ScoreChange{
		Sessions: s.Sessions, Up: s.Up, Down: s.Down, Unchanged: s.Differences[differences/2],
		Old: mean(s.Old, s.Sessions), New: mean(s.New, s.Sessions), Mean: mean(s.New-s.Old, s.Sessions),
	}
	if s.Sessions > 0 {
		m := float64(s.New-s.Old) / float64(s.Sessions)
		out.Deviation = new(math.Sqrt(max(0, float64(s.Squares)/float64(s.Sessions)-m*m)) / 100)
	}
	for i, n := range s.Differences {
		b := Bin{Sessions: n}
		if i > 0 {
			b.From = new(DifferenceBounds[i-1])
		}
		if i < len(DifferenceBounds) {
			b.To = new(DifferenceBounds[i])
		}
		out.Spread = append(out.Spread, b)
	}
	const withheld = 4
	for i := 1; i < withheld; i++ {
		out.Withheld += t.Results[i][withheld]
		out.Regained += t.Results[withheld][i]
	}
	return out
}

func (g *Group) change(name string) GroupChange {
	return GroupChange{
		Name: name, Sessions: g.Sessions, Changed: g.Changed, OldScore: mean(g.OldScore, g.Scored), NewScore: mean(g.NewScore, g.Scored),
		Passed: g.Passed, Flagged: g.Flagged,
	}
}

// days are the newest days, in order, and how many older ones are left out.
func (t *Tally) days(limit int) (days []GroupChange, more int) {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for day, g := range t.Days {
		days = append(days, g.change(epoch.AddDate(0, 0, int(day)).Format(time.DateOnly)))
	}
	slices.SortFunc(days, func(a, b GroupChange) int { return cmp.Compare(a.Name, b.Name) })
	if limit > 0 && len(days) > limit {
		more = len(days) - limit
		days = days[more:]
	}
	return days, more
}

// teams are the largest teams and how many smaller ones are left out.
func (t *Tally) teams(limit int) (teams []GroupChange, more int) {
	for team, g := range t.Teams {
		teams = append(teams, g.change(team))
	}
	slices.SortFunc(teams, func(a, b GroupChange) int {
		return cmp.Or(cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(a.Name, b.Name))
	})
	if limit > 0 && len(teams) > limit {
		more = len(teams) - limit
		teams = teams[:limit]
	}
	slices.SortStableFunc(teams, func(a, b GroupChange) int { return cmp.Compare(b.Changed, a.Changed) })
	return teams, more
}
