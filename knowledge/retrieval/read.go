// Package retrieval measures the search of solutions: on questions whose right
// solutions are known, or on wordings that are held back from the library.
package retrieval

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/knowledge"
	"assay/pipeline/transcript"
)

// maxLine is the length of a line in bytes; longer ones are problems.
const maxLine = 4 << 20

// Question is one question of a set.
type Question struct {
	ID       string
	Query    knowledge.Query // entities are its products
	Judged   bool            // whether anybody judged any solution for it
	Relevant map[string]int  // grade of the solutions that answer it, above 0
}

// Files reads what measurements are made on. What cannot be used is told to
// Problem, and the rest goes on.
type Files struct {
	Problem func(error)
}

// Solutions reads solutions and retrieval corpora, plain or packed by gzip.
// Answers may be missing. Of solutions with one id in several files the last counts.
func (f Files) Solutions(paths []string) ([]knowledge.Solution, error) {
	var out []knowledge.Solution
	for _, path := range paths {
		in, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("read solutions: %w", err)
		}
		for rec := range knowledge.Read(in, path, knowledge.ReadOptions{NoAnswers: true, LineBytes: maxLine}) {
			if rec.Reject != nil {
				f.Problem(rec.Reject)
				continue
			}
			out = append(out, *rec.Solution)
		}
		if err := in.Close(); err != nil {
			return nil, fmt.Errorf("read solutions: %w", err)
		}
	}
	return out, nil
}

// Questions reads JSON lines with id or _id, text, and perhaps turns (or
// context), entities, language, and want: the ids of the solutions that answer
// it, which may be none. With want, the number of the line does for an id. Other
// keys are passed over.
func (f Files) Questions(paths []string) ([]Question, error) {
	var out []Question
	for _, path := range paths {
		seen := map[string]int{}
		err := f.lines(path, func(n int, line []byte) {
			q, problems := parseQuestion(n, line)
			if first := seen[q.ID]; q.ID != "" && first > 0 {
				problems = append(problems, transcript.Problem{Field: "id", Reason: fmt.Sprintf("%q stands on line %d already", q.ID, first)})
			}
			if len(problems) > 0 {
				f.Problem(&knowledge.Reject{File: path, Line: n, ID: q.ID, Problems: problems})
				return
			}
			seen[q.ID] = n
			out = append(out, q)
		})
		if err != nil {
			return nil, fmt.Errorf("read questions: %w", err)
		}
	}
	return out, nil
}

// lines gives the lines of a file that have more than blanks.
func (f Files) lines(path string, take func(n int, line []byte)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	in, err := unpacked(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if text := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))); len(text) > 0 {
			f.line(path, n, text, take)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: after line %d: %w", path, n-1, err)
		}
	}
}

func (f Files) line(path string, n int, text []byte, take func(n int, line []byte)) {
	reason := ""
	if at := transcript.FirstInvalid(text); at >= 0 {
		reason = fmt.Sprintf("not valid UTF-8 at byte %d", at+1)
	}
	if len(text) > maxLine {
		reason = fmt.Sprintf("%d bytes, more than %d", len(text), maxLine)
	}
	if reason != "" {
		f.Problem(&knowledge.Reject{File: path, Line: n, Problems: transcript.Problems{{Reason: reason}}})
		return
	}
	take(n, text)
}

func unpacked(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	magic, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, 64<<10), nil
}

// questionLine is a question as files have it.
type questionLine struct {
	ID       json.RawMessage `json:"id"`
	BEIR     json.RawMessage `json:"_id"`
	Text     json.RawMessage `json:"text"`
	Turns    json.RawMessage `json:"turns"`
	Context  json.RawMessage `json:"context"`
	Entities json.RawMessage `json:"entities"`
	Language json.RawMessage `json:"language"`
	Want     json.RawMessage `json:"want"`
}

// fields reads the values of a line and collects what is wrong with them.
type fields struct{ problems transcript.Problems }

func (f *fields) fail(field, reason, allowed string) {
	f.problems = append(f.problems, transcript.Problem{Field: field, Reason: reason, Allowed: allowed})
}

func parseQuestion(n int, line []byte) (Question, transcript.Problems) {
	var raw questionLine
	f := &fields{}
	if err := json.Unmarshal(line, &raw); err != nil {
		f.fail("", err.Error(), "one JSON object on a line")
		return Question{}, f.problems
	}
	if raw.ID == nil {
		raw.ID = raw.BEIR
	}
	if raw.ID == nil && !isNull(raw.Want) {
		raw.ID = json.RawMessage(strconv.Itoa(n))
	}
	if raw.Turns == nil {
		raw.Turns = raw.Context
	}
	q := Question{ID: f.text("id", raw.ID), Query: knowledge.Query{
		Text: f.text("text", raw.Text), Products: f.texts("entities", raw.Entities),
	}}
	if raw.Language != nil {
		q.Query.Language = f.text("language", raw.Language)
	}
	if !isNull(raw.Want) {
		q.Judged = true
		for _, id := range f.texts("want", raw.Want) {
			q.judge(id, 1)
		}
	}
	q.Query.Context = withoutQuestion(f.turns(raw.Turns), q.Query.Text)
	return q, f.problems
}

