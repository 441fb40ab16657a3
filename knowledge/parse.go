package knowledge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// The bounds of a solution that are not settings.
const (
	maxIDBytes       = 200
	maxTitleRunes    = 500
	maxWordings      = 1_000
	maxWordingRunes  = 2_000
	maxTags          = 100
	maxNameRunes     = 200 // of a tag, product, owner
	maxLanguageBytes = 35  // the longest tag that RFC 5646 asks software to take
)

// solutionKeys are the keys of a solution, as told to people.
var solutionKeys = []string{
	"id", "title", "questions", "answer", "tags", "product", "language", "valid_from", "valid_to", "owner", "review_by",
}

// member is a key of a JSON object with its value.
type member struct {
	key   string
	value json.RawMessage
}

// draft is a solution in the making.
type draft struct {
	s        Solution
	o        ReadOptions
	corpus   bool // in the form of a retrieval corpus
	given    map[string]bool
	problems transcript.Problems
}

// parseSolution reads one line; the solution is never nil.
func parseSolution(line []byte, o ReadOptions) (*Solution, transcript.Problems) {
	d := &draft{o: o, given: map[string]bool{}}
	if at := transcript.FirstInvalid(line); at >= 0 {
		d.fail("", fmt.Sprintf("not valid UTF-8 at byte %d", at+1), "UTF-8")
		return &d.s, d.problems
	}
	members, err := parseMembers(line)
	if err != nil {
		d.fail("", err.Error(), "one JSON object on a line")
		return &d.s, d.problems
	}
	d.corpus = hasKey(members, "text") && !hasKey(members, "answer")
	for _, m := range members {
		d.take(m)
	}
	d.check()
	return &d.s, d.problems
}

func hasKey(members []member, key string) bool {
	return slices.ContainsFunc(members, func(m member) bool { return m.key == key })
}

// parseMembers reads a JSON object and keeps the order and repetition of its keys.
func parseMembers(line []byte) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	open, err := d.Token()
	if err != nil {
		return nil, jsonError(err, d)
	}
	if open != json.Delim('{') {
		return nil, fmt.Errorf("the line is %s", kindOf(line))
	}
	var out []member
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, jsonError(err, d)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, jsonError(err, d)
		}
		out = append(out, member{fmt.Sprint(key), value})
	}
	if _, err := d.Token(); err != nil {
		return nil, jsonError(err, d)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more behind the object at byte %d", d.InputOffset())
	}
	return out, nil
}

func jsonError(err error, d *json.Decoder) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("JSON ends too early")
	}
	at := d.InputOffset()
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = max(at, e.Offset)
	}
	return fmt.Errorf("not JSON at byte %d: %w", at, err)
}

// kindOf names what a JSON value is.
func kindOf(value []byte) string {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return "nothing"
	}
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

func (d *draft) fail(field, reason, allowed string) {
	d.problems = append(d.problems, problem(field, reason, allowed))
}

// take reads one member.
func (d *draft) take(m member) {
	key := m.key
	switch {
	case key == "_id":
		key = "id"
	case d.corpus && key == "text":
		key = "answer"
	case d.corpus && key == "entity":
		key = "product"
	case strings.HasPrefix(key, "_"), strings.HasPrefix(key, "x_"):
		return
	}
	if !slices.Contains(solutionKeys, key) {
		if !d.corpus {
			d.fail(m.key, "unknown key"+suggestion(m.key), strings.Join(solutionKeys, ", "))
		}
		return
	}
	if d.given[key] {
		d.fail(m.key, "given twice", "")
		return
	}
	d.given[key] = true
	if !bytes.Equal(bytes.TrimSpace(m.value), []byte("null")) {
		d.set(key, m)
	}
}

func (d *draft) set(key string, m member) {
	switch key {
	case "id":
		d.s.ID = d.text(m)
	case "title":
		d.s.Title = d.text(m)
	case "questions":
		d.s.Questions = d.texts(m)
	case "answer":
		d.s.Answer = d.text(m)
	case "tags":
		d.s.Tags = d.texts(m)
	case "product":
		d.s.Product = d.text(m)
	case "language":
		d.s.Language = d.text(m)
	case "valid_from":
		d.s.ValidFrom, _ = d.time(m)
	case "valid_to":
		t, isDate := d.time(m)
		if isDate {
			t = t.AddDate(0, 0, 1)
		}
		d.s.ValidTo = t
	case "owner":
		d.s.Owner = d.text(m)
	case "review_by":
		if t, _ := d.time(m); !t.IsZero() {
			d.s.ReviewBy = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
		}
	}
}

