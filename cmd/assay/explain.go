package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"assay/classifiers"
	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

type scorecardExplainCmd struct {
	Scorecard string   `arg:"" help:"Scorecard: a file, the name of a shipped one, or the id or id@version of a published one."`
	Session   string   `arg:"" help:"Session: a file or folder of transcripts (- is standard input), or the id of a stored session."`
	ID        string   `name:"session" placeholder:"ID" help:"Explain only this session of the file."`
	Criterion []string `name:"criterion" placeholder:"ID" help:"Explain only this criterion; may be repeated."`
	Solutions []string `name:"solutions" type:"existingfile" placeholder:"FILE" help:"Solutions (JSONL) that conditions of kind knowledge compare with. Default: the database's, where it is used."`
	Threshold float64  `name:"threshold" env:"ASSAY_THRESHOLD" default:"0.5" help:"Least score of a suggestion."`
	JSON      bool     `name:"json" help:"Print explanations as JSONL, one session a line."`
	config.Read
	config.Database
	config.Index
}

// Run explains every session in turn.
func (c *scorecardExplainCmd) Run(p *program) (err error) {
	x := &explaining{cmd: c, p: p}
	defer func() { err = errors.Join(err, x.close()) }()
	if err := x.prepare(); err != nil {
		return err
	}
	out := bufio.NewWriterSize(p.stdout, 1<<16)
	err = x.sessions(func(s *transcript.Session) error { return x.explain(out, s) })
	return errors.Join(err, out.Flush())
}

// explaining is a run of the command: what it opened so far.
type explaining struct {
	cmd       *scorecardExplainCmd
	p         *program
	db        *database // nil while nothing stored was asked for
	index     *knowledge.Index
	card      pipeline.Card
	set       *classifiers.Set
	inspector *pipeline.Inspector
}

func (x *explaining) close() error {
	var err error
	if x.index != nil {
		err = x.index.Close()
	}
	if x.db != nil {
		err = errors.Join(err, x.db.Close())
	}
	return err
}

func (x *explaining) open() error {
	if x.db != nil {
		return nil
	}
	var err error
	x.db, err = x.p.openDatabase(x.cmd.Database)
	return err
}

// prepare loads the scorecard and what inspects by it.
func (x *explaining) prepare() error {
	name, src, err := x.source()
	if err != nil {
		return err
	}
	if x.card, err = classifiers.Load(name, src); err != nil {
		return usageError{err}
	}
	if x.set, err = classifiers.New(x.card.Scorecard); err != nil {
		return err
	}
	if err := x.checkCriteria(); err != nil {
		return err
	}
	t, err := tone.New()
	if err != nil {
		return err
	}
	x.inspector = &pipeline.Inspector{Tone: t}
	if !x.isFile() {
		if err := x.open(); err != nil {
			return err
		}
	}
	return x.library()
}

// source finds the scorecard: a file goes before a shipped one, that before a
// published one.
func (x *explaining) source() (name string, src []byte, err error) {
	name = x.cmd.Scorecard
	if _, err := os.Stat(name); err == nil {
		src, err := os.ReadFile(name)
		if err != nil {
			return "", nil, usageError{err}
		}
		return name, src, nil
	}
	var shipped []string
	for _, pack := range scorecard.Packs() {
		if name == pack.Name || name == pack.Name+".yaml" {
			return pack.Name, pack.Source, nil
		}
		shipped = append(shipped, pack.Name)
	}
	if strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") {
		return "", nil, usageError{fmt.Errorf("scorecard %q: no such file, nor a shipped scorecard (%s)", name, strings.Join(shipped, ", "))}
	}
	if err := x.open(); err != nil {
		return "", nil, err
	}
	found, err := x.published(name)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil, usageError{fmt.Errorf("scorecard %q: no such file, nor a shipped scorecard (%s), nor a published one", name, strings.Join(shipped, ", "))}
	}
	return name, []byte(found.Source), err
}

// published is a stored version: of id@version that one, of an id the active one.
func (x *explaining) published(name string) (store.Published, error) {
	if id, version, ok := strings.Cut(name, "@"); ok {
		return x.db.Scorecard(x.p.ctx, id, version)
	}
	active, err := x.db.ActiveScorecards(x.p.ctx)
	if err != nil {
		return store.Published{}, err
	}
	i := slices.IndexFunc(active, func(s store.Published) bool { return s.Slug == name })
	if i < 0 {
		return store.Published{}, store.ErrNotFound
	}
	return active[i], nil
}

