package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/pipeline/redact"
	"assay/pipeline/transcript"
)

type redactCmd struct {
	Paths  []string `arg:"" name:"path" help:"Files or folders of transcripts, or files of plain lines; - is standard input."`
	Policy string   `name:"redaction" env:"ASSAY_REDACTION" type:"existingfile" placeholder:"FILE" help:"YAML file that says what personal data is replaced for whom. Default: all types but links for model and export, what opens accounts for pages."`
	For    string   `name:"for" default:"model" help:"Who reads the result: model, export, default (pages), or a role: agent, reviewer, supervisor, admin."`
	Lines  bool     `name:"lines" help:"Take every line for a text of its own. By default so are files whose content is of no format."`
	JSON   bool     `name:"json" help:"Print one JSON object for each text."`
	config.Read
}

// redactedText is one text in JSON. Offsets of spans are bytes of the original;
// what stood there is not printed.
type redactedText struct {
	File    string               `json:"file"`
	Line    int                  `json:"line"` // where the text or its session begins, from 1
	Session transcript.SessionID `json:"session,omitempty"`
	Turn    int                  `json:"turn"` // from 0; 0 for plain lines
	Speaker transcript.Speaker   `json:"speaker,omitempty"`
	Text    string               `json:"text"`
	Spans   []redactedSpan       `json:"spans"`
}

type redactedSpan struct {
	Start      int         `json:"start"`
	End        int         `json:"end"`
	Type       redact.Type `json:"type"`
	Tag        string      `json:"tag"`
	Confidence float64     `json:"confidence"`
	Reason     string      `json:"reason"`
}

// redacting is a run of the command.
type redacting struct {
	*program
	rules                  redact.Rules
	json                   bool
	out                    *bufio.Writer
	texts, spans, problems int
}

// Run prints every text as the policy's audience may read it.
func (c *redactCmd) Run(p *program) error {
	rules, err := redactionRules(c.Policy, c.For)
	if err != nil {
		return err
	}
	read, err := c.Options(time.UTC)
	if err != nil {
		return usageError{err}
	}
	if c.Lines && c.Format != "" {
		return usageError{errors.New("--lines and --format exclude each other")}
	}
	r := &redacting{program: p, rules: rules, json: c.JSON, out: bufio.NewWriterSize(p.stdout, 1<<16)}
	for _, path := range c.Paths {
		if err := c.path(r, path, read); err != nil {
			return errors.Join(err, r.out.Flush())
		}
	}
	if err := r.out.Flush(); err != nil {
		return err
	}
	if r.texts+r.problems == 0 {
		return usageError{fmt.Errorf("no text in %s", strings.Join(c.Paths, ", "))}
	}
	if !c.JSON {
		fmt.Fprintf(p.stderr, "%d texts, %d places redacted for %s (rules %s), %d records refused\n", r.texts, r.spans, c.For, rules.Version(), r.problems)
	}
	if r.problems > 0 {
		return errProblems
	}
	return nil
}

// path prints one path's texts.
func (c *redactCmd) path(r *redacting, path string, read transcript.Options) error {
	plain, in, err := c.plain(r, path)
	if err != nil {
		r.refuse(err)
		return nil
	}
	defer in.Close() // it was only read
	if plain {
		return r.lines(path, in, c.LineBytes)
	}
	read.Stdin = in
	for rec := range transcript.Read(r.ctx, []string{path}, read) {
		if rec.Reject != nil {
			r.refuse(rec.Reject)
			continue
		}
		if err := r.session(rec); err != nil {
			return err
		}
	}
	return r.ctx.Err()
}

func (r *redacting) refuse(err any) {
	r.problems++
	fmt.Fprintln(r.stderr, err)
}

// plain reports whether a path is read as lines, and opens it if so. Standard
// input is open in any case. Formats are recognised by content; a file that has a
// format's extension other than .txt gets that format's messages.
func (c *redactCmd) plain(r *redacting, path string) (bool, io.ReadCloser, error) {
	none := io.NopCloser(bytes.NewReader(nil))
	in := io.NopCloser(r.stdin)
	if path != transcript.Stdin {
		info, err := os.Stat(path)
		if err != nil || info.IsDir() || !info.Mode().IsRegular() {
			return false, none, nil // the importer's messages
		}
		f, err := os.Open(path)
		if err != nil {
			return false, none, err
		}
		in = f
	}
	buffered := bufio.NewReaderSize(in, 1<<16)
	reader := struct {
		io.Reader
		io.Closer
	}{buffered, in}
	if c.Lines || c.Format != "" {
		return c.Lines, reader, nil
	}
	beginning, err := buffered.Peek(1 << 16)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, reader, fmt.Errorf("%s: %w", path, err)
	}
	extension := strings.ToLower(filepath.Ext(strings.TrimSuffix(path, ".gz")))
	known := slices.Contains([]string{".jsonl", ".json", ".ndjson", ".csv", ".tsv"}, extension)
	return !known && len(beginning) > 0 && !transcript.Recognises(beginning), reader, nil
}

// lines prints plain lines, each a text of its own. Blank ones are none.
func (r *redacting) lines(path string, in io.Reader, limit int) error {
	n := 0
	for line, err := range transcript.Lines(in, limit) {
		n++
		switch {
		case r.ctx.Err() != nil:
			return context.Cause(r.ctx)
		case err != nil:
			r.refuse(fmt.Errorf("%s: %w", path, err))
		case strings.TrimSpace(line) != "":
			text := r.rules.Text(line)
			if err := r.print(redactedText{File: path, Line: n, Text: text.Text}, text.Spans); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *redacting) session(rec transcript.Record) error {
	done := r.rules.Session(rec.Session)
	if !r.json {
		fmt.Fprintf(r.out, "=== %s ===\n", printable(string(rec.Session.ID)))
	}
	for i, text := range done.Turns {
		t := redactedText{File: rec.File, Line: rec.Line, Session: rec.Session.ID, Turn: i, Speaker: rec.Session.Turns[i].Speaker, Text: text.Text}
		if err := r.print(t, text.Spans); err != nil {
			return err
		}
	}
	return nil
}

// print writes a text and its spans.
func (r *redacting) print(t redactedText, spans []redact.Span) error {
	r.texts++
	r.spans += len(spans)
	t.Spans = make([]redactedSpan, len(spans))
	for i, s := range spans {
		t.Spans[i] = redactedSpan{s.Start, s.End, s.Type, s.Tag, s.Confidence, s.Reason}
	}
	if r.json {
		in := json.NewEncoder(r.out)
		in.SetEscapeHTML(false) // tags are in angle brackets
		return in.Encode(t)
	}
	speaker := ""
	if t.Speaker != "" {
		speaker = string(t.Speaker) + ": "
	}
	fmt.Fprintf(r.out, "%s%s\n", speaker, printable(t.Text))
	for _, s := range t.Spans {
		fmt.Fprintf(r.out, "    %s %s, bytes %d–%d, %.2f: %s\n", printable(s.Tag), s.Type, s.Start, s.End, s.Confidence, s.Reason)
	}
	return nil
}
