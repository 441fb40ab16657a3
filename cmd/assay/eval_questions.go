package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/knowledge"
	"assay/knowledge/retrieval"
	"assay/pipeline/review"
	"assay/pipeline/transcript"
)

type evalQuestionsCmd struct {
	Sessions []string `name:"sessions" required:"" type:"existingfile" placeholder:"FILE" help:"JSONL files of sessions with labels (.gz too)."`
	Labels   []string `name:"labels" type:"existingfile" placeholder:"FILE" help:"JSONL files with id and labels, for sessions that stand elsewhere."`
	Corpus   []string `name:"corpus" type:"existingfile" placeholder:"FILE" help:"JSONL files of solutions, or of a retrieval corpus (.gz too). Without it, only the words decide."`
	Fit      bool     `name:"fit" help:"Fit the weights of the signals to one half of the sessions, measure both halves with them, and print them."`
	Errors   int      `name:"errors" placeholder:"N" help:"Print up to N mistakes of each kind to standard error."`
	JSON     bool     `name:"json" help:"Print figures as JSON."`
	config.Read
}

// Help says what is compared.
func (c *evalQuestionsCmd) Help() string {
	return `labels.needs_knowledge says of the customer's last words in the session whether they need an answer that a library may
give: true or false; or it lists the numbers, from 0, of the turns that do, and all that the customer says is compared.
Messages that nobody else's message parts are one case. Figures are by file. With --fit a session is in the half to fit
or in the other by its id; mistakes in all files together cost the same. Brackets are 95 % intervals.`
}

// needLabel is what a label says of a session.
type needLabel struct {
	last  *bool
	turns []int
}

// needLabels are the labels by session.
type needLabels map[transcript.SessionID]needLabel

func (l needLabels) readLine(line []byte) {
	var s struct {
		ID     transcript.SessionID `json:"id"`
		Labels struct {
			Needs json.RawMessage `json:"needs_knowledge"`
		} `json:"labels"`
	}
	if json.Unmarshal(line, &s) != nil || s.Labels.Needs == nil {
		return
	}
	var last bool
	var turns []int
	switch {
	case json.Unmarshal(s.Labels.Needs, &last) == nil:
		l[s.ID] = needLabel{last: &last}
	case json.Unmarshal(s.Labels.Needs, &turns) == nil:
		l[s.ID] = needLabel{turns: turns}
	}
}

// needCase is a burst with its label.
type needCase struct {
	knowledge.NeedExample
	session transcript.SessionID
	turn    int
	fitted  bool // is in the half that weights are fitted to
}

// needFigures are those of a file, or of one half of it.
type needFigures struct {
	Name      string          `json:"name"`
	N         int             `json:"n"`
	Precision review.Estimate `json:"precision"`
	Recall    review.Estimate `json:"recall"`
	F1        review.Estimate `json:"f1"`
	Counts    review.Table    `json:"counts"`
}

