package knowledge

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// The bounds of a solution that are not settings.
const (
	maxIDBytes       = 200
	maxTitleRunes    = 500
	maxAnswerRunes   = 20_000
	maxWordings      = 1_000
	maxWordingRunes  = 2_000
	maxTags          = 100
	maxNameRunes     = 200 // of a tag, product, region, owner
	maxLanguageBytes = 35  // the longest tag that RFC 5646 asks software to take
)

// solutionKeys are the keys of a solution, as told to people.
var solutionKeys = []string{
	"id", "title", "questions", "answer", "short_reply", "note", "tags", "product", "region", "customer_type",
	"language", "stage", "valid_from", "valid_to", "owner", "review_by", "reviewed_at", "status",
}

// value is what stands in a file under a key.
type value struct {
	is    string // isText, isList, or what else it is, for messages
	text  string
	items []value
}

// The values that a solution is made of.
const (
	isText    = "a text"
	isList    = "a list"
	isNothing = "null"
)

// draft is a solution in the making.
type draft struct {
	s      Solution
	o      ReadOptions
	corpus bool // in the form of a retrieval corpus
	// byHand takes words and dates in the forms of spreadsheets, too.
	byHand   bool
	names    map[string]string // of keys that were given, as the file calls them
	lines    map[string]int    // of keys, where they do not stand on the record's own line
	bad      map[string]bool   // keys with a problem
	problems transcript.Problems
}

func newDraft(o ReadOptions) *draft {
	return &draft{o: o, names: map[string]string{}, lines: map[string]int{}, bad: map[string]bool{}}
}

// fail notes a problem of a key; "" is the whole record.
func (d *draft) fail(key, reason, allowed string) { d.failAt(key, -1, reason, allowed) }

// failAt notes a problem of an entry of a key's list, counting from 0; -1 is no entry.
func (d *draft) failAt(key string, i int, reason, allowed string) {
	field := key
	if name, ok := d.names[key]; ok {
		field = name
	}
	if i >= 0 {
		field = fmt.Sprintf("%s[%d]", field, i)
	}
	p := problem(field, reason, allowed)
	p.Line = d.lines[key]
	d.problems = append(d.problems, p)
	d.bad[key] = true
}

// take reads what stands under a name of the file.
func (d *draft) take(name string, v value) {
	key := name
	switch {
	case name == "_id":
		key = "id"
	case d.corpus && name == "text":
		key = "answer"
	case d.corpus && name == "entity":
		key = "product"
	case isPrivate(name):
		return
	}
	if !slices.Contains(solutionKeys, key) {
		if !d.corpus && !d.o.SkipUnknown {
			d.fail(clip(name, 60), "unknown key"+suggestion(clip(name, 60)), strings.Join(solutionKeys, ", "))
		}
		return
	}
	d.set(key, name, v)
}

// isPrivate reports whether a key is the file's own, not for us.
func isPrivate(name string) bool {
	return strings.HasPrefix(name, "_") || strings.HasPrefix(name, "x_")
}

// set fills one key, which the file calls name.
func (d *draft) set(key, name string, v value) {
	if _, given := d.names[key]; given {
		d.failAs(key, name, "given twice")
		return
	}
	d.names[key] = name
	if v.is != isNothing {
		d.fill(key, v)
	}
}

// failAs notes a problem of a key under another of its names.
func (d *draft) failAs(key, name, reason string) {
	first := d.names[key]
	d.names[key] = name
	d.fail(key, reason, "")
	d.names[key] = first
}

func (d *draft) fill(key string, v value) {
	switch key {
	case "questions":
		d.s.Questions = d.texts(key, v)
	case "tags":
		d.s.Tags = d.texts(key, v)
	case "valid_from":
		d.s.ValidFrom, _ = d.time(key, v)
	case "valid_to":
		t, isDate := d.time(key, v)
		if isDate {
			t = t.AddDate(0, 0, 1)
		}
		d.s.ValidTo = t
	case "review_by":
		t, _ := d.time(key, v)
		d.s.ReviewBy = dayOf(t)
	case "reviewed_at":
		d.s.ReviewedAt, _ = d.time(key, v)
	case "customer_type":
		d.s.CustomerType = oneOf(d, key, v, customerTypes)
	case "stage":
		d.s.Stage = oneOf(d, key, v, Stages)
	case "status":
		d.s.Status = oneOf(d, key, v, Statuses)
	case "language":
		d.s.Language = d.word(key, d.text(key, -1, v))
	case "answer", "short_reply", "note":
		*d.place(key) = d.text(key, -1, v)
	default:
		*d.place(key) = cleanLine(d.text(key, -1, v))
	}
}

// place is where a text is kept.
func (d *draft) place(key string) *string {
	switch key {
	case "title":
		return &d.s.Title
	case "answer":
		return &d.s.Answer
	case "short_reply":
		return &d.s.ShortReply
	case "note":
		return &d.s.Note
	case "product":
		return &d.s.Product
	case "region":
		return &d.s.Region
	case "owner":
		return &d.s.Owner
	}
	return &d.s.ID
}

