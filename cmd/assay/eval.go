package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

type evalCmd struct {
	Criteria  evalCriteriaCmd  `cmd:"" help:"Compare criteria with labels: criterion X with labels.checks.X of each session, which is true, false or null."`
	Redaction evalRedactionCmd `cmd:"" help:"Compare redaction with texts whose personal data is marked."`
	Questions evalQuestionsCmd `cmd:"" help:"Compare which turns of customers are taken for questions with labels.needs_knowledge of each session."`
	Retrieval evalRetrievalCmd `cmd:"" help:"Measure the search of solutions: on questions with judgements, or on wordings held back from the library."`
	Injection evalInjectionCmd `cmd:"" help:"Measure the detector of orders to the judging model: recall on attacks, false hits on honest sessions."`
	Tone      evalToneCmd      `cmd:"" help:"Learn the tone classifier by folds, and compare its answers with labels."`
}

// labels are labels.checks of sessions; see labelOf.
type labels map[transcript.SessionID]map[string]any

// labelOf reads a label: true or met, false or not_met; null and not_applicable are
// none. Its error says what else it is.
func labelOf(v any) (is, known bool, err error) {
	switch v {
	case nil, string(pipeline.NotApplicable):
		return false, false, nil
	case true, string(pipeline.Met):
		return true, true, nil
	case false, string(pipeline.NotMet):
		return false, true, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return false, false, err
	}
	return false, false, errors.New(clip(string(text)))
}

// readChecks reads the labels of all files, in folders too. Lines that are no
// JSON have none; the importer reports them.
func readChecks(paths []string) (labels, error) {
	checks := labels{}
	for _, path := range paths {
		err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return checks.readFile(path)
		})
		if err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
	}
	return checks, nil
}

func (l labels) readFile(path string) error { return eachLine(path, l.readLine) }

// eachLine gives the lines of a file, plain or packed by gzip.
func eachLine(path string, take func(line []byte)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<16)
	if magic, err := in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		in = bufio.NewReaderSize(unzipped, 1<<16)
	}
	for {
		line, err := in.ReadBytes('\n')
		take(line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
}

func (l labels) readLine(line []byte) {
	var s struct {
		ID     transcript.SessionID `json:"id"`
		Labels struct {
			Checks map[string]any `json:"checks"`
		} `json:"labels"`
	}
	if json.Unmarshal(line, &s) == nil && s.Labels.Checks != nil {
		l[s.ID] = s.Labels.Checks
	}
}
