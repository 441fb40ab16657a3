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

	"assay/cmd/assay/internal/config"
	"assay/pipeline/injection"
	"assay/pipeline/transcript"
)

type evalInjectionCmd struct {
	Paths  []string `arg:"" name:"path" help:"Files or folders: attacks are JSONL with text and category, everything else is honest sessions (.gz too)."`
	JSON   bool     `name:"json" help:"Print figures as JSON."`
	Errors int      `name:"errors" placeholder:"N" help:"Print up to N missed attacks and N false hits of each file to standard error."`
	config.Read
}

// attackText is a text that gives orders to a model.
type attackText struct {
	Text     string `json:"text"`
	Category string `json:"category"`
	Source   string `json:"source"`
}

// injectionEval counts the texts of a group, or the turns of a file. Odd ones are
// those that were found at any level.
type injectionEval struct {
	Name      string `json:"name"`
	N         int    `json:"n"`
	Suspected int    `json:"suspected"`
	Odd       int    `json:"odd"`
	errors    int    // printed
}

func (e *injectionEval) share(hits int) float64 {
	if e.N == 0 {
		return 0
	}
	return 100 * float64(hits) / float64(e.N)
}

// injectionEvaluation gathers the figures: attacks by category, turns by file.
type injectionEvaluation struct {
	attacks map[string]*injectionEval
	honest  []*injectionEval
	errors  int
	stderr  io.Writer
}

// Run finds injections in all files and prints recall and false hits.
func (c *evalInjectionCmd) Run(p *program) error {
	read, err := c.Read.Options(time.UTC)
	if err != nil {
		return usageError{err}
	}
	e := &injectionEvaluation{attacks: map[string]*injectionEval{}, errors: c.Errors, stderr: p.stderr}
	rejected := 0
	for _, path := range c.Paths {
		err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			attacks, err := readAttacks(path)
			if err != nil {
				return err
			}
			if attacks != nil {
				e.addAttacks(attacks)
				return nil
			}
			n, err := e.addSessions(p, path, read)
			rejected += n
			return err
		})
		if err != nil {
			return usageError{fmt.Errorf("evaluate injections: %w", err)}
		}
	}
	if err := e.print(p, c.JSON); err != nil {
		return err
	}
	if rejected > 0 {
		return errProblems
	}
	return nil
}

// readAttacks reads a file of attacks; nil is a file of something else.
func readAttacks(path string) (attacks []attackText, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<16)
	if magic, err := in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		in = bufio.NewReaderSize(unzipped, 1<<16)
	}
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			var a attackText
			if json.Unmarshal(line, &a) != nil || a.Text == "" || a.Category == "" {
				if attacks == nil {
					return nil, nil
				}
				return nil, fmt.Errorf("%s:%d: no attack: text and category must not be empty", path, number)
			}
			attacks = append(attacks, a)
		}
		if errors.Is(err, io.EOF) {
			return attacks, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
}

func (e *injectionEvaluation) addAttacks(attacks []attackText) {
	for _, a := range attacks {
		s := &transcript.Session{Turns: []transcript.Turn{{Speaker: transcript.Customer, Text: a.Text}}}
		places := injection.Find(s, []transcript.Folded{transcript.Fold(a.Text)})
		for _, name := range []string{a.Source + " " + a.Category, "all"} {
			if e.attacks[name] == nil {
				e.attacks[name] = &injectionEval{Name: name}
			}
			e.attacks[name].count(places)
		}
		if all := e.attacks["all"]; len(places) == 0 && all.errors < e.errors {
			all.errors++
			fmt.Fprintf(e.stderr, "missed: %s: %q\n", a.Category, a.Text)
		}
	}
}

// addSessions counts the turns of one file and returns how many records were refused.
func (e *injectionEvaluation) addSessions(p *program, path string, read transcript.Options) (rejected int, err error) {
	row := &injectionEval{Name: path}
	e.honest = append(e.honest, row)
	var folder transcript.Folder
	var folded []transcript.Folded
	for rec := range transcript.Read(p.ctx, []string{path}, read) {
		if rec.Reject != nil {
			fmt.Fprintln(p.stderr, rec.Reject)
			rejected++
			continue
		}
		s := rec.Session
		folded = folder.Turns(s.Turns, folded)
		places := injection.Find(s, folded)
		for i := range s.Turns {
			n := 0
			for n < len(places) && places[n].Turn == i {
				n++
			}
			row.count(places[:n])
			e.explain(row, s, places[:n])
			places = places[n:]
		}
	}
	return rejected, p.ctx.Err()
}

func (e *injectionEvaluation) explain(row *injectionEval, s *transcript.Session, places []injection.Place) {
	for _, p := range places {
		if row.errors < e.errors {
			row.errors++
			fmt.Fprintf(e.stderr, "%s: %s turn %d: %s %s %q\n", row.Name, s.ID, p.Turn+1, p.Level, p.Kind, s.Quote(p.Span))
		}
	}
}

// count counts a text with its places.
func (e *injectionEval) count(places []injection.Place) {
	e.N++
	if len(places) > 0 {
		e.Odd++
	}
	if slices.ContainsFunc(places, func(p injection.Place) bool { return p.Level == injection.Suspected }) {
		e.Suspected++
	}
}

func (e *injectionEvaluation) print(p *program, asJSON bool) error {
	attacks := []*injectionEval{}
	for _, name := range slices.Sorted(maps.Keys(e.attacks)) {
		attacks = append(attacks, e.attacks[name])
	}
	if asJSON {
		printJSON(p, map[string]any{"attacks": attacks, "honest": append([]*injectionEval{}, e.honest...)})
		return nil
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, group := range []struct {
		head string
		rows []*injectionEval
	}{{"attacks\ttexts", attacks}, {"honest\tturns", e.honest}} {
		if len(group.rows) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s\tsuspected\tor odd\n", group.head)
		for _, r := range group.rows {
			fmt.Fprintf(w, "%s\t%d\t%.3f %%\t%.3f %%\n", r.Name, r.N, r.share(r.Suspected), r.share(r.Odd))
		}
	}
	return w.Flush()
}
