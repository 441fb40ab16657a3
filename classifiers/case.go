package classifiers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"assay/pipeline"
)

// Case is a session with the answers that a scorecard must give on it, kept in
// a txtar file: a description, and then the parts
//
//	-- scorecard.yaml --  a scorecard; or -- scorecard --, the path of its file from here
//	-- session --         lines such as "agent 1s-2s: text" and "@field value", see ParseSession
//	-- tone --            perhaps, lines "turn label confidence quote"; else the tone classifier's
//	-- questions --       perhaps, lines "turn solution tags: answer"; without it there is no library
//	-- near --            perhaps, how near the conditions came that did not hit, as Near writes it
//	-- criteria --        perhaps, the ids of the criteria that are shown; else all
//	-- want --            the answers with evidence and why, as Answers writes them
type Case struct {
	Card    pipeline.Card
	Want    string
	file    string
	archive *txtar.Archive
	in      *pipeline.Input
	toned   bool // the file says which tones there are
	shown   []string
}

// ReadCase reads a case file. Errors name the part of it, and the line.
func ReadCase(file string) (*Case, error) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		return nil, fmt.Errorf("read case: %w", err)
	}
	c := &Case{file: file, archive: archive}
	want, _ := c.part("want")
	c.Want = string(want)
	if err := c.readCard(); err != nil {
		return nil, err
	}
	text, ok := c.part("session")
	if !ok {
		return nil, fmt.Errorf("read case %s: it has no part %q", file, "session")
	}
	session, err := ParseSession(string(text))
	if err != nil {
		return nil, fmt.Errorf("read case %s: session %w", file, err)
	}
	c.in = pipeline.NewInput(session)
	if err := c.readTone(); err != nil {
		return nil, err
	}
	if text, ok := c.part("questions"); ok {
		if c.in.Questions, err = parseQuestions(session, string(text)); err != nil {
			return nil, fmt.Errorf("read case %s: questions %w", file, err)
		}
	}
	return c, c.readShown()
}

// Description is the text before the first part.
func (c *Case) Description() string { return strings.TrimSpace(string(c.archive.Comment)) }

func (c *Case) part(name string) ([]byte, bool) {
	for _, f := range c.archive.Files {
		if f.Name == name {
			return f.Data, true
		}
	}
	return nil, false
}

// readCard reads the scorecard in the file, or the one that it names.
func (c *Case) readCard() (err error) {
	name := c.file + "/scorecard.yaml"
	src, ok := c.part("scorecard.yaml")
	if !ok {
		path, ok := c.part("scorecard")
		if !ok {
			return fmt.Errorf("read case %s: it has neither a part %q nor %q", c.file, "scorecard.yaml", "scorecard")
		}
		name = filepath.Join(filepath.Dir(c.file), strings.TrimSpace(string(path)))
		if src, err = os.ReadFile(name); err != nil {
			return fmt.Errorf("read case %s: scorecard: %w", c.file, err)
		}
	}
	c.Card, err = Load(name, src)
	return err
}

func (c *Case) readTone() (err error) {
	text, ok := c.part("tone")
	if c.toned = ok; !ok {
		return nil
	}
	if c.in.Tone, err = parseTone(c.in.Session, string(text)); err != nil {
		return fmt.Errorf("read case %s: tone %w", c.file, err)
	}
	return nil
}

func (c *Case) readShown() error {
	text, _ := c.part("criteria")
	c.shown = strings.Fields(string(text))
	for _, id := range c.shown {
		if !slices.ContainsFunc(c.Card.Criteria(), hasID(id)) {
			return fmt.Errorf("read case %s: criteria: the scorecard has no criterion %q", c.file, id)
		}
	}
	return nil
}

// Answers answers the scorecard's criteria on the session and writes one line for
// each, with the evidence and what the conditions said below it. Tone is asked
// when the file has no tones.
func (c *Case) Answers(ctx context.Context, tone pipeline.ToneClassifier) string {
	in := *c.in
	if !c.toned {
		in.Tone = tone.Classify(ctx, &in)
	}
	answers := c.Card.Classifier.Classify(ctx, &in)
	var b strings.Builder
	for i, criterion := range c.Card.Criteria() {
		if len(c.shown) == 0 || slices.Contains(c.shown, criterion.ID) {
			writeAnswer(&b, criterion.ID, answers[i])
		}
	}
	return b.String()
}

// Near writes a line for each condition that did not hit, with how near it came,
// and returns it with what the file says; the same when the file does not say.
func (c *Case) Near(ctx context.Context) (want, got string, err error) {
	text, ok := c.part("near")
	if !ok {
		return "", "", nil
	}
	set, err := New(c.Card.Scorecard)
	if err != nil {
		return "", "", err
	}
	var b strings.Builder
	for _, x := range set.Explain(ctx, c.in) {
		for _, cond := range x.Conditions {
			switch {
			case cond.Near != nil && cond.Near.Turn >= 0:
				fmt.Fprintf(&b, "%s %s: %s, turn %d\n", x.Criterion.ID, cond.Name, cond.Near.Text, cond.Near.Turn)
			case cond.Near != nil:
				fmt.Fprintf(&b, "%s %s: %s\n", x.Criterion.ID, cond.Name, cond.Near.Text)
			}
		}
	}
	return string(text), b.String(), nil
}

func writeAnswer(b *strings.Builder, id string, a pipeline.Answer) {
	fmt.Fprintf(b, "%s: %s", id, a.Outcome)
	if a.Reason != "" {
		fmt.Fprintf(b, "(%s)", a.Reason)
	}
	fmt.Fprintf(b, " by %s, hits %d\n", a.By, a.Hits)
	for _, e := range a.Evidence {
		fmt.Fprintf(b, "  %s %d:%d-%d %q\n", e.Condition, e.Turn, e.Start, e.End, e.Quote)
	}
	for _, s := range a.Why {
		fmt.Fprintf(b, "  ? %s %s", s.Condition, s.State)
		if s.Reason != "" {
			fmt.Fprintf(b, "(%s)", s.Reason)
		}
		fmt.Fprintf(b, " in %d turns, %d to %d\n", s.Searched, s.From, s.To)
	}
}

// Rewrite makes answers the wanted ones and saves the file.
func (c *Case) Rewrite(answers string) error {
	c.Want = answers
	c.archive.Files = slices.DeleteFunc(c.archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	c.archive.Files = append(c.archive.Files, txtar.File{Name: "want", Data: []byte(answers)})
	if err := os.WriteFile(c.file, txtar.Format(c.archive), 0o644); err != nil {
		return fmt.Errorf("rewrite case: %w", err)
	}
	return nil
}

// errNoTurn is about a line of a session that is neither a turn nor a field.
var errNoTurn = errors.New(`no turn; allowed: "agent: text", "customer 12s: text", "agent 3s-9s: text", "@field value"`)
