package backtest

import (
	"math"

	"assay/pipeline"
)

// Outcome is an outcome as a place in a table.
type Outcome uint8

// The outcomes. NotAsked is that of a criterion that a scorecard does not have,
// and of all criteria of a scorecard that is not for the session.
const (
	NotAsked Outcome = iota
	Met
	NotMet
	NotApplicable
	Undetermined
)

// outcomes is how many outcomes there are.
const outcomes = 5

// OutcomeOf is the place of an outcome.
func OutcomeOf(o pipeline.Outcome) Outcome {
	switch o {
	case pipeline.Met:
		return Met
	case pipeline.NotMet:
		return NotMet
	case pipeline.NotApplicable:
		return NotApplicable
	case pipeline.Undetermined:
		return Undetermined
	}
	return NotAsked
}

// Pipeline is the outcome's name; "" for NotAsked.
func (o Outcome) Pipeline() pipeline.Outcome {
	return [outcomes]pipeline.Outcome{"", pipeline.Met, pipeline.NotMet, pipeline.NotApplicable, pipeline.Undetermined}[o]
}

// Side is what one scorecard makes of a session.
type Side struct {
	Outcomes []Outcome // by the tally's criteria
	pipeline.Assessment
	Questions int // criteria that a judge answers
	Tokens    int // of those questions
}

// Observation is a session under both scorecards.
type Observation struct {
	Session    int64
	Transcript int64
	Scorecard  int64 // the old one, where each session has its own; else 0
	Day        int32 // days since 2000-01-01
	Team       string
	Tokens     int   // of the transcript; needed only where a judge is asked
	Old, New   *Side // nil: the scorecard is not for this session
}

// Table counts sessions by what the old scorecard said (the row) and the new
// one (the column).
type Table [outcomes][outcomes]int

// Tally is what was counted.
type Tally struct {
	Seed       uint64            `json:"seed"`       // of the samples
	Sessions   int               `json:"sessions"`   // all that were looked at
	Both       int               `json:"both"`       // both scorecards are for them: only these are compared
	OnlyOld    int               `json:"only_old"`   // only the old scorecard is for them
	OnlyNew    int               `json:"only_new"`   // only the new one is
	Unreadable int               `json:"unreadable"` // they cannot be judged: the transcript cannot be decoded, or a scorecard fails on it
	Changed    int               `json:"changed"`    // some criterion of both scorecards has another outcome, or the result or the score is another
	Criteria   []Row             `json:"criteria"`
	Results    Table             `json:"results"` // sessions of both, by result: see ResultPlaces
	Scores     Scores            `json:"scores"`
	Flags      [flagReasons]Two  `json:"flags"` // by FlagReasons
	Flagged    Two               `json:"flagged"`
	Days       map[int32]*Group  `json:"days"` // days since 2000-01-01
	Teams      map[string]*Group `json:"teams"`
	JudgeOld   Cost              `json:"judge_old"`
	JudgeNew   Cost              `json:"judge_new"`
}

// Row is one criterion.
type Row struct {
	Criterion string            `json:"criterion"`
	InOld     bool              `json:"in_old"` // some old scorecard has it
	InNew     bool              `json:"in_new"`
	Outcomes  Table             `json:"outcomes"`
	Samples   [buckets][]Sample `json:"samples"` // by bucket, in random order
}

// Two counts sessions by whether something holds by the old, by the new scorecard.
type Two struct {
	Old  int `json:"old"`
	New  int `json:"new"`
	Both int `json:"both"`
}

func (t *Two) add(old, new bool) {
	if old {
		t.Old++
	}
	if new {
		t.New++
	}
	if old && new {
		t.Both++
	}
}

// ResultPlaces are the results as places in a table; 0 is none.
var ResultPlaces = []pipeline.Result{"", pipeline.Pass, pipeline.Fail, pipeline.NeedsReview, pipeline.Withheld}

func resultPlace(r pipeline.Result) int {
	switch r {
	case pipeline.Pass:
		return 1
	case pipeline.Fail:
		return 2
	case pipeline.NeedsReview:
		return 3
	}
	return 4
}

// FlagReasons are the reasons of flags that a scorecard decides; those of tone
// are the same by every scorecard.
var FlagReasons = []pipeline.FlagReason{
	pipeline.CriticalFailed, pipeline.CriticalUndetermined, pipeline.ScoreBelowPass, pipeline.ScoreWithheld,
}

const flagReasons = 4

// differences is how many bins DifferenceBounds makes.
const differences = 11

// DifferenceBounds part the differences of scores, new less old: bin i holds
// what is at least bound i−1 and below bound i; no difference has the bin in the middle.
var DifferenceBounds = []float64{-20, -10, -5, -1, 0, 0, 1, 5, 10, 20}

// Scores are what happens to the scores of sessions that both scorecards give one.
type Scores struct {
	Sessions int   `json:"sessions"`
	Old      int64 `json:"old"` // sum, in hundredths of a point
	New      int64 `json:"new"`
	Squares  int64 `json:"squares"` // sum of squared differences, in 1/10,000
	// Differences counts new less old by DifferenceBounds.
	Differences [differences]int `json:"differences"`
	Up          int              `json:"up"`   // sessions that come to pass
	Down        int              `json:"down"` // sessions that no longer pass
}

// Group is a day or a team: sessions that both scorecards are for.
type Group struct {
	Sessions int   `json:"sessions"`
	Changed  int   `json:"changed"`
	Scored   int   `json:"scored"` // both scorecards give a score
	OldScore int64 `json:"old_score"`
	NewScore int64 `json:"new_score"`
	Passed   Two   `json:"passed"`
	Flagged  Two   `json:"flagged"`
}

