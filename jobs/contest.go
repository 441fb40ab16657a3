package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/backtest"
	"assay/pipeline/injection"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// contest is two scorecards made ready to be compared: a new one, and an old one
// or, where each session has its own, several. It does not change.
type contest struct {
	rows  []backtest.Row // all criteria: the new scorecard's, then those that only old ones have
	pairs map[store.ScorecardKey]*pair
	each  bool // pairs goes by what sessions were inspected by; otherwise only 0 is there
	tones bool // some scorecard asks for tones
	asks  bool // some scorecard asks a judge

	suggest pipeline.Suggester // nil: there is no library, or no scorecard asks for it
}

// pair is an old and a new scorecard.
type pair struct {
	old *party // nil: there is none
	new *party
	// together answers the criteria of both, each question once; nil where each
	// scorecard is asked by itself.
	together pipeline.Classifier
}

// libraryKey is the key of conditions that ask the solution library.
const libraryKey = "knowledge"

// party is a scorecard in a pair.
type party struct {
	card      pipeline.Card
	rows      []int // by criterion: its row in the contest
	places    []int // by criterion: its place among the answers of both together
	order     []int // by criterion: its place among its own scorecard's answers
	questions int   // that a judge answers
	tokens    int   // of those questions
	library   bool  // it asks what the solution library says
}

// errScorecard means that this program does not understand a back-test's
// scorecard, now or ever.
var errScorecard = errors.New("the scorecard is not understood")

// newContest compiles the scorecards of a back-test. The error is errScorecard or
// the database's.
func (b *Backtester) newContest(ctx context.Context, bt *store.Backtest) (*contest, error) {
	new, err := loadSource(bt.New)
	if err != nil {
		return nil, err
	}
	c := &contest{pairs: map[store.ScorecardKey]*pair{}}
	rows := map[string]int{}
	c.include(rows, new, func(r *backtest.Row) { r.InNew = true })
	olds, err := b.olds(ctx, bt)
	if err != nil {
		return nil, err
	}
	c.each = bt.Old.ID == ""
	for _, o := range olds {
		c.include(rows, o.card, func(r *backtest.Row) { r.InOld = true })
	}
	c.pairs[0] = &pair{new: newParty(new, rows)}
	for _, o := range olds {
		p := &pair{old: newParty(o.card, rows), new: newParty(new, rows)}
		if err := p.join(); err != nil {
			return nil, err
		}
		c.pairs[o.key] = p
	}
	c.recall(rows, bt.Tally)
	return c, c.open(ctx, b)
}

// open opens the solution library, where a scorecard asks for it.
func (c *contest) open(ctx context.Context, b *Backtester) (err error) {
	for _, p := range c.pairs {
		if c.suggest == nil && b.Suggest != nil && (p.new.library || p.old != nil && p.old.library) {
			c.suggest, err = b.Suggest(ctx)
		}
	}
	return err
}

// keyedCard is an old scorecard by the key that stands for it in a stream.
type keyedCard struct {
	key  store.ScorecardKey
	card pipeline.Card
}

// olds are the one old scorecard, with the key 0, or all that sessions were
// inspected by.
func (b *Backtester) olds(ctx context.Context, bt *store.Backtest) ([]keyedCard, error) {
	if bt.Old.ID != "" {
		card, err := loadSource(bt.Old)
		return []keyedCard{{0, card}}, err
	}
	published, err := b.Store.VerdictScorecards(ctx)
	if err != nil {
		return nil, err
	}
	var olds []keyedCard
	for _, p := range published {
		card, err := loadSource(store.CardSource{ID: p.Slug, Version: p.Version, Source: p.Source})
		if err != nil {
			return nil, err
		}
		olds = append(olds, keyedCard{p.Key, card})
	}
	return olds, nil
}

func loadSource(s store.CardSource) (pipeline.Card, error) {
	card, err := classifiers.Load(s.ID+".yaml", []byte(s.Source))
	if err != nil {
		return card, fmt.Errorf("%w: %q version %s: %w", errScorecard, s.ID, s.Version, err)
	}
	return card, nil
}

// include adds a scorecard's criteria to the rows.
func (c *contest) include(rows map[string]int, card pipeline.Card, mark func(*backtest.Row)) {
	for _, k := range card.Criteria() {
		i, ok := rows[k.ID]
		if !ok {
			i = len(c.rows)
			rows[k.ID], c.rows = i, append(c.rows, backtest.Row{Criterion: k.ID})
		}
		mark(&c.rows[i])
		c.asks = c.asks || k.Judge != nil
	}
	c.tones = c.tones || card.Mentions("tone")
}

// recall adds criteria that were counted before an interruption, by scorecards
// that no session has been inspected by since.
func (c *contest) recall(rows map[string]int, counted *backtest.Tally) {
	if counted == nil {
		return
	}
	for _, r := range counted.Criteria {
		if _, ok := rows[r.Criterion]; !ok {
			c.rows = append(c.rows, backtest.Row{Criterion: r.Criterion, InOld: r.InOld, InNew: r.InNew})
		}
	}
}

func newParty(card pipeline.Card, rows map[string]int) *party {
	p := &party{card: card, library: card.Mentions(libraryKey)}
	for i, k := range card.Criteria() {
		p.rows, p.order = append(p.rows, rows[k.ID]), append(p.order, i)
		if k.Judge != nil {
			p.questions++
			p.tokens += questionTokens(k.Judge)
		}
	}
	p.places = p.order
	return p
}

