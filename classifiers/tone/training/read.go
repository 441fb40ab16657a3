package training

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// Read reads files, and the files of folders with names that end in .tsv,
// .jsonl or .jsonl.gz, in the order of their names. Four forms are known:
//
//   - columns (.tsv): split, labels between commas (- for none), text, the turn
//     before (may be empty), and the speaker, agent or customer, where the labels do
//     not tell; "#" begins a comment. A label of trouble that is not named is not there.
//   - labelled turns: {"text", "speaker": "agent|customer", "labels": {"rude": true,
//     "angry": false, …}, "before"?, "language"?, "split"?, "group"?}; of labels that
//     are not named nothing is known.
//   - comments: {"text", "offensive": 0|1, "split"?, "language"?, "id"?}
//   - canonical sessions: with labels.agent_conduct ({turn, conduct} for each
//     turn of the agent), with labels.survey (agent_calm_helpful, customer_aggressive), or
//     with neither, whose customers and agents are taken to be calm.
//
// Files of other forms are passed over in folders. The error joins all
// problems, each with file and line.
func Read(paths []string) (*Corpus, error) {
	c := &Corpus{}
	var problems []error
	for _, path := range paths {
		err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || name != path && !known(name) {
				return err
			}
			if err := c.readFile(name); name == path || !errors.Is(err, errForm) {
				problems = append(problems, err)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read labels: %w", err)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	c.joinNear()
	return c, nil
}

func known(name string) bool {
	return slices.ContainsFunc([]string{".tsv", ".jsonl", ".jsonl.gz"}, func(end string) bool { return strings.HasSuffix(name, end) })
}

// mostLine bounds a line, in bytes.
const mostLine = 16 << 20

func (c *Corpus) readFile(name string) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read labels: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var in io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return fmt.Errorf("read labels %q: %w", name, err)
		}
	}
	add := c.addObject
	if strings.HasSuffix(name, ".tsv") {
		add = c.addColumns
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, mostLine)
	var problems []error
	for at := 1; lines.Scan(); at++ {
		if err := add(lines.Bytes()); err != nil {
			problems = append(problems, fmt.Errorf("%s:%d: %w", name, at, err))
		}
		if errors.Is(errors.Join(problems...), errForm) {
			break
		}
	}
	if err := lines.Err(); err != nil {
		problems = append(problems, fmt.Errorf("read labels %q: %w", name, err))
	}
	return errors.Join(problems...)
}

// errForm is a line of none of the known forms. It ends the reading of its file.
var errForm = errors.New("no labelled turn, comment or session: \"text\" or \"turns\" is missing")

// addColumns reads a line of a .tsv file.
func (c *Corpus) addColumns(line []byte) error {
	text := strings.TrimRight(string(line), "\r\n")
	if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
		return nil
	}
	columns := append(strings.Split(text, "\t"), "", "")
	if len(columns) < 5 || len(columns) > 7 {
		return fmt.Errorf("%d columns; wanted: split, labels, text, turn before, speaker", len(columns)-2)
	}
	split, err := parseSplit(columns[0])
	if err != nil {
		return err
	}
	labels, err := parseLabels(columns[1])
	if err != nil {
		return err
	}
	speaker, err := speakerOf(columns[4], labels)
	if err != nil {
		return err
	}
	truth := falseOf(speaker, troubles)
	for _, l := range labels {
		truth[l] = true
	}
	c.Items = append(c.Items, turnItem(Own, speaker, columns[2], columns[3], split, truth))
	return nil
}

func parseSplit(s string) (Split, error) {
	switch split := Split(s); split {
	case NoSplit, ToTrain, HeldOut, ToChoose:
		return split, nil
	}
	return "", fmt.Errorf("unknown split %q; allowed: train, dev, test", s)
}

func parseLabels(s string) ([]pipeline.Label, error) {
	var out []pipeline.Label
	for name := range strings.SplitSeq(s, ",") {
		l := pipeline.Label(strings.TrimSpace(name))
		switch {
		case l == "-" || l == "":
		case isLabel(l):
			out = append(out, l)
		default:
			return nil, fmt.Errorf("unknown label %q; allowed: %s", l, allLabels())
		}
	}
	return out, nil
}

func isLabel(l pipeline.Label) bool {
	return slices.Contains(pipeline.AgentLabels, l) || slices.Contains(pipeline.CustomerLabels, l)
}

func allLabels() string {
	var names []string
	for _, l := range slices.Concat(pipeline.AgentLabels, pipeline.CustomerLabels) {
		names = append(names, string(l))
	}
	return strings.Join(names, ", ")
}

// speakerOf is the speaker that is named, or the one who has such labels.
func speakerOf(name string, labels []pipeline.Label) (transcript.Speaker, error) {
	speaker := transcript.Speaker(name)
	if name == "" && len(labels) > 0 {
		speaker = transcript.Customer
		if slices.Contains(pipeline.AgentLabels, labels[0]) {
			speaker = transcript.Agent
		}
	}
	if speaker != transcript.Agent && speaker != transcript.Customer {
		return "", fmt.Errorf("unknown speaker %q; allowed: agent, customer", name)
	}
	for _, l := range labels {
		if !slices.Contains(labelsOf(speaker), l) {
			return "", fmt.Errorf("label %q is none of the %s's", l, speaker)
		}
	}
	return speaker, nil
}

