package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/transcript"
)

type evalCriteriaCmd struct {
	Paths     []string `arg:"" name:"path" help:"Files or folders of canonical sessions (JSONL, .gz too) with labels: \"labels\": {\"checks\": {\"ID OF CRITERION\": true}}. A label is true or met, false or not_met; null or not_applicable is none."`
	Scorecard string   `name:"scorecard" short:"s" required:"" type:"existingfile" placeholder:"FILE" help:"Scorecard whose criteria are measured."`
	JSON      bool     `name:"json" help:"Print figures as JSON."`
	Errors    int      `name:"errors" placeholder:"N" help:"Print up to N wrong sessions of each criterion to standard error."`
	Limit     int      `name:"limit" placeholder:"N" help:"Take only the first N sessions that have labels."`
	Repeat    int      `name:"repeat" default:"1" placeholder:"N" help:"Ask the model about everything N times, to see how often its answers change."`
	NoJudge   bool     `name:"no-judge" help:"Do not ask the configured model."`
	Yes       bool     `name:"yes" help:"Do not ask before the model costs anything."`
	config.Read
	config.Model
	config.Judging
}

// Run inspects every labelled session and prints the figures.
func (c *evalCriteriaCmd) Run(p *program) error {
	e, err := c.evaluation(p)
	if err != nil {
		return err
	}
	read, err := c.Read.Options(time.UTC)
	if err != nil {
		return usageError{err}
	}
	checks, err := readChecks(c.Paths)
	if err != nil {
		return usageError{err}
	}
	rejected, err := e.load(p, c, read, checks)
	if err != nil {
		return err
	}
	if len(e.sessions) == 0 {
		return usageError{errors.New(`no session has a label at labels.checks with the id of a criterion, as in "labels": {"checks": {"ID OF CRITERION": true}}`)}
	}
	if err := c.judge(p, e); err != nil {
		return err
	}
	if err := e.run(p); err != nil {
		return err
	}
	if err := c.print(p, e); err != nil {
		return err
	}
	if e.stopped != nil {
		fmt.Fprintln(p.stderr, "assay: stopped before the end:", e.stopped)
	}
	if rejected > 0 || e.stopped != nil {
		return errProblems
	}
	return nil
}

// evaluation is a scorecard's criteria, compared with labels.
type evaluation struct {
	card      pipeline.Card
	inspector *pipeline.Inspector
	sessions  []*labelled
	runs      []pipeline.Judge // who is asked in each run; one of nil where nobody is
	accounts  *evalAccounts    // nil without a model
	stopped   error            // why the model could not be asked any longer
}

// labelled is a session with its labels, and what came of it in each run.
type labelled struct {
	*transcript.Session
	labels map[string]bool // of criteria
	judged bool            // policy selects it
	runs   [][]pipeline.Finding
}

func (c *evalCriteriaCmd) evaluation(p *program) (*evaluation, error) {
	switch {
	case c.Limit < 0:
		return nil, usageError{errors.New("--limit: must not be below 0")}
	case c.Repeat < 1 || c.Repeat > mostRepeats:
		return nil, usageError{fmt.Errorf("--repeat: %d is out of range; allowed: 1 to %d", c.Repeat, mostRepeats)}
	}
	cards, err := loadCards([]string{c.Scorecard}, nil)
	if err != nil {
		return nil, err
	}
	t, err := tone.New()
	if err != nil {
		return nil, err
	}
	e := &evaluation{card: cards[0], inspector: &pipeline.Inspector{Tone: t}, runs: []pipeline.Judge{nil}}
	return e, p.addEmbedder(e.inspector, c.Model, nil)
}

// mostRepeats bounds runs: what changes in none of so many hardly ever does.
const mostRepeats = 100

// load reads the sessions that have labels of the scorecard's criteria. It returns
// how many records and labels were refused.
func (e *evaluation) load(p *program, c *evalCriteriaCmd, read transcript.Options, checks labels) (rejected int, err error) {
	policy, err := c.Policy()
	if err == nil && policy.Sessions == plan.FlaggedSessions {
		err = errors.New("--judge: flagged sessions are no sample to measure by; allowed here: all, none, a share such as 25%")
	}
	if err != nil {
		return 0, usageError{err}
	}
	wrong := wrongLabels{}
	for rec := range transcript.Read(p.ctx, c.Paths, read) {
		if rec.Reject != nil {
			fmt.Fprintln(p.stderr, rec.Reject)
			rejected++
			continue
		}
		if c.Limit > 0 && len(e.sessions) == c.Limit {
			break
		}
		s := &labelled{Session: rec.Session, labels: map[string]bool{}, judged: policy.Selects("", rec.Session.ID, true)}
		for _, criterion := range e.card.Criteria() {
			switch is, known, err := labelOf(checks[s.ID][criterion.ID]); {
			case err != nil:
				wrong.add(criterion.ID, fmt.Sprintf("%s:%d: session %q: %v", rec.File, rec.Line, s.ID, err))
			case known:
				s.labels[criterion.ID] = is
			}
		}
		if len(s.labels) > 0 {
			e.sessions = append(e.sessions, s)
		}
	}
	return rejected + wrong.print(p, e.card), p.ctx.Err()
}

// wrongLabels are labels that say nothing, by criterion.
type wrongLabels map[string]*wrongLabel

type wrongLabel struct {
	n     int
	first string // where, and what it is
}

func (w wrongLabels) add(criterion, place string) {
	if w[criterion] == nil {
		w[criterion] = &wrongLabel{first: place}
	}
	w[criterion].n++
}

// print says one line for each criterion, and how many labels there are in all.
func (w wrongLabels) print(p *program, card pipeline.Card) int {
	all := 0
	for _, c := range card.Criteria() {
		if l := w[c.ID]; l != nil {
			all += l.n
			fmt.Fprintf(p.stderr, "criterion %q: %d labels cannot be used, first at %s; allowed: true or met, false or not_met, null or not_applicable\n", c.ID, l.n, l.first)
		}
	}
	return all
}

// asks reports whether a model has something to answer.
func (e *evaluation) asks() bool {
	return slices.ContainsFunc(e.sessions, func(s *labelled) bool { return s.judged }) &&
		slices.ContainsFunc(e.card.Criteria(), isJudged)
}
