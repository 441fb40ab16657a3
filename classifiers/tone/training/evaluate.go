package training

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"assay/classifiers/tone"
	"assay/classifiers/tone/linear"
	"assay/pipeline"
	"assay/pipeline/review"
	"assay/pipeline/transcript"
)

// Part says how the turns of a row were kept out of the training.
type Part string

// The parts.
const (
	Crossed Part = "cross-validation" // each fold with what was learned from the others
	Dev     Part = "dev"
	Apart   Part = "dev-apart" // comments of dev that share no long run of letters with one that is learned from
	Test    Part = "test"
	Unseen  Part = "unseen" // of a source that nothing is learned from
)

// Firm is the confidence from which on a tone raises a flag.
const Firm = 0.6

// Row is how one label of one source, part and language compares with the truth.
type Row struct {
	Source   Source         `json:"source"`
	Part     Part           `json:"part"`
	Language string         `json:"language"`
	Label    pipeline.Label `json:"label"`
	// Given counts turns that have the label at all, Firm those that have it firmly enough for a flag.
	Given review.Table `json:"given"`
	Firm  review.Table `json:"firm"`
}

// Alarms counts labels of trouble in dialogues that have none.
type Alarms struct {
	Source   Source         `json:"source"`
	Part     Part           `json:"part"`
	Language string         `json:"language"`
	Label    pipeline.Label `json:"label"`
	Turns    int            `json:"turns"` // of the speaker who may have the label
	Given    int            `json:"given"`
	Firm     int            `json:"firm"`
}

// Ranking says how well sessions are ranked by tone, against what people said of them.
type Ranking struct {
	Question string          `json:"question"`
	Sessions int             `json:"sessions"`
	Yes      int             `json:"yes"`
	AUC      review.Estimate `json:"auc"`
	Table    review.Table    `json:"table"` // a firm label of trouble against the answer
}

// Figures are what an evaluation found.
type Figures struct {
	Rows     []Row     `json:"rows"`
	Alarms   []Alarms  `json:"alarms"`
	Rankings []Ranking `json:"rankings"`
	// MacroF1 is the mean of the F1 of offensive and of other comments, by part.
	MacroF1 map[Part]review.Estimate `json:"macro_f1"`
}

// Evaluate measures the corpus. What may be learned from is learned from: its
// own turns are measured by cross-validation, and all others by what was
// learned from all of it. Banks that the corpus does not teach are the shipped ones.
func Evaluate(ctx context.Context, c *Corpus, shipped *linear.Model, o Options) (*Figures, error) {
	e := &evaluation{figures: &Figures{MacroF1: map[Part]review.Estimate{}}, shipped: shipped, o: o}
	if err := e.cross(ctx, c); err != nil {
		return nil, err
	}
	if err := e.whole(ctx, c); err != nil {
		return nil, err
	}
	e.finish()
	return e.figures, nil
}

type evaluation struct {
	figures *Figures
	shipped *linear.Model
	o       Options
	surveys []surveyed
	offence map[Part]*review.Table
	learned map[string]bool // groups of comments that are learned from
}

// cross measures the turns that are learned from. Comments are left out: they
// are split by those who labelled them.
func (e *evaluation) cross(ctx context.Context, c *Corpus) error {
	all := c.filter(func(it *Item) bool { return it.learnable() && it.Source != Offence })
	if len(all.Items) == 0 {
		return nil
	}
	n := e.o.folds()
	for fold := range n {
		e.o.log("fold %d of %d", fold+1, n)
		held := all.filter(func(it *Item) bool { return it.fold(n) == fold })
		model, err := e.learn(ctx, all.filter(func(it *Item) bool { return it.fold(n) != fold }))
		if err != nil {
			return err
		}
		if err := e.measure(ctx, model, held, func(*Item) Part { return Crossed }); err != nil {
			return err
		}
	}
	return nil
}

