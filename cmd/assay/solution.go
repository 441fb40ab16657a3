package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"assay/cmd/assay/internal/config"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

type solutionCmd struct {
	Import   solutionImportCmd   `cmd:"" help:"Store solutions from JSONL, CSV or Markdown."`
	Export   solutionExportCmd   `cmd:"" help:"Write solutions as JSONL, CSV or Markdown; import takes them back as they were."`
	Search   suggestCmd          `cmd:"" help:"Search the library: the same as suggest."`
	List     solutionListCmd     `cmd:"" help:"List solutions."`
	Show     solutionShowCmd     `cmd:"" help:"Print a solution."`
	History  solutionHistoryCmd  `cmd:"" help:"List who changed a solution, when and why."`
	Diff     solutionDiffCmd     `cmd:"" help:"Compare two revisions of a solution."`
	Edit     solutionEditCmd     `cmd:"" help:"Change a solution, or write a new one."`
	Restore  solutionRestoreCmd  `cmd:"" help:"Make an older revision of a solution the latest again."`
	Publish  solutionPublishCmd  `cmd:"" help:"Have solutions suggested."`
	Retire   solutionRetireCmd   `cmd:"" help:"Have solutions suggested no more."`
	Review   solutionReviewCmd   `cmd:"" help:"Note that somebody found solutions right."`
	Stale    solutionStaleCmd    `cmd:"" help:"List solutions whose review is overdue, or count them by owner."`
	Feedback solutionFeedbackCmd `cmd:"" help:"List what agents say against solutions, for their owners."`
	Bulk     solutionBulkCmd     `cmd:"" help:"Change many solutions at once, all or none."`
	Reindex  solutionReindexCmd  `cmd:"" help:"Build the index of the library anew."`
	Synonyms solutionSynonymsCmd `cmd:"" help:"The company's synonyms: list, import, export."`
	Train    solutionTrainCmd    `cmd:"" help:"Fit the weights of the ranking to questions whose solutions are known."`
}

// libraryReader is the flags of commands that read the library.
type libraryReader struct {
	JSON bool `name:"json" help:"Print JSON."`
	config.Database
}

// with opens the library for the time of do.
func (c *libraryReader) with(p *program, do func(*knowledge.Library) error) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return told(do(knowledge.NewLibrary(db.Pool())))
}

// told makes an error that users can mend one of usage.
func told(err error) error {
	problems, isProblems := errors.AsType[transcript.Problems](err)
	switch {
	case isProblems:
		return usageError{problems}
	case errors.Is(err, knowledge.ErrNotFound), errors.Is(err, knowledge.ErrNoFilter), errors.Is(err, knowledge.ErrNoEdits):
		return usageError{err}
	}
	return err
}

// libraryWriter is the flags of commands that change the library.
type libraryWriter struct {
	actFlags
	libraryReader
}

// change says who makes one; revision as in knowledge.Change.
func (c *libraryWriter) change(revision int) knowledge.Change {
	act := c.act()
	return knowledge.Change{By: act.By, Reason: act.Why, Revision: revision}
}

// readSolutions reads all files and folders. Records that cannot be used are
// printed; the others are returned with errProblems.
func (p *program) readSolutions(paths []string) ([]knowledge.Solution, error) {
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil && path != knowledge.Stdin {
			return nil, usageError{err}
		}
	}
	solutions, rejects := p.readAll(paths, knowledge.ReadOptions{})
	for _, r := range rejects {
		fmt.Fprintln(p.stderr, r)
	}
	if len(rejects) > 0 {
		return solutions, errProblems
	}
	return solutions, nil
}

// readAll parts what can be used from what cannot.
func (p *program) readAll(paths []string, o knowledge.ReadOptions) (solutions []knowledge.Solution, rejects []*knowledge.Reject) {
	for r := range knowledge.ReadFiles(paths, p.stdin, o) {
		if r.Reject != nil {
			rejects = append(rejects, r.Reject)
		} else {
			solutions = append(solutions, *r.Solution)
		}
	}
	return solutions, rejects
}

