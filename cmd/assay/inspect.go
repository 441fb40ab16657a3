package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/cmd/assay/internal/web/text"
	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

type inspectCmd struct {
	Paths     []string `arg:"" name:"path" help:"Files or folders of transcripts; - is standard input."`
	Scorecard []string `name:"scorecard" short:"s" type:"existingfile" placeholder:"FILE" help:"Scorecard to inspect by; the first that fits a session counts. Default: retail-chat and telecom-call."`
	Plan      string   `name:"plan" type:"existingfile" placeholder:"FILE" help:"Plan that chooses the scorecard of each session."`
	Solutions []string `name:"solutions" type:"existingfile" placeholder:"FILE" help:"Solutions (JSONL) to suggest answers from."`
	JSON      bool     `name:"json" help:"Print verdicts as JSONL."`
	Zone      string   `name:"zone" env:"ASSAY_ZONE" default:"Asia/Shanghai" help:"Time zone of times that name none."`
	Threshold float64  `name:"threshold" env:"ASSAY_THRESHOLD" default:"0.5" help:"Least score of a suggestion."`
	NoJudge   bool     `name:"no-judge" env:"ASSAY_NO_JUDGE" help:"Ask no model, also where one is configured."`
	config.Read
	config.Model
	config.Judging
}

// Run inspects in parallel and prints in the order of the input.
func (c *inspectCmd) Run(p *program) error {
	zone, err := config.Database{Zone: c.Zone}.Location()
	if err != nil {
		return usageError{err}
	}
	read, err := c.Read.Options(zone)
	if err != nil {
		return usageError{err}
	}
	read.Stdin = p.stdin
	cards, err := loadCards(c.Scorecard, scorecard.FirstPacks())
	if err != nil {
		return err
	}
	by := judges{cards: cards}
	if by.texts, err = text.Load(); err != nil {
		return err
	}
	if c.Plan != "" {
		if by.plan, err = planOver(c.Plan, cards); err != nil {
			return err
		}
	}
	if by.Inspector, err = c.inspector(p); err != nil {
		return err
	}
	if !c.NoJudge {
		if by.judging, by.asking, err = p.judgeAtOnce(c.Model, c.Judging); err != nil {
			return err
		}
		if missing := c.Model.Missing(); missing != "" {
			fmt.Fprintln(p.stderr, "note:", missing)
		}
	}
	out := bufio.NewWriterSize(p.stdout, 1<<16)
	n, err := c.inspectAll(p, out, by, read)
	if err == nil && !c.JSON {
		err = n.undetermined.write(out, by.texts, language())
	}
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return err
	}
	if n.sessions+n.left+n.problems == 0 {
		return usageError{fmt.Errorf("no transcripts in %s", strings.Join(c.Paths, ", "))}
	}
	c.sum(p, by, n)
	if n.problems > 0 || by.asking.unanswered(n.unavailable) {
		return errProblems
	}
	return nil
}

// sum says on standard error what became of the input, and what the model took.
func (c *inspectCmd) sum(p *program, by judges, n inspectCounts) {
	if !c.JSON {
		fmt.Fprintf(p.stderr, "%d sessions inspected, %d records refused\n", n.sessions, n.problems)
	}
	if n.noModel > 0 {
		fmt.Fprintf(p.stderr, "%d sessions have criteria that only a model answers, and none is asked: these are undetermined and leave the score\n", n.noModel)
	}
	if n.left > 0 {
		fmt.Fprintf(p.stderr, "%d sessions left out by the plan\n", n.left)
	}
	if by.asking != nil {
		fmt.Fprintln(p.stderr, by.asking.took(c.LLM, n.judged))
	}
}

func (c *inspectCmd) inspector(p *program) (*pipeline.Inspector, error) {
	t, err := tone.New()
	if err != nil {
		return nil, err
	}
	if err := config.Threshold(c.Threshold); err != nil {
		return nil, usageError{err}
	}
	inspector := &pipeline.Inspector{Tone: t}
	if err := p.addEmbedder(inspector, c.Model, nil); err != nil {
		return nil, err
	}
	if len(c.Solutions) == 0 {
		return inspector, nil
	}
	solutions, err := p.readSolutions(c.Solutions)
	if err != nil {
		return nil, err
	}
	index, err := knowledge.NewIndex(solutions, knowledge.Options{Threshold: c.Threshold, Log: p.log})
	if err != nil {
		return nil, err
	}
	inspector.Suggest = index
	return inspector, nil
}

