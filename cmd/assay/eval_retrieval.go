package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/knowledge"
	"assay/knowledge/retrieval"
	"assay/pipeline/transcript"
)

type evalRetrievalCmd struct {
	Corpus    []string `name:"corpus" required:"" type:"existingfile" placeholder:"FILE" help:"JSONL files of solutions, or of a retrieval corpus with title and text (.gz too)."`
	Queries   []string `name:"queries" type:"existingfile" placeholder:"FILE" help:"JSONL files of questions: id, text, and perhaps turns before it, entities, language (.gz too)."`
	Sessions  []string `name:"sessions" type:"existingfile" placeholder:"FILE" help:"Sessions in which the questions were asked, by the questions' ids: what was said before is their context (any format of import, .gz too)."`
	Qrels     []string `name:"qrels" type:"existingfile" placeholder:"FILE" help:"Tables of question, solution, grade, in the form of BEIR or TREC. Queries may have their solutions in want instead."`
	HeldOut   string   `name:"held-out" placeholder:"SHARE" help:"Instead of --queries and --qrels: ask this share of every solution's wordings and take them out of the library; 0.2 is the same as 20%."`
	NoFilter  bool     `name:"no-filter" help:"Ignore the questions' entities, which else are the products to search."`
	NoContext bool     `name:"no-context" help:"Ignore the turns before the questions."`
	Threshold float64  `name:"threshold" env:"ASSAY_THRESHOLD" default:"0.5" help:"Least score of a suggestion."`
	Synonyms  string   `name:"synonyms" type:"existingfile" placeholder:"FILE" help:"Company synonyms: lines such as a = b, a => b."`
	JSON      bool     `name:"json" help:"Print figures as JSON."`
	steps
	config.Model
}

// Help says what is counted.
func (c *evalRetrievalCmd) Help() string {
	return `nDCG, MRR, recall and hit@1 are of the ranking without a threshold, to place 10. "answered" and the precisions are of
the at most three suggestions above the threshold. Questions whose judgements all have grade 0 have no answer:
a suggestion for them is a false answer. Questions without judgements are counted and not asked. Brackets are 95 % intervals.`
}

// Run measures what can be read, and reports the rest.
func (c *evalRetrievalCmd) Run(p *program) (err error) {
	if err := c.check(); err != nil {
		return usageError{err}
	}
	var problems error
	files := retrieval.Files{Problem: func(r error) {
		fmt.Fprintln(p.stderr, r)
		problems = errProblems
	}}
	solutions, questions, err := c.read(p, files)
	if err != nil {
		return usageError{err}
	}
	synonyms, err := readSynonyms(c.Synonyms)
	if err != nil {
		return usageError{err}
	}
	embedder, err := p.embedder(c.Model, nil)
	if err != nil {
		return err
	}
	index, err := knowledge.NewIndex(solutions, knowledge.Options{
		Threshold: c.Threshold, Log: p.log, Synonyms: synonyms, Embedder: embedder, EmbedWait: c.Timeout,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	if embedder != nil {
		bar := newProgress(p.stderr, "embedding")
		if err := index.Embed(p.ctx, bar.show); err != nil {
			return err
		}
		bar.finish(len(solutions), len(solutions))
	}
	step, done := c.steps.to(p)
	figures, err := retrieval.Evaluate(p.ctx, index, questions, retrieval.Options{NoFilter: c.NoFilter, NoContext: c.NoContext, Log: step})
	done()
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, figures)
		return problems
	}
	return errors.Join(figures.Write(p.stdout), problems)
}

func (c *evalRetrievalCmd) check() error {
	asked := len(c.Queries)+len(c.Qrels)+len(c.Sessions) > 0
	switch {
	case c.HeldOut != "" && asked:
		return errors.New("--held-out goes without --queries, --qrels and --sessions")
	case c.HeldOut == "" && len(c.Queries) == 0:
		return errors.New("give --queries with --qrels, or --held-out")
	}
	if _, err := heldOut(c.HeldOut); err != nil {
		return err
	}
	return config.Threshold(c.Threshold)
}

// heldOut reads a share above 0 and below 1, such as 0.2 or 20%; "" is 0.
func heldOut(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	number, percent := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(number, 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share > 0 && share < 1) {
		return 0, fmt.Errorf("--held-out is %q; allowed: above 0, below 1, such as 0.2 or 20%%", text)
	}
	return share, nil
}

// read returns the library and the questions to it.
func (c *evalRetrievalCmd) read(p *program, files retrieval.Files) ([]knowledge.Solution, []retrieval.Question, error) {
	share, err := heldOut(c.HeldOut)
	if err != nil {
		return nil, nil, err
	}
	solutions, err := files.Solutions(c.Corpus)
	if err != nil {
		return nil, nil, err
	}
	if share > 0 {
		kept, questions := retrieval.HoldOut(solutions, share)
		return kept, questions, nil
	}
	questions, err := files.Questions(c.Queries)
	if err != nil {
		return nil, nil, err
	}
	unknown, err := files.Judgements(c.Qrels, questions)
	if err == nil && unknown > 0 {
		fmt.Fprintf(p.stderr, "%d judgements are of questions that are not asked\n", unknown)
	}
	if err != nil || len(c.Sessions) == 0 {
		return solutions, questions, err
	}
	missing, err := files.Sessions(p.ctx, c.Sessions, transcript.Options{Zone: time.UTC}, questions)
	if err == nil && missing > 0 {
		fmt.Fprintf(p.stderr, "%d questions have no session\n", missing)
	}
	return solutions, questions, err
}