// text reads a text that may not be missing. Numbers do as ids.
func (f *fields) text(field string, value json.RawMessage) string {
	var s string
	var n json.Number
	switch {
	case isNull(value):
		f.fail(field, "missing", "a text")
		return ""
	case field == "id" && json.Unmarshal(value, &n) == nil && n != "":
		return n.String()
	case json.Unmarshal(value, &s) != nil:
		f.fail(field, "is "+clip(string(value)), "a text")
		return ""
	}
	if s = strings.TrimSpace(s); s == "" {
		f.fail(field, "empty", "a text")
	}
	return s
}

func (f *fields) texts(field string, value json.RawMessage) []string {
	if isNull(value) {
		return nil
	}
	var out []string
	if json.Unmarshal(value, &out) != nil {
		f.fail(field, "is "+clip(string(value)), "a list of texts")
	}
	return out
}

// turns reads earlier turns: texts, or objects with speaker and text.
func (f *fields) turns(value json.RawMessage) []knowledge.Said {
	if isNull(value) {
		return nil
	}
	var all []json.RawMessage
	if json.Unmarshal(value, &all) != nil {
		f.fail("turns", "is "+clip(string(value)), "a list of texts, or of objects with speaker and text")
		return nil
	}
	out := make([]knowledge.Said, 0, len(all))
	for i, one := range all {
		var text string
		if json.Unmarshal(one, &text) == nil {
			out = append(out, knowledge.Said{Text: text})
			continue
		}
		out = append(out, f.turn(fmt.Sprintf("turns[%d]", i), one))
	}
	return out
}

func (f *fields) turn(field string, value json.RawMessage) knowledge.Said {
	var t struct {
		Speaker transcript.Speaker `json:"speaker"`
		Text    *string            `json:"text"`
	}
	switch err := json.Unmarshal(value, &t); {
	case err != nil || t.Text == nil:
		f.fail(field, "is "+clip(string(value)), "a text, or an object with speaker and text")
		return knowledge.Said{}
	case t.Speaker != "" && !slices.Contains(transcript.Speakers, t.Speaker):
		f.fail(field+".speaker", fmt.Sprintf("%q", t.Speaker), "agent, customer, bot, system")
	}
	return knowledge.Said{Speaker: t.Speaker, Text: *t.Text}
}

// withoutQuestion drops the last turn when it is the question itself.
func withoutQuestion(turns []knowledge.Said, text string) []knowledge.Said {
	if n := len(turns); n > 0 && strings.TrimSpace(turns[n-1].Text) == text {
		return turns[:n-1]
	}
	return turns
}

func isNull(value json.RawMessage) bool { return value == nil || string(value) == "null" }

func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// Judgements reads which solutions answer which questions, into the questions:
// lines of question, solution and grade, or in the form of TREC with a column
// between the first two, parted by tabs or blanks. A first line without a grade
// is a heading. It returns how many judgements are of no question.
func (f Files) Judgements(paths []string, questions []Question) (unknown int, err error) {
	at := map[string]*Question{}
	for i := range questions {
		at[questions[i].ID] = &questions[i]
	}
	for _, path := range paths {
		err := f.lines(path, func(n int, line []byte) {
			j, problems := parseJudgement(string(line))
			if len(problems) > 0 {
				if n > 1 || !isHeading(string(line)) {
					f.Problem(&knowledge.Reject{File: path, Line: n, Problems: problems})
				}
				return
			}
			q := at[j.question]
			if q == nil {
				unknown++
				return
			}
			q.judge(j.solution, j.grade)
		})
		if err != nil {
			return unknown, fmt.Errorf("read judgements: %w", err)
		}
	}
	return unknown, nil
}

func (q *Question) judge(solution string, grade int) {
	q.Judged = true
	if grade > 0 {
		if q.Relevant == nil {
			q.Relevant = map[string]int{}
		}
		q.Relevant[solution] = grade
	}
}

type judgement struct {
	question, solution string
	grade              int
}

func parseJudgement(line string) (judgement, transcript.Problems) {
	f := &fields{}
	cols := columns(line)
	if len(cols) != 3 && len(cols) != 4 {
		f.fail("", fmt.Sprintf("%d columns", len(cols)), "3: question, solution, grade; or 4: question, iteration, solution, grade")
		return judgement{}, f.problems
	}
	last := len(cols) - 1
	grade, err := strconv.Atoi(cols[last])
	if err != nil {
		f.fail("grade", fmt.Sprintf("%q", clip(cols[last])), "a whole number; 0 and below is not relevant")
	}
	if cols[0] == "" || cols[last-1] == "" {
		f.fail("", "an id is empty", "")
	}
	return judgement{cols[0], cols[last-1], grade}, f.problems
}

func columns(line string) []string {
	if !strings.Contains(line, "\t") {
		return strings.Fields(line)
	}
	cols := strings.Split(line, "\t")
	for i := range cols {
		cols[i] = strings.TrimSpace(cols[i])
	}
	return cols
}

// isHeading reports whether the columns are names: words without digits.
func isHeading(line string) bool {
	return len(columns(line)) >= 3 && !strings.ContainsAny(line, "0123456789")
}