// turnItem is an item of one turn, perhaps with the other side's turn before it.
func turnItem(source Source, speaker transcript.Speaker, text, before string, split Split, truth Truth) Item {
	s := &transcript.Session{Channel: transcript.Chat}
	if before != "" {
		other := transcript.Agent
		if speaker == transcript.Agent {
			other = transcript.Customer
		}
		s.Turns = append(s.Turns, transcript.Turn{Speaker: other, Text: before})
	}
	s.Turns = append(s.Turns, transcript.Turn{Speaker: speaker, Text: text})
	return Item{
		Source: source, Language: languageOf(text), Split: split, Group: text,
		Session: s, Truth: map[int]Truth{len(s.Turns) - 1: truth},
	}
}

// languageOf is "zh" when a text has a Chinese character, else "en".
func languageOf(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "zh"
	}
	return "en"
}

// object is what a line of JSON may hold.
type object struct {
	transcript.Session
	Text      string             `json:"text"`
	Before    string             `json:"before"`
	Speaker   transcript.Speaker `json:"speaker"`
	Split     string             `json:"split"`
	Group     string             `json:"group"`
	Offensive *int               `json:"offensive"`
	Labels    json.RawMessage    `json:"labels"`
}

func (c *Corpus) addObject(line []byte) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	var o object
	if err := json.Unmarshal(line, &o); err != nil {
		return err
	}
	var it Item
	var err error
	switch {
	case o.Offensive != nil:
		it, err = o.comment()
	case len(o.Turns) > 0:
		it, err = o.dialogue()
	case o.Text != "":
		it, err = o.turn()
	default:
		err = errForm
	}
	if err == nil {
		c.Items = append(c.Items, it)
	}
	return err
}

func (o *object) comment() (Item, error) {
	split, err := parseSplit(o.Split)
	if err != nil {
		return Item{}, err
	}
	if *o.Offensive != 0 && *o.Offensive != 1 {
		return Item{}, fmt.Errorf("offensive is %d; allowed: 0, 1", *o.Offensive)
	}
	return turnItem(Offence, transcript.Customer, o.Text, "", split, Truth{offends: *o.Offensive == 1}), nil
}

func (o *object) turn() (Item, error) {
	split, err := parseSplit(o.Split)
	if err != nil {
		return Item{}, err
	}
	truth := Truth{}
	if err := json.Unmarshal(o.Labels, &truth); err != nil {
		return Item{}, fmt.Errorf("labels: %w", err)
	}
	var names []pipeline.Label
	for l := range truth {
		if !isLabel(l) {
			return Item{}, fmt.Errorf("unknown label %q; allowed: %s", l, allLabels())
		}
		names = append(names, l)
	}
	if len(names) == 0 {
		return Item{}, errors.New("labels are empty")
	}
	slices.Sort(names)
	speaker, err := speakerOf(string(o.Speaker), names)
	if err != nil {
		return Item{}, err
	}
	it := turnItem(Reviews, speaker, o.Text, o.Before, split, truth)
	if o.Group != "" {
		it.Group = o.Group
	}
	if o.Language != "" {
		it.Language = o.Language
	}
	return it, nil
}

// dialogueLabels are the labels of a session that tell of tone.
type dialogueLabels struct {
	Conduct []struct {
		Turn    int    `json:"turn"`
		Conduct string `json:"conduct"`
	} `json:"agent_conduct"`
	Survey *struct {
		Aggressive *bool `json:"customer_aggressive"`
		Helpful    *bool `json:"agent_calm_helpful"`
	} `json:"survey"`
}

func (o *object) dialogue() (Item, error) {
	s := &o.Session
	split, err := parseSplit(o.Split)
	if err != nil {
		return Item{}, err
	}
	it := Item{
		Source: Calm, Language: o.Language, Split: split, Session: s, Truth: map[int]Truth{},
		Group: strings.TrimSuffix(string(s.ID), "-"+o.Language),
	}
	var labels dialogueLabels
	if len(o.Labels) > 0 {
		if err := json.Unmarshal(o.Labels, &labels); err != nil {
			return Item{}, fmt.Errorf("labels: %w", err)
		}
	}
	switch {
	case labels.Survey != nil:
		it.Source, it.Aggressive, it.Helpful = Survey, labels.Survey.Aggressive, labels.Survey.Helpful
	case len(labels.Conduct) > 0:
		it.Source = Conduct
	}
	for i := range s.Turns {
		if speaker := s.Turns[i].Speaker; it.calm(speaker) {
			it.Truth[i] = falseOf(speaker, it.absent())
		}
	}
	for _, c := range labels.Conduct {
		truth, ok := it.Truth[c.Turn]
		if !ok {
			return Item{}, fmt.Errorf("agent_conduct names turn %d of %d", c.Turn, len(s.Turns))
		}
		for _, l := range conducts {
			truth[l] = string(l) == c.Conduct
		}
	}
	return it, nil
}