func questionTokens(j *scorecard.Judge) int {
	n := backtest.Tokens(j.Question)
	for _, text := range slices.Concat(j.Include, j.Exclude) {
		n += backtest.Tokens(text)
	}
	return n
}

// join makes one classifier of both scorecards, where that can be done.
func (p *pair) join() error {
	merged, places, ok := scorecard.Compare(p.old.card.Scorecard, p.new.card.Scorecard).Merge()
	if !ok {
		return nil
	}
	set, err := classifiers.New(merged)
	if err != nil {
		return fmt.Errorf("%w: %q and %q together: %w", errScorecard, p.old.card.ID, p.new.card.ID, err)
	}
	p.together, p.new.places = set, places
	return nil
}

// judge is the memory of one goroutine that judges sessions.
type judge struct {
	*contest
	tone      pipeline.ToneClassifier
	decoder   transcript.Decoder
	input     pipeline.Input
	tally     *backtest.Tally
	askers    map[pipeline.Classifier]asker
	assessors map[*party]*pipeline.Assessor
	old, new  backtest.Side
}

func newJudge(c *contest, b *Backtester, seed uint64) *judge {
	j := &judge{contest: c, tone: b.Tone, input: pipeline.Input{Embedder: b.Embed}, tally: backtest.New(seed, c.rows), askers: map[pipeline.Classifier]asker{}, assessors: map[*party]*pipeline.Assessor{}}
	j.old.Outcomes, j.new.Outcomes = make([]backtest.Outcome, len(c.rows)), make([]backtest.Outcome, len(c.rows))
	return j
}

// count judges a session and counts it. One that cannot be read, or on which
// judging fails, is counted as lost. The error is the solution library's.
func (j *judge) count(ctx context.Context, row *store.Streamed) error {
	s, err := j.decoder.Decode(row.Content)
	if err != nil {
		j.tally.Lost()
		return nil
	}
	counted := false
	defer func() {
		if p := recover(); p != nil && !counted {
			j.tally.Lost()
		}
	}()
	o := backtest.Observation{Session: int64(row.Session), Transcript: int64(row.Transcript), Scorecard: int64(row.Scorecard), Day: row.Day, Team: row.Team}
	if err := j.observe(ctx, s, j.pairOf(row.Scorecard), &o); err != nil || ctx.Err() != nil {
		return err
	}
	counted = true
	j.tally.Add(&o)
	return nil
}

// pairOf is the pair of a session that was inspected by a scorecard; one that
// has been inspected by another since the contest was made has only the new one.
func (c *contest) pairOf(key store.ScorecardKey) *pair {
	if p := c.pairs[key]; p != nil && c.each {
		return p
	}
	return c.pairs[0]
}

// observe asks the scorecards that are for the session.
func (j *judge) observe(ctx context.Context, s *transcript.Session, p *pair, o *backtest.Observation) (err error) {
	byOld, byNew := p.old != nil && p.old.card.Fits(s), p.new.card.Fits(s)
	if !byOld && !byNew {
		return nil
	}
	in := &j.input
	in.Reset(s)
	in.Injections = injection.Find(s, in.Folded)
	if j.suggest != nil && (byOld && p.old.library || byNew && p.new.library) {
		if in.Questions, err = j.suggest.Questions(ctx, s); err != nil {
			return err
		}
	}
	if j.tones {
		in.Tone = j.tone.Classify(ctx, in)
	}
	if j.asks {
		o.Tokens = backtest.TranscriptTokens(s)
	}
	switch {
	case byOld && byNew && p.together != nil:
		both := j.ask(ctx, p.together, in)
		o.Old, o.New = j.side(&j.old, p.old, both, p.old.places), j.side(&j.new, p.new, both, p.new.places)
	default:
		if byOld {
			o.Old = j.side(&j.old, p.old, j.ask(ctx, p.old.card.Classifier, in), p.old.order)
		}
		if byNew {
			o.New = j.side(&j.new, p.new, j.ask(ctx, p.new.card.Classifier, in), p.new.order)
		}
	}
	return nil
}

// asker answers all criteria for one session after the other. What it returns is
// good until it is asked again.
type asker interface {
	Outcomes(ctx context.Context, in *pipeline.Input) []pipeline.Answer
}

// ask answers criteria without evidence.
func (j *judge) ask(ctx context.Context, c pipeline.Classifier, in *pipeline.Input) []pipeline.Answer {
	a := j.askers[c]
	if a == nil {
		a = askerOf(c)
		j.askers[c] = a
	}
	return a.Outcomes(ctx, in)
}

// thorough is an asker that finds evidence, and drops it.
type thorough struct{ pipeline.Classifier }

func (t thorough) Outcomes(ctx context.Context, in *pipeline.Input) []pipeline.Answer {
	return t.Classify(ctx, in)
}

func askerOf(c pipeline.Classifier) asker {
	if set, ok := c.(*classifiers.Set); ok {
		return set.Matcher()
	}
	return thorough{c}
}

// side makes of answers what a scorecard says; places are where those to its
// criteria stand.
func (j *judge) side(into *backtest.Side, p *party, answers []pipeline.Answer, places []int) *backtest.Side {
	clear(into.Outcomes)
	for i, row := range p.rows {
		into.Outcomes[row] = backtest.OutcomeOf(answers[places[i]].Outcome)
	}
	a := j.assessors[p]
	if a == nil {
		a = pipeline.NewAssessor(p.card.Scorecard)
		j.assessors[p] = a
	}
	into.Assessment = a.Assess(answers, places, j.input.Injections)
	into.Questions, into.Tokens = p.questions, p.tokens
	return into
}
