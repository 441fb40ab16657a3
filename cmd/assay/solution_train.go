package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"assay/knowledge"
	"assay/knowledge/retrieval"
)

type solutionTrainCmd struct {
	Sets []string `name:"set" required:"" sep:"none" placeholder:"NAME=KEY:VALUE,…" help:"A library with questions: corpus:FILE with queries:FILE, qrels:FILE and perhaps sessions:FILE, or with held-out:SHARE; no-filter:yes ignores entities, limit:N takes that many questions, evenly; strangers:FILE adds questions, or the wordings of solutions, that the library does not answer. May be repeated."`
	Out  string   `name:"out" placeholder:"FILE" help:"Write the weights there as JSON, and the report beside it as Markdown (.md)."`
	JSON bool     `name:"json" help:"Print weights and figures as JSON."`
	steps
}

// Run fits the weights of the ranking and prints how good they are.
func (c *solutionTrainCmd) Run(p *program) (err error) {
	var sets []knowledge.TrainingSet
	defer func() {
		for _, s := range sets {
			err = errors.Join(err, s.Index.Close())
		}
	}()
	var problems error
	for _, text := range c.Sets {
		set, problem, err := c.set(p, text)
		if err != nil {
			return usageError{fmt.Errorf("--set %q: %w", text, err)}
		}
		problems = errors.Join(problems, problem)
		sets = append(sets, set)
	}
	step, done := c.steps.to(p)
	weights, report, err := knowledge.Train(p.ctx, sets, step)
	done()
	if err != nil {
		return err
	}
	if err := c.write(weights, report); err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, map[string]any{"weights": weights, "figures": report})
		return problems
	}
	return errors.Join(report.Write(p.stdout, weights), problems)
}

// write keeps weights and report where they are wanted.
func (c *solutionTrainCmd) write(weights knowledge.Weights, report *knowledge.TrainingReport) error {
	if c.Out == "" {
		return nil
	}
	text, err := json.MarshalIndent(weights, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, append(text, '\n'), 0o644); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Weights of the ranking\n\nMade by\n\n```sh\nassay solution train")
	for _, s := range c.Sets {
		fmt.Fprintf(&b, " \\\n  --set %s", s)
	}
	b.WriteString("\n```\n\nFitted to one half of the questions of each set, measured on the other. Every question is also asked with its right\nsolutions out of the library: questions without an answer have half of each set's weight. Codes, and what the wordings of\nthe likeliest candidates teach, count after these weights. Brackets are 95 % intervals (Wilson).\n\n")
	if err := report.Write(&b, weights); err != nil {
		return err
	}
	path := strings.TrimSuffix(c.Out, filepath.Ext(c.Out)) + ".md"
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

// set reads one training set. The second error is of rows that were left out.
func (c *solutionTrainCmd) set(p *program, text string) (knowledge.TrainingSet, error, error) {
	name, rest, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return knowledge.TrainingSet{}, nil, errors.New("no name; wanted NAME=corpus:FILE,queries:FILE,qrels:FILE")
	}
	values := map[string][]string{}
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(part, ":")
		switch key {
		case "corpus", "queries", "sessions", "qrels", "held-out", "no-filter", "limit", "strangers":
			values[key] = append(values[key], value)
		default:
			return knowledge.TrainingSet{}, nil, fmt.Errorf("unknown key %q; allowed: corpus, queries, sessions, qrels, held-out, no-filter, limit, strangers", key)
		}
	}
	e := evalRetrievalCmd{Corpus: values["corpus"], Queries: values["queries"], Sessions: values["sessions"], Qrels: values["qrels"], Threshold: knowledge.DefaultThreshold}
	if share := values["held-out"]; len(share) > 0 {
		e.HeldOut = share[0]
	}
	if err := e.check(); err != nil {
		return knowledge.TrainingSet{}, nil, err
	}
	limit := math.MaxInt
	if n := values["limit"]; len(n) > 0 {
		var err error
		if limit, err = strconv.Atoi(n[0]); err != nil || limit < 1 {
			return knowledge.TrainingSet{}, nil, fmt.Errorf("limit is %q; allowed: a number above 0", n[0])
		}
	}
	set, problems, err := e.trainingSet(p, name, len(values["no-filter"]) > 0)
	if err != nil {
		return set, problems, err
	}
	set.Questions = evenly(set.Questions, limit)
	strangers, err := strangers(values["strangers"])
	set.Questions = append(set.Questions, evenly(strangers, limit)...)
	return set, problems, err
}

// evenly takes n of a list, or all when they are fewer.
func evenly(all []knowledge.TrainingQuestion, n int) []knowledge.TrainingQuestion {
	if len(all) <= n {
		return all
	}
	out := make([]knowledge.TrainingQuestion, n)
	for i := range out {
		out[i] = all[i*len(all)/n]
	}
	return out
}

// strangers reads the texts of questions and the wordings of solutions, which
// nothing answers. Rows that are neither are passed over.
func strangers(paths []string) ([]knowledge.TrainingQuestion, error) {
	files := retrieval.Files{Problem: func(error) {}}
	questions, err := files.Questions(paths)
	if err != nil {
		return nil, err
	}
	solutions, err := files.Solutions(paths)
	if err != nil {
		return nil, err
	}
	var out []knowledge.TrainingQuestion
	add := func(text string) {
		out = append(out, knowledge.TrainingQuestion{ID: text, Query: knowledge.Query{Text: text}})
	}
	for _, q := range questions {
		add(q.Query.Text)
	}
	for _, s := range solutions {
		for _, wording := range s.Questions {
			add(wording)
		}
	}
	return out, nil
}

func (c *evalRetrievalCmd) trainingSet(p *program, name string, noFilter bool) (knowledge.TrainingSet, error, error) {
	var problems error
	files := retrieval.Files{Problem: func(r error) {
		fmt.Fprintln(p.stderr, r)
		problems = errProblems
	}}
	solutions, questions, err := c.read(p, files)
	if err != nil {
		return knowledge.TrainingSet{}, nil, err
	}
	index, err := knowledge.NewIndex(solutions, knowledge.Options{Log: p.log})
	if err != nil {
		return knowledge.TrainingSet{}, nil, err
	}
	set := knowledge.TrainingSet{Name: name, Index: index}
	for _, q := range questions {
		if !q.Judged {
			continue
		}
		if noFilter {
			q.Query.Products = nil
		}
		set.Questions = append(set.Questions, knowledge.TrainingQuestion{ID: q.ID, Query: q.Query, Relevant: q.Relevant})
	}
	return set, problems, nil
}
