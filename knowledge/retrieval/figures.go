package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"assay/knowledge"
)

// Options say how to measure. The zero value is usable.
type Options struct {
	NoFilter  bool // the questions' entities do not narrow the search
	NoContext bool // the turns before the questions do not count
	// Log is told how far the work is; nil tells nobody.
	Log func(format string, args ...any)
}

// depth is how many solutions of a ranking count.
const depth = 10

// Evaluate asks every question and compares what the index finds with what is
// right. Questions that nobody judged are counted and not asked.
func Evaluate(ctx context.Context, x *knowledge.Index, questions []Question, o Options) (*Figures, error) {
	e := &evaluation{}
	for i := range questions {
		q := &questions[i]
		if !q.Judged {
			e.unjudged++
			continue
		}
		if err := e.ask(ctx, x, o.query(q), q.Relevant); err != nil {
			return nil, fmt.Errorf("question %q: %w", q.ID, err)
		}
		if o.Log != nil && (i+1)%100 == 0 {
			o.Log("%d of %d questions", i+1, len(questions))
		}
	}
	return e.figures(x.Len()), nil
}

func (o Options) query(q *Question) knowledge.Query {
	query := q.Query
	if o.NoFilter {
		query.Products = nil
	}
	if o.NoContext {
		query.Context = nil
	}
	return query
}

// evaluation collects what every question came to.
type evaluation struct {
	unjudged     int
	answerable   []asked
	unanswerable int // judged, and nothing is right
	falsely      int // of these, with a suggestion
	shown        int // suggestions above the threshold
	shownRight   int
	times        []time.Duration
	scores       []scored
}

// asked is one answerable question.
type asked struct {
	ndcg, rr, recall1, recall5, recall10 float64
	hit, answered, answeredRight         bool
}

// scored is the first solution of a ranking with the truth.
type scored struct {
	score float64
	right bool
}

func (e *evaluation) ask(ctx context.Context, x *knowledge.Index, query knowledge.Query, relevant map[string]int) error {
	start := time.Now()
	suggestions, err := x.Suggest(ctx, query)
	if err != nil {
		return err
	}
	e.times = append(e.times, time.Since(start))
	ranking, err := x.Rank(ctx, query, depth)
	if err != nil {
		return err
	}
	e.shown += len(suggestions)
	for _, s := range suggestions {
		if relevant[s.SolutionID] > 0 {
			e.shownRight++
		}
	}
	if len(ranking) > 0 {
		e.scores = append(e.scores, scored{ranking[0].Score, relevant[ranking[0].ID] > 0})
	}
	if len(relevant) == 0 {
		e.unanswerable++
		if len(suggestions) > 0 {
			e.falsely++
		}
		return nil
	}
	a := rate(ranking, relevant)
	a.answered = len(suggestions) > 0
	a.answeredRight = a.answered && relevant[suggestions[0].SolutionID] > 0
	e.answerable = append(e.answerable, a)
	return nil
}

// rate compares a ranking with the grades of the right solutions. The gain of a
// solution is its grade, as in trec_eval.
func rate(ranking []knowledge.Ranked, relevant map[string]int) asked {
	var a asked
	var gain, ideal float64
	right := 0
	for i, r := range ranking {
		grade := relevant[r.ID]
		if grade > 0 {
			right++
			gain += float64(grade) / math.Log2(float64(i)+2)
			if a.rr == 0 {
				a.rr = 1 / float64(i+1)
			}
		}
		share := float64(right) / float64(len(relevant))
		if i < 1 {
			a.recall1, a.hit = share, right > 0
		}
		if i < 5 {
			a.recall5 = share
		}
		a.recall10 = share
	}
	best := slices.SortedFunc(maps.Values(relevant), func(a, b int) int { return cmp.Compare(b, a) })
	for i, grade := range best[:min(depth, len(best))] {
		ideal += float64(grade) / math.Log2(float64(i)+2)
	}
	a.ndcg = gain / ideal
	return a
}