func (x *explaining) checkCriteria() error {
	var known []string
	for _, c := range x.card.Criteria() {
		known = append(known, c.ID)
	}
	for _, id := range x.cmd.Criterion {
		if slices.Contains(known, id) {
			continue
		}
		hint := ""
		if near := scorecard.Nearest(id, known); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return usageError{fmt.Errorf("--criterion: scorecard %s has no criterion %q%s; allowed: %s", x.card.ID, id, hint, strings.Join(known, ", "))}
	}
	return nil
}

// library opens the solutions, if there are any: without them what needs a
// library cannot be evaluated.
func (x *explaining) library() error {
	if err := config.Threshold(x.cmd.Threshold); err != nil {
		return usageError{err}
	}
	o := knowledge.Options{Threshold: x.cmd.Threshold, Log: x.p.log}
	var err error
	switch {
	case len(x.cmd.Solutions) > 0:
		solutions, readErr := x.p.readSolutions(x.cmd.Solutions)
		if readErr != nil {
			return readErr
		}
		x.index, err = knowledge.NewIndex(solutions, o)
	case x.db != nil:
		x.index, err = x.p.openIndex(x.p.ctx, x.db, x.cmd.Index, o)
	}
	if err == nil && x.index != nil {
		x.inspector.Suggest = x.index
	}
	return err
}

// isFile reports whether the session argument names files.
func (x *explaining) isFile() bool {
	_, err := os.Stat(x.cmd.Session)
	return err == nil || x.cmd.Session == transcript.Stdin
}

// sessions calls explain with every session that is asked for.
func (x *explaining) sessions(explain func(*transcript.Session) error) error {
	if !x.isFile() {
		s, err := x.stored()
		if err != nil {
			return err
		}
		return explain(s)
	}
	zone, err := x.cmd.Location()
	if err != nil {
		return usageError{err}
	}
	read, err := x.cmd.Options(zone)
	if err != nil {
		return usageError{err}
	}
	read.Stdin = x.p.stdin
	refused, found := 0, 0
	for rec := range transcript.Read(x.p.ctx, []string{x.cmd.Session}, read) {
		switch {
		case rec.Reject != nil:
			refused++
			fmt.Fprintln(x.p.stderr, rec.Reject)
			continue
		case x.cmd.ID != "" && string(rec.Session.ID) != x.cmd.ID:
			continue
		}
		found++
		if err := explain(rec.Session); err != nil {
			return err
		}
	}
	return x.complete(found, refused)
}

// complete is the error of a run over files.
func (x *explaining) complete(found, refused int) error {
	switch {
	case x.p.ctx.Err() != nil:
		return x.p.ctx.Err()
	case refused > 0:
		return errProblems
	case found == 0 && x.cmd.ID != "":
		return usageError{fmt.Errorf("--session: no session %q in %s", x.cmd.ID, x.cmd.Session)}
	case found == 0:
		return usageError{fmt.Errorf("no transcripts in %s", x.cmd.Session)}
	}
	return nil
}

func (x *explaining) stored() (*transcript.Session, error) {
	key, err := x.db.FindSession(x.p.ctx, x.cmd.Session)
	if errors.Is(err, store.ErrNotFound) {
		return nil, usageError{fmt.Errorf("session %q: no such file, nor a stored session", x.cmd.Session)}
	}
	if err != nil {
		return nil, err
	}
	view, err := x.db.Session(x.p.ctx, key)
	if err != nil {
		return nil, err
	}
	return transcript.Decode([]byte(view.Content))
}

// explain inspects a session and prints how every criterion came about.
func (x *explaining) explain(out *bufio.Writer, s *transcript.Session) error {
	v, err := x.inspector.Inspect(x.p.ctx, s, x.card)
	if err != nil {
		return err
	}
	in := pipeline.NewInput(s)
	in.Tone = v.Tone
	if x.index != nil {
		in.Questions = v.Questions
	}
	all := x.set.Explain(x.p.ctx, in)
	if err := x.p.ctx.Err(); err != nil {
		return err
	}
	e := &explainedSession{session: s, verdict: v, card: x.card.Scorecard, all: all, only: x.cmd.Criterion}
	if x.cmd.JSON {
		return e.json(out)
	}
	_, err = out.WriteString(e.text(language()))
	return err
}