// text reads a text as it is kept.
func (d *draft) text(key string, i int, v value) string {
	if v.is != isText {
		d.failAt(key, i, "is "+v.is, isText)
		return ""
	}
	if strings.IndexByte(v.text, 0) >= 0 {
		d.failAt(key, i, "has a NUL character", "")
	}
	return clean(v.text)
}

// clean returns a text in the form in which it is kept, so that every way in and
// out gives the same: lines end with \n, and no blanks stand around it.
func clean(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return strings.TrimSpace(s)
}

// cleanLine is clean for what has one line.
func cleanLine(s string) string { return strings.ReplaceAll(clean(s), "\n", " ") }

// cleanAll returns the texts of a list as they are kept, without empty ones.
func cleanAll(all []string) []string {
	var out []string
	for _, s := range all {
		if s = cleanLine(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (d *draft) texts(key string, v value) []string {
	if v.is != isList {
		d.fail(key, "is "+v.is, "a list of texts")
		return nil
	}
	var out []string
	for i, item := range v.items {
		before := len(d.problems)
		s := cleanLine(d.text(key, i, item))
		if s == "" && len(d.problems) == before {
			d.failAt(key, i, "empty", "")
		}
		out = append(out, s)
	}
	return out
}

// oneOf reads a word of a closed list; "" is always allowed.
func oneOf[T ~string](d *draft, key string, v value, allowed []T) T {
	s := d.text(key, -1, v)
	word := T(d.word(key, s))
	if word == "" || slices.Contains(allowed, word) {
		return word
	}
	words := listed(allowed)
	if d.byHand {
		words = spokenList(key, allowed)
	}
	d.fail(key, fmt.Sprintf("%q is unknown", clip(s, 60)), words)
	return ""
}

// word returns the word of a closed list that people mean by s.
func (d *draft) word(key, s string) string {
	if !d.byHand {
		return s
	}
	if word, ok := spokenWords[key][strings.ToLower(s)]; ok {
		return word
	}
	return s
}

const (
	timeForms   = "RFC 3339 such as 2026-01-31T18:00:00+08:00, or a date such as 2026-01-31"
	byHandForms = "2026-01-31, 2026/1/31, 2026年1月31日, each with or without a time such as 18:00, or RFC 3339"
)

// time reads a time in RFC 3339, or a date as the beginning of its day.
func (d *draft) time(key string, v value) (t time.Time, isDate bool) {
	s := d.text(key, -1, v)
	if d.bad[key] || s == "" && d.byHand {
		return time.Time{}, false
	}
	t, isDate, ok := d.parseTime(s)
	switch {
	case !ok && d.byHand:
		d.fail(key, fmt.Sprintf("%q is no time", clip(s, 60)), byHandForms)
		return time.Time{}, false
	case !ok:
		d.fail(key, fmt.Sprintf("%q is no time", clip(s, 60)), timeForms)
		return time.Time{}, false
	case t.Year() < 1970 || t.Year() > 2199:
		d.fail(key, fmt.Sprintf("year %d is out of range", t.Year()), "1970 to 2199")
		return time.Time{}, false
	}
	return t, isDate
}

func (d *draft) parseTime(s string) (t time.Time, isDate, ok bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, false, true
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, d.o.Zone); err == nil {
		return t, true, true
	}
	if !d.byHand {
		return time.Time{}, false, false
	}
	for _, date := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日"} {
		for _, clock := range []string{"", " 15:04", " 15:04:05"} {
			if t, err := time.ParseInLocation(date+clock, s, d.o.Zone); err == nil {
				return t, clock == "", true
			}
		}
	}
	return time.Time{}, false, false
}

// check finds what is wrong beyond the single values.
func (d *draft) check() {
	found, _ := errors.AsType[transcript.Problems](d.s.Check())
	told := maps.Clone(d.bad)
	for _, p := range found {
		key, entry, isEntry := strings.Cut(strings.TrimSuffix(p.Field, "]"), "[")
		i := -1
		if n, err := strconv.Atoi(entry); isEntry && err == nil {
			i = n
		}
		switch {
		case told[key]:
		case key == "title" && d.s.Title == "" && d.corpus:
		case key == "answer" && d.s.Answer == "" && d.o.NoAnswers:
		default:
			d.failAt(key, i, p.Reason, p.Allowed)
		}
	}
	if d.bad["id"] {
		d.s.ID = ""
	}
}

func isLanguage(s string) bool {
	return len(s) <= maxLanguageBytes && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// suggestion names the key that is nearest to an unknown one, if any is near: up to
// two letters are wrong, and fewer than half of them.
func suggestion(unknown string) string {
	nearest, least := "", min(3, (utf8.RuneCountInString(unknown)+1)/2)
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
