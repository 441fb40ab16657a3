package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"assay/cmd/assay/internal/config"
	"assay/knowledge"
)

type solutionSynonymsCmd struct {
	List   synonymsListCmd   `cmd:"" help:"Print the synonyms."`
	Import synonymsImportCmd `cmd:"" help:"Replace all synonyms by those of a file."`
	Export synonymsExportCmd `cmd:"" help:"Print the synonyms as import reads them."`
}

type synonymsListCmd struct {
	JSON bool `name:"json" help:"Print synonyms as JSON."`
	config.Database
}

// Run prints the synonyms and how many there are.
func (c *synonymsListCmd) Run(p *program) (err error) {
	rules, err := storedSynonyms(p, c.Database)
	if err != nil {
		return err
	}
	if c.JSON {
		type rule struct {
			Phrases []string `json:"phrases"`
			To      []string `json:"to,omitempty"`
		}
		out := make([]rule, len(rules))
		for i, r := range rules {
			out[i] = rule(r)
		}
		printJSON(p, map[string]any{"synonyms": out})
		return nil
	}
	if len(rules) == 0 {
		fmt.Fprintln(p.stdout, "no synonyms")
	}
	return knowledge.WriteSynonyms(p.stdout, rules)
}

type synonymsExportCmd struct {
	config.Database
}

// Run prints the synonyms alone.
func (c *synonymsExportCmd) Run(p *program) error {
	rules, err := storedSynonyms(p, c.Database)
	if err != nil {
		return err
	}
	return knowledge.WriteSynonyms(p.stdout, rules)
}

func storedSynonyms(p *program, c config.Database) (rules []knowledge.Synonym, err error) {
	db, err := p.openDatabase(c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s, err := knowledge.NewLibrary(db.Pool()).Synonyms(p.ctx)
	return s.Rules(), err
}

type synonymsImportCmd struct {
	Path string `arg:"" name:"path" help:"Lines such as a = b (both directions) or a => b (one), # begins a comment; - is standard input."`
	config.Database
}

// Help shows a file.
func (c *synonymsImportCmd) Help() string {
	return `A file such as

    # both say the same
    宽带 = 光纤 = 家庭网络
    eSIM = 电子卡
    # who says Gold means the product, and not the other way round
    Gold => Premium Account

All synonyms are replaced, or none when a line cannot be used.`
}

// Run replaces the synonyms.
func (c *synonymsImportCmd) Run(p *program) (err error) {
	in, name := io.NopCloser(p.stdin), "standard input"
	if c.Path != "-" {
		name = c.Path
		if in, err = os.Open(c.Path); err != nil {
			return usageError{err}
		}
	}
	synonyms, err := knowledge.ReadSynonyms(in, name)
	if err = errors.Join(err, in.Close()); err != nil {
		fmt.Fprintln(p.stderr, err)
		return errProblems
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := knowledge.NewLibrary(db.Pool()).SetSynonyms(p.ctx, synonyms); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d synonyms\n", len(synonyms.Rules()))
	return nil
}

// readSynonyms reads a file; "" is none.
func readSynonyms(path string) (*knowledge.Synonyms, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := knowledge.ReadSynonyms(f, path)
	return s, errors.Join(err, f.Close())
}
