package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/pipeline"
	"assay/pipeline/review"
	"assay/pipeline/transcript"
)

type evalCmd struct {
	Criteria  evalCriteriaCmd  `cmd:"" help:"Compare criteria with labels: criterion X with labels.checks.X of each session."`
	Injection evalInjectionCmd `cmd:"" help:"Measure the detector of orders to the judging model: recall on attacks, false hits on honest sessions."`
	Redaction evalRedactionCmd `cmd:"" help:"Compare redaction with texts whose personal data is marked."`
	Tone      evalToneCmd      `cmd:"" help:"Learn the tone classifier by folds, and compare its answers with labels."`
}

type evalCriteriaCmd struct {
	Paths     []string `arg:"" name:"path" help:"Files or folders of canonical sessions with labels (JSONL, .gz too)."`
	Scorecard string   `name:"scorecard" short:"s" required:"" type:"existingfile" placeholder:"FILE" help:"Scorecard whose criteria are measured."`
	JSON      bool     `name:"json" help:"Print figures as JSON."`
	Errors    int      `name:"errors" placeholder:"N" help:"Print up to N wrong sessions of each criterion to standard error."`
	config.Read
	config.Model
}

// criterionEval is how a criterion compares with labels. A criterion that is
// met is a prediction; every other outcome is none.
type criterionEval struct {
	ID           string       `json:"id"`
	N            int          `json:"n"`
	Positives    int          `json:"positives"`
	Undetermined int          `json:"undetermined"`
	Precision    *float64     `json:"precision"`
	Recall       *float64     `json:"recall"`
	F1           *float64     `json:"f1"`
	Kappa        *float64     `json:"kappa"`
	PrecisionCI  [2]*float64  `json:"precision_ci95"`
	RecallCI     [2]*float64  `json:"recall_ci95"`
	F1CI         [2]*float64  `json:"f1_ci95"`
	KappaCI      [2]*float64  `json:"kappa_ci95"`
	Counts       review.Table `json:"counts"`
	wrong        []wrongSession
}

type wrongSession struct {
	id        transcript.SessionID
	predicted bool
}

// Run inspects every labelled session and prints the figures.
func (c *evalCriteriaCmd) Run(p *program) error {
	cards, err := loadCards([]string{c.Scorecard}, nil)
	if err != nil {
		return err
	}
	t, err := tone.New()
	if err != nil {
		return err
	}
	e := &evaluation{card: cards[0], inspector: &pipeline.Inspector{Tone: t}, rows: map[string]*criterionEval{}}
	if err := p.addEmbedder(e.inspector, c.Model); err != nil {
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
	rejected, err := e.add(p, c.Paths, read, checks)
	if err != nil {
		return err
	}
	if len(e.rows) == 0 {
		return usageError{errors.New("no session has a label with the id of a criterion: labels stand at labels.checks")}
	}
	if err := c.print(p, e.results()); err != nil {
		return err
	}
	if rejected > 0 {
		return errProblems
	}
	return nil
}

type evaluation struct {
	card      pipeline.Card
	inspector *pipeline.Inspector
	rows      map[string]*criterionEval
}

// add evaluates the sessions and returns how many records were refused.
func (e *evaluation) add(p *program, paths []string, read transcript.Options, checks labels) (rejected int, err error) {
	for rec := range transcript.Read(p.ctx, paths, read) {
		if rec.Reject != nil {
			fmt.Fprintln(p.stderr, rec.Reject)
			rejected++
			continue
		}
		v, err := e.inspector.Inspect(p.ctx, rec.Session, e.card)
		if err != nil {
			return rejected, err
		}
		for _, f := range v.Criteria {
			switch label := checks[rec.Session.ID][f.ID].(type) {
			case nil:
			case bool:
				e.count(f, rec.Session.ID, label)
			default:
				rejected++
				fmt.Fprintf(p.stderr, "%s:%d: session %q: label %q is %v; allowed: true, false, null\n", rec.File, rec.Line, rec.Session.ID, f.ID, label)
			}
		}
	}
	return rejected, p.ctx.Err()
}

func (e *evaluation) count(f pipeline.Finding, id transcript.SessionID, label bool) {
	row := e.rows[f.ID]
	if row == nil {
		row = &criterionEval{ID: f.ID}
		e.rows[f.ID] = row
	}
	predicted := f.Outcome == pipeline.Met
	row.Counts.Add(predicted, label)
	if f.Outcome == pipeline.Undetermined {
		row.Undetermined++
	}
	if predicted != label {
		row.wrong = append(row.wrong, wrongSession{id, predicted})
	}
}

func (e *evaluation) results() []*criterionEval {
	var out []*criterionEval
	for _, id := range slices.Sorted(maps.Keys(e.rows)) {
		r := e.rows[id]
		r.N, r.Positives = r.Counts.N(), r.Counts.TP+r.Counts.FN
		r.Precision, r.PrecisionCI = spread(r.Counts.Precision())
		r.Recall, r.RecallCI = spread(r.Counts.Recall())
		r.F1, r.F1CI = spread(r.Counts.F1())
		r.Kappa, r.KappaCI = spread(r.Counts.Kappa())
		out = append(out, r)
	}
	return out
}

func spread(e review.Estimate) (*float64, [2]*float64) { return e.Value, [2]*float64{e.Low, e.High} }

func (c *evalCriteriaCmd) print(p *program, rows []*criterionEval) error {
	for _, r := range rows {
		for _, w := range r.wrong[:min(len(r.wrong), c.Errors)] {
			fmt.Fprintf(p.stderr, "%s: %s: predicted %t, labelled %t\n", r.ID, w.id, w.predicted, !w.predicted)
		}
	}
	if c.JSON {
		printJSON(p, map[string]any{"criteria": rows})
		return nil
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "criterion\tn\tpositives\tprecision\trecall\tF1\tkappa")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", r.ID, r.N, r.Positives,
			interval(r.Precision, r.PrecisionCI), interval(r.Recall, r.RecallCI), interval(r.F1, r.F1CI), interval(r.Kappa, r.KappaCI))
	}
	return w.Flush()
}

// interval prints a value with its 95 % interval.
func interval(v *float64, ci [2]*float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", *v, *ci[0], *ci[1])
}

// labels are labels.checks of sessions. Only true and false are labels.
type labels map[transcript.SessionID]map[string]any

// readChecks reads the labels of all files, in folders too. Lines that are no
// JSON have none; the importer reports them.
func readChecks(paths []string) (labels, error) {
	checks := labels{}
	for _, path := range paths {
		err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return checks.readFile(path)
		})
		if err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
	}
	return checks, nil
}

func (l labels) readFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<16)
	if magic, err := in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		in = bufio.NewReaderSize(unzipped, 1<<16)
	}
	for {
		line, err := in.ReadBytes('\n')
		l.readLine(line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
}

func (l labels) readLine(line []byte) {
	var s struct {
		ID     transcript.SessionID `json:"id"`
		Labels struct {
			Checks map[string]any `json:"checks"`
		} `json:"labels"`
	}
	if json.Unmarshal(line, &s) == nil && s.Labels.Checks != nil {
		l[s.ID] = s.Labels.Checks
	}
}
