package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"assay/classifiers"
	"assay/classifiers/llm"
	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/pipeline"
	"assay/pipeline/scorecard"
)

type scorecardTestCmd struct {
	Paths  []string `arg:"" optional:"" name:"path" help:"Scorecard files, case files (.txtar) and folders of these; default: the shipped scorecards."`
	JSON   bool     `name:"json" help:"Print failing examples and cases as JSONL."`
	Update bool     `name:"update" help:"Rewrite the wanted answers of cases that fail."`
	Judge  bool     `name:"judge" help:"Ask the configured model about the examples of judged criteria, once each, which may cost something."`
	quiet  bool     // print failing examples only
	config.Model
}

// Run runs the examples of scorecards and the cases, and prints those whose
// outcome is another.
func (c *scorecardTestCmd) Run(p *program) error {
	cards, cases, err := sortPaths(c.Paths)
	if err != nil {
		return usageError{err}
	}
	t, err := tone.New()
	if err != nil {
		return err
	}
	failing := 0
	if len(cards) > 0 || len(c.Paths) == 0 {
		if failing, err = c.examples(p, cards, t); err != nil {
			return err
		}
	}
	more, err := c.cases(p, cases, t)
	if err != nil {
		return err
	}
	if failing+more > 0 {
		return errProblems
	}
	return nil
}

// caseFile is the ending of the names of case files.
const caseFile = ".txtar"

// sortPaths parts paths into scorecard files and case files, those of folders
// included. A folder counts for its cases only: not every YAML file is a scorecard.
func sortPaths(paths []string) (cards, cases []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, nil, err
		case info.IsDir():
			found, err := casesIn(path)
			if err != nil {
				return nil, nil, err
			}
			cases = append(cases, found...)
		case filepath.Ext(path) == caseFile:
			cases = append(cases, path)
		default:
			cards = append(cards, path)
		}
	}
	return cards, cases, nil
}

func casesIn(folder string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == caseFile {
			found = append(found, path)
		}
		return err
	})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%s: no case file (%s) in this folder", folder, caseFile)
	}
	return found, err
}

// examples runs the examples of scorecard files and returns how many fail.
func (c *scorecardTestCmd) examples(p *program, paths []string, t *tone.Classifier) (int, error) {
	cards, err := loadCards(paths, scorecard.Packs())
	if err != nil {
		return 0, err
	}
	judge, err := c.judge(p)
	if err != nil {
		return 0, err
	}
	all := 0
	for _, card := range cards {
		all += c.report(p, card.ID, "hold", classifiers.CheckExamples(p.ctx, card, t))
		if judge == nil {
			continue
		}
		results, err := classifiers.JudgeExamples(p.ctx, card, t, judge)
		all += c.report(p, card.ID, "agree with the model "+judge.Version(), results)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// judge is the configured model; nil where it is not to be asked.
func (c *scorecardTestCmd) judge(p *program) (pipeline.Judge, error) {
	if !c.Judge {
		return nil, nil
	}
	ledger, err := llm.NewMemory(llm.MemoryOptions{})
	if err != nil {
		return nil, err
	}
	judge, err := p.newJudge(c.Model, ledger, patience, nil)
	if err == nil && judge == nil {
		err = usageError{errors.New("--judge: no model is configured (--llm-model)")}
	}
	return judge, err
}

// report prints the examples of a scorecard that fail, and returns how many.
func (c *scorecardTestCmd) report(p *program, card, how string, results []classifiers.ExampleResult) int {
	failing := slices.DeleteFunc(slices.Clone(results), classifiers.ExampleResult.OK)
	for _, f := range failing {
		if c.JSON {
			printJSON(p, f)
		} else {
			fmt.Fprintln(p.stdout, f)
		}
	}
	if !c.JSON && !c.quiet {
		fmt.Fprintf(p.stdout, "%s: %d of %d examples %s\n", card, len(results)-len(failing), len(results), how)
	}
	return len(failing)
}

// failedCase is a case with other answers than wanted.
type failedCase struct {
	File        string `json:"file"`
	Description string `json:"description"`
	Want        string `json:"want"`
	Got         string `json:"got"`
}

// cases runs case files and returns how many fail and are not rewritten. No file
// is rewritten when one of them cannot be read, nor where near misses differ:
// those are written by hand.
func (c *scorecardTestCmd) cases(p *program, files []string, t *tone.Classifier) (int, error) {
	var all []*classifiers.Case
	for _, file := range files {
		one, err := classifiers.ReadCase(file)
		if err != nil {
			return 0, usageError{err}
		}
		all = append(all, one)
	}
	failing := 0
	for i, one := range all {
		got := one.Answers(p.ctx, t)
		wantNear, near, err := one.Near(p.ctx)
		if err != nil {
			return 0, err
		}
		if got == one.Want && near == wantNear {
			continue
		}
		if c.Update && near == wantNear {
			if err := one.Rewrite(got); err != nil {
				return 0, err
			}
			fmt.Fprintf(p.stderr, "rewrote %s\n", files[i])
			continue
		}
		failing++
		c.print(p, failedCase{files[i], one.Description(), one.Want + wantNear, got + near})
	}
	if len(all) > 0 && !c.JSON {
		fmt.Fprintf(p.stdout, "%d of %d cases hold\n", len(all)-failing, len(all))
	}
	return failing, nil
}

func (c *scorecardTestCmd) print(p *program, f failedCase) {
	if c.JSON {
		printJSON(p, f)
		return
	}
	title, _, _ := strings.Cut(f.Description, "\n")
	fmt.Fprintf(p.stdout, "%s: other answers than wanted (- wanted, + given): %s\n", f.File, title)
	for _, line := range changedLines(strings.Split(f.Want, "\n"), strings.Split(f.Got, "\n")) {
		fmt.Fprintln(p.stdout, "  "+line)
	}
}

// changedLines are the lines that only one of two texts has, marked - and +, in
// their order.
func changedLines(a, b []string) []string {
	common := make([][]int, len(a)+1) // by the first lines left out of each: how many the rest have in common
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, "- "+a[i])
			i++
		default:
			out = append(out, "+ "+b[j])
			j++
		}
	}
	return out
}