// Cost is what a judge is asked.
type Cost struct {
	Sessions  int   `json:"sessions"`  // with at least one question
	Questions int   `json:"questions"` // a session is sent once for each
	Tokens    int64 `json:"tokens"`    // of transcripts and questions together
}

func (c *Cost) add(s *Side, transcript int) {
	if s == nil || s.Questions == 0 {
		return
	}
	c.Sessions++
	c.Questions += s.Questions
	c.Tokens += int64(s.Questions)*int64(transcript) + int64(s.Tokens)
}

// New makes an empty tally of the given criteria, whose names must differ.
func New(seed uint64, criteria []Row) *Tally {
	t := &Tally{Seed: seed, Criteria: make([]Row, len(criteria)), Days: map[int32]*Group{}, Teams: map[string]*Group{}}
	for i, r := range criteria {
		t.Criteria[i] = Row{Criterion: r.Criterion, InOld: r.InOld, InNew: r.InNew}
	}
	return t
}

// Lost counts a session that cannot be judged.
func (t *Tally) Lost() {
	t.Sessions++
	t.Unreadable++
}

// Add counts a session.
func (t *Tally) Add(o *Observation) {
	t.Sessions++
	t.JudgeOld.add(o.Old, o.Tokens)
	t.JudgeNew.add(o.New, o.Tokens)
	changed := t.addOutcomes(o)
	switch {
	case o.Old == nil && o.New == nil:
		return
	case o.New == nil:
		t.OnlyOld++
		return
	case o.Old == nil:
		t.OnlyNew++
		return
	}
	t.Both++
	old, new := resultPlace(o.Old.Result), resultPlace(o.New.Result)
	t.Results[old][new]++
	changed = changed || old != new || !sameScore(o.Old.Score.Final, o.New.Score.Final)
	if changed {
		t.Changed++
	}
	t.Scores.add(o.Old.Score, o.New.Score)
	oldFlags, newFlags := reasons(o.Old.Flags), reasons(o.New.Flags)
	for i := range FlagReasons {
		t.Flags[i].add(oldFlags&(1<<i) != 0, newFlags&(1<<i) != 0)
	}
	t.Flagged.add(oldFlags != 0, newFlags != 0)
	t.day(o.Day).add(o, changed, oldFlags != 0, newFlags != 0)
	t.team(o.Team).add(o, changed, oldFlags != 0, newFlags != 0)
}

// addOutcomes counts the outcomes and samples where they differ. It reports
// whether a criterion that both scorecards asked has another outcome.
func (t *Tally) addOutcomes(o *Observation) (changed bool) {
	mixed := mix(t.Seed ^ uint64(o.Session))
	for i := range t.Criteria {
		r := &t.Criteria[i]
		var old, new Outcome
		if o.Old != nil {
			old = o.Old.Outcomes[i]
		}
		if o.New != nil {
			new = o.New.Outcomes[i]
		}
		r.Outcomes[old][new]++
		if old == new {
			continue
		}
		changed = changed || old != NotAsked && new != NotAsked
		r.sample(Sample{
			Order: mix(mixed ^ hash(r.Criterion)), Session: o.Session, Transcript: o.Transcript, Scorecard: o.Scorecard, Old: old, New: new,
		})
	}
	return changed
}

func sameScore(a, b *float64) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}

func reasons(flags []pipeline.Flag) (set uint) {
	for _, f := range flags {
		for i, reason := range FlagReasons {
			if f.Reason == reason {
				set |= 1 << i
			}
		}
	}
	return set
}

func (t *Tally) day(day int32) *Group {
	g := t.Days[day]
	if g == nil {
		g = new(Group)
		t.Days[day] = g
	}
	return g
}

func (t *Tally) team(team string) *Group {
	g := t.Teams[team]
	if g == nil {
		g = new(Group)
		t.Teams[string([]byte(team))] = g // the name may be part of a large text
	}
	return g
}

// hundredths makes a score, which has two decimals, a whole number.
func hundredths(score *float64) int64 { return int64(math.Round(*score * 100)) }

func (s *Scores) add(old, new pipeline.Score) {
	if old.Passed != new.Passed {
		if new.Passed {
			s.Up++
		} else {
			s.Down++
		}
	}
	if old.Final == nil || new.Final == nil {
		return
	}
	a, b := hundredths(old.Final), hundredths(new.Final)
	s.Sessions++
	s.Old += a
	s.New += b
	s.Squares += (b - a) * (b - a)
	s.Differences[bin(b-a)]++
}

// bin is the place of a difference in hundredths.
func bin(d int64) int {
	i := 0
	for i < len(DifferenceBounds) && float64(d) >= 100*DifferenceBounds[i] {
		i++
	}
	if d == 0 {
		return differences / 2
	}
	return i
}

func (g *Group) add(o *Observation, changed, oldFlagged, newFlagged bool) {
	g.Sessions++
	if changed {
		g.Changed++
	}
	if o.Old.Score.Final != nil && o.New.Score.Final != nil {
		g.Scored++
		g.OldScore += hundredths(o.Old.Score.Final)
		g.NewScore += hundredths(o.New.Score.Final)
	}
	g.Passed.add(o.Old.Score.Passed, o.New.Score.Passed)
	g.Flagged.add(oldFlagged, newFlagged)
}
