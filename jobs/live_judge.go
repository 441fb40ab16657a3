package jobs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assay/classifiers"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/sla"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// liveJudge finds what is to be told of a session that still runs. Its scorecard
// is the one that the whole session would be inspected by.
type liveJudge struct {
	o       LiveOptions
	cards   *cards
	shipped *sla.Matrix

	failing atomic.Bool // whether the last search failed, which is told once

	mu       sync.Mutex
	order    order
	asked    time.Time // when order was asked for
	matrices map[pipeline.ScorecardRef]*sla.Matrix
}

// orderFor is how long the active scorecards and the plan are taken for those in
// force: asking for each turn would read all of them each time.
const orderFor = 3 * time.Second

func newLiveJudge(o LiveOptions) (*liveJudge, error) {
	d, err := sla.Default()
	if err != nil {
		return nil, fmt.Errorf("live sessions: %w", err)
	}
	return &liveJudge{o: o, cards: newCards(o.Store), shipped: d.Matrix, matrices: map[pipeline.ScorecardRef]*sla.Matrix{}}, nil
}

// change is what is stored of a session to which something was added, with all
// that is told of it.
func (j *liveJudge) change(ctx context.Context, r *liveRunning) (store.LiveChange, error) {
	t := &telling{r: r}
	for _, i := range r.touched {
		if err := t.tell(LiveTurnKind, "", LiveSaid{i}); err != nil {
			return store.LiveChange{}, err
		}
	}
	s := r.settled()
	card, err := j.card(ctx, s)
	if err != nil {
		return store.LiveChange{}, err
	}
	if len(s.Turns) > 0 {
		if err := j.suggest(ctx, t, s); err != nil {
			return store.LiveChange{}, err
		}
		if err := j.warn(ctx, t, s, card); err != nil {
			return store.LiveChange{}, err
		}
	}
	if err := t.clock(j.matrix(card), j.o.Now()); err != nil {
		return store.LiveChange{}, err
	}
	return t.change()
}

// card is the scorecard that the session would be inspected by; one without a
// scorecard when there is none, or when the plan leaves the session out.
func (j *liveJudge) card(ctx context.Context, s *transcript.Session) (pipeline.Card, error) {
	o, err := j.current(ctx)
	if err != nil {
		return pipeline.Card{}, err
	}
	card, choice, err := o.choose(s)
	if err != nil || choice != nil {
		return pipeline.Card{}, nil // inspection will say why, at the end
	}
	return card, nil
}

