// Package pipeline inspects a session: it takes the answers of classifiers and
// makes of them findings, a score, flags and a verdict.
//
// Inspect is the whole way of a session, stage by stage. Nothing here reads a
// file, a database or the network, but for a Suggester's or an Embedder's own;
// the same session, scorecard and versions give the same verdict, byte by byte.
package pipeline

import (
	"context"
	"fmt"

	"assay/pipeline/injection"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Engine is the version of the arithmetic in this package and of the rules'
// evaluation, and of the detector of injections behind the last point. It changes
// whenever the same scorecard may give another verdict.
const Engine = "3.2." + injection.Version

// Inspector holds what is the same for all sessions. It is safe for concurrent use.
type Inspector struct {
	Tone    ToneClassifier
	Suggest Suggester // nil: questions get no suggestions
	Embed   Embedder  // nil: what needs one is not evaluable
	Judge   Judge     // nil: what needs one is undetermined, for the reason that follows
	// Unjudged says why there is no Judge; default NoModel.
	Unjudged Reason
}

// Card is a scorecard with the classifier that answers it.
type Card struct {
	*scorecard.Scorecard
	Classifier Classifier
	Plan       *PlanRef // what chose the card for a session; nil without a plan
}

// Inspect judges one session by one scorecard. Its errors are those of the
// solution library, ctx's, and an *Unavailable of the judge: with that the verdict
// is there as well, and what the model was to answer is undetermined in it.
func (i *Inspector) Inspect(ctx context.Context, s *transcript.Session, card Card) (*Verdict, error) {
	in := NewInput(s)
	in.Embedder, in.Unjudged = i.Embed, i.Unjudged
	in.Injections = injection.Find(s, in.Folded)
	in.Tone = i.Tone.Classify(ctx, in)
	in.Tone.Turns = listed(in.Tone.Turns)
	var library string
	var err error
	if in.Questions, library, err = i.questions(ctx, s); err != nil {
		return nil, fmt.Errorf("inspect session %q: %w", s.ID, err)
	}
	answers, unavailable, err := i.answer(ctx, in, card)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("inspect session %q: %w", s.ID, err)
	}
	findings := grade(card.Scorecard, answers)
	score := sum(card.Scorecard, findings)
	flags := raise(card.Scorecard, score, findings, in.Tone, in.Injections)
	return &Verdict{
		SessionID: s.ID,
		Scorecard: ScorecardRef{ID: card.ID, Version: card.Version},
		Result:    result(score, flags),
		Score:     score.Final, Unfailed: score.Unfailed,
		Criteria: findings, Flags: flags, Tone: in.Tone, Questions: listed(in.Questions),
		Injections: quoted(s, in.Injections),
		Versions:   i.versions(card, library),
	}, unavailable
}

// mostAsked bounds how often a library is asked again that changes meanwhile.
const mostAsked = 3

// questions are nil only when there is no library to ask. With them comes the
// version of the library that was asked: one that changed meanwhile is asked again.
func (i *Inspector) questions(ctx context.Context, s *transcript.Session) ([]Question, string, error) {
	if i.Suggest == nil {
		return nil, "", nil
	}
	version := i.Suggest.Version()
	for n := 1; ; n++ {
		questions, err := i.Suggest.Questions(ctx, s)
		before := version
		version = i.Suggest.Version()
		if err != nil || version == before || n == mostAsked {
			return listed(questions), version, err
		}
	}
}

// listed makes a list that JSON writes as one, also when it is empty.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (i *Inspector) versions(card Card, library string) Versions {
	v := Versions{Engine: Engine, Scorecard: card.Version, Tone: i.Tone.Version(), Plan: card.Plan, Library: library}
	if i.Judge != nil {
		v.Judge = i.Judge.Version()
	}
	if i.Embed != nil {
		v.Embedding = i.Embed.Version()
	}
	return v
}