type suggestCmd struct {
	Question     []string        `arg:"" name:"question" help:"What the customer asks, or a chat, of which the customer's last question is taken; - is standard input."`
	Solutions    []string        `name:"solutions" type:"existingfile" placeholder:"FILE" help:"Search these files instead of the database."`
	Language     string          `name:"language" help:"Language of the answer: zh, en; by default the question's."`
	Products     []string        `name:"product" placeholder:"NAME" help:"Only solutions for this product and for all; may be repeated."`
	Region       string          `name:"region" placeholder:"NAME" help:"Only solutions for this region and for all."`
	CustomerType string          `name:"customer-type" placeholder:"TYPE" help:"Only solutions for these customers and for all: individual, enterprise."`
	Stage        knowledge.Stage `name:"stage" placeholder:"STAGE" help:"Scripts of this stage, too: guide, confirm_need, explain_solution, feedback."`
	Limit        int             `name:"limit" default:"3" help:"Suggestions, at most."`
	JSON         bool            `name:"json" help:"Print suggestions as JSON."`
	Threshold    float64         `name:"threshold" env:"ASSAY_THRESHOLD" default:"0.5" help:"Least score of a suggestion."`
	Synonyms     string          `name:"synonyms" type:"existingfile" placeholder:"FILE" help:"Synonyms instead of the database's: lines such as a = b, a => b."`
	config.Database
	config.Index
}

// Run prints suggestions; finding none is no error.
func (c *suggestCmd) Run(p *program) (err error) {
	query, made, err := c.query(p)
	if err != nil {
		return err
	}
	index, done, err := c.index(p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	found, err := index.Suggest(p.ctx, query)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, suggestReport{query.Text, found})
		return nil
	}
	if made == knowledge.AskPasted {
		fmt.Fprintf(p.stdout, "asked in the chat: %s\n", printable(query.Text))
	}
	for _, s := range found {
		fmt.Fprintf(p.stdout, "%3.0f %%  %s  %s\n       %s\n", 100*s.Score, s.SolutionID, printable(s.Title), printable(s.Passage))
	}
	if len(found) == 0 {
		fmt.Fprintln(p.stdout, "no solution fits well enough")
	}
	return nil
}

// suggestReport is what suggest prints as JSON.
type suggestReport struct {
	Question    string                `json:"question"` // of a chat, the one that was taken
	Suggestions []pipeline.Suggestion `json:"suggestions"`
}

// maxAsked is how long a question or a chat may be, in bytes.
const maxAsked = 100_000

// query reads what is asked, and for whom.
func (c *suggestCmd) query(p *program) (knowledge.Query, knowledge.AskMade, error) {
	q := knowledge.Query{Language: c.Language, Products: c.Products, Region: c.Region, CustomerType: c.CustomerType, Stage: c.Stage, Limit: c.Limit}
	if c.CustomerType != "" && !slices.Contains(transcript.CustomerTypes, c.CustomerType) {
		return q, "", usageError{fmt.Errorf("--customer-type: %q is unknown; allowed: %s", c.CustomerType, strings.Join(transcript.CustomerTypes, ", "))}
	}
	if c.Stage != "" && !slices.Contains(knowledge.Stages, c.Stage) {
		return q, "", usageError{fmt.Errorf("--stage: %q is unknown; allowed: guide, confirm_need, explain_solution, feedback", c.Stage)}
	}
	text := strings.Join(c.Question, " ")
	if text == "-" {
		read, err := io.ReadAll(io.LimitReader(p.stdin, maxAsked+1))
		if err != nil {
			return q, "", fmt.Errorf("read the question from standard input: %w", err)
		}
		text = string(read)
	}
	if len(text) > maxAsked {
		return q, "", usageError{fmt.Errorf("the question is over %d bytes", maxAsked)}
	}
	var made knowledge.AskMade
	q.Text, q.Context, made = knowledge.HearQuestion(p.ctx, text, nil)
	if q.Text == "" {
		return q, "", usageError{errors.New("the question is empty")}
	}
	return q, made, nil
}

func (c *suggestCmd) index(p *program) (*knowledge.Index, func() error, error) {
	if err := config.Threshold(c.Threshold); err != nil {
		return nil, nil, usageError{err}
	}
	if c.Limit < 1 || c.Limit > 50 {
		return nil, nil, usageError{fmt.Errorf("--limit: %d is out of range; allowed: 1 to 50", c.Limit)}
	}
	o := knowledge.Options{Threshold: c.Threshold, Log: p.log}
	var err error
	if o.Synonyms, err = readSynonyms(c.Synonyms); err != nil {
		return nil, nil, usageError{err}
	}
	if len(c.Solutions) > 0 {
		solutions, err := p.readSolutions(c.Solutions)
		if err != nil {
			return nil, nil, err
		}
		index, err := knowledge.NewIndex(solutions, o)
		if err != nil {
			return nil, nil, err
		}
		return index, index.Close, nil
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return nil, nil, err
	}
	index, err := p.openIndex(p.ctx, db, c.Index, o)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return index, func() error { return errors.Join(index.Close(), db.Close()) }, nil
}