func (d *draft) text(m member) string {
	var s string
	if err := json.Unmarshal(m.value, &s); err != nil {
		d.fail(m.key, "is "+kindOf(m.value), "a text")
		return ""
	}
	if strings.IndexByte(s, 0) >= 0 {
		d.fail(m.key, "has a NUL character", "")
	}
	return strings.TrimSpace(s)
}

func (d *draft) texts(m member) []string {
	var raw []json.RawMessage
	if err := json.Unmarshal(m.value, &raw); err != nil {
		d.fail(m.key, "is "+kindOf(m.value), "a list of texts")
		return nil
	}
	var out []string
	for i, value := range raw {
		field := fmt.Sprintf("%s[%d]", m.key, i)
		before := len(d.problems)
		s := d.text(member{field, value})
		if s == "" && len(d.problems) == before {
			d.fail(field, "empty", "")
		}
		out = append(out, s)
	}
	return out
}

// time reads a time in RFC 3339, or a date as the beginning of its day.
func (d *draft) time(m member) (t time.Time, isDate bool) {
	before := len(d.problems)
	s := d.text(m)
	if len(d.problems) > before {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		isDate = true
		t, err = time.ParseInLocation(time.DateOnly, s, d.o.Zone)
	}
	switch {
	case err != nil:
		d.fail(m.key, fmt.Sprintf("%q is no time", clip(s, 60)), "RFC 3339 such as 2026-01-31T18:00:00+08:00, or a date such as 2026-01-31")
		return time.Time{}, false
	case t.Year() < 1970 || t.Year() > 2199:
		d.fail(m.key, fmt.Sprintf("year %d is out of range", t.Year()), "1970 to 2199")
		return time.Time{}, false
	}
	return t, isDate
}

// check finds what is wrong beyond the single values.
func (d *draft) check() {
	s := &d.s
	d.checkID()
	if s.Title == "" && !d.corpus && !d.failed("title") {
		d.fail("title", "missing or empty", "")
	}
	if s.Answer == "" && !d.o.NoAnswers && !d.failed("answer") && !d.failed("text") {
		d.fail("answer", "missing or empty", "")
	}
	d.limit("title", s.Title, maxTitleRunes)
	if n := utf8.RuneCountInString(s.Answer); n > d.o.AnswerRunes {
		d.fail("answer", fmt.Sprintf("%d characters, more than the limit of %d (setting answer_runes)", n, d.o.AnswerRunes), "")
	}
	d.limitAll("questions", s.Questions, maxWordings, maxWordingRunes)
	d.limitAll("tags", s.Tags, maxTags, maxNameRunes)
	d.limit("product", s.Product, maxNameRunes)
	d.limit("owner", s.Owner, maxNameRunes)
	if !isLanguage(s.Language) {
		d.fail("language", fmt.Sprintf("%q is no language tag", clip(s.Language, 60)), "BCP 47 tags such as zh, en, zh-CN")
	}
	if !s.ValidTo.IsZero() && !s.ValidTo.After(s.ValidFrom) {
		d.fail("valid_to", "is not after valid_from", "")
	}
}

func (d *draft) checkID() {
	switch id := d.s.ID; {
	case d.failed("id") || d.failed("_id"):
	case id == "":
		d.fail("id", "missing or empty", "")
	case len(id) > maxIDBytes:
		d.fail("id", fmt.Sprintf("%d bytes, more than %d", len(id), maxIDBytes), "")
		d.s.ID = ""
	case strings.ContainsFunc(id, unicode.IsControl):
		d.fail("id", fmt.Sprintf("%q has a control character", id), "")
		d.s.ID = ""
	}
}

func (d *draft) failed(field string) bool {
	return slices.ContainsFunc(d.problems, func(p transcript.Problem) bool { return p.Field == field })
}

func (d *draft) limit(field, s string, runes int) {
	if n := utf8.RuneCountInString(s); n > runes {
		d.fail(field, fmt.Sprintf("%d characters, more than %d", n, runes), "")
	}
}

func (d *draft) limitAll(field string, all []string, most, runes int) {
	if len(all) > most {
		d.fail(field, fmt.Sprintf("%d entries, more than %d", len(all), most), "")
		return
	}
	for i, s := range all {
		d.limit(fmt.Sprintf("%s[%d]", field, i), s, runes)
	}
}

func isLanguage(s string) bool {
	return len(s) <= maxLanguageBytes && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// suggestion names the key that is nearest to an unknown one, if any is near.
func suggestion(unknown string) string {
	nearest, least := "", 2+len(unknown)/3
	for _, key := range solutionKeys {
		if n := transcript.EditDistance(strings.ToLower(unknown), key); n < least {
			nearest, least = key, n
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf(", perhaps %q", nearest)
}