// whole measures what is not learned from.
func (e *evaluation) whole(ctx context.Context, c *Corpus) error {
	rest := c.filter(func(it *Item) bool { return !it.learnable() })
	if len(rest.Items) == 0 {
		return nil
	}
	model, err := e.learn(ctx, c.filter((*Item).learnable))
	if err != nil {
		return err
	}
	e.learned = map[string]bool{}
	for i := range c.Items {
		if it := &c.Items[i]; it.learnable() && it.Source == Offence {
			e.learned[it.Group] = true
		}
	}
	return e.measure(ctx, model, rest, func(it *Item) Part {
		switch it.Split {
		case HeldOut:
			return Test
		case ToChoose:
			return Dev
		}
		return Unseen
	})
}

// innerFolds is how many folds calibrate the models of an evaluation.
const innerFolds = 3

// learn trains a model, with the shipped banks where the corpus teaches none.
func (e *evaluation) learn(ctx context.Context, c *Corpus) (*linear.Model, error) {
	m := &linear.Model{Features: tone.Features}
	if len(c.Items) > 0 {
		var err error
		o := e.o
		o.Folds = innerFolds
		if m, _, err = Train(ctx, c, o); err != nil {
			return nil, err
		}
	}
	if e.shipped != nil && e.shipped.Features == m.Features {
		for _, b := range e.shipped.Banks {
			if m.Bank(b.Name) == nil {
				m.Banks = append(m.Banks, b)
			}
		}
	}
	return m, nil
}

func (e *evaluation) measure(ctx context.Context, m *linear.Model, c *Corpus, part func(*Item) Part) error {
	classifier, err := tone.With(m)
	if err != nil {
		return err
	}
	for i := range c.Items {
		it := &c.Items[i]
		in := pipeline.NewInput(it.Session)
		if it.Source == Offence {
			e.addOffence(classifier, in, it, part(it))
			continue
		}
		found := classifier.Classify(ctx, in)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if it.Source == Survey {
			e.surveys = append(e.surveys, survey(it, found))
		}
		e.addTurns(it, found, part(it))
	}
	return nil
}

// addOffence counts a comment that the words' offence is known of.
func (e *evaluation) addOffence(c *tone.Classifier, in *pipeline.Input, it *Item, part Part) {
	if e.offence == nil {
		e.offence = map[Part]*review.Table{}
	}
	parts := []Part{part}
	if part == Dev && !e.learned[it.Group] {
		parts = append(parts, Apart)
	}
	last := len(it.Session.Turns) - 1
	sure, _ := c.Offends(in, last)
	for _, part := range parts {
		if e.offence[part] == nil {
			e.offence[part] = &review.Table{}
		}
		e.offence[part].Add(sure >= 0.5, it.Truth[last][offends])
	}
}

// addTurns counts the labels of the turns about which something is known. In
// dialogues of an information desk labels of trouble are alarms.
func (e *evaluation) addTurns(it *Item, found pipeline.Tone, part Part) {
	given := map[int]map[pipeline.Label]float64{}
	for _, t := range found.Turns {
		given[t.Turn] = t.Labels
	}
	for turn := range it.Session.Turns {
		speaker := it.Session.Turns[turn].Speaker
		for _, label := range labelsOf(speaker) {
			is, known := it.Truth[turn][label]
			if !known {
				continue
			}
			sure := given[turn][label]
			if (it.Source == Calm || it.Source == Conduct || it.Source == Survey) && slices.Contains(troubles, label) {
				e.alarm(it, part, label, sure)
				continue
			}
			row := e.row(it, part, label)
			row.Given.Add(sure > 0, is)
			row.Firm.Add(sure >= Firm, is)
		}
	}
}

func (e *evaluation) row(it *Item, part Part, label pipeline.Label) *Row {
	rows := &e.figures.Rows
	for i := range *rows {
		if r := &(*rows)[i]; r.Source == it.Source && r.Part == part && r.Language == it.Language && r.Label == label {
			return r
		}
	}
	*rows = append(*rows, Row{Source: it.Source, Part: part, Language: it.Language, Label: label})
	return &(*rows)[len(*rows)-1]
}

func (e *evaluation) alarm(it *Item, part Part, label pipeline.Label, sure float64) {
	at := slices.IndexFunc(e.figures.Alarms, func(a Alarms) bool {
		return a.Source == it.Source && a.Part == part && a.Language == it.Language && a.Label == label
	})
	if at < 0 {
		at = len(e.figures.Alarms)
		e.figures.Alarms = append(e.figures.Alarms, Alarms{Source: it.Source, Part: part, Language: it.Language, Label: label})
	}
	a := &e.figures.Alarms[at]
	a.Turns++
	if sure > 0 {
		a.Given++
	}
	if sure >= Firm {
		a.Firm++
	}
}

