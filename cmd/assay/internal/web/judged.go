package web

import (
	"slices"
	"strings"

	"assay/pipeline"
	"assay/pipeline/injection"
)

// judgedView is what a model said about a criterion, and how it came about.
type judgedView struct {
	pipeline.JudgeRecord
	Recorded  bool      // an answer from a file: no model was asked
	Rationale []segment // its first words
	More      bool      // there are more
	For       int       // votes for the outcome
	Shown     []turnRange
	LeftOut   []turnRange
}

// turnRange are turns from the first to the last.
type turnRange struct{ From, To int }

// recordedPrefix begins the names of models whose answers come from a file.
const recordedPrefix = "recorded"

// longestRationale and longestQuote bound what a page shows of a model's reason and
// of an order to it, in bytes: both may be as long as somebody wants them to be.
const (
	longestRationale = 1500
	longestQuote     = 240
)

// judgedView says how a model answered; nil where none did.
func (p *sessionPage) judgedView(f pipeline.Finding) *judgedView {
	if f.Judge == nil {
		return nil
	}
	v := &judgedView{JudgeRecord: *f.Judge, Recorded: strings.HasPrefix(f.Judge.Model, recordedPrefix)}
	v.Rationale, v.More = beginning(p.seen.saying(f.Rationale), longestRationale)
	for _, vote := range v.Votes {
		if vote == f.Outcome {
			v.For++
		}
	}
	last := len(p.seen.turns) - 1
	beyond := func(turn int) bool { return turn < 0 || turn > last }
	v.Cut, v.Withheld = slices.DeleteFunc(slices.Clone(v.Cut), beyond), slices.DeleteFunc(slices.Clone(v.Withheld), beyond)
	from := v.From
	for _, gap := range v.JudgeRecord.LeftOut {
		v.LeftOut = append(v.LeftOut, turnRange{min(gap[0], last), min(gap[1], last)})
		if from < gap[0] {
			v.Shown = append(v.Shown, turnRange{from, min(gap[0]-1, last)})
		}
		from = gap[1] + 1
	}
	if from <= v.To {
		v.Shown = append(v.Shown, turnRange{min(from, last), min(v.To, last)})
	}
	if v.From > 0 {
		v.LeftOut = slices.Insert(v.LeftOut, 0, turnRange{0, min(v.From-1, last)})
	}
	if v.To < last {
		v.LeftOut = append(v.LeftOut, turnRange{v.To + 1, last})
	}
	return v
}

// beginning are the first segments up to a number of bytes, whole characters, and
// whether there are more.
func beginning(list []segment, most int) ([]segment, bool) {
	for i := range list {
		if most >= len(list[i].text) {
			most -= len(list[i].text)
			continue
		}
		s := list[i]
		if s.Tag.Name == "" { // a tag is shown whole
			s.text = strings.ToValidUTF8(s.text[:most], "")
			s.Pieces = pieces(s.text)
		}
		return append(slices.Clone(list[:i]), s), true
	}
	return list, false
}

// unasked is why models did not answer some criteria.
type unasked struct {
	Reason   pipeline.Reason
	Criteria int
}

// unaskedReasons are those that are no fault of anything, in the order in which a
// page says them.
var unaskedReasons = []pipeline.Reason{pipeline.NoModel, pipeline.Pending, pipeline.NotSelected, pipeline.OverBudget, pipeline.ModelUnavailable}

// unaskedOf counts the criteria that models did not answer.
func unaskedOf(v *pipeline.Verdict) []unasked {
	var out []unasked
	for _, reason := range unaskedReasons {
		n := 0
		for _, f := range v.Criteria {
			if f.Outcome == pipeline.Undetermined && f.Reason == reason {
				n++
			}
		}
		if n > 0 {
			out = append(out, unasked{reason, n})
		}
	}
	return out
}

// Calm reports whether an undetermined criterion is as it should be: nothing
// failed, and nobody needs to do anything.
func (f *findingView) Calm() bool {
	return f.Outcome == pipeline.Undetermined &&
		slices.Contains([]pipeline.Reason{pipeline.NoModel, pipeline.Pending, pipeline.NotSelected, pipeline.NeedsPerson}, f.Reason)
}

// injectionView is an order to the judging model.
type injectionView struct {
	Turn  int
	Kind  injection.Kind
	Words []segment
	Cut   bool
}

// injectionsShown is how many orders are listed; all are marked in the transcript.
const injectionsShown = 5

// injections lists the first suspected orders.
func (p *sessionPage) injections() []injectionView {
	var out []injectionView
	for _, i := range p.Verdict.Injections {
		if i.Level == injection.Suspected && len(out) < injectionsShown {
			v := injectionView{Turn: i.Turn, Kind: i.Kind}
			v.Words, v.Cut = beginning(p.seen.quote(i.Span, i.Quote), longestQuote)
			out = append(out, v)
		}
	}
	return out
}

// Explained reports whether a flag's reason has a sentence that explains it.
func (p *sessionPage) Explained(reason pipeline.FlagReason) bool {
	_, ok := p.texts[p.Lang]["explained."+string(reason)]
	return ok
}