// inspectCounts is what became of the input.
type inspectCounts struct {
	sessions, left, problems int
	noModel                  int  // of the sessions: with criteria that wait for a model, and none is configured
	judged                   int  // of the sessions: with an answer of the model
	unavailable              bool // that the model could not be asked was said
	undetermined             reasonCounts
}

// inspection is one record on its way to the output.
type inspection struct {
	record  transcript.Record
	verdict *pipeline.Verdict
	card    pipeline.Card
	left    *plan.Choice // the rule that leaves the session out
	none    error        // why no scorecard inspects it
	err     error
	done    chan struct{}
}

// judges are what sessions are inspected by.
type judges struct {
	*pipeline.Inspector
	judging jobs.Judging
	asking  *asking // nil without a model
	texts   text.Texts
	plan    *plan.Plan // nil: the first card that fits
	cards   []pipeline.Card
}

func (c *inspectCmd) inspectAll(p *program, out *bufio.Writer, by judges, read transcript.Options) (inspectCounts, error) {
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	workers := runtime.NumCPU()
	todo := make(chan *inspection)
	ordered := make(chan *inspection, 4*workers)
	var pool sync.WaitGroup
	for range workers {
		pool.Go(func() {
			for i := range todo {
				i.inspect(ctx, by)
			}
		})
	}
	go func() {
		defer close(ordered)
		defer close(todo)
		for rec := range transcript.Read(ctx, c.Paths, read) {
			i := &inspection{record: rec, done: make(chan struct{})}
			select {
			case ordered <- i:
			case <-ctx.Done():
				return
			}
			todo <- i
		}
	}()
	var n inspectCounts
	var failed error
	for i := range ordered {
		<-i.done
		if failed == nil {
			failed = c.print(p, out, i, by, &n)
		}
		if failed != nil {
			cancel()
		}
	}
	pool.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return n, failed
}

func (i *inspection) inspect(ctx context.Context, by judges) {
	defer close(i.done)
	if i.record.Session == nil {
		return
	}
	if i.card, i.left, i.none = pipeline.Choose(by.plan, by.cards, i.record.Session); i.none == nil && i.left == nil {
		i.verdict, i.err = jobs.Inspect(ctx, by.Inspector, by.judging, by.plan, i.record.Session, i.card)
	}
}

func (c *inspectCmd) print(p *program, out *bufio.Writer, i *inspection, by judges, n *inspectCounts) error {
	if why := by.asking.why(i.err); why != "" && i.verdict != nil {
		if i.err = nil; !n.unavailable {
			n.unavailable = true
			fmt.Fprintf(p.stderr, "%s; what it was to answer is undetermined\n", why)
		}
	}
	switch {
	case i.err != nil:
		return i.err
	case i.record.Reject != nil:
		n.problems++
		fmt.Fprintln(p.stderr, i.record.Reject)
		return nil
	case i.left != nil:
		n.left++
		return nil
	case i.none != nil:
		n.problems++
		fmt.Fprintf(p.stderr, "%s:%d: session %q: %v\n", i.record.File, i.record.Line, i.record.Session.ID, i.none)
		return nil
	}
	n.sessions++
	n.undetermined.add(i.verdict)
	if slices.ContainsFunc(i.verdict.Criteria, func(f pipeline.Finding) bool { return f.Judge != nil }) {
		n.judged++
	}
	if slices.ContainsFunc(i.verdict.Criteria, func(f pipeline.Finding) bool { return f.Reason == pipeline.NoModel }) {
		n.noModel++
	}
	if !c.JSON {
		return report{by.texts, language(), i.card}.write(out, i.record.Session, i.verdict)
	}
	line, err := i.verdict.JSON()
	if err != nil {
		return err
	}
	_, err = out.Write(append(line, '\n'))
	return err
}

// language is the language that the terminal's user reads.
func language() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}