func (j *liveJudge) current(ctx context.Context) (order, error) {
	now := j.o.Now()
	j.mu.Lock()
	known, asked := j.order, j.asked
	j.mu.Unlock()
	if !asked.IsZero() && now.Sub(asked) < orderFor {
		return known, nil
	}
	o, err := j.cards.order(ctx)
	if err != nil {
		return order{}, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.order, j.asked = o, now
	return o, nil
}

// matrix is the response matrix of a scorecard, or the shipped one.
func (j *liveJudge) matrix(card pipeline.Card) *sla.Matrix {
	if card.Scorecard == nil || card.SLA == nil {
		return j.shipped
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	ref := pipeline.ScorecardRef{ID: card.ID, Version: card.Version}
	m := j.matrices[ref]
	if m == nil {
		m = sla.ReadMatrix(card.SLA)
		j.matrices[ref] = m
	}
	return m
}

// suggest tells what the library has for what the customer asks now, when that is
// something else than was told last.
func (j *liveJudge) suggest(ctx context.Context, t *telling, s *transcript.Session) error {
	if j.o.Index == nil || !slices.ContainsFunc(t.r.touched, func(i int) bool { return i < len(s.Turns) }) {
		return nil
	}
	q, ok, err := j.find(ctx, s)
	if err != nil || !ok {
		return err
	}
	told := LiveSuggestions{Turn: q.Turn, Turns: q.Turns, Suggestions: []LiveSuggestion{}}
	var short strings.Builder
	fmt.Fprint(&short, q.Turns[0])
	for _, found := range q.Suggestions {
		told.Suggestions = append(told.Suggestions, LiveSuggestion{found.SolutionID, found.Title, found.Score, found.Passage, found.Answer})
		fmt.Fprintf(&short, " %q %v", found.SolutionID, found.Score)
	}
	if t.r.state.Asked == short.String() {
		return nil
	}
	t.r.state.Asked = short.String()
	return t.tell(LiveSuggestionsKind, "", told)
}

// find finds what the customer asks now, and what answers it. A library that cannot
// be searched, or not in time, suggests nothing, and keeps no turn from being taken.
func (j *liveJudge) find(ctx context.Context, s *transcript.Session) (knowledge.LiveQuestion, bool, error) {
	bounded, cancel := context.WithTimeout(ctx, j.o.SuggestWithin)
	defer cancel()
	q, ok, err := j.o.Index.Live(bounded, s)
	if err == nil {
		j.failing.Store(false)
		return q, ok, nil
	}
	if ctx.Err() != nil {
		return q, false, fmt.Errorf("live session %q: %w", s.ID, ctx.Err())
	}
	j.o.Metrics.liveUnsuggested(err)
	log := j.o.Log.DebugContext
	if !j.failing.Swap(true) {
		log = j.o.Log.WarnContext
	}
	log(ctx, "running sessions get no suggestions", "error", err)
	return q, false, nil
}

// severities are how grave a criterion's failure is, on the scale of flags.
var severities = map[scorecard.Severity]pipeline.FlagSeverity{scorecard.Severe: pipeline.High, scorecard.Moderate: pipeline.Medium, scorecard.Minor: pipeline.Low}

// warn tells the criteria that have failed, and then the tones that no such
// criterion is about.
func (j *liveJudge) warn(ctx context.Context, t *telling, s *transcript.Session, card pipeline.Card) error {
	in := pipeline.NewInput(s)
	in.Tone = j.o.Tone.Classify(ctx, in)
	heard := map[int]bool{} // turns of whose tone a criterion tells
	if set, ok := card.Classifier.(*classifiers.Set); ok {
		ref := &pipeline.ScorecardRef{ID: card.ID, Version: card.Version}
		for _, f := range set.Failures(ctx, in) {
			w := LiveWarning{Of: LiveCriterion, Criterion: f.ID, Scorecard: ref, Severity: severities[f.Severity], Evidence: []transcript.Span{}}
			if f.Critical != scorecard.NotCritical {
				w.Severity = pipeline.High
			}
			for _, e := range f.Evidence {
				w.Evidence = append(w.Evidence, e.Span)
				heard[e.Turn] = heard[e.Turn] || f.By == pipeline.ByTone
			}
			if err := t.tell(LiveWarningKind, "criterion "+card.ID+" "+f.ID, w); err != nil {
				return err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("judge live session %q: %w", s.ID, err)
	}
	for i := range in.Tone.Turns {
		if heard[in.Tone.Turns[i].Turn] {
			continue
		}
		if err := t.tones(&in.Tone.Turns[i]); err != nil {
			return err
		}
	}
	return nil
}

// tones tells the tones of a turn that would flag the session.
func (t *telling) tones(tt *pipeline.TurnTone) error {
	for _, label := range slices.Concat(pipeline.AgentLabels, pipeline.CustomerLabels) {
		_, severity, ok := pipeline.Alarm(label, tt.Labels[label])
		if !ok {
			continue
		}
		once := fmt.Sprintf("tone %s", label)
		if slices.Contains(pipeline.AgentLabels, label) {
			once += fmt.Sprintf(" %d", tt.Turn)
		}
		w := LiveWarning{Of: LiveTone, Label: label, Severity: severity, Evidence: []transcript.Span{}}
		for _, m := range tt.Marks {
			if m.Label == label {
				w.Evidence = append(w.Evidence, transcript.Span{Turn: tt.Turn, Start: m.Start, End: m.End})
			}
		}
		if len(w.Evidence) == 0 {
			w.Evidence = append(w.Evidence, transcript.Span{Turn: tt.Turn, End: len(t.r.session.Turns[tt.Turn].Text)})
		}
		slices.SortFunc(w.Evidence, func(a, b transcript.Span) int { return cmp.Compare(a.Start, b.Start) })
		if err := t.tell(LiveWarningKind, once, w); err != nil {
			return err
		}
	}
	return nil
}