// Run compares what is taken for a question with the labels.
func (c *evalQuestionsCmd) Run(p *program) (err error) {
	files, problems, err := c.read(p)
	if err != nil {
		return usageError{err}
	}
	index, refused, err := c.library(p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	var model knowledge.NeedModel
	if c.Fit {
		if model, err = fitNeed(p, index, files); err != nil {
			return err
		}
	}
	var rows []needFigures
	for _, path := range c.Sessions {
		more, err := c.measure(p, index, model, path, files[path])
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	if c.JSON {
		printJSON(p, map[string]any{"files": rows, "weights": model})
	} else if err := printNeed(p, rows, model); err != nil {
		return err
	}
	if problems || refused {
		return errProblems
	}
	return nil
}

// read returns the cases of every file.
func (c *evalQuestionsCmd) read(p *program) (files map[string][]needCase, problems bool, err error) {
	read, err := c.Read.Options(time.UTC)
	if err != nil {
		return nil, false, err
	}
	labels := needLabels{}
	for _, path := range slices.Concat(c.Sessions, c.Labels) {
		if err := eachLine(path, labels.readLine); err != nil {
			return nil, false, fmt.Errorf("labels: %w", err)
		}
	}
	files = map[string][]needCase{}
	told := rejectLines{}
	defer func() { told.rest(p) }()
	for _, path := range c.Sessions {
		for rec := range transcript.Read(p.ctx, []string{path}, read) {
			if rec.Reject != nil {
				told.tell(p, rec.Reject)
				problems = true
				continue
			}
			if label, ok := labels[rec.Session.ID]; ok {
				files[path] = append(files[path], needCases(rec.Session, label)...)
			}
		}
		if len(files[path]) == 0 {
			return nil, false, fmt.Errorf("%s: no session has a label needs_knowledge", path)
		}
	}
	return files, problems, p.ctx.Err()
}

// sameTold is how many records with the same problem are told one by one.
const sameTold = 20

// rejectLines counts refused records by their first problem.
type rejectLines map[string]int

// tell prints a refused record, unless many with the same problem were printed.
func (l rejectLines) tell(p *program, r *transcript.Reject) {
	what, _, _ := strings.Cut(r.Field+": "+r.Reason, `"`)
	what = strings.TrimSuffix(what, ", perhaps ")
	if l[what]++; l[what] <= sameTold {
		fmt.Fprintln(p.stderr, r)
	}
}

// rest prints how many were not printed.
func (l rejectLines) rest(p *program) {
	for _, what := range slices.Sorted(maps.Keys(l)) {
		if more := l[what] - sameTold; more > 0 {
			fmt.Fprintf(p.stderr, "%d more records with this problem: %s\n", more, strings.Trim(what, ": "))
		}
	}
}

// needCases are the bursts of a session that its label speaks of.
func needCases(s *transcript.Session, label needLabel) []needCase {
	all := knowledge.Bursts(s)
	if label.last != nil {
		all = all[max(0, len(all)-1):]
	}
	var out []needCase
	for _, b := range all {
		needs := label.last != nil && *label.last || slices.ContainsFunc(b.Turns, func(i int) bool { return slices.Contains(label.turns, i) })
		out = append(out, needCase{knowledge.NeedExample{Query: b.Query, Needs: needs, Cost: 1}, s.ID, b.Turn, isFitted(s.ID)})
	}
	return out
}

// isFitted parts sessions into halves, whatever their order.
func isFitted(id transcript.SessionID) bool {
	h := fnv.New32a()
	h.Write([]byte(id)) // never fails
	return h.Sum32()>>3&1 == 0
}

func (c *evalQuestionsCmd) library(p *program) (index *knowledge.Index, refused bool, err error) {
	solutions, err := retrieval.Files{Problem: func(r error) {
		fmt.Fprintln(p.stderr, r)
		refused = true
	}}.Solutions(c.Corpus)
	if err != nil {
		return nil, false, usageError{err}
	}
	index, err = knowledge.NewIndex(solutions, knowledge.Options{Log: p.log})
	return index, refused, err
}

// fitNeed fits weights to one half of all files, in all of which together mistakes cost the same.
func fitNeed(p *program, index *knowledge.Index, files map[string][]needCase) (knowledge.NeedModel, error) {
	most := 0
	for _, cases := range files {
		most = max(most, len(cases))
	}
	var examples []knowledge.NeedExample
	for _, path := range slices.Sorted(maps.Keys(files)) {
		for _, one := range files[path] {
			if one.fitted {
				one.Cost = float64(most) / float64(len(files[path]))
				examples = append(examples, one.NeedExample)
			}
		}
	}
	return index.FitNeed(p.ctx, examples)
}

// measure compares the cases of one file.
func (c *evalQuestionsCmd) measure(p *program, index *knowledge.Index, model knowledge.NeedModel, path string, cases []needCase) ([]needFigures, error) {
	tables := map[bool]*review.Table{true: {}, false: {}}
	for _, one := range cases {
		need, err := needOf(p, index, model, one.Query)
		if err != nil {
			return nil, err
		}
		table := tables[model != nil && one.fitted]
		is := need >= knowledge.LeastNeed
		switch {
		case is && one.Needs:
			table.TP++
		case is:
			table.FP++
			c.explain(p, table.FP, "taken for a question, and its label says it is none", path, &one)
		case one.Needs:
			table.FN++
			c.explain(p, table.FN, "taken for no question, and its label says it is one", path, &one)
		default:
			table.TN++
		}
	}
	if model == nil {
		return []needFigures{newNeedFigures(path, *tables[false])}, nil
	}
	return []needFigures{newNeedFigures(path+", fitted half", *tables[true]), newNeedFigures(path+", other half", *tables[false])}, nil
}

func needOf(p *program, index *knowledge.Index, model knowledge.NeedModel, query knowledge.Query) (float64, error) {
	if model != nil {
		return model.Need(p.ctx, index, query)
	}
	return index.Need(p.ctx, query)
}

func (c *evalQuestionsCmd) explain(p *program, n int, mistake, path string, one *needCase) {
	if n <= c.Errors {
		fmt.Fprintf(p.stderr, "%s: %s turn %d was %s: %q\n", path, one.session, one.turn, mistake, one.Query.Text)
	}
}

func newNeedFigures(name string, t review.Table) needFigures {
	return needFigures{name, t.N(), t.Precision(), t.Recall(), t.F1(), t}
}

func printNeed(p *program, rows []needFigures, model knowledge.NeedModel) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "file\tn\tprecision\trecall\tF1")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", r.Name, r.N, estimated(r.Precision), estimated(r.Recall), estimated(r.F1))
	}
	if model != nil {
		fmt.Fprintln(w, "\nsignal\tweight")
		for _, s := range model {
			fmt.Fprintf(w, "%s\t%.2f\n", s.Signal, s.Weight)
		}
	}
	return w.Flush()
}