// finish puts the figures in order, and adds what is known only at the end.
func (e *evaluation) finish() {
	f := e.figures
	order := func(l pipeline.Label) int {
		return slices.Index(slices.Concat(pipeline.AgentLabels, pipeline.CustomerLabels), l)
	}
	f.Rows = slices.DeleteFunc(f.Rows, func(r Row) bool { return r.Given.TP+r.Given.FN == 0 })
	slices.SortStableFunc(f.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Language, b.Language), order(a.Label)-order(b.Label))
	})
	slices.SortStableFunc(f.Alarms, func(a, b Alarms) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Language, b.Language), order(a.Label)-order(b.Label))
	})
	for part, table := range e.offence {
		f.MacroF1[part] = macroF1(*table)
	}
	if len(e.surveys) > 0 {
		f.Rankings = rankings(e.surveys)
	}
}

// macroF1 is the mean of both classes' F1. Its interval is that of 1,000
// samples drawn from the table, with a fixed seed.
func macroF1(t review.Table) review.Estimate {
	value := func(t review.Table) float64 {
		f1 := func(right, wrong int) float64 {
			if right+wrong == 0 {
				return 0
			}
			return 2 * float64(right) / float64(2*right+wrong)
		}
		return (f1(t.TP, t.FP+t.FN) + f1(t.TN, t.FP+t.FN)) / 2
	}
	random := rand.New(rand.NewPCG(seed, 2))
	drawn := make([]float64, 1000)
	for i := range drawn {
		drawn[i] = value(redraw(t, random))
	}
	slices.Sort(drawn)
	return review.Estimate{Value: new(value(t)), Low: new(drawn[25]), High: new(drawn[974])}
}

func redraw(t review.Table, random *rand.Rand) review.Table {
	var out review.Table
	for range t.N() {
		switch at := random.IntN(t.N()); {
		case at < t.TP:
			out.TP++
		case at < t.TP+t.FP:
			out.FP++
		case at < t.TP+t.FP+t.FN:
			out.FN++
		default:
			out.TN++
		}
	}
	return out
}

// surveyed is a session with what people said of it afterwards, and how much
// trouble the classifier sees in either side.
type surveyed struct {
	aggressive, unhelpful *bool
	customer, agent       float64
	customerFirm          bool
	agentFirm             bool
}

func survey(it *Item, found pipeline.Tone) surveyed {
	s := surveyed{aggressive: it.Aggressive}
	if it.Helpful != nil {
		s.unhelpful = new(!*it.Helpful)
	}
	for _, t := range found.Turns {
		trouble := 0.0
		for l, sure := range t.Labels {
			if slices.Contains(troubles, l) {
				trouble = max(trouble, sure)
			}
		}
		if it.Session.Turns[t.Turn].Speaker == transcript.Customer {
			s.customer += trouble
			s.customerFirm = s.customerFirm || trouble >= Firm
		} else {
			s.agent += trouble
			s.agentFirm = s.agentFirm || trouble >= Firm
		}
	}
	return s
}

func rankings(all []surveyed) []Ranking {
	customer := Ranking{Question: "customer was aggressive"}
	agent := Ranking{Question: "agent was not calm and helpful"}
	var angry, unhelpful []linear.Scored
	for _, s := range all {
		if s.aggressive != nil {
			angry = append(angry, linear.Scored{Score: s.customer, Is: *s.aggressive})
			customer.Table.Add(s.customerFirm, *s.aggressive)
		}
		if s.unhelpful != nil {
			unhelpful = append(unhelpful, linear.Scored{Score: s.agent, Is: *s.unhelpful})
			agent.Table.Add(s.agentFirm, *s.unhelpful)
		}
	}
	customer.AUC, agent.AUC = areaUnderCurve(angry), areaUnderCurve(unhelpful)
	for _, r := range []*Ranking{&customer, &agent} {
		r.Sessions, r.Yes = r.Table.N(), r.Table.TP+r.Table.FN
	}
	return []Ranking{customer, agent}
}
